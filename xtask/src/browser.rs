//! The tests in real browsers: running them, and counting what they did.
//!
//! Playwright comes from npm; its own download of browsers is not used, for
//! it is not to be had everywhere, and Debian's browsers are.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::exec::{self, say};
use crate::install;
use crate::postgres::Postgres;
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
    postgres: &Postgres,
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
            .env("HANDUP_TEST_POSTGRES", postgres.address())
            .envs(programs.iter().map(|Found { variable, path, .. }| (variable, path))),
    );
    let Ok(json) = std::fs::read_to_string(&told) else {
        say("Playwright has left no report: its tests are not in the sum");
        return outcome;
    };
    let report = parsed(&json)?;
    *counts = counted(&report)?;
    let complaints = complaints(&report);
    if complaints.is_empty() {
        return outcome;
    }
    let told = complaints.join("\n        ");
    if outcome.is_ok() {
        say(&told);
    }
    outcome.context(told)
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

/// Playwright's JSON report.
fn parsed(json: &str) -> Result<Value> {
    serde_json::from_str(json).context("Playwright's report is not JSON")
}

fn counted(report: &Value) -> Result<Counts> {
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

/// A line for each test that failed, or that passed at its second try only: its project, its name
/// and the beginning of what was wrong. A reader of a long output looks at its end.
fn complaints(report: &Value) -> Vec<String> {
    fn specs<'a>(suite: &'a Value, found: &mut Vec<&'a Value>) {
        found.extend(list(suite, "specs"));
        list(suite, "suites").for_each(|inner| specs(inner, found));
    }
    let mut found = Vec::new();
    specs(report, &mut found);
    let text = |value: &'_ Value| value.as_str().unwrap_or_default().to_owned();
    let mut complaints = Vec::new();
    for spec in found {
        for test in list(spec, "tests") {
            let outcome = match test["status"].as_str() {
                Some("unexpected") => "failed",
                Some("flaky") => "passed at its second try",
                _ => continue,
            };
            let message =
                list(test, "results").find_map(|result| result["error"]["message"].as_str());
            let said: Vec<_> = message.unwrap_or_default().lines().map(without_colors).collect();
            let said = said.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
            let said = said.take(4).collect::<Vec<_>>().join(" | ");
            let (project, title) = (text(&test["projectName"]), text(&spec["title"]));
            let (file, line) = (text(&spec["file"]), &spec["line"]);
            complaints.push(format!(
                "[{project}] {file}:{line} \u{201c}{title}\u{201d} {outcome}: {said}"
            ));
        }
    }
    complaints
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

/// A line without the escape sequences by which a terminal colors it.
fn without_colors(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |shown, part| shown + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_of_playwright_is_counted() {
        let json = r#"{"suites": [], "stats": {"startTime": "2026-01-01T00:00:00.000Z",
            "duration": 1.5, "expected": 7, "skipped": 1, "unexpected": 2, "flaky": 1}}"#;
        let counts = Counts { passed: 8, failed: 2, skipped: 1 };
        assert_eq!(counted(&parsed(json).unwrap()).unwrap(), counts);
        assert!(counted(&parsed("{}").unwrap()).is_err());
        assert!(parsed("").is_err());
    }

    #[test]
    fn what_failed_is_told_in_a_line_each() {
        let report = serde_json::json!({"suites": [{
            "specs": [
                {"title": "fine", "file": "a.spec.ts", "line": 3, "tests": [
                    {"projectName": "phone", "status": "expected", "results": [{}]},
                ]},
            ],
            "suites": [{"specs": [
                {"title": "a class", "file": "b.spec.ts", "line": 12, "tests": [
                    {"projectName": "webkit", "status": "flaky", "results": [
                        {"error": {"message": "\u{1b}[2mexpect(\u{1b}[22mit)\n\n  Expected: 1"}}, {},
                    ]},
                    {"projectName": "phone", "status": "unexpected", "results": [{}]},
                ]},
            ]}],
        }]});
        assert_eq!(
            complaints(&report),
            [
                "[webkit] b.spec.ts:12 \u{201c}a class\u{201d} passed at its second try: expect(it) | Expected: 1",
                "[phone] b.spec.ts:12 \u{201c}a class\u{201d} failed: ",
            ]
        );
    }
}
