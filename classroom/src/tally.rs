//! How often each student has raised a hand and had a turn, and who should have the next one.
//!
//! A fair pick goes to whoever had the fewest turns, of those to whoever has waited longest since the
//! last, and of those to the first hand. Whoever joins late begins at the turns that everybody had by
//! then: they need not catch up, and nobody has to wait until they have.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use signaling::{Group, Invitation, Invitee, InviteeState, Role, Sorted, Timestamp, UserId};

use crate::{Among, Operation, Why};

/// One student's share of the lesson so far. What was taken back counts nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// Whose.
    #[serde(rename = "userID")]
    pub user: UserId,
    /// How often they raised a hand, asked or unprompted.
    pub hands: usize,
    /// How often they had the floor.
    pub turns: usize,
    /// Their turns together with those that everybody had when they joined.
    pub level: u32,
    /// When their last turn began; of whoever joined late and had none, when they joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// How often they were drawn from among everybody, together with how often everybody had been when
    /// they joined.
    pub drawn: u32,
}

/// Every student's share, in the order in which they joined.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The event up to which it counts.
    pub seq: u64,
    /// The shares.
    pub members: Vec<Share>,
}

/// What counts for somebody, in the order in which it happened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Count {
    Joined,
    Drawn,
    Turn,
}

impl Tally {
    /// The tally of a group that holds all its invitations.
    pub fn of(group: &Group) -> Self {
        let mut counted = Counted::default();
        for invitation in group.invitations().filter(|it| it.group_id.is_some()) {
            counted.read(group, invitation);
        }
        let students = || group.with_role(Role::Student);
        let mut places: BTreeMap<UserId, usize> = BTreeMap::new();
        let mut members: Vec<Share> = Vec::new();
        for (place, student) in students().enumerate() {
            places.insert(student.user_id, place);
            let hands = counted.hands.remove(&student.user_id).map_or(0, |hands| hands.len());
            let user = student.user_id;
            members.push(Share { user, hands, turns: 0, level: 0, since: None, drawn: 0 });
        }
        let joined = students().map(|it| (it.joined.seq, Count::Joined, it.user_id, it.joined.at));
        let mut log: Vec<_> = joined.chain(counted.log).collect();
        log.sort_unstable();
        log.dedup();
        let (mut levels, mut draws) = (Ladder::default(), Ladder::default());
        for (seq, count, user, at) in log {
            let Some(share) = places.get(&user).and_then(|place| members.get_mut(*place)) else {
                continue;
            };
            match count {
                Count::Joined => {
                    share.level = levels.enter();
                    share.since = (share.level > 0).then_some(at);
                    share.drawn = draws.enter();
                }
                Count::Drawn => share.drawn = draws.climb(share.drawn),
                Count::Turn if counted.undone.contains(&(user, seq)) => {}
                Count::Turn => {
                    share.turns += 1;
                    share.level = levels.climb(share.level);
                    share.since = Some(at);
                }
            }
        }
        Self { seq: group.seq, members }
    }

    /// The share of this student.
    pub fn share(&self, user: UserId) -> Option<&Share> {
        self.members.iter().find(|share| share.user == user)
    }

    /// Whether anybody has had a turn.
    pub fn has_turns(&self) -> bool {
        self.members.iter().any(|share| share.turns > 0)
    }

    /// Who of these should have the next turn, and why. They come in the order in which the first goes
    /// before the others; whoever is no student is nobody here.
    pub fn fair(&self, candidates: impl IntoIterator<Item = UserId>) -> Option<(UserId, Why)> {
        let places = candidates.into_iter().zip(0..).collect();
        // Nobody is a candidate twice.
        let places = Sorted::<UserId, usize>::of_distinct(places)?;
        let place_of = |share: &&Share| places.get(&share.user).copied();
        let candidates = || self.members.iter().filter(|share| place_of(share).is_some());
        // The first of several that are alike.
        let chosen = candidates().min_by_key(|it| (it.level, it.since, place_of(it)))?;
        let others = || candidates().filter(|share| share.user != chosen.user);
        let why = if chosen.turns == 0 {
            Why::NoTurnYet
        } else if others().all(|share| share.level > chosen.level) {
            Why::FewestTurns
        } else if others().all(|it| (it.level, it.since) > (chosen.level, chosen.since)) {
            Why::LongestSince
        } else {
            Why::FirstHand
        };
        Some((chosen.user, why))
    }

    /// Those of these who were drawn from among everybody least often: until all were, nobody is
    /// drawn twice.
    pub fn not_drawn(&self, candidates: impl IntoIterator<Item = UserId>) -> Vec<UserId> {
        let drawn: BTreeMap<UserId, u32> =
            self.members.iter().map(|share| (share.user, share.drawn)).collect();
        let candidates: Vec<(UserId, u32)> =
            candidates.into_iter().filter_map(|user| Some((user, *drawn.get(&user)?))).collect();
        let Some(least) = candidates.iter().map(|(_, drawn)| *drawn).min() else {
            return Vec::new();
        };
        candidates.into_iter().filter(|(_, drawn)| *drawn == least).map(|(user, _)| user).collect()
    }
}

/// On which steps people stand: how many on each. Who comes stands on the lowest that somebody is on.
#[derive(Default)]
struct Ladder {
    steps: BTreeMap<u32, usize>,
}

impl Ladder {
    fn enter(&mut self) -> u32 {
        let step = self.steps.first_key_value().map_or(0, |(step, _)| *step);
        *self.steps.entry(step).or_default() += 1;
        step
    }

    fn climb(&mut self, from: u32) -> u32 {
        if let Some(count) = self.steps.get_mut(&from) {
            *count -= 1;
            if *count == 0 {
                self.steps.remove(&from);
            }
        }
        *self.steps.entry(from + 1).or_default() += 1;
        from + 1
    }
}

/// What the invitations tell of each, by the events in which it happened: what an undo brings back
/// has its old place, and so counts once.
#[derive(Default)]
struct Counted {
    hands: BTreeMap<UserId, BTreeSet<u64>>,
    log: Vec<(u64, Count, UserId, Timestamp)>,
    /// Turns that were taken back.
    undone: BTreeSet<(UserId, u64)>,
}

impl Counted {
    fn read(&mut self, group: &Group, invitation: &Invitation) {
        let by_teacher =
            group.is_teacher(invitation.inviter) || !group.is_student(invitation.inviter);
        match Operation::read(&invitation.data) {
            Some(Operation::HandRaising { .. }) if by_teacher => {
                for part in invitation.parts() {
                    if let Some(place) = part.taken().filter(|_| !is_undone(part)) {
                        self.hands.entry(part.user_id).or_default().insert(place.seq);
                    }
                }
            }
            Some(Operation::Speaking { why, among, .. }) if by_teacher => {
                for part in invitation.parts() {
                    self.turn(part.user_id, part);
                    let was_drawn = (why, among) == (Some(Why::Random), Some(Among::Everybody));
                    let is_meant = part.state != InviteeState::Cancelled;
                    if was_drawn && is_meant && !is_undone(part) {
                        let place = invitation.place();
                        self.log.push((place.seq, Count::Drawn, part.user_id, place.at));
                    }
                }
            }
            // Of a teacher's nothing is counted: shares are students'.
            Some(Operation::SpeechApplication) => {
                let student = invitation.inviter;
                self.hands.entry(student).or_default().insert(invitation.place().seq);
                for part in invitation.parts() {
                    self.turn(student, part);
                }
            }
            Some(Operation::HandRaising { .. } | Operation::Speaking { .. }) | None => {}
        }
    }

    fn turn(&mut self, speaker: UserId, part: &Invitee) {
        let Some(place) = part.taken() else { return };
        if is_undone(part) {
            self.undone.insert((speaker, place.seq));
        } else {
            self.log.push((place.seq, Count::Turn, speaker, place.at));
        }
    }
}

fn is_undone(part: &Invitee) -> bool {
    part.reason.as_deref() == Some(signaling::Reason::Undone.text())
}
