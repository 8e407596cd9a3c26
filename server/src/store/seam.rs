//! What the writer asks of a store. Handup has one, the SQLite file; the simulation has another,
//! which is slow, fails and loses power when it is told to.

use signaling::{Event, GroupId, Timestamp, UserId};

use super::history::HistoryReader;
use super::keep::{Keep, Tidy};
use super::{Append, FirstAnswer, KeysOf, Loaded, Reader, Write, Writer};
use crate::identity::tokens::Held;
use crate::identity::{JoinCode, TokenHash};

/// Why the store did not do what it was asked.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A log that can be read back, and what is kept beside it. Whatever writes does all of it or
/// nothing; what it reports as done is durable, and what it reports as failed may be.
pub(crate) trait Store {
    /// The group's log, code and credentials; none when there is no such group.
    async fn load(&mut self, group_id: GroupId) -> Result<Option<Loaded>, Failure>;

    /// The events of the group's log after one.
    async fn events_after(&mut self, group_id: GroupId, seq: u64) -> Result<Vec<Event>, Failure>;

    /// The first answer to the request that named this key, within its lifetime.
    async fn first_answer(
        &mut self,
        group_id: GroupId,
        user: UserId,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<FirstAnswer>, Failure>;

    /// How many keys of a member are remembered.
    async fn keys_of(&mut self, group_id: GroupId, user: UserId) -> Result<KeysOf, Failure>;

    /// One event of the group's log.
    async fn event(&mut self, group_id: GroupId, seq: u64) -> Result<Option<Event>, Failure>;

    /// What a token stands for, and the number of its browser's newest one.
    async fn token(&mut self, token: TokenHash) -> Result<Option<(Held, u32)>, Failure>;

    /// Whom a form with this ticket made a member, within its time.
    async fn ticket(
        &mut self,
        ticket: TokenHash,
        now: Timestamp,
    ) -> Result<Option<(GroupId, UserId)>, Failure>;

    /// Whether a class has this code.
    async fn has_code(&mut self, code: &JoinCode) -> Result<bool, Failure>;

    /// Whether a handover link has not been used yet.
    async fn has_handover(&mut self, token: TokenHash) -> Result<bool, Failure>;

    /// Whether a class has ended; none when there is none.
    async fn has_ended(&mut self, group_id: GroupId) -> Result<Option<bool>, Failure>;

    /// A class that ended at this moment or before, the longest ago.
    async fn ended_before(&mut self, moment: Timestamp) -> Result<Option<GroupId>, Failure>;

    /// Appends and writes. Fails when a log does not end where its append expects.
    async fn commit(
        &mut self,
        now: Timestamp,
        appends: &[Append<'_>],
        writes: &[(GroupId, Write)],
    ) -> Result<(), Failure>;

    /// Writes one thing that is kept.
    async fn keep(&mut self, keep: Keep) -> Result<(), Failure>;

    /// Takes a class away from everybody.
    async fn take_away(&mut self, group_id: GroupId, now: Timestamp) -> Result<(), Failure>;

    /// Appends what it takes for a person to leave, writes events anew from which they were
    /// erased, and forgets what else is kept of them.
    async fn rewrite(
        &mut self,
        append: &Append<'_>,
        user: UserId,
        events: &[(u64, String)],
    ) -> Result<(), Failure>;

    /// Forgets a little of what has outlived its use; whether there is more of it.
    async fn purge(&mut self, now: Timestamp) -> Result<bool, Failure>;

    /// Does a little of what a deletion leaves behind.
    async fn tidy(&mut self) -> Result<Tidy, Failure>;

    /// Something failed: what the store has open is not to be trusted.
    fn distrust(&mut self);

    /// Whether nothing has failed since something was written.
    fn is_well(&self) -> bool {
        true
    }

    /// Finds out whether anything can be written again.
    async fn try_out(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}

/// The one file, as the writer uses it.
pub(crate) struct Sqlite {
    pub writer: Writer,
    pub reader: Reader,
    pub history: HistoryReader,
}

impl Sqlite {
    /// What failed may have failed on the writer's connection, or in the file.
    fn heeded<T>(&mut self, done: Result<T, sqlx::Error>) -> Result<T, Failure> {
        done.map_err(|error| {
            self.writer.heed(&error);
            error.into()
        })
    }
}

impl Store for Sqlite {
    async fn load(&mut self, group_id: GroupId) -> Result<Option<Loaded>, Failure> {
        // What is read is shown, so it has to be on the disk.
        self.writer.settle().await?;
        let loaded = self.reader.load(group_id).await;
        self.heeded(loaded)
    }

    async fn events_after(&mut self, group_id: GroupId, seq: u64) -> Result<Vec<Event>, Failure> {
        let events = self.history.events(group_id, seq, u64::MAX, u32::MAX).await;
        self.heeded(events)
    }

    async fn first_answer(
        &mut self,
        group_id: GroupId,
        user: UserId,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<FirstAnswer>, Failure> {
        let done = self.writer.first_answer(group_id, user, key, now).await;
        self.heeded(done)
    }

    async fn keys_of(&mut self, group_id: GroupId, user: UserId) -> Result<KeysOf, Failure> {
        let done = self.writer.keys_of(group_id, user).await;
        self.heeded(done)
    }

    async fn event(&mut self, group_id: GroupId, seq: u64) -> Result<Option<Event>, Failure> {
        let done = self.writer.event(group_id, seq).await;
        self.heeded(done)
    }

    async fn token(&mut self, token: TokenHash) -> Result<Option<(Held, u32)>, Failure> {
        let done = self.writer.token(token).await;
        self.heeded(done)
    }

    async fn ticket(
        &mut self,
        ticket: TokenHash,
        now: Timestamp,
    ) -> Result<Option<(GroupId, UserId)>, Failure> {
        let done = self.writer.ticket(ticket, now).await;
        self.heeded(done)
    }

    async fn has_code(&mut self, code: &JoinCode) -> Result<bool, Failure> {
        let done = self.writer.has_code(code).await;
        self.heeded(done)
    }

    async fn has_handover(&mut self, token: TokenHash) -> Result<bool, Failure> {
        let done = self.writer.has_handover(token).await;
        self.heeded(done)
    }

    async fn has_ended(&mut self, group_id: GroupId) -> Result<Option<bool>, Failure> {
        let done = self.writer.has_ended(group_id).await;
        self.heeded(done)
    }

    async fn ended_before(&mut self, moment: Timestamp) -> Result<Option<GroupId>, Failure> {
        let done = self.writer.ended_before(moment).await;
        self.heeded(done)
    }

    async fn commit(
        &mut self,
        now: Timestamp,
        appends: &[Append<'_>],
        writes: &[(GroupId, Write)],
    ) -> Result<(), Failure> {
        Ok(self.writer.commit(now, appends, writes).await?)
    }

    async fn keep(&mut self, keep: Keep) -> Result<(), Failure> {
        let done = self.writer.keep(keep).await;
        self.heeded(done)
    }

    async fn take_away(&mut self, group_id: GroupId, now: Timestamp) -> Result<(), Failure> {
        let done = self.writer.take_away(group_id, now).await;
        self.heeded(done)
    }

    async fn rewrite(
        &mut self,
        append: &Append<'_>,
        user: UserId,
        events: &[(u64, String)],
    ) -> Result<(), Failure> {
        let done = self.writer.rewrite(append, user, events).await;
        self.heeded(done)
    }

    async fn purge(&mut self, now: Timestamp) -> Result<bool, Failure> {
        let done = self.writer.purge(now).await;
        self.heeded(done)
    }

    async fn tidy(&mut self) -> Result<Tidy, Failure> {
        let done = self.writer.tidy().await;
        self.heeded(done)
    }

    fn distrust(&mut self) {
        self.writer.give_up();
    }

    fn is_well(&self) -> bool {
        self.writer.is_well()
    }

    async fn try_out(&mut self) -> Result<(), Failure> {
        Ok(self.writer.try_out().await?)
    }
}
