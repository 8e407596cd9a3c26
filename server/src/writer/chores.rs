//! Maintenance: what the writer does between batches, such as storing checkpoints and deleting. It
//! goes through the one writer like everything else, so a group in memory never differs from the store.

use std::time::Duration;

use signaling::{Application, Command, Eraser, Event, GroupId, Role, Timestamp, UserId, act};
use tokio::sync::oneshot;

use super::Writer;
use super::working::deadline_after;
use crate::clock::monotonic;
use crate::error::Error;
use crate::store::StoreWriter;
use crate::store::cleanup::Cleanup;
use crate::store::log::EncodedEvent;
use crate::store::put::Put;
use crate::store::write::Append;

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

/// The last moment of those classes that are forgotten by now: nothing has happened in them for so
/// many days.
pub(crate) const fn still_since(now: Timestamp, days: u32) -> Timestamp {
    kept_since(now, days)
}

/// Something to do between batches.
#[derive(Debug)]
pub(crate) enum Chore {
    /// Write something that is kept.
    Put(Put),
    /// Delete a class.
    Delete(GroupId),
    /// Erase a person from a class, as far as its log was read.
    Erase(GroupId, Box<Erasing>),
    /// Let another server be the home of a class.
    Release(GroupId),
    /// Delete the class that ended longest ago, if it was at this moment or before.
    Retain(Timestamp),
}

/// A person who is being erased, and the events that are to be written anew.
#[derive(Debug)]
pub(crate) struct Erasing {
    pub user: UserId,
    pub eraser: Eraser,
    /// The last event that was read.
    pub seq: u64,
    pub events: Vec<(u64, String)>,
}

impl Erasing {
    /// Reads the next event of the log.
    pub fn read(&mut self, event: &Event, application: &dyn Application) {
        self.seq = event.seq;
        if let Some(erased) = self.eraser.erase(event, application) {
            let body = serde_json::to_string(&erased).unwrap_or_default();
            self.events.push((event.seq, body));
        }
    }
}

/// A chore, and whom to tell when it is done.
pub(crate) struct ChoreJob {
    pub chore: Chore,
    pub reply: oneshot::Sender<Result<(), Error>>,
}

impl<S: StoreWriter> Writer<S> {
    pub(crate) async fn do_chore(&mut self, job: ChoreJob) {
        let done = match job.chore {
            Chore::Put(put) => self.store.put(put).await.map_err(Error::from),
            Chore::Delete(group_id) => self.delete(group_id).await,
            Chore::Erase(group_id, erasing) => self.erase(group_id, *erasing).await,
            Chore::Release(group_id) => self.release(group_id).await,
            Chore::Retain(ended_before) => self.retain(ended_before).await,
        };
        if matches!(done, Err(Error::Internal(_))) {
            self.store.invalidate();
        }
        // Whoever asked may be gone; what was done stands.
        let _ = job.reply.send(done);
    }

    /// Deletes a class, in one commit, and tells whoever is still in it that it is over.
    async fn delete(&mut self, group_id: GroupId) -> Result<(), Error> {
        self.store.has_ended(group_id).await?.ok_or(Error::NoSuchGroup)?;
        let taken = self.store.soft_delete(group_id, self.clock.now()).await;
        self.untidy_at = Some(monotonic());
        if taken.is_err() {
            // It may be gone all the same: soon its log is looked for.
            self.restore(group_id, self.clock.now());
        }
        taken?;
        self.close(group_id);
        Ok(())
    }

    /// Tells whoever is in a class that is there no more that it is over.
    pub(super) fn close(&mut self, group_id: GroupId) {
        self.set_deadline(group_id, None);
        self.working.remove(&group_id);
        let room = self.rooms.map.write().remove(&group_id);
        let Some(room) = room else { return };
        let mut group = room.group();
        let Some(teacher) = group.with_role(Role::Teacher).next() else { return };
        let end = Command::End { actor: teacher.user_id };
        if let Ok(outcome) = act(&mut group, self.clock.now(), end, &*self.application) {
            room.publish(&encoded(&outcome.events));
            self.tell_voices(&room, &[]);
        }
    }

    /// Erases a person and, when they are still in it, removes them from a class that goes on: all
    /// in one commit.
    async fn erase(&mut self, group_id: GroupId, mut erasing: Erasing) -> Result<(), Error> {
        let has_ended = self.store.has_ended(group_id).await?.ok_or(Error::NoSuchGroup)?;
        let user = erasing.user;
        // What is due is settled first, as before any other command.
        self.work(Vec::new()).await;
        let is_open = !has_ended && self.open(group_id).await?;
        // What came since the log was read.
        for event in self.store.events_after(group_id, erasing.seq).await? {
            erasing.read(&event, &*self.application);
        }
        let mut append = Append {
            group_id,
            creates: None,
            expected_seq: erasing.seq,
            events: &[],
            next_deadline: None,
        };
        let mut left = Vec::new();
        if let Some(working) = self.working.get(&group_id).filter(|_| is_open)
            && working.group.member(user).is_some()
        {
            let mut group = working.group.clone();
            let now = self.clock.now();
            // What has come to be due while the log was read.
            let mut events = act(&mut group, now, Command::Expire, &*self.application)?.events;
            let teachers = group.with_role(Role::Teacher).map(|it| it.user_id);
            let actor = { teachers }.find(|teacher| *teacher != user).unwrap_or(user);
            let leave = Command::Leave { actor, user };
            events.extend(act(&mut group, now, leave, &*self.application)?.events);
            left = encoded(&events);
            append.next_deadline =
                deadline_after(&group, &left, &working.room, &*self.application, now);
        }
        append.events = &left;
        let written = self.store.rewrite(&append, user, &erasing.events).await;
        if let Some(room) = self.rooms.get(group_id) {
            if written.is_ok() && !left.is_empty() {
                room.publish(&left);
                self.tell_voices(&room, &left);
                self.tell_integrations(&room);
            }
            // The log is read again, and every stream goes on from there.
            self.restore(group_id, self.clock.now());
        }
        written?;
        self.untidy_at = Some(monotonic());
        if self.rooms.get(group_id).is_some() {
            self.open(group_id).await?;
        }
        Ok(())
    }

    async fn release(&mut self, group_id: GroupId) -> Result<(), Error> {
        // First, so that nothing is decided here any more once others decide.
        self.leave(group_id);
        let released = self.store.release(group_id).await;
        if released.is_err() {
            self.look_after(group_id);
        }
        Ok(released?)
    }

    async fn retain(&mut self, ended_before: Timestamp) -> Result<(), Error> {
        match self.store.ended_before(ended_before).await? {
            Some(group_id) => self.delete(group_id).await,
            None => Ok(()),
        }
    }

    pub(crate) async fn purge(&mut self) {
        let more = self.store.purge(self.clock.now()).await.unwrap_or_else(|error| {
            tracing::error!(%error, "removing expired rows failed; it is tried again");
            false
        });
        self.purge_at = more.then(|| monotonic() + TIDY_PACE);
    }

    pub(crate) async fn tidy(&mut self) {
        let pause = match self.store.clean_up().await {
            Ok(Cleanup::Done) => None,
            Ok(Cleanup::More) => Some(TIDY_PACE),
            Ok(Cleanup::Held) => Some(HELD_PACE),
            Err(error) => {
                tracing::error!(%error, "cleaning up after a deletion failed; it is tried again");
                self.store.invalidate();
                Some(FAILED_PACE)
            }
        };
        self.untidy_at = pause.map(|pause| monotonic() + pause);
    }
}

/// Encodes events, once for the log and every stream.
pub(super) fn encoded(events: &[Event]) -> Vec<EncodedEvent> {
    let encode = |event: &Event| EncodedEvent {
        event: event.clone(),
        body: serde_json::to_string(event).unwrap_or_default(),
    };
    events.iter().map(encode).collect()
}
