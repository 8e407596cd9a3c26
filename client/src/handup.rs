//! A server of Handup's, as a program reaches it.

use std::time::Duration;

use http::{HeaderValue, Method, header};
use reqwest::{Client, RequestBuilder, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use signaling::Problem;

use crate::{Error, Retry};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may take that is no stream.
pub(crate) const ANSWER: Duration = Duration::from_secs(30);

/// A server of Handup's. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Handup {
    client: Client,
    base: Url,
    retry: Retry,
}

impl Handup {
    /// The server at this address, such as `https://handup.example`.
    ///
    /// # Errors
    /// When it is no address.
    pub fn at(address: &str) -> Result<Self, Error> {
        let no_address = || Error::NoAddress(address.to_owned());
        let mut base: Url = address.parse().map_err(|_| no_address())?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(no_address());
        }
        let path = format!("{}/api/v1", base.path().trim_end_matches('/'));
        base.set_path(&path);
        let client = Client::builder().connect_timeout(CONNECT).build()?;
        Ok(Self { client, base, retry: Retry::default() })
    }

    /// The same with another way of repeating what was not answered.
    #[must_use]
    pub fn retrying(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    /// The same through a client that was set up elsewhere: with a proxy, or certificates of its own.
    #[must_use]
    pub fn through(self, client: Client) -> Self {
        Self { client, ..self }
    }

    pub(crate) const fn retry(&self) -> &Retry {
        &self.retry
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/{path}", self.base))
    }

    /// The answer to a request that is sent once.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        Ok(serde_json::from_slice(&once(self.request(Method::POST, path).json(body)).await?)?)
    }

    /// Sends a request until it is answered whole or refused for good; the body of the answer. `done`
    /// are the refusals that say, after an answer that was lost, that it has been done.
    pub(crate) async fn whole(
        &self,
        request: impl Fn() -> RequestBuilder,
        done: &[u16],
    ) -> Result<Vec<u8>, Error> {
        let mut failed = 0;
        let mut was_lost = false;
        loop {
            let error = match once(request()).await {
                Ok(body) => return Ok(body),
                Err(error) => error,
            };
            if was_lost && error.status().is_some_and(|status| done.contains(&status)) {
                return Ok(Vec::new());
            }
            // A server that fails may have done it before.
            was_lost |= error.status().is_none_or(|status| status >= 500);
            failed += 1;
            match self.retry.wait(failed, &error) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(error),
            }
        }
    }
}

/// The body of the answer to a request that is sent once.
pub(crate) async fn once(request: RequestBuilder) -> Result<Vec<u8>, Error> {
    let answer = answered(request.timeout(ANSWER).send().await?).await?;
    Ok(answer.bytes().await?.to_vec())
}

/// The answer, or the problem that it tells.
pub(crate) async fn answered(answer: Response) -> Result<Response, Error> {
    let status = answer.status();
    if status.is_success() || status == http::StatusCode::NOT_MODIFIED {
        return Ok(answer);
    }
    let seconds = answer.headers().get(header::RETRY_AFTER).and_then(seconds);
    let text = answer.text().await?;
    // A proxy in between answers in words of its own.
    let problem = serde_json::from_str(&text).unwrap_or_else(|_| {
        let code = signaling::Code::Internal;
        Problem::new(status.as_u16(), code, format!("The answer was {status}."))
    });
    Err(Error::Refused { problem: Box::new(problem), retry_after: seconds })
}

fn seconds(value: &HeaderValue) -> Option<Duration> {
    value.to_str().ok()?.parse().ok().map(Duration::from_secs)
}
