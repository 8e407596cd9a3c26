//! Looks at the database without serving it, and changes nothing.

use signaling::Timestamp;
use sqlx::{Connection, PgConnection};

use super::deadline::within;
use super::open::{connect, failed};
use super::schema::{newest_schema, schema_of};
use super::{release, settings};
use crate::store::address::PostgresAddress;
use crate::store::examined::Examined;
use crate::store::open_error::OpenError;

/// Looks at the database.
pub async fn examine(address: &PostgresAddress) -> Result<Examined, OpenError> {
    let failed = |error| failed(address, error);
    let mut connection = connect(address).await?;
    let found = within(look(&mut connection)).await.map_err(failed)?;
    if let Some(schema) = found.schema.filter(|schema| *schema > found.newest_schema) {
        let release = within(release::newest(&mut connection)).await.map_err(failed)?.1;
        return Err(OpenError::newer(address.to_string(), schema, release));
    }
    within(connection.close()).await.map_err(failed)?;
    Ok(found)
}

async fn look(connection: &mut PgConnection) -> Result<Examined, sqlx::Error> {
    let (version, commit, now): (String, String, i64) = sqlx::query_as(
        "SELECT current_setting('server_version'), current_setting('synchronous_commit'),
             (extract(epoch FROM clock_timestamp()) * 1000)::bigint",
    )
    .fetch_one(&mut *connection)
    .await?;
    let schema = schema_of(connection).await?;
    let (mut id, mut served_by) = (None, None);
    if schema.is_some() {
        id = settings::setting(&mut *connection, "id").await?;
        served_by = sqlx::query_scalar("SELECT note FROM held_lease ORDER BY note LIMIT 1")
            .fetch_optional(&mut *connection)
            .await?;
    }
    Ok(Examined {
        keeper: format!(
            "PostgreSQL {version}, fsync=on full_page_writes=on synchronous_commit={commit}"
        ),
        schema,
        newest_schema: newest_schema(),
        id,
        served_by,
        faults: None,
        now: Some(Timestamp::from_millis(now)),
    })
}
