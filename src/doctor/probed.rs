//! What a server tells of a request that reaches it (its probe), and how the events of the answer came.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use http_body_util::BodyExt;
use server::Probe;
use tokio::time::timeout;

use super::http::{Answer, Broken, Target, get};
use super::machine_time::instant;

/// How long the whole answer may take: its events take a second.
const WHOLE: Duration = Duration::from_secs(6);
/// The longest answer that is read, in bytes.
const LONGEST: usize = 4_096;

/// A server's own word.
pub struct Probed {
    pub probe: Probe,
    /// How long after the first event the last one came.
    pub spread: Duration,
    /// How long the head of the answer took.
    pub took: Duration,
    /// What time it is, by the answer.
    pub date: Option<SystemTime>,
}

/// Why there is none.
pub enum NotProbed {
    /// Nobody was reached.
    Broken(Broken),
    /// Somebody answered otherwise.
    Status(StatusCode),
    /// Somebody answered, and it is no probe.
    NoHandup,
}

/// Asks a server.
pub async fn probe(target: &Target) -> Result<Probed, NotProbed> {
    let began = instant();
    let answer = get(target, "/probe").await.map_err(NotProbed::Broken)?;
    let took = began.elapsed();
    if answer.status != StatusCode::OK {
        return Err(NotProbed::Status(answer.status));
    }
    let date = answer.headers.get(http::header::DATE).and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
    let read = timeout(WHOLE, read(answer)).await.ok().flatten();
    let (text, spread) = read.ok_or(NotProbed::NoHandup)?;
    let told = text.split("\n\n").next().and_then(|first| first.split_once("\ndata: "));
    let probe = told.and_then(|(_, data)| serde_json::from_str(data).ok());
    Ok(Probed { probe: probe.ok_or(NotProbed::NoHandup)?, spread, took, date })
}

/// The answer, and the time between the first of it and its end.
async fn read(mut answer: Answer) -> Option<(String, Duration)> {
    let (mut text, mut first) = (Vec::new(), None);
    let mut last = instant();
    while let Some(frame) = answer.body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        text.extend_from_slice(&data);
        if text.len() > LONGEST {
            return None;
        }
        last = instant();
        first.get_or_insert(last);
    }
    Some((String::from_utf8(text).ok()?, last.saturating_duration_since(first?)))
}
