//! Janus, a gateway of the same kind, as Debian ships it: its videoroom with sound alone.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};

use crate::Result;
use crate::page::{IpOf, Page};
use crate::process::{Server, start};

/// The room of the run.
const ROOM: u64 = 9;
/// Where its interface listens, as shipped.
const PORT: u16 = 8_088;

/// Starts it, with the plugin that is needed and no other.
pub fn serve(folder: &Path) -> Result<Server> {
    let settings = folder.join("janus");
    std::fs::create_dir_all(&settings)?;
    for file in ["janus.jcfg", "janus.transport.http.jcfg", "janus.plugin.videoroom.jcfg"] {
        std::fs::copy(Path::new("/etc/janus").join(file), settings.join(file))?;
    }
    let mut command = Command::new("janus");
    command.arg("--configs-folder").arg(&settings);
    command.args(["--ice-lite", "--disable-colors", "--debug-level=2"]);
    start(command, PORT, folder, None)
}

/// A session with the plugin.
struct Handle {
    http: Client,
    session: String,
    path: String,
}

async fn post(http: &Client, path: &str, mut body: Value) -> Result<Value> {
    body["transaction"] = json!("x");
    let url = format!("http://127.0.0.1:{PORT}{path}");
    Ok(http.post(url).body(body.to_string()).send().await?.json().await?)
}

fn id(answer: &Value) -> Result<u64> {
    answer["data"]["id"].as_u64().ok_or_else(|| format!("no id in {answer}").into())
}

impl Handle {
    async fn open(http: &Client) -> Result<Self> {
        let session = id(&post(http, "/janus", json!({ "janus": "create" })).await?)?;
        let session = format!("/janus/{session}");
        let attach = json!({ "janus": "attach", "plugin": "janus.plugin.videoroom" });
        let path = format!("{session}/{}", id(&post(http, &session, attach).await?)?);
        Ok(Self { http: http.clone(), session, path })
    }

    async fn say(&self, body: Value, jsep: Option<Value>) -> Result<Value> {
        let mut message = json!({ "janus": "message", "body": body });
        if let Some(jsep) = jsep {
            message["jsep"] = jsep;
        }
        post(&self.http, &self.path, message).await
    }

    /// The next thing that the plugin tells.
    async fn told(&self) -> Result<Value> {
        loop {
            let url = format!("http://127.0.0.1:{PORT}{}?maxev=1", self.session);
            let event: Value = self.http.get(url).send().await?.json().await?;
            if event["janus"] == "event" {
                return Ok(event);
            }
        }
    }
}

/// Makes the room, and a page that speaks in it; tells which feed it is.
pub async fn speaker(http: &Client, from: IpOf) -> Result<(Page, u64)> {
    let handle = Handle::open(http).await?;
    let room = json!({ "request": "create", "room": ROOM, "publishers": 3, "audiocodec": "opus" });
    handle.say(room, None).await?;
    let join = json!({ "request": "join", "ptype": "publisher", "room": ROOM });
    handle.say(join, None).await?;
    let joined = handle.told().await?;
    let feed = joined["plugindata"]["data"]["id"].as_u64().ok_or("no feed")?;
    let (offering, offer) = Page::offer(from, true, 0)?;
    let publish = json!({ "request": "publish", "audio": true, "video": false });
    handle.say(publish, Some(json!({ "type": "offer", "sdp": offer }))).await?;
    let answer = handle.told().await?;
    let answer = answer["jsep"]["sdp"].as_str().ok_or("no answer")?;
    keep(handle);
    Ok((offering.answered(answer)?, feed))
}

/// A page that listens.
pub async fn listener(http: &Client, from: IpOf, feed: u64) -> Result<Page> {
    let handle = Handle::open(http).await?;
    let streams = json!([{ "feed": feed }]);
    let join =
        json!({ "request": "join", "ptype": "subscriber", "room": ROOM, "streams": streams });
    handle.say(join, None).await?;
    let offer = handle.told().await?;
    let offer = offer["jsep"]["sdp"].as_str().ok_or_else(|| format!("no offer in {offer}"))?;
    let (page, answer) = Page::answer(from, offer)?;
    let started = json!({ "request": "start" });
    handle.say(started, Some(json!({ "type": "answer", "sdp": answer }))).await?;
    keep(handle);
    Ok(page)
}

/// A session ends when nobody asks for its events.
fn keep(handle: Handle) {
    tokio::spawn(async move {
        loop {
            let _ = handle.told().await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
}
