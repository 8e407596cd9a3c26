//! The archive for any Linux with glibc: everything in one folder, installed by hand.

use anyhow::Result;

use crate::package::contents::{Contents, SHELLS};
use crate::package::release::{Effort, Release};
use crate::package::tree::{Tree, gzip};

/// The archive's name and its bytes.
pub fn make(release: &Release, contents: &Contents, effort: Effort) -> Result<(String, Vec<u8>)> {
    let mut tree = Tree::default();
    tree.file("handup", 0o755, contents.program.clone());
    for (name, page) in &contents.pages {
        tree.file(format!("man/man1/{name}"), 0o644, page.clone());
    }
    for ((_, path), completions) in SHELLS.iter().zip(&contents.completions) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let name = if name == "handup" { "handup.bash" } else { name };
        tree.file(format!("completions/{name}"), 0o644, completions.clone());
    }
    for (name, text) in [
        ("CHANGELOG.md", &contents.changelog),
        ("LICENSE", &contents.license),
        ("NOTICES", &contents.notices),
        ("handup.env", &contents.settings),
        ("handup.service", &contents.unit),
    ] {
        tree.file(name, 0o644, text.clone());
    }
    let name = format!("handup-{}-{}-linux-gnu", release.version, release.machine);
    let archive = tree.archive(&format!("{name}/"), release.epoch)?;
    Ok((format!("{name}.tar.gz"), gzip(&archive, effort)?))
}
