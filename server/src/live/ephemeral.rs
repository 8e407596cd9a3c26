//! Ephemeral events: presence, ringing, what the ends of an invitation relay to each other, and the
//! class's code. They are not logged, have no id, and hold only for now: streams send them on at once,
//! or never. The newest are in a bounded queue; what a stream has missed is not kept for it.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use signaling::{
    Invitation, InviteId, JoinCodeChanged, Relay, Ringing, StatusChange, UserId, UserStatus,
    VoiceChange,
};
use tokio::time::Instant;

use crate::identity::JoinCode;

/// How many of them stay in memory.
const QUEUE_EVENTS: usize = 256;
/// The same in bytes.
const QUEUE_BYTES: usize = 1_024 * 1_024;
/// How long one stays at most, while more comes.
const LIFETIME: Duration = Duration::from_secs(30);

/// One ephemeral event.
struct Ephemeral {
    version: u64,
    at: Instant,
    /// Whose streams send it; everybody's when none.
    to: Option<UserId>,
    bytes: Bytes,
}

/// The newest ephemeral events of a group. They are numbered, so that a stream knows what it has sent.
#[derive(Default)]
pub(crate) struct EphemeralQueue {
    version: u64,
    events: VecDeque<Ephemeral>,
    bytes: usize,
}

impl EphemeralQueue {
    /// The number of the newest.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Adds one for somebody's streams, or everybody's.
    pub fn push(&mut self, to: Option<UserId>, bytes: Bytes, now: Instant) {
        self.version += 1;
        self.bytes += bytes.len();
        self.events.push_back(Ephemeral { version: self.version, at: now, to, bytes });
        while let Some(oldest) = self.events.front() {
            let is_much = self.events.len() > QUEUE_EVENTS || self.bytes > QUEUE_BYTES;
            if !is_much && now - oldest.at < LIFETIME {
                break;
            }
            self.bytes -= oldest.bytes.len();
            self.events.pop_front();
        }
    }

    /// Those after a number that are for one member; none when the queue does not reach back that
    /// far.
    pub fn after(&self, version: u64, user: UserId) -> Option<Vec<Bytes>> {
        let oldest = self.events.front().map_or(self.version + 1, |event| event.version);
        if version + 1 < oldest {
            return None;
        }
        let is_theirs = |event: &&Ephemeral| event.to.is_none_or(|to| to == user);
        let seen = usize::try_from(version + 1 - oldest).unwrap_or(usize::MAX);
        let events = self.events.iter().skip(seen).filter(is_theirs);
        Some(events.map(|event| event.bytes.clone()).collect())
    }
}

fn frame(name: &str, body: &impl Serialize) -> Bytes {
    let body = serde_json::to_string(body).unwrap_or_default();
    Bytes::from(format!("event: {name}\ndata: {body}\n\n"))
}

/// Who is online.
pub(crate) fn status_frame(users: Vec<UserStatus>) -> Bytes {
    frame(StatusChange::NAME, &StatusChange { users })
}

/// The code that joins the class; for teachers.
pub(crate) fn join_code_frame(code: &JoinCode) -> Bytes {
    let join_code = code.as_str().to_owned();
    frame(JoinCodeChanged::NAME, &JoinCodeChanged { join_code })
}

/// Who is heard.
pub(crate) fn voice_frame(heard: Vec<UserId>) -> Bytes {
    frame(VoiceChange::NAME, &VoiceChange { heard })
}

/// That the invitee's device shows the invitation; for the inviter.
pub(crate) fn ringing_frame(invitation: &Invitation) -> Bytes {
    let invitee = invitation.parts().first().map_or(invitation.inviter, |part| part.user_id);
    frame(Ringing::NAME, &Ringing { invite_id: invitation.invite_id, invitee })
}

/// Words from one end of an invitation; for the other end.
pub(crate) fn relay_frame(invite_id: InviteId, from: UserId, data: String) -> Bytes {
    frame(Relay::NAME, &Relay { invite_id, from, data })
}
