//! Handlers: what the two ends of an invitation ask for while it is live.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use signaling::wire::{Data, Empty};

use super::body::Sent;
use super::caller::Caller;
use super::reply::json;
use crate::engine::Engine;
use crate::error::Error;

pub(super) async fn ringing(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Empty>,
) -> Result<StatusCode, Error> {
    let Empty {} = body.fields;
    engine.ring(&caller.session, caller.ids.invitation()?)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn relay(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Data>,
) -> Result<StatusCode, Error> {
    engine.relay(&caller.session, caller.ids.invitation()?, body.fields.data)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn keep_alive(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Empty>,
) -> Result<StatusCode, Error> {
    let Empty {} = body.fields;
    engine.keep_alive(&caller.session, caller.ids.invitation()?)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn ice_servers(
    State(engine): State<Engine>,
    caller: Caller,
) -> Result<Response, Error> {
    let servers = engine.ice_servers(&caller.session, caller.ids.invitation()?)?;
    Ok(json(StatusCode::OK, &servers))
}
