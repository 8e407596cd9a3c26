//! The lease: one server serves a database at a time, and renews its right to every second. A commit names
//! the holder and its epoch, so a server that was replaced can write nothing, and neither can a request
//! of an earlier epoch that comes late.

use std::net::SocketAddr;
use std::process;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, Row};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::deadline::within;
use crate::clock::monotonic;
use crate::identity::random;

/// How often the lease is renewed.
const RENEWED_EVERY: Duration = Duration::from_secs(1);
/// How long a server that asks for the lease waits for one that is stopping, or is gone without a word.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it asks meanwhile.
const PACE: Duration = Duration::from_millis(50);

/// The code of the error by which `commit_batch` tells that another server has the lease.
pub const TAKEN_OVER: &str = "HU001";

/// In whose name something is committed.
#[derive(Debug, Clone, Copy)]
pub struct Hold {
    pub holder: [u8; 16],
    pub epoch: i64,
}

/// The lease of this server. It is given back once all clones of its handle are gone.
pub struct Lease {
    holder: [u8; 16],
    epoch: AtomicI64,
    note: Mutex<String>,
    /// Another server has taken it.
    lost: CancellationToken,
    _stops_renewing: DropGuard,
}

/// Why the lease was not had.
pub enum NotHeld {
    /// Another server has it, as it wrote of itself.
    ByOther(String),
    /// The database did not do it.
    Failed(sqlx::Error),
}

impl From<sqlx::Error> for NotHeld {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error)
    }
}

impl Lease {
    /// Takes the lease, and renews it from then on. A server that is stopping has a moment for it.
    pub async fn take(
        connection: &mut PgConnection,
        options: PgConnectOptions,
    ) -> Result<Arc<Self>, NotHeld> {
        let holder = random();
        let until = monotonic() + PATIENCE;
        let mut renewing = within(options.connect()).await?;
        let backend = backend_of(&mut renewing).await?;
        let note = format!("process {}", process::id());
        loop {
            match within(try_take(connection, holder, backend, &note)).await? {
                None => break,
                Some(_) if monotonic() < until => tokio::time::sleep(PACE).await,
                Some(by) => return Err(NotHeld::ByOther(by)),
            }
        }
        let stopping = CancellationToken::new();
        let lease = Arc::new(Self {
            holder,
            epoch: AtomicI64::new(0),
            note: Mutex::new(note),
            lost: CancellationToken::new(),
            _stops_renewing: stopping.clone().drop_guard(),
        });
        tokio::spawn(renew(Arc::downgrade(&lease), stopping, options, renewing, holder));
        Ok(lease)
    }

    /// Tells those who come upon the lease who has it.
    pub fn note(&self, reached_at: SocketAddr) {
        *self.note.lock() =
            format!("process {}, which listens on http://{reached_at}", process::id());
    }

    /// In whose name to commit.
    pub fn hold(&self) -> Hold {
        Hold { holder: self.holder, epoch: self.epoch.load(Ordering::Relaxed) }
    }

    /// Cancelled when another server has taken the lease.
    pub const fn lost(&self) -> &CancellationToken {
        &self.lost
    }

    /// Begins another epoch: what was asked for in the one before is waited for, and what of it has not
    /// arrived yet comes to nothing.
    pub async fn begin_epoch(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let mut transaction = connection.begin().await?;
        // A commit that is under way keeps the row from being locked so.
        let row = sqlx::query("SELECT epoch FROM lease WHERE holder = $1 FOR UPDATE")
            .bind(self.holder.as_slice())
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(row) = row else {
            self.lost.cancel();
            return Err(sqlx::Error::Protocol("another server holds the lease".to_owned()));
        };
        let epoch = row.try_get::<i64, _>(0)? + 1;
        sqlx::query("UPDATE lease SET epoch = $2 WHERE holder = $1")
            .bind(self.holder.as_slice())
            .bind(epoch)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        self.epoch.store(epoch, Ordering::Relaxed);
        Ok(())
    }
}

/// Takes the lease when nobody has it, and tells who has it otherwise. A lease is nobody's once it has run
/// out, or PostgreSQL has seen the end of the connection by which it was renewed.
async fn try_take(
    connection: &mut PgConnection,
    holder: [u8; 16],
    backend: i32,
    note: &str,
) -> Result<Option<String>, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    sqlx::query("LOCK TABLE lease IN SHARE ROW EXCLUSIVE MODE").execute(&mut *transaction).await?;
    let by: Option<String> = sqlx::query_scalar(
        "SELECT note FROM lease WHERE alive_until > clock_timestamp()
             AND EXISTS (SELECT FROM pg_stat_activity WHERE pid = backend) LIMIT 1",
    )
    .fetch_optional(&mut *transaction)
    .await?;
    if by.is_some() {
        return Ok(by);
    }
    sqlx::query("DELETE FROM lease").execute(&mut *transaction).await?;
    sqlx::query(
        "INSERT INTO lease (holder, epoch, backend, note, alive_until)
         VALUES ($1, 0, $2, $3, clock_timestamp() + interval '3 s')",
    )
    .bind(holder.as_slice())
    .bind(backend)
    .bind(note)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(None)
}

async fn backend_of(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    within(sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(connection)).await
}

/// Renews the lease until it is given back, or another server has it.
async fn renew(
    lease: Weak<Lease>,
    stopping: CancellationToken,
    options: PgConnectOptions,
    connection: PgConnection,
    holder: [u8; 16],
) {
    let mut connection = Some(connection);
    let mut ticks = tokio::time::interval(RENEWED_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopping.cancelled() => break,
            _ = ticks.tick() => {}
        }
        let Some(held) = lease.upgrade() else { break };
        let note = held.note.lock().clone();
        match within(renew_once(&mut connection, &options, holder, &note)).await {
            Ok(true) => {}
            Ok(false) => {
                held.lost.cancel();
                return;
            }
            // What is committed meanwhile is as good: nobody else has the lease until they take it.
            Err(error) => {
                connection = None;
                tracing::warn!("cannot renew the lease on the database: {error}");
            }
        }
    }
    if let Some(mut connection) = connection {
        let given_back = sqlx::query("DELETE FROM lease WHERE holder = $1")
            .bind(holder.as_slice())
            .execute(&mut connection);
        // Without it the next server waits until PostgreSQL has seen that this one is gone.
        let _ = within(given_back).await;
    }
}

/// Renews the lease, on a new connection where there is none; whether it is still this server's.
async fn renew_once(
    connection: &mut Option<PgConnection>,
    options: &PgConnectOptions,
    holder: [u8; 16],
    note: &str,
) -> Result<bool, sqlx::Error> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(options.connect().await?),
    };
    let renewed = sqlx::query(
        "UPDATE lease SET alive_until = clock_timestamp() + interval '3 s', note = $2,
             backend = pg_backend_pid()
         WHERE holder = $1",
    )
    .bind(holder.as_slice())
    .bind(note)
    .execute(connection)
    .await?;
    Ok(renewed.rows_affected() > 0)
}
