//! The lessons of a class, one after the other: what each came to, how long it waited, and how its turns
//! were spread. A lesson is over when nothing has happened for an hour.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use signaling::{Event, EventKind, Group, Role, Timestamp, UserId};

use super::pace::{Pace, Waits};

/// For how many milliseconds nothing happens between two lessons.
const BREAK: i64 = 60 * 60 * 1_000;
/// The most lessons that are kept; of more, the newest.
const LESSONS: usize = 400;
/// Of how many of those who spoke most the turns are counted together.
const MOST: usize = 3;

/// A lesson that was held, or is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LessonHeld {
    /// When something first happened in it.
    pub began_at: Timestamp,
    /// When something last happened in it.
    pub ended_at: Timestamp,
    /// How many students there were at its end, connected or not.
    pub students: u32,
    /// How often a teacher asked for hands.
    pub rounds: u32,
    /// How many hands were raised, asked or unprompted.
    pub hands: u32,
    /// How often somebody had the floor.
    pub turns: u32,
    /// How many had it at least once.
    pub speakers: u32,
    /// How many of the turns were those of the three who had it most often.
    pub turns_of_top_three: u32,
    /// How long it took to hands and turns.
    #[serde(default)]
    pub waits: Waits,
}

/// The lesson that goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Now {
    began_at: Timestamp,
    last_at: Timestamp,
    students: u32,
    rounds: u32,
    hands: u32,
    /// How often each had the floor.
    turns: BTreeMap<UserId, u32>,
    pace: Pace,
}

impl Now {
    fn held(&self) -> LessonHeld {
        let mut turns: Vec<u32> = self.turns.values().copied().filter(|turns| *turns > 0).collect();
        turns.sort_unstable_by(|one, other| other.cmp(one));
        LessonHeld {
            began_at: self.began_at,
            ended_at: self.last_at,
            students: self.students,
            rounds: self.rounds,
            hands: self.hands,
            turns: turns.iter().sum(),
            speakers: u32::try_from(turns.len()).unwrap_or(u32::MAX),
            turns_of_top_three: turns.iter().take(MOST).sum(),
            waits: self.pace.waits(),
        }
    }
}

/// The lessons as they are read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lessons {
    held: Vec<LessonHeld>,
    now: Option<Now>,
    /// How many students there are.
    students: u32,
}

/// Whether somebody does this, by which a lesson begins: a class also ends, and its questions time out,
/// while nobody is there.
const fn begins(event: &EventKind) -> bool {
    match event {
        EventKind::ReceiveNewInvitation(_)
        | EventKind::InviteeAccepted(_)
        | EventKind::InviteeRejected(_)
        | EventKind::MemberJoined(_) => true,
        EventKind::InvitationCancelled(_)
        | EventKind::InvitationTimeout(_)
        | EventKind::InvitationModified(_)
        | EventKind::InviteeModified(_)
        | EventKind::InviteeFinished(_)
        | EventKind::InvitationCleared(_)
        | EventKind::Performed(_)
        | EventKind::Undone(_)
        | EventKind::MemberChanged(_)
        | EventKind::MemberLeft(_)
        | EventKind::GroupChanged(_)
        | EventKind::GroupEnded(_) => false,
    }
}

impl Lessons {
    /// An event happens in a group that has applied it.
    pub fn goes_on(&mut self, event: &Event, group: &Group) {
        let at = event.at;
        if let EventKind::MemberJoined(_) | EventKind::MemberChanged(_) | EventKind::MemberLeft(_) =
            event.kind
        {
            let students = group.with_role(Role::Student).count();
            self.students = u32::try_from(students).unwrap_or(u32::MAX);
        }
        let is_over = |now: &mut Now| at.millis_since(now.last_at) > BREAK;
        if let Some(over) = self.now.take_if(is_over) {
            self.held.push(over.held());
            let too_many = self.held.len().saturating_sub(LESSONS);
            self.held.drain(..too_many);
        }
        if begins(&event.kind) {
            self.now.get_or_insert_with(|| Now { began_at: at, ..Now::default() });
        }
        if let Some(now) = &mut self.now {
            now.last_at = at;
            now.students = self.students;
        }
    }

    /// The times of the lesson that goes on.
    pub fn pace(&mut self) -> Option<&mut Pace> {
        self.now.as_mut().map(|now| &mut now.pace)
    }

    /// A teacher asks for hands.
    pub fn asked(&mut self) {
        if let Some(now) = &mut self.now {
            now.rounds += 1;
        }
    }

    /// A hand goes up.
    pub fn raised(&mut self) {
        if let Some(now) = &mut self.now {
            now.hands += 1;
        }
    }

    /// Somebody has the floor once more, or has not had it.
    pub fn spoke(&mut self, user: UserId, turns: i8) {
        if let Some(now) = &mut self.now {
            let theirs = now.turns.entry(user).or_default();
            *theirs = theirs.saturating_add_signed(turns.into());
        }
    }

    /// All that are known, the earliest first.
    pub fn all(&self) -> Vec<LessonHeld> {
        self.held.iter().cloned().chain(self.now.as_ref().map(Now::held)).collect()
    }
}
