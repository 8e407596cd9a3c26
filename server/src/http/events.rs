//! Handler: the live stream of a group, as server-sent events.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Deserialize;
use signaling::{Rejection, UserId};

use super::caller::{Caller, MaybeEnded};
use super::rendering::MADE_AT_ONCE;
use crate::engine::{Engine, Session};
use crate::error::Error;
use crate::http::listen::Handed;
use crate::live::log_tail::EventFormat;
use crate::live::room::Room;
use crate::live::stream::{self, FirstSnapshot};
use crate::render_queue::Asking;

/// How many members' statuses cost as much as a row.
const STATUSES_OF_ROW: usize = 4;

#[derive(Deserialize)]
pub(super) struct From {
    after: Option<String>,
    heartbeat: Option<String>,
    events: Option<String>,
    names: Option<String>,
}

/// The snapshot that a stream begins with.
async fn first_snapshot(
    engine: &Engine,
    room: &Arc<Room>,
    user: UserId,
    as_shown: bool,
    asking: Asking,
) -> Result<FirstSnapshot, Error> {
    let rows = room.rows_of_snapshot();
    engine.may_look_at(room.id(), user, rows)?;
    let (room, now) = (Arc::clone(room), engine.now());
    if rows <= MADE_AT_ONCE {
        return FirstSnapshot::of(&room, user, now, as_shown).ok_or(Error::NotSignedIn);
    }
    let slot = engine.renders().slot(asking)?;
    let make = async move {
        let made = FirstSnapshot::of(&room, user, now, as_shown).ok_or(Error::NotSignedIn)?;
        Ok(made.into_parts())
    };
    engine.renders().make_bytes(slot, make).await.map(FirstSnapshot::from_parts)
}

fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// The `after` of a query.
pub(super) fn event_number(after: &str) -> Result<u64, Error> {
    let wrong = || Error::wrong_field("after", "`after` is the number of an event.");
    number(after).ok_or_else(wrong)
}

pub(super) async fn events(
    State(engine): State<Engine>,
    headers: HeaderMap,
    MaybeEnded(caller): MaybeEnded,
    query: Result<Query<From>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(from) =
        query.map_err(|_| Error::Malformed("The query cannot be read.".to_owned()))?;
    let last_event_id = headers.get("last-event-id").map(|id| id.to_str().unwrap_or_default());
    let after = match (last_event_id, &from.after) {
        // What cannot be a place in the log is an unknown one: the stream begins with a snapshot.
        (Some(id), _) => number(id),
        (None, Some(after)) => Some(event_number(after)?),
        (None, None) => None,
    };
    let format = match from.events.as_deref() {
        Some("tables") => EventFormat::Tables,
        _ => EventFormat::Each,
    };
    let heartbeat_event = from.heartbeat.as_deref() == Some("event");
    let Caller { session: Session { room, user, device }, asking, .. } = caller;
    if room.streams_of(user) >= engine.bounds().streams_of_member {
        return Err(Error::TooManyStreams);
    }
    let names_as_shown = from.names.as_deref() == Some("shown");
    let missed = room.missed(after, user, names_as_shown);
    // Of an end that they have not seen they are told, and of nothing after it.
    if room.with_group(|group| group.ended) && missed.is_none_or(|events| events == 0) {
        return Err(Rejection::Ended.into());
    }
    let snapshot = match missed {
        Some(events) => {
            // Who is online it is told of everybody.
            let members = room.with_group(|group| group.members().len());
            let members = u32::try_from(members / STATUSES_OF_ROW).unwrap_or(u32::MAX);
            engine.may_look_at(room.id(), user, events + members)?;
            None
        }
        None => Some(first_snapshot(&engine, &room, user, names_as_shown, asking).await?),
    };
    let start = stream::Start { device, after, snapshot, heartbeat_event, format, names_as_shown };
    let stopping = engine.stopping().clone();
    let (clock, pulse, metrics) = (engine.clock(), engine.pulse(), engine.metrics());
    let live = stream::open(Arc::clone(&room), clock, (pulse, metrics), user, start, stopping);
    let unbuffered: (HeaderName, HeaderValue) =
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    let mut response = Handed::over(live).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(unbuffered.0, unbuffered.1);
    Ok(response)
}
