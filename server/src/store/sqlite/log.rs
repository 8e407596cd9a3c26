//! Queries: groups and their logs.

use signaling::{Event, GroupId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row, SqliteConnection, SqliteExecutor};

use super::integrations;
use super::rows::{browser, bytes, code, event_of, hash, held_of, membership_of};
use crate::identity::JoinCode;
use crate::store::log::{EncodedEvent, Loaded};

/// The group's log, code and credentials; none when there is no such group.
pub async fn load(
    connection: &mut SqliteConnection,
    group_id: GroupId,
) -> Result<Option<Loaded>, sqlx::Error> {
    let mut transaction = connection.begin().await?;
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
    let integration = integrations::integration_of(&mut *transaction, group_id).await?;
    let join_code = code(class.try_get(0)?)?;
    Ok(Some(Loaded { join_code, events, memberships, tokens, integration }))
}

/// Every group in which something is to time out, and when.
pub async fn deadlines(
    executor: impl SqliteExecutor<'_>,
) -> Result<Vec<(GroupId, Timestamp)>, sqlx::Error> {
    let rows =
        sqlx::query("SELECT group_id, next_deadline FROM class WHERE next_deadline IS NOT NULL")
            .fetch_all(executor)
            .await?;
    let read = |row: SqliteRow| {
        let group_id = GroupId::from_bytes(bytes(row.try_get(0)?)?);
        Ok((group_id, Timestamp::from_millis(row.try_get(1)?)))
    };
    rows.into_iter().map(read).collect()
}

/// The group that this code joins.
pub async fn group_of_code(
    executor: impl SqliteExecutor<'_>,
    code: &JoinCode,
) -> Result<Option<GroupId>, sqlx::Error> {
    let row = sqlx::query("SELECT group_id FROM class WHERE join_code = ?")
        .bind(code.as_str())
        .fetch_optional(executor)
        .await?;
    row.map(|row| Ok(GroupId::from_bytes(bytes(row.try_get(0)?)?))).transpose()
}

/// Whether the group exists.
pub async fn has_group(
    executor: impl SqliteExecutor<'_>,
    group_id: GroupId,
) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("SELECT 1 FROM class WHERE group_id = ? AND deleted_at IS NULL")
        .bind(group_id.as_bytes().as_slice())
        .fetch_optional(executor)
        .await?;
    Ok(row.is_some())
}

/// One event of a log.
pub async fn event(
    executor: impl SqliteExecutor<'_>,
    group_id: GroupId,
    seq: u64,
) -> Result<Option<Event>, sqlx::Error> {
    let row = sqlx::query("SELECT name, body FROM event WHERE group_id = ? AND seq = ?")
        .bind(group_id.as_bytes().as_slice())
        .bind(seq.cast_signed())
        .fetch_optional(executor)
        .await?;
    row.map(|row| event_of(row.try_get(0)?, row.try_get(1)?)).transpose()
}
