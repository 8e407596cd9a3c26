//! Handlers: the verbs of invitations.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;
use signaling::wire::{
    Data, Decline, Empty, Finish, InvitationPage, Invite, InviteInGroup, Invitees, OptionalData,
    Respond, ToldInvitation,
};
use signaling::{
    Command, FinishWhom, Group, Invitation, Invitee, InviteeList, InviteeState, Rejection, UserId,
};

use super::body::Sent;
use super::caller::Caller;
use super::events::event_number;
use super::rendering::answer_with_rows;
use super::reply::{Answer, json};
use super::verb::verb;
use crate::engine::{Engine, Session};
use crate::error::Error;
use crate::limits::weight::BYTES_OF_ROW;

/// The longest `reason`, in bytes.
const MAX_REASON_BYTES: usize = 128;
/// How many invitations a page of a list holds, and after how many bytes of words it ends.
const PAGE: (usize, usize) = (100, 128 << 10);
/// How many invitations to go through cost as much as a row.
const INVITATIONS_OF_ROW: usize = 16;
/// The same of their parts, of which mostly few are looked at.
const PARTS_OF_ROW: usize = 256;

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
    let make = move || match session.room.told_invitation(invite_id, session.user) {
        Some(invitation) => json(StatusCode::OK, &invitation),
        None => Error::from(Rejection::NoSuchInvitation).into_response(),
    };
    answer_with_rows(&engine, asking, rows, make).await
}

/// Which of a member's invitations are listed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    mine: Option<Mine>,
    state: Option<String>,
    after: Option<String>,
}

/// By which side a member is in an invitation.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mine {
    Inviter,
    Invitee,
}

impl Wanted {
    /// The states that are named; none when all are wanted.
    fn states(&self) -> Result<Option<Vec<InviteeState>>, Error> {
        let Some(named) = &self.state else { return Ok(None) };
        let states = named.split(',').map(InviteeState::read).collect::<Option<_>>();
        let wrong = || {
            Error::wrong_field(
                "state",
                "`state` is one state of a part or several, with commas between them.",
            )
        };
        states.map(Some).ok_or_else(wrong)
    }
}

pub(super) async fn list_invitations(
    State(engine): State<Engine>,
    caller: Caller,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Error> {
    let wrong = |_| {
        Error::Malformed("The query has `mine`, which is `inviter` or `invitee`, `state` and `after`, and nothing else.".to_owned())
    };
    let Query(wanted) = query.map_err(wrong)?;
    let states = wanted.states()?;
    let after = match wanted.after.as_deref() {
        Some(after) => event_number(after)?,
        None => 0,
    };
    let Caller { session: Session { room, user, .. }, asking, .. } = caller;
    let passed = room.with_group(|group| {
        group.count_invitations() / INVITATIONS_OF_ROW + group.count_parts() / PARTS_OF_ROW
    });
    let rows = passed + PAGE.0 + PAGE.1 / BYTES_OF_ROW;
    let rows = u32::try_from(rows).unwrap_or(u32::MAX);
    engine.may_look_at(room.id(), user, rows)?;
    let make = move || {
        let is_wanted = |invitation: &Invitation| {
            let has = |part: &Invitee| states.as_ref().is_none_or(|it| it.contains(&part.state));
            let is_invitee = || invitation.part(user).is_some_and(has);
            let is_inviter = || {
                invitation.inviter == user
                    && (states.is_none() || invitation.parts().iter().any(has))
            };
            match wanted.mine {
                Some(Mine::Invitee) => is_invitee(),
                Some(Mine::Inviter) => is_inviter(),
                None => is_invitee() || is_inviter(),
            }
        };
        let page = room.with_group(|group| page_of(group, user, after, is_wanted));
        json(StatusCode::OK, &page)
    };
    answer_with_rows(&engine, asking, rows, make).await
}

/// The first of a member's invitations after an event that are wanted.
fn page_of(
    group: &Group,
    user: UserId,
    after: u64,
    is_wanted: impl Fn(&Invitation) -> bool,
) -> InvitationPage {
    let mut wanted: Vec<&Invitation> =
        group.invitations().filter(|it| it.seq > after && is_wanted(it)).collect();
    wanted.sort_unstable_by_key(|invitation| invitation.seq);
    let mut page = InvitationPage { invitations: Vec::new(), next: None };
    let mut words = 0;
    for invitation in wanted {
        if let Some(last) = page.invitations.last()
            && (page.invitations.len() == PAGE.0 || words >= PAGE.1)
        {
            page.next = Some(last.invitation.seq);
            break;
        }
        let told = match invitation.group_id {
            // Thousands may have a part in each.
            Some(_) => ToldInvitation {
                invitation: invitation.without_invitees(),
                you: invitation.part(user).cloned(),
            },
            None => ToldInvitation::of(invitation, user),
        };
        words += told.count_words();
        page.invitations.push(told);
    }
    page
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
            let invitee = invitee.parse().map_err(|_| Rejection::NotAMember)?;
            Command::AnswerFor { actor, invite_id, invitee, accepts: true, data, reason: None }
        }
    };
    verb(&engine, &caller, command, body.key).await
}

pub(super) async fn reject(
    State(engine): State<Engine>,
    caller: Caller,
    body: Sent<Decline>,
) -> Result<Answer, Error> {
    let (actor, invite_id) = (caller.user(), caller.ids.invitation()?);
    let Decline { invitee, reason, data } = body.fields;
    let reason = short(reason)?;
    let command = match invitee {
        None => Command::Reject { actor, invite_id, data, reason },
        Some(invitee) => {
            let invitee = invitee.parse().map_err(|_| Rejection::NotAMember)?;
            Command::AnswerFor { actor, invite_id, invitee, accepts: false, data, reason }
        }
    };
    verb(&engine, &caller, command, body.key).await
}

/// Why something ends, in the words of whoever ends it; an empty one is none.
fn short(reason: Option<String>) -> Result<Option<String>, Error> {
    if reason.as_ref().is_some_and(|reason| reason.len() > MAX_REASON_BYTES) {
        let detail = format!("A reason holds at most {MAX_REASON_BYTES} bytes.");
        return Err(Error::Malformed(detail));
    }
    Ok(reason.filter(|reason| !reason.is_empty()))
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
    let reason = short(reason)?;
    let command = Command::Finish { actor: caller.user(), invite_id, whom, reason, data };
    verb(&engine, &caller, command, body.key).await
}
