//! The store in one SQLite file, embedded: nothing to install. SQL is here and in `postgres` alone.

#![expect(clippy::disallowed_methods, reason = "SQL is here and in `postgres` alone")]

pub(crate) mod before;
pub(crate) mod check;
pub(crate) mod copy;
mod credentials;
mod durable;
mod errors;
pub(crate) mod examine;
mod files;
mod history;
mod integrations;
mod lock;
mod log;
mod moving;
pub(crate) mod open;
mod reader;
mod release;
mod retention;
mod rows;
pub(crate) mod schema;
mod script;
mod settings;
mod slack;
mod writer;
