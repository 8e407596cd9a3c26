//! What the writer does between batches: keeping what is beside the classes, and deleting. A chore
//! goes through the one writer like everything else, so nothing is ever written behind the back of
//! a group in memory.

use std::sync::PoisonError;
use std::time::Duration;

use signaling::{Command, Eraser, GroupId, Role, Timestamp, UserId};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{Job, Writer};
use crate::error::Error;
use crate::store::EncodedEvent;
use crate::store::keep::{Keep, Tidy};

/// How many classes are deleted in one sweep because they have been kept long enough.
const DELETED_AT_ONCE: u32 = 50;
/// How long after a piece of tidying the next one comes: room for the class that goes on.
const TIDY_PACE: Duration = Duration::from_millis(5);
/// The same, while a reader keeps the write-ahead log from being emptied.
const HELD_PACE: Duration = Duration::from_millis(100);

/// The same, after it failed.
const FAILED_PACE: Duration = Duration::from_secs(30);

/// The setting that says for how many days a class is kept after its end.
pub(crate) const KEEP_DAYS: &str = "keep_days";
const DAY_MILLIS: i64 = 24 * 3_600 * 1_000;

/// The moment at which a class that ended at another one has been kept long enough.
pub(crate) const fn kept_until(ended_at: Timestamp, days: u32) -> Timestamp {
    Timestamp::from_millis(ended_at.as_millis() + days as i64 * DAY_MILLIS)
}

/// The latest end of those classes that have been kept long enough by now.
pub(crate) const fn kept_since(now: Timestamp, days: u32) -> Timestamp {
    Timestamp::from_millis(now.as_millis() - days as i64 * DAY_MILLIS)
}

/// Something to do between batches.
#[derive(Debug)]
pub(crate) enum Chore {
    /// Write something that is kept.
    Keep(Keep),
    /// Delete a class.
    Delete(GroupId),
    /// Erase a person from a class.
    Erase(GroupId, UserId),
    /// Delete what has been kept long enough at this moment.
    Retain(Timestamp),
}

/// A chore, and whom to tell when it is done.
pub(crate) struct ChoreJob {
    pub chore: Chore,
    pub reply: oneshot::Sender<Result<(), Error>>,
}

impl Writer {
    pub(super) async fn do_chore(&mut self, job: ChoreJob) {
        let done = match job.chore {
            Chore::Keep(keep) => self.store.keep(keep).await.map_err(Error::from),
            Chore::Delete(group_id) => self.delete(group_id).await,
            Chore::Erase(group_id, user) => self.erase(group_id, user).await,
            Chore::Retain(now) => self.retain(now).await,
        };
        // Whoever asked may be gone; what was done stands.
        let _ = job.reply.send(done);
    }

    /// Deletes a class, after ending it for whoever is still in it.
    async fn delete(&mut self, group_id: GroupId) -> Result<(), Error> {
        if !self.open(group_id).await? {
            return Err(Error::NoSuchGroup);
        }
        let teacher = self.working.get(&group_id).filter(|working| !working.group.ended).and_then(
            |working| working.group.with_role(Role::Teacher).next().map(|member| member.user_id),
        );
        if let Some(actor) = teacher {
            self.command(group_id, Command::End { actor }).await?;
        }
        self.store.take_away(group_id, self.clock.now()).await?;
        self.forget(group_id);
        self.set_deadline(group_id, None);
        self.untidy_at = Some(Instant::now());
        Ok(())
    }

    /// Erases a person's name and data from a class that keeps its counts. Somebody who is still
    /// in it is removed first.
    async fn erase(&mut self, group_id: GroupId, user: UserId) -> Result<(), Error> {
        if !self.open(group_id).await? {
            return Err(Error::NoSuchGroup);
        }
        let remover = self.working.get(&group_id).and_then(|working| {
            let group = &working.group;
            group.member(user).filter(|_| !group.ended)?;
            let mut teachers = group.with_role(Role::Teacher).map(|member| member.user_id);
            Some(teachers.find(|teacher| *teacher != user).unwrap_or(user))
        });
        if let Some(actor) = remover {
            self.command(group_id, Command::Leave { actor, user }).await?;
        }
        let loaded = self.reader.load(group_id).await?.ok_or(Error::NoSuchGroup)?;
        let without = self.without(user, &loaded.events);
        self.store.rewrite(group_id, user, &without).await?;
        // Its next use reads the log again, and every stream goes on from there.
        self.working.remove(&group_id);
        self.untidy_at = Some(Instant::now());
        self.open(group_id).await.map(drop)
    }

    /// The events that a person has to be erased from, as they are without.
    fn without(&self, user: UserId, events: &[EncodedEvent]) -> Vec<(u64, String)> {
        let keep = |data: &str| self.application.keep_when_erased(data);
        let mut eraser = Eraser::new(user, &keep);
        let erased = events.iter().filter_map(|encoded| eraser.erase(&encoded.event));
        erased.map(|event| (event.seq, serde_json::to_string(&event).unwrap_or_default())).collect()
    }

    /// Deletes the classes that have been kept for as long as the setting says, if it says so.
    pub(super) async fn retain(&mut self, now: Timestamp) -> Result<(), Error> {
        let days = self.reader.setting(KEEP_DAYS).await?.and_then(|days| days.parse().ok());
        let Some(days) = days else { return Ok(()) };
        let due = self.store.ended_before(kept_since(now, days), DELETED_AT_ONCE).await?;
        for group_id in due {
            self.delete(group_id).await?;
        }
        Ok(())
    }

    /// Has one command decided, committed and published, as any request's.
    async fn command(&mut self, group_id: GroupId, command: Command) -> Result<(), Error> {
        let (reply, answered) = oneshot::channel();
        let job = Job { group_id, command: Some(command), beside: Vec::new(), key: None, reply };
        self.work(vec![job]).await;
        answered.await.map_err(|_| Error::Stopping)?.map(drop)
    }

    fn forget(&mut self, group_id: GroupId) {
        self.working.remove(&group_id);
        self.rooms.map.write().unwrap_or_else(PoisonError::into_inner).remove(&group_id);
    }

    pub(super) async fn tidy(&mut self) {
        let pause = match self.store.tidy().await {
            Ok(Tidy::Done) => None,
            Ok(Tidy::More) => Some(TIDY_PACE),
            Ok(Tidy::Held) => Some(HELD_PACE),
            Err(error) => {
                tracing::error!(%error, "tidying failed");
                Some(FAILED_PACE)
            }
        };
        self.untidy_at = pause.map(|pause| Instant::now() + pause);
    }
}
