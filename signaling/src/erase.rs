//! Taking what is one person's out of a log that stays: their name, and every `data` that they
//! sent or that was for them alone. What happened, when and how often is left as it was.

use std::collections::BTreeSet;

use crate::{Application, Event, EventKind, InviteId, InviteeList, Name, UserId, reasons};

/// Erases one person from a group's log, event by event from the first.
#[derive(Debug, Clone)]
pub struct Eraser {
    whom: UserId,
    /// The invitations that they sent, or that were to them alone.
    theirs: BTreeSet<InviteId>,
}

impl Eraser {
    /// An eraser of this person.
    pub const fn new(whom: UserId) -> Self {
        Self { whom, theirs: BTreeSet::new() }
    }

    /// The next event as it is to be; none when there is nothing of theirs in it. The application
    /// says what of it is its own.
    pub fn erase(&mut self, event: &Event, application: &dyn Application) -> Option<Event> {
        let keep = |data: &str| application.keep_when_erased(data).unwrap_or_default();
        let mut erased = event.clone();
        let is_theirs =
            |theirs: &BTreeSet<InviteId>, invite_id: &InviteId| theirs.contains(invite_id);
        match &mut erased.kind {
            EventKind::ReceiveNewInvitation(new) => {
                let to_them = new.group_id.is_none()
                    && new.invitee_list == InviteeList::Members(vec![self.whom]);
                if new.inviter == self.whom || to_them {
                    self.theirs.insert(new.invite_id);
                    new.data = keep(&new.data);
                }
            }
            EventKind::InvitationModified(modified) => {
                if is_theirs(&self.theirs, &modified.invite_id) {
                    modified.data = keep(&modified.data);
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
                    let is_words = !reasons::ALL.contains(&finished.reason.as_str())
                        && !application.knows_reason(&finished.reason);
                    if is_words {
                        reasons::FINISHED.clone_into(&mut finished.reason);
                    }
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
