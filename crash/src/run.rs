//! A run: the server lives for a while, dies, and is looked at when it is back.

#![expect(
    clippy::disallowed_methods,
    reason = "the file is looked at without the server's own code"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fastrand::Rng;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, Row, SqliteConnection};
use tokio::task::JoinSet;

use crate::Result;
use crate::client::{Client, Event, Member};
use crate::disk::{Disk, Reached};
use crate::log::Log;
use crate::server::Program;
use crate::world::{Past, World};

/// How many classes go on at once.
const CLASSES: usize = 4;

/// What a run is to be.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The server's program.
    pub binary: PathBuf,
    /// How often it is killed.
    pub kills: u64,
    /// What the people do, and how long the server lives.
    pub seed: u64,
    /// Where the database is.
    pub folder: PathBuf,
    /// Whether the power goes with the server, most times.
    pub power: Option<Power>,
}

/// What stands between the server and its disk.
#[derive(Debug, Clone)]
pub struct Power {
    /// The shim.
    pub shim: PathBuf,
    /// Whether the disk says that it has synced when it has not. Then something is to be found wrong.
    pub disk_lies: bool,
    /// Whether the disk fails now and then before.
    pub disk_fails: bool,
}

/// What a run has come to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How often the server was killed.
    pub kills: u64,
    /// How often of these while it was starting.
    pub while_starting: u64,
    /// How often of these the power went too.
    pub power_losses: u64,
    /// How often a machine slept for a while.
    pub sleeps: u64,
    /// How often a server was stopped in order.
    pub stops: u64,
    /// How often nothing passed between a server and the database, or between the servers, for a while.
    pub silences: u64,
    /// How often the database itself died, and started anew.
    pub database_deaths: u64,
    /// How often the disk failed for a while.
    pub faults: u64,
    /// Requests that were answered with a failure, and were sent again.
    pub failed: u64,
    /// Bytes that had been written and not been synced when it did.
    pub not_synced: usize,
    /// Requests that were answered.
    pub answered: u64,
    /// Requests that broke off and were sent again.
    pub broken: u64,
    /// Events that the client that programs use has told.
    pub followed: u64,
    /// Things that were promised.
    pub promises: usize,
    /// Classes.
    pub classes: usize,
    /// Events in their logs.
    pub events: usize,
    /// Deadlines that fired.
    pub deadlines: usize,
    /// Those of them that passed while the server was down.
    pub while_down: usize,
    /// What is wrong; nothing, when all is well.
    pub wrongs: Vec<String>,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{} kills, {} of them while the server was starting; {} power losses, with {} bytes not \
             synced",
            self.kills, self.while_starting, self.power_losses, self.not_synced
        )?;
        if self.sleeps + self.stops > 0 {
            writeln!(
                f,
                "{} times a machine slept, {} times a server was stopped in order, {} times nothing passed \
                 on a network, {} times PostgreSQL died; {} requests were told to come again",
                self.sleeps, self.stops, self.silences, self.database_deaths, self.failed
            )?;
        }
        if self.faults > 0 {
            writeln!(
                f,
                "{} times the disk failed for a while, {} requests were told and sent again",
                self.faults, self.failed
            )?;
        }
        writeln!(
            f,
            "{} requests answered, {} broke off and were sent again; {} events told by the client; {} promises",
            self.answered, self.broken, self.followed, self.promises
        )?;
        writeln!(
            f,
            "{} classes with {} events; {} deadlines, {} of which passed while the server was down",
            self.classes, self.events, self.deadlines, self.while_down
        )?;
        for wrong in &self.wrongs {
            writeln!(f, "WRONG: {wrong}")?;
        }
        write!(f, "{} wrong", self.wrongs.len())
    }
}

/// The disk under the server, whose power goes or stays when the server is killed.
struct Mains<'a> {
    power: &'a Power,
    program: Program,
    disk: Disk,
}

impl<'a> Mains<'a> {
    fn new(power: &'a Power, program: Program) -> Result<Self> {
        let journal = program.journal();
        if journal.exists() {
            std::fs::remove_file(journal)?;
        }
        let mut disk = Disk::of(&program.database)?;
        if power.disk_lies {
            disk = disk.that_lies();
        }
        Ok(Self { power, program, disk })
    }

    /// The disk fails for a while, now and then. The shim is told how.
    async fn live(&self, millis: u64, rng: &mut Rng, outcome: &mut Outcome) -> Result<()> {
        let pause = async |millis| tokio::time::sleep(Duration::from_millis(millis)).await;
        if !self.power.disk_fails || rng.u8(..4) == 0 {
            pause(millis).await;
            return Ok(());
        }
        pause(rng.u64(..millis)).await;
        let call = rng.choice(["write", "sync", "sync", "truncate", "read"]).unwrap_or("sync");
        let file = "-wal";
        let (errno, times) = (rng.choice([5, 28]).unwrap_or(5), rng.u64(1..5));
        std::fs::write(self.program.faults(), format!("{call} {file} {errno} {times}\n"))?;
        outcome.faults += 1;
        // It is killed while the disk fails still, or after.
        pause(if rng.bool() { millis } else { 2_500 }).await;
        Ok(())
    }

    /// The power goes, most times; otherwise what was not synced waits to be synced still.
    fn fail(self, rng: &mut Rng, outcome: &mut Outcome) -> Result<Self> {
        std::fs::write(self.program.faults(), "")?;
        let reached = match rng.u8(..8) {
            0 | 1 => return Ok(self),
            2 | 3 => Reached::Nothing,
            _ => Reached::Some,
        };
        // There is none yet when it was killed before it came to its files.
        let journal = self.program.journal();
        let journal = if journal.exists() { std::fs::read(journal)? } else { Vec::new() };
        outcome.not_synced += self.disk.cut(&journal, reached, rng)?;
        outcome.power_losses += 1;
        Self::new(self.power, self.program)
    }
}

/// When the server was down, in its own words.
#[derive(Default)]
pub(crate) struct Downs(Vec<(String, String)>);

impl Downs {
    pub fn add(&mut self, from: String, to: String) {
        self.0.push((from, to));
    }

    fn cover(&self, deadline: &str, fired: &str) -> bool {
        self.0.iter().any(|(from, to)| &**from < deadline && deadline < &**to && &**to <= fired)
    }
}

/// The moment it is, as the contract writes it.
pub(crate) fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

/// Kills the server as often as the plan says. `tell` hears of every kill.
///
/// # Errors
/// When the run itself cannot go on; what the server does wrong is in the outcome.
pub async fn run(plan: &Plan, tell: impl Fn(&Outcome)) -> Result<Outcome> {
    let mut rng = Rng::with_seed(plan.seed);
    let mut program = Program::new(&plan.binary, &plan.folder)?;
    if let Some(power) = &plan.power {
        program = program.with_shim(&power.shim)?;
    }
    let mut mains = plan.power.as_ref().map(|it| Mains::new(it, program.clone())).transpose()?;
    let mut outcome = Outcome::default();
    let mut downs = Downs::default();
    let mut people = JoinSet::new();
    let mut running = program.start().await?;
    let world = World::new(Client::new(program.address)?, rng.fork());
    for _ in 0..CLASSES {
        world.keep_a_class(&mut people);
    }
    while outcome.kills < plan.kills && world.wrongs().is_empty() {
        world.audit_all().await;
        let millis = rng.u64(20..450);
        match &mains {
            Some(mains) => mains.live(millis, &mut rng, &mut outcome).await?,
            None => tokio::time::sleep(Duration::from_millis(millis)).await,
        }
        let from = now();
        running.kill().await?;
        outcome.kills += 1;
        mains = mains.map(|it| it.fail(&mut rng, &mut outcome)).transpose()?;
        let down = if rng.u8(..20) == 0 { rng.u64(1_000..2_500) } else { rng.u64(..25) };
        tokio::time::sleep(Duration::from_millis(down)).await;
        if rng.u8(..8) == 0 && outcome.kills < plan.kills {
            let starting = program.spawn()?;
            tokio::time::sleep(Duration::from_millis(rng.u64(..60))).await;
            starting.kill().await?;
            outcome.kills += 1;
            outcome.while_starting += 1;
            mains = mains.map(|it| it.fail(&mut rng, &mut outcome)).transpose()?;
        }
        running = program.start().await?;
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
        let told = running.told()?;
        running.stop().await?;
        if let Some(line) = told.lines().find(|line| line.contains("panicked")) {
            world.wrong(line);
        }
        verify(&program.database, world.take_past(), &world, &downs, &mut outcome).await?;
    }
    outcome.answered = world.client.answered.load(Ordering::Relaxed);
    outcome.broken = world.client.broken.load(Ordering::Relaxed);
    outcome.failed = world.client.failed.load(Ordering::Relaxed);
    outcome.followed = world.followed.load(Ordering::Relaxed);
    if outcome.failed > 0 && outcome.faults == 0 {
        world.wrong(format!("the server has answered {} times that it failed", outcome.failed));
    }
    outcome.wrongs = world.wrongs();
    Ok(outcome)
}

/// Reads the file itself: what every reader has seen is what it holds, and nothing else.
async fn verify(
    database: &Path,
    past: Vec<Past>,
    world: &Arc<World>,
    downs: &Downs,
    outcome: &mut Outcome,
) -> Result<()> {
    let options = SqliteConnectOptions::new().filename(database).read_only(true);
    let mut file = SqliteConnection::connect_with(&options).await?;
    let check: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut file).await?;
    if check != "ok" {
        world.wrong(check);
    }
    for row in sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut file).await? {
        world.wrong(format!("{} refers to nothing", row.try_get::<String, _>(0)?));
    }
    for past in past {
        let id = past.group.replace('-', "");
        let rows = sqlx::query(
            "SELECT seq, name, body FROM event WHERE hex(group_id) = upper(?) ORDER BY seq",
        )
        .bind(&id)
        .fetch_all(&mut file)
        .await?;
        let mut events = Vec::with_capacity(rows.len());
        for row in rows {
            let seq: i64 = row.try_get(0)?;
            let (name, text) = (row.try_get(1)?, row.try_get(2)?);
            events.push(Event { seq: seq.cast_unsigned(), name, text });
        }
        let class = sqlx::query("SELECT seq, join_code FROM class WHERE hex(group_id) = upper(?)")
            .bind(&id)
            .fetch_one(&mut file)
            .await?;
        let seq: i64 = class.try_get(0)?;
        let holders: Vec<String> = sqlx::query_scalar(
            "SELECT lower(hex(user_id)) FROM membership WHERE hex(group_id) = upper(?)",
        )
        .bind(&id)
        .fetch_all(&mut file)
        .await?;
        let join_code = class.try_get(1)?;
        let kept = Kept { events, seq: seq.cast_unsigned(), join_code, holders };
        judge(past, kept, world, downs, outcome);
    }
    Ok(())
}

/// What is kept of a class.
pub(crate) struct Kept {
    pub events: Vec<Event>,
    /// The number at which the class stands.
    pub seq: u64,
    pub join_code: String,
    /// Who can come in, by their ids without dashes.
    pub holders: Vec<String>,
}

/// Compares what is kept of a class with what was seen of it and promised.
pub(crate) fn judge(
    Past { group, seen, promises, join_code, gone }: Past,
    kept: Kept,
    world: &World,
    downs: &Downs,
    outcome: &mut Outcome,
) {
    let Kept { events, seq, join_code: kept_code, holders } = kept;
    let mut log = Log::default();
    events.iter().for_each(|event| log.read(event));
    let is_end = |event: &Event| event.name == "onGroupEnded";
    let rest = events.get(seen.len()..).unwrap_or_default();
    let is_whole = rest.is_empty() || rest.last().is_some_and(is_end);
    if !events.starts_with(&seen) || !is_whole {
        let both = events.iter().zip(&seen);
        let same = both.take_while(|(one, other)| one == other).count();
        world.wrong(format!("{group}: what was seen and what is kept differ after {same}"));
    }
    if kept_code != join_code {
        world.wrong(format!("{group}: the code is {kept_code} and was answered as {join_code}"));
    }
    for Member { user, .. } in gone {
        if holders.contains(&user.replace('-', "")) {
            world.wrong(format!("{group}: {user} is gone and has a credential"));
        }
    }
    if seq != log.seq {
        world.wrong(format!("{group}: the class is at {seq}, its log at {}", log.seq));
    }
    let broken = log.broken(&promises);
    let while_down = log.timeouts.iter().filter(|(at, fired)| downs.cover(at, fired));
    outcome.while_down += while_down.count();
    outcome.deadlines += log.timeouts.len();
    outcome.classes += 1;
    outcome.events += events.len();
    outcome.promises += promises.len();
    let wrongs = log.wrongs.into_iter().chain(broken);
    wrongs.for_each(|wrong| world.wrong(format!("{group}: {wrong}")));
}
