//! A node's way to the database: as `store/postgres/writer.rs` is, on a wire that is simulated. A connection
//! on which something failed is given up, and the next one begins another epoch.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use signaling::{Event, GroupId, Timestamp, UserId};
use tokio::time::Instant;

use super::database::{Connection, Database, Hold, Refused};
use super::lease::{DEADLINE, Lease};
use super::wire::Wire;
use crate::clock::monotonic;
use crate::identity::tokens::Held;
use crate::identity::{JoinCode, TokenHash};
use crate::store::cleanup::Cleanup;
use crate::store::log::{EncodedEvent, Loaded};
use crate::store::put::Put;
use crate::store::write::{Append, FirstAnswer, KeysOf, Write};
use crate::store::{Failure, StoreWriter, Tended};
use crate::tests::simulation::disk::Contents;

/// How long a node is out of reach of the database before it shows nothing more.
const CUT_OFF: Duration = Duration::from_secs(5);

/// An append that may arrive when whoever sent it is no more.
struct Sent {
    group_id: GroupId,
    creates: Option<(JoinCode, Timestamp)>,
    expected_seq: u64,
    events: Vec<EncodedEvent>,
    next_deadline: Option<Timestamp>,
}

impl Sent {
    fn of(append: &Append<'_>) -> Self {
        Self {
            group_id: append.group_id,
            creates: append.creates.map(|(code, at)| (code.clone(), at)),
            expected_seq: append.expected_seq,
            events: append.events.to_vec(),
            next_deadline: append.next_deadline,
        }
    }

    fn append(&self) -> Append<'_> {
        Append {
            group_id: self.group_id,
            creates: self.creates.as_ref().map(|(code, at)| (code, *at)),
            expected_seq: self.expected_seq,
            events: &self.events,
            next_deadline: self.next_deadline,
        }
    }
}

/// The connection that writes.
pub struct NodeStore {
    connection: Option<Connection>,
    lease: Rc<Lease>,
    wire: Rc<RefCell<Wire>>,
}

impl NodeStore {
    pub fn new(lease: Rc<Lease>, wire: Rc<RefCell<Wire>>) -> Self {
        let connection = Some(wire.borrow_mut().connect());
        Self { connection, lease, wire }
    }

    /// Asks the database once, on a connection.
    async fn once<T: 'static>(
        &self,
        connection: Connection,
        until: Instant,
        what: &str,
        ask: impl FnOnce(&mut Database, Instant) -> Result<T, Refused> + 'static,
    ) -> Result<T, Refused> {
        let reply = self.wire.borrow_mut().send((self.lease.holder, connection), what, ask);
        let answer = poll_fn(|_| match reply.poll() {
            Poll::Ready(Ok(answer)) => Poll::Ready(answer),
            Poll::Ready(Err(_)) => {
                Poll::Ready(Err(Refused::Failed("the connection has broken".into())))
            }
            Poll::Pending if monotonic() >= until => {
                Poll::Ready(Err(Refused::Failed("the database has not answered".into())))
            }
            Poll::Pending => Poll::Pending,
        })
        .await;
        self.lease.answers.set(self.lease.answers.get() + 1);
        answer
    }

    async fn on_connection<T: 'static>(
        &mut self,
        until: Instant,
        what: &str,
        ask: impl FnOnce(&mut Database, Instant, Hold) -> Result<T, Refused> + 'static,
    ) -> Result<T, Refused> {
        let connection = match self.connection {
            Some(connection) => connection,
            None => {
                let connection = self.wire.borrow_mut().connect();
                let holder = self.lease.holder;
                let begun = self.once(connection, until, "begins an epoch", move |it, _| {
                    it.begin_epoch(holder)
                });
                match begun.await {
                    Ok(epoch) => self.lease.epoch.set(epoch),
                    Err(refused) => {
                        self.wire.borrow_mut().give_up(connection);
                        return Err(refused);
                    }
                }
                *self.connection.insert(connection)
            }
        };
        let hold = self.lease.hold();
        self.once(connection, until, what, move |database, now| ask(database, now, hold)).await
    }

    /// Asks for something, and gives the connection up where that fails.
    async fn ask_until<T: 'static>(
        &mut self,
        until: Instant,
        what: &str,
        ask: impl FnOnce(&mut Database, Instant, Hold) -> Result<T, Refused> + 'static,
    ) -> Result<T, Failure> {
        let done = self.on_connection(until, what, ask).await;
        match &done {
            Ok(_) | Err(Refused::Elsewhere) => {}
            Err(Refused::TakenOver) => {
                self.lease.lose();
                self.invalidate();
            }
            Err(Refused::Failed(_)) => self.invalidate(),
        }
        done.map_err(Failure::from)
    }

    async fn ask<T: 'static>(
        &mut self,
        what: &str,
        ask: impl FnOnce(&mut Database, Instant, Hold) -> Result<T, Refused> + 'static,
    ) -> Result<T, Failure> {
        self.ask_until(monotonic() + DEADLINE, what, ask).await
    }

    async fn read<T: 'static>(
        &mut self,
        read: impl FnOnce(&Contents) -> T + 'static,
    ) -> Result<T, Failure> {
        self.ask("reads", move |database, _, _| Ok(read(&database.contents))).await
    }
}

impl Drop for NodeStore {
    fn drop(&mut self) {
        self.invalidate();
    }
}

impl StoreWriter for NodeStore {
    async fn load(&mut self, group_id: GroupId) -> Result<Option<Loaded>, Failure> {
        let until = monotonic() + DEADLINE;
        let claim = move |it: &mut Database, now, hold| it.claim(hold, group_id, now);
        if self.ask_until(until, "claims", claim).await? {
            self.ask_until(until, "loads", move |it, _, _| Ok(it.contents.load(group_id))).await
        } else {
            Ok(None)
        }
    }

    async fn events_after(&mut self, group_id: GroupId, seq: u64) -> Result<Vec<Event>, Failure> {
        self.read(move |contents| contents.events_after(group_id, seq)).await
    }

    async fn first_answer(
        &mut self,
        group_id: GroupId,
        user: UserId,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<FirstAnswer>, Failure> {
        let key = key.to_owned();
        self.read(move |contents| contents.first_answer(group_id, user, &key, now)).await
    }

    async fn keys_of(&mut self, group_id: GroupId, user: UserId) -> Result<KeysOf, Failure> {
        self.read(move |contents| contents.keys_of(group_id, user)).await
    }

    async fn event(&mut self, group_id: GroupId, seq: u64) -> Result<Option<Event>, Failure> {
        self.read(move |contents| contents.event(group_id, seq)).await
    }

    async fn token(&mut self, token: TokenHash) -> Result<Option<(Held, u32)>, Failure> {
        self.read(move |contents| contents.token(token)).await
    }

    async fn ticket(
        &mut self,
        ticket: TokenHash,
        now: Timestamp,
    ) -> Result<Option<(GroupId, UserId)>, Failure> {
        self.read(move |contents| contents.ticket(ticket, now)).await
    }

    async fn has_code(&mut self, code: &JoinCode) -> Result<bool, Failure> {
        let code = code.clone();
        self.read(move |contents| contents.group_of_code(&code).is_some()).await
    }

    async fn has_handover(&mut self, token: TokenHash) -> Result<bool, Failure> {
        self.read(move |contents| contents.links.contains_key(token.as_bytes())).await
    }

    async fn has_ended(&mut self, group_id: GroupId) -> Result<Option<bool>, Failure> {
        self.read(move |contents| contents.has_ended(group_id)).await
    }

    async fn ended_before(&mut self, moment: Timestamp) -> Result<Option<GroupId>, Failure> {
        self.read(move |contents| contents.ended_before(moment)).await
    }

    async fn commit(
        &mut self,
        now: Timestamp,
        appends: &[Append<'_>],
        writes: &[(GroupId, Write)],
    ) -> Result<(), Failure> {
        let sent: Vec<Sent> = appends.iter().map(Sent::of).collect();
        let writes = writes.to_vec();
        self.ask("commits", move |database, at, hold| {
            let appends: Vec<Append<'_>> = sent.iter().map(Sent::append).collect();
            database.commit(hold, now, &appends, &writes, at)
        })
        .await
    }

    async fn put(&mut self, put: Put) -> Result<(), Failure> {
        self.ask("puts", move |database, _, _| {
            database.contents.put(&put);
            Ok(())
        })
        .await
    }

    async fn soft_delete(&mut self, _: GroupId, _: Timestamp) -> Result<(), Failure> {
        Err("no class of several nodes is deleted here".into())
    }

    async fn rewrite(
        &mut self,
        _: &Append<'_>,
        _: UserId,
        _: &[(u64, String)],
    ) -> Result<(), Failure> {
        Err("nobody is erased from a class of several nodes here".into())
    }

    async fn purge(&mut self, now: Timestamp) -> Result<bool, Failure> {
        self.ask("purges", move |database, _, _| {
            database.contents.purge(now);
            Ok(false)
        })
        .await
    }

    async fn clean_up(&mut self) -> Result<Cleanup, Failure> {
        Ok(Cleanup::Done)
    }

    fn invalidate(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.wire.borrow_mut().give_up(connection);
        }
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn release(&mut self, group_id: GroupId) -> Result<(), Failure> {
        self.ask("releases", move |database, _, hold| {
            database.release(hold, group_id);
            Ok(())
        })
        .await
    }

    async fn tend(&mut self, now: Timestamp) -> Result<Tended, Failure> {
        if self.lease.overdue() > CUT_OFF {
            let late = self.lease.late();
            return Ok(Tended { orphans: Vec::new(), homes: Some(Vec::new()), late });
        }
        let (late, is_in_doubt) = (self.lease.late(), self.lease.is_in_doubt());
        let until = monotonic() + DEADLINE;
        let orphans = move |it: &mut Database, at, _: Hold| Ok(it.orphans(now, at));
        let orphans = self.ask_until(until, "looks for orphans", orphans).await?;
        let homes = if is_in_doubt {
            let homes = |it: &mut Database, _: Instant, hold: Hold| Ok(it.homes(hold.holder));
            Some(self.ask_until(until, "asks for its homes", homes).await?)
        } else {
            None
        };
        Ok(Tended { orphans, homes, late })
    }

    fn has_tended(&mut self, late: u64) {
        self.lease.settle(late);
    }
}
