//! The writing side of the SQLite file: one connection, for the one writer.
//!
//! A connection whose commit failed is given up, and the next use takes a new one. Where reading or
//! writing the file itself failed, what is in it is in doubt: until all that can be read is known to be
//! on the disk there is no connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signaling::{Event, GroupId, Timestamp, UserId};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use super::durable::make_durable;
use super::lock::Lock;
use super::reader::SqliteReader;
use super::script::Script;
use super::{credentials, errors, log, retention, settings};
use crate::identity::tokens::Held;
use crate::identity::{JoinCode, TokenHash};
use crate::store::cleanup::Cleanup;
use crate::store::log::Loaded;
use crate::store::put::Put;
use crate::store::write::{Append, FirstAnswer, KeysOf, Write};
use crate::store::{Failure, StoreWriter};

/// The connection that writes.
pub(crate) struct SqliteWriter {
    connection: Option<SqliteConnection>,
    options: SqliteConnectOptions,
    /// For what is read without a need to hold up what is written.
    reader: SqliteReader,
    /// Whether what programs read from the file may be missing on the disk.
    in_doubt: bool,
    /// Whether nothing has failed since something was written.
    is_healthy: Arc<AtomicBool>,
    /// Nobody else serves the file until this has gone.
    _lock: Arc<Lock>,
}

impl SqliteWriter {
    pub(super) fn new(
        connection: SqliteConnection,
        options: SqliteConnectOptions,
        reader: SqliteReader,
    ) -> Self {
        let (is_healthy, lock) = (Arc::clone(&reader.is_healthy), Arc::clone(&reader.lock));
        let connection = Some(connection);
        Self { connection, options, reader, in_doubt: false, is_healthy, _lock: lock }
    }

    /// The connection; a new one after a failure.
    pub(super) async fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let mut connection = SqliteConnection::connect_with(&self.options).await?;
                if self.in_doubt {
                    make_durable(&mut connection).await?;
                    self.in_doubt = false;
                }
                connection
            }
        };
        Ok(self.connection.insert(connection))
    }

    /// Gives the connection up after something failed on it, and doubts the file where that failed.
    fn note_error(&mut self, error: &sqlx::Error) {
        self.connection = None;
        self.in_doubt |= errors::is_of_the_file(error);
        self.is_healthy.store(false, Ordering::Relaxed);
    }

    /// Does something on the connection, and passes on what came of it.
    async fn ask<T>(
        &mut self,
        query: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, Failure> {
        let done = match self.connection().await {
            Ok(connection) => query(connection).await,
            Err(error) => Err(error),
        };
        self.noted(done)
    }

    /// Passes on what came of a query. An error may be of the connection or the file, and not only of
    /// what they hold.
    fn noted<T>(&mut self, done: Result<T, sqlx::Error>) -> Result<T, Failure> {
        if let Err(error @ (sqlx::Error::Database(_) | sqlx::Error::Io(_))) = &done {
            self.note_error(error);
        }
        Ok(done?)
    }

    /// Passes on what came of a write: whatever fails then, the file cannot be written.
    fn written(&mut self, done: Result<(), sqlx::Error>) -> Result<(), Failure> {
        match &done {
            Ok(()) => self.is_healthy.store(true, Ordering::Relaxed),
            Err(error) => self.note_error(error),
        }
        Ok(done?)
    }

    async fn try_commit(
        &mut self,
        now: Timestamp,
        appends: &[Append<'_>],
        writes: &[(GroupId, Write)],
    ) -> Result<(), sqlx::Error> {
        let mut script = Script::new();
        script.add("BEGIN IMMEDIATE");
        for append in appends {
            script.append(append);
        }
        for alike in writes.chunk_by(|one, next| one.1.is_admission() && next.1.is_admission()) {
            match alike {
                [(group_id, write)] => script.write(now, *group_id, write),
                admissions => script.admit(now, admissions),
            }
        }
        script.add("COMMIT");
        script.run(self.connection().await?).await
    }
}

impl StoreWriter for SqliteWriter {
    async fn load(&mut self, group_id: GroupId) -> Result<Option<Loaded>, Failure> {
        if self.in_doubt {
            // What is read is shown, so it has to be on the disk.
            self.connection().await?;
        }
        let loaded = self.reader.load(group_id).await;
        self.noted(loaded)
    }

    async fn events_after(&mut self, group_id: GroupId, seq: u64) -> Result<Vec<Event>, Failure> {
        let events = self.reader.events_after(group_id, seq).await;
        self.noted(events)
    }

    async fn has_code(&mut self, code: &JoinCode) -> Result<bool, Failure> {
        let found = self.ask(async |connection| log::group_of_code(connection, code).await).await;
        Ok(found?.is_some())
    }

    async fn commit(
        &mut self,
        now: Timestamp,
        appends: &[Append<'_>],
        writes: &[(GroupId, Write)],
    ) -> Result<(), Failure> {
        let committed = self.try_commit(now, appends, writes).await;
        self.written(committed)
    }

    async fn first_answer(
        &mut self,
        group_id: GroupId,
        user: UserId,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<FirstAnswer>, Failure> {
        self.ask(async |connection| {
            credentials::first_answer(connection, group_id, user, key, now).await
        })
        .await
    }

    async fn keys_of(&mut self, group_id: GroupId, user: UserId) -> Result<KeysOf, Failure> {
        self.ask(async |connection| credentials::keys_of(connection, group_id, user).await).await
    }

    async fn event(&mut self, group_id: GroupId, seq: u64) -> Result<Option<Event>, Failure> {
        self.ask(async |connection| log::event(connection, group_id, seq).await).await
    }

    async fn token(&mut self, token: TokenHash) -> Result<Option<(Held, u32)>, Failure> {
        self.ask(async |connection| credentials::token_with_newest(connection, token).await).await
    }

    async fn ticket(
        &mut self,
        ticket: TokenHash,
        now: Timestamp,
    ) -> Result<Option<(GroupId, UserId)>, Failure> {
        self.ask(async |connection| credentials::ticket(connection, ticket, now).await).await
    }

    async fn has_handover(&mut self, token: TokenHash) -> Result<bool, Failure> {
        self.ask(async |connection| credentials::has_handover(connection, token).await).await
    }

    async fn has_ended(&mut self, group_id: GroupId) -> Result<Option<bool>, Failure> {
        self.ask(async |connection| retention::has_ended(connection, group_id).await).await
    }

    async fn ended_before(&mut self, moment: Timestamp) -> Result<Option<GroupId>, Failure> {
        self.ask(async |connection| retention::ended_before(connection, moment).await).await
    }

    async fn put(&mut self, put: Put) -> Result<(), Failure> {
        self.ask(async |connection| settings::put(connection, &put).await).await
    }

    async fn soft_delete(&mut self, group_id: GroupId, now: Timestamp) -> Result<(), Failure> {
        self.ask(async |connection| retention::soft_delete(connection, group_id, now).await).await
    }

    async fn rewrite(
        &mut self,
        append: &Append<'_>,
        user: UserId,
        events: &[(u64, String)],
    ) -> Result<(), Failure> {
        self.ask(async |connection| retention::rewrite(connection, append, user, events).await)
            .await
    }

    async fn purge(&mut self, now: Timestamp) -> Result<bool, Failure> {
        self.ask(async |connection| retention::purge(connection, now).await).await
    }

    async fn clean_up(&mut self) -> Result<Cleanup, Failure> {
        self.ask(async |connection| retention::clean_up(connection).await).await
    }

    fn invalidate(&mut self) {
        self.connection = None;
    }

    fn is_healthy(&self) -> bool {
        self.is_healthy.load(Ordering::Relaxed)
    }

    async fn probe(&mut self) -> Result<(), Failure> {
        let tried = match self.connection().await {
            Ok(connection) => settings::write_something(connection).await,
            Err(error) => Err(error),
        };
        self.written(tried)
    }

    async fn close(&mut self) {
        self.reader.live.close().await;
        self.reader.history.close().await;
        // Only the last connection that is closed puts the write-ahead log into the file and removes
        // it, and only one that may write.
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the database file could not be closed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::KEY_LIFETIME_MILLIS;
    use crate::store::sqlite::open::{Opened, open};

    /// How many rows go in one commit.
    const AT_ONCE: i64 = retention::PURGED_AT_ONCE as i64;

    #[tokio::test]
    async fn what_has_outlived_its_use_goes_a_little_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("handup.db");
        let Opened { mut writer, .. } = open(&path).await.expect("a file");
        let group_id = GroupId::from_bytes([1; 16]);
        let code = JoinCode::new();
        let begun = Append {
            group_id,
            creates: Some((&code, Timestamp::default())),
            expected_seq: 0,
            events: &[],
            next_deadline: None,
        };
        writer.commit(Timestamp::default(), &[begun], &[]).await.expect("a class");
        let (kept, forgotten) = (10, 2 * AT_ONCE + 1);
        for (at, count) in [(0, forgotten), (1, kept)] {
            sqlx::query(
                "WITH RECURSIVE number (n) AS
                     (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?2)
                 INSERT INTO first_answer
                     (group_id, user_id, key, request_hash, status, kept, at)
                 SELECT ?3, x'00', ?1 || ' ' || n, x'00', 200, '', ?1 FROM number",
            )
            .bind(at)
            .bind(count)
            .bind(group_id.as_bytes().as_slice())
            .execute(writer.connection().await.expect("a connection"))
            .await
            .expect("as many keys");
        }
        let now = Timestamp::from_millis(KEY_LIFETIME_MILLIS);
        assert!(writer.purge(now).await.expect("some are forgotten"));
        assert!(writer.purge(now).await.expect("some are forgotten"));
        assert!(!writer.purge(now).await.expect("the last is forgotten"));
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM first_answer")
            .fetch_one(writer.connection().await.expect("a connection"))
            .await
            .expect("a number");
        assert_eq!(left, kept);
    }
}
