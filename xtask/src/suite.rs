//! Every test there is, in one go: what CI calls.

use std::ffi::OsString;

use anyhow::Result;

use crate::postgres::Postgres;
use crate::report::{Counts, Report};
use crate::workspace::{Profile, Workspace};
use crate::{browser, check, client_js, exec, install, programs, site, trial};

/// Which tests to run. Without a wish of the developer's: all of them.
#[derive(Debug)]
pub struct Selection {
    /// The build that the browsers try.
    pub profile: Profile,
    /// The checks, and the tests that Cargo knows of.
    pub rust: bool,
    /// The packages, installed and run.
    pub packages: bool,
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
            let schemathesis = install::schemathesis(workspace)?;
            let beside = programs::of_operators()?;
            exec::run_watched(
                exec::cargo()
                    .args(["test", "--workspace", "--no-fail-fast"])
                    .env("SCHEMATHESIS", schemathesis)
                    .envs(beside.iter().map(|found| (found.variable, &found.path)))
                    .current_dir(&workspace.root),
                |line| *counts += Counts::of_line(line).unwrap_or_default(),
            )
        });
    }
    if selection.rust {
        report.tests("cargo test on PostgreSQL", |counts| {
            let found = programs::postgres()?;
            let postgres = Postgres::start(&found)?;
            exec::run_watched(
                exec::cargo()
                    // Of the workspace, so that nothing is built anew for it.
                    .args(["test", "--workspace", "--no-fail-fast"])
                    .args(["--test=http", "--test=nodes", "--test=partitions"])
                    .args(["--test=standby", "--test=strangers"])
                    .env("HANDUP_TEST_POSTGRES", postgres.address())
                    // Of which a test starts two more.
                    .env("HANDUP_TEST_POSTGRES_PROGRAM", &found.path)
                    // It is of nobody else.
                    .env("HANDUP_TEST_POSTGRES_DIES", "1")
                    .current_dir(&workspace.root),
                |line| *counts += Counts::of_line(line).unwrap_or_default(),
            )
        });
    }
    if selection.packages {
        report.tests("packages, installed and run", |counts| {
            let server = site::build_server_of_tests(workspace, selection.profile)?;
            trial::run(workspace, &server, counts)
        });
    }
    if selection.browser {
        report.tests("client for JavaScript", |counts| {
            let server = site::build_server_of_tests(workspace, selection.profile)?;
            client_js::test(workspace, &server, counts)
        });
        report.tests("browser tests", |counts| {
            let programs = programs::all()?;
            browser::install_packages(workspace)?;
            client_js::build(workspace)?;
            let server = site::build_server_of_tests(workspace, selection.profile)?;
            let (postgres, args) =
                (Postgres::start(&programs::postgres()?)?, &selection.playwright_args);
            browser::run(workspace, &server, &programs, &postgres, args, counts)
        });
    }
    report.finish()
}
