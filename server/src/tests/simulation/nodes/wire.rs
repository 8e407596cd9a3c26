//! The way between the nodes and the database: what is asked on it, and what is answered, comes late or not
//! at all, and what was given up may arrive all the same.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use super::database::{Connection, Database, Defect, Holder};
use crate::clock::monotonic;

/// The longest that something is under way that does come.
const SLOWEST_MILLIS: u64 = 12_000;

/// How often it goes wrong, in thousandths of what is sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weather {
    /// It takes its time, either way.
    pub slow: u32,
    /// The request is lost.
    pub loses_requests: u32,
    /// It is done, and the answer is lost.
    pub loses_answers: u32,
}

type Open = Box<dyn FnOnce(&mut Database, Instant) -> bool>;

/// Something that is asked of the database and has not arrived.
struct Letter {
    /// What it is, for the trace.
    what: String,
    connection: Connection,
    arrives_at: Instant,
    /// What it does there, and whether somebody still waits for it.
    open: Open,
}

struct Slot<T> {
    answer: Option<T>,
    /// When it has come back.
    comes_at: Option<Instant>,
    /// When it is seen that no answer comes; none where nothing tells.
    breaks_at: Option<Instant>,
}

/// What comes back, for whoever asked.
pub struct Reply<T>(Rc<RefCell<Slot<T>>>);

/// The connection has broken: nobody knows what came of what was asked.
pub struct Broken;

impl<T> Reply<T> {
    pub fn poll(&self) -> Poll<Result<T, Broken>> {
        let (mut slot, now) = (self.0.borrow_mut(), monotonic());
        if slot.comes_at.is_some_and(|at| at <= now)
            && let Some(answer) = slot.answer.take()
        {
            return Poll::Ready(Ok(answer));
        }
        match slot.breaks_at {
            Some(at) if at <= now => Poll::Ready(Err(Broken)),
            Some(_) | None => Poll::Pending,
        }
    }
}

/// The database, and all that is under way to it.
pub struct Wire {
    pub database: Database,
    random: fastrand::Rng,
    pub weather: Weather,
    letters: Vec<Letter>,
    connections: u64,
    /// Which nodes the database is out of reach for, and until when.
    cut: BTreeMap<Holder, Instant>,
    pub sent: u64,
    pub slow: u64,
    pub lost: u64,
    /// What arrived when whoever had asked had given it up, or was no more.
    pub late: u64,
}

impl Wire {
    pub fn new(seed: u64, defect: Defect) -> Self {
        Self {
            database: Database::new(defect),
            random: fastrand::Rng::with_seed(seed),
            weather: Weather::default(),
            letters: Vec::new(),
            connections: 0,
            cut: BTreeMap::new(),
            sent: 0,
            slow: 0,
            lost: 0,
            late: 0,
        }
    }

    fn chance(&mut self, thousandths: u32) -> bool {
        thousandths > 0 && self.random.u32(..1_000) < thousandths
    }

    pub fn connect(&mut self) -> Connection {
        self.connections += 1;
        self.connections
    }

    /// The database is out of reach for a node until then.
    pub fn cut_off(&mut self, holder: Holder, until: Instant) {
        self.cut.insert(holder, until);
    }

    /// Nothing new goes wrong.
    pub fn calm_down(&mut self) {
        self.weather = Weather::default();
        self.cut.clear();
    }

    /// Asks the database for something.
    pub fn send<T: 'static>(
        &mut self,
        (holder, connection): (Holder, Connection),
        what: &str,
        ask: impl FnOnce(&mut Database, Instant) -> T + 'static,
    ) -> Reply<T> {
        let now = monotonic();
        self.sent += 1;
        let is_cut = self.cut.get(&holder).is_some_and(|until| *until > now);
        let Weather { slow, loses_requests, loses_answers } = self.weather;
        let is_lost = is_cut || self.chance(loses_requests);
        let loses_answer = self.chance(loses_answers);
        let delays = [self.delay(slow), self.delay(slow)];
        let is_told = !is_cut && self.random.bool();
        let tells_in = Duration::from_millis(self.random.u64(..200));
        let breaks_at = ((is_lost || loses_answer) && is_told).then(|| now + tells_in);
        let slot = Rc::new(RefCell::new(Slot { answer: None, comes_at: None, breaks_at }));
        self.lost += u64::from(is_lost || loses_answer);
        self.slow += delays.iter().filter(|delay| !delay.is_zero()).count() as u64;
        if !is_lost {
            let filled = Rc::clone(&slot);
            let [there, back] = delays;
            let open = Box::new(move |database: &mut Database, now| {
                if database.has_ended(connection) {
                    filled.borrow_mut().breaks_at.get_or_insert(now);
                    return true;
                }
                let answer = ask(database, now);
                let is_awaited = Rc::strong_count(&filled) > 1;
                if !loses_answer {
                    let mut slot = filled.borrow_mut();
                    (slot.answer, slot.comes_at) = (Some(answer), Some(now + back));
                }
                is_awaited
            });
            let what = format!("node {holder} {what}");
            self.letters.push(Letter { what, connection, arrives_at: now + there, open });
        }
        Reply(slot)
    }

    /// A connection is given up, or whoever had it is no more: the database sees its end once it has done what
    /// it was asked on it, and may be slow to see it.
    pub fn give_up(&mut self, connection: Connection) {
        let delay = self.delay(250);
        let open = Box::new(move |database: &mut Database, _| {
            database.end(connection);
            true
        });
        let what = format!("connection {connection} ends");
        self.letters.push(Letter { what, connection, arrives_at: monotonic() + delay, open });
    }

    fn delay(&mut self, slow: u32) -> Duration {
        if !self.chance(slow) {
            return Duration::ZERO;
        }
        let most = if self.random.bool() { SLOWEST_MILLIS } else { 1_000 };
        Duration::from_millis(self.random.u64(1..most))
    }

    /// Something arrives; none when nothing is there yet. What goes on one connection comes in its order, and
    /// what goes on several in any.
    pub fn deliver(&mut self) -> Option<String> {
        let now = monotonic();
        let is_first = |place: &usize| {
            let connection = self.letters[*place].connection;
            self.letters[..*place].iter().all(|letter| letter.connection != connection)
        };
        let there: Vec<usize> = (0..self.letters.len())
            .filter(|place| self.letters[*place].arrives_at <= now && is_first(place))
            .collect();
        if there.is_empty() {
            return None;
        }
        let place = there[self.random.usize(..there.len())];
        let letter = self.letters.remove(place);
        let is_awaited = (letter.open)(&mut self.database, now);
        self.late += u64::from(!is_awaited);
        Some(if is_awaited { letter.what } else { format!("late, {}", letter.what) })
    }
}
