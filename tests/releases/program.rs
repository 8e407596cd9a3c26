//! A Handup of some release, over HTTP.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The program that is tried.
fn command(folder: &Path) -> Command {
    let binary = std::env::var_os("HANDUP_BIN");
    let mut command = Command::new(binary.unwrap_or_else(|| env!("CARGO_BIN_EXE_handup").into()));
    // What lies in a file for years is no class that was forgotten.
    command.current_dir(folder).env("HANDUP_END_STILL_CLASSES_AFTER", "36500");
    command
}

/// Runs it until it ends by itself: whether it ended well, and all that it said.
pub fn say(arguments: &[&str], folder: &Path) -> (bool, String) {
    let output = command(folder).args(arguments).output().expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// A server that runs.
pub struct Program {
    child: Child,
    origin: String,
    http: reqwest::Client,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// Starts it on what lies in a folder.
    pub async fn start(flags: &[&str], folder: &Path) -> Self {
        let mut child = command(folder)
            .args(["--listen", "127.0.0.1:0"])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let printed = BufReader::new(child.stdout.take().expect("its output"));
        let origin = printed
            .lines()
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("listening on ")?.to_owned()))
            .expect("it listens");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { child, origin, http }
    }

    /// Ends it in order, as a service does.
    pub async fn stop(mut self) {
        let process = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &process]).status().expect("kill runs");
        assert!(told.success());
        let ended = self.child.wait().expect("it ends");
        assert!(ended.success(), "{ended}");
    }

    /// What there is at a path, for whoever has a token.
    pub async fn get(&self, path: &str, token: &str) -> Value {
        let asked = self.http.get(format!("{}{path}", self.origin)).bearer_auth(token);
        let answer = asked.send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        let text = answer.text().await.expect("a text");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }

    /// What somebody does: how it is answered.
    pub async fn post(&self, path: &str, token: &str, body: Value) -> (u16, Value) {
        let asked = self.http.post(format!("{}{path}", self.origin)).bearer_auth(token);
        let asked = asked.header("content-type", "application/json").body(body.to_string());
        let answer = asked.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a text");
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}
