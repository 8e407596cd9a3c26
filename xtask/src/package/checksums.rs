//! `SHA256SUMS`: what `sha256sum --check` compares packages with after they were fetched.

use std::path::Path;

use anyhow::Result;

use crate::exec;

/// The file's name.
pub const NAME: &str = "SHA256SUMS";

/// Writes it for all files of a folder.
pub fn write(folder: &Path) -> Result<()> {
    let mut sum = exec::command("sha256sum");
    sum.arg("--").current_dir(folder);
    for (name, _) in exec::list(folder)? {
        if name != Path::new(NAME) {
            sum.arg(name);
        }
    }
    let sums = exec::read(&mut sum)?;
    exec::write_file(&folder.join(NAME), sums)
}
