//! What a node knows of its lease, and how it renews it: as `store/postgres/lease.rs` does, on a wire that
//! is simulated. It goes by the node's own clock that only goes on, which may be slower or faster.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use super::database::{Connection, Hold, Holder, Renewed};
use super::wire::{Reply, Wire};
use crate::clock::monotonic;
pub use crate::store::postgres::deadline::DEADLINE;

const RENEWED_EVERY: Duration = Duration::from_secs(1);
const HOLDS: Duration = Duration::from_secs(3);

/// The lease of a node, as far as it knows.
pub struct Lease {
    pub holder: Holder,
    /// By how many millionths its clock is too fast.
    drift: i32,
    began_at: Instant,
    pub epoch: Cell<u64>,
    renewed_at: Cell<Duration>,
    /// When that was by the database's clock, of which the node knows nothing.
    pub renewed_there_at: Cell<Instant>,
    is_apart: Cell<bool>,
    late: Cell<u64>,
    settled: Cell<u64>,
    pub is_released: Cell<bool>,
    pub is_lost: Cell<bool>,
    /// How often the writer has got an answer of the database, or has seen that none comes.
    pub answers: Cell<u64>,
}

impl Lease {
    pub fn taken(holder: Holder, drift: i32) -> Rc<Self> {
        let now = monotonic();
        Rc::new(Self {
            holder,
            drift,
            began_at: now,
            epoch: Cell::new(0),
            renewed_at: Cell::new(Duration::ZERO),
            renewed_there_at: Cell::new(now),
            is_apart: Cell::new(false),
            late: Cell::new(0),
            settled: Cell::new(0),
            is_released: Cell::new(false),
            is_lost: Cell::new(false),
            answers: Cell::new(0),
        })
    }

    /// The time by the node's own clock.
    fn time(&self) -> Duration {
        let passed = self.began_at.elapsed();
        let off = passed / 1_000_000 * self.drift.unsigned_abs();
        if self.drift < 0 { passed - off } else { passed + off }
    }

    pub fn hold(&self) -> Hold {
        Hold { holder: self.holder, epoch: self.epoch.get() }
    }

    /// For how long the lease has not been renewed, past its end.
    pub fn overdue(&self) -> Duration {
        self.time().saturating_sub(self.renewed_at.get() + HOLDS)
    }

    /// How often others may have taken classes meanwhile.
    pub fn late(&self) -> u64 {
        self.late.get()
    }

    pub fn settle(&self, late: u64) {
        self.settled.set(late);
    }

    /// Whether others may have taken classes that this node still has in memory.
    pub fn is_in_doubt(&self) -> bool {
        self.is_apart.get() || !self.overdue().is_zero() || self.settled.get() != self.late.get()
    }

    /// The lease is found to be gone.
    pub fn lose(&self) {
        if !self.is_released.get() {
            self.is_lost.set(true);
        }
    }

    fn took(&self, renewed: Option<Renewed>, began_at: Duration) {
        match renewed {
            Some(Renewed { at, by_same }) => {
                if self.is_apart.get() || !self.overdue().is_zero() || !by_same {
                    self.late.set(self.late.get() + 1);
                }
                self.renewed_at.set(began_at);
                self.renewed_there_at.set(at);
                self.is_apart.set(false);
            }
            None => self.lose(),
        }
    }
}

struct Asked {
    reply: Reply<Option<Renewed>>,
    began_at: Duration,
    until: Instant,
}

/// What renews a lease, on a connection of its own.
pub struct Renewing {
    pub connection: Option<Connection>,
    asked: Option<Asked>,
    next_at: Instant,
    /// The node has seen that the connection ended.
    pub has_ended: bool,
}

impl Renewing {
    pub fn by(connection: Connection) -> Self {
        let next_at = monotonic() + RENEWED_EVERY;
        Self { connection: Some(connection), asked: None, next_at, has_ended: false }
    }

    /// Does what there is to do; false when there is nothing.
    pub fn go_on(&mut self, lease: &Lease, wire: &RefCell<Wire>) -> bool {
        if lease.is_lost.get() {
            return false;
        }
        let now = monotonic();
        if let Some(Asked { reply, began_at, until }) = &self.asked {
            match reply.poll() {
                Poll::Ready(Ok(renewed)) => lease.took(renewed, *began_at),
                Poll::Pending if now < *until => return false,
                Poll::Pending | Poll::Ready(Err(_)) => {
                    self.give_up(wire);
                    lease.is_apart.set(true);
                }
            }
            self.asked = None;
            return true;
        }
        if lease.is_released.get() || (now < self.next_at && !self.has_ended) {
            return false;
        }
        if self.has_ended {
            self.give_up(wire);
            self.has_ended = false;
        }
        self.next_at = now + RENEWED_EVERY;
        if self.connection.is_none() {
            lease.is_apart.set(true);
        }
        let mut wire = wire.borrow_mut();
        let connection = *self.connection.get_or_insert_with(|| wire.connect());
        let holder = lease.holder;
        let reply = wire.send((holder, connection), "renews", move |database, now| {
            database.renew(holder, connection, now)
        });
        self.asked = Some(Asked { reply, began_at: lease.time(), until: now + DEADLINE });
        true
    }

    fn give_up(&mut self, wire: &RefCell<Wire>) {
        if let Some(connection) = self.connection.take() {
            wire.borrow_mut().give_up(connection);
        }
    }
}
