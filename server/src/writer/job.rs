//! A request to the writer: a command, and what is written in the same transaction.

use std::sync::Arc;

use signaling::{Command, GroupId, Timestamp, UserId};
use tokio::sync::oneshot;

use super::reply::{Encode, Reply};
use crate::error::Error;
use crate::identity::tokens::BrowserId;
use crate::identity::{JoinCode, TokenHash};
use crate::live::room::Room;

/// A request to the writer.
pub(crate) struct Job {
    pub group_id: GroupId,
    /// None only asks for the room to be in memory, or for the side effects.
    pub command: Option<Command>,
    pub effects: Vec<SideEffect>,
    pub key: Option<Key>,
    pub reply: oneshot::Sender<Verdict>,
}

/// What a request comes to, with the room it was about.
pub(crate) type Verdict = Result<(Reply, Arc<Room>), Error>;

/// A request's Idempotency-Key.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub user: UserId,
    pub key: String,
    /// The hash of everything else in the request.
    pub request: TokenHash,
    /// Makes the answer that is stored with the key, in the transaction of the command.
    pub encode: Encode,
}

/// Rows that are written in the same transaction as the events of a command.
#[derive(Debug, Clone)]
pub(crate) enum SideEffect {
    /// The group is new and gets this code.
    Begin(JoinCode),
    /// The group that begins is one of this integration's.
    Integrated(String),
    /// An integration has this id for the member.
    OwnId { id: String, user: UserId },
    /// One browser is not this member any more.
    EndDevice { browser: BrowserId, user: UserId },
    /// The member who comes with the command comes in.
    Admit { admission: Admission, user: UserId },
    /// The command is of a form with this ticket, and makes nobody a member whom that has made one
    /// already.
    Ticket(TokenHash),
    /// The command goes by this code, which may have been renewed meanwhile.
    ByCode(JoinCode),
    /// The class gets this code.
    JoinCode(JoinCode),
    /// The member gets a link to go on with on another device.
    Handover { token: TokenHash, user: UserId, expires_at: Timestamp },
    /// Such a link is used up, and its member comes in.
    Take { handover: TokenHash, admission: Admission, user: UserId },
}

/// The token that somebody comes in with, and the one that it replaces in their browser.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Admission {
    pub token: TokenHash,
    pub instead_of: Option<TokenHash>,
}
