//! Taking what is one person's out of a log that stays: their name, and every `data` that they
//! sent or that was for them alone. What happened, when and how often is left as it was.

use std::collections::BTreeSet;

use crate::event::MemberJoined;
use crate::{Alike, Application, Event, EventKind, InviteId, InviteeList, Name, Reason, UserId};

/// Erases one person from a group's log, event by event from the first.
#[derive(Debug, Clone)]
pub struct Eraser {
    whom: UserId,
    /// The invitations that they sent, or that were to them alone.
    theirs: BTreeSet<InviteId>,
    /// How their name looked, once they have joined.
    look: Option<Look>,
}

/// One look of names, with one of those who had it taken out: the others are numbered as if there
/// had never been that one, or it would be known whose name the erased one's looked like.
#[derive(Debug, Clone, Copy)]
struct Look {
    /// The first of this look in the log as it was.
    first: UserId,
    /// The first of this look in the log as it is to be, once there is one.
    new_first: Option<UserId>,
    /// The number of the one who is taken out.
    number: u32,
}

impl Look {
    fn of(joined: &MemberJoined) -> Self {
        let first = Alike::first(joined.user_id, joined.alike);
        let new_first = (first != joined.user_id).then_some(first);
        Self { first, new_first, number: joined.alike.map_or(1, |alike| alike.number) }
    }

    /// What tells a member from the others then.
    fn without(&mut self, user: UserId, alike: Alike) -> Option<Alike> {
        if alike.user_id != self.first {
            return Some(alike);
        }
        let user_id = *self.new_first.get_or_insert(user);
        let number = alike.number - u32::from(alike.number > self.number);
        (user_id != user).then_some(Alike { user_id, number })
    }
}

impl Eraser {
    /// An eraser of this person.
    pub const fn new(whom: UserId) -> Self {
        Self { whom, theirs: BTreeSet::new(), look: None }
    }

    /// The next event as it is to be; none when there is nothing of theirs in it. The application
    /// says what of it is its own.
    pub fn erase(&mut self, event: &Event, application: &dyn Application) -> Option<Event> {
        let keep = |data: &str| application.keep_when_erased(data).unwrap_or_default();
        let is_ours =
            |reason: &str| Reason::read(reason).is_some() || application.knows_reason(reason);
        let mut erased = event.clone();
        let is_theirs =
            |theirs: &BTreeSet<InviteId>, invite_id: &InviteId| theirs.contains(invite_id);
        match &mut erased.kind {
            EventKind::ReceiveNewInvitation(new) => {
                let to_them = new.group_id.is_none()
                    && new.invitee_list == InviteeList::Members(vec![self.whom]);
                // What an undo brought back is theirs as well, whoever pressed it.
                let is_of_theirs = new.restores.is_some_and(|it| self.theirs.contains(&it));
                if new.inviter == self.whom || to_them || is_of_theirs {
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
                let by_them = accepted.invitee == self.whom || accepted.by == Some(self.whom);
                if by_them || is_theirs(&self.theirs, &accepted.invite_id) {
                    accepted.data.clear();
                }
            }
            EventKind::InviteeRejected(rejected) => {
                let by_them = rejected.invitee == self.whom || rejected.by == Some(self.whom);
                if by_them || is_theirs(&self.theirs, &rejected.invite_id) {
                    rejected.data.clear();
                    rejected.reason = rejected.reason.take().filter(|reason| is_ours(reason));
                }
            }
            EventKind::InvitationCancelled(cancelled) => {
                let of_them = cancelled.invitee_list == InviteeList::Members(vec![self.whom]);
                let by_them = cancelled.by == Some(self.whom);
                if of_them || by_them || is_theirs(&self.theirs, &cancelled.invite_id) {
                    cancelled.data.clear();
                }
            }
            EventKind::InviteeFinished(finished) => {
                let by_or_of_them = finished.invitee == self.whom || finished.by == self.whom;
                if by_or_of_them || is_theirs(&self.theirs, &finished.invite_id) {
                    finished.data.clear();
                    if !is_ours(&finished.reason) {
                        Reason::Finished.text().clone_into(&mut finished.reason);
                    }
                }
            }
            EventKind::MemberJoined(joined) => {
                if joined.user_id == self.whom {
                    self.look.get_or_insert_with(|| Look::of(joined));
                    joined.name = Name::erased();
                    joined.alike = None;
                } else if let Some(look) = &mut self.look {
                    joined.alike =
                        joined.alike.and_then(|alike| look.without(joined.user_id, alike));
                }
            }
            // Their strings are the application's own account of what was done.
            EventKind::Performed(_)
            | EventKind::InviteeModified(_)
            | EventKind::Undone(_)
            | EventKind::InvitationCleared(_)
            | EventKind::InvitationTimeout(_)
            | EventKind::MemberChanged(_)
            | EventKind::MemberLeft(_)
            | EventKind::GroupChanged(_)
            | EventKind::GroupEnded(_) => {}
        }
        (erased != *event).then_some(erased)
    }
}
