//! The store: an event log for each group, and what identity, idempotency, the history and the
//! administrator need beside it.
//!
//! It is two traits, since it is used in two ways: [`StoreWriter`] by the one writer, which holds it
//! alone, and [`StoreReader`] by everybody else at any time. Their types name no database. `sqlite`
//! and `postgres` implement both; the simulation has a [`StoreWriter`] of its own, which is slow, fails and loses
//! power when it is told to.

pub(crate) mod address;
pub(crate) mod classes;
pub(crate) mod cleanup;
pub(crate) mod decode;
pub(crate) mod examine;
pub(crate) mod examined;
pub(crate) mod integrations;
pub(crate) mod kept;
pub(crate) mod log;
mod migrations;
pub(crate) mod moving;
pub(crate) mod open_error;
pub(crate) mod postgres;
pub(crate) mod put;
pub(crate) mod release;
pub(crate) mod sqlite;
pub(crate) mod write;

use std::net::SocketAddr;

use async_trait::async_trait;
use signaling::{Event, GroupId, Timestamp, UserId};

use self::classes::{Checkpoint, ClassFilter, ClassRow, Place};
use self::cleanup::Cleanup;
use self::integrations::IntegrationReader;
use self::log::Loaded;
use self::put::Put;
use self::write::{Append, FirstAnswer, KeysOf, Write};
use crate::identity::tokens::{BrowserId, Held, Membership};
use crate::identity::{JoinCode, TokenHash};
use crate::nodes::Home;

/// Why the store did not do what it was asked.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How long an Idempotency-Key is remembered.
pub(crate) const KEY_LIFETIME_MILLIS: i64 = 24 * 3_600 * 1_000;

/// The writing side, which the one writer holds alone. Whatever writes does all of it or nothing;
/// what it reports as done is durable, and what it reports as failed may be.
pub(crate) trait StoreWriter {
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

    /// Writes one thing that is stored beside the classes.
    async fn put(&mut self, put: Put) -> Result<(), Failure>;

    /// Takes a class away from everybody; its log is left to [`clean_up`](Self::clean_up).
    async fn soft_delete(&mut self, group_id: GroupId, now: Timestamp) -> Result<(), Failure>;

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
    async fn clean_up(&mut self) -> Result<Cleanup, Failure>;

    /// Something failed: the connection is not to be used any more.
    fn invalidate(&mut self);

    /// Whether nothing has failed since something was written.
    fn is_healthy(&self) -> bool {
        true
    }

    /// Whether several servers serve it.
    fn is_shared(&self) -> bool {
        false
    }

    /// What is not its own any more was let go of, as of this time.
    fn has_tended(&mut self, late: u64) {
        let _ = late;
    }

    /// Lets another server be the home of a class.
    async fn release(&mut self, group_id: GroupId) -> Result<(), Failure> {
        let _ = group_id;
        Ok(())
    }

    /// What has become this server's to look after, and what is not its own any more, where several serve
    /// one database.
    async fn tend(&mut self, now: Timestamp) -> Result<Tended, Failure> {
        let _ = now;
        Ok(Tended::default())
    }

    /// Finds out whether anything can be written again.
    async fn probe(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// Closes every connection, the reading ones too. Nothing is asked of the store after that.
    async fn close(&mut self) {}
}

/// What came of looking which classes are whose.
#[derive(Debug, Default)]
pub(crate) struct Tended {
    /// Classes without a home in which something is due, and since when.
    pub orphans: Vec<(GroupId, Timestamp)>,
    /// Which classes this server is still the home of; all that it was, when none is said.
    pub homes: Option<Vec<GroupId>>,
    /// As of which time that others may have taken some, as the store counts them.
    pub late: u64,
}

/// The reading side: any number of readers at once, none of which ever holds up the writer.
#[async_trait]
pub(crate) trait StoreReader: IntegrationReader {
    /// Answers when the store can be read, and was written when that was tried last.
    async fn check(&self) -> Result<(), Failure>;

    /// Which server decides on a class.
    async fn home(&self, group_id: GroupId) -> Result<Home, Failure> {
        let _ = group_id;
        Ok(Home::Here)
    }

    /// Whether other servers may decide by now on classes of which this one was the home.
    fn is_in_doubt(&self) -> bool {
        false
    }

    /// How often that was so, until it was found out which these are.
    fn doubts(&self) -> u64 {
        0
    }

    /// Lets other servers have what this one was the home of. It writes nothing more.
    async fn release(&self) -> Result<(), Failure> {
        Ok(())
    }

    /// Tells whoever wants to serve the same store where this server listens.
    fn announce(&self, address: SocketAddr);

    /// Removes copies of the store that were made before its schema was changed and have been kept
    /// long enough, where classes are kept for so many days after their end.
    async fn remove_old_copies(
        &self,
        now: Timestamp,
        keep_days: Option<u32>,
    ) -> Result<(), Failure>;

    /// The group that this code joins.
    async fn group_of_code(&self, code: &JoinCode) -> Result<Option<GroupId>, Failure>;

    /// Whether the group exists.
    async fn has_group(&self, group_id: GroupId) -> Result<bool, Failure>;

    /// What a token stands for, its end that has come included.
    async fn token(&self, token: TokenHash) -> Result<Option<Held>, Failure>;

    /// Whom a browser is in a group.
    async fn memberships(
        &self,
        browser: BrowserId,
        group_id: GroupId,
    ) -> Result<Vec<Membership>, Failure>;

    /// Whether a token stands for somebody in any other group than this one.
    async fn is_elsewhere(&self, held: Held, group_id: GroupId) -> Result<bool, Failure>;

    /// Whom a handover link that is still good stands for.
    async fn handover(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> Result<Option<(GroupId, UserId)>, Failure>;

    /// The value of a setting, when it is set.
    async fn setting(&self, name: &str) -> Result<Option<String>, Failure>;

    /// Whether the token is that of an administrator's session that this password opened.
    async fn has_session(
        &self,
        token: TokenHash,
        password: TokenHash,
        now: Timestamp,
    ) -> Result<bool, Failure>;

    /// The next classes after a place, newest first.
    async fn classes(
        &self,
        filter: &ClassFilter,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<ClassRow>, Failure>;

    /// How many classes there are, and how many events their logs hold.
    async fn totals(&self, filter: &ClassFilter) -> Result<(u64, u64), Failure>;

    /// One class.
    async fn class(&self, group_id: GroupId) -> Result<Option<ClassRow>, Failure>;

    /// The classes in which a token stands for somebody, newest first: those that go on, or those
    /// that are over.
    async fn classes_of(
        &self,
        held: Held,
        are_over: bool,
        limit: u32,
    ) -> Result<Vec<(ClassRow, UserId)>, Failure>;

    /// How far the class was read, with all that is needed to read on.
    async fn checkpoint(
        &self,
        class: &ClassRow,
        version: u32,
    ) -> Result<Option<Checkpoint>, Failure>;

    /// How far the class was read, and how many bytes came of it; none when it has to be read from
    /// the beginning.
    async fn checkpoint_size(
        &self,
        class: &ClassRow,
        version: u32,
    ) -> Result<Option<(u64, u64)>, Failure>;

    /// The projection of the class, when it was read to the end of its log.
    async fn summary(&self, class: &ClassRow, version: u32) -> Result<Option<String>, Failure>;

    /// The events after one and up to another, at most so many.
    async fn events(
        &self,
        group_id: GroupId,
        after: u64,
        through: u64,
        limit: u32,
    ) -> Result<Vec<Event>, Failure>;

    /// The events before one that are about who is in the class.
    async fn member_events(&self, group_id: GroupId, before: u64) -> Result<Vec<Event>, Failure>;

    /// How many have come into the class, some of them more than once.
    async fn count_members(&self, group_id: GroupId) -> Result<u32, Failure>;

    /// The events that are about one person's being in the class.
    async fn person_events(&self, group_id: GroupId, user: UserId) -> Result<Vec<Event>, Failure>;

    /// The devices that hold a credential of the member, and since when, the oldest first.
    async fn devices(
        &self,
        group_id: GroupId,
        user: UserId,
    ) -> Result<Vec<(BrowserId, Timestamp)>, Failure>;

    /// Some classes that go on and in which nothing has happened since this moment, the oldest first,
    /// with the number of their last event.
    async fn still_since(
        &self,
        moment: Timestamp,
        limit: u32,
    ) -> Result<Vec<(GroupId, u64)>, Failure>;

    /// How many classes have ended before this moment.
    async fn ended_before(&self, moment: Timestamp) -> Result<u64, Failure>;
}
