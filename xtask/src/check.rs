//! What needs no test to be seen wrong: formatting, circles between files, lints and documentation.
//!
//! Lints and documentation are checked once for the host and once for WASM,
//! for either leaves out code that the other compiles. Warnings are made
//! errors by arguments, not by RUSTFLAGS: these would replace the flags in
//! `.cargo/config.toml`, and so compile the whole world once more.

use std::process::Command;

use anyhow::Result;

use crate::exec::{self, say};
use crate::graph;
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
    report.step("module graph", || graph::check(workspace));
    report.step("packages", || deny(workspace));
    report.step("lints", || {
        exec::run(deny_lints(cargo("clippy").args(["--workspace", "--all-targets"])))
    });
    report.step("lints for WASM", || {
        wasm::ensure_target()?;
        exec::run(deny_lints(for_browser(&mut cargo("clippy"))))
    });
    report.step("documentation", || exec::run(deny_doc_warnings(cargo("doc").arg("--workspace"))));
    report.step("documentation for WASM", || {
        wasm::ensure_target()?;
        exec::run(deny_doc_warnings(for_browser(&mut cargo("doc"))))
    });
}

/// Asks cargo-deny about licences, duplicates and where packages come from. It is installed where
/// everything is checked anew (`.ci/run`), and left out with a word where it is not.
fn deny(workspace: &Workspace) -> Result<()> {
    if !exec::succeeds(exec::cargo().args(["deny", "--version"])) {
        let anew = std::env::var_os("CI").is_some();
        anyhow::ensure!(!anew, "there is no cargo-deny: `cargo install cargo-deny --locked`");
        say("there is no cargo-deny, so packages are not checked: `cargo install cargo-deny`");
        return Ok(());
    }
    let check = |what: &[&str]| {
        let mut cargo = exec::cargo();
        cargo.args(["deny", "--all-features", "check"]).args(what).current_dir(&workspace.root);
        cargo
    };
    exec::run(&mut check(&["bans", "licenses", "sources"]))?;
    // The advisories are a repository of GitHub's, which not everybody reaches.
    let database = "https://github.com/RustSec/advisory-db";
    if exec::succeeds(exec::command("git").args(["ls-remote", "--exit-code", database, "HEAD"])) {
        exec::run(&mut check(&["advisories"]))
    } else {
        say("the advisories are out of reach and not checked");
        Ok(())
    }
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
