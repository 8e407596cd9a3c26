//! The schema of the database, and whether it is Handup's.

use sqlx::PgConnection;
use sqlx::migrate::Migrator;

/// The schema, from its first form on.
pub static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/postgres");

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
