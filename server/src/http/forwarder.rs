//! One server's way to the others on the same database: a request goes to another one with a mark by which that
//! knows it, and the answer comes back as it is.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use futures::StreamExt;
use http::header::{self, HeaderName};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use signaling::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::nodes::Node;

/// The mark of a request that a node has forwarded.
pub(crate) const MARK: HeaderName = HeaderName::from_static("handup-node");
/// For whom it was.
pub(crate) const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// How much is read at a time from another server. Without this the buffer of a stream grows with its
/// snapshot and stays so: 301 KiB a stream in a class of 2 000.
const READ_BYTES: usize = 8_192;
/// How long another server may take to be reached.
const CONNECTS_WITHIN: Duration = Duration::from_secs(2);

/// How long another server may take to begin its answer: longer than it waits for the database.
const ANSWERS_WITHIN: Duration = Duration::from_secs(8);

/// What belongs to one connection, and goes no further.
const OF_CONNECTION: [HeaderName; 5] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// One server's way to the others.
pub(crate) struct Forwarder {
    node: Node,
    client: Client<HttpConnector, Body>,
}

impl Forwarder {
    pub fn new(node: Node) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECTS_WITHIN));
        connector.set_nodelay(true);
        let mut client = Client::builder(TokioExecutor::new());
        client.http1_read_buf_exact_size(READ_BYTES);
        Self { node, client: client.build(connector) }
    }

    /// Whom a request is for that another node has forwarded a moment ago; none when none has.
    pub fn forwarded_for(&self, now: Timestamp, head: &Parts) -> Option<IpAddr> {
        let text = |name: HeaderName| head.headers.get(name)?.to_str().ok();
        let client: IpAddr = text(FOR)?.parse().ok()?;
        let is_known = self.node.secret.knows(now, text(MARK)?, &asked(head, client));
        is_known.then_some(client)
    }

    /// Sends a client's request to the server at an address, and passes on its answer until this one stops.
    pub async fn send(
        &self,
        now: Timestamp,
        address: &str,
        client: IpAddr,
        (head, body): (&Parts, Bytes),
        stopping: CancellationToken,
    ) -> Result<Response, NoAnswer> {
        let path = head.uri.path_and_query().map_or("/", |it| it.as_str());
        let mut request = Request::new(Body::from(body));
        request.method_mut().clone_from(&head.method);
        // Both were read from a request and a setting already.
        *request.uri_mut() = format!("{address}{path}").parse().unwrap_or_default();
        let headers = request.headers_mut();
        headers.clone_from(&head.headers);
        leave_out_of_connection(headers);
        let mark = self.node.secret.mark(now, &asked(head, client));
        for (name, value) in [(FOR, client.to_string()), (MARK, mark)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        let asked = self.client.request(request);
        let answered = tokio::time::timeout(ANSWERS_WITHIN, asked).await;
        let answered = answered.map_err(|_| NoAnswer::Late)?.map_err(NoAnswer::from)?;
        let mut answer = answered.map(Body::new);
        leave_out_of_connection(answer.headers_mut());
        // A live stream has no end of its own.
        Ok(answer.map(|body| {
            let pieces = body.into_data_stream();
            Body::from_stream(pieces.take_until(stopping.cancelled_owned()))
        }))
    }
}

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// Nobody listens there: nothing has come of it.
    #[error("the server cannot be reached: {0}")]
    NotReached(Error),
    /// Nobody knows what has come of it.
    #[error("the connection to the server broke off: {0}")]
    BrokenOff(Error),
    /// The same.
    #[error("the server has not answered in time")]
    Late,
}

impl From<Error> for NoAnswer {
    fn from(error: Error) -> Self {
        if error.is_connect() { Self::NotReached(error) } else { Self::BrokenOff(error) }
    }
}

/// What is asked, and for whom, as a mark vouches for it.
fn asked(head: &Parts, client: IpAddr) -> String {
    let path = head.uri.path_and_query().map_or("/", |it| it.as_str());
    format!("{client} {} {path}", head.method)
}

fn leave_out_of_connection(headers: &mut HeaderMap) {
    for name in OF_CONNECTION {
        headers.remove(name);
    }
}
