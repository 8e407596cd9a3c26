//! The deadline of each call: a connection of sqlx's waits for ever for a database that is cut off.

use std::io;
use std::time::Duration;

/// How long the database may take for one call: whoever waits for it is answered within five seconds.
pub const DEADLINE: Duration = Duration::from_secs(4);

/// What comes of a call within the deadline.
pub async fn within<T>(
    call: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match tokio::time::timeout(DEADLINE, call).await {
        Ok(done) => done,
        Err(_) => Err(no_answer()),
    }
}

/// What comes of a call that the database has not answered within the deadline.
pub fn no_answer() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(
        io::ErrorKind::TimedOut,
        format!("the database has not answered within {} s", DEADLINE.as_secs()),
    ))
}

/// Whether that came of a call.
pub fn is_no_answer(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut)
}
