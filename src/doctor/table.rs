//! How findings are printed.

use std::fmt::Write as _;
use std::io::Write as _;

use serde::Serialize;

use super::finding::{Finding, State};

/// How many checks failed.
pub fn failed(findings: &[Finding]) -> usize {
    findings.iter().filter(|it| it.state == State::Fail).count()
}

/// A line for each check, and one more where there is something to do.
pub fn text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|it| it.check.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Finding { check, state, found, to_do } in findings {
        let state = match state {
            State::Ok => "ok",
            State::Warn => "warn",
            State::Fail => "FAIL",
        };
        let _ = writeln!(text, "{state:4}  {check:width$}  {}", one_line(found));
        if let Some(to_do) = to_do {
            let _ = writeln!(text, "      {:width$}  -> {}", "", one_line(to_do));
        }
    }
    text
}

/// All of it as one object.
pub fn json(findings: &[Finding]) -> String {
    #[derive(Serialize)]
    struct All<'a> {
        failed: usize,
        checks: &'a [Finding],
    }
    let all = All { failed: failed(findings), checks: findings };
    serde_json::to_string_pretty(&all).unwrap_or_default() + "\n"
}

/// Prints to whoever reads it; one that reads no further has enough.
pub fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// What others have said may be of several lines, or hold what a terminal obeys.
fn one_line(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}
