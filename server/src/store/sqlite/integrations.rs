//! Queries: what is kept for integrations.

use signaling::{GroupId, Timestamp, UserId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqliteExecutor};

use super::rows::bytes;
use super::script::Script;
use crate::store::integrations::{DeadLetter, Outbox, Progress};

/// The integration that began a class.
pub async fn integration_of(
    executor: impl SqliteExecutor<'_>,
    group_id: GroupId,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT integration FROM integrated_class WHERE group_id = ?")
        .bind(group_id.as_bytes().as_slice())
        .fetch_optional(executor)
        .await
}

/// For whom an own id stands in a class.
pub async fn member_of_own_id(
    executor: impl SqliteExecutor<'_>,
    group_id: GroupId,
    id: &str,
) -> Result<Option<UserId>, sqlx::Error> {
    let row = sqlx::query("SELECT user_id FROM own_id WHERE group_id = ? AND id = ?")
        .bind(group_id.as_bytes().as_slice())
        .bind(id)
        .fetch_optional(executor)
        .await?;
    row.map(|row| Ok(UserId::from_bytes(bytes(row.try_get(0)?)?))).transpose()
}

/// All own ids of a class.
pub async fn own_ids(
    executor: impl SqliteExecutor<'_>,
    group_id: GroupId,
) -> Result<Vec<(String, UserId)>, sqlx::Error> {
    let rows = sqlx::query("SELECT id, user_id FROM own_id WHERE group_id = ? ORDER BY id")
        .bind(group_id.as_bytes().as_slice())
        .fetch_all(executor)
        .await?;
    let read = |row: &SqliteRow| Ok((row.try_get(0)?, UserId::from_bytes(bytes(row.try_get(1)?)?)));
    rows.iter().map(read).collect()
}

/// How far a class was delivered.
pub async fn outbox(
    executor: impl SqliteExecutor<'_>,
    group_id: GroupId,
) -> Result<Option<Outbox>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT integration, delivered, failing_since FROM integrated_class WHERE group_id = ?",
    )
    .bind(group_id.as_bytes().as_slice())
    .fetch_optional(executor)
    .await?;
    let read = |row: SqliteRow| {
        Ok(Outbox {
            integration: row.try_get(0)?,
            delivered: number(&row, 1)?,
            failing_since: row.try_get::<Option<i64>, _>(2)?.map(Timestamp::from_millis),
        })
    };
    row.map(read).transpose()
}

/// Some classes whose logs hold more than was delivered, in the order of their ids.
pub async fn undelivered(
    executor: impl SqliteExecutor<'_>,
    after: Option<GroupId>,
    limit: u32,
) -> Result<Vec<GroupId>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT group_id FROM integrated_class JOIN class USING (group_id)
         WHERE group_id > ? AND seq > delivered AND deleted_at IS NULL
         ORDER BY group_id LIMIT ?",
    )
    .bind(after.as_ref().map_or([].as_slice(), |it| it.as_bytes().as_slice()))
    .bind(limit)
    .fetch_all(executor)
    .await?;
    let read = |row: &SqliteRow| Ok(GroupId::from_bytes(bytes(row.try_get(0)?)?));
    rows.iter().map(read).collect()
}

/// The dead letters of an integration, the oldest first.
pub async fn dead_letters(
    executor: impl SqliteExecutor<'_>,
    integration: &str,
    limit: u32,
) -> Result<Vec<DeadLetter>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT group_id, first, last, failure, at
         FROM dead_letter JOIN integrated_class USING (group_id)
         WHERE integration = ? ORDER BY at, group_id, first LIMIT ?",
    )
    .bind(integration)
    .bind(limit)
    .fetch_all(executor)
    .await?;
    rows.iter().map(letter_of).collect()
}

/// One dead letter, with the integration whose it is.
pub async fn dead_letter(
    executor: impl SqliteExecutor<'_>,
    group_id: GroupId,
    first: u64,
) -> Result<Option<(String, DeadLetter)>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT group_id, first, last, failure, at, integration
         FROM dead_letter JOIN integrated_class USING (group_id)
         WHERE group_id = ? AND first = ?",
    )
    .bind(group_id.as_bytes().as_slice())
    .bind(first.cast_signed())
    .fetch_optional(executor)
    .await?;
    row.map(|row| Ok((row.try_get(5)?, letter_of(&row)?))).transpose()
}

fn number(row: &SqliteRow, column: usize) -> Result<u64, sqlx::Error> {
    Ok(row.try_get::<i64, _>(column)?.cast_unsigned())
}

fn letter_of(row: &SqliteRow) -> Result<DeadLetter, sqlx::Error> {
    Ok(DeadLetter {
        group_id: GroupId::from_bytes(bytes(row.try_get(0)?)?),
        first: number(row, 1)?,
        last: number(row, 2)?,
        failure: row.try_get(3)?,
        at: Timestamp::from_millis(row.try_get(4)?),
    })
}

/// Notes what came of an attempt to deliver.
pub async fn note(
    connection: &mut SqliteConnection,
    group_id: GroupId,
    progress: &Progress,
) -> Result<(), sqlx::Error> {
    let id = group_id.as_bytes().as_slice();
    let query = match progress {
        Progress::Taken(through) => sqlx::query(
            "UPDATE integrated_class SET delivered = max(delivered, ?), failing_since = NULL
             WHERE group_id = ?",
        )
        .bind(through.cast_signed())
        .bind(id),
        Progress::FailingSince(since) => {
            sqlx::query("UPDATE integrated_class SET failing_since = ? WHERE group_id = ?")
                .bind(since.as_millis())
                .bind(id)
        }
        Progress::GivenUp(letter) => return give_up(connection, letter).await,
        Progress::Settled(first) => {
            sqlx::query("DELETE FROM dead_letter WHERE group_id = ? AND first = ?")
                .bind(id)
                .bind(first.cast_signed())
        }
    };
    query.execute(connection).await.map(drop)
}

async fn give_up(
    connection: &mut SqliteConnection,
    letter: &DeadLetter,
) -> Result<(), sqlx::Error> {
    let id = letter.group_id.as_bytes().as_slice();
    let mut script = Script::new();
    script
        .add("BEGIN IMMEDIATE")
        // The class may have been deleted meanwhile.
        .add(
            "INSERT OR IGNORE INTO dead_letter (group_id, first, last, failure, at)
             SELECT group_id, ?, ?, ?, ? FROM integrated_class WHERE group_id = ?",
        )
        .bind(letter.first.cast_signed())
        .bind(letter.last.cast_signed())
        .bind(letter.failure.as_str())
        .bind(letter.at.as_millis())
        .bind(id)
        .add("UPDATE integrated_class SET delivered = max(delivered, ?) WHERE group_id = ?")
        .bind(letter.last.cast_signed())
        .bind(id)
        .add("COMMIT");
    script.run(connection).await
}
