//! Why the store cannot be opened, in words for whoever starts the server.

use super::Failure;
use super::release::RELEASE;

/// Why the store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or its directory cannot be used.
    #[error("cannot use the database {path}: {why}{source}")]
    File {
        /// Where it should be.
        path: String,
        /// What a person can do about it; empty where nobody knows.
        why: &'static str,
        /// What the database says.
        source: Failure,
    },
    /// There can be no file of this name.
    #[error("cannot use the database {path}: {why}")]
    NoPlace {
        /// Where it should be.
        path: String,
        /// What is wrong, and what to do.
        why: &'static str,
    },
    /// Voices cannot be carried as configured.
    #[error(transparent)]
    Voice(#[from] voice::NotListening),
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
        source: Failure,
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
        source: Failure,
    },
    /// The database of PostgreSQL's cannot be used.
    #[error("cannot use the database {address}: {why}{source}")]
    Database {
        /// Where it should be, without a password.
        address: String,
        /// What a person can do about it; empty where nobody knows.
        why: &'static str,
        /// What the database says.
        source: Failure,
    },
    /// PostgreSQL does not keep what it is told, or is too old.
    #[error("cannot use the database {address}: {why}")]
    UnfitDatabase {
        /// Where it is.
        address: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// Another server serves the database.
    #[error(
        "the database {address} is served already, by {by}. Stop that server first, or give this one \
         a database of its own by --database"
    )]
    ServedDatabase {
        /// Where it is.
        address: String,
        /// Who has it, as they wrote it down.
        by: String,
    },
    /// A move into the store was stopped.
    #[error(
        "a move into the database is not finished. Start `handup move` again, and then this server"
    )]
    HalfMoved,
    /// What has to be known before a server starts cannot be read.
    #[error("the database cannot be read: {0}")]
    Unread(Failure),
    /// The other servers on the database have another secret.
    #[error(
        "the servers on the database {address} have another secret. Give this one theirs, by \
         HANDUP_NODE_SECRET"
    )]
    OtherSecret {
        /// Where it is.
        address: String,
    },
    /// The database holds another program's tables.
    #[error(
        "the database {address} has tables, but none of Handup. Make another one with createdb, and \
         name that"
    )]
    ForeignDatabase {
        /// Where it is.
        address: String,
    },
    /// The schema is of a time to come.
    #[error(
        "the database {path} was written by a newer Handup: its schema is number {schema}, which \
         Handup {} does not know. Start {needed}, or restore the copy that was kept before the upgrade",
        RELEASE
    )]
    Newer {
        /// Where it is.
        path: String,
        /// The number of its newest migration.
        schema: i64,
        /// Which Handup knows it, in words.
        needed: String,
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

impl OpenError {
    /// The database at this place has a schema that this program does not know, and names the release
    /// that made it, or none.
    pub(crate) fn newer(path: String, schema: i64, release: Option<String>) -> Self {
        let needed = release.map_or_else(
            || "the newer one".to_owned(),
            |release| format!("Handup {release} or newer"),
        );
        Self::Newer { path, schema, needed }
    }
}
