//! What one transaction writes: appends to logs, and the rows that belong to them.

use signaling::{GroupId, Timestamp, UserId};

use super::kept::Kept;
use super::log::EncodedEvent;
use crate::identity::tokens::{BrowserId, Held, Membership};
use crate::identity::{JoinCode, TokenHash};

/// What one group's append holds.
pub(crate) struct Append<'a> {
    pub group_id: GroupId,
    /// The join code, when the group is new.
    pub creates: Option<(&'a JoinCode, Timestamp)>,
    /// The last number in the log before this append.
    pub expected_seq: u64,
    pub events: &'a [EncodedEvent],
    pub next_deadline: Option<Timestamp>,
}

/// What a commit writes beside events.
#[derive(Debug, Clone)]
pub(crate) enum Write {
    /// A new token of a browser.
    Token {
        token: TokenHash,
        held: Held,
    },
    /// The browser's place in the group.
    Membership {
        browser: BrowserId,
        membership: Membership,
    },
    /// A browser takes along the newest memberships that a token of another one opens.
    TakeAlong {
        from: Held,
        to: BrowserId,
    },
    /// A form with this ticket made the member.
    Ticket {
        ticket: TokenHash,
        user: UserId,
        expires_at: Timestamp,
    },
    Revoke {
        user: UserId,
    },
    JoinCode(JoinCode),
    Handover {
        token: TokenHash,
        user: UserId,
        expires_at: Timestamp,
    },
    SpendHandover(TokenHash),
    /// The links of the group, or of one member, lead nowhere any more.
    EndHandovers {
        of: Option<UserId>,
    },
    /// The class is one of an integration's.
    Integrated {
        integration: String,
    },
    /// An integration's id for a member.
    OwnId {
        id: String,
        user: UserId,
    },
    /// One browser is not this member any more.
    EndDevice {
        browser: BrowserId,
        user: UserId,
    },
    FirstAnswer {
        user: UserId,
        key: String,
        answer: FirstAnswer,
    },
}

impl Write {
    /// Whether it is written together with others of its kind, as a class joins.
    pub const fn is_admission(&self) -> bool {
        matches!(self, Self::Token { .. } | Self::Membership { .. })
    }
}

/// A first answer that is remembered.
#[derive(Debug, Clone)]
pub(crate) struct FirstAnswer {
    /// The hash of the request that it was given to.
    pub request: TokenHash,
    pub status: u16,
    /// What it takes to make its body again.
    pub kept: Kept,
}

/// How many keys of a member are remembered, and when the first of them was used.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct KeysOf {
    pub count: u32,
    pub oldest: Option<Timestamp>,
}
