//! Queries: what is kept for integrations.

use signaling::{GroupId, Timestamp, UserId};
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, PgExecutor, Row};

use super::rows::{group, moment, seq, user};
use crate::store::integrations::{DeadLetter, Outbox, Progress};

/// The integration that began a class.
pub async fn integration_of(
    executor: impl PgExecutor<'_>,
    group_id: GroupId,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT integration FROM integrated_class WHERE group_id = $1")
        .bind(group_id.as_bytes().as_slice())
        .fetch_optional(executor)
        .await
}

/// For whom an own id stands in a class.
pub async fn member_of_own_id(
    executor: impl PgExecutor<'_>,
    group_id: GroupId,
    id: &str,
) -> Result<Option<UserId>, sqlx::Error> {
    let row = sqlx::query("SELECT user_id FROM own_id WHERE group_id = $1 AND id = $2")
        .bind(group_id.as_bytes().as_slice())
        .bind(id)
        .fetch_optional(executor)
        .await?;
    row.map(|row| user(&row, 0)).transpose()
}

/// All own ids of a class.
pub async fn own_ids(
    executor: impl PgExecutor<'_>,
    group_id: GroupId,
) -> Result<Vec<(String, UserId)>, sqlx::Error> {
    let rows = sqlx::query("SELECT id, user_id FROM own_id WHERE group_id = $1 ORDER BY id")
        .bind(group_id.as_bytes().as_slice())
        .fetch_all(executor)
        .await?;
    let read = |row: &PgRow| Ok((row.try_get(0)?, user(row, 1)?));
    rows.iter().map(read).collect()
}

/// How far a class was delivered.
pub async fn outbox(
    executor: impl PgExecutor<'_>,
    group_id: GroupId,
) -> Result<Option<Outbox>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT integration, delivered, failing_since FROM integrated_class WHERE group_id = $1",
    )
    .bind(group_id.as_bytes().as_slice())
    .fetch_optional(executor)
    .await?;
    let read = |row: PgRow| {
        Ok(Outbox {
            integration: row.try_get(0)?,
            delivered: seq(&row, 1)?,
            failing_since: moment(&row, 2)?,
        })
    };
    row.map(read).transpose()
}

/// Some classes whose logs hold more than was delivered, in the order of their ids.
pub async fn undelivered(
    executor: impl PgExecutor<'_>,
    after: Option<GroupId>,
    limit: u32,
) -> Result<Vec<GroupId>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT group_id FROM integrated_class JOIN class USING (group_id)
         WHERE group_id > $1 AND seq > delivered AND deleted_at IS NULL
         ORDER BY group_id LIMIT $2",
    )
    .bind(after.as_ref().map_or([].as_slice(), |it| it.as_bytes().as_slice()))
    .bind(i64::from(limit))
    .fetch_all(executor)
    .await?;
    rows.iter().map(|row| group(row, 0)).collect()
}

/// The dead letters of an integration, the oldest first.
pub async fn dead_letters(
    executor: impl PgExecutor<'_>,
    integration: &str,
    limit: u32,
) -> Result<Vec<DeadLetter>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT group_id, first, last, failure, at
         FROM dead_letter JOIN integrated_class USING (group_id)
         WHERE integration = $1 ORDER BY at, group_id, first LIMIT $2",
    )
    .bind(integration)
    .bind(i64::from(limit))
    .fetch_all(executor)
    .await?;
    rows.iter().map(letter_of).collect()
}

/// One dead letter, with the integration whose it is.
pub async fn dead_letter(
    executor: impl PgExecutor<'_>,
    group_id: GroupId,
    first: u64,
) -> Result<Option<(String, DeadLetter)>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT group_id, first, last, failure, at, integration
         FROM dead_letter JOIN integrated_class USING (group_id)
         WHERE group_id = $1 AND first = $2",
    )
    .bind(group_id.as_bytes().as_slice())
    .bind(first.cast_signed())
    .fetch_optional(executor)
    .await?;
    row.map(|row| Ok((row.try_get(5)?, letter_of(&row)?))).transpose()
}

fn letter_of(row: &PgRow) -> Result<DeadLetter, sqlx::Error> {
    Ok(DeadLetter {
        group_id: group(row, 0)?,
        first: seq(row, 1)?,
        last: seq(row, 2)?,
        failure: row.try_get(3)?,
        at: Timestamp::from_millis(row.try_get(4)?),
    })
}

/// Notes what came of an attempt to deliver.
pub async fn note(
    connection: &mut PgConnection,
    group_id: GroupId,
    progress: &Progress,
) -> Result<(), sqlx::Error> {
    let id = group_id.as_bytes().as_slice();
    let query = match progress {
        Progress::Taken(through) => sqlx::query(
            "UPDATE integrated_class SET delivered = greatest(delivered, $1), failing_since = NULL
             WHERE group_id = $2",
        )
        .bind(through.cast_signed())
        .bind(id),
        Progress::FailingSince(since) => {
            sqlx::query("UPDATE integrated_class SET failing_since = $1 WHERE group_id = $2")
                .bind(since.as_millis())
                .bind(id)
        }
        Progress::GivenUp(letter) => return give_up(connection, letter).await,
        Progress::Settled(first) => {
            sqlx::query("DELETE FROM dead_letter WHERE group_id = $1 AND first = $2")
                .bind(id)
                .bind(first.cast_signed())
        }
    };
    query.execute(connection).await.map(drop)
}

async fn give_up(connection: &mut PgConnection, letter: &DeadLetter) -> Result<(), sqlx::Error> {
    let id = letter.group_id.as_bytes().as_slice();
    let mut transaction = connection.begin().await?;
    // The class may have been deleted meanwhile.
    sqlx::query(
        "INSERT INTO dead_letter (group_id, first, last, failure, at)
         SELECT group_id, $2, $3, $4, $5 FROM integrated_class WHERE group_id = $1
         ON CONFLICT DO NOTHING",
    )
    .bind(id)
    .bind(letter.first.cast_signed())
    .bind(letter.last.cast_signed())
    .bind(letter.failure.as_str())
    .bind(letter.at.as_millis())
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "UPDATE integrated_class SET delivered = greatest(delivered, $2) WHERE group_id = $1",
    )
    .bind(id)
    .bind(letter.last.cast_signed())
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}
