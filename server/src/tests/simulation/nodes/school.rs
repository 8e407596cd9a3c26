//! Several nodes on one database, their machines, and the people who ask any of them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::AddAssign;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use signaling::{Command, GroupId, InviteId, Snapshot, UserId};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::database::{Address, Defect, Holder, Home};
use super::node::Node;
use super::wire::{Reply, Weather, Wire};
use crate::clock::monotonic;
use crate::error::Error;
use crate::identity::{JoinCode, TokenHash};
use crate::live::room::Room;
use crate::live::stream::LiveStream;
use crate::tests::simulation::device::Device;
use crate::tests::simulation::keys::KeyUse;
use crate::tests::simulation::model::{Model, Verdict};
use crate::tests::simulation::thoughts::fresh;
use crate::tests::simulation::trace::{Broken, Simulation, Trace};
use crate::writer::job::{self, Key, SideEffect};

/// Where the machines' clocks begin, in milliseconds since the epoch.
const BEGINNING: i64 = 1_800_000_000_000;

/// A machine: its clock goes on when its node does not.
pub struct Machine {
    pub clock: Arc<AtomicI64>,
    /// By how many millionths the clock is too fast.
    drift: i32,
    /// What of a millisecond has gone by, in millionths.
    rest: i64,
    /// The same of the clock that only goes on.
    pub steady_drift: i32,
}

/// What somebody asks for.
#[derive(Clone)]
pub enum Asks {
    Begin(JoinCode),
    Join(JoinCode),
    Do { command: Command, effects: Vec<SideEffect>, key: Option<Key> },
    Page,
    Stream { after: Option<u64> },
    KeepAlive(InviteId),
}

/// How far a request has come.
pub enum Stage {
    /// It is under way to the node that the client has chosen.
    ToFront,
    /// That one asks whose the class is.
    AskingHome(Reply<Home>, Instant),
    /// It is under way to the node at this address.
    ToHome(Address),
    /// The home lets go of a class that has just begun there.
    LettingGo(oneshot::Receiver<Result<(), Error>>),
    /// It is served here, where the class may have to be read first.
    Opening(oneshot::Receiver<job::Verdict>),
    Inside(Arc<Room>),
    Judged(oneshot::Receiver<job::Verdict>),
    /// It is answered, unless the node is in doubt.
    Done(Told),
    /// The answer is under way to the client.
    ToClient(Told),
}

/// What comes back.
pub enum Told {
    Status(u16),
    Page(Box<Snapshot>),
    Stream(Box<LiveStream>),
    Nothing,
}

pub struct Request {
    pub person: usize,
    pub group_id: GroupId,
    pub asks: Asks,
    /// The token that they are given where they come in.
    pub token: TokenHash,
    /// Whom the client has asked.
    pub front: Holder,
    /// Who serves it.
    pub at: Holder,
    pub tries: u32,
    pub leaves_at: Instant,
    pub gives_up_at: Instant,
    /// Whether anybody still waits for the answer.
    pub is_awaited: bool,
    /// How often the node had been in doubt when it began to serve it.
    pub doubts: u64,
    /// Whether the node was the class's home when it read what it tells.
    pub read_at_home: bool,
    pub stage: Stage,
}

/// Somebody with their device.
pub struct Person {
    pub device: Device,
    /// By which nodes the stream comes.
    pub line_by: [Holder; 2],
    /// The node that they ask, as long as it answers.
    pub asks_at: Option<Holder>,
}

/// How often what happens, in thousandths of steps.
#[derive(Debug, Clone, Copy, Default)]
pub struct Storm {
    pub kills: u32,
    pub sleeps: u32,
    pub stops: u32,
    pub cuts: u32,
    pub connections_end: u32,
    pub clocks_are_set: u32,
    pub lines_break: u32,
    pub messages_are_lost: u32,
}

/// What a run came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub steps: u64,
    /// A hash of everything that happened.
    pub trace: u64,
    pub events: u64,
    pub acknowledged: u64,
    pub refused: u64,
    /// Requests that were told to try again.
    pub unavailable: u64,
    pub forwarded: u64,
    pub folded: u64,
    pub commits: u64,
    /// Commits that the fence kept out.
    pub shut_out: u64,
    pub takeovers: u64,
    pub sent: u64,
    pub slow: u64,
    pub lost: u64,
    /// What arrived when whoever had asked had given it up.
    pub late: u64,
    pub kills: u64,
    pub sleeps: u64,
    pub replaced: u64,
    pub stops: u64,
    pub cuts: u64,
    pub clock_sets: u64,
    pub calms: u64,
    pub timeouts: u64,
    pub keys_again: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.steps += other.steps;
        self.trace = self.trace.wrapping_add(other.trace);
        self.events += other.events;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.unavailable += other.unavailable;
        self.forwarded += other.forwarded;
        self.folded += other.folded;
        self.commits += other.commits;
        self.shut_out += other.shut_out;
        self.takeovers += other.takeovers;
        self.sent += other.sent;
        self.slow += other.slow;
        self.lost += other.lost;
        self.late += other.late;
        self.kills += other.kills;
        self.sleeps += other.sleeps;
        self.replaced += other.replaced;
        self.stops += other.stops;
        self.cuts += other.cuts;
        self.clock_sets += other.clock_sets;
        self.calms += other.calms;
        self.timeouts += other.timeouts;
        self.keys_again += other.keys_again;
    }
}

pub struct School {
    pub random: fastrand::Rng,
    pub wire: Rc<RefCell<Wire>>,
    pub machines: Vec<Machine>,
    pub nodes: BTreeMap<Holder, Node>,
    /// How many processes there have been.
    processes: Holder,
    pub classes: Vec<GroupId>,
    pub models: BTreeMap<GroupId, Model>,
    pub people: Vec<Person>,
    pub requests: Vec<Request>,
    pub keys: BTreeMap<(UserId, String), KeyUse>,
    pub storm: Storm,
    trace: Trace,
    pub tally: Tally,
    pub named: u64,
}

impl School {
    /// A school in which nothing has happened, with two to four machines.
    pub fn new(seed: u64, defect: Defect) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let wire = Wire::new(random.u64(..), defect);
        let apart = [0, 2_000, 10_000][random.usize(..3)];
        let machines = (0..random.usize(2..=4)).map(|_| Machine {
            clock: Arc::new(AtomicI64::new(BEGINNING + random.i64(-apart..=apart))),
            drift: random.i32(-20_000..=20_000),
            rest: 0,
            steady_drift: random.i32(-500..=500),
        });
        Self {
            machines: machines.collect(),
            random,
            wire: Rc::new(RefCell::new(wire)),
            nodes: BTreeMap::new(),
            processes: 0,
            classes: Vec::new(),
            models: BTreeMap::new(),
            people: Vec::new(),
            requests: Vec::new(),
            keys: BTreeMap::new(),
            storm: Storm::default(),
            trace: Trace::default(),
            tally: Tally::default(),
            named: 0,
        }
    }

    /// Lets a school live for so many steps.
    pub async fn live(seed: u64, steps: u64, defect: Defect) -> Result<Tally, Broken> {
        let mut school = Self::new(seed, defect);
        let done = school.go_through(steps).await;
        let mut tally = school.tally;
        // What is still under way holds the wire.
        school.nodes.clear();
        let wire = school.wire.borrow();
        tally.commits = wire.database.commits;
        tally.shut_out = wire.database.shut_out;
        tally.takeovers = wire.database.takeovers;
        (tally.sent, tally.slow, tally.lost, tally.late) =
            (wire.sent, wire.slow, wire.lost, wire.late);
        tally.trace = school.trace.hash();
        drop(wire);
        match done {
            Ok(()) => Ok(tally),
            Err(sentence) => {
                Err(school.trace.broken(Simulation::Nodes, seed, tally.steps, sentence))
            }
        }
    }

    async fn go_through(&mut self, steps: u64) -> Verdict {
        for address in 0..self.machines.len() {
            self.start(address);
        }
        while self.tally.steps < steps {
            self.brew();
            for _ in 0..self.random.u32(200..1_500) {
                self.step().await?;
            }
            self.calm_down().await?;
        }
        Ok(())
    }

    pub fn note(&mut self, step: fmt::Arguments<'_>) {
        self.trace.note(self.tally.steps, step);
    }

    pub fn chance(&mut self, thousandths: u32) -> bool {
        thousandths > 0 && self.random.u32(..1_000) < thousandths
    }

    pub fn pick(&mut self, count: usize) -> Option<usize> {
        (count > 0).then(|| self.random.usize(..count))
    }

    /// Sixteen bytes that are nobody else's.
    pub fn fresh(&mut self) -> [u8; 16] {
        fresh(&mut self.random, &mut self.named)
    }

    pub fn secret(&mut self) -> TokenHash {
        TokenHash::of(&self.fresh())
    }

    /// What the weather is to be until it is calm again.
    fn brew(&mut self) {
        let mut some = |often: u32, at_most: u32| {
            let random = &mut self.random;
            if random.u32(..100) < often { random.u32(..=at_most) } else { 0 }
        };
        self.storm = Storm {
            kills: some(50, 8),
            sleeps: some(50, 8),
            stops: some(40, 6),
            cuts: some(40, 8),
            connections_end: some(40, 15),
            clocks_are_set: some(40, 15),
            lines_break: some(50, 40),
            messages_are_lost: some(50, 150),
        };
        self.wire.borrow_mut().weather = Weather {
            slow: some(60, 250),
            loses_requests: some(50, 60),
            loses_answers: some(50, 60),
        };
        self.note(format_args!("it begins to blow"));
    }

    // Nodes.

    /// Starts a node on a machine, unless the lease of one that was there before still holds.
    pub fn start(&mut self, address: Address) -> bool {
        self.processes += 1;
        let holder = self.processes;
        let Machine { clock, steady_drift, .. } = &self.machines[address];
        let Some(node) = Node::start(holder, address, clock, *steady_drift, &self.wire) else {
            return false;
        };
        self.nodes.insert(holder, node);
        self.note(format_args!("node {holder} starts on machine {address}"));
        true
    }

    /// Any node that takes requests, as far as its clients know: it may be asleep.
    pub fn any_open(&mut self) -> Option<Holder> {
        let open: Vec<Holder> =
            self.nodes.values().filter(|it| it.is_open()).map(|it| it.holder).collect();
        self.pick(open.len()).map(|place| open[place])
    }

    /// The newest process at an address, which is the one that is reached there.
    pub fn at_address(&self, address: Address) -> Option<Holder> {
        let mut there = self.nodes.values().filter(|node| node.address == address);
        there.next_back().map(|node| node.holder)
    }

    /// A process is no more: what it had in memory is gone.
    pub fn end(&mut self, holder: Holder) {
        self.nodes.remove(&holder);
        for person in &mut self.people {
            if person.device.line.is_some() && person.line_by.contains(&holder) {
                let Some(line) = &mut person.device.line else { continue };
                line.stream = None;
                // Some of what was sent may still arrive.
                let arrives = self.random.usize(..=line.under_way.len());
                line.under_way.truncate(arrives);
            }
        }
    }

    /// Any node that is awake.
    pub fn any_awake(&mut self) -> Option<Holder> {
        let awake: Vec<Holder> =
            self.nodes.values().filter(|it| !it.is_asleep()).map(|it| it.holder).collect();
        self.pick(awake.len()).map(|place| awake[place])
    }

    pub async fn pass(&mut self, time: Duration) {
        self.note(format_args!("{time:?} pass"));
        tokio::time::advance(time).await;
        let millis = i64::try_from(time.as_millis()).unwrap_or(0);
        for machine in &mut self.machines {
            machine.rest += millis * i64::from(machine.drift);
            let off = machine.rest / 1_000_000;
            machine.rest -= off * 1_000_000;
            machine.clock.fetch_add(millis + off, Ordering::Relaxed);
        }
    }

    /// Whether a node is the home of a class by the database's word, and its lease holds.
    pub fn is_home(&self, holder: Holder, group_id: GroupId) -> bool {
        let database = &self.wire.borrow().database;
        let home = database.home_of(group_id).map(|(home, _)| home);
        home == Some(holder) && database.is_held(holder, monotonic())
    }

    /// The codes that classes may want; few enough that two come to want the same.
    pub fn fresh_code(&mut self) -> JoinCode {
        let letters = ["K7P4MX", "K7P4MY", "K7P4MZ", "K7P4MW", "K7P4MV", "K7P4MT", "K7P4MS"];
        let letter = self.random.usize(..letters.len());
        JoinCode::from_text(letters[letter]).unwrap_or_default()
    }

    /// Classes that go on.
    pub fn living(&self) -> BTreeSet<usize> {
        let goes_on = |class: &usize| {
            self.models.get(&self.classes[*class]).is_some_and(|model| model.ended.is_none())
        };
        (0..self.classes.len()).filter(goes_on).collect()
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "{status}"),
            Self::Page(page) => write!(f, "the page at {}", page.seq),
            Self::Stream(_) => f.write_str("a stream"),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

impl fmt::Display for Asks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin(_) => f.write_str("begin a class"),
            Self::Join(_) => f.write_str("join"),
            Self::Do { command, key, .. } => {
                write!(f, "{command:?} with {:?}", key.as_ref().map(|key| &key.key))
            }
            Self::Page => f.write_str("get the page"),
            Self::Stream { after } => write!(f, "follow after {after:?}"),
            Self::KeepAlive(invite_id) => write!(f, "be there for {invite_id}"),
        }
    }
}
