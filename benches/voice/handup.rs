//! Handup, with a class that has voice.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use reqwest::Client;
use serde_json::{Value, json};

use crate::Result;
use crate::page::{IpOf, Page};
use crate::process::{Server, free_port, start};

/// A member's way to the class.
#[derive(Clone)]
pub struct Member {
    http: Client,
    origin: String,
    group: String,
    token: String,
}

/// Starts it. Every page of the run comes from one address, as a school's do.
pub fn serve(folder: &Path, voice: Option<SocketAddr>) -> Result<Server> {
    let port = free_port()?;
    let binary = std::env::var_os("HANDUP_BIN").ok_or("HANDUP_BIN does not say where it is")?;
    let mut command = Command::new(binary);
    command.args(["--listen", &format!("127.0.0.1:{port}"), "--database"]);
    command.arg(folder.join("handup.sqlite3"));
    if let Some(voice) = voice {
        command.args(["--voice-listen", &voice.to_string()]);
    }
    start(command, port, folder, None)
}

async fn ask(http: &Client, url: String, token: Option<&str>, body: Value) -> Result<Value> {
    let mut request = http.post(url).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.body(body.to_string()).send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    if !status.is_success() {
        return Err(format!("{status}: {text}").into());
    }
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

fn text(value: &Value, field: &str) -> Result<String> {
    Ok(value[field].as_str().ok_or_else(|| format!("no {field} in {value}"))?.to_owned())
}

/// A class with voice: its teacher, and the code that joins it.
pub async fn class(http: &Client, server: &Server, voice: bool) -> Result<(Member, String)> {
    let origin = format!("http://{}", server.address);
    let body = json!({ "name": "9B", "teacher": "Ms Haddad" });
    let class = ask(http, format!("{origin}/api/v1/groups"), None, body).await?;
    let (group, token) = (text(&class, "groupID")?, text(&class, "token")?);
    let code = text(&class, "joinCode")?;
    let settings = json!({ "settings": { "voice": voice } }).to_string();
    let change = http.patch(format!("{origin}/api/v1/groups/{group}")).bearer_auth(&token);
    let change = change.header("content-type", "application/json").body(settings).send().await?;
    change.error_for_status()?;
    Ok((Member { http: http.clone(), origin, group, token }, code))
}

impl Member {
    /// Somebody who joins.
    pub async fn join(&self, code: &str, name: &str) -> Result<Self> {
        let body = json!({ "joinCode": code, "name": name });
        let url = format!("{}/api/v1/join", self.origin);
        let token = text(&ask(&self.http, url, None, body).await?, "token")?;
        Ok(Self { token, ..self.clone() })
    }

    /// Does something.
    pub async fn post(&self, path: &str, body: Value) -> Result<Value> {
        let url = format!("{}/api/v1/groups/{}{path}", self.origin, self.group);
        ask(&self.http, url, Some(&self.token), body).await
    }

    /// A page of theirs.
    pub async fn voice(&self, from: IpOf, speaks: bool) -> Result<Page> {
        let (offering, offer) = Page::offer(from, speaks, voice::SLOTS)?;
        let url = format!("{}/api/v1/groups/{}/voice", self.origin, self.group);
        let request = self.http.post(url).bearer_auth(&self.token);
        let answer = request.header("content-type", "application/sdp").body(offer).send().await?;
        let status = answer.status();
        let answer = answer.text().await?;
        if status != 201 {
            return Err(format!("{status}: {answer}").into());
        }
        offering.answered(&answer)
    }
}
