//! The client for JavaScript: its types, its bundle, and its tests against a real server.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::exec;
use crate::install;
use crate::report::Counts;
use crate::workspace::Workspace;

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root.join("client-js")
}

fn npm(workspace: &Workspace, args: &[&str]) -> std::process::Command {
    let mut npm = exec::command("npm");
    npm.args(args).current_dir(folder(workspace));
    npm
}

/// Makes the bundle, which the browser tests serve too.
pub fn build(workspace: &Workspace) -> Result<()> {
    let without = "To run the other tests alone: `cargo xtask test --no-browser`";
    install::npm(&folder(workspace), without)?;
    exec::run(&mut npm(workspace, &["run", "--silent", "build"]))
}

/// Checks the types and runs the tests against a server's binary.
pub fn test(workspace: &Workspace, server: &Path, counts: &mut Counts) -> Result<()> {
    build(workspace)?;
    exec::run(&mut npm(workspace, &["run", "--silent", "typecheck"]))?;
    let mut tests = npm(workspace, &["test", "--silent"]);
    exec::run_watched(tests.env("HANDUP_BIN", server), |line| {
        *counts += counted(line).unwrap_or_default();
    })
}

/// What one of the last lines of Node's test runner tells.
fn counted(line: &str) -> Option<Counts> {
    let (what, number) = line.strip_prefix("# ")?.split_once(' ')?;
    let number = number.parse().ok()?;
    match what {
        "pass" => Some(Counts { passed: number, ..Counts::default() }),
        "fail" => Some(Counts { failed: number, ..Counts::default() }),
        "skipped" => Some(Counts { skipped: number, ..Counts::default() }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_of_nodes_runner_are_counted() {
        let mut counts = Counts::default();
        for line in ["ok 68 - follow a group", "# tests 69", "# pass 67", "# fail 1", "# skipped 1"]
        {
            counts += counted(line).unwrap_or_default();
        }
        assert_eq!(counts, Counts { passed: 67, failed: 1, skipped: 1 });
    }
}
