//! Files as they are to lie on another machine, with modes and owners whoever packs them here.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io::Cursor;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use tar::{EntryType, Header};

use crate::exec;
use crate::package::release::Effort;

/// A file, or a folder when there is no content.
struct Entry {
    content: Option<Vec<u8>>,
    mode: u32,
    /// Its user and its group.
    owner: u32,
}

/// Files and folders by their paths, in the order of these.
#[derive(Default)]
pub struct Tree(BTreeMap<String, Entry>);

impl Tree {
    /// Adds a file of root's, and the folders it is in.
    pub fn file(&mut self, path: impl Into<String>, mode: u32, content: impl Into<Vec<u8>>) {
        let path = path.into();
        for (at, _) in path.match_indices('/') {
            if !self.0.contains_key(&path[..at]) {
                self.folder(&path[..at], 0o755, 0);
            }
        }
        self.0.insert(path, Entry { content: Some(content.into()), mode, owner: 0 });
    }

    /// Adds a folder.
    pub fn folder(&mut self, path: &str, mode: u32, owner: u32) {
        self.0.insert(path.to_owned(), Entry { content: None, mode, owner });
    }

    /// What all files have together, in bytes.
    pub fn size(&self) -> u64 {
        self.0
            .values()
            .filter_map(|entry| entry.content.as_ref())
            .map(|file| file.len() as u64)
            .sum()
    }

    /// Lays the files out in a folder. They are the caller's there.
    pub fn lay_out(&self, root: &Path) -> Result<()> {
        for (path, entry) in &self.0 {
            let path = root.join(path);
            match &entry.content {
                Some(content) => exec::write_file(&path, content)?,
                None => exec::make_folder(&path)?,
            }
            std::fs::set_permissions(&path, Permissions::from_mode(entry.mode))
                .with_context(|| format!("cannot set the mode of {}", path.display()))?;
        }
        Ok(())
    }

    /// All of it as an archive, below a folder (`""`: below none). The same files give the same bytes.
    pub fn archive(&self, below: &str, epoch: u64) -> Result<Vec<u8>> {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, entry) in &self.0 {
            let mut header = Header::new_gnu();
            let content = entry.content.as_deref().unwrap_or_default();
            let kind =
                if entry.content.is_some() { EntryType::Regular } else { EntryType::Directory };
            header.set_entry_type(kind);
            header.set_mode(entry.mode);
            header.set_uid(entry.owner.into());
            header.set_gid(entry.owner.into());
            header.set_mtime(epoch);
            header.set_size(content.len() as u64);
            let end = if entry.content.is_some() { "" } else { "/" };
            archive
                .append_data(&mut header, format!("{below}{path}{end}"), Cursor::new(content))
                .with_context(|| format!("cannot archive {path}"))?;
        }
        archive.into_inner().context("cannot end an archive")
    }
}

/// Compresses bytes with gzip, which is told neither a name nor a time.
pub fn gzip(content: &[u8], effort: Effort) -> Result<Vec<u8>> {
    let level = if effort == Effort::Release { "-9" } else { "-1" };
    exec::filter(exec::command("gzip").args(["--no-name", level]), content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        let mut tree = Tree::default();
        tree.file("usr/bin/program", 0o755, "run");
        tree.file("etc/secret", 0o640, "s");
        tree.folder("data", 0o700, 65_532);
        tree
    }

    #[test]
    fn an_archive_has_every_folder_in_order_and_no_time_or_owner_of_this_machine() {
        let bytes = tree().archive("top/", 7).unwrap();
        assert_eq!(bytes, tree().archive("top/", 7).unwrap());
        let mut archive = tar::Archive::new(bytes.as_slice());
        let seen = archive.entries().unwrap().map(|entry| {
            let entry = entry.unwrap();
            let header = entry.header();
            assert_eq!(header.mtime().unwrap(), 7);
            let path = entry.path().unwrap().to_string_lossy().into_owned();
            (path, header.mode().unwrap(), header.uid().unwrap(), header.gid().unwrap())
        });
        let seen = seen.collect::<Vec<_>>();
        let expected = [
            ("top/data/", 0o700, 65_532),
            ("top/etc/", 0o755, 0),
            ("top/etc/secret", 0o640, 0),
            ("top/usr/", 0o755, 0),
            ("top/usr/bin/", 0o755, 0),
            ("top/usr/bin/program", 0o755, 0),
        ];
        let expected: Vec<_> =
            expected.map(|(path, mode, owner)| (path.to_owned(), mode, owner, owner)).into();
        assert_eq!(seen, expected);
    }

    #[test]
    fn files_are_laid_out_with_their_modes() {
        let root = tempfile::tempdir().unwrap();
        tree().lay_out(root.path()).unwrap();
        let mode = |path: &str| root.path().join(path).metadata().unwrap().permissions().mode();
        assert_eq!(mode("etc/secret") & 0o777, 0o640);
        assert_eq!(mode("usr/bin/program") & 0o777, 0o755);
        assert_eq!(tree().size(), 4);
    }
}
