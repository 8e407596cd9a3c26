//! Every test there is, in one go: what CI calls.

use std::ffi::OsString;

use anyhow::Result;

use crate::report::{Counts, Report};
use crate::workspace::{Profile, Workspace};
use crate::{browser, check, exec, install, programs, site};

/// Which tests to run. Without a wish of the developer's: all of them.
#[derive(Debug)]
pub struct Selection {
    /// The build that the browsers try.
    pub profile: Profile,
    /// The checks, and the tests that Cargo knows of.
    pub rust: bool,
    /// The tests in real browsers.
    pub browser: bool,
    /// More arguments for Playwright.
    pub playwright_args: Vec<OsString>,
}

/// Runs the tests, and sums up.
pub fn run(workspace: &Workspace, selection: &Selection) -> Result<()> {
    let mut report = Report::default();
    if selection.rust {
        check::add_to(&mut report, workspace);
        report.tests("cargo test", |counts| {
            install::spreadsheet()?;
            site::build_for_crashes(workspace)?;
            exec::run_watched(
                exec::cargo()
                    .args(["test", "--workspace", "--no-fail-fast"])
                    .current_dir(&workspace.root),
                |line| *counts += counted(line).unwrap_or_default(),
            )
        });
    }
    if selection.browser {
        report.tests("browser tests", |counts| {
            let programs = programs::all()?;
            browser::install_packages(workspace)?;
            let server = site::build_server(workspace, selection.profile)?;
            let args = &selection.playwright_args;
            browser::run(workspace, &server, &programs, args, counts)
        });
    }
    report.finish()
}

/// What a closing line of Rust's test runner tells.
fn counted(line: &str) -> Option<Counts> {
    let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |what: &str| {
        numbers.split("; ").find_map(|part| part.strip_suffix(what)?.trim_end().parse().ok())
    };
    Some(Counts {
        passed: number("passed")?,
        failed: number("failed")?,
        skipped: number("ignored")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_counted_and_others_are_not() {
        let line = "test result: FAILED. 12 passed; 1 failed; 3 ignored; 0 measured; \
                    0 filtered out; finished in 0.01s\n";
        let counts = Counts { passed: 12, failed: 1, skipped: 3 };
        assert_eq!(counted(line), Some(counts));
        assert_eq!(counted("test a::b ... ok\n"), None);
        assert_eq!(counted("test result: none\n"), None);
    }
}
