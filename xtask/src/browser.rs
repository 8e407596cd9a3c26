//! The tests in real browsers: what they need, where it is, and running them.
//!
//! Playwright comes from npm; its own download of browsers is not used, for
//! it is not to be had everywhere, and Debian's Chromium is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::exec::{self, say};
use crate::install;
use crate::report::Counts;
use crate::workspace::Workspace;

/// The environment variable that names the Chromium to use.
const VARIABLE: &str = "CHROMIUM";

/// The names that Chromium goes by.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Debian's packages for a Chromium that can show any text.
const PACKAGES: [&str; 3] = ["chromium", "fonts-liberation", "fonts-noto-color-emoji"];

/// Debian's packages for a proxy between browser and server.
const PROXY_PACKAGES: [&str; 2] = ["nginx", "openssl"];

/// What the tests run of them, where Debian puts it.
const PROXY_PROGRAMS: [&str; 2] = ["/usr/sbin/nginx", "/usr/bin/openssl"];

/// Finds Chromium, or installs Debian's when that is possible.
pub fn find_chromium() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        if !exec::is_program(&path) {
            bail!(
                "the environment variable {VARIABLE} says {}, which is no program",
                path.display()
            );
        }
        return std::path::absolute(&path).context("the current folder is gone");
    }
    let in_path = || NAMES.into_iter().find_map(exec::find);
    if let Some(path) = in_path() {
        return Ok(path);
    }
    install_chromium()?;
    in_path().context("Debian's chromium is installed, but still not in the PATH")
}

fn install_chromium() -> Result<()> {
    if !install::may_install() {
        bail!(
            "there is no Chromium for the browser tests: none of {} is in the PATH, and this is \
             no Debian on which it may be installed. Install Chromium (on Debian: `apt-get \
             install chromium`), or set the environment variable {VARIABLE} to its path. To run \
             the other tests alone: `cargo xtask test --no-browser`",
            NAMES.join(", ")
        );
    }
    say("there is no Chromium: installing Debian's");
    install::debian(&PACKAGES)
}

/// Installs the proxy that the browser tests put before the server, unless it is there.
pub fn install_proxy() -> Result<()> {
    if PROXY_PROGRAMS.iter().all(|path| exec::is_program(Path::new(path))) {
        return Ok(());
    }
    if !install::may_install() {
        bail!(
            "there is no nginx for the browser tests, or no openssl: {} must be there. To run the \
             other tests alone: `cargo xtask test --no-browser`",
            PROXY_PROGRAMS.join(" and ")
        );
    }
    say("there is no nginx: installing Debian's");
    install::debian(&PROXY_PACKAGES)
}

/// Installs the npm packages that the browser tests need.
pub fn install_packages(workspace: &Workspace) -> Result<()> {
    let without = "To run the other tests alone: `cargo xtask test --no-browser`";
    install::npm(&workspace.end2end(), without)
}

/// Runs the tests against a server's binary, after checking their types.
pub fn run(
    workspace: &Workspace,
    server: &Path,
    chromium: &Path,
    args: &[OsString],
    counts: &mut Counts,
) -> Result<()> {
    let folder = workspace.end2end();
    let tool = |name: &str| {
        let mut command = exec::command(folder.join("node_modules/.bin").join(name));
        command.current_dir(&folder);
        command
    };
    say(format_args!("Chromium is {}", chromium.display()));
    exec::run(tool("tsc").arg("--noEmit"))?;

    let told = workspace.target.join("playwright.json");
    if told.exists() {
        std::fs::remove_file(&told).with_context(|| format!("cannot remove {}", told.display()))?;
    }
    let outcome = exec::run(
        tool("playwright")
            .arg("test")
            .args(args)
            .env("HANDUP_BIN", server)
            .env("HANDUP_REPORT", &told)
            .env(VARIABLE, chromium),
    );
    match std::fs::read_to_string(&told) {
        Ok(json) => *counts = counted(&json)?,
        Err(_) => say("Playwright has left no report: its tests are not in the sum"),
    }
    outcome
}

/// Measures the room on a slow phone.
pub fn bench(workspace: &Workspace, server: &Path, args: &[OsString]) -> Result<()> {
    let chromium = find_chromium()?;
    install_packages(workspace)?;
    let folder = workspace.end2end();
    let rounds = args.iter().position(|argument| argument == "--rounds");
    let rounds = rounds.and_then(|place| args.get(place + 1)).cloned();
    exec::run(
        exec::command(folder.join("node_modules/.bin/playwright"))
            .args(["test", "--config", "bench/playwright.config.ts"])
            .env("HANDUP_BIN", server)
            .env("HANDUP_FIGURES", workspace.target.join("bench/phone.json"))
            .env("HANDUP_ROUNDS", rounds.unwrap_or_else(|| "5".into()))
            .env(VARIABLE, chromium)
            .current_dir(&folder),
    )
}

/// What Playwright's JSON report tells.
fn counted(json: &str) -> Result<Counts> {
    let report: serde_json::Value =
        serde_json::from_str(json).context("Playwright's report is not JSON")?;
    let number = |what: &str| {
        report["stats"][what]
            .as_u64()
            .with_context(|| format!("Playwright's report does not tell what is {what}"))
    };
    Ok(Counts {
        passed: number("expected")? + number("flaky")?,
        failed: number("unexpected")?,
        skipped: number("skipped")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_of_playwright_is_counted() {
        let json = r#"{"suites": [], "stats": {"startTime": "2026-01-01T00:00:00.000Z",
            "duration": 1.5, "expected": 7, "skipped": 1, "unexpected": 2, "flaky": 1}}"#;
        let counts = Counts { passed: 8, failed: 2, skipped: 1 };
        assert_eq!(counted(json).unwrap(), counts);
        assert!(counted("{}").is_err());
        assert!(counted("").is_err());
    }
}
