//! The schema of the file, and which one a file has.

use std::sync::LazyLock;

use sqlx::SqliteConnection;
use sqlx::migrate::Migrator;

use crate::store::migrations::migrator;

/// The schema, from its first form on.
pub static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    migrator(&[
        (1, "log", include_str!("../../../../migrations/sqlite/0001_log.sql")),
        (2, "history", include_str!("../../../../migrations/sqlite/0002_history.sql")),
        (3, "browsers", include_str!("../../../../migrations/sqlite/0003_browsers.sql")),
        (4, "folding", include_str!("../../../../migrations/sqlite/0004_folding.sql")),
        (5, "forgotten", include_str!("../../../../migrations/sqlite/0005_forgotten.sql")),
        (6, "integrations", include_str!("../../../../migrations/sqlite/0006_integrations.sql")),
    ])
});

/// The number of the newest schema that this program knows.
pub fn newest_schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// The number of a file's schema; none when it has none of Handup's.
pub async fn schema_of(connection: &mut SqliteConnection) -> Result<Option<i64>, sqlx::Error> {
    let is_ours: bool = sqlx::query_scalar(
        "SELECT count(*) = 2 FROM sqlite_schema WHERE name IN ('_sqlx_migrations', 'class')",
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
