//! Opens the SQLite file: locked, durable, of the newest schema, and for this user's eyes alone.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signaling::{GroupId, Timestamp};
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, Row, SqliteConnection};

use super::durable::make_durable;
use super::lock::{BUSY_TIMEOUT, Lock};
use super::reader::SqliteReader;
use super::schema::{MIGRATIONS, schema_of};
use super::writer::SqliteWriter;
use super::{before, check, errors, log, release, settings};
use crate::names::folding::fold;
use crate::store::open_error::OpenError;

/// The first release without the bug that can corrupt a file when its WAL is reset.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

/// An open store, and what has to be known of it before anything starts.
pub(crate) struct Opened {
    pub writer: SqliteWriter,
    pub reader: SqliteReader,
    /// The id of the database.
    pub id: String,
    /// Every group in which something is to time out, and when.
    pub deadlines: Vec<(GroupId, Timestamp)>,
}

/// Opens the file, making it when it is not there, and brings its schema up to date.
pub(crate) async fn open(path: &Path) -> Result<Opened, OpenError> {
    let file_error = |error| errors::of_file(path, error);
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
    if let Some(why) = errors::of_the_place(path) {
        return Err(OpenError::NoPlace { path: path.display().to_string(), why });
    }
    let lock = Arc::new(Lock::take(path).await?);
    make_private(path);
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(file_error)?;
    must_be_fit(&mut connection, path).await?;
    // Whoever wrote the file last may have been killed before what they wrote was synced.
    make_durable(&mut connection).await.map_err(file_error)?;
    must_be_ours(&mut connection, path).await?;
    let kept = before::keep_copy(&mut connection, path).await?;
    if let Err(error) = MIGRATIONS.run(&mut connection).await {
        drop_copy(&mut connection, kept).await;
        return Err(not_migrated(&mut connection, path, error).await);
    }
    release::note(&mut connection).await.map_err(file_error)?;
    must_be_durable(&mut connection, path).await?;
    fold_names(&mut connection).await.map_err(file_error)?;
    settings::give_id(&mut connection).await.map_err(file_error)?;
    settings::write_something(&mut connection).await.map_err(file_error)?;
    let live = readers(4).connect_with(reading.clone()).await.map_err(file_error)?;
    let history = readers(3).connect_with(reading).await.map_err(file_error)?;
    let reader = SqliteReader {
        live,
        history,
        is_healthy: Arc::new(AtomicBool::new(true)),
        path: path.to_owned(),
        lock,
    };
    let id = settings::id(&reader.live).await.map_err(file_error)?;
    let deadlines = log::deadlines(&reader.live).await.map_err(file_error)?;
    let writer = SqliteWriter::new(connection, options, reader.clone());
    Ok(Opened { writer, reader, id, deadlines })
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

/// SQLite itself can do what is asked of it. Tells its version.
pub(super) async fn must_be_fit(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<String, OpenError> {
    let file_error = |error| errors::of_file(path, error);
    let version: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(&mut *connection)
        .await
        .map_err(file_error)?;
    if parse_version(&version) < OLDEST_SQLITE {
        return Err(OpenError::OldSqlite(version));
    }
    let has_pages: bool =
        sqlx::query_scalar("SELECT sqlite_compileoption_used('ENABLE_DBPAGE_VTAB')")
            .fetch_one(connection)
            .await
            .map_err(file_error)?;
    if has_pages { Ok(version) } else { Err(OpenError::NoPages) }
}

/// No tables are made in another program's file.
pub(super) async fn must_be_ours(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<(), OpenError> {
    let is_foreign: bool = sqlx::query_scalar(
        "SELECT count(*) FILTER (WHERE name = 'class') = 0
            AND count(*) FILTER (WHERE tbl_name NOT IN ('_sqlx_migrations')) > 0
         FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    )
    .fetch_one(connection)
    .await
    .map_err(|error| errors::of_file(path, error))?;
    let path = path.display().to_string();
    if is_foreign { Err(OpenError::NotOurs { path }) } else { Ok(()) }
}

/// Removes the copy of a file that has not been changed after all, so that a server that is started
/// again and again does not fill the disk with them.
async fn drop_copy(connection: &mut SqliteConnection, kept: Option<PathBuf>) {
    let Some(kept) = kept else { return };
    let schema = schema_of(connection).await.ok();
    let copied = check::check(&kept, &|_| ()).await.ok();
    if schema.is_some() && schema.flatten() == copied.map(|copy| copy.schema) {
        let _ = std::fs::remove_file(kept);
    }
}

async fn not_migrated(
    connection: &mut SqliteConnection,
    path: &Path,
    error: MigrateError,
) -> OpenError {
    let shown = path.display().to_string();
    match error {
        // The first one that is not known, of perhaps several.
        MigrateError::VersionMissing(schema) => match release::newest(connection).await {
            Ok((schema, release)) => OpenError::newer(shown, schema, release),
            Err(_) => OpenError::newer(shown, schema, None),
        },
        MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => {
            errors::of_file(path, source)
        }
        source => OpenError::Migrate { path: shown, source: source.into() },
    }
}

/// Asks SQLite itself how it writes: some file systems have no write-ahead log.
async fn must_be_durable(connection: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let file_error = |error| errors::of_file(path, error);
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
        Err(OpenError::NotDurable { path: path.display().to_string(), journal_mode })
    }
}

fn parse_version(version: &str) -> (u32, u32, u32) {
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next())
}

/// Makes the names ready for a search that were written before there was one, or for another one.
async fn fold_names(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let rows =
        sqlx::query("SELECT group_id, name FROM class WHERE name_folded = '' AND name <> ''")
            .fetch_all(&mut *connection)
            .await?;
    for row in rows {
        let (group_id, name): (Vec<u8>, String) = (row.try_get(0)?, row.try_get(1)?);
        sqlx::query("UPDATE class SET name_folded = ? WHERE group_id = ?")
            .bind(fold(&name))
            .bind(group_id)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
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
}
