//! Handup beside its peers in one run: a class that raises its hands at once, what streams cost,
//! how soon everybody is back after a kill.
//!
//! `cargo xtask bench` runs it. Rounds are interleaved and begin with another peer each time; every
//! round starts every server anew on an empty file. What is told are medians with the least and
//! the most, and ratios of medians.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures what time passes")]

mod attack;
mod class;
mod client;
mod floor;
mod marks;
mod process;
mod report;

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::attack::Attack;
use crate::class::{Class, Credential, Peer, Places, begin, join, snapshot_seq};
use crate::client::{Client, HAND, Line, mark};
use crate::report::{Measure, Report, When};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How often an invitation is sent in a round.
const INVITATIONS: usize = 5;
/// How often a class raises its hands in a round.
const STORMS: usize = 3;
/// How long idle streams are watched: longer than the time between two heartbeats.
const IDLE: Duration = Duration::from_secs(20);
const FEW_STREAMS: usize = 500;
const MANY_STREAMS: usize = 5_000;
const CLASSES: usize = 250;
const CLASS_SIZE: usize = 40;
/// Hands that go up, and as many that come down, in a second.
const HANDS_PER_SECOND: usize = 500;
const STEADY: Duration = Duration::from_secs(15);
const ATTACKED_CLASSES: usize = 25;
const ATTACKED_HANDS: usize = 100;
const ATTACKED_FOR: Duration = Duration::from_secs(10);
/// How many come into the attackers' own class.
const CROWD: usize = 2_000;

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, port] = arguments.as_slice()
        && flag == "--floor"
    {
        return floor::serve(port.parse()?);
    }
    let number = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1)?.parse::<usize>().ok()
    };
    let rounds = number("--rounds").unwrap_or(5);
    let only = arguments.iter().position(|argument| argument == "--only");
    let only = only.and_then(|place| arguments.get(place + 1)).map(String::as_str);
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let places = Places {
        handup: std::env::var_os("HANDUP_BIN").ok_or("HANDUP_BIN is not set")?.into(),
        peers: root.join("benches/peers"),
        scratch: root.join("target/bench/peers"),
    };
    std::fs::create_dir_all(&places.scratch)?;
    let mut report = Report::default();
    let file = root.join("target/bench/peers.json");
    let parts = parts(only);
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg}")?;
    let bar = ProgressBar::new((rounds * parts.len()) as u64).with_style(style);
    for round in 0..rounds {
        report.add(Measure::Sync, Peer::Floor, one_sync(&places)?);
        for place in 0..parts.len() {
            let part = parts[(place + round * 3) % parts.len()];
            bar.set_message(format!("{part:?}"));
            process::warm_memory();
            if let Err(error) = run(part, &places, &mut report) {
                bar.finish_and_clear();
                report.tell(&file)?;
                return Err(format!("{part:?}: {error}").into());
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    report.tell(&file)
}

/// What is measured in one go.
#[derive(Debug, Clone, Copy)]
enum Part {
    Storm(Peer, usize),
    Streams(Peer),
    Restart,
    School,
    Attack,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Storm(..) => "storm",
            Self::Streams(_) => "streams",
            Self::Restart => "restart",
            Self::School => "school",
            Self::Attack => "attack",
        }
    }
}

fn parts(only: Option<&str>) -> Vec<Part> {
    let mut parts = Vec::new();
    for students in [30, 500] {
        parts.extend(Peer::ALL.map(|peer| Part::Storm(peer, students)));
    }
    for students in [2_000, 5_000] {
        let peers = [Peer::Handup, Peer::HandupEach, Peer::Floor];
        parts.extend(peers.map(|peer| Part::Storm(peer, students)));
    }
    parts.extend([Peer::Handup, Peer::Nchan].map(Part::Streams));
    parts.extend([Part::Restart, Part::School, Part::Attack]);
    let is_wanted = |part: &Part| {
        let words = format!("{} {part:?}", part.name()).to_lowercase();
        only.is_none_or(|only| only.split(' ').all(|wanted| words.contains(wanted)))
    };
    parts.retain(is_wanted);
    parts
}

fn run(part: Part, places: &Places, report: &mut Report) -> Result<()> {
    match part {
        Part::Storm(peer, students) => storm(peer, students, places, report),
        Part::Streams(peer) => streams(peer, places, report),
        Part::Restart => restart(places, report),
        Part::School => school(places, report),
        Part::Attack => attacked(places, report),
    }
}

/// What the disk takes for one small write that has to last.
fn one_sync(places: &Places) -> Result<f64> {
    let mut file = tempfile::tempfile_in(&places.scratch)?;
    let mut times = Vec::new();
    for _ in 0..31 {
        file.write_all(&[7; 4_096])?;
        let began = Instant::now();
        file.sync_data()?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Ok(millis(times[times.len() / 2]))
}

fn storm(peer: Peer, students: usize, places: &Places, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir_in(&places.scratch)?;
    let server = peer.start(places, folder.path())?;
    let mut client = Client::new(server.address)?;
    let mut class = Class::open(peer, &mut client, students)?;
    class.open_pages(&mut client, 0..students)?;
    client.quiet()?;
    if students == 500 {
        for _ in 0..INVITATIONS {
            let (took, _) = class.invite(&mut client)?;
            report.add(Measure::Invitation, peer, millis(took));
        }
        if let Some(took) = class.joined_in {
            report.add(Measure::Join, peer, millis(took));
        }
    }
    // A profiler sees more of many storms.
    let repeated = std::env::var("STORMS").ok().and_then(|storms| storms.parse().ok());
    for number in 0..repeated.unwrap_or(STORMS) {
        let storm = class.storm(&mut client, &server, number)?;
        report.add(Measure::Storm(students), peer, millis(storm.last_page));
        if storm.is_client_bound() {
            report.is_client_bound(Measure::Storm(students), peer);
        }
        report.add(Measure::Answered(students), peer, storm.answered(0.99));
        let millions = storm.deliveries as f64 / 1e6;
        report.add(Measure::Cpu(students), peer, storm.server_cpu.as_secs_f64() / millions);
        report.add(Measure::Bytes(students), peer, storm.bytes as f64 / storm.deliveries as f64);
        if peer.is_handup() {
            report.add(Measure::Commits(students), peer, storm.commits as f64);
        }
    }
    Ok(())
}

/// What open streams of one class cost, in memory and while nothing happens.
fn streams(peer: Peer, places: &Places, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir_in(&places.scratch)?;
    let server = peer.start(places, folder.path())?;
    let mut client = Client::new(server.address)?;
    let mut class = Class::open_over(peer, &mut client, MANY_STREAMS, CLASS_SIZE)?;
    let mut memory = Vec::new();
    client.close(class.lines());
    for which in [0..FEW_STREAMS, FEW_STREAMS..MANY_STREAMS] {
        class.open_pages(&mut client, which)?;
        client.quiet()?;
        class.invite(&mut client)?;
        memory.push(server.memory() as f64);
    }
    let slope = (memory[1] - memory[0]) / (MANY_STREAMS - FEW_STREAMS) as f64;
    report.add(Measure::Memory, peer, slope / 1_024.0);
    let (before, began) = (server.used(), Instant::now());
    while began.elapsed() < IDLE {
        client.turn(Duration::from_millis(500))?;
    }
    let cpu = server.used().cpu.saturating_sub(before.cpu).as_secs_f64() * 1e6;
    let per_stream = cpu / began.elapsed().as_secs_f64() / MANY_STREAMS as f64;
    report.add(Measure::Idle, peer, per_stream);
    if peer == Peer::Handup {
        report.add(Measure::Stop, peer, millis(server.stop()?));
    }
    Ok(())
}

/// A server that is killed: everybody comes back by what they saw last, and gets what they missed.
fn restart(places: &Places, report: &mut Report) -> Result<()> {
    let peer = Peer::Handup;
    let students = 500;
    let folder = tempfile::tempdir_in(&places.scratch)?;
    let server = peer.start(places, folder.path())?;
    let mut client = Client::new(server.address)?;
    let mut class = Class::open(peer, &mut client, students)?;
    class.open_pages(&mut client, 0..students)?;
    let (_, invitation) = class.invite(&mut client)?;
    client.close(&class.pages.clone());
    let seen = snapshot_seq(&mut client, class.lines()[0], &class.students()[0])?;
    let hand = json!({ "data": mark(HAND, 0) });
    let rest = format!("/invitations/{invitation}/accept");
    client.ask(class.lines()[0], &class.students()[0].request("POST", &rest, Some(&hand)))?;
    let port = server.address.port();
    drop(server);
    let server = peer.start_on(port, places, folder.path())?;
    let mut client = Client::new(server.address)?;
    let requests: Vec<Vec<u8>> =
        class.students().iter().map(|student| student.page(seen)).collect();
    let before = server.used();
    let began = Instant::now();
    client.pages(&requests)?;
    client.wait("everybody has what they missed", |board| board.hands == students as u64)?;
    report.add(Measure::Restart, peer, millis(began.elapsed()));
    report.add(Measure::Reads, peer, (server.used().reads - before.reads) as f64);
    report.add(Measure::Start, peer, millis(server.started_in));
    Ok(())
}

/// Classes whose pages are open.
struct School {
    teachers: Vec<Credential>,
    /// The students of each class.
    classes: Vec<Vec<Credential>>,
    /// On which each class sends.
    lines: Vec<Line>,
}

fn open_school(client: &mut Client, classes: usize) -> Result<School> {
    let (mut teachers, mut students) = (Vec::new(), Vec::new());
    let mut lines = client.lines(CLASS_SIZE)?;
    let mut requests = Vec::new();
    for _ in 0..classes {
        client.reopen(&mut lines)?;
        let teacher = begin(client, lines[0])?;
        let (joined, _) = join(client, &teacher, &lines)?;
        let seen = snapshot_seq(client, lines[0], &joined[0])?;
        requests.extend(joined.iter().map(|student| student.page(seen)));
        teachers.push(teacher);
        students.push(joined);
    }
    client.start();
    client.pages(&requests)?;
    let lines = client.lines(classes)?;
    client.start();
    Ok(School { teachers, classes: students, lines })
}

/// A school day: ten thousand students in their classes, raising hands and lowering them.
fn school(places: &Places, report: &mut Report) -> Result<()> {
    let peer = Peer::Handup;
    let folder = tempfile::tempdir_in(&places.scratch)?;
    let server = peer.start(places, folder.path())?;
    let mut client = Client::new(server.address)?;
    let school = open_school(&mut client, CLASSES)?;
    let cpu = server.used().cpu;
    let times = steady(&mut client, &school, HANDS_PER_SECOND, STEADY)?;
    let cpu = server.used().cpu.saturating_sub(cpu).as_secs_f64();
    report.add(Measure::SchoolCpu, peer, cpu / STEADY.as_secs_f64() * 100.0);
    report.add(Measure::School(50), peer, part_of(&times, 0.5));
    report.add(Measure::School(99), peer, part_of(&times, 0.99));
    Ok(())
}

/// The time that this part of all is not above, in milliseconds.
fn part_of(sorted_micros: &[u32], part: f64) -> f64 {
    f64::from(sorted_micros[(sorted_micros.len() as f64 * part) as usize]) / 1e3
}

/// The same with fewer classes, before an attack, during it, and after it.
fn attacked(places: &Places, report: &mut Report) -> Result<()> {
    let peer = Peer::Handup;
    let folder = tempfile::tempdir_in(&places.scratch)?;
    let server = peer.start(places, folder.path())?;
    let mut client = Client::new(server.address)?;
    let school = open_school(&mut client, ATTACKED_CLASSES)?;
    let teacher = &school.teachers[0];
    // One who has joined and raises no hand.
    let insider = join(&mut client, teacher, &school.lines[..1])?.0.remove(0);
    let crowd = begin(&mut client, school.lines[0])?;
    for _ in 0..CROWD / ATTACKED_CLASSES {
        join(&mut client, &crowd, &school.lines)?;
    }
    let watch = |when: When, client: &mut Client, report: &mut Report| -> Result<()> {
        let times = steady(client, &school, ATTACKED_HANDS, ATTACKED_FOR)?;
        report.add(Measure::Attacked(when, 50), peer, part_of(&times, 0.5));
        report.add(Measure::Attacked(when, 99), peer, part_of(&times, 0.99));
        report.add(Measure::AttackedMemory(when), peer, server.memory() as f64 / 1_048_576.0);
        Ok(())
    };
    watch(When::Before, &mut client, report)?;
    let attack = Attack::begin(server.address, teacher, &insider, &crowd);
    let told = Arc::clone(&attack.told);
    let watched = watch(When::During, &mut client, report);
    attack.end();
    watched?;
    watch(When::After, &mut client, report)?;
    for (what, count) in [
        (Measure::AttackAccepted, &told.accepted),
        (Measure::AttackRefused, &told.refused),
        (Measure::AttackCutOff, &told.cut_off),
    ] {
        report.add(what, peer, count.load(Ordering::Relaxed) as f64);
    }
    Ok(())
}

/// Hands up and down at a steady pace; each class sends on one line, one thing at a time.
fn steady(
    client: &mut Client,
    school: &School,
    hands_per_second: usize,
    time: Duration,
) -> Result<Vec<u32>> {
    let School { classes, lines, .. } = school;
    let pause = Duration::from_secs(1) / (2 * hands_per_second as u32);
    // What each class has up has to be down at the end.
    let turns = classes.len() * 2;
    let deeds = (time.as_secs_f64() / pause.as_secs_f64()) as usize / turns * turns;
    let first = client.board.sent_at.len();
    let began = Instant::now();
    // What each class has up, by its student; the next deed of a class takes it down.
    let mut up: Vec<Option<usize>> = vec![None; classes.len()];
    let mut turn = vec![0; classes.len()];
    let mut deed = 0;
    while deed < deeds {
        let due = began + pause * deed as u32;
        let now = Instant::now();
        if now < due {
            client.turn(due - now)?;
            continue;
        }
        let class = deed % classes.len();
        // Who waits for an answer is late with what comes next, and that counts.
        let is_late = !client.is_answered(lines[class]);
        client.wait_for_answer(lines[class])?;
        let data = mark(HAND, first + deed);
        let bytes = match up[class].take() {
            None => {
                let student = turn[class] % CLASS_SIZE;
                turn[class] += 1;
                up[class] = Some(student);
                let body = json!({ "inviteeList": "*", "data": data, "timeout": 0 });
                classes[class][student].request("POST", "/inviteInGroup", Some(&body))
            }
            Some(student) => {
                let body: Value = serde_json::from_slice(client.body(lines[class]))?;
                let id = body["inviteID"].as_str().ok_or("a hand was refused")?;
                let rest = format!("/invitations/{id}/cancel");
                classes[class][student].request("POST", &rest, Some(&json!({ "data": data })))
            }
        };
        client.board.sent_at.push(if is_late { due } else { Instant::now() });
        client.send(lines[class], &bytes)?;
        deed += 1;
    }
    let expected = deeds * CLASS_SIZE;
    client.wait("all hands are seen", |board| board.delivered.len() >= expected)?;
    let mut times = std::mem::take(&mut client.board.delivered);
    if times.len() != expected {
        return Err(format!("{} of {expected} deliveries came", times.len()).into());
    }
    times.sort_unstable();
    Ok(times)
}
