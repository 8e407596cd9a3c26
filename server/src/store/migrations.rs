//! Migrations as the program holds them, from the files under `migrations/`.
//!
//! `sqlx::migrate!` would read the folder by itself. With it comes the rest of sqlx's macros, for which both
//! drivers, SQLite and TLS are built a second time, for the compiler: 18 of the 250 seconds of processor time
//! that the server took from a fresh clone.

use sqlx::SqlStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// One file: its number, its name, and what is in it.
pub type Step = (i64, &'static str, &'static str);

/// What brings a database to the schema of the last of these.
pub fn migrator(steps: &[Step]) -> Migrator {
    let migration = |(version, name, sql): &Step| {
        let (kind, sql) = (MigrationType::Simple, SqlStr::from_static(sql));
        Migration::new(*version, (*name).into(), kind, sql, false)
    };
    Migrator::with_migrations(steps.iter().map(migration).collect())
}
