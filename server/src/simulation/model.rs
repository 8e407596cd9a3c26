//! What must be true of a class, told anew from the contract and knowing nothing of the rules' code:
//! it takes the events of the log as they become durable and says which of them should not be there.

use std::collections::{BTreeMap, BTreeSet};

use signaling::event::{InvitationCancelled, InvitationTimeout, ReceiveNewInvitation};
use signaling::{
    Answers, Event, EventKind, InviteId, InviteeList, InviteeState, Role, Timestamp, UserId,
};

/// Says what is wrong when something is.
pub type Verdict = Result<(), String>;

/// Fails with a sentence unless something holds.
macro_rules! must {
    ($holds:expr, $($sentence:tt)+) => {
        if !$holds {
            return Err(format!($($sentence)+));
        }
    };
}
pub(super) use must;

/// One invitee's way through an invitation: each state, and the event that brought it.
#[derive(Debug)]
pub struct Part {
    pub history: Vec<(u64, InviteeState)>,
}

impl Part {
    pub fn state(&self) -> InviteeState {
        self.history.last().map_or(InviteeState::Pending, |(_, state)| *state)
    }
}

#[derive(Debug)]
pub struct Sent {
    pub inviter: UserId,
    /// The other one, when it is between two.
    pub between: Option<UserId>,
    pub to_all: bool,
    pub first: bool,
    /// Only of one to everybody: nothing has closed it.
    goes_on: bool,
    pub is_call: bool,
    pub expires_at: Option<Timestamp>,
    pub timeouts: u32,
    pub parts: BTreeMap<UserId, Part>,
}

impl Sent {
    fn those(&self, state: InviteeState) -> Vec<UserId> {
        let those = self.parts.iter().filter(|(_, part)| part.state() == state);
        those.map(|(user, _)| *user).collect()
    }

    pub fn is_open(&self) -> bool {
        if self.to_all { self.goes_on } else { !self.those(InviteeState::Pending).is_empty() }
    }

    /// The one who has accepted, of those between two.
    pub fn talks(&self) -> bool {
        self.between.is_some() && !self.those(InviteeState::Accepted).is_empty()
    }

    fn is_seen_by(&self, user: UserId) -> bool {
        self.between.is_none_or(|other| user == other || user == self.inviter)
    }
}

/// A class as its log tells it.
#[derive(Debug, Default)]
pub struct Model {
    pub seq: u64,
    at: Timestamp,
    pub members: BTreeMap<UserId, Role>,
    /// Who is gone, and with which event.
    pub gone: BTreeMap<UserId, u64>,
    /// Who was gone and has come again: their other devices are still out.
    returned: BTreeSet<UserId>,
    locked: bool,
    ask_anytime: bool,
    pub ended: Option<u64>,
    pub invitations: BTreeMap<InviteId, Sent>,
    /// Of each event the invitation that it is about, where it is between two.
    private: Vec<Option<InviteId>>,
}

impl Model {
    /// Whether the user may see the event of this number.
    pub fn may_see(&self, user: UserId, seq: u64) -> bool {
        let place = usize::try_from(seq - 1).unwrap_or(usize::MAX);
        match self.private.get(place) {
            Some(Some(invite_id)) => self.may_know(user, *invite_id),
            Some(None) => true,
            None => false,
        }
    }

    /// Whether the user may know of the invitation.
    pub fn may_know(&self, user: UserId, invite_id: InviteId) -> bool {
        self.invitations.get(&invite_id).is_some_and(|sent| sent.is_seen_by(user))
    }

    /// The next event after one that the user may see.
    pub fn next_for(&self, user: UserId, after: u64) -> Option<u64> {
        (after + 1..=self.seq).find(|seq| self.may_see(user, *seq))
    }

    /// Whether every device of this user has to be let in.
    pub fn belongs(&self, user: UserId) -> bool {
        self.members.contains_key(&user) && !self.returned.contains(&user)
    }

    /// Whoever takes up the log has another clock.
    pub fn forget_the_time(&mut self) {
        self.at = Timestamp::default();
    }

    fn teachers(&self) -> usize {
        self.members.values().filter(|role| **role == Role::Teacher).count()
    }

    fn sent(&mut self, invite_id: InviteId) -> Result<&mut Sent, String> {
        let sent = self.invitations.get_mut(&invite_id);
        sent.ok_or_else(|| format!("nobody has sent {invite_id}"))
    }

    /// Takes the next event of the log.
    pub fn take(&mut self, event: &Event) -> Verdict {
        must!(event.seq == self.seq + 1, "{} follows {}", event.seq, self.seq);
        must!(event.at >= self.at, "{} is older than the event before it", event.seq);
        must!(self.ended.is_none(), "{} comes after the end", event.seq);
        self.seq = event.seq;
        self.at = event.at;
        self.take_kind(event).map_err(|sentence| format!("event {}: {sentence}", event.seq))?;
        let about = event.invite_id().filter(|invite_id| {
            self.invitations.get(invite_id).is_some_and(|sent| sent.between.is_some())
        });
        self.private.push(about);
        Ok(())
    }

    fn take_kind(&mut self, event: &Event) -> Verdict {
        let (seq, at) = (event.seq, event.at);
        match &event.kind {
            EventKind::ReceiveNewInvitation(new) => self.receive(new, event),
            EventKind::InviteeAccepted(accepted) => {
                let sent = self.sent(accepted.invite_id)?;
                must!(sent.expires_at.is_none_or(|end| at < end), "accepted after the deadline");
                if sent.first {
                    let taken = sent.parts.values().any(|part| {
                        part.history.iter().any(|(_, state)| *state == InviteeState::Accepted)
                    });
                    must!(!taken, "taken twice");
                    sent.goes_on = false;
                }
                settle(sent, &[accepted.invitee], InviteeState::Accepted, seq)
            }
            EventKind::InviteeRejected(rejected) => {
                let sent = self.sent(rejected.invite_id)?;
                must!(sent.expires_at.is_none_or(|end| at < end), "declined after the deadline");
                settle(sent, &[rejected.invitee], InviteeState::Rejected, seq)
            }
            EventKind::InvitationCancelled(InvitationCancelled {
                invite_id, invitee_list, ..
            }) => {
                let sent = self.sent(*invite_id)?;
                let whom = close(sent, invitee_list)?;
                settle(sent, &whom, InviteeState::Cancelled, seq)
            }
            EventKind::InvitationTimeout(InvitationTimeout { invite_id, invitee_list }) => {
                let sent = self.sent(*invite_id)?;
                must!(sent.expires_at.is_some_and(|end| end <= at), "timed out early");
                must!(sent.is_open(), "timed out when it was closed");
                sent.timeouts += 1;
                must!(sent.timeouts == 1, "timed out twice");
                let whom = close(sent, invitee_list)?;
                settle(sent, &whom, InviteeState::TimedOut, seq)?;
                let rest = sent.those(InviteeState::Pending);
                must!(rest.is_empty(), "timed out, and {rest:?} are still pending");
                Ok(())
            }
            EventKind::InvitationModified(modified) => {
                let sent = self.sent(modified.invite_id)?;
                must!(sent.is_open(), "modified when it was closed");
                Ok(())
            }
            EventKind::InviteeFinished(finished) => {
                let sent = self.sent(finished.invite_id)?;
                settle(sent, &[finished.invitee], InviteeState::Finished, seq)
            }
            EventKind::MemberJoined(joined) => {
                let user = joined.user_id;
                let is_first = self.members.is_empty();
                must!(is_first == (joined.role == Role::Teacher), "joined as {:?}", joined.role);
                must!(!self.locked, "joined a locked class");
                let is_new = self.members.insert(user, joined.role).is_none();
                must!(is_new, "{user} joined twice");
                // Whoever sends the form again after they were removed is themselves again.
                if self.gone.remove(&user).is_some() {
                    self.returned.insert(user);
                }
                self.is_asked(user, joined.role, event);
                Ok(())
            }
            EventKind::MemberChanged(changed) => {
                let role = self.members.get_mut(&changed.user_id).ok_or("no such member")?;
                *role = changed.role;
                must!(self.teachers() > 0, "no teacher is left");
                self.is_asked(changed.user_id, changed.role, event);
                Ok(())
            }
            EventKind::MemberLeft(left) => {
                let user = left.user_id;
                must!(self.members.remove(&user).is_some(), "{user} is not there to leave");
                must!(self.teachers() > 0, "no teacher is left");
                self.gone.insert(user, seq);
                for (invite_id, sent) in &self.invitations {
                    let state = sent.parts.get(&user).map(Part::state);
                    let is_on =
                        matches!(state, Some(InviteeState::Pending | InviteeState::Accepted));
                    must!(!is_on, "{user} has left and is {state:?} in {invite_id}");
                    let asks = sent.inviter == user && sent.is_open();
                    must!(!asks, "{user} has left and {invite_id} is open");
                }
                Ok(())
            }
            EventKind::GroupChanged(changed) => {
                self.locked = changed.settings.locked;
                self.ask_anytime = changed.settings.ask_anytime;
                Ok(())
            }
            EventKind::GroupEnded(_) => {
                self.ended = Some(seq);
                for (invite_id, sent) in &self.invitations {
                    let is_on = sent.is_open() || !sent.those(InviteeState::Accepted).is_empty();
                    must!(!is_on, "the class has ended and {invite_id} is live");
                }
                Ok(())
            }
        }
    }

    fn receive(&mut self, new: &ReceiveNewInvitation, event: &Event) -> Verdict {
        let by = *self.members.get(&new.inviter).ok_or("the inviter is no member")?;
        must!(!self.invitations.contains_key(&new.invite_id), "it was sent before");
        let seconds = new.timeout.seconds();
        let expires_at = (seconds > 0).then(|| event.at.plus_seconds(seconds));
        must!(new.expires_at == expires_at, "it expires at another moment than it says");
        let whom: Vec<UserId> = match &new.invitee_list {
            InviteeList::Members(whom) => whom.clone(),
            InviteeList::Everyone => {
                let of_role = self.members.iter().filter(|(_, role)| **role != by);
                of_role.map(|(user, _)| *user).collect()
            }
        };
        let to_all = new.invitee_list == InviteeList::Everyone;
        must!(to_all || !whom.is_empty(), "nobody is invited");
        for user in &whom {
            let role = self.members.get(user).ok_or("an invitee is no member")?;
            must!(*user != new.inviter, "they invite themselves");
            must!(by == Role::Teacher || *role == Role::Teacher, "a student invites a student");
        }
        if by == Role::Student && new.group_id.is_some() {
            must!(self.ask_anytime, "a student asks where nobody may");
            let asks = |sent: &Sent| {
                sent.inviter == new.inviter
                    && sent.between.is_none()
                    && sent.is_open()
                    && sent.expires_at.is_none_or(|end| event.at < end)
            };
            must!(!self.invitations.values().any(asks), "a student asks twice");
        }
        let pending = || Part { history: vec![(event.seq, InviteeState::Pending)] };
        let sent = Sent {
            inviter: new.inviter,
            between: new.group_id.is_none().then(|| whom[0]),
            to_all,
            first: new.answers == Answers::First,
            goes_on: true,
            is_call: new.data.contains("\"call\"") && new.group_id.is_none(),
            expires_at,
            timeouts: 0,
            parts: whom.into_iter().map(|user| (user, pending())).collect(),
        };
        self.invitations.insert(new.invite_id, sent);
        Ok(())
    }

    /// Who comes to hold a role is asked by what is open to everybody of it.
    fn is_asked(&mut self, user: UserId, role: Role, event: &Event) {
        for sent in self.invitations.values_mut() {
            let by = self.members.get(&sent.inviter);
            let is_due = sent.expires_at.is_some_and(|end| end <= event.at);
            let is_open = sent.to_all && sent.goes_on && !is_due && sent.inviter != user;
            if is_open && by.is_some_and(|by| *by != role) {
                let pending = || Part { history: vec![(event.seq, InviteeState::Pending)] };
                sent.parts.entry(user).or_insert_with(pending);
            }
        }
    }

    /// What must hold of everything between two commits.
    pub fn rests(&self) -> Verdict {
        for (invite_id, sent) in &self.invitations {
            let pending = sent.those(InviteeState::Pending);
            if sent.first {
                let taken = sent.parts.values().any(|part| {
                    part.history.iter().any(|(_, state)| *state == InviteeState::Accepted)
                });
                must!(!taken || pending.is_empty(), "{invite_id} was taken and is not closed");
            }
        }
        let calls = self.invitations.values().filter(|sent| sent.is_call && sent.talks());
        let mut engaged = BTreeSet::new();
        for call in calls {
            for user in [Some(call.inviter), call.between].into_iter().flatten() {
                must!(engaged.insert(user), "{user} is in two calls");
            }
        }
        Ok(())
    }

    /// The invitations whose deadline has passed at this moment and that are open all the same.
    pub fn overdue(&self, now: Timestamp) -> Vec<InviteId> {
        let is_overdue =
            |sent: &Sent| sent.is_open() && sent.expires_at.is_some_and(|end| end <= now);
        let overdue = self.invitations.iter().filter(|(_, sent)| is_overdue(sent));
        overdue.map(|(invite_id, _)| *invite_id).collect()
    }
}

fn settle(sent: &mut Sent, whom: &[UserId], to: InviteeState, seq: u64) -> Verdict {
    let from = match to {
        InviteeState::Finished => InviteeState::Accepted,
        _ => InviteeState::Pending,
    };
    for user in whom {
        let part = sent.parts.get_mut(user).ok_or_else(|| format!("{user} is not asked"))?;
        let state = part.state();
        must!(state == from, "{user} is {state:?} and comes to be {to:?}");
        part.history.push((seq, to));
    }
    Ok(())
}

/// Closes an invitation for those that an event names; all who are pending when it names all.
fn close(sent: &mut Sent, whom: &InviteeList) -> Result<Vec<UserId>, String> {
    match whom {
        InviteeList::Members(whom) => Ok(whom.clone()),
        InviteeList::Everyone => {
            must!(sent.to_all, "it names all and was not sent to all");
            sent.goes_on = false;
            Ok(sent.those(InviteeState::Pending))
        }
    }
}
