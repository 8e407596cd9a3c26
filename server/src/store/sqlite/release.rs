//! Queries: which release made the schema of the file.

use sqlx::SqliteConnection;

use super::schema::{newest_schema, schema_of};
use super::settings::setting;
use crate::store::release::{RELEASE, setting_of, shown};

/// Notes that this release made the newest schema, unless another one has before.
pub async fn note(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(setting_of(newest_schema()))
        .bind(RELEASE)
        .execute(connection)
        .await
        .map(drop)
}

/// The number of the file's schema, and the release that made it, where it says so.
pub async fn newest(
    connection: &mut SqliteConnection,
) -> Result<(i64, Option<String>), sqlx::Error> {
    let schema = schema_of(connection).await?.ok_or(sqlx::Error::RowNotFound)?;
    let release = of(connection, schema).await?;
    Ok((schema, release))
}

/// The release that made a schema of the file, where it says so.
pub async fn of(
    connection: &mut SqliteConnection,
    schema: i64,
) -> Result<Option<String>, sqlx::Error> {
    if schema < HAS_SETTINGS {
        return Ok(None);
    }
    setting(connection, &setting_of(schema)).await.map(shown)
}

/// From this schema on there are settings.
const HAS_SETTINGS: i64 = 2;
