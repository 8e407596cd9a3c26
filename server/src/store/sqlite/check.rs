//! Looks through a file and changes nothing: whether SQLite finds it whole, of which schema it is,
//! and whether every class's log can be read without a gap.

use std::path::Path;

use futures::TryStreamExt;
use signaling::{Event, Group, GroupId, apply};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};

use super::files::beside;
use super::lock::BUSY_TIMEOUT;
use super::rows::{bytes, event_of};
use super::schema::{newest_schema, schema_of};
use super::{errors, release};
use crate::store::open_error::OpenError;

/// The most faults that are told; there is nothing more to learn from the others.
const FAULTS: usize = 20;
/// After how many events it is told how far it is.
const TOLD_EVERY: u64 = 1_000;
/// How many classes are looked up at once.
const CLASSES_AT_ONCE: u32 = 1_000;
/// From this schema on a class can be marked as deleted, and its log goes a little at a time.
const MARKS_DELETED: i64 = 2;

/// How far a long look at a file, or a copy of it, has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Bytes of the copy are written, of about so many.
    Copied(u64, u64),
    /// SQLite goes through the file, which does not tell how far it is.
    Checking,
    /// Events are read, of so many.
    Read(u64, u64),
}

/// What was found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The number of its schema.
    pub schema: i64,
    /// The release that made this schema, where the file says so.
    pub release: Option<String>,
    /// The number of the newest schema that this program knows.
    pub newest_schema: i64,
    /// How many classes it holds.
    pub classes: u64,
    /// How many events their logs hold; none are read of a newer schema.
    pub events: u64,
    /// What is wrong with it, for a person.
    pub faults: Vec<String>,
}

/// Checks the file. A server may have it open meanwhile.
///
/// # Errors
/// When it cannot be read, or is no database of Handup.
pub async fn check(path: &Path, told: &(dyn Fn(Progress) + Sync)) -> Result<Checked, OpenError> {
    let error = |error| errors::of_file(path, error);
    must_be_there(path)?;
    loop {
        let log = beside(path, "-wal");
        let (options, is_alone) = reading(path);
        let mut connection = SqliteConnection::connect_with(&options).await.map_err(error)?;
        let checked = check_through(&mut connection, path, told).await;
        connection.close().await.map_err(error)?;
        let is_whole = checked.as_ref().is_ok_and(|checked| checked.faults.is_empty());
        // What a server that has just started changes looks like damage to who takes it for unchanged.
        if is_whole || !is_alone || !log.exists() {
            return checked;
        }
    }
}

/// How a file is only looked at, and whether nobody else has it open.
pub(super) fn reading(path: &Path) -> (SqliteConnectOptions, bool) {
    // Without a log nobody has it open, and to look at it alone leaves nothing beside it.
    let is_alone = !beside(path, "-wal").exists() && !beside(path, "-journal").exists();
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .immutable(is_alone)
        .busy_timeout(BUSY_TIMEOUT)
        // To look through a large file takes long.
        .disable_statement_logging();
    (options, is_alone)
}

/// A file that is only looked at is not made.
pub fn must_be_there(path: &Path) -> Result<(), OpenError> {
    let why = match errors::of_the_place(path) {
        Some(why) => why,
        None if !path.exists() => "it is not there. Name a file that is",
        None => return Ok(()),
    };
    Err(OpenError::NoPlace { path: path.display().to_string(), why })
}

/// Checks the file through a connection, all of it as it is at one moment.
async fn check_through(
    connection: &mut SqliteConnection,
    path: &Path,
    told: &(dyn Fn(Progress) + Sync),
) -> Result<Checked, OpenError> {
    let error = |error| errors::of_file(path, error);
    let newest_schema = newest_schema();
    let mut moment = connection.begin().await.map_err(error)?;
    let schema = schema_of(&mut moment).await.map_err(error)?.unwrap_or(0);
    if schema == 0 {
        return Err(OpenError::NotOurs { path: path.display().to_string() });
    }
    let release = release::of(&mut moment, schema).await.ok().flatten();
    told(Progress::Checking);
    let mut look = Look { faults: Vec::new(), events: 0, of: 0, told };
    let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_all(&mut *moment)
        .await
        .map_err(error)?;
    for said in found.into_iter().filter(|said| said != "ok") {
        look.fault(format!("SQLite finds: {said}"));
    }
    let orphans: Vec<sqlx::sqlite::SqliteRow> =
        sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut *moment).await.map_err(error)?;
    if !orphans.is_empty() {
        look.fault(format!("{} rows belong to no class", orphans.len()));
    }
    let mut classes = 0;
    if schema <= newest_schema {
        let read = look.classes(&mut moment, schema).await;
        match read {
            Ok(count) => classes = count,
            // What cannot be read is told with what was found before.
            Err(source) => look.fault(format!("it cannot be read to its end: {source}")),
        }
    }
    let Look { faults, events, .. } = look;
    Ok(Checked { schema, release, newest_schema, classes, events, faults })
}

/// A look through the logs of a file.
struct Look<'a> {
    faults: Vec<String>,
    events: u64,
    of: u64,
    told: &'a (dyn Fn(Progress) + Sync),
}

impl Look<'_> {
    fn fault(&mut self, fault: String) {
        if self.faults.len() < FAULTS {
            self.faults.push(fault);
        }
    }

    /// Reads every log, and tells how many there are.
    async fn classes(
        &mut self,
        connection: &mut SqliteConnection,
        schema: i64,
    ) -> Result<u64, sqlx::Error> {
        let is_kept = if schema < MARKS_DELETED { "1" } else { "deleted_at IS NULL" };
        let sum = format!("SELECT coalesce(sum(seq), 0) FROM class WHERE {is_kept}");
        let of: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sum)).fetch_one(&mut *connection).await?;
        self.of = of.cast_unsigned();
        let next = format!(
            "SELECT group_id, seq FROM class WHERE {is_kept} AND group_id > ?
             ORDER BY group_id LIMIT {CLASSES_AT_ONCE}"
        );
        let (mut count, mut last) = (0, Vec::new());
        loop {
            let found: Vec<(Vec<u8>, i64)> = sqlx::query_as(sqlx::AssertSqlSafe(next.as_str()))
                .bind(&last)
                .fetch_all(&mut *connection)
                .await?;
            let Some((group_id, _)) = found.last() else { break };
            last.clone_from(group_id);
            for (group_id, seq) in found {
                let group_id = GroupId::from_bytes(bytes(&group_id)?);
                self.class(connection, group_id, seq.cast_unsigned()).await?;
                count += 1;
            }
        }
        (self.told)(Progress::Read(self.events, self.of));
        Ok(count)
    }

    /// Reads one log, as the server does before anybody comes in.
    async fn class(
        &mut self,
        connection: &mut SqliteConnection,
        group_id: GroupId,
        expected: u64,
    ) -> Result<(), sqlx::Error> {
        let mut rows =
            sqlx::query("SELECT seq, name, body FROM event WHERE group_id = ? ORDER BY seq")
                .bind(group_id.as_bytes().as_slice())
                .fetch(connection);
        let mut group = Group::new(group_id);
        while let Some(row) = rows.try_next().await? {
            let seq = row.try_get::<i64, _>(0)?.cast_unsigned();
            if seq != group.seq + 1 {
                let next = group.seq + 1;
                self.fault(format!("the class {group_id} has no event {next} but an event {seq}"));
                return Ok(());
            }
            let event: Event = match event_of(row.try_get(1)?, row.try_get(2)?) {
                Ok(event) => event,
                Err(error) => {
                    let said =
                        format!("event {seq} of the class {group_id} cannot be read: {error}");
                    self.fault(said);
                    return Ok(());
                }
            };
            if event.seq != seq {
                let said =
                    format!("event {seq} of the class {group_id} calls itself {}", event.seq);
                self.fault(said);
                return Ok(());
            }
            apply(&mut group, &event);
            self.events += 1;
            if self.events.is_multiple_of(TOLD_EVERY) {
                (self.told)(Progress::Read(self.events, self.of));
            }
        }
        if group.seq != expected {
            let last = group.seq;
            self.fault(format!(
                "the log of the class {group_id} ends with event {last}, not with {expected}"
            ));
        }
        Ok(())
    }
}

impl Checked {
    /// Whether this program can serve the file.
    pub const fn is_newer(&self) -> bool {
        self.schema > self.newest_schema
    }

    /// Whether a server of this program would bring the file up to date at its start.
    pub const fn is_older(&self) -> bool {
        self.schema < self.newest_schema
    }
}
