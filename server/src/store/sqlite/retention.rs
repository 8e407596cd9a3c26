//! Deletion: a class, one person's data, and what has outlived its use, so that the bytes leave the
//! file.

use signaling::{GroupId, Timestamp, UserId};
use sqlx::{Connection, Row, SqliteConnection, SqliteExecutor};

use super::lock::BUSY_TIMEOUT;
use super::rows::bytes;
use super::script::Script;
use super::slack;
use crate::store::KEY_LIFETIME_MILLIS;
use crate::store::cleanup::Cleanup;
use crate::store::write::Append;

/// How many rows that have outlived their use go in one commit: others wait for no longer than that
/// takes.
pub const PURGED_AT_ONCE: u32 = 500;

/// How many events of a deleted class go in one commit: others wait for no longer than that takes.
const CLEARED_AT_ONCE: u32 = 2_000;
/// How many pages of the file are given back in one go.
const PAGES_AT_ONCE: u32 = 256;

/// The setting that says in which pages there may be copies of what was deleted: the next one to look
/// at, and how many are left, in a circle.
const SLACK: &str = "slack";

/// Whether a class has ended; none when there is none.
pub async fn has_ended(
    executor: impl SqliteExecutor<'_>,
    group_id: GroupId,
) -> Result<Option<bool>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT ended_at IS NOT NULL FROM class WHERE group_id = ? AND deleted_at IS NULL",
    )
    .bind(group_id.as_bytes().as_slice())
    .fetch_optional(executor)
    .await
}

/// A class that ended at this moment or before, the longest ago.
pub async fn ended_before(
    executor: impl SqliteExecutor<'_>,
    moment: Timestamp,
) -> Result<Option<GroupId>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT group_id FROM class
         WHERE ended_at IS NOT NULL AND deleted_at IS NULL AND ended_at <= ?
         ORDER BY ended_at LIMIT 1",
    )
    .bind(moment.as_millis())
    .fetch_optional(executor)
    .await?;
    row.map(|row| Ok(GroupId::from_bytes(bytes(row.try_get(0)?)?))).transpose()
}

/// Takes a class away from everybody, in one commit: after it there is no such class, whatever
/// becomes of the server. Its log is left to [`clean_up`].
pub async fn soft_delete(
    connection: &mut SqliteConnection,
    group_id: GroupId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let id = group_id.as_bytes().as_slice();
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut script = Script::new();
    script.revoke_all(group_id);
    script.run(&mut transaction).await?;
    for delete in [
        "DELETE FROM first_answer WHERE group_id = ?",
        "DELETE FROM reading WHERE group_id = ?",
        "DELETE FROM dead_letter WHERE group_id = ?",
        "DELETE FROM own_id WHERE group_id = ?",
        "DELETE FROM integrated_class WHERE group_id = ?",
    ] {
        sqlx::query(delete).bind(id).execute(&mut *transaction).await?;
    }
    has_slack(&mut transaction).await?;
    // A code is unique, and this is none that anybody could type.
    sqlx::query(
        "UPDATE class SET deleted_at = ?, join_code = 'deleted-' || hex(group_id), name = '',
             name_folded = '', next_deadline = NULL
         WHERE group_id = ?",
    )
    .bind(now.as_millis())
    .bind(id)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

/// Appends what it takes for a person to leave, writes events anew from which they were erased,
/// and forgets what else is kept of them, in one commit.
pub async fn rewrite(
    connection: &mut SqliteConnection,
    append: &Append<'_>,
    user: UserId,
    events: &[(u64, String)],
) -> Result<(), sqlx::Error> {
    let group_id = append.group_id;
    let id = group_id.as_bytes().as_slice();
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut script = Script::new();
    if !append.events.is_empty() {
        script.append(append);
    }
    script.revoke(group_id, user);
    script.run(&mut transaction).await?;
    for (seq, body) in events {
        sqlx::query("UPDATE event SET body = ? WHERE group_id = ? AND seq = ?")
            .bind(body.as_str())
            .bind(id)
            .bind(seq.cast_signed())
            .execute(&mut *transaction)
            .await?;
    }
    for delete in [
        "DELETE FROM first_answer WHERE group_id = ? AND user_id = ?",
        "DELETE FROM own_id WHERE group_id = ? AND user_id = ?",
    ] {
        sqlx::query(delete)
            .bind(id)
            .bind(user.as_bytes().as_slice())
            .execute(&mut *transaction)
            .await?;
    }
    sqlx::query("DELETE FROM first_answer WHERE group_id = ? AND instr(kept, ?) > 0")
        .bind(id)
        .bind(user.to_string())
        .execute(&mut *transaction)
        .await?;
    for change in [
        "DELETE FROM reading WHERE group_id = ?",
        "UPDATE class SET edition = edition + 1 WHERE group_id = ?",
    ] {
        sqlx::query(change).bind(id).execute(&mut *transaction).await?;
    }
    has_slack(&mut transaction).await?;
    transaction.commit().await
}

/// Forgets a little of what has outlived its use; whether there is more of it.
pub async fn purge(connection: &mut SqliteConnection, now: Timestamp) -> Result<bool, sqlx::Error> {
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

/// Does a little of what a deletion leaves behind: events of a class that was taken away, pages
/// of the file that nothing needs, copies of what was deleted in the others, and old bytes in the
/// write-ahead log.
pub async fn clean_up(connection: &mut SqliteConnection) -> Result<Cleanup, sqlx::Error> {
    let waiting: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT group_id FROM class WHERE deleted_at IS NOT NULL ORDER BY deleted_at LIMIT 1",
    )
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(group_id) = waiting {
        clear_some(connection, &group_id).await?;
        return Ok(Cleanup::More);
    }
    let free: i64 = sqlx::query_scalar("PRAGMA freelist_count").fetch_one(&mut *connection).await?;
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *connection).await?;
    let is_incremental: i64 =
        sqlx::query_scalar("PRAGMA auto_vacuum").fetch_one(&mut *connection).await?;
    if is_incremental == 2 && free > i64::from(PAGES_AT_ONCE) && free * 4 > pages {
        let vacuum = format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})");
        sqlx::query(sqlx::AssertSqlSafe(vacuum)).execute(&mut *connection).await?;
        // It moves pages to where others were looked at already.
        sqlx::query(ALL_SLACK).bind(SLACK).execute(&mut *connection).await?;
        return Ok(Cleanup::More);
    }
    let slack: Option<String> = sqlx::query_scalar("SELECT value FROM setting WHERE name = ?")
        .bind(SLACK)
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(slack) = slack {
        let next = clear_slack(connection, &slack, pages).await?;
        let note = match next {
            Some(_) => "UPDATE setting SET value = ?2 WHERE name = ?1",
            None => "DELETE FROM setting WHERE name = ?1",
        };
        sqlx::query(note).bind(SLACK).bind(next).execute(&mut *connection).await?;
        return Ok(Cleanup::More);
    }
    // Nobody is to wait for a reader: when there is one, it is tried again.
    sqlx::query("PRAGMA busy_timeout = 0").execute(&mut *connection).await?;
    let emptied = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await;
    let timeout = format!("PRAGMA busy_timeout = {}", BUSY_TIMEOUT.as_millis());
    sqlx::query(sqlx::AssertSqlSafe(timeout)).execute(&mut *connection).await?;
    let was_busy: i64 = match emptied {
        Ok(row) => row.try_get(0)?,
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("5") => 1,
        Err(error) => return Err(error),
    };
    Ok(if was_busy == 0 { Cleanup::Done } else { Cleanup::Held })
}

/// Has all pages looked at that are there by then, from the next one on.
const ALL_SLACK: &str = "UPDATE setting SET value = substr(value, 1, instr(value, ' ')) || 'all'
     WHERE name = ?";

/// Notes that something was deleted, so that there may be copies of it in any page of the file.
async fn has_slack(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT OR IGNORE INTO setting (name, value) VALUES (?, '1 all')")
        .bind(SLACK)
        .execute(&mut *connection)
        .await?;
    sqlx::query(ALL_SLACK).bind(SLACK).execute(connection).await.map(drop)
}

/// Clears some pages, and tells which come next and how many are left, or none after the last.
async fn clear_slack(
    connection: &mut SqliteConnection,
    slack: &str,
    pages: i64,
) -> Result<Option<String>, sqlx::Error> {
    let (first, left) = slack.split_once(' ').unwrap_or(("1", "all"));
    let first: u32 = first.parse().unwrap_or(1);
    let left: i64 = left.parse().unwrap_or(pages);
    let (next, seen) = match slack::clear(connection, first).await? {
        Some(next) => (next, i64::from(next - first)),
        // After the last page comes the first; a file that is too large is left.
        None if first > 1 => (1, 0),
        None => return Ok(None),
    };
    Ok((left > seen).then(|| format!("{next} {}", left - seen)))
}

async fn clear_some(connection: &mut SqliteConnection, group_id: &[u8]) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let deleted = sqlx::query(
        "DELETE FROM event WHERE group_id = ?1 AND seq IN
             (SELECT seq FROM event WHERE group_id = ?1 ORDER BY seq LIMIT ?2)",
    )
    .bind(group_id)
    .bind(CLEARED_AT_ONCE)
    .execute(&mut *transaction)
    .await?;
    if deleted.rows_affected() < u64::from(CLEARED_AT_ONCE) {
        sqlx::query("DELETE FROM class WHERE group_id = ?")
            .bind(group_id)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}
