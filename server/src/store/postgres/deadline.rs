//! The deadline of each call: a connection of sqlx's waits for ever for a database that is cut off.

use std::io;
use std::time::Duration;

/// How long the database may take for one call.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// What comes of a call within the deadline.
pub async fn within<T>(
    call: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match tokio::time::timeout(DEADLINE, call).await {
        Ok(done) => done,
        Err(_) => Err(sqlx::Error::Io(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("the database has not answered within {} s", DEADLINE.as_secs()),
        ))),
    }
}
