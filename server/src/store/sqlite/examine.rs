//! Looks at the file without serving it, and changes nothing.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use super::check::reading;
use super::lock::holder;
use super::open::{must_be_fit, must_be_ours};
use super::schema::{newest_schema, schema_of};
use super::{errors, release, settings};
use crate::store::examined::Examined;
use crate::store::open_error::OpenError;

/// The largest file that is gone through: what takes longer is for `handup check`.
const GONE_THROUGH: u64 = 256 << 20;
/// From this schema on a database has an id, once it was served.
const HAS_ID: i64 = 2;

/// Looks at the file, or at SQLite alone where there is none yet.
pub async fn examine(path: &Path) -> Result<Examined, OpenError> {
    let error = |error| errors::of_file(path, error);
    if let Some(why) = errors::of_the_place(path) {
        return Err(OpenError::NoPlace { path: path.display().to_string(), why });
    }
    let size = std::fs::metadata(path).map_or(0, |file| file.len());
    let options = if size > 0 { reading(path).0 } else { SqliteConnectOptions::new() };
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(error)?;
    let version = must_be_fit(&mut connection, path).await?;
    must_be_ours(&mut connection, path).await?;
    let schema = schema_of(&mut connection).await.map_err(error)?;
    let newest_schema = newest_schema();
    if let Some(schema) = schema.filter(|schema| *schema > newest_schema) {
        let release = release::of(&mut connection, schema).await.map_err(error)?;
        return Err(OpenError::newer(path.display().to_string(), schema, release));
    }
    let id = match schema {
        Some(HAS_ID..) => settings::setting(&mut connection, "id").await.map_err(error)?,
        _ => None,
    };
    let faults = if size > GONE_THROUGH {
        None
    } else {
        let found: Vec<String> = sqlx::query_scalar("PRAGMA quick_check(5)")
            .fetch_all(&mut connection)
            .await
            .map_err(error)?;
        Some(found.into_iter().filter(|said| said != "ok").collect())
    };
    connection.close().await.map_err(error)?;
    Ok(Examined {
        keeper: format!("SQLite {version}, journal_mode=wal synchronous=full"),
        schema,
        newest_schema,
        id,
        served_by: holder(path),
        faults,
        now: None,
    })
}
