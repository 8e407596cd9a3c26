//! A node: one process with the real writer, rooms and clock, which is polled step by step.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use classroom::APPLICATIONS;
use signaling::{Command, GroupId};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::database::{Address, Connection, Holder};
use super::lease::{DEADLINE, Lease, Renewing};
use super::store::NodeStore;
use super::wire::{Reply, Wire};
use crate::clock::{Clock, monotonic};
use crate::identity::tokens::Tokens;
use crate::limits::bounds::Bounds;
use crate::live::rooms::Rooms;
use crate::live::stream::Pulse;
use crate::writer::chores::{Chore, ChoreJob};
use crate::writer::job::{Job, Key, SideEffect, Verdict};
use crate::writer::{Housekeeping, Writer};

const SWEEPS_EVERY: Duration = Duration::from_secs(5);
const TENDS_EVERY: Duration = Duration::from_secs(1);
/// For how long a home that was asked for is taken to be so.
const KNOWN_FOR: Duration = Duration::from_secs(1);

type Work = Pin<Box<dyn Future<Output = Writer<NodeStore>>>>;

enum Hand {
    Idle(Box<Writer<NodeStore>>),
    Busy(Work),
}

/// How far a node that stops in order has come.
pub enum Stopping {
    No,
    /// It gives its classes back, and waits so long for that.
    GivesBack(Reply<()>, Connection, Instant),
    /// Its streams have ended.
    Closes,
}

/// A process that serves: all that a crash takes.
pub struct Node {
    pub holder: Holder,
    pub address: Address,
    pub rooms: Arc<Rooms>,
    pub clock: Arc<Clock>,
    pub pulse: Arc<Pulse>,
    pub lease: Rc<Lease>,
    pub renewing: Renewing,
    /// Taken only while it is polled.
    hand: Option<Hand>,
    wakes_at: Option<Instant>,
    sweeps_at: Instant,
    tends_at: Instant,
    pub waiting: VecDeque<Job>,
    chores: VecDeque<ChoreJob>,
    /// How long each log was when the writer took up what it is at.
    pub taken_up_at: BTreeMap<GroupId, u64>,
    known_homes: BTreeMap<GroupId, (Address, Instant)>,
    /// Until when it is asleep: nothing of it moves.
    pub sleeps_until: Option<Instant>,
    pub stopping: Stopping,
    pub streams_end: CancellationToken,
    wire: Rc<RefCell<Wire>>,
    /// The other ends of the writer's own queues, which nobody uses here.
    _ends: (mpsc::Sender<Job>, mpsc::Sender<ChoreJob>, mpsc::UnboundedReceiver<GroupId>),
}

impl Node {
    /// Starts a node, unless another one that is there has its address.
    pub fn start(
        holder: Holder,
        address: Address,
        machine: &Arc<AtomicI64>,
        drift: i32,
        wire: &Rc<RefCell<Wire>>,
    ) -> Option<Self> {
        let now = monotonic();
        let (connection, deadlines) = {
            let mut wire = wire.borrow_mut();
            let connection = wire.connect();
            if !wire.database.take_lease(holder, address, connection, now) {
                return None;
            }
            (connection, wire.database.deadlines(now))
        };
        let lease = Lease::taken(holder, drift);
        let rooms = Arc::<Rooms>::default();
        let clock = Arc::new(Clock::simulated(Arc::clone(machine)));
        let (jobs, receiver) = mpsc::channel(1);
        let (chores, chores_to_do) = mpsc::channel(1);
        let (quiet, went_quiet) = mpsc::unbounded_channel();
        let writer = Writer::new(
            receiver,
            chores_to_do,
            quiet,
            NodeStore::new(Rc::clone(&lease), Rc::clone(wire)),
            Arc::clone(&rooms),
            Arc::<Tokens>::default(),
            Arc::clone(&clock),
            Arc::new(APPLICATIONS),
            Housekeeping {
                idle: Duration::from_secs(30),
                sweep: SWEEPS_EVERY,
                tail_events: 24,
                // All that can be made again is made again.
                kept_body: 0,
            },
            Bounds::default().class_bytes,
            deadlines,
        );
        Some(Self {
            holder,
            address,
            rooms,
            clock,
            pulse: Pulse::still(),
            lease,
            renewing: Renewing::by(connection),
            wakes_at: writer.next_due(),
            hand: Some(Hand::Idle(Box::new(writer))),
            sweeps_at: now,
            tends_at: now,
            waiting: VecDeque::new(),
            chores: VecDeque::new(),
            taken_up_at: BTreeMap::new(),
            known_homes: BTreeMap::new(),
            sleeps_until: None,
            stopping: Stopping::No,
            streams_end: CancellationToken::new(),
            wire: Rc::clone(wire),
            _ends: (jobs, chores, went_quiet),
        })
    }

    pub fn is_asleep(&self) -> bool {
        self.sleeps_until.is_some_and(|until| until > monotonic())
    }

    /// Whether it takes new requests.
    pub const fn is_open(&self) -> bool {
        !matches!(self.stopping, Stopping::Closes)
    }

    pub const fn is_writing(&self) -> bool {
        matches!(self.hand, Some(Hand::Busy(_)))
    }

    /// Polls the writer once, or gives it something to do; none when it waits for the database. `chance` says what of
    /// several things, as `select!` does, and how many of the requests it takes.
    pub fn write(
        &mut self,
        chance: &mut fastrand::Rng,
        lengths: impl FnOnce() -> BTreeMap<GroupId, u64>,
    ) -> Option<String> {
        let answers = self.lease.answers.get();
        let (told, is_waiting);
        let mut work: Work = match self.hand.take()? {
            Hand::Busy(work) => {
                (told, is_waiting) = ("goes on", true);
                work
            }
            Hand::Idle(mut writer) => {
                let now = monotonic();
                let ready: Vec<u8> = [
                    !self.chores.is_empty(),
                    self.sweeps_at <= now,
                    self.tends_at <= now,
                    !self.waiting.is_empty(),
                    self.wakes_at.is_some_and(|at| at <= now),
                ]
                .into_iter()
                .zip(0..)
                .filter_map(|(is_ready, which)| is_ready.then_some(which))
                .collect();
                if ready.is_empty() {
                    self.hand = Some(Hand::Idle(writer));
                    return None;
                }
                self.taken_up_at = lengths();
                let which = ready[chance.usize(..ready.len())];
                let chore = if which == 0 { self.chores.pop_front() } else { None };
                let count = match which {
                    3 if chance.u32(..8) > 0 => self.waiting.len(),
                    3 => chance.usize(1..=self.waiting.len()),
                    _ => 0,
                };
                let jobs: Vec<Job> = self.waiting.drain(..count).collect();
                is_waiting = false;
                told = match which {
                    0 => "does a chore",
                    1 => {
                        self.sweeps_at = now + SWEEPS_EVERY;
                        "sweeps"
                    }
                    2 => {
                        self.tends_at = now + TENDS_EVERY;
                        "tends"
                    }
                    3 => "takes requests",
                    _ => "wakes",
                };
                Box::pin(async move {
                    match (which, chore) {
                        (_, Some(chore)) => writer.do_chore(chore).await,
                        (1, None) => {
                            writer.sweep();
                            writer.purge().await;
                        }
                        (2, None) => writer.tend().await,
                        (_, None) => {}
                    }
                    writer.work(jobs).await;
                    *writer
                })
            }
        };
        let polled = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let is_done = polled.is_ready();
        self.hand = Some(match polled {
            Poll::Ready(writer) => {
                self.wakes_at = writer.next_due();
                Hand::Idle(Box::new(writer))
            }
            Poll::Pending => Hand::Busy(work),
        });
        if is_waiting && !is_done && self.lease.answers.get() == answers {
            return None;
        }
        Some(format!("{told}, is done: {is_done}"))
    }

    pub fn submit(
        &mut self,
        group_id: GroupId,
        command: Option<Command>,
        effects: Vec<SideEffect>,
        key: Option<Key>,
    ) -> oneshot::Receiver<Verdict> {
        let (reply, answered) = oneshot::channel();
        self.waiting.push_back(Job { group_id, command, effects, key, reply });
        answered
    }

    /// Has a class let go of.
    pub fn release(
        &mut self,
        group_id: GroupId,
    ) -> oneshot::Receiver<Result<(), crate::error::Error>> {
        let (reply, done) = oneshot::channel();
        self.chores.push_back(ChoreJob { chore: Chore::Release(group_id), reply });
        done
    }

    /// The home of a class, when it was asked for a moment ago.
    pub fn known_home(&self, group_id: GroupId) -> Option<Address> {
        let (address, since) = self.known_homes.get(&group_id)?;
        (since.elapsed() < KNOWN_FOR).then_some(*address)
    }

    pub fn learn_home(&mut self, group_id: GroupId, address: Address) {
        self.known_homes.insert(group_id, (address, monotonic()));
    }

    pub fn forget_home(&mut self, group_id: GroupId) {
        self.known_homes.remove(&group_id);
    }

    /// Begins to stop in order: it gives its classes back first.
    pub fn stop(&mut self) {
        if !matches!(self.stopping, Stopping::No) {
            return;
        }
        self.lease.is_released.set(true);
        let mut wire = self.wire.borrow_mut();
        let (holder, connection) = (self.holder, wire.connect());
        let reply =
            wire.send((holder, connection), "gives back", move |it, _| it.give_back(holder));
        self.stopping = Stopping::GivesBack(reply, connection, monotonic() + DEADLINE);
    }

    /// Goes on with stopping; false when there is nothing to do yet.
    pub fn go_on_stopping(&mut self) -> bool {
        if self.lease.is_lost.get() && matches!(self.stopping, Stopping::No) {
            // Another one has taken its place.
            self.stopping = Stopping::Closes;
            self.streams_end.cancel();
            return true;
        }
        let Stopping::GivesBack(reply, connection, until) = &self.stopping else { return false };
        if reply.poll().is_pending() && monotonic() < *until {
            return false;
        }
        self.wire.borrow_mut().give_up(*connection);
        self.stopping = Stopping::Closes;
        self.streams_end.cancel();
        true
    }
}

impl Drop for Node {
    /// The system closes what connections it has.
    fn drop(&mut self) {
        if let Some(connection) = self.renewing.connection.take() {
            self.wire.borrow_mut().give_up(connection);
        }
    }
}
