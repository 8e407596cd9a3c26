//! Beyond one machine, in one run: a storm on a file, on PostgreSQL, and on three servers that are asked by
//! turns; many classes at once; what a forwarded stream costs; how long a class is away when its home goes.
//!
//! `cargo xtask bench cluster` runs it, with a PostgreSQL of its own. Rounds are interleaved. What is told are
//! medians with the least and the most, and ratios of medians.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures what time passes")]

#[expect(dead_code, reason = "of the classes of the peers this takes Handup's alone")]
#[path = "../peers/class.rs"]
mod class;
#[expect(dead_code, reason = "not everything is asked")]
#[path = "../peers/client.rs"]
mod client;
#[path = "../peers/marks.rs"]
mod marks;
#[expect(dead_code, reason = "not everything is asked")]
#[path = "../peers/process.rs"]
mod process;

use std::collections::BTreeMap;
use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::class::{Class, Peer, begin, join};
use crate::client::{Client, mark};
use crate::process::Server;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const STUDENTS: usize = 500;
const STORMS: usize = 3;
const CLASSES: usize = 30;
const CLASS_SIZE: usize = 30;
const STREAMS: usize = 2_000;

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Setting {
    /// One server on a file.
    File,
    /// One server on PostgreSQL.
    Postgres,
    /// Three, of which the class's home is asked.
    AtHome,
    /// Three, asked by turns: two of three requests are forwarded.
    ByTurns,
}

impl Setting {
    const ALL: [Self; 4] = [Self::File, Self::Postgres, Self::AtHome, Self::ByTurns];

    const fn name(self) -> &'static str {
        match self {
            Self::File => "one server, a file",
            Self::Postgres => "one server, PostgreSQL",
            Self::AtHome => "three servers, asked at home",
            Self::ByTurns => "three servers, asked by turns",
        }
    }
}

struct Places {
    handup: PathBuf,
    postgres: String,
    scratch: PathBuf,
}

/// Servers under measurement, and the folder that they work in.
struct Servers {
    nodes: Vec<Server>,
    _folder: tempfile::TempDir,
}

impl Places {
    /// A schema of its own, as an address.
    fn schema(&self) -> Result<String> {
        let name = format!("bench_{:016x}", fastrand::u64(..));
        let mark = if self.postgres.contains('?') { '&' } else { '?' };
        let made = async {
            let mut connection = PgConnection::connect(&self.postgres).await?;
            let make = format!("CREATE SCHEMA {name}");
            sqlx::query(AssertSqlSafe(make)).execute(&mut connection).await
        };
        runtime()?.block_on(made)?;
        Ok(format!("{}{mark}options[search_path]={name}", self.postgres))
    }

    fn start(&self, setting: Setting) -> Result<Servers> {
        let folder = tempfile::tempdir_in(&self.scratch)?;
        let database = match setting {
            Setting::File => folder.path().join("log.sqlite3").display().to_string(),
            Setting::Postgres | Setting::AtHome | Setting::ByTurns => self.schema()?,
        };
        let count = if matches!(setting, Setting::File | Setting::Postgres) { 1 } else { 3 };
        let nodes = (0..count).map(|_| self.node(&database, count > 1, folder.path()));
        Ok(Servers { nodes: nodes.collect::<Result<_>>()?, _folder: folder })
    }

    fn node(&self, database: &str, is_one_of_several: bool, folder: &Path) -> Result<Server> {
        let port = process::free_port()?;
        let mut command = Command::new(&self.handup);
        command.arg("--listen").arg(format!("127.0.0.1:{port}"));
        command.args(["--header-timeout", "600", "--trusted-proxy", "127.0.0.1"]);
        command.env("HANDUP_DATABASE", database).env("NO_COLOR", "1").env("RUST_LOG", "warn");
        if is_one_of_several {
            command.env("HANDUP_NODE_ADDRESS", format!("http://127.0.0.1:{port}"));
            command.env("HANDUP_NODE_SECRET", "what all nodes of a bench know");
        }
        process::start(command, port, folder, None)
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

#[derive(Default)]
struct Report(BTreeMap<(&'static str, &'static str), Vec<f64>>);

impl Report {
    fn add(&mut self, what: &'static str, setting: &'static str, value: f64) {
        self.0.entry((what, setting)).or_default().push(value);
    }

    fn median(&self, what: &'static str, setting: &'static str) -> Option<f64> {
        let mut values = self.0.get(&(what, setting))?.clone();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    }

    fn tell(&self) {
        for ((what, setting), values) in &self.0 {
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let most = values.iter().copied().fold(0.0, f64::max);
            let median = self.median(what, setting).unwrap_or_default();
            println!("{what} | {setting} | {median:.1} ({least:.1} to {most:.1})");
        }
        let ratios = [
            (STORM, Setting::Postgres, Setting::File, "at most 3"),
            (STORM, Setting::AtHome, Setting::File, "at most 3"),
            (STORM, Setting::ByTurns, Setting::AtHome, "at most 2"),
            (CLASSES_AT_ONCE, Setting::Postgres, Setting::AtHome, "more than 1"),
        ];
        for (what, one, other, must) in ratios {
            let medians = self.median(what, one.name()).zip(self.median(what, other.name()));
            if let Some((one_is, other_is)) = medians {
                let (one, other) = (one.name(), other.name());
                println!("{what}: {one} to {other}: {:.2} (must be {must})", one_is / other_is);
            }
        }
    }
}

const STORM: &str = "storm of 500: the last page has the last hand, ms";
const ANSWERED: &str = "storm of 500: answered, p99, ms";
const CLASSES_AT_ONCE: &str = "30 classes of 30 at once: everybody is answered, ms";
const FORWARDED: &str = "memory of a forwarded stream, KiB";
const STOPPED: &str = "a class is away while its home stops, ms";
const KILLED: &str = "a class is away after its home was killed, ms";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rounds = arguments.iter().position(|it| it == "--rounds");
    let rounds = rounds.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(5);
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let places = Places {
        handup: variable("HANDUP_BIN")?.into(),
        postgres: variable("HANDUP_TEST_POSTGRES")?,
        scratch: root.join("target/bench/cluster"),
    };
    std::fs::create_dir_all(&places.scratch)?;
    let mut report = Report::default();
    for round in 0..rounds {
        for place in 0..Setting::ALL.len() {
            let setting = Setting::ALL[(place + round) % Setting::ALL.len()];
            storm(setting, &places, &mut report)?;
        }
        for setting in [Setting::Postgres, Setting::AtHome] {
            classes(setting, &places, &mut report)?;
        }
        forwarded(&places, &mut report)?;
        for (signal, what) in [("-TERM", STOPPED), ("-KILL", KILLED)] {
            away(signal, what, &places, &mut report)?;
        }
        eprintln!("round {} of {rounds}", round + 1);
    }
    report.tell();
    Ok(())
}

fn storm(setting: Setting, places: &Places, report: &mut Report) -> Result<()> {
    let servers = places.start(setting)?;
    let home = servers.nodes[0].address;
    let addresses: Vec<SocketAddr> = match setting {
        Setting::File | Setting::Postgres | Setting::AtHome => vec![home],
        Setting::ByTurns => servers.nodes.iter().map(|node| node.address).collect(),
    };
    let mut client = Client::of(addresses)?;
    let mut class = Class::open(Peer::Handup, &mut client, STUDENTS)?;
    class.open_pages(&mut client, 0..STUDENTS)?;
    client.quiet()?;
    for number in 0..STORMS {
        let storm = class.storm(&mut client, &servers.nodes[0], number)?;
        report.add(STORM, setting.name(), millis(storm.last_page));
        report.add(ANSWERED, setting.name(), storm.answered(0.99));
    }
    Ok(())
}

/// Many classes raise their hands at once, each at its home.
fn classes(setting: Setting, places: &Places, report: &mut Report) -> Result<()> {
    let servers = places.start(setting)?;
    let addresses: Vec<SocketAddr> = servers.nodes.iter().map(|node| node.address).collect();
    // One client sends everything; each class has its connections at its home.
    let mut client = Client::of(vec![addresses[0]])?;
    let mut classes = Vec::new();
    for number in 0..CLASSES {
        client.go_to(vec![addresses[number % addresses.len()]]);
        let lines = client.lines(CLASS_SIZE + 1)?;
        let (teacher_line, lines) = lines.split_first().ok_or("no line")?;
        let teacher = begin(&mut client, *teacher_line)?;
        let (students, _) = join(&mut client, &teacher, lines)?;
        classes.push((teacher, *teacher_line, students, lines.to_vec()));
    }
    for number in 0..STORMS {
        let mut hands = Vec::new();
        for (teacher, line, students, lines) in &classes {
            let everybody = json!({ "inviteeList": "*", "data": "", "timeout": 0 });
            let body = teacher.request("POST", "/inviteInGroup", Some(&everybody));
            let answer: serde_json::Value = serde_json::from_slice(&client.ask(*line, &body)?)?;
            let id = answer["inviteID"].as_str().ok_or("no invitation")?.to_owned();
            for (student, line) in students.iter().zip(lines) {
                let rest = format!("/invitations/{id}/accept");
                let data = json!({ "data": mark(b'h', number) });
                hands.push((*line, student.request("POST", &rest, Some(&data))));
            }
        }
        client.start();
        let began = Instant::now();
        for (line, hand) in &hands {
            client.send(*line, hand)?;
        }
        let everybody = hands.len();
        client.wait("everybody is answered", |board| board.answers.len() == everybody)?;
        report.add(CLASSES_AT_ONCE, setting.name(), millis(began.elapsed()));
    }
    Ok(())
}

/// What the streams of a class cost a server that is not its home.
fn forwarded(places: &Places, report: &mut Report) -> Result<()> {
    let servers = places.start(Setting::ByTurns)?;
    let (home, other) = (&servers.nodes[0], &servers.nodes[1]);
    let mut client = Client::of(vec![home.address])?;
    let mut class = Class::open_over(Peer::Handup, &mut client, STREAMS, 50)?;
    class.open_pages(&mut client, 0..1)?;
    client.go_to(vec![other.address]);
    class.open_pages(&mut client, 1..200)?;
    client.quiet()?;
    let before = other.memory();
    class.open_pages(&mut client, 200..STREAMS)?;
    client.quiet()?;
    let streams = (STREAMS - 200) as f64;
    let kib = (other.memory() as f64 - before as f64) / streams / 1_024.0;
    report.add(FORWARDED, "the server that is not the home", kib);
    Ok(())
}

/// How long nobody can do anything in a class whose home goes.
fn away(signal: &str, what: &'static str, places: &Places, report: &mut Report) -> Result<()> {
    let mut servers = places.start(Setting::ByTurns)?;
    let home = servers.nodes.remove(0);
    let mut client = Client::of(vec![home.address])?;
    let mut class = Class::open(Peer::Handup, &mut client, CLASS_SIZE)?;
    class.open_pages(&mut client, 0..CLASS_SIZE)?;
    let student = class.students().first().ok_or("no student")?;
    let url = format!("http://{}{}", servers.nodes[0].address, student.path(""));
    let token = student.token.clone();
    Command::new("kill").args([signal, &home.process().to_string()]).status()?;
    let began = Instant::now();
    let is_back = async {
        let http = reqwest::Client::builder().no_proxy().build()?;
        loop {
            let answer = http.get(&url).bearer_auth(&token).send().await?;
            if answer.status().is_success() {
                return Ok::<_, Box<dyn Error + Send + Sync>>(began.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let took = runtime()?.block_on(is_back)?;
    report.add(what, "by another server", millis(took));
    Ok(())
}
