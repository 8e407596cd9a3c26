//! A group as the writer decides on it, and when it has to be looked at again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use signaling::{Application, Group, Timestamp, UserId, next_deadline};

use crate::clock::monotonic;
use crate::live::log_tail::invitations;
use crate::live::room::Room;
use crate::names::looks::Looks;
use crate::store::log::EncodedEvent;
use crate::store::write::KeysOf;

/// A group as the writer decides on it: ahead of the published room by at most the batch in hand.
pub(super) struct Working {
    pub group: Group,
    pub room: Arc<Room>,
    /// What the log takes, in bytes, with what it comes to in memory.
    pub weight: u64,
    /// How many keys of a member are remembered, of those who named one lately.
    pub keys: HashMap<UserId, KeysOf>,
    /// How the names of all members look, also of those who left.
    pub looks: Looks,
}

impl Working {
    /// The next moment at which something times out or has been silent for too long.
    pub fn next_due(&self, application: &dyn Application, now: Timestamp) -> Option<Timestamp> {
        let silent_at = self.room.liveness().next_silence();
        let silent_at = silent_at.map(|at| later(now, at.saturating_duration_since(monotonic())));
        next_deadline(&self.group, application).into_iter().chain(silent_at).min()
    }
}

/// When a group has to be looked at again after these events, as far as its log tells: what needs
/// signs of life may be over as soon as these can have stopped.
pub(super) fn deadline_after(
    group: &Group,
    events: &[EncodedEvent],
    room: &Room,
    application: &dyn Application,
    now: Timestamp,
) -> Option<Timestamp> {
    let silence = room.liveness().shortest_silence(group, invitations(events), application);
    let silent_at = silence.map(|silence| later(now, silence));
    next_deadline(group, application).into_iter().chain(silent_at).min()
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    let millis = i64::try_from(by.as_micros().div_ceil(1_000)).unwrap_or(i64::MAX);
    Timestamp::from_millis(now.as_millis().saturating_add(millis))
}
