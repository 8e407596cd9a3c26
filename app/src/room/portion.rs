//! The lists of people that a room shows in portions, as data: which there are, what a row has, how
//! many rows there are.

use classroom::{Hand, Invited, Turn};
use serde::{Deserialize, Serialize};
use signaling::{InviteId, Timestamp, UserId};

/// The lists of people that a room shows in portions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Raised hands.
    Hands,
    /// Who is invited to speak and has not answered.
    Invited,
    /// Who speaks.
    Speaking,
    /// Who is in the class.
    Here,
}

impl List {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Hands, Self::Invited, Self::Speaking, Self::Here];

    /// The word that stands for it in an address.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Hands => "hands",
            Self::Invited => "invited",
            Self::Speaking => "speaking",
            Self::Here => "here",
        }
    }

    /// How many rows are shown before *More*, of a class that the page has whole: a school class
    /// and its teachers; or of one of which it has but a part.
    pub const fn rows(self, is_whole: bool) -> usize {
        match self {
            Self::Hands | Self::Here if is_whole => 45,
            Self::Hands | Self::Here => 20,
            Self::Invited | Self::Speaking if is_whole => 12,
            Self::Invited | Self::Speaking => 10,
        }
    }
}

/// How many there are in a class of which a page has but a part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Counts {
    /// Rows of each list.
    pub lists: Vec<usize>,
    /// Students.
    pub students: usize,
    /// Students who are connected.
    pub online: usize,
    /// The member's own place among the hands, from 1; 0 without a hand.
    pub place: usize,
}

/// What a list has of a person: who they are, since when they are in it, and what tells their
/// being in it from another time.
#[derive(Clone, Copy)]
pub struct Row {
    /// Who it is.
    pub user: UserId,
    /// Since when.
    pub since: Timestamp,
    /// The event that brought them here, where the list goes by events.
    pub seq: u64,
    /// The invitation that brought them here, where the list goes by invitations.
    pub invite_id: Option<InviteId>,
}

impl Row {
    /// Somebody who is here once, as a teacher or not.
    pub fn of(user: UserId, is_teacher: bool) -> Self {
        Self { user, since: Timestamp::default(), seq: u64::from(is_teacher), invite_id: None }
    }
}

impl From<&Hand> for Row {
    fn from(hand: &Hand) -> Self {
        Self { user: hand.user, since: hand.since, seq: hand.seq, invite_id: None }
    }
}

impl From<&Invited> for Row {
    fn from(invited: &Invited) -> Self {
        let invite_id = Some(invited.invite_id);
        Self { user: invited.user, since: invited.since, seq: 0, invite_id }
    }
}

impl From<&Turn> for Row {
    fn from(turn: &Turn) -> Self {
        let invite_id = Some(turn.invite_id);
        Self { user: turn.user, since: turn.since, seq: 0, invite_id }
    }
}
