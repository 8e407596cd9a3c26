//! Taking what is one person's out of a log that stays: their name, and every `data` that they
//! sent or that was for them alone. What happened, when and how often is left as it was.

use std::collections::BTreeSet;

use crate::{Event, EventKind, InviteId, InviteeList, Name, UserId};

/// Erases one person from a group's log, event by event from the first.
pub struct Eraser<'a> {
    whom: UserId,
    /// What is left of a `data`.
    keep: &'a dyn Fn(&str) -> String,
    /// The invitations that they sent, or that were to them alone.
    theirs: BTreeSet<InviteId>,
}

impl<'a> Eraser<'a> {
    /// An eraser of this person. `keep` says what of a `data` is the application's and not theirs.
    pub const fn new(whom: UserId, keep: &'a dyn Fn(&str) -> String) -> Self {
        Self { whom, keep, theirs: BTreeSet::new() }
    }

    /// The event as it is to be; none when there is nothing of theirs in it.
    pub fn erase(&mut self, event: &Event) -> Option<Event> {
        let mut erased = event.clone();
        let is_theirs =
            |theirs: &BTreeSet<InviteId>, invite_id: &InviteId| theirs.contains(invite_id);
        match &mut erased.kind {
            EventKind::ReceiveNewInvitation(new) => {
                let to_them = new.group_id.is_none()
                    && new.invitee_list == InviteeList::Members(vec![self.whom]);
                if new.inviter == self.whom || to_them {
                    self.theirs.insert(new.invite_id);
                    new.data = (self.keep)(&new.data);
                }
            }
            EventKind::InvitationModified(modified) => {
                if is_theirs(&self.theirs, &modified.invite_id) {
                    modified.data = (self.keep)(&modified.data);
                }
            }
            EventKind::InviteeAccepted(accepted) => {
                if accepted.invitee == self.whom || is_theirs(&self.theirs, &accepted.invite_id) {
                    accepted.data.clear();
                }
            }
            EventKind::InviteeRejected(rejected) => {
                if rejected.invitee == self.whom || is_theirs(&self.theirs, &rejected.invite_id) {
                    rejected.data.clear();
                }
            }
            EventKind::InvitationCancelled(cancelled) => {
                let of_them = cancelled.invitee_list == InviteeList::Members(vec![self.whom]);
                if of_them || is_theirs(&self.theirs, &cancelled.invite_id) {
                    cancelled.data.clear();
                }
            }
            EventKind::InviteeFinished(finished) => {
                let by_or_of_them = finished.invitee == self.whom || finished.by == self.whom;
                if by_or_of_them || is_theirs(&self.theirs, &finished.invite_id) {
                    finished.data.clear();
                }
            }
            EventKind::MemberJoined(joined) => {
                if joined.user_id == self.whom {
                    joined.name = Name::erased();
                }
            }
            EventKind::InvitationTimeout(_)
            | EventKind::MemberChanged(_)
            | EventKind::MemberLeft(_)
            | EventKind::GroupChanged(_)
            | EventKind::GroupEnded(_) => {}
        }
        (erased != *event).then_some(erased)
    }
}
