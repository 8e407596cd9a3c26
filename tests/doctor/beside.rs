//! The programs that are run beside Handup.

use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long anything may take before a test gives it up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a program is: where the environment says, or at one of these paths. None where it is at none of
/// them, and nobody insists.
pub fn program(variable: &str, paths: &[&str]) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Some(path.into());
    }
    let found = paths.iter().map(PathBuf::from).find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: there is no {}; set {variable} to where it is", paths.join(", "));
    }
    found
}

/// Looks until something is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    #[expect(clippy::disallowed_methods, reason = "a test has its patience")]
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain until {what}");
        std::thread::yield_now();
    }
}
