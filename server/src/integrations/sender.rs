//! Sends one message to a webhook, and says what came of it.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use signaling::Timestamp;

use super::webhook::Webhook;

/// How long a receiver may take to answer: it should note the message and answer, and work later.
const ANSWERS_WITHIN: Duration = Duration::from_secs(15);
/// How long a connection is kept that is asked nothing.
const IDLE: Duration = Duration::from_secs(30);
/// The longest that a receiver is given time by its own word.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// Why a receiver has not taken a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotTaken {
    /// It answered so; anything but 2xx, a redirection too, means that it took nothing.
    #[error("it answered {status}")]
    Answered {
        status: StatusCode,
        /// How long it asks to be left alone.
        wait: Option<Duration>,
    },
    /// It was not reached.
    #[error("it was not reached: {0}")]
    NotReached(String),
    /// It did not answer in time.
    #[error("it did not answer within {} s", ANSWERS_WITHIN.as_secs())]
    TooSlow,
}

impl NotTaken {
    /// How long the receiver asks to be left alone.
    pub const fn wait(&self) -> Option<Duration> {
        match self {
            Self::Answered { wait, .. } => *wait,
            Self::NotReached(_) | Self::TooSlow => None,
        }
    }
}

/// Whatever sends. Clones share their connections.
#[derive(Clone)]
pub(crate) struct Sender(Client<HttpsConnector<HttpConnector>, Body>);

impl Sender {
    pub fn new() -> Self {
        let connector =
            HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE);
        Self(client.build(connector))
    }

    /// Posts a message, signed as of this moment.
    pub async fn send(
        &self,
        webhook: &Webhook,
        id: &str,
        now: Timestamp,
        body: Bytes,
    ) -> Result<(), NotTaken> {
        let request = Request::post(webhook.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("handup/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", id)
            .header("webhook-timestamp", now.as_millis() / 1_000)
            .header("webhook-signature", webhook.secret.sign(id, now, &body))
            .body(Body::from(body))
            .map_err(|error| NotTaken::NotReached(error.to_string()))?;
        let asked = tokio::time::timeout(ANSWERS_WITHIN, self.0.request(request)).await;
        let answer = asked.map_err(|_| NotTaken::TooSlow)?.map_err(|error| {
            let source = std::error::Error::source(&error);
            NotTaken::NotReached(source.map_or_else(|| error.to_string(), ToString::to_string))
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let wait =
            answer.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.parse().ok());
        let wait = wait.map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT));
        Err(NotTaken::Answered { status, wait })
    }
}
