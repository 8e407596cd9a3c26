//! Queries: which release made the schema of the database.

use sqlx::PgConnection;

use super::schema::{newest_schema, schema_of};
use super::settings::setting;
use crate::store::release::{RELEASE, setting_of, shown};

/// Notes that this release made the newest schema, unless another one has before.
pub async fn note(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(setting_of(newest_schema()))
        .bind(RELEASE)
        .execute(connection)
        .await
        .map(drop)
}

/// The number of the database's schema, and the release that made it, where it says so.
pub async fn newest(connection: &mut PgConnection) -> Result<(i64, Option<String>), sqlx::Error> {
    let schema = schema_of(connection).await?.ok_or(sqlx::Error::RowNotFound)?;
    let release = setting(connection, &setting_of(schema)).await.map(shown)?;
    Ok((schema, release))
}
