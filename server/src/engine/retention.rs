//! Retention: deleting classes and persons, when classes are deleted by themselves, and ending those
//! that are forgotten.

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use signaling::{Eraser, GroupId, Timestamp, UserId};
use tokio::time::MissedTickBehavior;

use crate::error::Error;
use crate::store::classes::ClassRow;
use crate::store::put::Put;
use crate::writer::chores::{Chore, Erasing, KEEP_DAYS, kept_since, kept_until, still_since};

use crate::engine::Engine;

/// How many forgotten classes are ended at once.
const FORGOTTEN_AT_ONCE: u32 = 32;

impl Engine {
    /// Deletes a class, for good. Whoever is in one that goes on is told that it has ended.
    ///
    /// # Errors
    /// When there is no such class, or the commit failed: then it is as it was.
    pub async fn delete_class(&self, group_id: GroupId) -> Result<(), Error> {
        self.chore(Chore::Delete(group_id)).await
    }

    /// Erases a person's name and data from a class, for good, and leaves the counts. Somebody who
    /// is still in it is removed, in the same commit.
    ///
    /// # Errors
    /// When there is no such class, they are its last teacher while it goes on, or the commit
    /// failed: then all is as it was.
    pub async fn erase_person(&self, group_id: GroupId, user: UserId) -> Result<(), Error> {
        // Most of the log is read here, so that the writer is not held up by it.
        let class = self.class(group_id).await?;
        let mut erasing = Erasing { user, eraser: Eraser::new(user), seq: 0, events: Vec::new() };
        let mut log = std::pin::pin!(self.log(group_id, 1, class.seq));
        while let Some(events) = log.try_next().await? {
            for event in &events {
                erasing.read(event, self.shared.application.as_ref());
            }
        }
        self.chore(Chore::Erase(group_id, Box::new(erasing))).await
    }

    /// For how many days a class is kept after its end; none when for ever.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn keep_days(&self) -> Result<Option<u32>, Error> {
        let days = self.shared.store.setting(KEEP_DAYS).await?;
        Ok(days.and_then(|days| days.parse().ok()))
    }

    /// Sets for how many days a class is kept after its end.
    ///
    /// # Errors
    /// When the commit failed.
    pub async fn set_keep_days(&self, days: Option<u32>) -> Result<(), Error> {
        let value = days.map(|days| days.to_string());
        self.chore(Chore::Put(Put::Setting { name: KEEP_DAYS, value })).await
    }

    /// How many classes would be deleted at this moment, if they were kept for so many days.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn kept_long_enough(&self, now: Timestamp, days: u32) -> Result<u64, Error> {
        Ok(self.shared.store.ended_before(kept_since(now, days)).await?)
    }

    /// Deletes the classes that have been kept long enough at this moment. The server does it by
    /// itself, every minute.
    ///
    /// # Errors
    /// When the commit failed.
    pub async fn delete_kept_long_enough(&self, now: Timestamp) -> Result<(), Error> {
        let Some(days) = self.keep_days().await? else { return Ok(()) };
        // One at a time: the classes that go on have the writer between two of them.
        while self.kept_long_enough(now, days).await? > 0 {
            self.chore(Chore::Retain(kept_since(now, days))).await?;
        }
        Ok(())
    }

    /// After how many days without anything happening a class ends by itself.
    pub fn still_days(&self) -> u32 {
        self.shared.still_days
    }

    /// Ends some of the classes in which nothing has happened for so long at this moment, so that what
    /// is kept for some days after a class ended is not kept for ever. The server does it by itself,
    /// every minute: each class is read for it, so it does not do all of them at once.
    ///
    /// # Errors
    /// When the store cannot be read, or one of them not be ended.
    pub async fn end_forgotten(&self, now: Timestamp) -> Result<(), Error> {
        let moment = still_since(now, self.still_days());
        let mut done = Ok(());
        for (group_id, seq) in self.shared.store.still_since(moment, FORGOTTEN_AT_ONCE).await? {
            // One that cannot be read holds up no other.
            if let Err(error) = self.end_forgotten_class(group_id, seq).await {
                done = Err(error);
            }
        }
        done
    }

    /// Removes those copies of the file as it was before it was brought up to date that have been
    /// kept long enough at this moment. The server does it by itself, every minute.
    ///
    /// # Errors
    /// When the store cannot be read, or a copy not be removed.
    pub async fn remove_old_copies(&self, now: Timestamp) -> Result<(), Error> {
        let days = self.keep_days().await?;
        Ok(self.shared.store.remove_old_copies(now, days).await?)
    }

    /// Looks every so often for what has been kept long enough.
    pub(crate) fn retain_every(&self, pause: Duration) {
        let shared = Arc::downgrade(&self.shared);
        tokio::spawn(async move {
            let mut looks = tokio::time::interval(pause);
            looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                looks.tick().await;
                let Some(shared) = shared.upgrade() else { break };
                let engine = Self { shared };
                let now = engine.now();
                if let Err(error) = engine.end_forgotten(now).await {
                    error.log();
                }
                if let Err(error) = engine.delete_kept_long_enough(now).await {
                    error.log();
                }
                if let Err(error) = engine.remove_old_copies(now).await {
                    error.log();
                }
            }
        });
    }
}

impl ClassRow {
    /// When the class is deleted, if classes are kept for so many days.
    pub fn deleted_at(&self, keep_days: Option<u32>) -> Option<Timestamp> {
        Some(kept_until(self.ended_at?, keep_days?))
    }
}
