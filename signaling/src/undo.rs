//! Undo: what somebody performed last is taken back, and everything is in its place again.
//!
//! A part that is settled never opens again, so what an undo brings back comes in invitations of its
//! own, made as those that they restore and with their places in the order. Whoever knows nothing of
//! undo sees the same hands, only in another order.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::event::{
    InvitationCancelled, InvitationTimeout, InviteeAccepted, InviteeFinished, InviteeModified,
    ReceiveNewInvitation, Undone,
};
use crate::{
    Answers, EventKind, Group, Invitation, InviteId, Invitee, InviteeList, InviteeState, Reason,
    Rejection, Timeout, Timestamp, UserId,
};

/// Takes back what was performed last, if that was it: `actor` is a teacher.
pub(crate) fn undo(
    group: &Group,
    now: Timestamp,
    actor: UserId,
    performed: u64,
    fresh: InviteId,
) -> Result<Vec<EventKind>, Rejection> {
    if group.undone == Some(performed) {
        return Ok(Vec::new());
    }
    let last = group.performed.as_ref().filter(|it| it.seq == performed && it.can_be_undone(now));
    let last = last.ok_or(Rejection::NothingToUndo)?;
    let mut undo = Undo {
        open: BTreeMap::new(),
        group,
        now,
        actor,
        range: last.first..=last.last,
        fresh,
        made: 0,
        kinds: Vec::new(),
    };
    for open in group.live().filter(|it| it.open && it.group_id.is_some()) {
        if group.is_student(open.inviter) {
            undo.open.entry(open.inviter).or_default().push(open);
        }
    }
    let mut touched: Vec<&Invitation> =
        group.invitations().filter(|it| it.group_id.is_some() && undo.touches(it)).collect();
    touched.sort_unstable_by_key(|invitation| invitation.seq);
    // What was begun ends first, so that nobody is in two places meanwhile.
    touched.iter().for_each(|invitation| undo.end(invitation));
    touched.iter().for_each(|invitation| undo.bring_back(invitation));
    undo.kinds.push(Undone { by: actor, performed }.into());
    Ok(undo.kinds)
}

struct Undo<'a> {
    group: &'a Group,
    /// What each student has open in the group.
    open: BTreeMap<UserId, Vec<&'a Invitation>>,
    now: Timestamp,
    actor: UserId,
    /// The events that are taken back.
    range: RangeInclusive<u64>,
    fresh: InviteId,
    /// How many invitations were made.
    made: u32,
    kinds: Vec<EventKind>,
}

impl Undo<'_> {
    fn touches(&self, invitation: &Invitation) -> bool {
        let range = &self.range;
        range.contains(&invitation.seq)
            || range.contains(&invitation.ends.closed)
            || range.contains(&invitation.ends.cleared)
            || invitation.parts().iter().any(|part| range.contains(&part.seq))
    }

    /// Ends what an invitation began in the range: one that was made then, or what was accepted then.
    fn end(&mut self, invitation: &Invitation) {
        let is_new = self.range.contains(&invitation.seq);
        if is_new && invitation.open {
            let pending = invitation.in_state(InviteeState::Pending).collect();
            self.kinds.push(cancelled(invitation, InviteeList::Members(pending), self.actor));
        }
        let began = |part: &&Invitee| {
            part.state == InviteeState::Accepted && (is_new || self.range.contains(&part.seq))
        };
        let ended: Vec<EventKind> = invitation
            .parts()
            .iter()
            .filter(began)
            .map(|part| {
                InviteeFinished {
                    invite_id: invitation.invite_id,
                    invitee: part.user_id,
                    by: self.actor,
                    reason: Reason::Undone.text().to_owned(),
                    data: String::new(),
                }
                .into()
            })
            .collect();
        self.kinds.extend(ended);
    }

    fn bring_back(&mut self, invitation: &Invitation) {
        let is_new = self.range.contains(&invitation.seq);
        if is_new {
            self.bring_back_what_followed(invitation);
            return;
        }
        if !can_come_back(self.group, invitation) {
            return;
        }
        let was_taken = invitation
            .parts()
            .iter()
            .any(|part| part.state == InviteeState::Accepted && self.range.contains(&part.seq));
        let was_cancelled = invitation.closed == Some(InviteeState::Cancelled)
            && self.range.contains(&invitation.ends.closed);
        let was_withdrawn = || withdrawn(invitation).is_some_and(|it| self.range.contains(&it));
        if invitation.by_student && (was_taken || was_withdrawn()) {
            self.ask_again(invitation);
        } else if self.range.contains(&invitation.ends.cleared) {
            self.show_again(invitation);
        } else if was_cancelled {
            self.open_again(invitation);
        }
        let finished: Vec<&Invitee> = invitation
            .parts()
            .iter()
            .filter(|part| part.state == InviteeState::Finished && self.range.contains(&part.seq))
            .collect();
        self.accept_again(invitation, &finished);
    }

    /// Whoever accepted an invitation that is taken back had something end with it, at that moment
    /// and after it: their hand that was up by then.
    fn bring_back_what_followed(&mut self, invitation: &Invitation) {
        for part in invitation.parts() {
            if part.state != InviteeState::Accepted {
                continue;
            }
            let followed = |it: &&Invitee| {
                it.user_id == part.user_id
                    && it.state == InviteeState::Finished
                    && it.at == part.at
                    && it.seq > part.seq
                    && it.accepted.as_ref().is_some_and(|accepted| accepted.seq < part.seq)
            };
            let group = self.group;
            let was_there = |it: &&Invitation| {
                it.group_id.is_some() && it.seq < part.seq && can_come_back(group, it)
            };
            for other in group.invitations().filter(was_there) {
                let parts: Vec<&Invitee> =
                    other.part(part.user_id).into_iter().filter(followed).collect();
                // What ended in the range is brought back as itself.
                if parts.iter().all(|part| !self.range.contains(&part.seq)) {
                    self.accept_again(other, &parts);
                }
                let followed = |seq| seq > part.seq && !self.range.contains(&seq);
                if other.inviter == part.user_id
                    && withdrawn(other).is_some_and(followed)
                    && other.parts().iter().any(|it| it.at == part.at)
                {
                    self.ask_again(other);
                }
            }
        }
    }

    /// An invitation like one that there was, with its place in the order; its id.
    fn make(
        &mut self,
        like: &Invitation,
        invitee_list: InviteeList,
        expires_at: Option<Timestamp>,
        taken_by: Option<UserId>,
    ) -> InviteId {
        let invite_id = self.fresh.nth(self.made);
        self.made += 1;
        let is_to_all = invitee_list == InviteeList::Everyone;
        // Whoever sent it, if they may send it today; else whoever takes it back.
        let inviter = self.inviter_like(like);
        let left = expires_at.map_or(0, |at| (at.millis_since(self.now).max(0) + 999) / 1_000);
        self.kinds.push(
            ReceiveNewInvitation {
                invite_id,
                inviter,
                group_id: Some(self.group.id),
                invitee_list,
                data: like.data.clone(),
                timeout: u32::try_from(left)
                    .ok()
                    .and_then(|left| Timeout::new(left).ok())
                    .unwrap_or_default(),
                expires_at,
                answers: if is_to_all { like.answers } else { Answers::Each },
                stays: None,
                restores: Some(like.invite_id),
                place: Some(like.place()),
                taken_by,
            }
            .into(),
        );
        invite_id
    }

    /// What a student asked unprompted, once more.
    fn ask_again(&mut self, invitation: &Invitation) {
        let group = self.group;
        let list = match &invitation.invitee_list {
            InviteeList::Everyone => InviteeList::Everyone,
            InviteeList::Members(users) => {
                let teachers = users.iter().filter(|user| group.is_teacher(**user));
                InviteeList::Members(teachers.copied().collect())
            }
        };
        if list != InviteeList::Members(Vec::new()) {
            // What they have asked since gives way to it, for its place is the better one.
            for since in self.open.remove(&invitation.inviter).into_iter().flatten() {
                let pending = since.in_state(InviteeState::Pending).collect();
                self.kinds.push(cancelled(since, InviteeList::Members(pending), self.actor));
            }
            self.make(invitation, list, None, None);
        }
    }

    /// What was closed can be answered once more, until its own deadline.
    fn open_again(&mut self, invitation: &Invitation) {
        if invitation.expires_at.is_none_or(|deadline| deadline > self.now) {
            let list = self.still_here(&invitation.invitee_list, invitation);
            if let Some(list) = list {
                self.make(invitation, list, invitation.expires_at, None);
            }
        }
    }

    /// What was cleared is told once more, as closed as it was.
    fn show_again(&mut self, invitation: &Invitation) {
        let was_closed =
            invitation.ends.closed != 0 && !self.range.contains(&invitation.ends.closed);
        if !was_closed {
            self.open_again(invitation);
            return;
        }
        let timed_out = invitation.closed == Some(InviteeState::TimedOut);
        let expires_at = invitation.expires_at.filter(|at| timed_out || *at > self.now);
        let taken_by = invitation.taker();
        let invite_id = self.make(invitation, InviteeList::Everyone, expires_at, taken_by);
        self.kinds.push(if timed_out {
            InvitationTimeout { invite_id, invitee_list: InviteeList::Everyone }.into()
        } else {
            let inviter = self.inviter_like(invitation);
            let closed = Invitation { invite_id, inviter, ..invitation.without_invitees() };
            cancelled(&closed, InviteeList::Everyone, self.actor)
        });
    }

    /// What these parts of an invitation had begun goes on from where it began.
    fn accept_again(&mut self, invitation: &Invitation, parts: &[&Invitee]) {
        let group = self.group;
        let may_be_asked = |user| {
            if invitation.by_student { group.is_teacher(user) } else { group.is_student(user) }
        };
        let here: Vec<&Invitee> =
            parts.iter().filter(|part| may_be_asked(part.user_id)).copied().collect();
        if here.is_empty() {
            return;
        }
        let users = here.iter().map(|part| part.user_id).collect();
        let invite_id = self.make(invitation, InviteeList::Members(users), None, None);
        let by = self.actor;
        for part in here {
            let (invitee, before) = (part.user_id, part.accepted.as_ref());
            let place = before.map(|accepted| accepted.place());
            // What was said with it stays where it was said.
            let data = String::new();
            let accepted = InviteeAccepted { invite_id, invitee, data, by: Some(by), place };
            self.kinds.push(accepted.into());
            if let Some(data) = part.terms.clone() {
                self.kinds.push(InviteeModified { invite_id, invitee, by, data }.into());
            }
        }
    }

    fn inviter_like(&self, like: &Invitation) -> UserId {
        let is_theirs = like.by_student || self.group.is_teacher(like.inviter);
        if is_theirs { like.inviter } else { self.actor }
    }

    /// Whom an invitation asks of those who are still in the group.
    fn still_here(&self, list: &InviteeList, invitation: &Invitation) -> Option<InviteeList> {
        match list {
            InviteeList::Everyone => Some(InviteeList::Everyone),
            InviteeList::Members(_) => {
                let closed = invitation.parts().iter().filter(|part| {
                    self.range.contains(&part.seq) && self.group.is_student(part.user_id)
                });
                let users: Vec<UserId> = closed.map(|part| part.user_id).collect();
                (!users.is_empty()).then_some(InviteeList::Members(users))
            }
        }
    }
}

/// What a student asked is theirs: it comes back while they are a student here, and with nobody else.
fn can_come_back(group: &Group, invitation: &Invitation) -> bool {
    !invitation.by_student || group.is_student(invitation.inviter)
}

/// The event by which a student's ask was over without having been taken, if it was.
fn withdrawn(ask: &Invitation) -> Option<u64> {
    match &ask.invitee_list {
        InviteeList::Everyone => {
            (ask.closed == Some(InviteeState::Cancelled)).then_some(ask.ends.closed)
        }
        InviteeList::Members(_) if ask.open => None,
        InviteeList::Members(_) => {
            let last = ask.parts().iter().max_by_key(|part| part.seq);
            let is_over = |state| matches!(state, InviteeState::Cancelled | InviteeState::Rejected);
            last.filter(|part| is_over(part.state)).map(|part| part.seq)
        }
    }
}

/// The end of an invitation for all of these who are silent; one to everyone says so.
fn cancelled(invitation: &Invitation, pending: InviteeList, by: UserId) -> EventKind {
    let invitee_list = match invitation.invitee_list {
        InviteeList::Everyone => InviteeList::Everyone,
        InviteeList::Members(_) => pending,
    };
    InvitationCancelled {
        invite_id: invitation.invite_id,
        inviter: invitation.inviter,
        invitee_list,
        data: String::new(),
        reason: Some(Reason::Undone.text().to_owned()),
        by: Some(by),
    }
    .into()
}
