//! Coverage-guided fuzzing of everything that parses input from outside.
//!
//! The targets are `fuzz/`; `cargo fuzz` builds them around libFuzzer. No sanitizer is used, for
//! there is no unsafe code of ours to watch, and so the stable toolchain is enough.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::exec::{self, say};
use crate::workspace::Workspace;

/// The targets, as their folders in `fuzz/corpus` are called.
pub const TARGETS: [&str; 7] = ["api", "pages", "headers", "codes", "data", "log", "voice"];
/// The largest input, in bytes. What is longer is the same once more.
const MAX_INPUT: u32 = 4_096;
/// The most inputs that are kept of one target, and their most bytes.
const KEPT: usize = 100;
const KEPT_BYTES: u64 = 48 * 1_024;

/// What to fuzz, and for how long.
pub struct Wish<'a> {
    /// Only this target.
    pub only: Option<&'a str>,
    /// Minutes, of all targets together.
    pub minutes: u32,
    /// Whether what was found is kept in `fuzz/corpus`.
    pub keep: bool,
}

/// Fuzzes one target after the other, and ends with the first that breaks.
pub fn run(workspace: &Workspace, wish: &Wish<'_>) -> Result<()> {
    let root = &workspace.root;
    let shell = root.join("fuzz/shell");
    if !exec::succeeds(exec::cargo().args(["fuzz", "--version"])) {
        say("there is no cargo-fuzz: installing it");
        exec::run(exec::cargo().args(["install", "cargo-fuzz", "--locked"]))?;
    }
    exec::write_file(&shell.join("Cargo.lock"), exec::read_file(&root.join("Cargo.lock"))?)?;
    exec::run(cargo_fuzz(root, "build").arg("target"))?;
    let targets: Vec<&str> =
        TARGETS.into_iter().filter(|it| wish.only.is_none_or(|only| only == *it)).collect();
    let seconds = u64::from(wish.minutes) * 60 / targets.len().max(1) as u64;
    for target in targets {
        let kept = root.join("fuzz/corpus").join(target);
        let found = root.join("target/fuzz/corpus").join(target);
        exec::make_folder(&found)?;
        say(format!("{target}, for {seconds} s"));
        exec::run(
            call(root, target)
                .args([&found, &kept])
                .arg("--")
                .arg(format!("-max_total_time={seconds}"))
                .arg(format!("-max_len={MAX_INPUT}"))
                .arg(format!("-dict={}", root.join("fuzz/dictionary").display()))
                .args(["-timeout=20", "-print_final_stats=1"]),
        )?;
        if wish.keep {
            keep(root, target, &kept, &found)?;
        }
    }
    Ok(())
}

fn cargo_fuzz(root: &Path, subcommand: &str) -> Command {
    let mut cargo = exec::cargo();
    cargo
        .args(["fuzz", subcommand, "--sanitizer", "none", "--fuzz-dir"])
        .arg(root.join("fuzz/shell"))
        .arg("--target-dir")
        .arg(root.join("target/fuzz"))
        // cargo-fuzz asks for flags that the stable compiler has and does not admit to.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "--cfg erase_components")
        .current_dir(root);
    cargo
}

fn call(root: &Path, target: &str) -> Command {
    let mut cargo = cargo_fuzz(root, "run");
    cargo.arg("target").env("HANDUP_FUZZ_TARGET", target);
    cargo
}

/// Replaces the kept inputs by the fewest that reach what all of them reach; of these some of every
/// size, as far as there is room.
fn keep(root: &Path, target: &str, kept: &Path, found: &Path) -> Result<()> {
    let fewest = found.with_file_name(format!("{target}-fewest"));
    let _ = std::fs::remove_dir_all(&fewest);
    exec::make_folder(&fewest)?;
    exec::run(
        call(root, target)
            .args([&fewest, kept, found])
            .args(["--", "-set_cover_merge=1"])
            .arg(format!("-max_len={MAX_INPUT}")),
    )?;
    let mut inputs: Vec<(u64, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(&fewest).context("what was merged")? {
        let entry = entry?;
        inputs.push((entry.metadata()?.len(), entry.path()));
    }
    if inputs.is_empty() {
        bail!("nothing is left of {}", fewest.display());
    }
    inputs.sort();
    std::fs::remove_dir_all(kept)?;
    exec::make_folder(kept)?;
    let (mut bytes, mut files) = (0, 0);
    let step = inputs.len().div_ceil(KEPT);
    for (size, path) in inputs.into_iter().step_by(step) {
        bytes += size;
        if bytes > KEPT_BYTES {
            break;
        }
        files += 1;
        let name = path.file_name().unwrap_or_default();
        exec::write_file(&kept.join(name), exec::read_file(&path)?)?;
    }
    say(format!("{target}: {files} inputs are kept"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_its_folder() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
        let folders = std::fs::read_dir(corpus).expect("the corpus");
        let mut names: Vec<String> = folders
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        let mut targets = TARGETS.map(str::to_owned);
        targets.sort();
        assert_eq!(names, targets);
    }
}
