//! The tests in real browsers: running them, and counting what they did.
//!
//! Playwright comes from npm; its own download of browsers is not used, for
//! it is not to be had everywhere, and Debian's browsers are.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result};

use crate::exec::{self, say};
use crate::install;
use crate::programs::{self, Found};
use crate::report::Counts;
use crate::workspace::Workspace;

/// Installs the npm packages that the browser tests need.
pub fn install_packages(workspace: &Workspace) -> Result<()> {
    let without = "To run the other tests alone: `cargo xtask test --no-browser`";
    install::npm(&workspace.end2end(), without)
}

/// Runs the tests against a server's binary, after checking their types.
pub fn run(
    workspace: &Workspace,
    server: &Path,
    programs: &[Found],
    args: &[OsString],
    counts: &mut Counts,
) -> Result<()> {
    let folder = workspace.end2end();
    let tool = |name: &str| {
        let mut command = exec::command(folder.join("node_modules/.bin").join(name));
        command.current_dir(&folder);
        command
    };
    for Found { title, path, .. } in programs {
        say(format_args!("{title} is {}", path.display()));
    }
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
            .envs(programs.iter().map(|Found { variable, path, .. }| (variable, path))),
    );
    match std::fs::read_to_string(&told) {
        Ok(json) => *counts = counted(&json)?,
        Err(_) => say("Playwright has left no report: its tests are not in the sum"),
    }
    outcome
}

/// Measures the room on a slow phone.
pub fn bench(workspace: &Workspace, server: &Path, args: &[OsString]) -> Result<()> {
    let chromium = programs::chromium()?;
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
            .env(chromium.variable, chromium.path)
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
