//! The doctor, and what it has said.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::servers::Handup;

/// A doctor that is to look.
pub struct Doctor(Command);

/// What it has found.
pub struct Seen {
    /// Whether it ended as a program does that has found nothing wrong.
    pub is_well: bool,
    pub text: String,
}

impl Doctor {
    pub fn in_folder(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handup"));
        command.current_dir(folder).env("RUST_LOG", "off");
        Self(command)
    }

    /// One that looks as a server was started.
    pub fn of(handup: &Handup) -> Self {
        Self::in_folder(handup.folder())
            .with(&["--listen", &handup.address()])
            .with(&handup.flags())
    }

    pub fn with(mut self, flags: &[&str]) -> Self {
        self.0.args(flags);
        self
    }

    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// One on a machine that trusts this certificate alone.
    pub fn trusting(self, certificate: &Path) -> Self {
        self.with_env("SSL_CERT_FILE", certificate.to_str().expect("a path"))
    }

    pub fn look(mut self) -> Seen {
        let output = self.0.arg("doctor").output().expect("the doctor runs");
        let text = String::from_utf8(output.stdout).expect("a text");
        assert!(text.contains("configuration"), "{text}{:?}", String::from_utf8(output.stderr));
        Seen { is_well: output.status.success(), text }
    }

    pub fn look_for_a_program(mut self) -> Value {
        let output = self.0.args(["doctor", "--json"]).output().expect("the doctor runs");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}

impl Seen {
    /// A line says of a check that it is so, with these words.
    pub fn says(&self, state: &str, check: &str, words: &str) {
        let begins = |line: &&str| {
            let rest = line.strip_prefix(state).map(str::trim_start);
            rest.is_some_and(|rest| rest.starts_with(&format!("{check}  ")))
        };
        let is_said = self.text.lines().filter(begins).any(|line| line.contains(words));
        assert!(is_said, "no {state} of {check} with {words:?} in\n{}", self.text);
    }

    /// Behind a line of a check stands what to do, with these words.
    pub fn advises(&self, check: &str, words: &str) {
        let mut lines = self.text.lines();
        let is_advised = std::iter::from_fn(|| {
            lines.find(|line| line.get(6..).is_some_and(|it| it.starts_with(check)))?;
            lines.clone().next()
        })
        .any(|line| line.trim_start().starts_with("-> ") && line.contains(words));
        assert!(is_advised, "no advice on {check} with {words:?} in\n{}", self.text);
    }
}
