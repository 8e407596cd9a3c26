//! The HTTP API, under `/api/v1`, as the contract has it. Each handler reads one request, asks the
//! engine, and answers; conventions that all of them share are the extractors below.

pub(crate) mod connections;
pub(crate) mod listen;
pub(crate) mod pace;
pub(crate) mod reach;
pub(crate) mod reply;

use std::convert::Infallible;
use std::fmt;
use std::iter::successors;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, FromRequestParts, OriginalUri, Path, Query, Request, State};
use axum::handler::Handler;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, get, on};
use futures::StreamExt;
use futures::stream::try_unfold;
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};
use signaling::wire::ChangeSettings;
use signaling::{
    Answers, Command, FinishWhom, GroupId, InviteId, InviteeList, Rejection, Role, Timeout, UserId,
};

use tokio::time::timeout_at;
use tower::util::MapRequestLayer;

use crate::clock::monotonic;
use crate::engine::{Engine, Session};
use crate::error::{Error, NO_STORE};
use crate::http::listen::Handed;
use crate::http::reply::{Answer, encode};
use crate::identity::cookies::Presented;
use crate::identity::{Token, TokenHash, is_same_origin};
use crate::limits::bounds::Bounds;
use crate::limits::peer_address;
use crate::live::log_tail::EventFormat;
use crate::live::room::Room;
use crate::live::stream::{self, FirstSnapshot};
use crate::names::entry::Entered;
use crate::render_queue::Asking;
use crate::writer::job::Key;

/// The largest body of a request, in bytes.
const MAX_BODY_BYTES: usize = 64 * 1_024;
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest Idempotency-Key, in bytes.
const MAX_KEY_BYTES: usize = 128;
/// The largest snapshot, in rows, that is made where the request is answered: what is larger waits
/// in the render queue.
const MADE_AT_ONCE: u32 = 250;
/// How many members' statuses cost as much as a row.
const STATUSES_OF_ROW: usize = 4;
/// The longest `reason`, in bytes.
const MAX_REASON_BYTES: usize = 128;

/// A request that the API answers: a method, and a path under `/api/v1`.
pub type Route = (Method, &'static str);

fn at<H: Handler<T, Engine>, T: 'static>(
    method: Method,
    path: &'static str,
    handler: H,
) -> (Route, MethodRouter<Engine>) {
    // Every method that stands in the table below has its filter.
    let filter = MethodFilter::try_from(method.clone()).expect("a method that axum knows");
    ((method, path), on(filter, handler))
}

/// Whatever the API answers, and by which handler; [`routes`] tells it to those who ask.
fn table() -> Vec<(Route, MethodRouter<Engine>)> {
    const READ: Method = Method::GET;
    const ACT: Method = Method::POST;
    const CHANGE: Method = Method::PATCH;
    const REMOVE: Method = Method::DELETE;
    vec![
        at(ACT, "/groups", create_group),
        at(ACT, "/join", join),
        at(READ, "/groups/{group}", snapshot),
        at(CHANGE, "/groups/{group}", change_group),
        at(READ, "/groups/{group}/events", events),
        at(ACT, "/groups/{group}/invite", invite),
        at(ACT, "/groups/{group}/inviteInGroup", invite_in_group),
        at(ACT, "/groups/{group}/joinCode", renew_join_code),
        at(ACT, "/groups/{group}/handover", hand_over),
        at(CHANGE, "/groups/{group}/members/{member}", change_role),
        at(REMOVE, "/groups/{group}/members/{member}", leave),
        at(ACT, "/groups/{group}/end", end),
        at(READ, "/groups/{group}/invitations/{invitation}", get_invitation),
        at(CHANGE, "/groups/{group}/invitations/{invitation}", modify_invitation),
        at(ACT, "/groups/{group}/invitations/{invitation}/cancel", cancel),
        at(ACT, "/groups/{group}/invitations/{invitation}/accept", accept),
        at(ACT, "/groups/{group}/invitations/{invitation}/reject", reject),
        at(ACT, "/groups/{group}/invitations/{invitation}/finish", finish),
        at(ACT, "/groups/{group}/invitations/{invitation}/ringing", ringing),
        at(ACT, "/groups/{group}/invitations/{invitation}/relay", relay),
        at(ACT, "/groups/{group}/invitations/{invitation}/keepAlive", keep_alive),
        at(READ, "/groups/{group}/invitations/{invitation}/iceServers", ice_servers),
    ]
}

/// Every route of the API, for what must hold of all of them.
pub fn routes() -> impl Iterator<Item = Route> {
    table().into_iter().map(|(route, _)| route)
}

/// The API, by its routes.
pub fn api(engine: Engine) -> Router {
    let routes = table()
        .into_iter()
        .fold(Router::new(), |routes, ((_, path), handler)| routes.route(path, handler));
    Router::new()
        .nest("/api/v1", routes.fallback(async || Error::NoSuchPath))
        .route("/healthz", get(health))
        .method_not_allowed_fallback(async || Error::NoSuchMethod)
        .layer(bodies_in_time(engine.clone()))
        .with_state(engine)
}

/// Why a body is read no further.
#[derive(Debug, thiserror::Error)]
#[error("the body did not come in time")]
struct BodyTooSlow;

/// Gives up a body that stands still, and one that drips for longer than all of it may take.
pub fn bodies_in_time(engine: Engine) -> MapRequestLayer<impl Fn(Request) -> Request + Clone> {
    let in_time = move |body: Body| {
        if body.is_end_stream() {
            return body;
        }
        let Bounds { body_timeout, body_deadline, .. } = engine.bounds();
        let end = monotonic() + body_deadline;
        let parts = try_unfold(body.into_data_stream(), move |mut body| async move {
            let part = timeout_at(end.min(monotonic() + body_timeout), body.next()).await;
            let part = part.map_err(|_| axum::Error::new(BodyTooSlow))?.transpose()?;
            Ok::<_, axum::Error>(part.map(|part| (part, body)))
        });
        Body::from_stream(parts)
    };
    MapRequestLayer::new(move |request: Request| request.map(&in_time))
}

fn is_too_slow(error: &axum::Error) -> bool {
    let first: &dyn std::error::Error = error;
    successors(Some(first), |error| error.source()).any(|error| error.is::<BodyTooSlow>())
}

/// Has a page rendered in the turn of whoever asks for it.
///
/// # Errors
/// When too much waits already.
pub async fn in_turn(engine: &Engine, request: Request, next: Next) -> Result<Response, Error> {
    if !is_safe(request.method()) {
        return Ok(next.run(request).await);
    }
    // A member who is too fast is refused before anything is made for them.
    let group = request.uri().path().split('/').find_map(|part| part.parse().ok());
    let address = engine.client_address(request.extensions(), request.headers());
    if let Some(session) = engine.cookies().presented_by_admin(request.headers())
        && request.uri().path().starts_with("/admin")
        && engine.is_admin(&session).await?
    {
        let asking = Asking::of_administrator(&session);
        return engine.renders().respond(asking, next.run(request)).await;
    }
    let credential = engine.cookies().presented(request.headers());
    let token = credential.as_ref().map(Presented::token);
    let asking = engine.asking(group, token, address).await?;
    engine.renders().respond(asking, next.run(request)).await
}

/// Refuses what changes anything and was sent by a page of another site.
///
/// # Errors
/// When the request was.
pub async fn same_origin(
    State(engine): State<Engine>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    let is_safe = is_safe(request.method());
    if is_safe || is_same_origin(request.headers(), engine.public_url()) {
        Ok(next.run(request).await)
    } else {
        Err(Error::CrossSite)
    }
}

const fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

async fn health(State(engine): State<Engine>) -> Result<&'static str, Error> {
    engine.check().await?;
    Ok("ok")
}

// ---- What requests have in common --------------------------------------------------------------

/// Ids in a path. One that Handup could not have given out names nothing.
#[derive(Deserialize)]
struct Ids {
    group: String,
    invitation: Option<String>,
    member: Option<String>,
}

impl Ids {
    fn invitation(&self) -> Result<InviteId, Error> {
        let invitation = self.invitation.as_deref().unwrap_or_default();
        invitation.parse().map_err(|_| Rejection::NoSuchInvitation.into())
    }

    fn member(&self) -> Result<UserId, Error> {
        let member = self.member.as_deref().unwrap_or_default();
        member.parse().map_err(|_| Rejection::NoSuchMember.into())
    }
}

/// A member of the group in the path, who may go on: the class has not ended, the credential is
/// theirs, no other site sent the request, and they are not too fast.
struct Caller {
    session: Session,
    ids: Ids,
    address: IpAddr,
    asking: Asking,
}

impl Caller {
    fn group_id(&self) -> GroupId {
        self.session.room.id()
    }

    fn user(&self) -> UserId {
        self.session.user
    }
}

impl FromRequestParts<Engine> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, engine: &Engine) -> Result<Self, Error> {
        let Path(ids) =
            Path::<Ids>::from_request_parts(parts, engine).await.map_err(|_| Error::NoSuchPath)?;
        let credential = engine.cookies().presented(&parts.headers).ok_or(Error::NotSignedIn)?;
        let changes = !is_safe(&parts.method);
        let from_a_page = matches!(credential, Presented::Cookie(_));
        if changes && from_a_page && !is_same_origin(&parts.headers, engine.public_url()) {
            return Err(Error::CrossSite);
        }
        let group_id: GroupId = ids.group.parse().map_err(|_| Error::NoSuchGroup)?;
        let session = engine.session(group_id, credential.token()).await?;
        if changes {
            engine.limits().verb(session.user)?;
        } else {
            engine.may_look(&session)?;
        }
        // A repeated request gets its first answer from the writer, even after the end.
        let may_repeat = changes && parts.headers.contains_key(IDEMPOTENCY_KEY);
        if !may_repeat && session.room.with_group(|group| group.ended) {
            return Err(Rejection::Ended.into());
        }
        let address = engine.client_address(&parts.extensions, &parts.headers);
        let asking = Asking::of_member(group_id, credential.token()).from(address);
        Ok(Self { session, ids, address, asking })
    }
}

/// Where a request came from.
struct Address(IpAddr);

impl FromRequestParts<Engine> for Address {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, engine: &Engine) -> Result<Self, Error> {
        Ok(Self(engine.client_address(&parts.extensions, &parts.headers)))
    }
}

/// A JSON body, and the Idempotency-Key that came with it. A body that may leave everything out
/// may also be empty.
struct Sent<T> {
    fields: T,
    key: Option<RequestKey>,
}

struct RequestKey {
    key: String,
    request: TokenHash,
}

impl RequestKey {
    fn of(user: UserId, key: Option<Self>) -> Option<Key> {
        key.map(|Self { key, request }| Key { user, key, request, encode })
    }
}

impl<T: DeserializeOwned> FromRequest<Engine> for Sent<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &Engine) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        let bytes = read_body(&parts.headers, body).await?;
        let key = idempotency_key(&parts, &bytes)?;
        let json: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        let Object(fields) = serde_json::from_slice(json).map_err(|error| malformed(&error))?;
        Ok(Self { fields, key })
    }
}

/// A JSON object and nothing else: serde by itself takes a list for a struct's fields in order.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(Fields(PhantomData))
    }
}

async fn read_body(headers: &HeaderMap, body: Body) -> Result<Bytes, Error> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let announced: Option<usize> = announced.and_then(|length| length.parse().ok());
    if announced.is_some_and(|length| length > MAX_BODY_BYTES) {
        return Err(Error::BodyTooLarge);
    }
    to_bytes(body, MAX_BODY_BYTES)
        .await
        .map_err(|error| if is_too_slow(&error) { Error::BodyTooSlow } else { Error::BodyTooLarge })
}

fn idempotency_key(parts: &Parts, body: &[u8]) -> Result<Option<RequestKey>, Error> {
    let Some(key) = parts.headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let wrong =
        || Error::Malformed(format!("An Idempotency-Key is text of up to {MAX_KEY_BYTES} bytes."));
    let key = std::str::from_utf8(key.as_bytes()).map_err(|_| wrong())?;
    if key.len() > MAX_KEY_BYTES {
        return Err(wrong());
    }
    let mut hash = Sha256::new();
    // Nested routes see only their own part of the path.
    let path = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |uri| &uri.0).path();
    for part in [parts.method.as_str().as_bytes(), path.as_bytes(), body] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let request = TokenHash::from_bytes(hash.finalize().into());
    Ok(Some(RequestKey { key: key.to_owned(), request }))
}

/// A sentence for a body that cannot be read. Of the parser's own words only those that name a
/// field of the request are passed on.
fn malformed(error: &serde_json::Error) -> Error {
    let words = error.to_string();
    let detail = match words.split(" at line ").next() {
        _ if !error.is_data() => "The body is not valid JSON.".to_owned(),
        Some(words)
            if words.starts_with("missing field") || words.starts_with("duplicate field") =>
        {
            format!("The body has a {words}.")
        }
        Some(words) if words.starts_with("unknown field") => {
            let field = words.split(',').next().unwrap_or(words);
            format!("The body has an {field}.")
        }
        Some(words) if words.starts_with("a name") || words.starts_with("a timeout") => {
            format!("The body is wrong: {words}.")
        }
        _ => "A field of the body has the wrong type or a value out of range.".to_owned(),
    };
    Error::Malformed(detail)
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let body = serde_json::to_string(body).unwrap_or_default();
    let content_type = (header::CONTENT_TYPE, "application/json");
    (status, [content_type, NO_STORE], body).into_response()
}

impl Engine {
    /// The address a request came from. Where a trusted proxy brought it, that is the nearest
    /// address of those it names that is no trusted proxy's own; whoever else says for whom they
    /// ask is not believed.
    pub fn client_address(&self, extensions: &Extensions, headers: &HeaderMap) -> IpAddr {
        self.shared.proxies.client(peer_address(extensions), headers)
    }
}

/// `data`, absent or not: the engine knows one string.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OptionalData {
    #[serde(default)]
    data: String,
}

// ---- Groups and members ------------------------------------------------------------------------

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateGroup {
    name: Entered,
    teacher: Entered,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Credential<'a> {
    #[serde(rename = "groupID")]
    group_id: GroupId,
    #[serde(skip_serializing_if = "Option::is_none")]
    join_code: Option<&'a str>,
    #[serde(rename = "joinURL", skip_serializing_if = "Option::is_none")]
    join_url: Option<String>,
    #[serde(rename = "userID")]
    user_id: UserId,
    token: &'a str,
}

async fn create_group(
    State(engine): State<Engine>,
    Address(address): Address,
    headers: HeaderMap,
    body: Sent<CreateGroup>,
) -> Result<Response, Error> {
    let token = Token::new();
    let CreateGroup { name: Entered(name), teacher: Entered(teacher) } = body.fields;
    let joined = engine.create_group(address, name, teacher, None, &token).await?;
    let credential = Credential {
        group_id: joined.group_id,
        join_code: Some(joined.join_code.as_str()),
        join_url: Some(engine.join_link(&headers, &joined.join_code).url),
        user_id: joined.user_id,
        token: token.reveal(),
    };
    Ok(json(StatusCode::CREATED, &credential))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Join {
    join_code: String,
    name: Entered,
}

async fn join(
    State(engine): State<Engine>,
    Address(address): Address,
    body: Sent<Join>,
) -> Result<Response, Error> {
    let token = Token::new();
    let Join { join_code, name: Entered(name) } = body.fields;
    let joined = engine.join(address, &join_code, name, None, &token).await?;
    let credential = Credential {
        group_id: joined.group_id,
        join_code: None,
        join_url: None,
        user_id: joined.user_id,
        token: token.reveal(),
    };
    Ok(json(StatusCode::CREATED, &credential))
}

#[derive(Deserialize)]
struct Follow {
    follow: Option<String>,
}

async fn snapshot(
    State(engine): State<Engine>,
    headers: HeaderMap,
    caller: Caller,
    query: Result<Query<Follow>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(Follow { follow }) =
        query.map_err(|_| Error::Malformed("The query cannot be read.".to_owned()))?;
    let Caller { session: Session { room, user }, asking, .. } = caller;
    if follow.as_deref() == Some("asking") {
        room.asked(user);
    }
    // It comes before what it is the tag of, which may be newer.
    let tag = room.tag_of_snapshot(user);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|known| known.trim() == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let rows = room.rows_of_snapshot();
    engine.may_look_at(room.id(), user, rows)?;
    let now = engine.now();
    let make = move || match room.snapshot(user, now) {
        Some(snapshot) => ([(header::ETAG, tag)], json(StatusCode::OK, &snapshot)).into_response(),
        None => Error::NotSignedIn.into_response(),
    };
    answer_with_rows(&engine, asking, rows, make).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeGroup {
    #[serde(default, deserialize_with = "present")]
    name: Option<Entered>,
    #[serde(default, deserialize_with = "present")]
    settings: Option<ChangeSettings>,
}

/// A field that may be left out but not be null.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

async fn change_group(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<ChangeGroup>,
) -> Result<Answer, Error> {
    let settings = body.fields.settings.unwrap_or_default();
    let settings = settings.read(&engine.shared.application.switches());
    let command = Command::ChangeGroup {
        actor: caller.user(),
        name: body.fields.name.map(|Entered(name)| name),
        settings: settings.map_err(|error| malformed(&de::Error::custom(error)))?,
    };
    verb(&engine, &caller, command, body.key).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

async fn renew_join_code(
    State(engine): State<Engine>,
    headers: HeaderMap,
    caller: Caller,
    body: Sent<Nothing>,
) -> Result<Answer, Error> {
    let Nothing {} = body.fields;
    let command = Command::RenewJoinCode { actor: caller.user() };
    let answer = verb(&engine, &caller, command, body.key).await?;
    Ok(answer.with_join_url(|code| engine.join_link(&headers, code).url))
}

#[derive(Serialize)]
struct HandoverLink {
    #[serde(rename = "handoverURL")]
    url: String,
    #[serde(rename = "expiresAt")]
    expires_at: signaling::Timestamp,
}

async fn hand_over(
    State(engine): State<Engine>,
    headers: HeaderMap,
    caller: Caller,
    body: Sent<Nothing>,
) -> Result<Response, Error> {
    let Nothing {} = body.fields;
    let handover = engine.hand_over(&caller.session, caller.address).await?;
    let url = engine.handover_link(&headers, &handover.token).url;
    Ok(json(StatusCode::CREATED, &HandoverLink { url, expires_at: handover.expires_at }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeRole {
    role: Role,
}

async fn change_role(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<ChangeRole>,
) -> Result<Answer, Error> {
    let user = caller.ids.member()?;
    let command = Command::ChangeRole { actor: caller.user(), user, role: body.fields.role };
    verb(&engine, &caller, command, body.key).await
}

async fn leave(State(engine): State<Engine>, caller: Caller) -> Result<Answer, Error> {
    let user = caller.ids.member()?;
    let command = Command::Leave { actor: caller.user(), user };
    verb(&engine, &caller, command, None).await
}

async fn end(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Nothing>,
) -> Result<Answer, Error> {
    let Nothing {} = body.fields;
    verb(&engine, &caller, Command::End { actor: caller.user() }, body.key).await
}

async fn verb(
    engine: &Engine,
    caller: &Caller,
    command: Command,
    key: Option<RequestKey>,
) -> Result<Answer, Error> {
    let key = RequestKey::of(caller.user(), key);
    engine.keyed_command(caller.group_id(), caller.address, command, key).await.map(Answer::from)
}

// ---- Invitations -------------------------------------------------------------------------------

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Invite {
    invitee: String,
    data: String,
    timeout: Timeout,
}

async fn invite(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Invite>,
) -> Result<Answer, Error> {
    let Invite { invitee, data, timeout } = body.fields;
    let command = Command::Invite {
        actor: caller.user(),
        invite_id: engine.fresh_invite_id(),
        invitee: invitee.parse().map_err(|_| Rejection::NotAMember)?,
        data,
        timeout,
    };
    verb(&engine, &caller, command, body.key).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InviteInGroup {
    invitee_list: NamedInvitees,
    data: String,
    timeout: Timeout,
    #[serde(default)]
    answers: Answers,
}

/// An invitee list as it was sent: ids are any strings to a client.
#[derive(Deserialize)]
#[serde(untagged)]
enum NamedInvitees {
    Star(String),
    Named(Vec<String>),
}

impl NamedInvitees {
    fn read(self) -> Result<InviteeList, Error> {
        let named = match self {
            Self::Star(star) if star == "*" => return Ok(InviteeList::Everyone),
            Self::Star(_) => {
                let detail = "The inviteeList is a list of members or \"*\".".to_owned();
                return Err(Error::Malformed(detail));
            }
            Self::Named(named) => named,
        };
        let mut sorted: Vec<&String> = named.iter().collect();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Rejection::DuplicateInvitee.into());
        }
        let members: Result<Vec<UserId>, _> = named.iter().map(|id| id.parse()).collect();
        Ok(InviteeList::Members(members.map_err(|_| Rejection::NotAMember)?))
    }
}

async fn invite_in_group(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<InviteInGroup>,
) -> Result<Answer, Error> {
    let InviteInGroup { invitee_list, data, timeout, answers } = body.fields;
    let command = Command::InviteInGroup {
        actor: caller.user(),
        invite_id: engine.fresh_invite_id(),
        invitee_list: invitee_list.read()?,
        data,
        timeout,
        answers,
    };
    verb(&engine, &caller, command, body.key).await
}

async fn get_invitation(State(engine): State<Engine>, caller: Caller) -> Result<Response, Error> {
    let invite_id = caller.ids.invitation()?;
    let Caller { session, asking, .. } = caller;
    let rows = session.room.rows_of_invitation(invite_id, session.user);
    let rows = rows.ok_or(Rejection::NoSuchInvitation)?;
    engine.may_look_at(session.room.id(), session.user, rows)?;
    let make = move || match session.room.invitation(invite_id, session.user) {
        Some(invitation) => json(StatusCode::OK, &invitation),
        None => Error::from(Rejection::NoSuchInvitation).into_response(),
    };
    answer_with_rows(&engine, asking, rows, make).await
}

/// Answers with what goes through so many rows: where those are many, in the render queue.
async fn answer_with_rows(
    engine: &Engine,
    asking: Asking,
    rows: u32,
    make: impl FnOnce() -> Response + Send + 'static,
) -> Result<Response, Error> {
    if rows <= MADE_AT_ONCE {
        return Ok(make());
    }
    engine.renders().respond(asking, async move { make() }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Modify {
    data: String,
}

async fn modify_invitation(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Modify>,
) -> Result<Answer, Error> {
    let invite_id = caller.ids.invitation()?;
    let command = Command::Modify { actor: caller.user(), invite_id, data: body.fields.data };
    verb(&engine, &caller, command, body.key).await
}

async fn cancel(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<OptionalData>,
) -> Result<Answer, Error> {
    let invite_id = caller.ids.invitation()?;
    let data = body.fields.data;
    let command = Command::Cancel { actor: caller.user(), invite_id, data, reason: None };
    verb(&engine, &caller, command, body.key).await
}

async fn accept(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<OptionalData>,
) -> Result<Answer, Error> {
    let invite_id = caller.ids.invitation()?;
    let command = Command::Accept { actor: caller.user(), invite_id, data: body.fields.data };
    verb(&engine, &caller, command, body.key).await
}

async fn reject(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<OptionalData>,
) -> Result<Answer, Error> {
    let invite_id = caller.ids.invitation()?;
    let command =
        Command::Reject { actor: caller.user(), invite_id, data: body.fields.data, reason: None };
    verb(&engine, &caller, command, body.key).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Finish {
    #[serde(default, deserialize_with = "present")]
    invitee: Option<String>,
    #[serde(default, deserialize_with = "present")]
    reason: Option<String>,
    #[serde(default)]
    data: String,
}

async fn finish(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Finish>,
) -> Result<Answer, Error> {
    let invite_id = caller.ids.invitation()?;
    let Finish { invitee, reason, data } = body.fields;
    let whom = match invitee {
        Some(id) => FinishWhom::Member(id.parse().map_err(|_| Rejection::NotAMember)?),
        None => FinishWhom::Unnamed,
    };
    if reason.as_ref().is_some_and(|reason| reason.len() > MAX_REASON_BYTES) {
        return Err(Error::Malformed(format!("A reason holds at most {MAX_REASON_BYTES} bytes.")));
    }
    let reason = reason.filter(|reason| !reason.is_empty());
    let command = Command::Finish { actor: caller.user(), invite_id, whom, reason, data };
    verb(&engine, &caller, command, body.key).await
}

// ---- Between the two ends of an invitation -----------------------------------------------------

async fn ringing(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Nothing>,
) -> Result<StatusCode, Error> {
    let Nothing {} = body.fields;
    engine.ring(&caller.session, caller.ids.invitation()?)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Relayed {
    data: String,
}

async fn relay(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Relayed>,
) -> Result<StatusCode, Error> {
    engine.relay(&caller.session, caller.ids.invitation()?, body.fields.data)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn keep_alive(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Nothing>,
) -> Result<StatusCode, Error> {
    let Nothing {} = body.fields;
    engine.keep_alive(&caller.session, caller.ids.invitation()?)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn ice_servers(State(engine): State<Engine>, caller: Caller) -> Result<Response, Error> {
    let servers = engine.ice_servers(&caller.session, caller.ids.invitation()?)?;
    Ok(json(StatusCode::OK, &servers))
}

// ---- Events ------------------------------------------------------------------------------------

#[derive(Deserialize)]
struct From {
    after: Option<String>,
    heartbeat: Option<String>,
    events: Option<String>,
}

/// The snapshot that a stream begins with.
async fn first_snapshot(
    engine: &Engine,
    room: &Arc<Room>,
    user: UserId,
    asking: Asking,
) -> Result<FirstSnapshot, Error> {
    let rows = room.rows_of_snapshot();
    engine.may_look_at(room.id(), user, rows)?;
    let (room, now) = (Arc::clone(room), engine.now());
    if rows <= MADE_AT_ONCE {
        return FirstSnapshot::of(&room, user, now).ok_or(Error::NotSignedIn);
    }
    let slot = engine.renders().slot(asking)?;
    let make = async move {
        let made = FirstSnapshot::of(&room, user, now).ok_or(Error::NotSignedIn)?;
        Ok(made.into_parts())
    };
    engine.renders().make_bytes(slot, make).await.map(FirstSnapshot::from_parts)
}

fn event_number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

async fn events(
    State(engine): State<Engine>,
    headers: HeaderMap,
    caller: Caller,
    query: Result<Query<From>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(from) =
        query.map_err(|_| Error::Malformed("The query cannot be read.".to_owned()))?;
    let last_event_id = headers.get("last-event-id").map(|id| id.to_str().unwrap_or_default());
    let after = match (last_event_id, &from.after) {
        // What cannot be a place in the log is an unknown one: the stream begins with a snapshot.
        (Some(id), _) => event_number(id),
        (None, Some(after)) => Some(
            event_number(after)
                .ok_or_else(|| Error::Malformed("`after` is the number of an event.".to_owned()))?,
        ),
        (None, None) => None,
    };
    let format = match from.events.as_deref() {
        Some("tables") => EventFormat::Tables,
        _ => EventFormat::Each,
    };
    let heartbeat_event = from.heartbeat.as_deref() == Some("event");
    let Caller { session: Session { room, user }, asking, .. } = caller;
    if room.streams_of(user) >= engine.bounds().streams_of_member {
        return Err(Error::TooManyStreams);
    }
    let snapshot = match room.missed(after) {
        Some(events) => {
            // Who is online it is told of everybody.
            let members = room.with_group(|group| group.members().len());
            let members = u32::try_from(members / STATUSES_OF_ROW).unwrap_or(u32::MAX);
            engine.may_look_at(room.id(), user, events + members)?;
            None
        }
        None => Some(first_snapshot(&engine, &room, user, asking).await?),
    };
    let start = stream::Start { after, snapshot, heartbeat_event, format };
    let stopping = engine.stopping().clone();
    let (clock, pulse) = (engine.clock(), engine.pulse());
    let live = stream::open(Arc::clone(&room), clock, pulse, user, start, stopping);
    let unbuffered: (HeaderName, HeaderValue) =
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    // The body is what the connection makes of the extension.
    let no_end = futures::stream::pending::<Result<Bytes, Infallible>>();
    let mut response = Response::new(Body::from_stream(no_end));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(unbuffered.0, unbuffered.1);
    response.extensions_mut().insert(Handed::over(live));
    Ok(response)
}
