//! The schema of the database, and whether it is Handup's.

use std::sync::LazyLock;

use sqlx::PgConnection;
use sqlx::migrate::Migrator;

use crate::store::migrations::migrator;

/// The schema, from its first form on.
pub static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    migrator(&[
        (1, "log", include_str!("../../../../migrations/postgres/0001_log.sql")),
        (2, "integrations", include_str!("../../../../migrations/postgres/0002_integrations.sql")),
    ])
});

/// Whether the database has tables of another program's, and none of Handup's.
pub async fn is_foreign(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT count(*) FILTER (WHERE tablename = 'class') = 0
            AND count(*) FILTER (WHERE tablename <> '_sqlx_migrations') > 0
         FROM pg_tables WHERE schemaname = current_schema()",
    )
    .fetch_one(connection)
    .await
}

/// The number of the newest schema that this program knows.
pub fn newest_schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// The number of a database's schema; none when it has none of Handup's.
pub async fn schema_of(connection: &mut PgConnection) -> Result<Option<i64>, sqlx::Error> {
    let is_ours: bool = sqlx::query_scalar(
        "SELECT count(*) = 2 FROM pg_tables
         WHERE schemaname = current_schema() AND tablename IN ('_sqlx_migrations', 'class')",
    )
    .fetch_one(&mut *connection)
    .await?;
    if !is_ours {
        return Ok(None);
    }
    sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success")
        .fetch_one(connection)
        .await
}
