//! Durability after a kill or a failed sync: brings all that can be read to the disk (a checkpoint).

use sqlx::{Row, SqliteConnection};

/// Writes all that can be read to the disk once more, and waits until it is there. Until then what
/// was written before a kill or a failed sync can be read, and still be gone after a power loss; a
/// later sync that succeeds does not tell.
pub async fn make_durable(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(connection).await?;
    if row.try_get::<i64, _>(0)? == 0 {
        Ok(())
    } else {
        Err(sqlx::Error::Protocol("another program keeps the database busy".to_owned()))
    }
}
