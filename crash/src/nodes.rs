//! A run of several servers on one PostgreSQL: any of them is killed, put to sleep, stopped or cut off at any
//! moment, the database too, and what the people were promised is looked for in it.

#![expect(
    clippy::disallowed_methods,
    reason = "the database is looked at without the server's own code"
)]

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fastrand::Rng;
use sqlx::{Connection, PgConnection, Row};
use tokio::task::JoinSet;

use crate::Result;
use crate::client::{Client, Event};
use crate::cluster::Cluster;
use crate::database::Database;
use crate::run::{Downs, Kept, Outcome, judge, now};
use crate::world::World;

/// What a run of several servers is to be.
#[derive(Debug, Clone)]
pub struct NodesPlan {
    /// The server's program.
    pub binary: PathBuf,
    /// How many servers.
    pub nodes: usize,
    /// How often one is killed.
    pub kills: u64,
    /// How many classes go on at once.
    pub classes: usize,
    /// What the people do, and how long each server lives.
    pub seed: u64,
    /// Where the servers write their logs.
    pub folder: PathBuf,
    /// A PostgreSQL; the run makes a schema of its own there.
    pub postgres: String,
    /// Whether PostgreSQL dies and sleeps too: nobody else needs it, and it is on this machine.
    pub database_dies: bool,
}

/// Kills servers as often as the plan says. `tell` hears of every kill.
///
/// # Errors
/// When the run itself cannot go on; what the servers do wrong is in the outcome.
pub async fn run_nodes(plan: &NodesPlan, tell: impl Fn(&Outcome)) -> Result<Outcome> {
    let mut rng = Rng::with_seed(plan.seed);
    let mut cluster = Cluster::new(plan.nodes, &plan.binary, &plan.folder, &plan.postgres).await?;
    cluster.start().await?;
    let database = Database::new(&plan.postgres);
    let mut outcome = Outcome::default();
    let mut downs = Downs::default();
    let mut people = JoinSet::new();
    let world = World::new(Client::of(cluster.addresses())?, rng.fork());
    for _ in 0..plan.classes {
        world.keep_a_class(&mut people);
    }
    while outcome.kills < plan.kills && world.wrongs().is_empty() {
        pause(rng.u64(20..450)).await;
        let from = now();
        let victim = rng.usize(..plan.nodes);
        match rng.u8(..80) {
            // A machine that sleeps, and wakes.
            0 => {
                cluster.nodes[victim].sleep(Duration::from_secs(10)).await?;
                outcome.sleeps += 1;
            }
            1 | 2 => {
                cluster.nodes[victim].sleep(millis(rng.u64(500..4_500))).await?;
                outcome.sleeps += 1;
            }
            // A network that drops all packets between a server and the database, or between the servers.
            3 | 4 => {
                let link = &cluster.nodes[victim].to_database;
                link.silence(true);
                pause(rng.u64(500..9_000)).await;
                link.silence(false);
                outcome.silences += 1;
            }
            5 => {
                cluster.silence(true);
                pause(rng.u64(500..9_000)).await;
                cluster.silence(false);
                outcome.silences += 1;
            }
            6 if plan.database_dies => {
                database.sleep(millis(rng.u64(500..9_000))).await?;
                outcome.silences += 1;
            }
            7 | 8 if plan.database_dies => {
                database.crash().await?;
                outcome.database_deaths += 1;
            }
            9..=14 => outcome.stops += u64::from(cluster.nodes[victim].stop().await?),
            chance => {
                let second = (chance < 30).then(|| (victim + 1) % plan.nodes);
                for victim in [Some(victim), second].into_iter().flatten() {
                    outcome.kills += u64::from(cluster.nodes[victim].kill().await?);
                }
            }
        }
        let down = if rng.u8(..20) == 0 { rng.u64(1_000..2_500) } else { rng.u64(..25) };
        pause(down).await;
        cluster.start().await?;
        downs.add(from, now());
        outcome.answered = world.client.answered.load(Ordering::Relaxed);
        outcome.wrongs = world.wrongs();
        tell(&outcome);
    }
    world.close();
    if world.wrongs().is_empty() {
        while let Some(done) = people.join_next().await {
            done?;
        }
        for node in &mut cluster.nodes {
            if let Some(line) = node.told()?.lines().find(|line| line.contains("panicked")) {
                world.wrong(line);
            }
            node.stop().await?;
        }
        let mut connection = PgConnection::connect(&cluster.database).await?;
        for past in world.take_past() {
            let kept = kept(&mut connection, &past.group).await?;
            judge(past, kept, &world, &downs, &mut outcome);
        }
    }
    outcome.answered = world.client.answered.load(Ordering::Relaxed);
    outcome.broken = world.client.broken.load(Ordering::Relaxed);
    outcome.failed = world.client.failed.load(Ordering::Relaxed);
    outcome.followed = world.followed.load(Ordering::Relaxed);
    outcome.wrongs = world.wrongs();
    Ok(outcome)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

async fn pause(millis: u64) {
    tokio::time::sleep(self::millis(millis)).await;
}

/// What the database keeps of a class.
async fn kept(connection: &mut PgConnection, group: &str) -> Result<Kept> {
    let id = group.replace('-', "");
    let rows = sqlx::query(
        "SELECT seq, name, body FROM event WHERE group_id = decode($1, 'hex') ORDER BY seq",
    )
    .bind(&id)
    .fetch_all(&mut *connection)
    .await?;
    let read = |row: &sqlx::postgres::PgRow| -> Result<Event> {
        let seq: i64 = row.try_get(0)?;
        Ok(Event { seq: seq.cast_unsigned(), name: row.try_get(1)?, text: row.try_get(2)? })
    };
    let events = rows.iter().map(read).collect::<Result<_>>()?;
    let class = sqlx::query("SELECT seq, join_code FROM class WHERE group_id = decode($1, 'hex')")
        .bind(&id)
        .fetch_one(&mut *connection)
        .await?;
    let holders = sqlx::query_scalar(
        "SELECT encode(user_id, 'hex') FROM membership WHERE group_id = decode($1, 'hex')",
    )
    .bind(&id)
    .fetch_all(connection)
    .await?;
    let seq: i64 = class.try_get(0)?;
    Ok(Kept { events, seq: seq.cast_unsigned(), join_code: class.try_get(1)?, holders })
}
