//! What members may do and look at, charged before anything is made for them.

use signaling::{GroupId, UserId};

use crate::engine::Engine;
use crate::engine::sessions::Session;
use crate::error::Error;
use crate::store::classes::ClassRow;

/// What a page of the history costs beside its people, in rows.
const ROWS_OF_HISTORY: u32 = 1_000;
/// What each person of a class costs who looks at its history, in rows.
const ROWS_OF_PERSON: u32 = 4;

impl Engine {
    /// One deed of a member, which may consist of several commands.
    ///
    /// # Errors
    /// When the member is too fast.
    pub fn may_act(&self, session: &Session) -> Result<(), Error> {
        self.shared.limits.verb(session.user)
    }

    /// One look of a member at their class.
    ///
    /// # Errors
    /// When the member is too fast.
    pub(crate) fn may_look(&self, session: &Session) -> Result<(), Error> {
        self.shared.limits.look(session.room.id(), session.user)
    }

    /// So many members and rows that a look of a member has to go through beside that.
    ///
    /// # Errors
    /// When the member, or all of the class together, have looked at too much.
    pub fn may_look_at(&self, group_id: GroupId, user: UserId, rows: u32) -> Result<(), Error> {
        self.shared.limits.look_at(group_id, user, rows)
    }

    /// One look of a member at the history of a class, before any of it is read: who is or was in it
    /// is gone through several times.
    ///
    /// # Errors
    /// When the member, or all of the class together, have looked at too much, or the store cannot
    /// be read.
    pub async fn may_look_back(&self, class: &ClassRow, user: UserId) -> Result<(), Error> {
        let members = self.shared.store.count_members(class.group_id).await?;
        let unread = self.rows_to_read(class).await?;
        let rows = ROWS_OF_HISTORY + ROWS_OF_PERSON * members;
        self.may_look_at(class.group_id, user, rows.saturating_add(unread))
    }

    /// One export of a class by a member, in which so many events are read.
    ///
    /// # Errors
    /// When the member is too fast.
    pub fn may_export(&self, group_id: GroupId, user: UserId, events: u64) -> Result<(), Error> {
        self.shared.limits.export(user)?;
        self.shared.limits.look(group_id, user)?;
        self.may_look_at(group_id, user, u32::try_from(events).unwrap_or(u32::MAX))
    }
}
