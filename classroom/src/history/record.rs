//! One invitation from its making to its end.

use call::{Media, Offer, Outcome};
use serde::{Deserialize, Serialize};
use signaling::{
    Answers, Event, EventKind, Invitation, InviteId, Invitee, InviteeList, InviteeState, Reason,
    Role, Timeout, Timestamp, UserId, event::ReceiveNewInvitation,
};

use crate::{KnownReason, Operation};

/// What an invitation was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A teacher asked the class for hands.
    Round,
    /// A teacher asked one student for a hand, as when a hand goes up once more in a round. It
    /// belongs to the round before it.
    Again,
    /// A teacher invited to speak.
    Floor,
    /// A student raised a hand unprompted.
    Ask,
    /// A call, between two or among several.
    Call,
    /// Anything else.
    Other,
}

impl Kind {
    /// What an invitation is for, when a member of this role sends it.
    pub(super) fn of(new: &ReceiveNewInvitation, inviter: Option<Role>) -> Self {
        let by_teacher = inviter == Some(Role::Teacher);
        let is_private = new.group_id.is_none();
        match Operation::read(&new.data) {
            Some(Operation::HandRaising { .. }) if by_teacher && !is_private => {
                match &new.invitee_list {
                    InviteeList::Members(members) if members.len() == 1 => Self::Again,
                    InviteeList::Members(_) | InviteeList::Everyone => Self::Round,
                }
            }
            Some(Operation::Speaking { .. }) if by_teacher && !is_private => Self::Floor,
            Some(Operation::SpeechApplication) if !by_teacher && !is_private => Self::Ask,
            Some(_) => Self::Other,
            None if Offer::read(&new.data).is_some() => Self::Call,
            None => Self::Other,
        }
    }
}

/// One invitee's part, from being asked to the end of what their acceptance began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Whose part it is.
    #[serde(rename = "userID")]
    pub user: UserId,
    /// The state it has come to.
    pub state: InviteeState,
    /// When they came to be asked.
    pub asked_at: Timestamp,
    /// When it was answered, closed or timed out; none while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Timestamp>,
    /// Who answered for them, where somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<UserId>,
    /// The event that settled it: the order of hands. 0 while it is pending.
    #[serde(default)]
    pub settled_seq: u64,
    /// When what the acceptance began was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Who ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<UserId>,
    /// Why it was cancelled or finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The application's string that came with the answer or the cancel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// The application's string that came with the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_data: Option<String>,
}

impl Part {
    fn asked(user: UserId, at: Timestamp) -> Self {
        Self {
            user,
            state: InviteeState::Pending,
            asked_at: at,
            settled_at: None,
            answered_by: None,
            settled_seq: 0,
            ended_at: None,
            ended_by: None,
            reason: None,
            data: None,
            end_data: None,
        }
    }

    /// Whether the invitee said yes, whatever came of it, and it was not taken back.
    pub fn was_accepted(&self) -> bool {
        matches!(self.state, InviteeState::Accepted | InviteeState::Finished) && !self.is_undone()
    }

    /// Whether an undo took it back: to figures and times it never happened.
    pub fn is_undone(&self) -> bool {
        self.reason.as_deref() == Some(Reason::Undone.text())
    }

    /// Milliseconds from being asked to saying yes or no; none when they did neither.
    pub fn answered_after(&self) -> Option<i64> {
        let answered = self.was_accepted() || self.state == InviteeState::Rejected;
        Some(self.settled_at.filter(|_| answered)?.millis_since(self.asked_at))
    }

    /// Milliseconds that what the acceptance began has lasted, until `now` where it goes on; none
    /// when there was no acceptance.
    pub fn lasted(&self, now: Timestamp) -> Option<i64> {
        let began = self.settled_at.filter(|_| self.was_accepted())?;
        Some(self.ended_at.unwrap_or(now).millis_since(began))
    }

    /// What its acceptance began goes on, as if it had not ended.
    fn go_on(&mut self) {
        self.state = InviteeState::Accepted;
        self.reason = None;
        self.forget_end();
    }

    fn forget_end(&mut self) {
        self.ended_at = None;
        self.ended_by = None;
        self.end_data = None;
    }

    /// Whether it can be answered again when its invitation is opened again, to everyone or to some:
    /// what the close closed, and of what a student asks all, for a teacher's no is what is taken back.
    const fn is_open_again(&self, kind: Kind, to_everyone: bool) -> bool {
        matches!(self.state, InviteeState::Cancelled | InviteeState::TimedOut)
            || to_everyone && matches!(kind, Kind::Ask)
    }

    /// Takes over that it is pending: once more, where another role or a close had ended it.
    fn ask_again(&mut self, event: &Event) {
        if matches!(self.state, InviteeState::Cancelled | InviteeState::TimedOut) {
            *self = Self::asked(self.user, event.at);
        }
    }

    fn settle(&mut self, as_it_is: &Invitee, event: &Event) {
        self.state = as_it_is.state;
        self.reason.clone_from(&as_it_is.reason);
        if let EventKind::InviteeFinished(finished) = &event.kind {
            self.ended_at = Some(event.at);
            self.ended_by = Some(finished.by);
            self.end_data.clone_from(&as_it_is.data);
        } else {
            self.settled_at = Some(event.at);
            self.answered_by = match &event.kind {
                EventKind::InviteeAccepted(accepted) => accepted.by,
                EventKind::InviteeRejected(rejected) => rejected.by,
                _ => None,
            };
            self.settled_seq = event.seq;
            self.data.clone_from(&as_it_is.data);
            self.forget_end();
        }
    }
}

/// A change of an invitation's string.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When it was changed.
    pub at: Timestamp,
    /// What it was before.
    pub before: String,
}

/// The most changes of one invitation that are told; of more, the newest.
const CHANGES: usize = 20;

/// One invitation, and everybody's part in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The invitation.
    #[serde(rename = "inviteID")]
    pub invite_id: InviteId,
    /// The event that began it: the order of records.
    pub seq: u64,
    /// What it was for.
    pub kind: Kind,
    /// The number of the round that it is, or that was the last when it was made; 0 before the
    /// first.
    pub round: u32,
    /// When that round was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_at: Option<Timestamp>,
    /// What was asked, when there were words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// What a call carried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
    /// Who invited.
    pub inviter: UserId,
    /// Whether it was one-to-one.
    pub is_private: bool,
    /// Whether it went to everyone, whoever came later included.
    pub to_everyone: bool,
    /// When it was made.
    pub asked_at: Timestamp,
    /// Seconds to answer in; 0 for no limit.
    pub timeout: Timeout,
    /// Whether each answered, or the first took it.
    pub answers: Answers,
    /// The application's string, as it was last.
    pub data: String,
    /// What its string was before each change, and when it was changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// When it could not be answered any more; none while it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Why it was cancelled as a whole, when a reason came with that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_reason: Option<String>,
    /// The application's string that came with the cancel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_data: Option<String>,
    /// Everybody's part, in the order in which they came to be asked.
    pub parts: Vec<Part>,
}

impl Record {
    pub(super) fn begin(
        kind: Kind,
        round: u32,
        round_at: Option<Timestamp>,
        invitation: &Invitation,
    ) -> Self {
        let parts = invitation.parts().iter();
        let mut record = Self {
            invite_id: invitation.invite_id,
            seq: invitation.seq,
            kind,
            round,
            round_at,
            question: None,
            media: None,
            inviter: invitation.inviter,
            is_private: invitation.group_id.is_none(),
            to_everyone: invitation.invitee_list == InviteeList::Everyone,
            asked_at: invitation.created_at,
            timeout: invitation.timeout,
            answers: invitation.answers,
            data: String::new(),
            changes: Vec::new(),
            closed_at: None,
            close_reason: None,
            close_data: None,
            parts: parts.map(|part| Part::asked(part.user_id, part.at)).collect(),
        };
        record.say(&invitation.data);
        record
    }

    pub(super) fn change(&mut self, at: Timestamp, data: &str) {
        // When hands can go up is not what was asked.
        if Operation::is_alike(&self.data, data) {
            data.clone_into(&mut self.data);
            return;
        }
        if self.changes.len() == CHANGES {
            self.changes.remove(0);
        }
        self.changes.push(Change { at, before: std::mem::take(&mut self.data) });
        self.say(data);
    }

    fn say(&mut self, data: &str) {
        data.clone_into(&mut self.data);
        self.question = match Operation::read(data) {
            Some(Operation::HandRaising { question, .. }) => question,
            Some(Operation::Speaking { .. } | Operation::SpeechApplication) | None => None,
        };
        self.media = Offer::read(data).filter(|_| self.kind == Kind::Call).map(|it| it.media);
    }

    /// What an undo has made goes on as this record: it is open again for those whom its close had
    /// closed out.
    pub(super) fn open_again(&mut self, restoring: &Invitation, event: &Event) {
        let to_everyone = restoring.invitee_list == InviteeList::Everyone;
        let mut is_open_again = to_everyone;
        for asked in restoring.parts() {
            match self.parts.iter_mut().find(|part| part.user == asked.user_id) {
                Some(part) if part.is_open_again(self.kind, to_everyone) => {
                    *part = Part { asked_at: part.asked_at, ..Part::asked(part.user, event.at) };
                    is_open_again = true;
                }
                Some(_) => {}
                None => self.parts.push(Part::asked(asked.user_id, event.at)),
            }
        }
        if is_open_again {
            self.closed_at = None;
            self.close_reason = None;
            self.close_data = None;
        }
    }

    /// Takes over what the event did to an invitation that goes on as this record, and tells whose
    /// parts it settled, and for how long each had been over where it goes on again.
    pub(super) fn follow_restored(
        &mut self,
        restoring: &Invitation,
        event: &Event,
    ) -> Vec<(usize, Option<i64>)> {
        let mut settled = Vec::new();
        for as_it_is in restoring.parts().iter().filter(|part| part.seq == event.seq) {
            let place = self.parts.iter().position(|part| part.user == as_it_is.user_id);
            let Some(place) = place else {
                self.parts.push(Part::asked(as_it_is.user_id, event.at));
                continue;
            };
            let part = &mut self.parts[place];
            match (part.state, as_it_is.state) {
                (_, InviteeState::Pending) => part.ask_again(event),
                (InviteeState::Finished, InviteeState::Accepted) if as_it_is.place.is_some() => {
                    settled.push((place, part.lasted(event.at)));
                    part.go_on();
                }
                // It went up again before the undo brought it back.
                (InviteeState::Accepted, InviteeState::Accepted) if as_it_is.place.is_some() => {}
                // The same hand in the same round once more is told as it is now, and counted once.
                (InviteeState::Accepted | InviteeState::Finished, InviteeState::Accepted) => {
                    part.settle(as_it_is, event);
                }
                (_, InviteeState::Accepted)
                | (InviteeState::Pending, _)
                | (InviteeState::Accepted, InviteeState::Finished) => {
                    part.settle(as_it_is, event);
                    settled.push((place, None));
                }
                _ => {}
            }
        }
        if Self::opens_again(restoring) {
            self.note_close(restoring, event);
        }
        settled
    }

    /// Takes over what the event did to the invitation, and tells whose parts it settled. Once an undo has
    /// opened it again, another one tells of its close.
    pub(super) fn follow(
        &mut self,
        invitation: &Invitation,
        is_open_again: bool,
        event: &Event,
    ) -> Vec<usize> {
        let mut settled = Vec::new();
        for as_it_is in invitation.parts().iter().filter(|part| part.seq == event.seq) {
            let place = self.parts.iter().position(|part| part.user == as_it_is.user_id);
            match place.and_then(|place| Some((place, self.parts.get_mut(place)?))) {
                Some((_, part)) if as_it_is.state == InviteeState::Pending => {
                    part.ask_again(event);
                }
                Some((place, part)) => {
                    part.settle(as_it_is, event);
                    settled.push(place);
                }
                None => self.parts.push(Part::asked(as_it_is.user_id, event.at)),
            }
        }
        if !is_open_again {
            self.note_close(invitation, event);
        }
        settled
    }

    /// Whether what an undo has made can be answered: one that only brings acceptances back cannot.
    pub(super) fn opens_again(restoring: &Invitation) -> bool {
        restoring.parts().iter().all(|part| part.place.is_none())
    }

    fn note_close(&mut self, invitation: &Invitation, event: &Event) {
        if !invitation.open && self.closed_at.is_none() {
            self.closed_at = Some(event.at);
            if let EventKind::InvitationCancelled(cancelled) = &event.kind {
                self.close_reason.clone_from(&cancelled.reason);
                self.close_data = Some(cancelled.data.clone()).filter(|data| !data.is_empty());
            }
        }
    }

    /// This member's part.
    pub fn part(&self, user: UserId) -> Option<&Part> {
        self.parts.iter().find(|part| part.user == user)
    }

    /// Whether this member took part: by inviting or by being invited.
    pub fn concerns(&self, user: UserId) -> bool {
        self.inviter == user || self.part(user).is_some()
    }

    /// Who has the floor by this member's acceptance, where it gives the floor to anybody.
    pub const fn speaker(&self, accepted: UserId) -> Option<UserId> {
        match self.kind {
            Kind::Floor => Some(accepted),
            Kind::Ask => Some(self.inviter),
            Kind::Round | Kind::Again | Kind::Call | Kind::Other => None,
        }
    }

    /// Milliseconds that what this part's acceptance began has lasted, until `now` where it goes on;
    /// none when there was none, as in a call whose two found no way to each other.
    pub fn lasted(&self, part: &Part, now: Timestamp) -> Option<i64> {
        part.lasted(now).filter(|_| self.call_outcome(part) != Some(Outcome::Failed))
    }

    /// What came of it for one whom it rang, when it is a call.
    pub fn call_outcome(&self, part: &Part) -> Option<Outcome> {
        let is_call = self.kind == Kind::Call;
        is_call.then(|| Outcome::of(part.state, part.reason.as_deref()))
    }

    /// How much memory it takes, in bytes, more or less.
    pub(super) fn weight(&self) -> usize {
        let of_part = |part: &Part| {
            200 + part.data.as_ref().map_or(0, String::len)
                + part.end_data.as_ref().map_or(0, String::len)
        };
        let changes: usize = self.changes.iter().map(|change| change.before.len()).sum();
        400 + self.data.len() + changes + self.parts.iter().map(of_part).sum::<usize>()
    }

    /// What a member of the class may read of it: the words of a one-to-one invitation are its two
    /// people's alone.
    #[must_use]
    pub fn for_member(mut self, user: UserId) -> Self {
        if self.is_private && !self.concerns(user) {
            self.data.clear();
            self.question = None;
            self.changes.clear();
            self.close_data = None;
            self.close_reason =
                self.close_reason.filter(|reason| KnownReason::read(reason).is_some());
            for part in &mut self.parts {
                part.data = None;
                part.end_data = None;
                part.reason =
                    part.reason.take().filter(|reason| KnownReason::read(reason).is_some());
            }
        }
        self
    }
}
