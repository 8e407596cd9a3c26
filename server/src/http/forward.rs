//! Forwarding: a request for a class whose home is another server goes there whole, and its answer comes back
//! as it is, live streams too. It goes one hop and no further.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use http::header::{self, HeaderName};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use signaling::GroupId;

use crate::engine::Engine;
use crate::error::Error;
use crate::identity::{JoinCode, Token};
use crate::nodes::{Home, Node};

/// The mark of a request that a node has forwarded.
const MARK: HeaderName = HeaderName::from_static("handup-node");
/// For whom it was.
const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The largest body of a request that is forwarded, in bytes: no request of Handup's has a larger one.
const LARGEST: usize = 64 * 1_024;
/// How long another server may take to be reached.
const CONNECTS_WITHIN: Duration = Duration::from_secs(2);
/// How often it is asked whose a class is: it may change hands meanwhile.
const TRIES: usize = 3;

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
        Self { node, client: Client::builder(TokioExecutor::new()).build(connector) }
    }

    /// Whom a request is for that another node has forwarded; none when none has.
    fn forwarded_for(&self, engine: &Engine, head: &Parts) -> Option<IpAddr> {
        let text = |name: HeaderName| head.headers.get(name)?.to_str().ok();
        let client: IpAddr = text(FOR)?.parse().ok()?;
        let is_known = self.node.secret.knows(engine.now(), text(MARK)?, &asked(head, client));
        is_known.then_some(client)
    }

    /// Sends a request to another server, and passes on its answer.
    async fn send(
        &self,
        engine: &Engine,
        address: &str,
        (head, body): (&Parts, Bytes),
    ) -> Result<Response, hyper_util::client::legacy::Error> {
        let client = engine.client_address(&head.extensions, &head.headers);
        let path = head.uri.path_and_query().map_or("/", |it| it.as_str());
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = head.method.clone();
        // Both were read from a request and a setting already.
        *request.uri_mut() = format!("{address}{path}").parse().unwrap_or_default();
        let headers = request.headers_mut();
        headers.clone_from(&head.headers);
        leave_out_of_connection(headers);
        let mark = self.node.secret.mark(engine.now(), &asked(head, client));
        for (name, value) in [(FOR, client.to_string()), (MARK, mark)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        let mut answer = self.client.request(request).await?.map(Body::new);
        leave_out_of_connection(answer.headers_mut());
        let stopping = engine.stopping().clone();
        // A live stream has no end of its own.
        Ok(answer.map(|body| {
            let pieces = body.into_data_stream();
            Body::from_stream(pieces.take_until(stopping.cancelled_owned()))
        }))
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

/// Serves a request here, or has the home of its class do so.
pub async fn to_home(State(engine): State<Engine>, request: Request, next: Next) -> Response {
    let Some(forwarder) = engine.forwarder() else { return next.run(request).await };
    let (mut head, body) = request.into_parts();
    if head.headers.contains_key(&MARK) {
        let client = forwarder.forwarded_for(&engine, &head);
        head.headers.remove(&MARK);
        // Whoever made the mark up may ask as anybody may.
        if let Some(client) = client {
            // From here on it is as if the client had come here.
            head.headers.remove(&FOR);
            head.extensions.insert(ConnectInfo(SocketAddr::new(client, 0)));
            return next.run(Request::from_parts(head, body)).await;
        }
    }
    if !may_belong_elsewhere(&head.uri) {
        return next.run(Request::from_parts(head, body)).await;
    }
    let deadline = engine.bounds().body_deadline;
    let body = match tokio::time::timeout(deadline, to_bytes(body, LARGEST)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return Error::BodyTooLarge.into_response(),
        Err(_) => return Error::BodyTooSlow.into_response(),
    };
    for _ in 0..TRIES {
        let home = match home(&engine, &head, &body).await {
            Ok(home) => home,
            Err(error) => return error.into_response(),
        };
        let Home::At(address) = home else {
            return next.run(Request::from_parts(head, Body::from(body))).await;
        };
        match forwarder.send(&engine, &address, (&head, body.clone())).await {
            Ok(answer) => return answer,
            // It may be gone, and its classes somebody else's soon. Nothing has come of the request.
            Err(error) if error.is_connect() => {}
            Err(error) => {
                tracing::warn!(%address, %error, "a forwarded request came to nothing");
                break;
            }
        }
    }
    Error::Elsewhere.into_response()
}

/// Whether what is asked for may be of a class. Files, and pages that are of none, never are.
fn may_belong_elsewhere(uri: &Uri) -> bool {
    const OF_CLASSES: [&str; 6] =
        ["/api/v1/groups/", "/api/v1/join", "/class/", "/join/", "/handover/", "/do/"];
    OF_CLASSES.iter().any(|prefix| uri.path().starts_with(prefix))
}

/// Where the class has its home that a request is about.
async fn home(engine: &Engine, head: &Parts, body: &Bytes) -> Result<Home, Error> {
    let path = head.uri.path();
    let after = |prefix: &str| path.strip_prefix(prefix)?.split('/').next();
    let group = if let Some(id) = after("/api/v1/groups/").or_else(|| after("/class/")) {
        id.parse().ok()
    } else if let Some(code) = after("/join/") {
        group_of_code(engine, code).await?
    } else if let Some(token) = after("/handover/") {
        group_of_link(engine, token).await?
    } else if head.method != Method::POST {
        None
    } else if path == "/api/v1/join" {
        let Joins { join_code } = serde_json::from_slice(body).unwrap_or_default();
        group_of_code(engine, &join_code).await?
    } else {
        match (path, field(body, "group"), field(body, "code"), field(body, "token")) {
            (_, Some(group), ..) => group.parse().ok(),
            ("/do/join", _, Some(code), _) => group_of_code(engine, &code).await?,
            ("/do/take-over", .., Some(token)) => group_of_link(engine, &token).await?,
            _ => None,
        }
    };
    match group {
        Some(group) => engine.home_of(group).await,
        None => Ok(Home::Nobody),
    }
}

/// Of a request to join what says where.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Joins {
    join_code: String,
}

/// A field of a form.
fn field(form: &[u8], name: &str) -> Option<String> {
    let mut fields = form_urlencoded::parse(form);
    fields.find_map(|(found, value)| (found == name).then(|| value.into_owned()))
}

/// Wrong codes are counted by whoever answers.
async fn group_of_code(engine: &Engine, code: &str) -> Result<Option<GroupId>, Error> {
    let Some(code) = JoinCode::from_text(code) else { return Ok(None) };
    Ok(engine.shared.store.group_of_code(&code).await?)
}

async fn group_of_link(engine: &Engine, token: &str) -> Result<Option<GroupId>, Error> {
    let Some(token) = Token::from_text(token) else { return Ok(None) };
    Ok(engine.handover_leads_to(&token).await?.map(|(group, _)| group))
}
