//! One request, and what came back.

use std::pin::Pin;

use http::HeaderMap;
use serde_json::Value;

use super::within_patience;

/// A request that is sent when it is awaited.
pub struct Request(reqwest::RequestBuilder);

impl Request {
    pub const fn new(builder: reqwest::RequestBuilder) -> Self {
        Self(builder)
    }

    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// The credential as a browser carries it.
    #[must_use]
    pub fn cookie(self, token: &str) -> Self {
        self.header("cookie", &format!("theme=dark; handup={token}"))
    }

    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    /// An Idempotency-Key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    #[must_use]
    pub fn json(self, body: Value) -> Self {
        self.bytes(body.to_string())
    }

    /// An offer of a connection.
    #[must_use]
    pub fn sdp(self, offer: &str) -> Self {
        Self(self.0.header("content-type", "application/sdp").body(offer.to_owned()))
    }

    /// A body that may be no JSON at all.
    #[must_use]
    pub fn bytes(self, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.header("content-type", "application/json").body(body))
    }

    /// Sends it and leaves the body of the answer to be read.
    pub async fn open(self) -> reqwest::Response {
        let response = within_patience("the head of an answer", self.0.send()).await;
        response.expect("the server answers")
    }

    async fn send(self) -> Answer {
        let answer = Answer::read(self.open().await).await;
        answer.expect("the answer is whole")
    }

    /// Sends it to a server that may be gone before it answers.
    pub async fn try_send(self) -> Option<Answer> {
        let response = within_patience("the head of an answer", self.0.send()).await;
        Answer::read(response.ok()?).await.ok()
    }
}

impl IntoFuture for Request {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    async fn read(response: reqwest::Response) -> reqwest::Result<Self> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = within_patience("the body of an answer", response.text()).await?;
        Ok(Self { status, headers, text })
    }

    /// The body of an answer that must have this status and be JSON.
    #[track_caller]
    pub fn with_status(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.content_type(), "application/json", "{self:?}");
        self.body()
    }

    /// Checks that nothing came back, as 204 says.
    #[track_caller]
    pub fn has_no_content(&self) {
        assert_eq!((self.status, self.text.as_str()), (204, ""), "{self:?}");
    }

    /// The problem, which must have this status and this number.
    #[track_caller]
    pub fn refused(&self, status: u16, code: u16) -> Value {
        let problem = self.body();
        assert_eq!((self.status, &problem["code"]), (status, &code.into()), "{self:?}");
        assert_eq!(self.content_type(), "application/problem+json", "{self:?}");
        assert_eq!(problem["status"], status, "{self:?}");
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(!detail.trim().is_empty(), "a problem says what happened: {self:?}");
        problem
    }

    /// Checks that another transition had won, and that the answer says which.
    #[track_caller]
    pub fn lost_to(&self, state: &str) {
        let problem = self.refused(409, 8010);
        assert_eq!(problem["state"], state, "{self:?}");
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn content_type(&self) -> &str {
        self.header("content-type")
    }

    fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
}
