//! Queries: settings, and what else is stored beside the classes.

use sqlx::{Connection, PgConnection, PgExecutor};

use super::integrations;
use crate::store::put::Put;

/// The value of a setting, when it is set.
pub async fn setting(
    executor: impl PgExecutor<'_>,
    name: &str,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT value FROM setting WHERE name = $1")
        .bind(name)
        .fetch_optional(executor)
        .await
}

/// The id of the database, by which browsers tell it from others on the same host; it is given one when it
/// has none.
pub async fn id(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    let give = "INSERT INTO setting (name, value)
                VALUES ('id', left(gen_random_uuid()::text, 8)) ON CONFLICT DO NOTHING";
    sqlx::query(give).execute(&mut *connection).await?;
    sqlx::query_scalar("SELECT value FROM setting WHERE name = 'id'").fetch_one(connection).await
}

/// Whether this fingerprint of a secret is that of the servers that are there; where there are none, it is
/// from now on.
pub async fn agree_on_secret(
    connection: &mut PgConnection,
    fingerprint: &str,
) -> Result<bool, sqlx::Error> {
    let known: Option<String> = sqlx::query_scalar(
        "INSERT INTO setting AS known (name, value) VALUES ('node_secret', $1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value
             WHERE known.value = excluded.value OR NOT EXISTS (SELECT FROM held_lease)
         RETURNING value",
    )
    .bind(fingerprint)
    .fetch_optional(connection)
    .await?;
    Ok(known.is_some())
}

/// Finds out whether anything can be written at all.
pub async fn write_something(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let write = "INSERT INTO setting AS tried (name, value) VALUES ('tried_out', '1')
                 ON CONFLICT (name) DO UPDATE SET value = (tried.value::bigint + 1)::text";
    sqlx::query(write).execute(connection).await.map(drop)
}

/// Writes one thing that is stored beside the classes.
pub async fn put(connection: &mut PgConnection, put: &Put) -> Result<(), sqlx::Error> {
    let query = match put {
        Put::Delivery(group_id, progress) => {
            return integrations::note(connection, *group_id, progress).await;
        }
        Put::Replaced { token, by, ends_at } => {
            let mut transaction = connection.begin().await?;
            sqlx::query("UPDATE token SET ends_at = $1 WHERE token_hash = $2 AND ends_at IS NULL")
                .bind(ends_at.as_millis())
                .bind(token.as_bytes().as_slice())
                .execute(&mut *transaction)
                .await?;
            sqlx::query("UPDATE token SET replaces = NULL WHERE token_hash = $1")
                .bind(by.as_bytes().as_slice())
                .execute(&mut *transaction)
                .await?;
            return transaction.commit().await;
        }
        Put::Setting { name, value: Some(value) } => sqlx::query(
            "INSERT INTO setting (name, value) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(*name)
        .bind(value.as_str()),
        Put::Setting { name, value: None } => {
            sqlx::query("DELETE FROM setting WHERE name = $1").bind(*name)
        }
        Put::Session { token, password, expires_at } => sqlx::query(
            "INSERT INTO admin_session (token_hash, password_hash, expires_at)
             VALUES ($1, $2, $3)",
        )
        .bind(token.as_bytes().as_slice())
        .bind(password.as_bytes().as_slice())
        .bind(expires_at.as_millis()),
        Put::EndSession(token) => sqlx::query("DELETE FROM admin_session WHERE token_hash = $1")
            .bind(token.as_bytes().as_slice()),
        // The class may have been deleted since it was read, or somebody erased from it.
        Put::Checkpoint(group_id, read) => sqlx::query(
            "INSERT INTO reading (group_id, seq, edition, version, summary, state)
             SELECT group_id, $2, edition, $4, $5, $6 FROM class
             WHERE group_id = $1 AND edition = $3 AND deleted_at IS NULL
             ON CONFLICT (group_id) DO UPDATE
                 SET seq = excluded.seq, edition = excluded.edition, version = excluded.version,
                     summary = excluded.summary, state = excluded.state",
        )
        .bind(group_id.as_bytes().as_slice())
        .bind(read.seq.cast_signed())
        .bind(read.edition.cast_signed())
        .bind(i64::from(read.version))
        .bind(read.reading.summary.as_str())
        .bind(read.reading.state.as_str()),
    };
    query.execute(connection).await.map(drop)
}
