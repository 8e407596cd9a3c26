//! Queries: which server is the home of a class, where several serve one database.

use signaling::{GroupId, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{PgExecutor, Row};

use super::lease::Hold;
use super::rows::group;
use crate::nodes::{Elsewhere, Home};

/// How many classes without a home are looked after at a time.
const ORPHANS_AT_ONCE: i64 = 64;

/// Makes this server the home of a class that has none; false when there is no such class. What comes late of
/// an earlier epoch does nothing: nobody here would know of it.
pub async fn claim(
    executor: impl PgExecutor<'_>,
    hold: Hold,
    group_id: GroupId,
) -> Result<bool, sqlx::Error> {
    let is_home: Option<Option<bool>> = sqlx::query_scalar(
        "WITH held AS MATERIALIZED (
             SELECT 1 FROM lease WHERE holder = $2 AND epoch = $3 FOR KEY SHARE
         )
         SELECT claim($1, $2) FROM held",
    )
    .bind(group_id.as_bytes().as_slice())
    .bind(hold.holder.as_slice())
    .bind(hold.epoch)
    .fetch_optional(executor)
    .await?;
    match is_home {
        Some(Some(true)) => Ok(true),
        Some(Some(false)) => Err(sqlx::Error::Encode(Box::new(Elsewhere))),
        Some(None) => Ok(false),
        // The next connection finds out whether the lease is gone.
        None => Err(sqlx::Error::Protocol("the lease is of another epoch".to_owned())),
    }
}

/// Lets another server be the home of a class of which this one is. What comes late of an earlier epoch does
/// nothing: this server may have claimed the class again.
pub async fn release(
    executor: impl PgExecutor<'_>,
    hold: Hold,
    group_id: GroupId,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "WITH held AS MATERIALIZED (
             SELECT 1 FROM lease WHERE holder = $2 AND epoch = $3 FOR KEY SHARE
         )
         UPDATE class SET home = NULL FROM held WHERE group_id = $1 AND home = $2",
    )
    .bind(group_id.as_bytes().as_slice())
    .bind(hold.holder.as_slice())
    .bind(hold.epoch)
    .execute(executor)
    .await
    .map(drop)
}

/// Which server is the home of a class.
pub async fn home(
    executor: impl PgExecutor<'_>,
    hold: Hold,
    group_id: GroupId,
) -> Result<Home, sqlx::Error> {
    let row = sqlx::query(
        "SELECT class.home = $2, held_lease.address
         FROM class LEFT JOIN held_lease ON held_lease.holder = class.home
         WHERE group_id = $1 AND deleted_at IS NULL",
    )
    .bind(group_id.as_bytes().as_slice())
    .bind(hold.holder.as_slice())
    .fetch_optional(executor)
    .await?;
    let Some(row) = row else { return Ok(Home::Nobody) };
    if row.try_get::<Option<bool>, _>(0)? == Some(true) {
        return Ok(Home::Here);
    }
    Ok(row.try_get::<Option<String>, _>(1)?.map_or(Home::Nobody, Home::At))
}

/// Some classes without a home in which something is due.
pub async fn orphans(
    executor: impl PgExecutor<'_>,
    now: Timestamp,
) -> Result<Vec<(GroupId, Timestamp)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT group_id, next_deadline FROM class
         WHERE next_deadline <= $1
           AND NOT EXISTS (SELECT FROM held_lease WHERE holder = class.home)
         ORDER BY next_deadline LIMIT $2",
    )
    .bind(now.as_millis())
    .bind(ORPHANS_AT_ONCE)
    .fetch_all(executor)
    .await?;
    let read = |row: &PgRow| Ok((group(row, 0)?, Timestamp::from_millis(row.try_get(1)?)));
    rows.iter().map(read).collect()
}

/// The classes of which this server is the home.
pub async fn homes(executor: impl PgExecutor<'_>, hold: Hold) -> Result<Vec<GroupId>, sqlx::Error> {
    let rows = sqlx::query("SELECT group_id FROM class WHERE home = $1")
        .bind(hold.holder.as_slice())
        .fetch_all(executor)
        .await?;
    rows.iter().map(|row| group(row, 0)).collect()
}
