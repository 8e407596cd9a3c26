//! The log and what identity needs, in one SQLite file. All SQL is here: what classes need as they
//! go on in this file, what reads them afterwards in `history`, what is kept beside them and how
//! things are deleted in `keep`.

#![expect(clippy::disallowed_methods, reason = "all SQL is here")]

pub(crate) mod before;
pub(crate) mod check;
pub(crate) mod copy;
pub(crate) mod history;
pub(crate) mod keep;
pub(crate) mod lock;
mod script;
pub(crate) mod seam;
mod slack;
mod trouble;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signaling::{Event, GroupId, Timestamp, UserId};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{Connection, Row, SqliteConnection};

use self::history::HistoryReader;
use self::lock::Lock;
use self::script::Script;
use crate::identity::tokens::{BrowserId, Held, Membership};
use crate::identity::{JoinCode, TokenHash};
use crate::writer::kept::Kept;

/// The first release without the bug that can corrupt a file when its WAL is reset.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);
/// How long an Idempotency-Key is remembered.
pub(crate) const KEY_LIFETIME_MILLIS: i64 = 24 * 3_600 * 1_000;

/// How long a connection waits for another one's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The schema, from its first form on.
static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// Why the store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or its directory cannot be used.
    #[error("cannot use the database {path}: {}{source}", trouble::in_words(source))]
    File {
        /// Where it should be.
        path: String,
        /// What SQLite says.
        source: sqlx::Error,
    },
    /// There can be no file of this name.
    #[error("cannot use the database {path}: {why}")]
    NoPlace {
        /// Where it should be.
        path: String,
        /// What is wrong, and what to do.
        why: &'static str,
    },
    /// Another server serves the file.
    #[error(
        "the database {path} is served already, by {by}. Stop that server first, or give this one a \
         file of its own by --database"
    )]
    Served {
        /// Where it is.
        path: String,
        /// Who has it, as they wrote it down.
        by: String,
    },
    /// The file is to be found by two names, each of which would have a log and a lock of its own.
    #[error(
        "the database {path} has a second name (a hard link), by which another server could write \
         it. Remove one of the two names, or copy the file"
    )]
    TwoNames {
        /// One of its names.
        path: String,
    },
    /// There can be no lock beside the file.
    #[error(
        "cannot lock {path}, by which no second server serves the same database: {source}. Let this \
         user write the folder, on a disk that knows locks"
    )]
    NoLock {
        /// The file of the lock.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The schema cannot be brought up to date.
    #[error("cannot bring the database {path} up to date: {source}")]
    Migrate {
        /// Where it is.
        path: String,
        /// What went wrong.
        source: sqlx::migrate::MigrateError,
    },
    /// It is a database, but none of Handup's.
    #[error("{path} is a database of SQLite, but none of Handup. Name another file")]
    NotOurs {
        /// Where it is.
        path: String,
    },
    /// There is no copy of a file that is to be changed.
    #[error(
        "the database {path} is of an older Handup and is not changed before there is a copy of it. \
         {source}. Make room for as much again in its folder, and let this user write there"
    )]
    NoCopy {
        /// Where it is.
        path: String,
        /// Why not.
        source: Box<copy::CopyError>,
    },
    /// The schema is of a time to come.
    #[error(
        "the database {path} was written by a newer Handup: its schema is number {schema}, which \
         this one does not know. Start the newer one"
    )]
    Newer {
        /// Where it is.
        path: String,
        /// The number of its newest migration.
        schema: i64,
    },
    /// The system gives no threads to render with.
    #[error("cannot start the threads that render pages: {0}")]
    Threads(std::io::Error),
    /// SQLite itself is too old.
    #[error("SQLite {0} is too old: 3.51.3 or newer is needed")]
    OldSqlite(String),
    /// SQLite was built without what clears a file of what was deleted.
    #[error(
        "this program was built with a SQLite that has no sqlite_dbpage, without which what is \
         deleted does not leave the file. Build it inside Handup's checkout, whose \
         .cargo/config.toml says how"
    )]
    NoPages,
    /// What is committed to the file would not be on disk.
    #[error("the database {path} is not durable: its journal_mode is {journal_mode}")]
    NotDurable {
        /// Where it is.
        path: String,
        /// Its journal mode.
        journal_mode: String,
    },
}

/// How many rows that have outlived their use go in one commit: others wait for no longer than that
/// takes.
const PURGED_AT_ONCE: u32 = 500;

/// What one group's append holds.
pub(crate) struct Append<'a> {
    pub group_id: GroupId,
    /// The join code, when the group is new.
    pub creates: Option<(&'a JoinCode, Timestamp)>,
    /// The last number in the log before this append.
    pub expected_seq: u64,
    pub events: &'a [EncodedEvent],
    pub next_deadline: Option<Timestamp>,
}

/// An event and its body, encoded once.
pub(crate) struct EncodedEvent {
    pub event: Event,
    pub body: String,
}

/// What a commit writes beside events.
#[derive(Debug, Clone)]
pub(crate) enum Write {
    /// A new token of a browser.
    Token {
        token: TokenHash,
        held: Held,
    },
    /// The browser's place in the group.
    Membership {
        browser: BrowserId,
        membership: Membership,
    },
    /// A browser takes along the newest memberships that a token of another one opens.
    TakeAlong {
        from: Held,
        to: BrowserId,
    },
    /// A form with this ticket made the member.
    Ticket {
        ticket: TokenHash,
        user: UserId,
        expires_at: Timestamp,
    },
    Revoke {
        user: UserId,
    },
    JoinCode(JoinCode),
    Handover {
        token: TokenHash,
        user: UserId,
        expires_at: Timestamp,
    },
    SpendHandover(TokenHash),
    /// The links of the group, or of one member, lead nowhere any more.
    EndHandovers {
        of: Option<UserId>,
    },
    FirstAnswer {
        user: UserId,
        key: String,
        answer: FirstAnswer,
    },
}

impl Write {
    /// Whether it is written together with others of its kind, as a class joins.
    const fn is_admission(&self) -> bool {
        matches!(self, Self::Token { .. } | Self::Membership { .. })
    }
}

/// A group as it is read back.
pub(crate) struct Loaded {
    pub join_code: JoinCode,
    pub events: Vec<EncodedEvent>,
    pub memberships: Vec<(BrowserId, Membership)>,
    /// The tokens of these browsers.
    pub tokens: Vec<(TokenHash, Held)>,
}

impl Loaded {
    /// A group in which nothing has happened.
    pub const fn empty(join_code: JoinCode) -> Self {
        Self { join_code, events: Vec::new(), memberships: Vec::new(), tokens: Vec::new() }
    }
}

/// The reading side: any number of readers that never block the writer.
#[derive(Clone)]
pub(crate) struct Reader {
    pool: SqlitePool,
    is_well: Arc<AtomicBool>,
}

/// The writing side: one connection, for the one writer.
pub(crate) struct Writer {
    connection: Option<SqliteConnection>,
    options: SqliteConnectOptions,
    /// Whether what programs read from the file may be missing on the disk.
    in_doubt: bool,
    /// Whether nothing has failed since something was written.
    is_well: Arc<AtomicBool>,
    /// Nobody else serves the file until this has gone.
    pub lock: Arc<Lock>,
}

/// Opens the file, making it when it is not there, and brings its schema up to date.
pub(crate) async fn open(path: &Path) -> Result<(Writer, Reader, HistoryReader), OpenError> {
    let file_error = |source| OpenError::File { path: path.display().to_string(), source };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // What is deleted is overwritten, not only unlinked.
        .pragma("secure_delete", "ON")
        .busy_timeout(BUSY_TIMEOUT);
    let reading = options.clone().create_if_missing(false).read_only(true);
    // A new file can give pages back; one that was made without it stays as it is.
    let options = options.auto_vacuum(SqliteAutoVacuum::Incremental);
    if let Some(why) = trouble::of_the_place(path) {
        return Err(OpenError::NoPlace { path: path.display().to_string(), why });
    }
    let lock = Arc::new(Lock::take(path).await?);
    make_private(path);
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(file_error)?;
    let version: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(&mut connection)
        .await
        .map_err(file_error)?;
    if parse_version(&version) < OLDEST_SQLITE {
        return Err(OpenError::OldSqlite(version));
    }
    let has_pages: bool =
        sqlx::query_scalar("SELECT sqlite_compileoption_used('ENABLE_DBPAGE_VTAB')")
            .fetch_one(&mut connection)
            .await
            .map_err(file_error)?;
    if !has_pages {
        return Err(OpenError::NoPages);
    }
    // Whoever wrote the file last may have been killed before what they wrote was synced.
    make_durable(&mut connection).await.map_err(file_error)?;
    must_be_ours(&mut connection, path).await?;
    let kept = before::keep_copy(&mut connection, path).await?;
    if let Err(error) = MIGRATIONS.run(&mut connection).await {
        drop_copy(&mut connection, kept).await;
        return Err(not_migrated(path, error));
    }
    must_be_durable(&mut connection, path).await?;
    keep::fold_names(&mut connection).await.map_err(file_error)?;
    keep::give_id(&mut connection).await.map_err(file_error)?;
    write_something(&mut connection).await.map_err(file_error)?;
    let pool = readers(4).connect_with(reading.clone()).await.map_err(file_error)?;
    let history = readers(3).connect_with(reading).await.map_err(file_error)?;
    let is_well = Arc::new(AtomicBool::new(true));
    let reader = Reader { pool, is_well: Arc::clone(&is_well) };
    let writer = Writer { connection: Some(connection), options, in_doubt: false, is_well, lock };
    Ok((writer, reader, HistoryReader { pool: history }))
}

/// Makes a file that is not there yet, for this user's eyes alone: SQLite would let everybody read
/// it whom the umask lets. What it puts beside the file it makes as the file is.
fn make_private(path: &Path) {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    // What keeps it from being made, SQLite comes upon too, and tells in words.
    drop(made);
}

/// A pool of which one connection always stays. So the index of the write-ahead log, which is only
/// kept while somebody has the file open, is never made anew while the server runs: that would bring
/// to light what a failed commit has left there.
fn readers(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// Writes all that can be read to the disk once more, and waits until it is there. Until then what
/// was written before a kill or a failed sync can be read, and still be gone after a power loss; a
/// later sync that succeeds does not tell.
async fn make_durable(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(connection).await?;
    if row.try_get::<i64, _>(0)? == 0 {
        Ok(())
    } else {
        Err(sqlx::Error::Protocol("another program keeps the database busy".to_owned()))
    }
}

/// Finds out whether anything can be written at all.
async fn write_something(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let write = "INSERT INTO setting (name, value) VALUES ('tried_out', '1')
                 ON CONFLICT DO UPDATE SET value = value + 1";
    sqlx::query(write).execute(connection).await.map(drop)
}

/// No tables are made in another program's file.
async fn must_be_ours(connection: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let is_foreign: bool = sqlx::query_scalar(
        "SELECT count(*) FILTER (WHERE name = 'class') = 0
            AND count(*) FILTER (WHERE tbl_name NOT IN ('_sqlx_migrations')) > 0
         FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    )
    .fetch_one(connection)
    .await
    .map_err(|source| OpenError::File { path: path.display().to_string(), source })?;
    let path = path.display().to_string();
    if is_foreign { Err(OpenError::NotOurs { path }) } else { Ok(()) }
}

/// Removes the copy of a file that has not been changed after all, so that a server that is started
/// again and again does not fill the disk with them.
async fn drop_copy(connection: &mut SqliteConnection, kept: Option<PathBuf>) {
    let Some(kept) = kept else { return };
    let schema = check::schema_of(connection).await.ok();
    let copied = check::check(&kept, &|_| ()).await.ok();
    if schema.is_some() && schema.flatten() == copied.map(|copy| copy.schema) {
        let _ = std::fs::remove_file(kept);
    }
}

fn not_migrated(path: &Path, error: MigrateError) -> OpenError {
    let path = path.display().to_string();
    match error {
        MigrateError::VersionMissing(schema) => OpenError::Newer { path, schema },
        MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => {
            OpenError::File { path, source }
        }
        source => OpenError::Migrate { path, source },
    }
}

/// Asks SQLite itself how it writes: some file systems have no write-ahead log.
async fn must_be_durable(connection: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let path = path.display().to_string();
    let file_error = |source| OpenError::File { path: path.clone(), source };
    let journal_mode: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut *connection)
        .await
        .map_err(file_error)?;
    let synchronous: i64 =
        sqlx::query_scalar("PRAGMA synchronous").fetch_one(connection).await.map_err(file_error)?;
    tracing::info!("sqlite journal_mode={journal_mode} synchronous={synchronous}");
    if journal_mode == "wal" && synchronous == 2 {
        Ok(())
    } else {
        Err(OpenError::NotDurable { path, journal_mode })
    }
}

fn parse_version(version: &str) -> (u32, u32, u32) {
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next())
}

impl Reader {
    /// The group's log, code and credentials; none when there is no such group.
    pub async fn load(&self, group_id: GroupId) -> Result<Option<Loaded>, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let class =
            sqlx::query("SELECT join_code FROM class WHERE group_id = ? AND deleted_at IS NULL")
                .bind(group_id.as_bytes().as_slice())
                .fetch_optional(&mut *transaction)
                .await?;
        let Some(class) = class else { return Ok(None) };
        let rows = sqlx::query("SELECT name, body FROM event WHERE group_id = ? ORDER BY seq")
            .bind(group_id.as_bytes().as_slice())
            .fetch_all(&mut *transaction)
            .await?;
        let mut events = Vec::with_capacity(rows.len());
        for row in rows {
            let body: String = row.try_get(1)?;
            events.push(EncodedEvent { event: event_of(row.try_get(0)?, &body)?, body });
        }
        let rows =
            sqlx::query("SELECT generation, user_id, browser FROM membership WHERE group_id = ?")
                .bind(group_id.as_bytes().as_slice())
                .fetch_all(&mut *transaction)
                .await?;
        let read = |row: &SqliteRow| Ok((browser(row, 2)?, membership_of(row)?));
        let memberships = rows.iter().map(read).collect::<Result<_, sqlx::Error>>()?;
        let rows = sqlx::query(
            "SELECT browser, token.generation, replaces, ends_at, token_hash
             FROM token JOIN membership AS held USING (browser) WHERE held.group_id = ?",
        )
        .bind(group_id.as_bytes().as_slice())
        .fetch_all(&mut *transaction)
        .await?;
        let read = |row: &SqliteRow| Ok((hash(row.try_get(4)?)?, held_of(row)?));
        let tokens = rows.iter().map(read).collect::<Result<_, sqlx::Error>>()?;
        Ok(Some(Loaded { join_code: code(class.try_get(0)?)?, events, memberships, tokens }))
    }

    /// The id of the database.
    pub async fn id(&self) -> Result<String, sqlx::Error> {
        sqlx::query_scalar("SELECT value FROM setting WHERE name = 'id'")
            .fetch_one(&self.pool)
            .await
    }

    /// Every group in which something is to time out, and when.
    pub async fn deadlines(&self) -> Result<Vec<(GroupId, Timestamp)>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT group_id, next_deadline FROM class WHERE next_deadline IS NOT NULL",
        )
        .fetch_all(&self.pool)
        .await?;
        let read = |row: SqliteRow| {
            let group_id = GroupId::from_bytes(bytes(row.try_get(0)?)?);
            Ok((group_id, Timestamp::from_millis(row.try_get(1)?)))
        };
        rows.into_iter().map(read).collect()
    }

    /// The group that this code joins.
    pub async fn group_of_code(&self, code: &JoinCode) -> Result<Option<GroupId>, sqlx::Error> {
        let row = sqlx::query("SELECT group_id FROM class WHERE join_code = ?")
            .bind(code.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| Ok(GroupId::from_bytes(bytes(row.try_get(0)?)?))).transpose()
    }

    /// Whether the group exists.
    pub async fn has_group(&self, group_id: GroupId) -> Result<bool, sqlx::Error> {
        let row = sqlx::query("SELECT 1 FROM class WHERE group_id = ? AND deleted_at IS NULL")
            .bind(group_id.as_bytes().as_slice())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// What a token stands for, its end that has come included.
    pub async fn token(&self, token: TokenHash) -> Result<Option<Held>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT browser, generation, replaces, ends_at FROM token WHERE token_hash = ?",
        )
        .bind(token.as_bytes().as_slice())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(held_of).transpose()
    }

    /// Whom a browser is in a group.
    pub async fn memberships(
        &self,
        browser: BrowserId,
        group_id: GroupId,
    ) -> Result<Vec<Membership>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT generation, user_id FROM membership WHERE browser = ? AND group_id = ?",
        )
        .bind(browser.as_bytes().as_slice())
        .bind(group_id.as_bytes().as_slice())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(membership_of).collect()
    }

    /// Whether a token stands for somebody in any other group than this one.
    pub async fn is_elsewhere(&self, held: Held, group_id: GroupId) -> Result<bool, sqlx::Error> {
        let row = sqlx::query(
            "SELECT 1 FROM membership WHERE browser = ? AND generation <= ? AND group_id <> ?
             LIMIT 1",
        )
        .bind(held.browser.as_bytes().as_slice())
        .bind(held.generation)
        .bind(group_id.as_bytes().as_slice())
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.is_some())
    }

    /// Whom a handover link that is still good stands for.
    pub async fn handover(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> Result<Option<(GroupId, UserId)>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT group_id, user_id FROM handover WHERE token_hash = ? AND expires_at > ?",
        )
        .bind(token.as_bytes().as_slice())
        .bind(now.as_millis())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(member_of).transpose()
    }

    /// Answers when the file can be read, and was written when that was tried last.
    pub async fn check(&self) -> Result<(), sqlx::Error> {
        if !self.is_well.load(Ordering::Relaxed) {
            return Err(sqlx::Error::Protocol("what was to be written failed".to_owned()));
        }
        sqlx::query("SELECT 1 FROM class LIMIT 1").execute(&self.pool).await.map(drop)
    }
}

/// A first answer that is remembered.
#[derive(Debug, Clone)]
pub(crate) struct FirstAnswer {
    /// The hash of the request that it was given to.
    pub request: TokenHash,
    pub status: u16,
    /// What it takes to make its body again.
    pub kept: Kept,
}

/// How many keys of a member are remembered, and when the first of them was used.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct KeysOf {
    pub count: u32,
    pub oldest: Option<Timestamp>,
}

impl Writer {
    /// The connection; a new one after a failure, for a connection whose commit failed is not to
    /// be trusted. Nor is the file, where reading or writing it failed: until what it holds is known
    /// to be on the disk there is no connection.
    async fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
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
    pub fn distrust(&mut self, error: &sqlx::Error) {
        self.give_up();
        self.in_doubt |= trouble::is_of_the_file(error);
        self.is_well.store(false, Ordering::Relaxed);
    }

    /// Does so where an error is of the connection or the file, and not of what they hold.
    pub fn heed(&mut self, error: &sqlx::Error) {
        if matches!(error, sqlx::Error::Database(_) | sqlx::Error::Io(_)) {
            self.distrust(error);
        }
    }

    /// Gives the connection up: the next use takes a new one.
    pub fn give_up(&mut self) {
        self.connection = None;
    }

    /// Whether nothing has failed since something was written.
    pub fn is_well(&self) -> bool {
        self.is_well.load(Ordering::Relaxed)
    }

    /// Makes sure that what can be read is on the disk.
    pub async fn settle(&mut self) -> Result<(), sqlx::Error> {
        if self.in_doubt { self.connection().await.map(drop) } else { Ok(()) }
    }

    /// Finds out whether the file can be written again.
    pub async fn try_out(&mut self) -> Result<(), sqlx::Error> {
        let tried = match self.connection().await {
            Ok(connection) => write_something(connection).await,
            Err(error) => Err(error),
        };
        self.note(tried)
    }

    fn note(&mut self, written: Result<(), sqlx::Error>) -> Result<(), sqlx::Error> {
        match &written {
            Ok(()) => self.is_well.store(true, Ordering::Relaxed),
            Err(error) => self.distrust(error),
        }
        written
    }

    /// The first answer to the request that named this key, within its lifetime.
    pub async fn first_answer(
        &mut self,
        group_id: GroupId,
        user: UserId,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<FirstAnswer>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT request_hash, status, kept FROM first_answer
             WHERE group_id = ? AND user_id = ? AND key = ? AND at > ?",
        )
        .bind(group_id.as_bytes().as_slice())
        .bind(user.as_bytes().as_slice())
        .bind(key)
        .bind(now.as_millis() - KEY_LIFETIME_MILLIS)
        .fetch_optional(self.connection().await?)
        .await?;
        let read = |row: SqliteRow| {
            Ok(FirstAnswer {
                request: hash(row.try_get(0)?)?,
                status: row.try_get(1)?,
                kept: serde_json::from_str(row.try_get(2)?)
                    .map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            })
        };
        row.map(read).transpose()
    }

    /// How many keys of a member are remembered.
    pub async fn keys_of(
        &mut self,
        group_id: GroupId,
        user: UserId,
    ) -> Result<KeysOf, sqlx::Error> {
        let row = sqlx::query(
            "SELECT count(*), min(at) FROM first_answer WHERE group_id = ? AND user_id = ?",
        )
        .bind(group_id.as_bytes().as_slice())
        .bind(user.as_bytes().as_slice())
        .fetch_one(self.connection().await?)
        .await?;
        let oldest: Option<i64> = row.try_get(1)?;
        Ok(KeysOf { count: row.try_get(0)?, oldest: oldest.map(Timestamp::from_millis) })
    }

    /// One event of a log.
    pub async fn event(
        &mut self,
        group_id: GroupId,
        seq: u64,
    ) -> Result<Option<Event>, sqlx::Error> {
        let row = sqlx::query("SELECT name, body FROM event WHERE group_id = ? AND seq = ?")
            .bind(group_id.as_bytes().as_slice())
            .bind(seq.cast_signed())
            .fetch_optional(self.connection().await?)
            .await?;
        row.map(|row| event_of(row.try_get(0)?, row.try_get(1)?)).transpose()
    }

    /// What a token stands for, and the number of its browser's newest one.
    pub async fn token(&mut self, token: TokenHash) -> Result<Option<(Held, u32)>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT browser, generation, replaces, ends_at,
                 (SELECT max(newest.generation) FROM token AS newest
                  WHERE newest.browser = token.browser)
             FROM token WHERE token_hash = ?",
        )
        .bind(token.as_bytes().as_slice())
        .fetch_optional(self.connection().await?)
        .await?;
        row.map(|row| Ok((held_of(&row)?, row.try_get(4)?))).transpose()
    }

    /// Whom a form with this ticket made a member, within its time.
    pub async fn ticket(
        &mut self,
        ticket: TokenHash,
        now: Timestamp,
    ) -> Result<Option<(GroupId, UserId)>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT group_id, user_id FROM ticket WHERE ticket_hash = ? AND expires_at > ?",
        )
        .bind(ticket.as_bytes().as_slice())
        .bind(now.as_millis())
        .fetch_optional(self.connection().await?)
        .await?;
        row.as_ref().map(member_of).transpose()
    }

    /// Whether a class has this code.
    pub async fn has_code(&mut self, code: &JoinCode) -> Result<bool, sqlx::Error> {
        let row = sqlx::query("SELECT 1 FROM class WHERE join_code = ?")
            .bind(code.as_str())
            .fetch_optional(self.connection().await?)
            .await?;
        Ok(row.is_some())
    }

    /// Whether a handover link has not been used yet.
    pub async fn has_handover(&mut self, token: TokenHash) -> Result<bool, sqlx::Error> {
        let row = sqlx::query("SELECT 1 FROM handover WHERE token_hash = ?")
            .bind(token.as_bytes().as_slice())
            .fetch_optional(self.connection().await?)
            .await?;
        Ok(row.is_some())
    }

    /// Commits everything in one transaction, or nothing.
    pub async fn commit(
        &mut self,
        now: Timestamp,
        appends: &[Append<'_>],
        writes: &[(GroupId, Write)],
    ) -> Result<(), sqlx::Error> {
        let committed = self.try_commit(now, appends, writes).await;
        self.note(committed)
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

    /// Forgets a little of what has outlived its use; whether there is more of it.
    pub async fn purge(&mut self, now: Timestamp) -> Result<bool, sqlx::Error> {
        let connection = self.connection().await?;
        let forgotten = now.as_millis() - KEY_LIFETIME_MILLIS;
        let now = now.as_millis();
        let mut has_more = false;
        for (table, key, ends_at, moment) in [
            ("first_answer", "group_id, user_id, key", "at", forgotten),
            ("handover", "token_hash", "expires_at", now),
            ("ticket", "ticket_hash", "expires_at", now),
            ("token", "token_hash", "ends_at", now),
            ("admin_session", "token_hash", "expires_at", now),
        ] {
            let delete = format!(
                "DELETE FROM {table} WHERE ({key}) IN
                     (SELECT {key} FROM {table} WHERE {ends_at} <= ? LIMIT ?)"
            );
            let deleted = sqlx::query(sqlx::AssertSqlSafe(delete))
                .bind(moment)
                .bind(PURGED_AT_ONCE)
                .execute(&mut *connection)
                .await?;
            has_more |= deleted.rows_affected() >= u64::from(PURGED_AT_ONCE);
        }
        Ok(has_more)
    }
}

/// The path of a file that belongs to another one, whose name ends so.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn event_of(name: &str, body: &str) -> Result<Event, sqlx::Error> {
    Event::decode(name, &mut serde_json::Deserializer::from_str(body))
        .map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn bytes<const N: usize>(blob: &[u8]) -> Result<[u8; N], sqlx::Error> {
    blob.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn hash(blob: &[u8]) -> Result<TokenHash, sqlx::Error> {
    Ok(TokenHash::from_bytes(bytes(blob)?))
}

fn browser(row: &SqliteRow, column: usize) -> Result<BrowserId, sqlx::Error> {
    Ok(BrowserId::from_bytes(bytes(row.try_get(column)?)?))
}

/// A member of a group, of a row that begins with its columns.
fn member_of(row: &SqliteRow) -> Result<(GroupId, UserId), sqlx::Error> {
    let group_id = GroupId::from_bytes(bytes(row.try_get(0)?)?);
    Ok((group_id, UserId::from_bytes(bytes(row.try_get(1)?)?)))
}

/// A token, of a row that begins with its columns.
fn held_of(row: &SqliteRow) -> Result<Held, sqlx::Error> {
    let (replaces, ends_at): (Option<&[u8]>, Option<i64>) = (row.try_get(2)?, row.try_get(3)?);
    Ok(Held {
        browser: browser(row, 0)?,
        generation: row.try_get(1)?,
        replaces: replaces.map(hash).transpose()?,
        ends_at: ends_at.map(Timestamp::from_millis),
    })
}

/// A membership, of a row that begins with its columns.
fn membership_of(row: &SqliteRow) -> Result<Membership, sqlx::Error> {
    let user = UserId::from_bytes(bytes(row.try_get(1)?)?);
    Ok(Membership { generation: row.try_get(0)?, user })
}

fn code(text: &str) -> Result<JoinCode, sqlx::Error> {
    JoinCode::from_text(text)
        .ok_or_else(|| sqlx::Error::Decode("a join code of the store cannot be read".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_versions_are_compared_as_numbers() {
        assert!(parse_version("3.51.3") >= OLDEST_SQLITE);
        assert!(parse_version("3.100.0") >= OLDEST_SQLITE);
        assert!(parse_version("3.51.2") < OLDEST_SQLITE);
        assert!(parse_version("3.9.9") < OLDEST_SQLITE);
    }
    #[tokio::test]
    async fn what_has_outlived_its_use_goes_a_little_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("handup.db");
        let (mut writer, ..) = open(&path).await.expect("a file");
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
        let (kept, forgotten) = (10, 2 * i64::from(PURGED_AT_ONCE) + 1);
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
