//! Looks at the place of the data without serving it, and with nothing changed.

use super::address::Database;
use super::examined::Examined;
use super::open_error::OpenError;
use super::{postgres, sqlite};

/// Looks at the place of the data.
///
/// # Errors
/// When it cannot be served from there.
pub async fn examine(database: &Database) -> Result<Examined, OpenError> {
    match database {
        Database::File(path) => sqlite::examine::examine(path).await,
        Database::Postgres(address) => postgres::examine::examine(address).await,
    }
}
