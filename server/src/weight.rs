//! What things weigh: how many bytes they come to on the disk and in memory. A class and a network
//! have sums of it, so that nobody fills what everybody shares.

use signaling::{Command, Event, EventKind, Group, InviteeList};

use crate::store::EncodedEvent;

/// An event without words, with its row.
pub(crate) const EVENT: u64 = 352;
/// A row in the file beside its text: its key, and its place in the indexes.
const ROW: u64 = 96;
/// One person's part in an invitation: it is in memory twice, as decided and as published.
const PART: u64 = 224;
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
    of_rows(events) + parts as u64 * PART
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
        EventKind::MemberJoined(_) | EventKind::MemberChanged(_) => {
            let asks_all = |list: &InviteeList| *list == InviteeList::Everyone;
            group.live().filter(|it| it.open && asks_all(&it.invitee_list)).count()
        }
        _ => 0,
    }
}

/// What a command brings beside its event: words, and people who are asked.
pub(crate) fn of_command(group: &Group, command: &Command) -> u64 {
    let parts = match command {
        Command::InviteInGroup { invitee_list: InviteeList::Everyone, .. } => group.members().len(),
        Command::InviteInGroup { invitee_list: InviteeList::Members(members), .. } => members.len(),
        Command::Invite { .. } => 1,
        _ => 0,
    };
    command.data().len() as u64 + parts as u64 * PART
}

/// Whether a command only brings something to its end, without a word: that is taken of a class
/// whose room is used up, too.
pub(crate) fn only_ends(command: &Command) -> bool {
    match command {
        Command::Cancel { data, .. }
        | Command::Reject { data, .. }
        | Command::Finish { data, .. } => data.is_empty(),
        Command::Leave { .. } | Command::End { .. } | Command::Expire => true,
        Command::Create { .. }
        | Command::Join { .. }
        | Command::Invite { .. }
        | Command::InviteInGroup { .. }
        | Command::Accept { .. }
        | Command::Modify { .. }
        | Command::ChangeGroup { .. }
        | Command::RenewJoinCode { .. }
        | Command::ChangeRole { .. } => false,
    }
}
