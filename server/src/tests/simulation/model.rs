//! What must be true of a class, told anew from the contract and knowing nothing of the rules' code:
//! it takes the events of the log as they become durable and says which of them should not be there.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use classroom::{ASK_ANYTIME, END_BY_ITSELF, SPEAKING_LIMIT};
use serde_json::{Value, json};
use signaling::event::{InvitationCancelled, InvitationTimeout, ReceiveNewInvitation};
use signaling::{
    Answers, Event, EventKind, GroupId, InviteId, InviteeList, InviteeState, Name, Place, Role,
    STUDENTS_INVITE_STUDENTS, Settings, Timeout, Timestamp, UserId,
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

/// Why a turn is over that has lasted as long as it may.
const TIME_IS_UP: &str = "time_is_up";

/// A state of an invitee, and what came with it.
#[derive(Debug, Clone)]
pub struct Turn {
    /// The event that brought it.
    pub seq: u64,
    pub at: Timestamp,
    pub state: InviteeState,
    pub reason: Option<String>,
    pub data: String,
    /// The place in the order that an undo has brought back.
    pub place: Option<Place>,
}

impl Turn {
    fn to(state: InviteeState, event: &Event) -> Self {
        let (seq, at, data) = (event.seq, event.at, String::new());
        Self { seq, at, state, reason: None, data, place: None }
    }

    fn with(self, reason: Option<&str>, data: &str) -> Self {
        Self { reason: reason.map(str::to_owned), data: data.to_owned(), ..self }
    }
}

/// One invitee's way through an invitation.
#[derive(Debug)]
pub struct Part {
    pub history: Vec<Turn>,
}

impl Part {
    fn asked(event: &Event) -> Self {
        Self { history: vec![Turn::to(InviteeState::Pending, event)] }
    }

    pub fn state(&self) -> InviteeState {
        self.history.last().map_or(InviteeState::Pending, |turn| turn.state)
    }

    /// The state that it was in after the event of this number, if there was one.
    pub fn after(&self, seq: u64) -> Option<&Turn> {
        self.history.iter().rev().find(|turn| turn.seq <= seq)
    }

    /// Whether it ever came to this state.
    pub fn has_been(&self, state: InviteeState) -> bool {
        self.history.iter().any(|turn| turn.state == state)
    }
}

#[derive(Debug)]
pub struct Sent {
    pub seq: u64,
    pub at: Timestamp,
    pub group_id: Option<GroupId>,
    pub inviter: UserId,
    pub invitee_list: InviteeList,
    pub timeout: Timeout,
    pub answers: Answers,
    /// What its application's string was after which event.
    pub data: Vec<(u64, String)>,
    /// By which terms whose part went on after which event.
    terms: Vec<(u64, UserId, String)>,
    /// The other one, when it is between two.
    pub between: Option<UserId>,
    to_all: bool,
    first: bool,
    /// Only of one to everybody: the event that closed it.
    closed_by: Option<u64>,
    /// The event that closed it as a whole, and how.
    pub closed: Option<(u64, InviteeState)>,
    /// How that came.
    pub closing: Option<Value>,
    stays: bool,
    cleared_by: Option<u64>,
    pub restores: Option<InviteId>,
    pub place: Option<Place>,
    pub taken_by: Option<UserId>,
    pub is_call: bool,
    pub expires_at: Option<Timestamp>,
    /// When it timed out before an event moved that, and which did.
    moved: Vec<(u64, Option<Timestamp>)>,
    timeouts: u32,
    pub parts: BTreeMap<UserId, Part>,
    /// Whose parts these are, in the order in which they came to be asked.
    pub order: Vec<UserId>,
}

impl Sent {
    fn those(&self, state: InviteeState) -> Vec<UserId> {
        let those = self.parts.iter().filter(|(_, part)| part.state() == state);
        those.map(|(user, _)| *user).collect()
    }

    pub fn is_open(&self) -> bool {
        self.is_open_after(u64::MAX)
    }

    /// Whether it could be answered after the event of this number.
    pub fn is_open_after(&self, seq: u64) -> bool {
        if self.to_all {
            return self.closed_by.is_none_or(|closed_by| closed_by > seq);
        }
        let was_pending =
            |part: &Part| part.after(seq).is_some_and(|turn| turn.state == InviteeState::Pending);
        self.parts.values().any(was_pending)
    }

    /// The one who has accepted, of those between two.
    pub fn talks(&self) -> bool {
        self.between.is_some() && !self.those(InviteeState::Accepted).is_empty()
    }

    fn is_seen_by(&self, user: UserId) -> bool {
        self.between.is_none_or(|other| user == other || user == self.inviter)
    }

    fn is_any_after(&self, seq: u64, state: InviteeState) -> bool {
        let is_it = |part: &Part| part.after(seq).is_some_and(|turn| turn.state == state);
        self.parts.values().any(is_it)
    }

    /// Whether, after the event of this number, what was accepted in it went on, or something
    /// could still be.
    pub fn goes_on_after(&self, seq: u64) -> bool {
        self.is_open_after(seq) || self.is_any_after(seq, InviteeState::Accepted)
    }

    /// When it was to time out after the event of this number.
    pub fn expires_after(&self, seq: u64) -> Option<Timestamp> {
        let later = self.moved.iter().find(|(by, _)| *by > seq);
        later.map_or(self.expires_at, |(_, before)| *before)
    }

    /// By which terms somebody's part went on after the event of this number.
    pub fn terms_after(&self, seq: u64, user: UserId) -> Option<&str> {
        let mut terms = self.terms.iter().rev();
        let last = terms.find(|(since, whose, _)| *since <= seq && *whose == user);
        last.map(|(.., terms)| terms.as_str())
    }

    /// Those whose acceptances gave somebody the floor, where these are the class's members.
    fn turns(&self, members: &BTreeMap<UserId, Role>) -> Vec<UserId> {
        let data = self.data.last().map(|(_, data)| data.as_str()).unwrap_or_default();
        let data: Value = serde_json::from_str(data).unwrap_or_default();
        let teaches = |user: &UserId| members.get(user) == Some(&Role::Teacher);
        let mut taken = self.order.iter().filter(|user| {
            self.parts.get(user).is_some_and(|part| part.state() == InviteeState::Accepted)
        });
        match data["operation"].as_str().filter(|_| self.group_id.is_some()) {
            Some("speaking") => {
                taken.filter(|user| teaches(&self.inviter) || !teaches(user)).copied().collect()
            }
            Some("speech_application") => taken.next().copied().into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it was to stay in snapshots after the event of this number.
    pub fn stays_after(&self, seq: u64) -> bool {
        self.stays && self.cleared_by.is_none_or(|cleared_by| cleared_by > seq)
    }

    /// Whether snapshots told it after the event of this number.
    pub fn is_live_after(&self, seq: u64) -> bool {
        let has_stayed = || self.to_all || self.is_any_after(seq, InviteeState::Rejected);
        self.goes_on_after(seq) || self.stays_after(seq) && has_stayed()
    }

    fn ask(&mut self, user: UserId, event: &Event) {
        match self.parts.entry(user) {
            Entry::Vacant(vacant) => {
                vacant.insert(Part::asked(event));
                self.order.push(user);
            }
            Entry::Occupied(mut part) => {
                let last = part.get().history.last();
                if last.is_some_and(|turn| turn.reason.as_deref() == Some("roleChanged")) {
                    part.get_mut().history.push(Turn::to(InviteeState::Pending, event));
                }
            }
        }
    }

    fn was_taken(&self) -> bool {
        self.parts.values().any(|part| part.has_been(InviteeState::Accepted))
    }
}

/// A class after an event, but for its invitations.
#[derive(Debug)]
pub struct Shown {
    pub name: Value,
    pub settings: Value,
    pub members: Value,
}

impl Shown {
    pub fn of(model: &Model) -> Self {
        let member = |(user, name): &(UserId, signaling::Name)| json!({ "userID": user, "name": name, "role": model.members.get(user) });
        Self {
            name: json!(model.name),
            settings: json!(model.settings),
            members: model.roll.iter().map(member).collect(),
        }
    }
}

impl Shown {
    pub const fn name(&self) -> &Value {
        &self.name
    }

    pub const fn settings(&self) -> &Value {
        &self.settings
    }

    pub fn member(&self, user: UserId) -> Option<&Value> {
        self.members.as_array()?.iter().find(|member| member["userID"] == json!(user))
    }
}

/// A class as its log tells it.
#[derive(Debug, Default)]
pub struct Model {
    pub seq: u64,
    at: Timestamp,
    pub name: Option<Name>,
    pub settings: Settings,
    pub members: BTreeMap<UserId, Role>,
    /// The members in the order in which they joined, with their names.
    pub roll: Vec<(UserId, Name)>,
    /// With which event somebody joined last.
    pub joined: BTreeMap<UserId, u64>,
    pub teachers_ever: BTreeSet<UserId>,
    /// Who is gone, and with which event.
    pub gone: BTreeMap<UserId, u64>,
    /// Who was gone and has come again: their other devices are still out.
    returned: BTreeSet<UserId>,
    pub ended: Option<u64>,
    pub invitations: BTreeMap<InviteId, Sent>,
    /// Whose names and words may be gone.
    pub erased: BTreeSet<UserId>,
    pub log: Vec<Event>,
    /// What was performed: with which event, as snapshots tell it, and when.
    performed: Vec<(u64, Value, Timestamp)>,
    /// What was taken back: with which event, and by which it was performed.
    undone: Vec<(u64, u64)>,
    /// After each event, what there is to be seen.
    pub shown: Vec<Shown>,
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

    /// What goes on between two others, and who of them accepted it.
    pub fn between_others(&self, user: UserId) -> Vec<(InviteId, UserId)> {
        let talks = self.invitations.iter().filter(|(_, sent)| sent.talks());
        let others = talks.filter(|(_, sent)| !sent.is_seen_by(user));
        others.filter_map(|(invite_id, sent)| Some((*invite_id, sent.between?))).collect()
    }

    /// What a snapshot tells of what was performed last, after the event of this number.
    pub fn performed_after(&self, seq: u64, now: Timestamp) -> Option<&Value> {
        let (number, told, at) = self.performed.iter().rev().find(|(it, ..)| *it <= seq)?;
        let is_undone = self.undone.iter().any(|(by, it)| it == number && *by <= seq);
        (!is_undone && now < at.plus_seconds(30)).then_some(told)
    }

    /// Whether this was performed, and whether it was taken back.
    pub fn was_performed(&self, number: u64) -> (bool, bool) {
        let was = self.performed.iter().any(|(it, ..)| *it == number);
        (was, self.undone.iter().any(|(_, it)| *it == number))
    }

    /// Whether the invitation is cleared, or was never to stay.
    pub fn is_cleared(&self, invite_id: InviteId) -> bool {
        self.invitations.get(&invite_id).is_none_or(|sent| !sent.stays_after(self.seq))
    }

    /// Whether anybody ever accepted the invitation.
    pub fn has_begun(&self, invite_id: InviteId) -> bool {
        self.invitations.get(&invite_id).is_some_and(Sent::was_taken)
    }

    /// The next event after one that the user may see.
    pub fn next_for(&self, user: UserId, after: u64) -> Option<u64> {
        (after + 1..=self.seq).find(|seq| self.may_see(user, *seq))
    }

    /// Whether every device of this user has to be let in. Who is erased from a class that is over
    /// stays in its log and has no credential any more.
    pub fn belongs(&self, user: UserId) -> bool {
        let is_out = self.returned.contains(&user) || self.erased.contains(&user);
        self.members.contains_key(&user) && !is_out
    }

    /// Whether this user ever left, even if they are back.
    pub fn has_left(&self, user: UserId) -> bool {
        self.gone.contains_key(&user) || self.returned.contains(&user)
    }

    /// Whoever takes up the log has another clock.
    pub fn forget_the_time(&mut self) {
        self.at = Timestamp::default();
    }

    fn note_teacher(&mut self, user: UserId, role: Role) {
        if role == Role::Teacher {
            self.teachers_ever.insert(user);
        }
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
        let is_timeout = matches!(event.kind, EventKind::InvitationTimeout(_));
        let overdue = self.overdue(event.at);
        must!(is_timeout || overdue.is_empty(), "{} comes before what was due", event.seq);
        let ends_turn =
            matches!(&event.kind, EventKind::InviteeFinished(it) if it.reason == TIME_IS_UP);
        // What makes a turn last too long may have more events of the same moment.
        let over = self.turns_over(event.at);
        let is_settled = is_timeout || ends_turn || event.at == self.at || over.is_empty();
        must!(is_settled, "{} comes before the turns {over:?} were ended", event.seq);
        self.seq = event.seq;
        self.at = event.at;
        self.take_kind(event).map_err(|sentence| format!("event {}: {sentence}", event.seq))?;
        let about = event.invite_id().filter(|invite_id| {
            self.invitations.get(invite_id).is_some_and(|sent| sent.between.is_some())
        });
        self.private.push(about);
        self.log.push(event.clone());
        self.shown.push(Shown::of(self));
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
                    must!(!sent.was_taken(), "taken twice");
                    sent.closed_by.get_or_insert(seq);
                    sent.closed.get_or_insert((seq, InviteeState::Accepted));
                    sent.closing.get_or_insert(json!({ "at": at, "by": accepted.invitee }));
                }
                let place = accepted.place;
                must!(place.is_none_or(|it| it.seq < seq), "its place is after it");
                let turn = Turn::to(InviteeState::Accepted, event).with(None, &accepted.data);
                let turn = Turn { place, ..turn };
                settle(sent, &[accepted.invitee], &turn)
            }
            EventKind::InviteeRejected(rejected) => {
                let sent = self.sent(rejected.invite_id)?;
                must!(sent.expires_at.is_none_or(|end| at < end), "declined after the deadline");
                let turn = Turn::to(InviteeState::Rejected, event);
                let turn = turn.with(rejected.reason.as_deref(), &rejected.data);
                settle(sent, &[rejected.invitee], &turn)
            }
            EventKind::InvitationCancelled(InvitationCancelled {
                invite_id,
                inviter,
                invitee_list,
                data,
                reason,
                by,
            }) => {
                let sent = self.sent(*invite_id)?;
                must!(sent.inviter == *inviter, "somebody else has sent it");
                if *invitee_list == InviteeList::Everyone {
                    sent.closed.get_or_insert((seq, InviteeState::Cancelled));
                    let mut closing = json!({ "at": at });
                    if let Some(by) = by {
                        closing["by"] = json!(by);
                    }
                    if let Some(reason) = reason {
                        closing["reason"] = json!(reason);
                    }
                    if !data.is_empty() {
                        closing["data"] = json!(data);
                    }
                    sent.closing.get_or_insert(closing);
                }
                let whom = close(sent, invitee_list, seq)?;
                let turn = Turn::to(InviteeState::Cancelled, event);
                settle(sent, &whom, &turn.with(reason.as_deref(), data))
            }
            EventKind::InvitationTimeout(InvitationTimeout { invite_id, invitee_list }) => {
                let sent = self.sent(*invite_id)?;
                // What an undo shows again is closed as it was, whatever the clock was set to since.
                let is_shown_again = sent.restores.is_some() && sent.at == at;
                let is_due = sent.expires_at.is_some_and(|end| end <= at);
                must!(is_due || is_shown_again, "timed out early");
                must!(sent.is_open(), "timed out when it was closed");
                sent.timeouts += 1;
                must!(sent.timeouts == 1, "timed out twice");
                sent.closed.get_or_insert((seq, InviteeState::TimedOut));
                sent.closing.get_or_insert(json!({ "at": at }));
                let whom = close(sent, invitee_list, seq)?;
                settle(sent, &whom, &Turn::to(InviteeState::TimedOut, event))?;
                let rest = sent.those(InviteeState::Pending);
                must!(rest.is_empty(), "timed out, and {rest:?} are still pending");
                Ok(())
            }
            EventKind::InvitationModified(modified) => {
                let sent = self.sent(modified.invite_id)?;
                must!(sent.is_open(), "modified when it was closed");
                sent.data.push((seq, modified.data.clone()));
                if let Some(until) = modified.expires_at {
                    must!(sent.expires_at.is_some(), "what never timed out does");
                    must!(until > at, "its time was up as it was changed");
                    sent.moved.push((seq, sent.expires_at));
                    sent.expires_at = Some(until);
                }
                Ok(())
            }
            EventKind::InviteeModified(modified) => {
                let by_teacher = self.members.get(&modified.by) == Some(&Role::Teacher);
                let sent = self.sent(modified.invite_id)?;
                let is_theirs = modified.by == modified.invitee || modified.by == sent.inviter;
                must!(by_teacher || is_theirs, "{} has changed the terms", modified.by);
                let state = sent.parts.get(&modified.invitee).map(Part::state);
                must!(state == Some(InviteeState::Accepted), "nothing goes on by these terms");
                sent.terms.push((seq, modified.invitee, modified.data.clone()));
                Ok(())
            }
            EventKind::InviteeFinished(finished) => {
                let is_over = finished.reason != TIME_IS_UP
                    || self.turns_over(at).contains(&(finished.invite_id, finished.invitee));
                must!(is_over, "a turn is ended before its time is up");
                let teachers = self.teachers_ever.clone();
                let sent = self.sent(finished.invite_id)?;
                let ends = [finished.invitee, sent.inviter];
                let may = ends.contains(&finished.by) || teachers.contains(&finished.by);
                must!(may, "{} has ended what is not theirs", finished.by);
                let turn = Turn::to(InviteeState::Finished, event);
                let turn = turn.with(Some(&finished.reason), &finished.data);
                settle(sent, &[finished.invitee], &turn)
            }
            EventKind::InvitationCleared(cleared) => {
                let by = self.members.get(&cleared.by);
                must!(by == Some(&Role::Teacher), "{} has cleared it", cleared.by);
                let sent = self.sent(cleared.invite_id)?;
                must!(sent.stays_after(seq), "cleared, and it does not stay");
                sent.cleared_by = Some(seq);
                Ok(())
            }
            EventKind::Performed(performed) => {
                let by = self.members.get(&performed.by);
                must!(by == Some(&Role::Teacher), "{} has performed it", performed.by);
                let (first, last) = (performed.first, performed.last);
                must!(first <= last && last < seq, "{first} to {last} are not events before it");
                self.performed.push((
                    seq,
                    json!({
                        "seq": seq, "at": at, "by": performed.by, "data": performed.data,
                        "first": first, "last": last,
                    }),
                    at,
                ));
                Ok(())
            }
            EventKind::Undone(undone) => {
                let by = self.members.get(&undone.by);
                must!(by == Some(&Role::Teacher), "{} has undone it", undone.by);
                let last = self.performed.last().ok_or("nothing was performed")?;
                must!(last.0 == undone.performed, "it was not the last");
                must!(self.undone.iter().all(|(_, it)| *it != last.0), "undone twice");
                must!(at < last.2.plus_seconds(30), "undone too late");
                self.undone.push((seq, last.0));
                Ok(())
            }
            EventKind::MemberJoined(joined) => {
                let user = joined.user_id;
                let is_first = self.members.is_empty();
                must!(is_first == (joined.role == Role::Teacher), "joined as {:?}", joined.role);
                must!(!self.settings.locked, "joined a locked class");
                let is_new = self.members.insert(user, joined.role).is_none();
                must!(is_new, "{user} joined twice");
                self.roll.push((user, joined.name.clone()));
                self.joined.insert(user, seq);
                self.note_teacher(user, joined.role);
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
                self.note_teacher(changed.user_id, changed.role);
                must!(self.teachers() > 0, "no teacher is left");
                self.is_asked(changed.user_id, changed.role, event);
                Ok(())
            }
            EventKind::MemberLeft(left) => {
                let user = left.user_id;
                must!(self.members.remove(&user).is_some(), "{user} is not there to leave");
                self.roll.retain(|(member, _)| *member != user);
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
                self.name = Some(changed.name.clone());
                self.settings.clone_from(&changed.settings);
                Ok(())
            }
            EventKind::GroupEnded(_) => {
                self.ended = Some(seq);
                for (invite_id, sent) in &self.invitations {
                    must!(!sent.goes_on_after(seq), "the class has ended and {invite_id} goes on");
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
        let restored = new.restores.and_then(|restores| self.invitations.get(&restores));
        must!(restored.is_some() == new.restores.is_some(), "it restores what was never sent");
        let is_as_before = restored.is_some_and(|it| it.expires_at == new.expires_at);
        must!(is_as_before || new.expires_at == expires_at, "it expires at another moment");
        must!(new.place.is_none_or(|it| it.seq < event.seq), "its place is after it");
        let whom: Vec<UserId> = match &new.invitee_list {
            InviteeList::Members(whom) => whom.clone(),
            InviteeList::Everyone => {
                let of_role = self.roll.iter().filter(|(user, _)| self.members[user] != by);
                of_role.map(|(user, _)| *user).collect()
            }
        };
        let to_all = new.invitee_list == InviteeList::Everyone;
        must!(to_all || !whom.is_empty(), "nobody is invited");
        for user in &whom {
            let role = self.members.get(user).ok_or("an invitee is no member")?;
            must!(*user != new.inviter, "they invite themselves");
            let may = new.group_id.is_none() && self.settings.is_on(STUDENTS_INVITE_STUDENTS);
            let has_teacher = by == Role::Teacher || *role == Role::Teacher;
            must!(has_teacher || may, "a student invites a student");
        }
        if by == Role::Student && new.group_id.is_some() {
            let may_ask = self.settings.is_on(ASK_ANYTIME) || new.restores.is_some();
            must!(may_ask, "a student asks where nobody may");
            let asks = |sent: &Sent| {
                sent.inviter == new.inviter
                    && sent.between.is_none()
                    && !sent.those(InviteeState::Pending).is_empty()
                    && sent.expires_at.is_none_or(|end| event.at < end)
            };
            // A turn that an undo brings back is an open ask until its acceptance follows.
            let asks_twice = new.restores.is_none() && self.invitations.values().any(asks);
            must!(!asks_twice, "a student asks twice");
        }
        let mut sent = Sent {
            seq: event.seq,
            at: event.at,
            group_id: new.group_id,
            inviter: new.inviter,
            invitee_list: new.invitee_list.clone(),
            timeout: new.timeout,
            answers: new.answers,
            data: vec![(event.seq, new.data.clone())],
            terms: Vec::new(),
            between: new.group_id.is_none().then(|| whom[0]),
            to_all,
            first: new.answers == Answers::First,
            closed_by: None,
            closed: None,
            closing: None,
            stays: new.stays == Some(true),
            cleared_by: None,
            restores: new.restores,
            place: new.place,
            taken_by: new.taken_by,
            is_call: new.data.contains("\"call\"") && new.group_id.is_none(),
            expires_at: new.expires_at,
            moved: Vec::new(),
            timeouts: 0,
            parts: BTreeMap::new(),
            order: Vec::new(),
        };
        whom.into_iter().for_each(|user| sent.ask(user, event));
        self.invitations.insert(new.invite_id, sent);
        Ok(())
    }

    /// Who comes to hold a role is asked by what is open to everybody of it.
    fn is_asked(&mut self, user: UserId, role: Role, event: &Event) {
        for sent in self.invitations.values_mut() {
            let by = self.members.get(&sent.inviter);
            let is_due = sent.expires_at.is_some_and(|end| end <= event.at);
            let is_open = sent.to_all && sent.is_open() && !is_due && sent.inviter != user;
            if is_open && by.is_some_and(|by| *by != role) {
                sent.ask(user, event);
            }
        }
    }

    /// What must hold of everything between two commits.
    pub fn rests(&self) -> Verdict {
        for (invite_id, sent) in &self.invitations {
            let pending = sent.those(InviteeState::Pending);
            let is_taken = sent.first && sent.was_taken();
            must!(!is_taken || pending.is_empty(), "{invite_id} was taken and is not closed");
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

    /// The turns that have lasted as long as they may at this moment and go on all the same.
    pub fn turns_over(&self, now: Timestamp) -> Vec<(InviteId, UserId)> {
        let mut over = Vec::new();
        for (invite_id, sent) in &self.invitations {
            for user in sent.turns(&self.members) {
                let terms = sent.terms_after(u64::MAX, user).unwrap_or_default();
                let terms: Value = serde_json::from_str(terms).unwrap_or_default();
                let of_class = self.settings.amount(SPEAKING_LIMIT);
                let limit = terms["limit"].as_u64().unwrap_or_else(|| of_class.into());
                let accepted = sent.parts.get(&user).and_then(|part| part.history.last());
                let since = accepted.map(|turn| turn.place.map_or(turn.at, |place| place.at));
                let limit = u32::try_from(limit).unwrap_or(u32::MAX);
                let is_over = since.is_some_and(|since| since.plus_seconds(limit) <= now);
                if is_over && limit > 0 && self.settings.is_on(END_BY_ITSELF) {
                    over.push((*invite_id, user));
                }
            }
        }
        over
    }

    /// The invitations whose deadline has passed at this moment and that are open all the same.
    pub fn overdue(&self, now: Timestamp) -> Vec<InviteId> {
        let is_overdue =
            |sent: &Sent| sent.is_open() && sent.expires_at.is_some_and(|end| end <= now);
        let overdue = self.invitations.iter().filter(|(_, sent)| is_overdue(sent));
        overdue.map(|(invite_id, _)| *invite_id).collect()
    }
}

fn settle(sent: &mut Sent, whom: &[UserId], turn: &Turn) -> Verdict {
    let from = match turn.state {
        InviteeState::Finished => InviteeState::Accepted,
        _ => InviteeState::Pending,
    };
    for user in whom {
        let part = sent.parts.get_mut(user).ok_or_else(|| format!("{user} is not asked"))?;
        let state = part.state();
        must!(state == from, "{user} is {state:?} and comes to be {:?}", turn.state);
        part.history.push(turn.clone());
    }
    Ok(())
}

/// Closes an invitation for those that an event names; all who are pending when it names all.
fn close(sent: &mut Sent, whom: &InviteeList, seq: u64) -> Result<Vec<UserId>, String> {
    match whom {
        InviteeList::Members(whom) => Ok(whom.clone()),
        InviteeList::Everyone => {
            must!(sent.to_all, "it names all and was not sent to all");
            sent.closed_by.get_or_insert(seq);
            Ok(sent.those(InviteeState::Pending))
        }
    }
}
