//! Moving a store from one place to another: from a file into a database of PostgreSQL's, or back.
//!
//! Rows go in the order of their keys, and one that is there already is left: a move that was stopped goes
//! on when it is started again. Until it is over no server serves what it moves into.

use crate::nodes::Node;
use crate::store::address::Database;
use crate::store::open_error::OpenError;
use crate::store::release::OF_SCHEMA;
use crate::store::{Failure, StoreWriter, postgres, sqlite};

/// How many rows go at once.
const AT_ONCE: u32 = 500;

/// The setting by which a store tells that a move into it is not over: the id of what is moved.
pub(crate) const MOVING: &str = "moving";

/// Settings that are of one place, and do not move.
const STAYS: [&str; 5] = [MOVING, "tried_out", "slack", "untidy", "node_secret"];

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Text,
    Blob,
}

/// A value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    Integer(Option<i64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
}

/// A table as both kinds of store have it: its name, its columns, and how many of them, the first, are its
/// key.
#[derive(Debug)]
pub(crate) struct Table {
    pub name: &'static str,
    pub columns: &'static [(&'static str, Kind)],
    pub key: usize,
}

impl Table {
    /// The names of its columns.
    pub fn names(&self) -> Vec<&'static str> {
        self.columns.iter().map(|(name, _)| *name).collect()
    }

    /// Which of its rows move.
    pub fn condition(&self) -> String {
        if self.name == "setting" {
            let stays = STAYS.join("', '");
            format!("name NOT IN ('{stays}') AND name NOT LIKE '{OF_SCHEMA}%'")
        } else {
            "true".to_owned()
        }
    }

    /// The names of those that are its key.
    pub fn keys(&self) -> Vec<&'static str> {
        self.columns.iter().take(self.key).map(|(name, _)| *name).collect()
    }
}

use self::Kind::{Blob, Integer, Text};

/// Every table, each after those that it refers to.
const TABLES: [Table; 13] = [
    Table {
        name: "class",
        columns: &[
            ("group_id", Blob),
            ("created_at", Integer),
            ("join_code", Text),
            ("seq", Integer),
            ("next_deadline", Integer),
            ("name", Text),
            ("name_folded", Text),
            ("ended_at", Integer),
            ("deleted_at", Integer),
            ("edition", Integer),
        ],
        key: 1,
    },
    Table {
        name: "event",
        columns: &[("group_id", Blob), ("seq", Integer), ("name", Text), ("body", Text)],
        key: 2,
    },
    Table {
        name: "token",
        columns: &[
            ("token_hash", Blob),
            ("browser", Blob),
            ("generation", Integer),
            ("replaces", Blob),
            ("ends_at", Integer),
        ],
        key: 1,
    },
    Table {
        name: "membership",
        columns: &[
            ("browser", Blob),
            ("group_id", Blob),
            ("user_id", Blob),
            ("generation", Integer),
            ("created_at", Integer),
        ],
        key: 3,
    },
    Table {
        name: "handover",
        columns: &[
            ("token_hash", Blob),
            ("group_id", Blob),
            ("user_id", Blob),
            ("expires_at", Integer),
        ],
        key: 1,
    },
    Table {
        name: "ticket",
        columns: &[
            ("ticket_hash", Blob),
            ("group_id", Blob),
            ("user_id", Blob),
            ("expires_at", Integer),
        ],
        key: 1,
    },
    Table {
        name: "first_answer",
        columns: &[
            ("group_id", Blob),
            ("user_id", Blob),
            ("key", Text),
            ("request_hash", Blob),
            ("status", Integer),
            ("kept", Text),
            ("at", Integer),
        ],
        key: 3,
    },
    Table {
        name: "reading",
        columns: &[
            ("group_id", Blob),
            ("seq", Integer),
            ("edition", Integer),
            ("version", Integer),
            ("summary", Text),
            ("state", Text),
        ],
        key: 1,
    },
    Table {
        name: "integrated_class",
        columns: &[
            ("group_id", Blob),
            ("integration", Text),
            ("delivered", Integer),
            ("failing_since", Integer),
        ],
        key: 1,
    },
    Table {
        name: "own_id",
        columns: &[("group_id", Blob), ("id", Text), ("user_id", Blob)],
        key: 2,
    },
    Table {
        name: "dead_letter",
        columns: &[
            ("group_id", Blob),
            ("first", Integer),
            ("last", Integer),
            ("failure", Text),
            ("at", Integer),
        ],
        key: 2,
    },
    Table { name: "setting", columns: &[("name", Text), ("value", Text)], key: 1 },
    Table {
        name: "admin_session",
        columns: &[("token_hash", Blob), ("password_hash", Blob), ("expires_at", Integer)],
        key: 1,
    },
];

/// The side of a store that rows are moved from or to. Settings of one place are none of its rows.
pub(crate) trait Movable {
    /// The next rows after one, by its key.
    async fn rows(
        &mut self,
        table: &Table,
        after: Option<&[Cell]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell>>, Failure>;

    /// Writes rows that are not there yet; of settings, all.
    async fn put_rows(&mut self, table: &Table, rows: Vec<Vec<Cell>>) -> Result<(), Failure>;

    /// How many rows there are.
    async fn count(&mut self, table: &Table) -> Result<u64, Failure>;

    /// The store whose move into this one is not over.
    async fn moving(&mut self) -> Result<Option<String>, Failure>;

    /// Notes that one is, or that it is over.
    async fn set_moving(&mut self, of: Option<&str>) -> Result<(), Failure>;
}

/// What was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// How many classes there are now.
    pub classes: u64,
    /// How many events their logs hold.
    pub events: u64,
}

/// Why a store was not moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// One of the two cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is nothing to move.
    #[error("there is no database {0} to move. Name the file that the server has")]
    NoFile(String),
    /// Both are of one kind.
    #[error(
        "a move is from a file into a database of PostgreSQL's, or back: to move a file copy it with \
         `handup backup`, and a database with pg_dump"
    )]
    SameKind,
    /// What is to be moved into has classes already.
    #[error("{0} has classes already. Name an empty database, or a file that is not there yet")]
    NotEmpty(String),
    /// What is to be moved is itself half of something.
    #[error("a move into {0} was not finished. Start that again before you move it on")]
    HalfMoved(String),
    /// Something failed in between.
    #[error("the move was not finished: {0}. Start it again, and it goes on where it stopped")]
    Failed(Failure),
    /// The two differ at the end.
    #[error(
        "the move was not finished: {table} has {from} rows, and {to} were moved. Start it again while \
         nothing else writes there"
    )]
    Differs {
        /// What of the two differs.
        table: &'static str,
        /// How many there are.
        from: u64,
        /// How many came.
        to: u64,
    },
}

/// Moves everything from one place to another, which has nothing yet. Neither is served meanwhile. `tell` is
/// told of how many rows some have come.
///
/// # Errors
/// When either cannot be opened, the other is not empty, or something fails in between; what was moved by
/// then stays, and the next time it goes on.
pub async fn move_store(
    from: &Database,
    to: &Database,
    tell: &impl Fn(u64, u64),
) -> Result<Moved, MoveError> {
    const ALONE: Option<&Node> = None;
    match (from, to) {
        (Database::File(path), Database::Postgres(_)) if !path.is_file() => {
            // To open it would make it.
            Err(MoveError::NoFile(path.display().to_string()))
        }
        (Database::File(path), Database::Postgres(address)) => {
            let mut from = sqlite::open::open(path).await?;
            let mut to = postgres::open::open(address, ALONE).await?;
            let (from_name, to_name) = (path.display().to_string(), address.to_string());
            let names = (from_name.as_str(), to_name.as_str());
            let moved = move_rows(&mut from.writer, &mut to.writer, &from.id, names, tell).await;
            from.writer.close().await;
            moved
        }
        (Database::Postgres(address), Database::File(path)) => {
            let mut from = postgres::open::open(address, ALONE).await?;
            let mut to = sqlite::open::open(path).await?;
            let (from_name, to_name) = (address.to_string(), path.display().to_string());
            let names = (from_name.as_str(), to_name.as_str());
            let moved = move_rows(&mut from.writer, &mut to.writer, &from.id, names, tell).await;
            to.writer.close().await;
            moved
        }
        (Database::File(_), Database::File(_)) | (Database::Postgres(_), Database::Postgres(_)) => {
            Err(MoveError::SameKind)
        }
    }
}

async fn move_rows(
    from: &mut impl Movable,
    to: &mut impl Movable,
    id: &str,
    (from_name, to_name): (&str, &str),
    tell: &impl Fn(u64, u64),
) -> Result<Moved, MoveError> {
    if from.moving().await.map_err(MoveError::Failed)?.is_some() {
        return Err(MoveError::HalfMoved(from_name.to_owned()));
    }
    let goes_on = to.moving().await.map_err(MoveError::Failed)?.is_some_and(|of| of == id);
    let [classes, ..] = &TABLES;
    if !goes_on && to.count(classes).await.map_err(MoveError::Failed)? > 0 {
        return Err(MoveError::NotEmpty(to_name.to_owned()));
    }
    to.set_moving(Some(id)).await.map_err(MoveError::Failed)?;
    let moved = copy(from, to, tell).await.map_err(MoveError::Failed)?;
    for table in &TABLES {
        let (there, here) = (from.count(table).await, to.count(table).await);
        let (there, here) = (there.map_err(MoveError::Failed)?, here.map_err(MoveError::Failed)?);
        if there != here {
            return Err(MoveError::Differs { table: table.name, from: there, to: here });
        }
    }
    to.set_moving(None).await.map_err(MoveError::Failed)?;
    Ok(moved)
}

async fn copy(
    from: &mut impl Movable,
    to: &mut impl Movable,
    tell: &impl Fn(u64, u64),
) -> Result<Moved, Failure> {
    let mut whole = 0;
    let mut counts = Vec::new();
    for table in &TABLES {
        let count = from.count(table).await?;
        counts.push((table.name, count));
        whole += count;
    }
    let mut done = 0;
    for table in &TABLES {
        let mut after: Option<Vec<Cell>> = None;
        loop {
            let rows = from.rows(table, after.as_deref(), AT_ONCE).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.iter().take(table.key).cloned().collect());
            done += u64::try_from(rows.len()).unwrap_or(0);
            to.put_rows(table, rows).await?;
            tell(done, whole.max(done));
        }
    }
    let count = |name| counts.iter().find(|(it, _)| *it == name).map_or(0, |(_, count)| *count);
    Ok(Moved { classes: count("class"), events: count("event") })
}
