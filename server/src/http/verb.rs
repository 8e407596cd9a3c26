//! Commands of a caller, on their way to the writer and back.

use signaling::Command;

use super::caller::Caller;
use super::idempotency::RequestKey;
use super::reply::Answer;
use crate::engine::Engine;
use crate::error::Error;

/// Has the writer carry out a command of the caller's.
pub(super) async fn verb(
    engine: &Engine,
    caller: &Caller,
    command: Command,
    key: Option<RequestKey>,
) -> Result<Answer, Error> {
    let key = RequestKey::of(caller.user(), key);
    engine.keyed_command(caller.group_id(), caller.address, command, key).await.map(Answer::from)
}
