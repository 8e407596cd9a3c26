//! Mutation testing of the pure crates: cargo-mutants changes one expression at a time, and the tests
//! of the crate have to notice.
//!
//! `.cargo/mutants.toml` lists the mutants that need not be noticed, each with the reason.

use std::process::Command;

use anyhow::{Result, bail};

use crate::exec::{self, say};
use crate::workspace::Workspace;

/// The crates without I/O, whose tests are quick enough to run a thousand times.
const CRATES: [&str; 3] = ["signaling", "call", "classroom"];

/// What to change.
pub struct Wish {
    /// Only what has changed since this commit.
    pub since: Option<String>,
    /// Only these files; all when there are none.
    pub files: Vec<String>,
}

/// Tries every mutant, and fails when one survives.
pub fn run(workspace: &Workspace, wish: &Wish) -> Result<()> {
    let root = &workspace.root;
    if !exec::succeeds(exec::cargo().args(["mutants", "--version"])) {
        say("there is no cargo-mutants: installing it");
        exec::run(exec::cargo().args(["install", "cargo-mutants", "--locked"]))?;
    }
    let mut mutants = mutants(&wish.files);
    if let Some(since) = &wish.since {
        let mut diff = exec::command("git");
        diff.args(["diff", "--merge-base", since.as_str(), "--"]).args(CRATES);
        let diff = exec::read(diff.current_dir(root))?;
        if diff.is_empty() {
            say(format_args!("nothing of {} has changed since {since}", CRATES.join(", ")));
            return Ok(());
        }
        let file = workspace.target.join("mutants.diff");
        exec::write_file(&file, diff)?;
        mutants.arg("--in-diff").arg(file);
    }
    mutants.arg("--output").arg(&workspace.target).current_dir(root);
    if exec::run(&mut mutants).is_err() {
        let told = workspace.target.join("mutants.out");
        bail!(
            "a mutant survives, or could not be tried: see missed.txt and timeout.txt in {}; write \
             a test that notices it, or name it in .cargo/mutants.toml with the reason",
            workspace.shown(&told)
        );
    }
    Ok(())
}

fn mutants(files: &[String]) -> Command {
    let mut cargo = exec::cargo();
    cargo.args(["mutants", "--no-shuffle"]);
    for name in CRATES {
        cargo.args(["--package", name]);
    }
    for file in files {
        cargo.args(["--file", file]);
    }
    cargo
}
