//! What needs no test to be seen wrong: formatting, lints and documentation.
//!
//! Lints and documentation are checked once for the host and once for WASM,
//! for either leaves out code that the other compiles. Warnings are made
//! errors by arguments, not by RUSTFLAGS: these would replace the flags in
//! `.cargo/config.toml`, and so compile the whole world once more.

use std::process::Command;

use anyhow::Result;

use crate::exec;
use crate::report::Report;
use crate::wasm;
use crate::workspace::Workspace;

/// The crates that the browser's WASM is made of.
const BROWSER_CRATES: [&str; 5] = [
    "--package=handup",
    "--package=app",
    "--package=classroom",
    "--package=call",
    "--package=signaling",
];

/// Checks everything, and sums up.
pub fn run(workspace: &Workspace) -> Result<()> {
    let mut report = Report::default();
    add_to(&mut report, workspace);
    report.finish()
}

/// Checks everything as steps of a larger report.
pub fn add_to(report: &mut Report, workspace: &Workspace) {
    let cargo = |subcommand: &str| {
        let mut cargo = exec::cargo();
        cargo.arg(subcommand).current_dir(&workspace.root);
        cargo
    };
    report.step("format", || exec::run(cargo("fmt").args(["--all", "--check"])));
    report.step("lints", || {
        exec::run(deny_lints(cargo("clippy").args(["--workspace", "--all-targets"])))
    });
    report.step("lints for WASM", || {
        wasm::ensure_target()?;
        exec::run(deny_lints(for_browser(&mut cargo("clippy"))))
    });
    report.step("documentation", || {
        exec::run(deny_doc_warnings(cargo("doc").arg("--workspace")))?;
        // The library of the same name has hidden the server's own pages.
        exec::run(deny_doc_warnings(cargo("doc").args(["--workspace", "--bins"])))
    });
    report.step("documentation for WASM", || {
        wasm::ensure_target()?;
        exec::run(deny_doc_warnings(for_browser(&mut cargo("doc"))))
    });
}

fn for_browser(cargo: &mut Command) -> &mut Command {
    cargo.args(BROWSER_CRATES).args(["--lib", "--target", wasm::TARGET])
}

fn deny_lints(cargo: &mut Command) -> &mut Command {
    cargo.args(["--", "--deny=warnings"])
}

fn deny_doc_warnings(cargo: &mut Command) -> &mut Command {
    cargo.arg("--no-deps").env("RUSTDOCFLAGS", "--deny=warnings")
}
