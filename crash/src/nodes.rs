//! A run of several servers on one PostgreSQL: any of them is killed, put to sleep or stopped at any moment,
//! and what the people were promised is looked for in the database.

#![expect(
    clippy::disallowed_methods,
    reason = "the database is looked at without the server's own code"
)]

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fastrand::Rng;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use tokio::process::Command;
use tokio::task::JoinSet;

use crate::Result;
use crate::client::{Client, Event};
use crate::run::{Downs, Kept, Outcome, judge, now};
use crate::server::{Program, Running};
use crate::world::World;

/// What the nodes know.
const SECRET: &str = "what all nodes of a run know";

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
}

/// Kills servers as often as the plan says. `tell` hears of every kill.
///
/// # Errors
/// When the run itself cannot go on; what the servers do wrong is in the outcome.
pub async fn run_nodes(plan: &NodesPlan, tell: impl Fn(&Outcome)) -> Result<Outcome> {
    let mut rng = Rng::with_seed(plan.seed);
    let database = schema(plan).await?;
    let mut programs = Vec::new();
    for number in 0..plan.nodes {
        programs.push(node(plan, number, &database)?);
    }
    let mut running = Vec::new();
    for program in &mut programs {
        running.push(Some(program.start().await?));
    }
    let mut outcome = Outcome::default();
    let mut downs = Downs::default();
    let mut people = JoinSet::new();
    let addresses = programs.iter().map(|program| program.address).collect();
    let world = World::new(Client::of(addresses)?, rng.fork());
    for _ in 0..plan.classes {
        world.keep_a_class(&mut people);
    }
    while outcome.kills < plan.kills && world.wrongs().is_empty() {
        pause(rng.u64(20..450)).await;
        let from = now();
        let victim = rng.usize(..plan.nodes);
        match rng.u8(..40) {
            // A machine that sleeps, and wakes.
            0 => sleeps(running[victim].as_ref(), 10_000, &mut outcome).await?,
            1 => sleeps(running[victim].as_ref(), rng.u64(500..4_500), &mut outcome).await?,
            2..=4 => {
                if let Some(node) = running[victim].take() {
                    node.stop().await?;
                    outcome.stops += 1;
                }
            }
            chance => {
                let second = (chance < 12).then(|| (victim + 1) % plan.nodes);
                for victim in [Some(victim), second].into_iter().flatten() {
                    if let Some(node) = running[victim].take() {
                        node.kill().await?;
                        outcome.kills += 1;
                    }
                }
            }
        }
        let down = if rng.u8(..20) == 0 { rng.u64(1_000..2_500) } else { rng.u64(..25) };
        pause(down).await;
        for (program, running) in programs.iter_mut().zip(&mut running) {
            if running.is_none() {
                *running = Some(program.start().await?);
            }
        }
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
        for node in running.into_iter().flatten() {
            if let Some(line) = node.told()?.lines().find(|line| line.contains("panicked")) {
                world.wrong(line);
            }
            node.stop().await?;
        }
        let mut connection = PgConnection::connect(&database).await?;
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

/// Makes a schema for the run, and tells its address.
async fn schema(plan: &NodesPlan) -> Result<String> {
    let name = format!("crash_{:016x}", plan.seed ^ u64::from(std::process::id()));
    let mut connection = PgConnection::connect(&plan.postgres).await?;
    let make = format!("CREATE SCHEMA {name}");
    sqlx::query(AssertSqlSafe(make)).execute(&mut connection).await?;
    let mark = if plan.postgres.contains('?') { '&' } else { '?' };
    Ok(format!("{}{mark}options[search_path]={name}", plan.postgres))
}

fn node(plan: &NodesPlan, number: usize, database: &str) -> Result<Program> {
    let mut program = Program::new(&plan.binary, &plan.folder)?;
    // The address has to be known before it is taken.
    program.address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    program.log = plan.folder.join(format!("node-{number}.log"));
    program.environment.extend(
        [
            ("HANDUP_DATABASE", database.to_owned()),
            ("HANDUP_NODE_ADDRESS", format!("http://{}", program.address)),
            ("HANDUP_NODE_SECRET", SECRET.to_owned()),
            ("HANDUP_TRUSTED_PROXIES", "127.0.0.1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    Ok(program)
}

async fn sleeps(node: Option<&Running>, millis: u64, outcome: &mut Outcome) -> Result<()> {
    let Some(id) = node.and_then(Running::id) else { return Ok(()) };
    for (signal, millis) in [("-STOP", millis), ("-CONT", 0)] {
        if !Command::new("kill").arg(signal).arg(id.to_string()).status().await?.success() {
            return Err("a server cannot be put to sleep".into());
        }
        pause(millis).await;
    }
    outcome.sleeps += 1;
    Ok(())
}

async fn pause(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
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
