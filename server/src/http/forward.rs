//! Forwarding: a request for a class whose home is another server goes there whole, and its answer comes back
//! as it is, live streams too. It goes one hop and no further.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{Method, StatusCode, Uri};
use serde::Deserialize;
use signaling::GroupId;

use super::forwarder::{ANSWERED_WITHIN, FOR, Forwarder, MARK, NoAnswer};
use super::listen::Handed;
use crate::engine::Engine;
use crate::error::Error;
use crate::identity::{JoinCode, Token};
use crate::nodes::Home;

/// The largest body of a request that is forwarded, in bytes: no request of Handup's has a larger one.
const LARGEST: usize = 64 * 1_024;
/// How often it is asked whose a class is: it may change hands meanwhile.
const TRIES: usize = 3;

/// A router whose requests go to the homes of their classes; as it is where one server serves alone.
pub fn forwarding(router: Router, engine: &Engine) -> Router {
    match engine.forwarder() {
        Some(_) => router.layer(from_fn_with_state(engine.clone(), to_home)),
        None => router,
    }
}

/// Serves a request here, or has the home of its class do so.
async fn to_home(State(engine): State<Engine>, request: Request, next: Next) -> Response {
    let Some(forwarder) = engine.forwarder() else { return next.run(request).await };
    let (mut head, body) = request.into_parts();
    if head.headers.contains_key(&MARK) {
        let client = forwarder.forwarded_for(engine.now(), &head);
        head.headers.remove(&MARK);
        // Whoever made the mark up may ask as anybody may.
        if let Some(client) = client {
            // Whoever asks for a stream is about to follow it here.
            if !is_stream(&head)
                && let Some(group) = group_of_path(head.uri.path())
                && engine.lets_go_of(group).await
            {
                return (StatusCode::MISDIRECTED_REQUEST, Error::Elsewhere).into_response();
            }
            // From here on it is as if the client had come here.
            head.headers.remove(&FOR);
            head.extensions.insert(ConnectInfo(SocketAddr::new(client, 0)));
            return in_time(here(&engine, Request::from_parts(head, body), next)).await;
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
    in_time(where_it_belongs(&engine, forwarder, (head, body), next)).await
}

/// The answer, or that there is none yet. What was asked of the writer is done or not all the same.
async fn in_time(answer: impl Future<Output = Response>) -> Response {
    let answered = tokio::time::timeout(ANSWERED_WITHIN, answer).await;
    answered.unwrap_or_else(|_| Error::Elsewhere.into_response())
}

/// Serves a request here or at the home of its class.
async fn where_it_belongs(
    engine: &Engine,
    forwarder: &Forwarder,
    (head, body): (Parts, Bytes),
    next: Next,
) -> Response {
    let group = match group_of(engine, &head, &body).await {
        Ok(Some(group)) => group,
        Ok(None) => return here(engine, Request::from_parts(head, Body::from(body)), next).await,
        Err(error) => return error.into_response(),
    };
    let client = engine.client_address(&head.extensions, &head.headers);
    for _ in 0..TRIES {
        let address = match home(engine, forwarder, group).await {
            Ok(Home::At(address)) => address,
            Ok(Home::Here | Home::Nobody) => {
                return here(engine, Request::from_parts(head, Body::from(body)), next).await;
            }
            Err(error) => return error.into_response(),
        };
        if is_stream(&head)
            && let Some(relay) = forwarder.follow(engine.now(), &address, client, &head).await
        {
            engine.metrics().forwarded.inc();
            return Handed::relay(relay).into_response();
        }
        let (whole, stopping) = ((&head, body.clone()), engine.stopping().clone());
        let answer = forwarder.send(engine.now(), &address, client, whole, stopping).await;
        if !answer.as_ref().is_ok_and(is_of_home) {
            forwarder.forget_home(group);
        }
        match answer {
            // It has let go of the class: a new one is to be where its requests come to.
            Ok(answer) if answer.status() == StatusCode::MISDIRECTED_REQUEST => {}
            Ok(answer) => {
                engine.metrics().forwarded.inc();
                return answer;
            }
            // It may be gone, and its classes somebody else's soon. Nothing has come of the request.
            Err(NoAnswer::NotReached(_)) => {}
            Err(error) => {
                tracing::warn!(%address, %error, "a forwarded request came to nothing");
                break;
            }
        }
    }
    Error::Elsewhere.into_response()
}

/// Serves a request here, unless others may decide on its class by now: before it is looked at, or after, for the
/// machine may have slept in between.
async fn here(engine: &Engine, request: Request, next: Next) -> Response {
    let doubts = engine.doubts();
    if engine.is_in_doubt() {
        return Error::Elsewhere.into_response();
    }
    let answer = next.run(request).await;
    // It may have been in doubt as it was looked at, and be no more.
    if engine.is_in_doubt() || engine.doubts() != doubts {
        Error::Elsewhere.into_response()
    } else {
        answer
    }
}

/// Whether a live stream is asked for.
fn is_stream(head: &Parts) -> bool {
    let path = head.uri.path();
    head.method == Method::GET && path.starts_with("/api/v1/groups/") && path.ends_with("/events")
}

/// Whether an answer is one that a class's home gives.
fn is_of_home(answer: &Response) -> bool {
    !matches!(answer.status(), StatusCode::MISDIRECTED_REQUEST | StatusCode::SERVICE_UNAVAILABLE)
}

/// Whether what is asked for may be of a class. Files, and pages that are of none, never are.
fn may_belong_elsewhere(uri: &Uri) -> bool {
    const OF_CLASSES: [&str; 6] =
        ["/api/v1/groups/", "/api/v1/join", "/class/", "/join/", "/handover/", "/do/"];
    OF_CLASSES.iter().any(|prefix| uri.path().starts_with(prefix))
}

/// Where a class has its home.
async fn home(engine: &Engine, forwarder: &Forwarder, group: GroupId) -> Result<Home, Error> {
    if !engine.is_in_memory(group)
        && let Some(address) = forwarder.known_home(group)
    {
        return Ok(Home::At(address));
    }
    let home = engine.home_of(group).await?;
    if let Home::At(address) = &home {
        forwarder.learn_home(group, address.clone());
    }
    Ok(home)
}

/// The class that a request is about.
async fn group_of(engine: &Engine, head: &Parts, body: &Bytes) -> Result<Option<GroupId>, Error> {
    let path = head.uri.path();
    let after = |prefix: &str| path.strip_prefix(prefix)?.split('/').next();
    let group = if let Some(group) = group_of_path(path) {
        Some(group)
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
    Ok(group)
}

/// The class whose id stands in a path.
fn group_of_path(path: &str) -> Option<GroupId> {
    let rest = path.strip_prefix("/api/v1/groups/").or_else(|| path.strip_prefix("/class/"))?;
    rest.split('/').next()?.parse().ok()
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
