//! The board between the handle and the unit: what has changed for it, and what is asked of it.

use std::collections::HashMap;

use parking_lot::Mutex;
use signaling::{GroupId, InviteId, UserId};
use tokio::sync::{Notify, oneshot};

use crate::refused::Refused;
use crate::room_id::RoomId;
use crate::session::SessionId;
use crate::sfu::Joined;

/// What is asked of the unit.
pub(crate) enum Request {
    Join {
        room: RoomId,
        user: UserId,
        offer: String,
        reply: oneshot::Sender<Result<Joined, Refused>>,
    },
    Leave {
        room: RoomId,
        user: UserId,
        session: SessionId,
        reply: oneshot::Sender<bool>,
    },
    /// Panics.
    #[cfg(test)]
    Fail,
}

/// What is new for the unit about a room.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// Who may be heard, when that has changed.
    pub voices: Option<Option<Vec<UserId>>>,
    /// Who is a member no more.
    pub parted: Vec<UserId>,
}

/// What the handle posts and the unit takes: only the newest of what has changed, so that it stays
/// small however long the unit does not look.
#[derive(Debug, Default)]
pub(crate) struct Board {
    posted: Mutex<Posted>,
    pub is_new: Notify,
}

#[derive(Debug, Default)]
struct Posted {
    /// Who may be heard in each room that there is.
    voices: HashMap<RoomId, Vec<UserId>>,
    /// Which calls there are of a group.
    calls: HashMap<GroupId, Vec<InviteId>>,
    changes: HashMap<RoomId, Change>,
}

impl Board {
    /// Who may be heard in a group from now on, none where voice is off, and who is in each of its calls.
    pub fn hear(
        &self,
        group: GroupId,
        voices: Option<Vec<UserId>>,
        calls: Vec<(InviteId, Vec<UserId>)>,
    ) {
        let mut posted = self.posted.lock();
        let mut is_new = posted.set(RoomId::of_class(group), voices);
        let goes_on: Vec<InviteId> = calls.iter().map(|(call, _)| *call).collect();
        let before = if goes_on.is_empty() {
            posted.calls.remove(&group)
        } else {
            posted.calls.insert(group, goes_on.clone())
        };
        for over in before.unwrap_or_default().iter().filter(|call| !goes_on.contains(call)) {
            is_new |= posted.set(RoomId::of_call(group, *over), None);
        }
        for (call, people) in calls {
            is_new |= posted.set(RoomId::of_call(group, call), Some(people));
        }
        drop(posted);
        if is_new {
            self.is_new.notify_one();
        }
    }

    /// Somebody is a member no more. In calls they are known not to be by who is in them.
    pub fn part(&self, group: GroupId, user: UserId) {
        let mut posted = self.posted.lock();
        let room = RoomId::of_class(group);
        if posted.voices.contains_key(&room) {
            posted.changes.entry(room).or_default().parted.push(user);
            drop(posted);
            self.is_new.notify_one();
        }
    }

    /// What has changed since it was last taken.
    pub fn take(&self) -> HashMap<RoomId, Change> {
        std::mem::take(&mut self.posted.lock().changes)
    }

    /// Has a unit that begins anew told everything; tells the groups that have voice.
    pub fn repeat(&self) -> Vec<GroupId> {
        let mut posted = self.posted.lock();
        let Posted { voices, changes, .. } = &mut *posted;
        changes.clear();
        for (room, voices) in voices.iter() {
            let change = Change { voices: Some(Some(voices.clone())), parted: Vec::new() };
            changes.insert(*room, change);
        }
        voices.keys().filter(|room| room.call.is_none()).map(|room| room.group).collect()
    }
}

impl Posted {
    /// Notes who may be heard in a room; whether that is new.
    fn set(&mut self, room: RoomId, voices: Option<Vec<UserId>>) -> bool {
        if self.voices.get(&room) == voices.as_ref() {
            return false;
        }
        match &voices {
            Some(voices) => self.voices.insert(room, voices.clone()),
            None => self.voices.remove(&room),
        };
        self.changes.entry(room).or_default().voices = Some(voices);
        true
    }
}
