//! Leases: each server that serves a database has one, and renews it every second. A server that serves alone
//! lets no other in; several that know of each other share the classes. A commit names the holder and its
//! epoch, so a server whose lease is gone can write nothing, and neither can a request of an earlier epoch
//! that comes late.

use std::net::SocketAddr;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgExecutor, PgPool, Row};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::deadline::within;
use crate::clock::monotonic;
use crate::identity::random;

/// How often the lease is renewed.
const RENEWED_EVERY: Duration = Duration::from_secs(1);
/// How long it holds, as the statements below say as well.
const HOLDS: Duration = Duration::from_secs(3);
/// How long a server that asks for the lease waits for one that is stopping, or is gone without a word.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it asks meanwhile.
const PACE: Duration = Duration::from_millis(50);

/// The code of the error by which `commit_batch` tells that the lease is gone.
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
    /// Where the other servers reach this one; none where it serves alone.
    address: Option<String>,
    note: Mutex<String>,
    renewed_at: Mutex<Instant>,
    /// Whether the connection by which it is renewed has ended, so that it holds for nobody else.
    is_apart: AtomicBool,
    /// How often it was renewed so late, or so anew, that others may have taken classes meanwhile; and how many
    /// of these times it was looked which.
    late: AtomicU64,
    settled: AtomicU64,
    /// It was given back, by this server itself.
    released: CancellationToken,
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
    /// Takes a lease, and renews it from then on. A server that is stopping has a moment to give its own
    /// back.
    pub async fn take(
        connection: &mut PgConnection,
        options: PgConnectOptions,
        address: Option<String>,
    ) -> Result<Arc<Self>, NotHeld> {
        let until = monotonic() + PATIENCE;
        let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
        let mut renewing = within(attend(&pool)).await?;
        let backend = within(backend_of(&mut renewing)).await?;
        let stopping = CancellationToken::new();
        let lease = Arc::new(Self {
            holder: random(),
            epoch: AtomicI64::new(0),
            address,
            note: Mutex::new(format!("process {}", process::id())),
            renewed_at: Mutex::new(monotonic()),
            is_apart: AtomicBool::new(false),
            late: AtomicU64::new(0),
            settled: AtomicU64::new(0),
            released: CancellationToken::new(),
            lost: CancellationToken::new(),
            _stops_renewing: stopping.clone().drop_guard(),
        });
        loop {
            match within(lease.try_take(connection, backend)).await? {
                None => break,
                Some(_) if monotonic() < until => tokio::time::sleep(PACE).await,
                Some(by) => return Err(NotHeld::ByOther(by)),
            }
        }
        tokio::spawn(renew(Arc::downgrade(&lease), stopping, pool, renewing, lease.holder));
        Ok(lease)
    }

    /// Takes the lease when nobody has one that shuts it out, and tells who has it otherwise.
    async fn try_take(
        &self,
        connection: &mut PgConnection,
        backend: i32,
    ) -> Result<Option<String>, sqlx::Error> {
        let mut transaction = connection.begin().await?;
        sqlx::query("LOCK TABLE lease IN SHARE ROW EXCLUSIVE MODE")
            .execute(&mut *transaction)
            .await?;
        let by: Option<String> = sqlx::query_scalar(
            "SELECT note FROM held_lease
             WHERE address IS NULL OR $1::text IS NULL OR address = $1 LIMIT 1",
        )
        .bind(self.address.as_deref())
        .fetch_optional(&mut *transaction)
        .await?;
        if by.is_some() {
            return Ok(by);
        }
        // Of servers that may come back, such as a machine that was asleep, those stay that are none like
        // this one.
        sqlx::query(
            "DELETE FROM lease WHERE holder NOT IN (SELECT holder FROM held_lease)
                 AND (address IS NULL OR $1::text IS NULL OR address = $1
                      OR alive_until < clock_timestamp() - interval '1 hour')",
        )
        .bind(self.address.as_deref())
        .execute(&mut *transaction)
        .await?;
        let note = self.note.lock().clone();
        sqlx::query(
            "INSERT INTO lease (holder, epoch, backend, address, note, alive_until)
             VALUES ($1, 0, $2, $3, $4, clock_timestamp() + interval '3 s')",
        )
        .bind(self.holder.as_slice())
        .bind(backend)
        .bind(self.address.as_deref())
        .bind(note)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(None)
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

    /// Whether other servers may serve the database as well.
    pub const fn is_shared(&self) -> bool {
        self.address.is_some()
    }

    /// For how long the lease has not been renewed, past its end.
    pub fn overdue(&self) -> Duration {
        monotonic().saturating_duration_since(*self.renewed_at.lock() + HOLDS)
    }

    /// How often others may have taken classes meanwhile.
    pub fn late(&self) -> u64 {
        self.late.load(Ordering::SeqCst)
    }

    /// Those that they have taken so far are known, and let go of.
    pub fn settle(&self, late: u64) {
        self.settled.store(late, Ordering::SeqCst);
    }

    /// Whether others may have taken classes that this server still has in memory.
    pub fn is_in_doubt(&self) -> bool {
        self.is_shared()
            && (self.is_apart.load(Ordering::SeqCst)
                || !self.overdue().is_zero()
                || self.settled.load(Ordering::SeqCst) != self.late())
    }

    /// Cancelled when another server has taken the lease.
    pub const fn lost(&self) -> &CancellationToken {
        &self.lost
    }

    /// The lease is found to be gone.
    pub fn lose(&self) {
        if !self.released.is_cancelled() {
            self.lost.cancel();
        }
    }

    /// Gives the lease back: this server decides nothing more, and others may have its classes at once.
    pub async fn release(&self, executor: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
        self.released.cancel();
        give_back(self.holder, executor).await
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
            self.lose();
            return Err(sqlx::Error::Protocol("the lease on the database is gone".to_owned()));
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

/// A connection whose end is told at once: with it the lease holds for nobody else.
async fn attend(pool: &PgPool) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    Ok(listener)
}

async fn backend_of(connection: &mut PgListener) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(connection).await
}

/// Waits for the end of the connection; for ever where there is none.
async fn ends(connection: Option<&mut PgListener>) {
    let Some(connection) = connection else { return std::future::pending().await };
    // Nothing is listened for.
    while let Ok(Some(_)) = connection.try_recv().await {}
}

async fn give_back(holder: [u8; 16], executor: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    let delete = sqlx::query("DELETE FROM lease WHERE holder = $1").bind(holder.as_slice());
    delete.execute(executor).await.map(drop)
}

/// Renews the lease until it is given back, or is gone.
async fn renew(
    lease: Weak<Lease>,
    stopping: CancellationToken,
    pool: PgPool,
    connection: PgListener,
    holder: [u8; 16],
) {
    let mut connection = Some(connection);
    let mut ticks = tokio::time::interval(RENEWED_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopping.cancelled() => break,
            _ = ticks.tick() => {}
            () = ends(connection.as_mut()) => connection = None,
        }
        let Some(held) = lease.upgrade() else { break };
        if held.released.is_cancelled() {
            return;
        }
        let note = held.note.lock().clone();
        let began_at = monotonic();
        if connection.is_none() {
            held.is_apart.store(true, Ordering::SeqCst);
        }
        match within(renew_once(&mut connection, &pool, holder, &note)).await {
            Ok(Some(by_same)) => {
                let was_apart = held.is_apart.load(Ordering::SeqCst) || !by_same;
                if was_apart || !held.overdue().is_zero() {
                    // What others have taken until now has to be looked at, before it counts as renewed.
                    held.late.fetch_add(1, Ordering::SeqCst);
                }
                *held.renewed_at.lock() = began_at;
                held.is_apart.store(false, Ordering::SeqCst);
            }
            Ok(None) => {
                held.lose();
                return;
            }
            // What is committed meanwhile is as good: nobody else has a class until they take it.
            Err(error) => {
                connection = None;
                held.is_apart.store(true, Ordering::SeqCst);
                tracing::warn!("cannot renew the lease on the database: {error}");
            }
        }
    }
    if let Some(mut connection) = connection {
        // Without it the next server waits until PostgreSQL has seen that this one is gone.
        let _ = within(give_back(holder, &mut connection)).await;
    }
}

/// Renews the lease, on a new connection where there is none; none when it is no more this server's, else
/// whether the same connection has renewed it the time before. Another one may have, whose renewal was given
/// up and came late: as that one ended, the lease held for nobody else.
async fn renew_once(
    connection: &mut Option<PgListener>,
    pool: &PgPool,
    holder: [u8; 16],
    note: &str,
) -> Result<Option<bool>, sqlx::Error> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(attend(pool).await?),
    };
    sqlx::query_scalar(
        "WITH before AS MATERIALIZED (
             SELECT backend FROM lease WHERE holder = $1 FOR NO KEY UPDATE
         )
         UPDATE lease SET alive_until = clock_timestamp() + interval '3 s', note = $2,
             backend = pg_backend_pid()
         FROM before WHERE holder = $1
         RETURNING before.backend = pg_backend_pid()",
    )
    .bind(holder.as_slice())
    .bind(note)
    .fetch_optional(connection)
    .await
}
