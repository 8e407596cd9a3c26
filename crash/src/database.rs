//! PostgreSQL, which dies and sleeps like the servers: by signals to its processes on this machine.

#![expect(
    clippy::disallowed_methods,
    reason = "the database is looked at without the server's own code"
)]

use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tokio::process::Command;

use crate::Result;

/// How often it is looked whether it is up again, and how many times.
const PACE: Duration = Duration::from_millis(20);
const LOOKS: u32 = 1_500;

/// A PostgreSQL on this machine that nobody else needs.
#[derive(Debug, Clone)]
pub struct Database {
    address: String,
}

impl Database {
    /// The one at this address.
    pub fn new(address: &str) -> Self {
        Self { address: address.to_owned() }
    }

    /// Kills one of its processes, by which all of them end: it starts anew by itself, from what it had
    /// synced. Waits until it is up again.
    ///
    /// # Errors
    /// When it is not on this machine, is somebody else's, or does not come up again.
    pub async fn crash(&self) -> Result<()> {
        let mut connection = PgConnection::connect(&self.address).await?;
        let victim: i32 = sqlx::query_scalar(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'",
        )
        .fetch_one(&mut connection)
        .await?;
        signal("-KILL", &[victim]).await?;
        // It is over for whoever was connected before it is for anybody who comes.
        while connection.ping().await.is_ok() {
            tokio::time::sleep(PACE).await;
        }
        for _ in 0..LOOKS {
            if PgConnection::connect(&self.address).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(PACE).await;
        }
        Err("PostgreSQL does not come up again".into())
    }

    /// Stops all its processes for a while: who asks it for something is not answered meanwhile.
    ///
    /// # Errors
    /// When it is not on this machine, or is somebody else's.
    pub async fn sleep(&self, duration: Duration) -> Result<()> {
        let mut connection = PgConnection::connect(&self.address).await?;
        let mut processes: Vec<i32> = sqlx::query_scalar("SELECT pid FROM pg_stat_activity")
            .fetch_all(&mut connection)
            .await?;
        let first = *processes.first().ok_or("PostgreSQL has no processes")?;
        // The first of all takes connections, and is the parent of the others.
        processes.insert(0, parent(first)?);
        // Some may end before they are reached.
        drop(signal("-STOP", &processes).await);
        tokio::time::sleep(duration).await;
        drop(signal("-CONT", &processes).await);
        connection.ping().await.map_err(Into::into)
    }
}

fn parent(process: i32) -> Result<i32> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))
        .map_err(|_| "PostgreSQL is not on this machine")?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    Ok(parent.ok_or("a process has no parent")?.trim().parse()?)
}

async fn signal(signal: &str, processes: &[i32]) -> Result<()> {
    let processes = processes.iter().map(ToString::to_string);
    let status = Command::new("kill").arg(signal).args(processes).status().await?;
    if status.success() { Ok(()) } else { Err("the processes of PostgreSQL are not ours".into()) }
}
