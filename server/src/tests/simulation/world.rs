//! The school: its server, its devices, the network between them, and what may happen next.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use call::SILENCE_SECONDS;
use classroom::APPLICATIONS;
use signaling::{
    Application, Command, Event, EventKind, GroupId, InviteId, Reason, Snapshot, Timestamp, UserId,
};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::device::{Device, Standing};
use super::disk::{Defect, Disk, Durable, SimulatedStore, Weather};
use super::keys::KeyUse;
use super::model::{Model, Verdict, must};
use super::thoughts::fresh;
use super::trace::{Broken, Simulation, Trace};
use crate::clock::Clock;
use crate::http::reply::encode;
use crate::identity::tokens::Tokens;
use crate::identity::{JoinCode, TokenHash};
use crate::limits::bounds::Bounds;
use crate::live::room::Room;
use crate::live::rooms::Rooms;
use crate::live::stream::Pulse;
use crate::writer::chores::ChoreJob;
use crate::writer::job::{self, Job, Key, SideEffect};
use crate::writer::{Housekeeping, Writer};

/// Where the machine's clock begins, in milliseconds since the epoch.
const BEGINNING: i64 = 1_800_000_000_000;

type Work = Pin<Box<dyn Future<Output = Writer<SimulatedStore>>>>;

enum Hand {
    Idle(Box<Writer<SimulatedStore>>),
    Busy(Work),
}

/// A server while it runs: all that a crash takes.
pub(super) struct Server {
    pub(super) rooms: Arc<Rooms>,
    pub(super) tokens: Arc<Tokens>,
    pub(super) clock: Arc<Clock>,
    pub(super) pulse: Arc<Pulse>,
    /// Taken only while it is polled.
    hand: Option<Hand>,
    /// When the writer took up what it is at, and by how much the machine's clock had been set
    /// forward by then.
    busy_since: (Instant, Duration),
    /// When the writer wakes by itself.
    pub(super) wakes_at: Option<Instant>,
    pub(super) sweeps_at: Instant,
    pub(super) began_at: Instant,
    pub(super) waiting: VecDeque<Job>,
    pub(super) chores: VecDeque<ChoreJob>,
    pub(super) stopping: CancellationToken,
    /// The other ends of the writer's own queues, which nobody uses here.
    _ends: (mpsc::Sender<Job>, mpsc::Sender<ChoreJob>, mpsc::UnboundedReceiver<GroupId>),
}

/// What a device asks of the server.
#[derive(Clone)]
pub(super) enum Asks {
    Begin(JoinCode),
    Join(JoinCode),
    Do { command: Option<Command>, effects: Vec<SideEffect>, key: Option<Key> },
    Take(TokenHash),
    Page,
    Look(InviteId),
    Stream { after: Option<u64> },
    Ring(InviteId),
    KeepAlive(InviteId),
    Relay(InviteId),
}

pub(super) enum Stage {
    ToServer,
    /// The room is being read.
    Opening(oneshot::Receiver<job::Verdict>),
    /// Who they are is known, and nothing done.
    Inside(Arc<Room>),
    Judged(oneshot::Receiver<job::Verdict>),
    ToDevice(Told),
}

/// What comes back to a device.
pub(super) enum Told {
    /// The status of an answer.
    Status(u16),
    Page(Box<Snapshot>),
    Nothing,
}

pub(super) struct Request {
    pub(super) device: usize,
    pub(super) asks: Asks,
    pub(super) stage: Stage,
}

/// When an invitation was sent, and how long it may be answered.
#[derive(Clone, Copy)]
pub(super) struct Sending {
    /// When it came to be durable; it was decided before.
    pub(super) durable_at: Instant,
    /// When the writer took up what it was decided in, and by how much the machine's clock had been
    /// set forward then; none when that was before the power went.
    decided_after: Option<(Instant, Duration)>,
    pub(super) timeout: Option<Duration>,
}

/// How often what happens, in thousandths of steps.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Storm {
    pub(super) crashes: u32,
    pub(super) clock_is_set: u32,
    pub(super) lines_break: u32,
    pub(super) messages_are_lost: u32,
    pub(super) chores: u32,
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
    pub folded: u64,
    pub commits: u64,
    pub failures: u64,
    pub crashes: u64,
    pub clock_sets: u64,
    pub lines: u64,
    pub calms: u64,
    pub timeouts: u64,
    pub erased: u64,
    pub deleted: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.steps += other.steps;
        self.trace = self.trace.wrapping_add(other.trace);
        self.events += other.events;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.folded += other.folded;
        self.commits += other.commits;
        self.failures += other.failures;
        self.crashes += other.crashes;
        self.clock_sets += other.clock_sets;
        self.lines += other.lines;
        self.calms += other.calms;
        self.timeouts += other.timeouts;
        self.erased += other.erased;
        self.deleted += other.deleted;
    }
}

pub struct World {
    pub(super) random: fastrand::Rng,
    pub(super) disk: Rc<RefCell<Disk>>,
    pub(super) machine: Arc<AtomicI64>,
    pub(super) server: Option<Server>,
    pub(super) classes: Vec<GroupId>,
    pub(super) models: BTreeMap<GroupId, Model>,
    pub(super) deleted: BTreeSet<GroupId>,
    pub(super) devices: Vec<Device>,
    pub(super) requests: Vec<Request>,
    pub(super) keys: BTreeMap<(UserId, String), KeyUse>,
    /// The links to go on with on another device, their class, and whose they are.
    pub(super) links: Vec<(usize, TokenHash, UserId)>,
    pub(super) taken: BTreeSet<[u8; 32]>,
    /// When an end of something between two was heard of; what is heard while the writer works
    /// counts when it is done.
    pub(super) heard: BTreeMap<(InviteId, UserId), Instant>,
    pub(super) heard_meanwhile: Vec<(InviteId, UserId, Instant)>,
    pub(super) sent_at: BTreeMap<InviteId, Sending>,
    /// How long each log was when the writer took up what it is at.
    pub(super) taken_up_at: BTreeMap<GroupId, u64>,
    /// By how much the machine's clock was ever set forward, in all.
    pub(super) jumped: Duration,
    /// Whether it was ever set back.
    pub(super) was_set_back: bool,
    pub(super) storm: Storm,
    trace: Trace,
    pub(super) tally: Tally,
    pub(super) named: u64,
}

impl World {
    /// A school in which nothing has happened.
    pub fn new(seed: u64, defect: Defect) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let disk = Disk::new(random.u64(..), defect);
        Self {
            random,
            disk: Rc::new(RefCell::new(disk)),
            machine: Arc::new(AtomicI64::new(BEGINNING)),
            server: None,
            classes: Vec::new(),
            models: BTreeMap::new(),
            deleted: BTreeSet::new(),
            devices: Vec::new(),
            requests: Vec::new(),
            keys: BTreeMap::new(),
            links: Vec::new(),
            taken: BTreeSet::new(),
            heard: BTreeMap::new(),
            heard_meanwhile: Vec::new(),
            sent_at: BTreeMap::new(),
            taken_up_at: BTreeMap::new(),
            jumped: Duration::ZERO,
            was_set_back: false,
            storm: Storm::default(),
            trace: Trace::default(),
            tally: Tally::default(),
            named: 0,
        }
    }

    /// Lets a school live for so many steps.
    pub async fn live(seed: u64, steps: u64, defect: Defect) -> Result<Tally, Broken> {
        let mut world = Self::new(seed, defect);
        let done = world.go_through(steps).await;
        let disk = world.disk.borrow();
        let mut tally = world.tally;
        tally.commits = disk.commits;
        tally.failures = disk.failures;
        tally.trace = world.trace.hash();
        match done {
            Ok(()) => Ok(tally),
            Err(sentence) => {
                Err(world.trace.broken(Simulation::OneServer, seed, tally.steps, sentence))
            }
        }
    }

    async fn go_through(&mut self, steps: u64) -> Verdict {
        self.start();
        while self.tally.steps < steps {
            self.brew();
            for _ in 0..self.random.u32(50..500) {
                self.step().await?;
            }
            self.calm_down().await?;
        }
        Ok(())
    }

    pub(super) fn note(&mut self, step: fmt::Arguments<'_>) {
        self.trace.note(self.tally.steps, step);
    }

    pub(super) fn chance(&mut self, thousandths: u32) -> bool {
        thousandths > 0 && self.random.u32(..1_000) < thousandths
    }

    pub(super) fn pick(&mut self, count: usize) -> Option<usize> {
        (count > 0).then(|| self.random.usize(..count))
    }

    /// Sixteen bytes that are nobody else's.
    pub(super) fn fresh(&mut self) -> [u8; 16] {
        fresh(&mut self.random, &mut self.named)
    }

    pub(super) fn secret(&mut self) -> TokenHash {
        TokenHash::of(&self.fresh())
    }

    pub(super) fn fresh_code(&mut self) -> JoinCode {
        // Few enough letters that two classes come to want the same code.
        let letters = ["K7P4MX", "K7P4MY", "K7P4MZ", "K7P4MW", "K7P4MV", "K7P4MT", "K7P4MS"];
        let letter = self.random.usize(..letters.len());
        JoinCode::from_text(letters[letter]).unwrap_or_default()
    }

    /// What the weather is to be until it is calm again.
    fn brew(&mut self) {
        let mut some = |often: u32, at_most: u32| {
            let random = &mut self.random;
            if random.u32(..100) < often { random.u32(..=at_most) } else { 0 }
        };
        self.storm = Storm {
            crashes: some(50, 15),
            clock_is_set: some(40, 20),
            lines_break: some(60, 60),
            messages_are_lost: some(60, 250),
            chores: some(20, 10),
        };
        self.disk.borrow_mut().weather = Weather {
            fails: some(40, 250),
            fails_late: some(40, 250),
            haunts: some(30, 250),
            unreadable: some(30, 150),
            slowest: some(70, 5),
        };
        self.note(format_args!("it begins to blow"));
    }

    // The server.

    pub(super) fn start(&mut self) {
        let (rooms, tokens) = (Arc::<Rooms>::default(), Arc::<Tokens>::default());
        let clock = Arc::new(Clock::simulated(Arc::clone(&self.machine)));
        let (jobs, receiver) = mpsc::channel(1);
        let (chores, chores_to_do) = mpsc::channel(1);
        let (quiet, went_quiet) = mpsc::unbounded_channel();
        let writer = Writer::new(
            receiver,
            chores_to_do,
            quiet,
            SimulatedStore(Rc::clone(&self.disk)),
            Arc::clone(&rooms),
            Arc::clone(&tokens),
            Arc::clone(&clock),
            Arc::new(APPLICATIONS),
            Housekeeping {
                // Longer than an end of a call may be silent.
                idle: Duration::from_secs(30),
                sweep: Duration::from_secs(5),
                tail_events: 24,
                // All that can be made again is made again.
                kept_body: 0,
            },
            Bounds::default().class_bytes,
            self.disk.borrow().deadlines(),
        );
        let now = Instant::now();
        self.server = Some(Server {
            rooms,
            tokens,
            clock,
            pulse: Pulse::still(),
            wakes_at: writer.next_due(),
            hand: Some(Hand::Idle(Box::new(writer))),
            busy_since: (now, self.jumped),
            sweeps_at: now,
            began_at: now,
            waiting: VecDeque::new(),
            chores: VecDeque::new(),
            stopping: CancellationToken::new(),
            _ends: (jobs, chores, went_quiet),
        });
        // A clock may be set back while nobody looks at it.
        self.models.values_mut().for_each(Model::forget_the_time);
        self.note(format_args!("the server starts"));
    }

    pub(super) fn crash(&mut self) -> Verdict {
        let Some(server) = self.server.take() else { return Ok(()) };
        self.tally.crashes += 1;
        let was_busy = matches!(server.hand, Some(Hand::Busy(_)));
        self.note(format_args!("the server is killed, the writer was at work: {was_busy}"));
        drop(server);
        for request in &mut self.requests {
            if !matches!(request.stage, Stage::ToServer | Stage::ToDevice(_)) {
                request.stage = Stage::ToDevice(Told::Nothing);
            }
        }
        for device in &mut self.devices {
            if let Some(line) = &mut device.line {
                line.stream = None;
                // Some of what was sent may still arrive.
                let arrives = self.random.usize(..=line.under_way.len());
                line.under_way.truncate(arrives);
            }
        }
        self.disk.borrow_mut().lose_power();
        self.take_news()
    }

    pub(super) fn group_of(&self, device: usize) -> GroupId {
        self.classes[self.devices[device].class]
    }

    pub(super) fn now(&self) -> Timestamp {
        self.server.as_ref().map_or_else(Timestamp::default, |server| server.clock.now())
    }

    /// Polls the writer once, or gives it something to do; false when there is nothing.
    pub(super) fn have_it_written(&mut self) -> Result<bool, String> {
        let is_to_tidy = self.chance(5);
        let takes_all = !self.chance(200);
        let Some(server) = &mut self.server else { return Ok(false) };
        let now = Instant::now();
        let told;
        let mut work: Work = match server.hand.take() {
            Some(Hand::Busy(work)) => {
                told = "goes on".to_owned();
                work
            }
            Some(Hand::Idle(mut writer)) => {
                server.busy_since = (now, self.jumped);
                let lengths = self.models.iter().map(|(group_id, model)| (*group_id, model.seq));
                self.taken_up_at = lengths.collect();
                for (invite_id, user, at) in self.heard_meanwhile.drain(..) {
                    self.heard.insert((invite_id, user), at);
                }
                if let Some(chore) = server.chores.pop_front() {
                    told = "does a chore".to_owned();
                    Box::pin(async move {
                        writer.do_chore(chore).await;
                        writer.work(Vec::new()).await;
                        *writer
                    })
                } else if server.sweeps_at <= now {
                    server.sweeps_at = now + Duration::from_secs(5);
                    told = "sweeps".to_owned();
                    Box::pin(async move {
                        writer.sweep();
                        writer.purge().await;
                        writer.work(Vec::new()).await;
                        *writer
                    })
                } else if !server.waiting.is_empty() {
                    let count = if takes_all {
                        server.waiting.len()
                    } else {
                        self.random.usize(1..=server.waiting.len())
                    };
                    let jobs: Vec<Job> = server.waiting.drain(..count).collect();
                    told = format!("takes {count} requests");
                    Box::pin(async move {
                        writer.work(jobs).await;
                        *writer
                    })
                } else if server.wakes_at.is_some_and(|at| at <= now) {
                    told = "wakes".to_owned();
                    Box::pin(async move {
                        writer.work(Vec::new()).await;
                        *writer
                    })
                } else if is_to_tidy {
                    told = "tidies".to_owned();
                    Box::pin(async move {
                        writer.tidy().await;
                        writer.work(Vec::new()).await;
                        *writer
                    })
                } else {
                    server.hand = Some(Hand::Idle(writer));
                    return Ok(false);
                }
            }
            None => return Err("the writer is lost".to_owned()),
        };
        let polled = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let is_done = polled.is_ready();
        server.hand = Some(match polled {
            Poll::Ready(writer) => {
                server.wakes_at = writer.next_due();
                Hand::Idle(Box::new(writer))
            }
            Poll::Pending => Hand::Busy(work),
        });
        self.note(format_args!("the writer {told}, is done: {is_done}"));
        self.take_news()?;
        self.take_answers()?;
        Ok(true)
    }

    /// Tells the models what has become durable.
    fn take_news(&mut self) -> Verdict {
        let news = std::mem::take(&mut self.disk.borrow_mut().news);
        let mut changed = BTreeSet::new();
        for durable in news {
            match durable {
                Durable::Event(group_id, event) => {
                    self.tally.events += 1;
                    self.note(format_args!("on disk: {} {}", event.seq, event.kind.name()));
                    self.models.entry(group_id).or_default().take(&event)?;
                    self.watch_the_time(group_id, &event)?;
                    if event.at > self.now() && self.server.is_some() {
                        return Err(format!("event {} is of the future", event.seq));
                    }
                    changed.insert(group_id);
                }
                Durable::Rewritten(group_id, user) => {
                    self.note(format_args!("{user} is erased"));
                    self.tally.erased += 1;
                    self.is_erased(group_id, user)?;
                    // Answers that tell of somebody who was erased are forgotten.
                    for used in self.keys.values_mut() {
                        used.answered = None;
                        used.invitations.clear();
                    }
                }
                Durable::Deleted(group_id) => {
                    self.note(format_args!("a class is deleted"));
                    self.tally.deleted += 1;
                    self.deleted.insert(group_id);
                }
            }
        }
        for group_id in changed {
            self.models.entry(group_id).or_default().rests()?;
        }
        Ok(())
    }

    /// Nothing of somebody's is in a log from which they were erased.
    fn is_erased(&mut self, group_id: GroupId, user: UserId) -> Verdict {
        let model = self.models.entry(group_id).or_default();
        let is_kept = |data: &str| APPLICATIONS.keep_when_erased(data).is_some_and(|it| it == data);
        let gone = model.erase(user, is_kept);
        let disk = self.disk.borrow();
        let log = disk.contents.class(group_id).map_or(&[][..], |class| &class.log);
        for words in gone {
            let quoted = serde_json::to_string(&words).map_err(|error| error.to_string())?;
            let is_there = log.iter().any(|row| row.body.contains(&quoted));
            must!(!is_there, "{user} is erased and {quoted} is in the log");
        }
        Ok(())
    }

    /// No deadline comes early by the time that has gone by, whatever the server takes it for; and
    /// who is parted for silence must have been silent.
    fn watch_the_time(&mut self, group_id: GroupId, event: &Event) -> Verdict {
        let now = Instant::now();
        match &event.kind {
            EventKind::ReceiveNewInvitation(new) => {
                let seconds = new.timeout.seconds();
                // What an undo brings back has the deadline that it had, within the second.
                let has_own = seconds > 0 && new.restores.is_none();
                let timeout = has_own.then(|| Duration::from_secs(seconds.into()));
                let decided_after = self.server.as_ref().map(|server| server.busy_since);
                let sending = Sending { durable_at: now, decided_after, timeout };
                self.sent_at.insert(new.invite_id, sending);
            }
            // How long it lasts is not what was said as it was sent.
            EventKind::InvitationModified(modified) if modified.expires_at.is_some() => {
                if let Some(sending) = self.sent_at.get_mut(&modified.invite_id) {
                    sending.timeout = None;
                }
            }
            EventKind::InvitationTimeout(over) => {
                self.tally.timeouts += 1;
                // What an undo shows again is closed as it was.
                let model = self.models.get(&group_id);
                let sent = model.and_then(|model| model.invitations.get(&over.invite_id));
                if sent.is_some_and(|sent| sent.restores.is_some() && sent.at == event.at) {
                    return Ok(());
                }
                if let Some(Sending {
                    decided_after: Some((since, jumped)),
                    timeout: Some(timeout),
                    ..
                }) = self.sent_at.get(&over.invite_id)
                {
                    let passed = since.elapsed() + (self.jumped - *jumped);
                    must!(
                        passed >= *timeout,
                        "{} timed out after {passed:?} of {timeout:?}",
                        over.invite_id
                    );
                }
            }
            EventKind::InviteeAccepted(accepted) => {
                let sent = self.models.get(&group_id).map(|model| &model.invitations);
                let sent = sent.and_then(|sent| sent.get(&accepted.invite_id));
                if let Some((inviter, other)) = sent.and_then(|it| Some((it.inviter, it.between?)))
                {
                    self.heard.insert((accepted.invite_id, inviter), now);
                    self.heard.insert((accepted.invite_id, other), now);
                }
            }
            EventKind::InviteeFinished(finished)
                if finished.reason == Reason::Disconnected.text() =>
            {
                // What comes to light when the power goes was decided before.
                let Some(Server { began_at, .. }) = &self.server else { return Ok(()) };
                let ends = self.heard.range((finished.invite_id, UserId::from_bytes([0; 16]))..);
                let mut ends =
                    ends.take_while(|((invite_id, _), _)| *invite_id == finished.invite_id);
                let is_silent = |at: &Instant| {
                    now - (*at).max(*began_at) >= Duration::from_secs(SILENCE_SECONDS.into())
                };
                must!(
                    ends.any(|(_, at)| is_silent(at)),
                    "{} was parted, and neither was silent for long enough",
                    finished.invite_id
                );
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes what the writer has answered, and looks whether it is true.
    fn take_answers(&mut self) -> Verdict {
        for index in 0..self.requests.len() {
            let request = &mut self.requests[index];
            let Stage::Judged(reply) = &mut request.stage else { continue };
            let verdict = match reply.try_recv() {
                Ok(verdict) => verdict,
                Err(oneshot::error::TryRecvError::Empty) => continue,
                Err(oneshot::error::TryRecvError::Closed) => {
                    return Err("a request was not answered".to_owned());
                }
            };
            let verdict = verdict.map(|(reply, _)| encode(&Ok(reply)));
            let status = match &verdict {
                Ok(answer) => answer.status,
                Err(error) => error.problem().status,
            };
            request.stage = Stage::ToDevice(Told::Status(status));
            let (device, asks) = (request.device, request.asks.clone());
            if status < 300 {
                self.tally.acknowledged += 1;
            } else {
                self.tally.refused += 1;
            }
            self.note(format_args!("device {device} is answered {status}"));
            self.is_true(device, &asks, &verdict)
                .map_err(|sentence| format!("answer {status} to device {device}: {sentence}"))?;
            if status < 300 {
                self.carry(device);
            }
        }
        Ok(())
    }
}

impl World {
    /// Whoever came in with a browser that was in another class goes on there with the same token.
    fn carry(&mut self, device: usize) {
        let Some(from) = self.devices[device].carries.take() else { return };
        let token = self.devices[device].token;
        let Device { class, user, .. } = self.devices[from];
        let before = self.devices[device].replaces;
        let came_into = self.devices[device].class;
        for of_browser in self.devices.iter_mut().filter(|it| Some(it.token) == before) {
            of_browser.token = token;
            if of_browser.class == came_into {
                of_browser.is_replaced = true;
                of_browser.standing = Standing::Gone;
                of_browser.line = None;
                of_browser.page = None;
            }
        }
        let group_id = self.classes[class];
        let belongs = self.models.get(&group_id).is_some_and(|model| model.belongs(user));
        if class != self.devices[device].class && belongs && !self.deleted.contains(&group_id) {
            let standing = Standing::Inside;
            self.devices.push(Device { standing, ..Device::new(class, user, token) });
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "{status}"),
            Self::Page(page) => write!(f, "the page at {}", page.seq),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

impl fmt::Display for Asks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin(_) => f.write_str("begin a class"),
            Self::Join(_) => f.write_str("join"),
            Self::Do { command: None, .. } => f.write_str("go on with another device"),
            Self::Do { command: Some(command), key, .. } => {
                write!(f, "{command:?} with {:?}", key.as_ref().map(|key| &key.key))
            }
            Self::Take(_) => f.write_str("take a link"),
            Self::Page => f.write_str("get the page"),
            Self::Look(invite_id) => write!(f, "look at {invite_id}"),
            Self::Stream { after } => write!(f, "follow after {after:?}"),
            Self::Ring(invite_id) => write!(f, "ring for {invite_id}"),
            Self::KeepAlive(invite_id) => write!(f, "be there for {invite_id}"),
            Self::Relay(invite_id) => write!(f, "say something in {invite_id}"),
        }
    }
}
