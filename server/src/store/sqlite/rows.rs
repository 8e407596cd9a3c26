//! Columns of SQLite as values, and back.

use signaling::{GroupId, Timestamp, UserId};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::identity::TokenHash;
use crate::identity::tokens::{BrowserId, Held, Membership};
pub(super) use crate::store::decode::{code, event_of};

pub fn bytes<const N: usize>(blob: &[u8]) -> Result<[u8; N], sqlx::Error> {
    blob.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

pub fn hash(blob: &[u8]) -> Result<TokenHash, sqlx::Error> {
    Ok(TokenHash::from_bytes(bytes(blob)?))
}

pub fn browser(row: &SqliteRow, column: usize) -> Result<BrowserId, sqlx::Error> {
    Ok(BrowserId::from_bytes(bytes(row.try_get(column)?)?))
}

/// A member of a group, of a row that begins with its columns.
pub fn member_of(row: &SqliteRow) -> Result<(GroupId, UserId), sqlx::Error> {
    let group_id = GroupId::from_bytes(bytes(row.try_get(0)?)?);
    Ok((group_id, UserId::from_bytes(bytes(row.try_get(1)?)?)))
}

/// A token, of a row that begins with its columns.
pub fn held_of(row: &SqliteRow) -> Result<Held, sqlx::Error> {
    let (replaces, ends_at): (Option<&[u8]>, Option<i64>) = (row.try_get(2)?, row.try_get(3)?);
    Ok(Held {
        browser: browser(row, 0)?,
        generation: row.try_get(1)?,
        replaces: replaces.map(hash).transpose()?,
        ends_at: ends_at.map(Timestamp::from_millis),
    })
}

/// A membership, of a row that begins with its columns.
pub fn membership_of(row: &SqliteRow) -> Result<Membership, sqlx::Error> {
    let user = UserId::from_bytes(bytes(row.try_get(1)?)?);
    Ok(Membership { generation: row.try_get(0)?, user })
}
