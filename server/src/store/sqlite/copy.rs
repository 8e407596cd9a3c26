//! Copies of a file that are whole: made while a server works on it, synced, opened again and
//! checked before they get their name. A copy holds what can be read, and nothing that was deleted.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::time::MissedTickBehavior;

use super::check::{Checked, Progress, check, must_be_there};
use super::errors;
use super::files::beside;
use super::lock::BUSY_TIMEOUT;
use super::schema::schema_of;
use crate::store::Failure;
use crate::store::open_error::OpenError;

/// How often it is told how far a copy is.
const TOLD_EVERY: Duration = Duration::from_millis(100);

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// There is something of this name.
    #[error("{0} is there already, and nothing is overwritten. Name another file, or remove it")]
    Taken(
        /// The name.
        String,
    ),
    /// Another copy of this name is being made, or was not finished.
    #[error(
        "{0} is there: a backup of this name is being written, or was broken off. Wait for it, or \
         remove that file"
    )]
    Unfinished(
        /// The name of that file.
        String,
    ),
    /// The database cannot be read.
    #[error(transparent)]
    Source(#[from] OpenError),
    /// SQLite cannot write the copy.
    #[error("cannot write the copy {path}: {why}{source}")]
    Sqlite {
        /// Where it was to be.
        path: String,
        /// What a person can do about it; empty where nobody knows.
        why: &'static str,
        /// What SQLite says.
        source: Failure,
    },
    /// The system cannot write the copy.
    #[error("cannot write the copy {path}: {source}")]
    System {
        /// Where it was to be.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The copy is not what it was to be.
    #[error("the copy {path} cannot be read, and was removed: {source}")]
    Unreadable {
        /// Where it was to be.
        path: String,
        /// Why not.
        source: OpenError,
    },
}

/// Makes a copy of a database under a new name. A server may have it open, and goes on meanwhile.
/// What is wrong with the logs of the database is copied and told.
///
/// # Errors
/// When there is something of this name, or the copy cannot be made; then nothing is left of it.
pub async fn back_up(
    database: &Path,
    to: &Path,
    told: &(dyn Fn(Progress) + Sync),
) -> Result<Checked, CopyError> {
    let error = |error| errors::of_file(database, error);
    must_be_there(database)?;
    // Like any other program it takes part in SQLite's locks, and leaves no files behind.
    let options = SqliteConnectOptions::new().filename(database).busy_timeout(BUSY_TIMEOUT);
    // To write a large copy takes long.
    let options = options.disable_statement_logging();
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(error)?;
    let copied = match schema_of(&mut connection).await.map_err(error)? {
        Some(_) => copy(&mut connection, to, told).await,
        None => Err(OpenError::NotOurs { path: database.display().to_string() }.into()),
    };
    connection.close().await.map_err(error)?;
    copied
}

/// Makes a copy under a new name of what a connection reads.
pub async fn copy(
    connection: &mut SqliteConnection,
    to: &Path,
    told: &(dyn Fn(Progress) + Sync),
) -> Result<Checked, CopyError> {
    let cannot = |source| CopyError::System { path: to.display().to_string(), source };
    if std::fs::symlink_metadata(to).is_ok() {
        return Err(CopyError::Taken(to.display().to_string()));
    }
    let part = Part::make(to)?;
    write(connection, &part.path, told).await.map_err(|error| {
        let why = errors::advice(&error);
        CopyError::Sqlite { path: to.display().to_string(), why, source: error.into() }
    })?;
    // SQLite leaves it to the system when the copy comes to the disk.
    File::open(&part.path).and_then(|file| file.sync_all()).map_err(cannot)?;
    let checked = check(&part.path, told)
        .await
        .map_err(|source| CopyError::Unreadable { path: to.display().to_string(), source })?;
    part.finish(to)?;
    Ok(checked)
}

/// Writes what a connection reads into an empty file, as it is at one moment.
async fn write(
    connection: &mut SqliteConnection,
    to: &Path,
    told: &(dyn Fn(Progress) + Sync),
) -> Result<(), sqlx::Error> {
    let mut figures = [0_i64; 3];
    for (figure, pragma) in figures.iter_mut().zip(["page_count", "freelist_count", "page_size"]) {
        let pragma = format!("PRAGMA {pragma}");
        *figure =
            sqlx::query_scalar(sqlx::AssertSqlSafe(pragma)).fetch_one(&mut *connection).await?;
    }
    let [pages, free, size] = figures;
    let whole = ((pages - free) * size).cast_unsigned();
    let name = to.to_str().ok_or_else(|| {
        sqlx::Error::Configuration("the name of the copy is no text (UTF-8)".into())
    })?;
    let query = sqlx::query("VACUUM INTO ?").bind(name).execute(connection);
    tokio::pin!(query);
    let mut looks = tokio::time::interval(TOLD_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            written = &mut query => return written.map(drop),
            _ = looks.tick() => {
                let done = std::fs::metadata(to).map_or(0, |it| it.len());
                told(Progress::Copied(done.min(whole), whole));
            }
        }
    }
}

/// A copy that has not got its name yet. When it never gets it, it goes.
struct Part {
    path: PathBuf,
    is_finished: bool,
}

impl Part {
    /// An empty file, for this user's eyes alone.
    fn make(to: &Path) -> Result<Self, CopyError> {
        let path = beside(to, ".part");
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        match made {
            Ok(_) => {
                // One of a copy that was broken off would be taken for this one's.
                let _ = std::fs::remove_file(beside(&path, "-journal"));
                Ok(Self { path, is_finished: false })
            }
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {
                Err(CopyError::Unfinished(path.display().to_string()))
            }
            Err(source) => Err(CopyError::System { path: to.display().to_string(), source }),
        }
    }

    /// Gives it its name, unless somebody else has got that meanwhile, and has it last.
    fn finish(mut self, to: &Path) -> Result<(), CopyError> {
        let cannot = |source| CopyError::System { path: to.display().to_string(), source };
        // Whoever makes a file of this name has the name; not every file system can rename so.
        let reserved = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
        if let Err(source) = reserved {
            return Err(if source.kind() == io::ErrorKind::AlreadyExists {
                CopyError::Taken(to.display().to_string())
            } else {
                cannot(source)
            });
        }
        std::fs::rename(&self.path, to).map_err(cannot)?;
        self.is_finished = true;
        let folder = to.parent().filter(|it| !it.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(cannot)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_finished {
            // What cannot be removed stays, and the next copy of this name tells of it.
            let _ = std::fs::remove_file(&self.path);
            let _ = std::fs::remove_file(beside(&self.path, "-journal"));
        }
    }
}
