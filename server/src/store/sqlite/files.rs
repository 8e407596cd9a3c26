//! Files that lie beside the database.

use std::path::{Path, PathBuf};

/// The path of a file that belongs to another one, whose name ends so.
pub fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
