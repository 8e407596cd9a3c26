//! Opens the PostgreSQL database: durable, of the newest schema, and served by this server alone.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signaling::{GroupId, Timestamp};
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgConnection};
use tokio_util::sync::CancellationToken;

use super::deadline::{DEADLINE, within};
use super::lease::{Lease, NotHeld};
use super::reader::PostgresReader;
use super::schema::{MIGRATIONS, is_foreign};
use super::writer::PostgresWriter;
use super::{errors, log, release, settings};
use crate::nodes::Node;
use crate::store::address::PostgresAddress;
use crate::store::open_error::OpenError;

/// The oldest release of PostgreSQL that serves, as it numbers them.
const OLDEST: i32 = 140_000;

/// An open store, and what has to be known of it before anything starts.
pub(crate) struct Opened {
    pub writer: PostgresWriter,
    pub reader: PostgresReader,
    /// The id of the database.
    pub id: String,
    /// Every group in which something is to time out, and when.
    pub deadlines: Vec<(GroupId, Timestamp)>,
    /// Cancelled when another server has taken the database.
    pub lost: CancellationToken,
}

/// What failed on the way to the database.
pub(super) fn failed(address: &PostgresAddress, error: sqlx::Error) -> OpenError {
    OpenError::Database {
        address: address.to_string(),
        why: errors::advice(&error),
        source: error.into(),
    }
}

/// A connection to the database, which keeps what it is told and is no other program's.
pub(super) async fn connect(address: &PostgresAddress) -> Result<PgConnection, OpenError> {
    let failed = |error| failed(address, error);
    let mut connection = within(address.options().connect()).await.map_err(failed)?;
    within(must_be_durable(&mut connection, address)).await.map_err(|error| match error {
        sqlx::Error::Configuration(unfit) => {
            OpenError::UnfitDatabase { address: address.to_string(), why: unfit.to_string() }
        }
        error => failed(error),
    })?;
    if within(is_foreign(&mut connection)).await.map_err(failed)? {
        return Err(OpenError::ForeignDatabase { address: address.to_string() });
    }
    Ok(connection)
}

/// Opens the database, and brings its schema up to date.
pub(crate) async fn open(
    address: &PostgresAddress,
    node: Option<&Node>,
) -> Result<Opened, OpenError> {
    let failed = |error| failed(address, error);
    let options = address.options().clone();
    let mut connection = connect(address).await?;
    if let Err(error) = MIGRATIONS.run(&mut connection).await {
        return Err(not_migrated(&mut connection, address, error).await);
    }
    within(release::note(&mut connection)).await.map_err(failed)?;
    if let Some(node) = node {
        let fingerprint = node.secret.fingerprint();
        let agreed = within(settings::agree_on_secret(&mut connection, &fingerprint)).await;
        if !agreed.map_err(failed)? {
            return Err(OpenError::OtherSecret { address: address.to_string() });
        }
    }
    let reached_at = node.map(|node| node.address.as_str().to_owned());
    let lease = Lease::take(&mut connection, options.clone(), reached_at);
    let lease = lease.await.map_err(|error| match error {
        NotHeld::ByOther(by) => OpenError::ServedDatabase { address: address.to_string(), by },
        NotHeld::Failed(error) => failed(error),
    })?;
    let id = within(settings::id(&mut connection)).await.map_err(failed)?;
    within(settings::write_something(&mut connection)).await.map_err(failed)?;
    let deadlines = within(log::deadlines(&mut connection)).await.map_err(failed)?;
    let is_healthy = Arc::new(AtomicBool::new(true));
    let reader = PostgresReader {
        live: pool(4, &options),
        history: pool(3, &options),
        is_healthy: Arc::clone(&is_healthy),
        lease: Arc::clone(&lease),
    };
    let lost = lease.lost().clone();
    let writer = PostgresWriter::new(connection, options, lease, is_healthy);
    Ok(Opened { writer, reader, id, deadlines, lost })
}

/// A pool that connects when it is asked something.
fn pool(connections: u32, options: &PgConnectOptions) -> sqlx::PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(DEADLINE)
        .connect_lazy_with(options.clone())
}

/// Asks PostgreSQL whether what it reports as committed is on its disk.
pub(super) async fn must_be_durable(
    connection: &mut PgConnection,
    address: &PostgresAddress,
) -> Result<(), sqlx::Error> {
    let unfit = |why: String| Err(sqlx::Error::Configuration(why.into()));
    let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::integer")
        .fetch_one(&mut *connection)
        .await?;
    if version < OLDEST {
        let (major, oldest) = (version / 10_000, OLDEST / 10_000);
        return unfit(format!("PostgreSQL {major} is too old: {oldest} or newer is needed"));
    }
    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        let value: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(name)
            .fetch_one(&mut *connection)
            .await?;
        if value == "off" {
            return unfit(format!(
                "its {name} is off, so what was answered could be lost. Switch it on in \
                 postgresql.conf"
            ));
        }
    }
    tracing::info!("postgresql {version} at {address}");
    Ok(())
}

async fn not_migrated(
    connection: &mut PgConnection,
    address: &PostgresAddress,
    error: MigrateError,
) -> OpenError {
    let address = address.to_string();
    match error {
        // The first one that is not known, of perhaps several.
        MigrateError::VersionMissing(schema) => match within(release::newest(connection)).await {
            Ok((schema, release)) => OpenError::newer(address, schema, release),
            Err(_) => OpenError::newer(address, schema, None),
        },
        MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => {
            let why = errors::advice(&source);
            OpenError::Database { address, why, source: source.into() }
        }
        source => OpenError::Migrate { path: address, source: source.into() },
    }
}
