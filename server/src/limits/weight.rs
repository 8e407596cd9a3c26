//! What things weigh: how many bytes they come to on the disk and in memory. A class and a network
//! have sums of it, so that nobody fills what everybody shares.

use signaling::{
    Command, Event, EventKind, FinishWhom, Group, Invitation, InviteeList, InviteeState,
    MAX_SAID_TO_ALL_BYTES, Role, UserId, json,
};

use crate::store::log::EncodedEvent;

/// An event without words, with its row.
pub(crate) const EVENT: u64 = 352;
/// A row in the file beside its text: its key, and its place in the indexes.
const ROW: u64 = 96;
/// One person's part in an invitation: it is in memory twice, as decided and as published.
const PART: u64 = 224;
/// How many bytes of words cost who looks at them as much as a row without any.
pub(crate) const BYTES_OF_ROW: usize = 200;
/// How many times as long a text can be in JSON.
const ESCAPED: usize = 6;
/// A membership, its token, and what else is written when somebody comes in.
pub(crate) const ADMISSION: u64 = 512;
/// A key that is remembered, with what is kept of its answer.
pub(crate) const KEY: u64 = 512;

/// The parts that the invitations of a class have come to.
pub(crate) fn of_parts(group: &Group) -> u64 {
    group.count_parts() as u64 * PART
}

/// Events that a group has just applied.
pub(crate) fn of_news(group: &Group, events: &[EncodedEvent]) -> u64 {
    let parts: usize = events.iter().map(|encoded| parts_of(group, &encoded.event)).sum();
    let kept: usize = events.iter().map(|encoded| kept_of(group, &encoded.event)).sum();
    of_rows(events) + parts as u64 * PART + kept as u64
}

/// How many bytes of words are kept with what a cancel has closed: with each part, and with the whole.
fn kept_of(group: &Group, event: &Event) -> usize {
    let EventKind::InvitationCancelled(cancelled) = &event.kind else { return 0 };
    let invitation = group.invitation(cancelled.invite_id);
    let closed = invitation.into_iter().flat_map(|it| it.parts()).filter(|it| it.seq == event.seq);
    let of_all = usize::from(cancelled.invitee_list == InviteeList::Everyone);
    (closed.count() + of_all) * cancelled.data.len()
}

/// Events as they lie in the file.
pub(crate) fn of_rows(events: &[EncodedEvent]) -> u64 {
    events.iter().map(|encoded| encoded.body.len() as u64 + ROW).sum()
}

/// How many parts an event has made.
fn parts_of(group: &Group, event: &Event) -> usize {
    match &event.kind {
        EventKind::ReceiveNewInvitation(new) => {
            group.invitation(new.invite_id).map_or(0, |invitation| invitation.parts().len())
        }
        EventKind::MemberJoined(joined) => group.live_to_everyone(joined.role).len(),
        EventKind::MemberChanged(changed) => group.live_to_everyone(changed.role).len(),
        _ => 0,
    }
}

/// What a command brings beside its event: words, and people who are asked.
pub(crate) fn of_command(group: &Group, command: &Command) -> u64 {
    let parts = match command {
        Command::InviteInGroup { invitee_list: InviteeList::Everyone, .. }
        | Command::Perform { .. }
        | Command::Undo { .. } => group.members().len(),
        // All names are told anew.
        Command::ChangeGroup { settings, .. } if settings.names.is_some() => group.members().len(),
        Command::InviteInGroup { invitee_list: InviteeList::Members(members), .. } => members.len(),
        Command::Invite { .. } => 1,
        Command::ChangeRole { user, role, .. } => {
            return of_coming(group, *role) + of_going(group, *user);
        }
        _ => 0,
    };
    let length = json::length(command.data());
    let words = match command {
        Command::Cancel { invite_id, .. } | Command::Finish { invite_id, .. } => {
            let count = group.invitation(*invite_id).map_or(1, |it| said_to(command, it));
            // What says more than that to all is refused by the rules.
            (length * count).min(ESCAPED * MAX_SAID_TO_ALL_BYTES)
        }
        _ => length,
    };
    words as u64 + parts as u64 * PART
}

/// With how many parts an end keeps its words.
pub(crate) fn said_to(command: &Command, invitation: &Invitation) -> usize {
    match command {
        Command::Finish { whom: FinishWhom::Member(_), .. } => 1,
        _ => invitation.parts().len().max(1),
    }
}

/// What somebody brings who comes to be one of those that are asked: their part in each invitation to
/// everyone of their role, and the event that may end it.
pub(crate) fn of_coming(group: &Group, role: Role) -> u64 {
    group.live_to_everyone(role).len() as u64 * (PART + EVENT)
}

/// What is written when somebody goes, or has another role: an event for each of their parts.
fn of_going(group: &Group, user: UserId) -> u64 {
    let concerns = |it: &&Invitation| it.inviter == user || it.part(user).is_some();
    group.live().filter(concerns).count() as u64 * EVENT
}

/// What a command writes that ends something: an event for each part.
pub(crate) fn of_end(group: &Group, command: &Command) -> u64 {
    match command {
        Command::Leave { user, .. } => of_going(group, *user) + EVENT,
        Command::End { .. } | Command::EndForgotten { .. } => group.count_rows() as u64 * EVENT,
        Command::Finish { invite_id, whom: FinishWhom::Unnamed, .. } => {
            let invitation = group.invitation(*invite_id);
            let accepted = |it: &Invitation| it.in_state(InviteeState::Accepted).count();
            invitation.map_or(1, accepted) as u64 * EVENT
        }
        _ => EVENT,
    }
}

/// Whose command tells in its answer of everybody in an invitation, and how many rows that are.
pub(crate) fn of_answer(group: &Group, command: &Command) -> Option<(UserId, u32)> {
    let (Command::Cancel { actor, invite_id, .. }
    | Command::Finish { actor, invite_id, whom: FinishWhom::Unnamed, .. }) = command
    else {
        return None;
    };
    let parts = group.invitation(*invite_id)?.parts().len();
    Some((*actor, u32::try_from(parts).unwrap_or(u32::MAX)))
}

/// Whether a command only brings something to its end, without a word: that is taken of a class
/// whose room is used up, too.
pub(crate) fn only_ends(command: &Command) -> bool {
    match command {
        Command::Cancel { data, .. }
        | Command::Reject { data, .. }
        | Command::Finish { data, .. } => data.is_empty(),
        Command::Leave { .. }
        | Command::Clear { .. }
        | Command::End { .. }
        | Command::EndForgotten { .. }
        | Command::Expire => true,
        Command::Create { .. }
        | Command::Join { .. }
        | Command::Invite { .. }
        | Command::InviteInGroup { .. }
        | Command::Accept { .. }
        | Command::AnswerFor { .. }
        | Command::Perform { .. }
        | Command::Undo { .. }
        | Command::Modify { .. }
        | Command::ModifyPart { .. }
        | Command::ChangeGroup { .. }
        | Command::RenewJoinCode { .. }
        | Command::ChangeRole { .. } => false,
    }
}
