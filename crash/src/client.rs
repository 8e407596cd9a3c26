//! Requests whose fate may be unknown, and streams that may break off anywhere.
//!
//! They are sent and read by hand, beside the client that programs use, since what became of each try
//! is counted, and events are compared byte for byte with the disk's. Some of the people use that client
//! ([`Client::member`]): what it repeats and resumes is tried by the same deaths.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use handup_client::wire::Credential;
use handup_client::{Handup, Retry};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use sse_stream::{Sse, SseStream};

use crate::Result;

/// When a server that takes a request and does not answer is given up.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long somebody waits who could not reach the server.
const PAUSE: Duration = Duration::from_millis(8);
/// How the client that programs use tries again here: the server is back within moments.
const FOREVER: Retry = Retry { tries: u32::MAX, first: PAUSE, most: Duration::from_millis(50) };

/// Somebody with a credential in a class.
#[derive(Debug, Clone)]
pub struct Member {
    /// The class.
    pub group: String,
    /// Their id.
    pub user: String,
    /// Their credential.
    pub token: String,
}

impl Member {
    /// Who came of beginning or joining a class.
    ///
    /// # Errors
    /// When the answer has not the shape of the contract.
    pub fn of(body: &Value) -> Result<Self> {
        let text = |field: &str| body[field].as_str().map(str::to_owned);
        let member = || Some((text("groupID")?, text("userID")?, text("token")?));
        let (group, user, token) = member().ok_or_else(|| format!("no credential: {body}"))?;
        Ok(Self { group, user, token })
    }
}

/// A request, which can be sent again.
#[derive(Debug, Clone)]
pub struct Request {
    method: Method,
    path: String,
    body: Option<Value>,
    token: Option<String>,
    key: Option<String>,
}

impl Request {
    /// A request by nobody in particular.
    pub fn new(method: Method, path: &str) -> Self {
        Self { method, path: path.to_owned(), body: None, token: None, key: None }
    }

    /// A request of a member to a path of their class.
    pub fn of(member: &Member, method: Method, path: &str) -> Self {
        let path = format!("/groups/{}{path}", member.group);
        Self { token: Some(member.token.clone()), ..Self::new(method, &path) }
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// With an Idempotency-Key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; null when there is none.
    pub body: Value,
}

impl Answer {
    /// Whether it says that what was asked for is done.
    pub fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// The way to the server, and what was met on it.
pub struct Client {
    http: reqwest::Client,
    /// Servers that all answer for everything; they are asked by turns.
    origins: Vec<String>,
    turn: AtomicUsize,
    /// Requests that were answered.
    pub answered: AtomicU64,
    /// Requests that broke off, so that nobody knows whether they took effect.
    pub broken: AtomicU64,
    /// Answers that say that the server has failed.
    pub failed: AtomicU64,
}

impl Client {
    /// A client of the server at this address.
    ///
    /// # Errors
    /// When there can be none.
    pub fn new(address: SocketAddr) -> Result<Self> {
        Self::of(vec![address])
    }

    /// A client of several servers, of which any answers.
    ///
    /// # Errors
    /// When there can be none.
    pub fn of(addresses: Vec<SocketAddr>) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let origins = addresses.iter().map(|address| format!("http://{address}")).collect();
        let (answered, broken, failed) = Default::default();
        Ok(Self { http, origins, turn: AtomicUsize::new(0), answered, broken, failed })
    }

    fn origin(&self) -> &str {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.origins.get(turn % self.origins.len().max(1)).map_or("", String::as_str)
    }

    fn builder(&self, request: &Request) -> reqwest::RequestBuilder {
        let url = format!("{}/api/v1{}", self.origin(), request.path);
        let mut builder = self.http.request(request.method.clone(), url);
        if let Some(token) = &request.token {
            builder = builder.bearer_auth(token);
        }
        if let Some(key) = &request.key {
            builder = builder.header("idempotency-key", key);
        }
        if let Some(body) = &request.body {
            builder = builder.header("content-type", "application/json").body(body.to_string());
        }
        builder
    }

    /// Sends a request once.
    ///
    /// # Errors
    /// When it broke off: it may have taken effect.
    pub async fn send(&self, request: &Request) -> Result<Answer> {
        let response = self.builder(request).timeout(PATIENCE).send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? };
        Ok(Answer { status, body })
    }

    /// Sends a request until it is answered with more than that the server has failed or that it
    /// came too fast.
    pub async fn insist(&self, request: &Request) -> Answer {
        loop {
            match self.send(request).await {
                Ok(answer) if answer.status < 500 && answer.status != 429 => {
                    self.answered.fetch_add(1, Ordering::Relaxed);
                    return answer;
                }
                Ok(answer) if answer.status >= 500 => {
                    self.failed.fetch_add(1, Ordering::Relaxed);
                }
                Ok(_) => {}
                Err(error) => {
                    let never_sent = error.downcast_ref::<reqwest::Error>();
                    if !never_sent.is_some_and(reqwest::Error::is_connect) {
                        self.broken.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The same member by the client that programs use, which repeats requests and follows by itself.
    ///
    /// # Errors
    /// When the server has given them no ids.
    pub fn member(&self, Member { group, user, token }: &Member) -> Result<handup_client::Member> {
        let credential = Credential {
            group_id: group.parse().map_err(|_| format!("{group} is no id"))?,
            join_code: None,
            join_url: None,
            user_id: user.parse().map_err(|_| format!("{user} is no id"))?,
            token: token.clone(),
        };
        let handup = Handup::at(self.origin())?.through(self.http.clone()).retrying(FOREVER);
        Ok(handup.member(credential))
    }

    /// What `/healthz` says.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn health(&self) -> Result<(u16, String)> {
        let response = self.http.get(format!("{}/healthz", self.origin())).send().await?;
        Ok((response.status().as_u16(), response.text().await?))
    }

    /// Opens a member's stream after a place of the log.
    ///
    /// # Errors
    /// With the status of the refusal, none when the server cannot be reached.
    pub async fn stream(
        &self,
        member: &Member,
        after: u64,
    ) -> std::result::Result<Stream, Option<u16>> {
        let request = Request::of(member, Method::GET, "/events");
        let builder = self.builder(&request).header("last-event-id", after);
        let response = builder.send().await.map_err(|_| None)?;
        match response.status() {
            StatusCode::OK => {
                Ok(Stream(SseStream::from_bytes_stream(response.bytes_stream()).boxed()))
            }
            status => Err(Some(status.as_u16())),
        }
    }
}

/// An event that has a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number.
    pub seq: u64,
    /// Its name.
    pub name: String,
    /// Its body, as it came.
    pub text: String,
}

/// A live stream.
pub struct Stream(BoxStream<'static, std::result::Result<Sse, sse_stream::Error>>);

impl Stream {
    /// The next event that has a number; none when the stream is over. What came of an event that
    /// is not whole is nothing.
    ///
    /// # Errors
    /// When what came is no event.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            let message = match self.0.next().await {
                Some(Ok(message)) => message,
                None | Some(Err(sse_stream::Error::Body(_))) => return Ok(None),
                Some(Err(error)) => return Err(error.into()),
            };
            let Some(seq) = message.id else { continue };
            let (name, text) =
                (message.event.unwrap_or_default(), message.data.unwrap_or_default());
            return Ok(Some(Event { seq: seq.parse()?, name, text }));
        }
    }
}

/// Waits for all of them.
pub async fn all<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    futures.into_iter().collect::<futures::stream::FuturesOrdered<_>>().collect().await
}
