//! Tries the packages: makes them around a server's binary, installs each in a folder, and runs what is there.

mod container;
mod debian;
mod serving;

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::exec::{self, say};
use crate::install;
use crate::package::{self, CHECKSUMS, Effort, Made};
use crate::programs;
use crate::report::Counts;
use crate::workspace::Workspace;

/// The worst that the unit may be rated: systemd's 1.5, which it takes in tenths.
const WORST_RATING: &str = "--threshold=15";

/// Makes the packages, and tries each.
pub fn run(workspace: &Workspace, server: &Path, counts: &mut Counts) -> Result<()> {
    let folder = workspace.target.join("package-trial");
    let first = folder.join("first");
    let made = package::make(workspace, server, &first, Effort::Trial)?;
    let [debootstrap, umoci, mandoc, analyze] = programs::of_packages()?;
    let unit = workspace.root.join("packaging/handup.service");

    let mut trial = Trial { counts, failed: Vec::new() };
    trial.one("the same binary gives the same packages", || {
        let second = folder.join("second");
        package::make(workspace, server, &second, Effort::Trial)?;
        let sums = |folder: &Path| exec::read_text(&folder.join(CHECKSUMS));
        let (first, second) = (sums(&first)?, sums(&second)?);
        ensure!(first == second, "{first}is not\n{second}");
        Ok(())
    });
    trial.one("the checksums are those of the files", || {
        exec::run(
            exec::command("sha256sum").args(["--check", "--strict", CHECKSUMS]).current_dir(&first),
        )
    });
    trial.one("the bill of materials names what is linked", || bill(&made.sbom));
    trial.one("the archive has a program that runs", || archive(&made));
    trial.one("systemd rates the service's sandbox 1.5 or better", || {
        let mut security = exec::command(&analyze.path);
        security.args(["security", "--offline=true", "--no-pager", WORST_RATING]).arg(&unit);
        let told = exec::read(&mut security)?;
        say(told.lines().last().unwrap_or_default());
        Ok(())
    });
    if install::is_root() {
        let place = folder.join("debian");
        trial.one("the package is installed in Debian, runs, and is removed", || {
            debian::try_package(&debootstrap, &analyze, &mandoc, &made.deb, &folder, &place)
        });
        trial.one("the image runs as nobody's user with nothing around it", || {
            container::try_image(&umoci, &made.image, &folder.join("container"))
        });
    } else if std::env::var_os("CI").is_some() {
        bail!("packages are installed and run by root alone, and this is not root");
    } else {
        say("packages are installed and run by root alone: this is left out");
        trial.counts.skipped += 2;
    }
    let failed = trial.failed;
    if !failed.is_empty() {
        bail!("it does not hold that {}", failed.join("; that "));
    }
    Ok(())
}

/// What has been tried.
struct Trial<'a> {
    counts: &'a mut Counts,
    failed: Vec<&'static str>,
}

impl Trial<'_> {
    /// Tries one thing, and goes on when it does not hold.
    fn one(&mut self, what: &'static str, test: impl FnOnce() -> Result<()>) {
        match test() {
            Ok(()) => {
                say(format_args!("ok: {what}"));
                self.counts.passed += 1;
            }
            Err(error) => {
                say(format_args!("FAILED: {what}: {error:#}"));
                self.counts.failed += 1;
                self.failed.push(what);
            }
        }
    }
}

/// The shape that CycloneDX demands, and some of what is known to be linked.
fn bill(path: &Path) -> Result<()> {
    let bill: Value = serde_json::from_str(&exec::read_text(path)?).context("it is no JSON")?;
    ensure!(bill["bomFormat"] == "CycloneDX" && bill["specVersion"] == "1.5", "it is no CycloneDX");
    let components = bill["components"].as_array().context("it has no components")?;
    let mut known =
        vec![bill["metadata"]["component"]["bom-ref"].as_str().context("it is of nothing")?];
    for component in components {
        for key in ["type", "name", "version", "bom-ref"] {
            ensure!(component[key].is_string(), "a component has no {key}: {component}");
        }
        known.extend(component["bom-ref"].as_str());
    }
    let all = known.len();
    known.sort_unstable();
    known.dedup();
    ensure!(known.len() == all, "two components have one reference");
    for edge in bill["dependencies"].as_array().into_iter().flatten() {
        let on = edge["dependsOn"].as_array().into_iter().flatten();
        for reference in on.chain([&edge["ref"]]).filter_map(Value::as_str) {
            ensure!(known.binary_search(&reference).is_ok(), "{reference} is no component");
        }
    }
    for (name, scope) in [
        ("tokio", "required"),
        ("libsqlite3-sys", "required"),
        ("wasm-bindgen", "required"),
        ("syn", "excluded"),
    ] {
        let is_there = components.iter().any(|one| one["name"] == name && one["scope"] == scope);
        ensure!(is_there, "{name} is not there, or not {scope}");
    }
    let is_test = components.iter().any(|one| one["name"] == "proptest");
    ensure!(!is_test, "it names what only tests use");
    Ok(())
}

/// Unpacks the archive and has its program say what it is.
fn archive(made: &Made) -> Result<()> {
    let folder = tempfile::tempdir().context("cannot make a folder")?;
    let mut tar = exec::command("tar");
    tar.args(["--extract", "--strip-components=1", "--directory"]).arg(folder.path());
    exec::run(tar.arg("--file").arg(&made.tarball))?;
    let told = exec::read(exec::command(folder.path().join("handup")).arg("--version"))?;
    ensure!(told.starts_with("handup "), "it says that it is {told}");
    for name in ["LICENSE", "NOTICES", "handup.env", "handup.service", "man/man1/handup.1"] {
        ensure!(folder.path().join(name).is_file(), "there is no {name} in it");
    }
    Ok(())
}
