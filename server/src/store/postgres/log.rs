//! Queries: groups and their logs.

use signaling::{Event, GroupId, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, PgExecutor, Row};

use super::integrations;
use super::rows::{browser, code, event_of, group, hash, held_of, membership_of};
use crate::identity::JoinCode;
use crate::store::log::{EncodedEvent, Loaded};

/// The group's log, code and credentials, as they are at one moment; none when there is no such group.
pub async fn load(
    connection: &mut PgConnection,
    group_id: GroupId,
) -> Result<Option<Loaded>, sqlx::Error> {
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    let mut transaction = connection.begin_with(begin).await?;
    let id = group_id.as_bytes().as_slice();
    let class =
        sqlx::query("SELECT join_code FROM class WHERE group_id = $1 AND deleted_at IS NULL")
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await?;
    let Some(class) = class else { return Ok(None) };
    let rows = sqlx::query("SELECT name, body FROM event WHERE group_id = $1 ORDER BY seq")
        .bind(id)
        .fetch_all(&mut *transaction)
        .await?;
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        let body: String = row.try_get(1)?;
        events.push(EncodedEvent { event: event_of(row.try_get(0)?, &body)?, body });
    }
    let rows =
        sqlx::query("SELECT generation, user_id, browser FROM membership WHERE group_id = $1")
            .bind(id)
            .fetch_all(&mut *transaction)
            .await?;
    let read = |row: &PgRow| Ok((browser(row, 2)?, membership_of(row)?));
    let memberships = rows.iter().map(read).collect::<Result<_, sqlx::Error>>()?;
    let rows = sqlx::query(
        "SELECT browser, token.generation, replaces, ends_at, token_hash
         FROM token JOIN membership AS held USING (browser) WHERE held.group_id = $1",
    )
    .bind(id)
    .fetch_all(&mut *transaction)
    .await?;
    let read = |row: &PgRow| Ok((hash(row, 4)?, held_of(row)?));
    let tokens = rows.iter().map(read).collect::<Result<_, sqlx::Error>>()?;
    let integration = integrations::integration_of(&mut *transaction, group_id).await?;
    transaction.commit().await?;
    let join_code = code(class.try_get(0)?)?;
    Ok(Some(Loaded { join_code, events, memberships, tokens, integration }))
}

/// Every group in which something is to time out and that no other server looks after, and when.
pub async fn deadlines(
    executor: impl PgExecutor<'_>,
) -> Result<Vec<(GroupId, Timestamp)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT group_id, next_deadline FROM class WHERE next_deadline IS NOT NULL
                 AND NOT EXISTS (SELECT FROM held_lease WHERE holder = class.home)",
    )
    .fetch_all(executor)
    .await?;
    let read = |row: &PgRow| Ok((group(row, 0)?, Timestamp::from_millis(row.try_get(1)?)));
    rows.iter().map(read).collect()
}

/// The group that this code joins.
pub async fn group_of_code(
    executor: impl PgExecutor<'_>,
    code: &JoinCode,
) -> Result<Option<GroupId>, sqlx::Error> {
    let row = sqlx::query("SELECT group_id FROM class WHERE join_code = $1")
        .bind(code.as_str())
        .fetch_optional(executor)
        .await?;
    row.map(|row| group(&row, 0)).transpose()
}

/// Whether the group exists.
pub async fn has_group(
    executor: impl PgExecutor<'_>,
    group_id: GroupId,
) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("SELECT 1 FROM class WHERE group_id = $1 AND deleted_at IS NULL")
        .bind(group_id.as_bytes().as_slice())
        .fetch_optional(executor)
        .await?;
    Ok(row.is_some())
}

/// One event of a log.
pub async fn event(
    executor: impl PgExecutor<'_>,
    group_id: GroupId,
    seq: u64,
) -> Result<Option<Event>, sqlx::Error> {
    let row = sqlx::query("SELECT name, body FROM event WHERE group_id = $1 AND seq = $2")
        .bind(group_id.as_bytes().as_slice())
        .bind(seq.cast_signed())
        .fetch_optional(executor)
        .await?;
    row.map(|row| event_of(row.try_get(0)?, row.try_get(1)?)).transpose()
}
