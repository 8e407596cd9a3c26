//! Presence: who is online in a group, by their streams or by asking for it lately, and whose status
//! has changed since it was announced.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use signaling::{UserId, UserStatus};
use tokio::time::Instant;

/// The least time between two announcements of a group.
pub(crate) const ANNOUNCEMENT_PACE: Duration = Duration::from_secs(1);
/// How long changes are gathered before they are announced.
const MERGE: Duration = Duration::from_millis(100);

/// Who is online.
#[derive(Default)]
pub(crate) struct Presence {
    /// How many streams each has open. Following without a stream counts as one.
    connections: HashMap<UserId, usize>,
    /// Until when those are connected who follow the group without a stream.
    asking: HashMap<UserId, Instant>,
    version: u64,
    /// Who came or went since the last announcement.
    changed: BTreeSet<UserId>,
    is_announcing: bool,
    announced_at: Option<Instant>,
}

impl Presence {
    pub fn is_online(&self, user: UserId) -> bool {
        self.connections.contains_key(&user)
    }

    /// Who is.
    pub fn online(&self) -> BTreeSet<UserId> {
        self.connections.keys().copied().collect()
    }

    /// Whether nobody is.
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// How many are online.
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// How many times somebody came or went.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// How many streams a member has open.
    pub fn connections_of(&self, user: UserId) -> usize {
        self.connections.get(&user).copied().unwrap_or_default()
    }

    /// One more stream of the member's.
    pub fn enter(&mut self, user: UserId) {
        let connections = self.connections.entry(user).or_default();
        *connections += 1;
        if *connections == 1 {
            self.came_or_went(user);
        }
    }

    /// One less.
    pub fn leave(&mut self, user: UserId) {
        let Some(connections) = self.connections.get_mut(&user) else { return };
        *connections -= 1;
        if *connections == 0 {
            self.connections.remove(&user);
            self.came_or_went(user);
        }
    }

    fn came_or_went(&mut self, user: UserId) {
        self.version += 1;
        self.changed.insert(user);
    }

    /// Counts a member in until a moment who follows the group without a stream. Gives the moment
    /// that was known before.
    pub fn ask(&mut self, user: UserId, until: Instant) -> Option<Instant> {
        let known = self.asking.insert(user, until);
        if known.is_none() {
            self.enter(user);
        }
        known
    }

    /// Until when such a member is connected; none when that time is over, and ends it then.
    pub fn asks_until(&mut self, user: UserId, now: Instant) -> Option<Instant> {
        let until = *self.asking.get(&user)?;
        if until > now {
            return Some(until);
        }
        self.stop_asking(user);
        None
    }

    /// The member does not follow the group without a stream any more.
    pub fn stop_asking(&mut self, user: UserId) {
        if self.asking.remove(&user).is_some() {
            self.leave(user);
        }
    }

    /// When changes are to be announced, if nobody is about to.
    pub fn next_announcement(&mut self, now: Instant) -> Option<Instant> {
        if self.is_announcing || self.changed.is_empty() {
            return None;
        }
        self.is_announcing = true;
        let soon = now + MERGE;
        Some(self.announced_at.map_or(soon, |at| (at + ANNOUNCEMENT_PACE).max(soon)))
    }

    /// What is to be announced: the status of everybody whose status may have changed.
    pub fn announce(&mut self, now: Instant) -> Vec<UserStatus> {
        self.is_announcing = false;
        self.announced_at = Some(now);
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().map(|user| self.status_of(user)).collect()
    }

    pub fn status_of(&self, user_id: UserId) -> UserStatus {
        UserStatus { user_id, online: self.is_online(user_id) }
    }
}
