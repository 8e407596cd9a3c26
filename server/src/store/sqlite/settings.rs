//! Queries: settings, and what else is stored beside the classes.

use sqlx::{SqliteConnection, SqliteExecutor};

use super::integrations;
use super::script::Script;
use crate::store::put::Put;

/// The value of a setting, when it is set.
pub async fn setting(
    executor: impl SqliteExecutor<'_>,
    name: &str,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT value FROM setting WHERE name = ?")
        .bind(name)
        .fetch_optional(executor)
        .await
}

/// The id of the database.
pub async fn id(executor: impl SqliteExecutor<'_>) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("SELECT value FROM setting WHERE name = 'id'").fetch_one(executor).await
}

/// Gives the database an id, by which browsers tell it from others on the same host.
pub async fn give_id(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let give = "INSERT INTO setting (name, value) VALUES ('id', lower(hex(randomblob(4))))
                ON CONFLICT DO NOTHING";
    sqlx::query(give).execute(connection).await.map(drop)
}

/// Finds out whether anything can be written at all.
pub async fn write_something(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let write = "INSERT INTO setting (name, value) VALUES ('tried_out', '1')
                 ON CONFLICT DO UPDATE SET value = value + 1";
    sqlx::query(write).execute(connection).await.map(drop)
}

/// Writes one thing that is stored beside the classes.
pub async fn put(connection: &mut SqliteConnection, put: &Put) -> Result<(), sqlx::Error> {
    let query = match put {
        Put::Delivery(group_id, progress) => {
            return integrations::note(connection, *group_id, progress).await;
        }
        Put::Replaced { token, by, ends_at } => {
            let mut script = Script::new();
            script
                .add("BEGIN IMMEDIATE")
                .add("UPDATE token SET ends_at = ? WHERE token_hash = ? AND ends_at IS NULL")
                .bind(ends_at.as_millis())
                .bind(token.as_bytes().as_slice())
                .add("UPDATE token SET replaces = NULL WHERE token_hash = ?")
                .bind(by.as_bytes().as_slice())
                .add("COMMIT");
            return script.run(connection).await;
        }
        Put::Setting { name, value: Some(value) } => {
            sqlx::query("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)")
                .bind(*name)
                .bind(value.as_str())
        }
        Put::Setting { name, value: None } => {
            sqlx::query("DELETE FROM setting WHERE name = ?").bind(*name)
        }
        Put::Session { token, password, expires_at } => sqlx::query(
            "INSERT INTO admin_session (token_hash, password_hash, expires_at)
             VALUES (?, ?, ?)",
        )
        .bind(token.as_bytes().as_slice())
        .bind(password.as_bytes().as_slice())
        .bind(expires_at.as_millis()),
        Put::EndSession(token) => sqlx::query("DELETE FROM admin_session WHERE token_hash = ?")
            .bind(token.as_bytes().as_slice()),
        // The class may have been deleted since it was read, or somebody erased from it.
        Put::Checkpoint(group_id, read) => sqlx::query(
            "INSERT OR REPLACE INTO reading (group_id, seq, edition, version, summary, state)
             SELECT group_id, ?1, edition, ?6, ?3, ?4 FROM class
             WHERE group_id = ?5 AND edition = ?2 AND deleted_at IS NULL",
        )
        .bind(read.seq.cast_signed())
        .bind(read.edition)
        .bind(read.reading.summary.as_str())
        .bind(read.reading.state.as_str())
        .bind(group_id.as_bytes().as_slice())
        .bind(read.version),
    };
    query.execute(connection).await.map(drop)
}
