//! Where the data is kept: in a file, or in a database of PostgreSQL's.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

/// Where the data is kept.
#[derive(Debug, Clone)]
pub enum Database {
    /// In this SQLite file; it is made when it is not there.
    File(PathBuf),
    /// In this database of PostgreSQL's.
    Postgres(PostgresAddress),
}

/// The address of a database of PostgreSQL's. It is shown without its password.
#[derive(Debug, Clone)]
pub struct PostgresAddress(Box<PgConnectOptions>);

/// The address is none of PostgreSQL's.
#[derive(Debug, thiserror::Error)]
#[error("give it as postgres://user:password@host:port/database: {0}")]
pub struct NoAddress(String);

impl PostgresAddress {
    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.0
    }
}

impl FromStr for Database {
    type Err = NoAddress;

    /// What begins like an address of PostgreSQL's is one, and anything else a path.
    fn from_str(text: &str) -> Result<Self, NoAddress> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Ok(Self::File(text.into()));
        }
        // What is wrong is told in words that repeat none of it: it may hold a password.
        let options: PgConnectOptions =
            text.parse().map_err(|error: sqlx::Error| NoAddress(error.to_string()))?;
        let options = match options.get_application_name() {
            Some(_) => options,
            None => options.application_name("handup"),
        };
        Ok(Self::Postgres(PostgresAddress(Box::new(options))))
    }
}

impl From<PathBuf> for Database {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = (self.0.get_host(), self.0.get_port());
        let database = self.0.get_database().unwrap_or_else(|| self.0.get_username());
        match self.0.get_socket() {
            Some(socket) => write!(f, "postgres://{}/{database}", socket.display()),
            None => write!(f, "postgres://{host}:{port}/{database}"),
        }
    }
}
