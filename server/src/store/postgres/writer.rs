//! The writing side of the PostgreSQL database: one connection, for the one writer.
//!
//! A connection on which something failed is given up, and the next use takes a new one, which begins
//! another epoch of the lease: what the old one had been asked and may still do is waited for or shut out,
//! so that what is read then is what there is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signaling::{Event, GroupId, Timestamp, UserId};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use tokio::time::Instant;

use super::batch::Batch;
use super::deadline::{is_no_answer, no_answer, within};
use super::lease::{Hold, Lease};
use super::{credentials, errors, history, homes, log, retention, settings};
use crate::clock::monotonic;
use crate::identity::tokens::Held;
use crate::identity::{JoinCode, TokenHash};
use crate::store::cleanup::Cleanup;
use crate::store::log::Loaded;
use crate::store::put::Put;
use crate::store::write::{Append, FirstAnswer, KeysOf, Write};
use crate::store::{Failure, StoreWriter, Tended};

/// How long a server among several is out of reach of the database before it shows nothing more.
const CUT_OFF: Duration = Duration::from_secs(5);

/// For how long after a call without an answer no other is made. What had to wait for that call is refused
/// meanwhile: one after the other, each would wait for a deadline of its own.
const NOT_ASKED_FOR: Duration = Duration::from_millis(500);

/// The connection that writes.
pub(crate) struct PostgresWriter {
    connection: Option<PgConnection>,
    options: PgConnectOptions,
    lease: Arc<Lease>,
    /// Whether nothing has failed since something was written.
    is_healthy: Arc<AtomicBool>,
    /// When the last call ended without an answer.
    unanswered_at: Option<Instant>,
}

impl PostgresWriter {
    pub(super) const fn new(
        connection: PgConnection,
        options: PgConnectOptions,
        lease: Arc<Lease>,
        is_healthy: Arc<AtomicBool>,
    ) -> Self {
        let connection = Some(connection);
        Self { connection, options, lease, is_healthy, unanswered_at: None }
    }

    /// The connection; after a failure a new one, in a new epoch.
    async fn connection(&mut self) -> Result<(&mut PgConnection, Hold), sqlx::Error> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let mut connection = self.options.connect().await?;
                self.lease.begin_epoch(&mut connection).await?;
                connection
            }
        };
        Ok((self.connection.insert(connection), self.lease.hold()))
    }

    /// Does something on the connection within the deadline, and passes on what came of it. Where it failed
    /// the connection is given up.
    pub(super) async fn ask<T>(
        &mut self,
        query: impl AsyncFnOnce(&mut PgConnection, Hold) -> Result<T, sqlx::Error>,
    ) -> Result<T, Failure> {
        if self.unanswered_at.is_some_and(|at| monotonic() < at + NOT_ASKED_FOR) {
            return Err(errors::failure(no_answer()));
        }
        let asked = async {
            let (connection, hold) = self.connection().await?;
            query(connection, hold).await
        };
        let done = within(asked).await;
        self.unanswered_at = done.as_ref().err().filter(|it| is_no_answer(it)).map(|_| monotonic());
        if let Err(error) = &done
            && !errors::is_harmless(error)
        {
            self.connection = None;
            self.is_healthy.store(false, Ordering::Relaxed);
            if errors::is_taken_over(error) {
                self.lease.lose();
            }
        }
        done.map_err(errors::failure)
    }

    /// The same of something that writes, by which it is known that writing goes well.
    async fn write(
        &mut self,
        query: impl AsyncFnOnce(&mut PgConnection, Hold) -> Result<(), sqlx::Error>,
    ) -> Result<(), Failure> {
        self.ask(query).await?;
        self.is_healthy.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl StoreWriter for PostgresWriter {
    async fn load(&mut self, group_id: GroupId) -> Result<Option<Loaded>, Failure> {
        self.ask(async |connection, hold| {
            if homes::claim(&mut *connection, hold, group_id).await? {
                log::load(connection, group_id).await
            } else {
                Ok(None)
            }
        })
        .await
    }

    async fn events_after(&mut self, group_id: GroupId, seq: u64) -> Result<Vec<Event>, Failure> {
        self.ask(async |connection, _| {
            history::events(connection, group_id, seq, u64::MAX, u32::MAX).await
        })
        .await
    }

    async fn has_code(&mut self, code: &JoinCode) -> Result<bool, Failure> {
        let found =
            self.ask(async |connection, _| log::group_of_code(connection, code).await).await;
        Ok(found?.is_some())
    }

    async fn commit(
        &mut self,
        now: Timestamp,
        appends: &[Append<'_>],
        writes: &[(GroupId, Write)],
    ) -> Result<(), Failure> {
        let mut batch = Batch::default();
        for append in appends {
            batch.append(append);
        }
        batch.write(writes);
        self.write(async |connection, hold| batch.commit(connection, hold, now).await).await
    }

    async fn first_answer(
        &mut self,
        group_id: GroupId,
        user: UserId,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<FirstAnswer>, Failure> {
        self.ask(async |connection, _| {
            credentials::first_answer(connection, group_id, user, key, now).await
        })
        .await
    }

    async fn keys_of(&mut self, group_id: GroupId, user: UserId) -> Result<KeysOf, Failure> {
        self.ask(async |connection, _| credentials::keys_of(connection, group_id, user).await).await
    }

    async fn event(&mut self, group_id: GroupId, seq: u64) -> Result<Option<Event>, Failure> {
        self.ask(async |connection, _| log::event(connection, group_id, seq).await).await
    }

    async fn token(&mut self, token: TokenHash) -> Result<Option<(Held, u32)>, Failure> {
        self.ask(async |connection, _| credentials::token_with_newest(connection, token).await)
            .await
    }

    async fn ticket(
        &mut self,
        ticket: TokenHash,
        now: Timestamp,
    ) -> Result<Option<(GroupId, UserId)>, Failure> {
        self.ask(async |connection, _| credentials::ticket(connection, ticket, now).await).await
    }

    async fn has_handover(&mut self, token: TokenHash) -> Result<bool, Failure> {
        self.ask(async |connection, _| credentials::has_handover(connection, token).await).await
    }

    async fn has_ended(&mut self, group_id: GroupId) -> Result<Option<bool>, Failure> {
        self.ask(async |connection, _| retention::has_ended(connection, group_id).await).await
    }

    async fn ended_before(&mut self, moment: Timestamp) -> Result<Option<GroupId>, Failure> {
        self.ask(async |connection, _| retention::ended_before(connection, moment).await).await
    }

    async fn put(&mut self, put: Put) -> Result<(), Failure> {
        self.ask(async |connection, _| settings::put(connection, &put).await).await
    }

    async fn soft_delete(&mut self, group_id: GroupId, now: Timestamp) -> Result<(), Failure> {
        self.ask(async |connection, hold| {
            retention::soft_delete(connection, hold, group_id, now).await
        })
        .await
    }

    async fn rewrite(
        &mut self,
        append: &Append<'_>,
        user: UserId,
        events: &[(u64, String)],
    ) -> Result<(), Failure> {
        self.ask(async |connection, hold| {
            retention::rewrite(connection, hold, append, user, events).await
        })
        .await
    }

    async fn purge(&mut self, now: Timestamp) -> Result<bool, Failure> {
        self.ask(async |connection, _| retention::purge(connection, now).await).await
    }

    async fn clean_up(&mut self) -> Result<Cleanup, Failure> {
        let options = self.options.clone();
        self.ask(async |connection, _| retention::clean_up(connection, &options).await).await
    }

    fn invalidate(&mut self) {
        self.connection = None;
    }

    fn is_healthy(&self) -> bool {
        self.is_healthy.load(Ordering::Relaxed)
    }

    fn is_shared(&self) -> bool {
        self.lease.is_shared()
    }

    async fn release(&mut self, group_id: GroupId) -> Result<(), Failure> {
        self.ask(async |connection, hold| homes::release(connection, hold, group_id).await).await
    }

    async fn tend(&mut self, now: Timestamp) -> Result<Tended, Failure> {
        if self.lease.overdue() > CUT_OFF {
            // Others have its classes by now, and go on: nobody is to watch lists that do not.
            let late = self.lease.late();
            return Ok(Tended { orphans: Vec::new(), homes: Some(Vec::new()), late });
        }
        let (late, is_in_doubt) = (self.lease.late(), self.lease.is_in_doubt());
        self.ask(async |connection, hold| {
            let orphans = homes::orphans(&mut *connection, now).await?;
            let homes =
                if is_in_doubt { Some(homes::homes(&mut *connection, hold).await?) } else { None };
            Ok(Tended { orphans, homes, late })
        })
        .await
    }

    fn has_tended(&mut self, tended: u64) {
        self.lease.settle(tended);
    }

    async fn probe(&mut self) -> Result<(), Failure> {
        self.write(async |connection, _| settings::write_something(connection).await).await
    }
}
