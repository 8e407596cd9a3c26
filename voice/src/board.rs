//! The board between the handle and the unit: what has changed for it, and what is asked of it.

use std::collections::HashMap;

use parking_lot::Mutex;
use signaling::{GroupId, UserId};
use tokio::sync::{Notify, oneshot};

use crate::refused::Refused;
use crate::session::SessionId;
use crate::sfu::Joined;

/// What is asked of the unit.
pub(crate) enum Request {
    Join {
        group: GroupId,
        user: UserId,
        offer: String,
        reply: oneshot::Sender<Result<Joined, Refused>>,
    },
    Leave {
        group: GroupId,
        user: UserId,
        session: SessionId,
        reply: oneshot::Sender<bool>,
    },
}

/// What is new for the unit about a group.
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
    /// Who may be heard in each group that has voice.
    voices: HashMap<GroupId, Vec<UserId>>,
    changes: HashMap<GroupId, Change>,
}

impl Board {
    /// Who may be heard in a group from now on; none where voice is off.
    pub fn hear(&self, group: GroupId, voices: Option<Vec<UserId>>) {
        let mut posted = self.posted.lock();
        if posted.voices.get(&group) == voices.as_ref() {
            return;
        }
        match &voices {
            Some(voices) => posted.voices.insert(group, voices.clone()),
            None => posted.voices.remove(&group),
        };
        posted.changes.entry(group).or_default().voices = Some(voices);
        drop(posted);
        self.is_new.notify_one();
    }

    /// Somebody is a member no more.
    pub fn part(&self, group: GroupId, user: UserId) {
        let mut posted = self.posted.lock();
        if posted.voices.contains_key(&group) {
            posted.changes.entry(group).or_default().parted.push(user);
            drop(posted);
            self.is_new.notify_one();
        }
    }

    /// What has changed since it was last taken.
    pub fn take(&self) -> HashMap<GroupId, Change> {
        std::mem::take(&mut self.posted.lock().changes)
    }

    /// Has a unit that begins anew told everything.
    pub fn repeat(&self) {
        let mut posted = self.posted.lock();
        let Posted { voices, changes } = &mut *posted;
        changes.clear();
        for (group, voices) in voices.iter() {
            let change = Change { voices: Some(Some(voices.clone())), parted: Vec::new() };
            changes.insert(*group, change);
        }
    }
}
