//! Handlers: the verbs of invitations.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use signaling::wire::{
    Data, Empty, Finish, Invite, InviteInGroup, Invitees, OptionalData, Respond,
};
use signaling::{Command, FinishWhom, InviteId, InviteeList, Rejection, UserId};

use super::body::Sent;
use super::caller::Caller;
use super::rendering::answer_with_rows;
use super::reply::{Answer, json};
use super::verb::verb;
use crate::engine::Engine;
use crate::error::Error;

/// The longest `reason`, in bytes.
const MAX_REASON_BYTES: usize = 128;

pub(super) async fn invite(
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

/// Whom an invitee list names.
pub(super) fn invited(list: Invitees) -> Result<InviteeList, Error> {
    let named = match list {
        Invitees::Text(star) if star == "*" => return Ok(InviteeList::Everyone),
        Invitees::Text(_) => {
            let detail = "The inviteeList is a list of members or \"*\".".to_owned();
            return Err(Error::Malformed(detail));
        }
        Invitees::Named(named) => named,
    };
    let mut sorted: Vec<&String> = named.iter().collect();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Rejection::DuplicateInvitee.into());
    }
    let members: Result<Vec<UserId>, _> = named.iter().map(|id| id.parse()).collect();
    Ok(InviteeList::Members(members.map_err(|_| Rejection::NotAMember)?))
}

pub(super) async fn invite_in_group(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<InviteInGroup>,
) -> Result<Answer, Error> {
    let InviteInGroup { invitee_list, data, timeout, answers } = body.fields;
    let command = Command::InviteInGroup {
        actor: caller.user(),
        invite_id: engine.fresh_invite_id(),
        invitee_list: invited(invitee_list)?,
        data,
        timeout,
        answers,
    };
    verb(&engine, &caller, command, body.key).await
}

pub(super) async fn get_invitation(
    State(engine): State<Engine>,
    caller: Caller,
) -> Result<Response, Error> {
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

pub(super) async fn modify_invitation(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Data>,
) -> Result<Answer, Error> {
    let invite_id = caller.ids.invitation()?;
    let (actor, data) = (caller.user(), body.fields.data);
    let command = Command::Modify { actor, invite_id, data, expires_at: None };
    verb(&engine, &caller, command, body.key).await
}

pub(super) async fn cancel(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<OptionalData>,
) -> Result<Answer, Error> {
    let invite_id = caller.ids.invitation()?;
    let data = body.fields.data;
    let command = Command::Cancel { actor: caller.user(), invite_id, data, reason: None };
    verb(&engine, &caller, command, body.key).await
}

pub(super) async fn accept(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Respond>,
) -> Result<Answer, Error> {
    let (actor, invite_id) = (caller.user(), caller.ids.invitation()?);
    let command = match body.fields {
        Respond { invitee: None, data } => Command::Accept { actor, invite_id, data },
        Respond { invitee: Some(invitee), data } => {
            answer_for(actor, invite_id, &invitee, true, data)?
        }
    };
    verb(&engine, &caller, command, body.key).await
}

pub(super) async fn reject(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Respond>,
) -> Result<Answer, Error> {
    let (actor, invite_id) = (caller.user(), caller.ids.invitation()?);
    let command = match body.fields {
        Respond { invitee: None, data } => Command::Reject { actor, invite_id, data, reason: None },
        Respond { invitee: Some(invitee), data } => {
            answer_for(actor, invite_id, &invitee, false, data)?
        }
    };
    verb(&engine, &caller, command, body.key).await
}

fn answer_for(
    actor: UserId,
    invite_id: InviteId,
    invitee: &str,
    accepts: bool,
    data: String,
) -> Result<Command, Error> {
    let invitee = invitee.parse().map_err(|_| Rejection::NotAMember)?;
    Ok(Command::AnswerFor { actor, invite_id, invitee, accepts, data, reason: None })
}

pub(super) async fn clear(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Empty>,
) -> Result<Answer, Error> {
    let Empty {} = body.fields;
    let command = Command::Clear { actor: caller.user(), invite_id: caller.ids.invitation()? };
    verb(&engine, &caller, command, body.key).await
}

pub(super) async fn finish(
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
