//! Handlers: groups and their members.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde::de::{self};
use signaling::Command;
use signaling::wire::{
    ChangeGroup, ChangeRole, CreateGroup, Credential, Empty, HandoverLink, Join,
};

use super::body::{Sent, entered, malformed};
use super::caller::{Address, Caller};
use super::integration;
use super::rendering::answer_with_rows;
use super::reply::{Answer, json};
use super::verb::verb;
use crate::engine::{Engine, Session};
use crate::error::Error;
use crate::identity::Token;

pub(super) async fn create_group(
    State(engine): State<Engine>,
    Address(address): Address,
    headers: HeaderMap,
    body: Sent<CreateGroup>,
) -> Result<Response, Error> {
    let token = Token::new();
    let CreateGroup { name, teacher, teacher_id } = body.fields;
    let (name, teacher) = (entered("name", name)?, entered("teacher", teacher)?);
    let teacher_id = teacher_id.map(|id| integration::own_id("teacherID", id)).transpose()?;
    let joined = match integration::presented(&engine, &headers)? {
        Some(integration) => {
            let of = (name, teacher, teacher_id);
            engine.create_integrated_group(address, &integration, of, &token).await?
        }
        None if teacher_id.is_some() => {
            let detail = "Only an integration, by its key, has ids of its own for members.";
            return Err(Error::wrong_field("teacherID", detail));
        }
        None => engine.create_group(address, name, teacher, None, &token).await?,
    };
    let credential = Credential {
        group_id: joined.group_id,
        join_code: Some(joined.join_code.as_str().to_owned()),
        join_url: Some(engine.join_link(&headers, &joined.join_code).url),
        user_id: joined.user_id,
        token: token.reveal().to_owned(),
    };
    Ok(json(StatusCode::CREATED, &credential))
}

pub(super) async fn join(
    State(engine): State<Engine>,
    Address(address): Address,
    body: Sent<Join>,
) -> Result<Response, Error> {
    let token = Token::new();
    let Join { join_code, name } = body.fields;
    let joined = engine.join(address, &join_code, entered("name", name)?, None, &token).await?;
    let credential = Credential {
        group_id: joined.group_id,
        join_code: None,
        join_url: None,
        user_id: joined.user_id,
        token: token.reveal().to_owned(),
    };
    Ok(json(StatusCode::CREATED, &credential))
}

#[derive(Deserialize)]
pub(super) struct Follow {
    follow: Option<String>,
    names: Option<String>,
}

pub(super) async fn snapshot(
    State(engine): State<Engine>,
    headers: HeaderMap,
    caller: Caller,
    query: Result<Query<Follow>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(Follow { follow, names }) =
        query.map_err(|_| Error::Malformed("The query cannot be read.".to_owned()))?;
    let Caller { session: Session { room, user, .. }, asking, .. } = caller;
    if follow.as_deref() == Some("asking") {
        room.asked(user);
    }
    // It comes before what it is the tag of, which may be newer.
    let as_shown = names.as_deref() == Some("shown");
    let tag = room.tag_of_snapshot(user, as_shown);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|known| known.trim() == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let rows = room.rows_of_snapshot();
    engine.may_look_at(room.id(), user, rows)?;
    let now = engine.now();
    let make = move || match room.snapshot(user, now, as_shown) {
        Some(snapshot) => ([(header::ETAG, tag)], json(StatusCode::OK, &snapshot)).into_response(),
        None => Error::NotSignedIn.into_response(),
    };
    answer_with_rows(&engine, asking, rows, make).await
}

pub(super) async fn change_group(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<ChangeGroup>,
) -> Result<Answer, Error> {
    let settings = body.fields.settings.unwrap_or_default();
    let settings = settings.read(&engine.shared.application.settings());
    let command = Command::ChangeGroup {
        actor: caller.user(),
        name: body.fields.name.map(|name| entered("name", name)).transpose()?,
        settings: settings.map_err(|error| malformed("settings", &de::Error::custom(error)))?,
    };
    verb(&engine, &caller, command, body.key).await
}

pub(super) async fn renew_join_code(
    State(engine): State<Engine>,
    headers: HeaderMap,
    caller: Caller,
    body: Sent<Empty>,
) -> Result<Answer, Error> {
    let Empty {} = body.fields;
    let command = Command::RenewJoinCode { actor: caller.user() };
    let answer = verb(&engine, &caller, command, body.key).await?;
    Ok(answer.with_join_url(|code| engine.join_link(&headers, code).url))
}

pub(super) async fn hand_over(
    State(engine): State<Engine>,
    headers: HeaderMap,
    caller: Caller,
    body: Sent<Empty>,
) -> Result<Response, Error> {
    let Empty {} = body.fields;
    let handover = engine.hand_over(&caller.session, caller.address).await?;
    let url = engine.handover_link(&headers, &handover.token).url;
    Ok(json(StatusCode::CREATED, &HandoverLink { url, expires_at: handover.expires_at }))
}

pub(super) async fn change_role(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<ChangeRole>,
) -> Result<Answer, Error> {
    let user = caller.ids.member()?;
    let command = Command::ChangeRole { actor: caller.user(), user, role: body.fields.role };
    verb(&engine, &caller, command, body.key).await
}

pub(super) async fn leave(State(engine): State<Engine>, caller: Caller) -> Result<Answer, Error> {
    let user = caller.ids.member()?;
    let command = Command::Leave { actor: caller.user(), user };
    verb(&engine, &caller, command, None).await
}

pub(super) async fn end(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Empty>,
) -> Result<Answer, Error> {
    let Empty {} = body.fields;
    verb(&engine, &caller, Command::End { actor: caller.user() }, body.key).await
}
