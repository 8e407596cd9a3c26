//! The store in a PostgreSQL database, for whoever runs one already: the second place of SQL.
//!
//! Every call has a deadline, for a database that is cut off answers nothing at all. A commit that ran
//! out of it is in doubt; before anything else is asked, what may still be on its way is shut out.

#![expect(clippy::disallowed_methods, reason = "SQL is here and in `sqlite` alone")]

mod batch;
mod credentials;
pub(crate) mod deadline;
mod errors;
pub(crate) mod examine;
mod history;
mod homes;
mod integrations;
mod lease;
mod log;
mod moving;
pub(crate) mod open;
mod reader;
mod release;
mod retention;
mod rows;
pub(crate) mod schema;
mod settings;
mod writer;
