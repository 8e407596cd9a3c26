//! The packages of which a release is made, as Cargo resolves them: what is linked into the server, what into
//! the browser's WASM that it carries, and what only compiles them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::exec;
use crate::wasm;
use crate::workspace::Workspace;

/// What a package is called: its name and its version.
pub type Id = (String, String);

/// A package.
#[derive(Debug, Default)]
pub struct Package {
    /// Its license, as an SPDX expression.
    pub license: String,
    /// Where its sources lie.
    pub folder: PathBuf,
    /// The SHA-256 of the archive that the registry has; ours are in none.
    pub checksum: Option<String>,
    /// Whether it is in what is shipped, and not only in what makes that.
    pub is_shipped: bool,
    /// Which packages it uses.
    pub uses: BTreeSet<Id>,
}

/// Every package that a release is made of and by.
pub fn read(workspace: &Workspace) -> Result<BTreeMap<Id, Package>> {
    let known = known(workspace)?;
    let host = std::env::consts::ARCH.to_owned() + "-unknown-linux-gnu";
    let mut packages = BTreeMap::<Id, Package>::new();
    for (target, edges, is_shipped) in [
        (host.as_str(), "normal,no-proc-macro", true),
        (wasm::TARGET, "normal,no-proc-macro", true),
        (host.as_str(), "normal,build", false),
    ] {
        let mut tree = exec::cargo();
        tree.args(["tree", "--locked", "--package=handup", "--prefix=depth", "--format=|{p}"])
            .args(["--target", target, "--edges", edges])
            .current_dir(&workspace.root);
        for (id, uses) in uses(&exec::read(&mut tree)?)? {
            let package = packages.entry(id).or_default();
            package.is_shipped |= is_shipped;
            package.uses.extend(uses);
        }
    }
    let checksums = checksums(&exec::read_text(&workspace.root.join("Cargo.lock"))?);
    for (id, package) in &mut packages {
        let told =
            known.get(id).with_context(|| format!("Cargo does not know {} {}", id.0, id.1))?;
        package.license = spdx(told["license"].as_str().unwrap_or_default());
        let manifest = told["manifest_path"].as_str().map(Path::new).and_then(Path::parent);
        package.folder = manifest.context("a package lies in a folder")?.to_owned();
        package.checksum = checksums.get(id).cloned();
    }
    Ok(packages)
}

/// All packages of the lock file, as Cargo tells of them.
fn known(workspace: &Workspace) -> Result<BTreeMap<Id, Value>> {
    let mut metadata = exec::cargo();
    metadata.args(["metadata", "--locked", "--format-version=1"]).current_dir(&workspace.root);
    let mut metadata: Value = serde_json::from_str(&exec::read(&mut metadata)?)
        .context("what `cargo metadata` printed is not JSON")?;
    let Value::Array(packages) = metadata["packages"].take() else {
        anyhow::bail!("`cargo metadata` tells no packages");
    };
    let id = |package: &Value| {
        Some((package["name"].as_str()?.to_owned(), package["version"].as_str()?.to_owned()))
    };
    Ok(packages.into_iter().filter_map(|package| Some((id(&package)?, package))).collect())
}

/// Which package uses which, by the lines of `cargo tree --prefix=depth --format=|{p}`. What a package
/// uses stands below it where it is named first.
fn uses(tree: &str) -> Result<BTreeMap<Id, BTreeSet<Id>>> {
    let mut found = BTreeMap::<Id, BTreeSet<Id>>::new();
    let mut above: Vec<Id> = Vec::new();
    // Between kinds of edges stand empty lines and headings such as `[build-dependencies]`.
    for line in tree.lines() {
        let Some((depth, package)) = line.split_once('|') else { continue };
        let depth: usize = depth.parse().with_context(|| format!("no depth: {line}"))?;
        let mut words = package.split(' ');
        let name = words.next().unwrap_or_default();
        let version = words.next().and_then(|version| version.strip_prefix('v'));
        let version = version.with_context(|| format!("no version: {line}"))?;
        let id = (name.to_owned(), version.to_owned());
        above.truncate(depth);
        if let Some(user) = above.last() {
            found.entry(user.clone()).or_default().insert(id.clone());
        }
        found.entry(id.clone()).or_default();
        above.push(id);
    }
    Ok(found)
}

/// The checksums of a lock file.
fn checksums(lock: &str) -> BTreeMap<Id, String> {
    let value = |package: &str, key: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))?;
        Some(line.trim_matches('"').to_owned())
    };
    let packages = lock.split("[[package]]").filter_map(|package| {
        let id = (value(package, "name")?, value(package, "version")?);
        Some((id, value(package, "checksum")?))
    });
    packages.collect()
}

/// An expression as SPDX has it: of old, Cargo took `/` for `OR`.
fn spdx(license: &str) -> String {
    license.replace(" / ", "/").replace('/', " OR ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str, version: &str) -> Id {
        (name.to_owned(), version.to_owned())
    }

    #[test]
    fn who_uses_whom_is_read_from_the_depths_of_a_tree() {
        let tree = "0|handup v0.2.0 (/handup)\n1|app v0.2.0 (/handup/app)\n2|bytes v1.0.0\n\
                    1|syn v2.0.0 (proc-macro)\n[build-dependencies]\n1|app v0.2.0 (/handup/app) (*)\n";
        let uses = uses(tree).unwrap();
        let (handup, app) = (id("handup", "0.2.0"), id("app", "0.2.0"));
        assert_eq!(uses[&handup], [app.clone(), id("syn", "2.0.0")].into());
        assert_eq!(uses[&app], [id("bytes", "1.0.0")].into());
        assert!(super::uses("0|handup\n").is_err());
    }

    #[test]
    fn a_lock_file_has_checksums_of_what_is_not_ours() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"ff\"\n\n\
                    [[package]]\nname = \"ours\"\nversion = \"0.1.0\"\n";
        assert_eq!(checksums(lock), [(id("a", "1.0.0"), "ff".to_owned())].into());
    }

    #[test]
    fn what_cargo_took_of_old_is_no_spdx() {
        assert_eq!(spdx("MIT/Apache-2.0"), "MIT OR Apache-2.0");
        assert_eq!(spdx("MIT OR Apache-2.0"), "MIT OR Apache-2.0");
    }
}
