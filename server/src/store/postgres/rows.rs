//! Columns of PostgreSQL as values, and back.

use signaling::{GroupId, Timestamp, UserId};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::identity::TokenHash;
use crate::identity::tokens::{BrowserId, Held, Membership};
pub(super) use crate::store::decode::{code, event_of};

pub fn bytes<const N: usize>(row: &PgRow, column: usize) -> Result<[u8; N], sqlx::Error> {
    let blob: &[u8] = row.try_get(column)?;
    blob.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

pub fn hash(row: &PgRow, column: usize) -> Result<TokenHash, sqlx::Error> {
    Ok(TokenHash::from_bytes(bytes(row, column)?))
}

pub fn browser(row: &PgRow, column: usize) -> Result<BrowserId, sqlx::Error> {
    Ok(BrowserId::from_bytes(bytes(row, column)?))
}

pub fn group(row: &PgRow, column: usize) -> Result<GroupId, sqlx::Error> {
    Ok(GroupId::from_bytes(bytes(row, column)?))
}

pub fn user(row: &PgRow, column: usize) -> Result<UserId, sqlx::Error> {
    Ok(UserId::from_bytes(bytes(row, column)?))
}

/// A number that is never negative and that PostgreSQL, which has no unsigned ones, keeps in a wider
/// column.
pub fn small(row: &PgRow, column: usize) -> Result<u32, sqlx::Error> {
    let number: i64 = row.try_get(column)?;
    number.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// A number of an event.
pub fn seq(row: &PgRow, column: usize) -> Result<u64, sqlx::Error> {
    Ok(row.try_get::<i64, _>(column)?.cast_unsigned())
}

/// A moment, where there is one.
pub fn moment(row: &PgRow, column: usize) -> Result<Option<Timestamp>, sqlx::Error> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
}

/// A member of a group, of a row that begins with its columns.
pub fn member_of(row: &PgRow) -> Result<(GroupId, UserId), sqlx::Error> {
    Ok((group(row, 0)?, user(row, 1)?))
}

/// A token, of a row that begins with its columns.
pub fn held_of(row: &PgRow) -> Result<Held, sqlx::Error> {
    let replaces: Option<&[u8]> = row.try_get(2)?;
    Ok(Held {
        browser: browser(row, 0)?,
        generation: small(row, 1)?,
        replaces: replaces.map(|_| hash(row, 2)).transpose()?,
        ends_at: moment(row, 3)?,
    })
}

/// A membership, of a row that begins with its columns.
pub fn membership_of(row: &PgRow) -> Result<Membership, sqlx::Error> {
    Ok(Membership { generation: small(row, 0)?, user: user(row, 1)? })
}
