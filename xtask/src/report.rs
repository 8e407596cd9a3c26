//! Runs steps to the last one, and sums up: a reader wants to see all that is
//! wrong at once, and to count the tests that ran.

#![expect(clippy::disallowed_methods, reason = "it tells how long each step took")]

use std::time::{Duration, Instant};

use anyhow::{Error, Result, bail};

use crate::exec::say;

/// How many tests ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tests that held.
    pub passed: u64,
    /// Tests that did not.
    pub failed: u64,
    /// Tests that were left out.
    pub skipped: u64,
}

impl Counts {
    /// What a closing line of Rust's test runner tells.
    pub fn of_line(line: &str) -> Option<Self> {
        let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let number = |what: &str| {
            numbers.split("; ").find_map(|part| part.strip_suffix(what)?.trim_end().parse().ok())
        };
        Some(Self {
            passed: number("passed")?,
            failed: number("failed")?,
            skipped: number("ignored")?,
        })
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { passed, failed, skipped } = self;
        write!(f, "{passed} passed, {failed} failed")?;
        if *skipped > 0 {
            write!(f, ", {skipped} skipped")?;
        }
        Ok(())
    }
}

struct Step {
    name: &'static str,
    counts: Option<Counts>,
    error: Option<Error>,
    time: Duration,
}

/// The steps done so far.
#[derive(Default)]
pub struct Report {
    steps: Vec<Step>,
}

impl Report {
    /// Does a step, and notes how it went.
    pub fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<()>) {
        self.note(name, |_| work());
    }

    /// Does a step that runs tests. It counts them even when it fails.
    pub fn tests(&mut self, name: &'static str, work: impl FnOnce(&mut Counts) -> Result<()>) {
        self.note(name, |counts| work(counts.insert(Counts::default())));
    }

    fn note(&mut self, name: &'static str, work: impl FnOnce(&mut Option<Counts>) -> Result<()>) {
        say(format_args!("==== {name}"));
        let start = Instant::now();
        let mut counts = None;
        let error = work(&mut counts).err();
        if let Some(error) = &error {
            say(format_args!("{name}: {error:#}"));
        }
        self.steps.push(Step { name, counts, error, time: start.elapsed() });
    }

    /// Prints each step's outcome, and the sum of the tests in a line of its
    /// own. It is an error that a step has failed.
    pub fn finish(self) -> Result<()> {
        println!();
        let mut sum = None;
        for step in &self.steps {
            let outcome = if step.error.is_none() { "ok" } else { "FAILED" };
            print!("{outcome:7} {:32} {:6.1} s", step.name, step.time.as_secs_f64());
            if let Some(counts) = step.counts {
                print!("  {counts}");
                *sum.get_or_insert_with(Counts::default) += counts;
            }
            println!();
            if let Some(error) = &step.error {
                println!("        {error:#}");
            }
        }
        if let Some(sum) = sum {
            println!("\n{sum}");
        }
        let failed: Vec<_> =
            self.steps.iter().filter(|step| step.error.is_some()).map(|step| step.name).collect();
        if !failed.is_empty() {
            bail!("failed: {}", failed.join(", "));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_runs_and_one_failure_is_enough() {
        let mut report = Report::default();
        report.step("first", || bail!("broken"));
        report.tests("second", |counts| {
            counts.passed = 2;
            Ok(())
        });
        assert_eq!(report.steps.len(), 2);
        assert_eq!(report.finish().unwrap_err().to_string(), "failed: first");

        let mut report = Report::default();
        report.step("only", || Ok(()));
        assert!(report.finish().is_ok());
    }

    #[test]
    fn skipped_tests_are_told_when_there_are_any() {
        let mut counts = Counts { passed: 3, ..Counts::default() };
        assert_eq!(counts.to_string(), "3 passed, 0 failed");
        counts += Counts { passed: 1, failed: 2, skipped: 4 };
        assert_eq!(counts.to_string(), "4 passed, 2 failed, 4 skipped");
    }

    #[test]
    fn closing_lines_are_counted_and_others_are_not() {
        let line = "test result: FAILED. 12 passed; 1 failed; 3 ignored; 0 measured; \
                    0 filtered out; finished in 0.01s\n";
        let counts = Counts { passed: 12, failed: 1, skipped: 3 };
        assert_eq!(Counts::of_line(line), Some(counts));
        assert_eq!(Counts::of_line("test a::b ... ok\n"), None);
        assert_eq!(Counts::of_line("test result: none\n"), None);
    }
}
