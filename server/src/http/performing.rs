//! Handlers: what applications make several commands of, and its undo.

use std::collections::BTreeSet;

use axum::extract::State;
use signaling::Command;
use signaling::wire::{Data, Undo};

use super::body::Sent;
use super::caller::Caller;
use super::reply::Answer;
use super::verb::verb;
use crate::engine::Engine;
use crate::error::Error;

pub(super) async fn perform(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Data>,
) -> Result<Answer, Error> {
    let (actor, fresh) = (caller.user(), engine.fresh_invite_id());
    let command = Command::Perform { actor, data: body.fields.data, fresh, here: BTreeSet::new() };
    verb(&engine, &caller, command, body.key).await
}

pub(super) async fn undo(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Undo>,
) -> Result<Answer, Error> {
    let (actor, fresh) = (caller.user(), engine.fresh_invite_id());
    let command = Command::Undo { actor, performed: body.fields.performed, fresh };
    verb(&engine, &caller, command, body.key).await
}
