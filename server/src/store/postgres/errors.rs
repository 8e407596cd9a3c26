//! What PostgreSQL's errors mean, and what whoever runs the server can do about it.

use super::lease::TAKEN_OVER;
use crate::nodes::Elsewhere;
use crate::store::Failure;

/// Whether it is certain that nothing was done, and the connection is as good as before.
pub fn is_harmless(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::Decode(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::Encode(_)
    )
}

/// The error as the store tells it: that a class is elsewhere is told as that.
pub fn failure(error: sqlx::Error) -> Failure {
    match error {
        sqlx::Error::Encode(source) if source.is::<Elsewhere>() => source,
        error => error.into(),
    }
}

/// Whether another server has the lease.
pub fn is_taken_over(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|it| it.code());
    code.as_deref() == Some(TAKEN_OVER)
}

/// What a person who starts the server can do about it, before the database's own words.
pub fn advice(error: &sqlx::Error) -> &'static str {
    let code = error.as_database_error().and_then(|it| it.code());
    match code.as_deref() {
        Some("28P01" | "28000") => {
            "it does not let this user in; check the name, the password and pg_hba.conf. PostgreSQL \
             says: "
        }
        Some("3D000") => "there is no such database; make it with createdb. PostgreSQL says: ",
        Some("42501") => {
            "this user may not do that; make it the owner of the database. PostgreSQL says: "
        }
        Some("53300") => "it has no connection left; raise its max_connections. PostgreSQL says: ",
        Some("57P03") => "it is starting or stopping; wait for it. PostgreSQL says: ",
        Some(_) => "",
        None => match error {
            sqlx::Error::Io(_) => {
                "it does not answer; see that PostgreSQL runs there and lets this machine in. "
            }
            sqlx::Error::Tls(_) => "no secure connection to it can be made; check sslmode. ",
            _ => "",
        },
    }
}
