//! The licenses of all packages that are shipped, whose texts have to go with a program.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::exec;
use crate::package::linked::{Id, Package};

/// How a file's name begins that has such a text, in small letters.
const NAMES: [&str; 5] = ["license", "licence", "copying", "copyright", "notice"];
/// How deep below a package's folder: sources in C stand two folders down, with a license of their own.
const DEPTH: usize = 3;

/// Each text once, with the packages that it is of.
pub fn of(packages: &BTreeMap<Id, Package>) -> Result<String> {
    let mut texts = BTreeMap::<String, BTreeSet<&Id>>::new();
    let mut without = Vec::new();
    // Ours have no checksum, and are under the one license of the repository.
    let others =
        packages.iter().filter(|(_, package)| package.is_shipped && package.checksum.is_some());
    for (id, package) in others {
        let mut files = Vec::new();
        find(&package.folder, DEPTH, &mut files)?;
        if files.is_empty() {
            without.push((id, &package.license));
        }
        for file in files {
            let text = String::from_utf8_lossy(&exec::read_file(&file)?).replace('\r', "");
            texts.entry(text.trim().to_owned()).or_default().insert(id);
        }
    }
    let mut told = String::from(
        "Handup is under the MIT license, and made with the packages below, each under its own.\n",
    );
    for ((name, version), license) in without {
        write!(told, "\n{name} {version} ({license}) comes without a text of its license.\n")?;
    }
    for (text, ids) in texts {
        let names: Vec<_> = ids.iter().map(|(name, version)| format!("{name} {version}")).collect();
        write!(told, "\n{}\n{}\n\n{text}\n", "=".repeat(72), names.join(", "))?;
    }
    Ok(told)
}

fn find(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    let cannot = || format!("cannot read {}", folder.display());
    for entry in std::fs::read_dir(folder).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        let kind = entry.file_type().with_context(cannot)?;
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if kind.is_dir() && depth > 1 {
            find(&entry.path(), depth - 1, found)?;
        } else if kind.is_file()
            && NAMES.iter().any(|start| name.starts_with(start))
            && !is_code(&name)
        {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// Whether a file is a program that is only called so.
fn is_code(name: &str) -> bool {
    [".rs", ".py", ".c", ".h", ".go", ".pl", ".sh", ".json", ".toml"]
        .iter()
        .any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_stands_once_with_all_whose_it_is() {
        let root = tempfile::tempdir().unwrap();
        let mut packages = BTreeMap::new();
        for (name, file) in
            [("a", "LICENSE-MIT"), ("b", "c_src/lib/License.txt"), ("c", "license.rs")]
        {
            let folder = root.path().join(name);
            let path = folder.join(file);
            exec::make_folder(path.parent().unwrap()).unwrap();
            exec::write_file(&path, "The terms.\r\n").unwrap();
            let package = Package {
                folder,
                license: "MIT".into(),
                checksum: Some("ff".into()),
                is_shipped: true,
                ..Package::default()
            };
            packages.insert((name.to_owned(), "1.0.0".to_owned()), package);
        }
        let told = of(&packages).unwrap();
        assert!(told.contains("\na 1.0.0, b 1.0.0\n\nThe terms.\n"), "{told}");
        assert_eq!(told.matches("The terms.").count(), 1);
        assert!(told.contains("c 1.0.0 (MIT) comes without"), "{told}");
    }
}
