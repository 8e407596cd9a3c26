//! One server's way to the others on the same database: a request goes to another one with a mark by which that
//! knows it, and the answer comes back as it is.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use bytes::BytesMut;
use futures::StreamExt;
use http::header::{self, HeaderName};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use parking_lot::Mutex;
use signaling::{GroupId, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::clock::monotonic;
use crate::live::relay::Relay;
use crate::nodes::Node;

/// The mark of a request that a node has forwarded.
pub(crate) const MARK: HeaderName = HeaderName::from_static("handup-node");
/// For whom it was.
pub(crate) const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// How long a connection to another server is kept that is asked nothing: less than that keeps its own.
const IDLE: Duration = Duration::from_secs(15);
/// How much is read at a time from another server.
const READ_BYTES: usize = 8_192;
/// The longest head of an answer, in bytes.
const LONGEST_HEAD: usize = 32 * 1_024;
/// How long a home is not asked for again, and how many are known at most.
const KNOWN_FOR: Duration = Duration::from_secs(1);
const MOST_KNOWN: usize = 10_000;
/// How long another server may take to be reached.
const CONNECTS_WITHIN: Duration = Duration::from_secs(2);

/// How long a request may take, with all its tries: longer than a server waits for the database.
pub(crate) const ANSWERED_WITHIN: Duration = Duration::from_millis(4_700);
/// How long another server may take to begin its answer. No other try is worth it after that.
const ANSWERS_WITHIN: Duration = Duration::from_millis(4_500);

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
    /// Homes that were asked for a moment ago: in a storm the database would be asked once for each hand.
    homes: Mutex<HashMap<GroupId, (String, Instant)>>,
    client: Client<HttpConnector, Body>,
}

impl Forwarder {
    pub fn new(node: Node) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECTS_WITHIN));
        connector.set_nodelay(true);
        let mut client = Client::builder(TokioExecutor::new());
        client.http1_read_buf_exact_size(READ_BYTES);
        client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE);
        Self { node, homes: Mutex::default(), client: client.build(connector) }
    }

    /// The home of a class, when it was asked for a moment ago.
    pub fn known_home(&self, group_id: GroupId) -> Option<String> {
        let homes = self.homes.lock();
        let (address, since) = homes.get(&group_id)?;
        (monotonic().saturating_duration_since(*since) < KNOWN_FOR).then(|| address.clone())
    }

    /// A class has its home there.
    pub fn learn_home(&self, group_id: GroupId, address: String) {
        let mut homes = self.homes.lock();
        if homes.len() >= MOST_KNOWN {
            homes.clear();
        }
        homes.insert(group_id, (address, monotonic()));
    }

    /// A class may have another home.
    pub fn forget_home(&self, group_id: GroupId) {
        self.homes.lock().remove(&group_id);
    }

    /// Whom a request is for that another node has forwarded a moment ago; none when none has.
    pub fn forwarded_for(&self, now: Timestamp, head: &Parts) -> Option<IpAddr> {
        let text = |name: HeaderName| head.headers.get(name)?.to_str().ok();
        let client: IpAddr = text(FOR)?.parse().ok()?;
        let is_known = self.node.secret.knows(now, text(MARK)?, &asked(head, client));
        is_known.then_some(client)
    }

    /// The headers of a client's request, as another server is to have them.
    fn headers(&self, now: Timestamp, client: IpAddr, head: &Parts) -> HeaderMap {
        let mut headers = head.headers.clone();
        leave_out_of_connection(&mut headers);
        let mark = self.node.secret.mark(now, &asked(head, client));
        for (name, value) in [(FOR, client.to_string()), (MARK, mark)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        headers
    }

    /// Asks the server at an address for a live stream, and tells how it begins; none when it gives none.
    pub async fn follow(
        &self,
        now: Timestamp,
        address: &str,
        client: IpAddr,
        head: &Parts,
    ) -> Option<Relay> {
        let mut request =
            format!("GET {} HTTP/1.1\r\nconnection: close\r\n", path(head)).into_bytes();
        for (name, value) in &self.headers(now, client, head) {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                request.extend_from_slice(part);
            }
        }
        request.extend_from_slice(b"\r\n");
        let asked = async {
            let mut behind = TcpStream::connect(address.strip_prefix("http://")?).await.ok()?;
            behind.set_nodelay(true).ok()?;
            behind.write_all(&request).await.ok()?;
            let mut first = BytesMut::with_capacity(READ_BYTES);
            while !first.windows(4).any(|end| end == b"\r\n\r\n") {
                if first.len() > LONGEST_HEAD || behind.read_buf(&mut first).await.ok()? == 0 {
                    return None;
                }
            }
            first.starts_with(b"HTTP/1.1 200 ").then(|| Relay::new(behind, first.freeze()))
        };
        tokio::time::timeout(ANSWERS_WITHIN, asked).await.ok()?
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
        let mut request = Request::new(Body::from(body));
        request.method_mut().clone_from(&head.method);
        // Both were read from a request and a setting already.
        *request.uri_mut() = format!("{address}{}", path(head)).parse().unwrap_or_default();
        *request.headers_mut() = self.headers(now, client, head);
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

/// What a request asks for.
fn path(head: &Parts) -> &str {
    head.uri.path_and_query().map_or("/", |it| it.as_str())
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
    format!("{client} {} {}", head.method, path(head))
}

fn leave_out_of_connection(headers: &mut HeaderMap) {
    for name in OF_CONNECTION {
        headers.remove(name);
    }
}
