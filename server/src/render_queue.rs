//! The render queue, a fair queue for what costs much to make: pages, large snapshots and exports. A few low-priority
//! threads of their own make it, so that verbs and live streams never wait for it; classes take
//! turns, so that one that asks for much does not hold up another; and whoever has gone is not
//! worked for.
//!
//! Who asks holds a [`Slot`] from the request until the last byte has left, which bounds what waits
//! and what lies in memory for slow readers. While something is being made it holds one of the few
//! [`Permit`]s.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::response::Response;
use parking_lot::{Mutex, MutexGuard};
use signaling::GroupId;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::clock::monotonic;
use crate::error::Error;
use crate::identity::{Token, TokenHash};
use crate::integrations::Integration;
use crate::limits::networks::{network, site};

/// How many requests of one asker may wait, be worked on or be sent at once: a browser opens six
/// connections.
const SLOTS_OF_ASKER: usize = 8;
/// The same of one party: a class that comes back at once after a restart fits in.
const SLOTS_OF_PARTY: usize = 1_024;
/// The same of everybody.
const SLOTS: usize = 8_192;
/// How many bytes may lie in memory for all readers before nothing more is made for them; for a party
/// that has nothing yet there is as much again.
const BYTES: usize = 64 << 20;
/// The same for the readers of one party: as much as is free, and so much at most.
const BYTES_OF_PARTY: usize = 20 << 20;
/// The same for the readers in one network, who may be many parties.
const BYTES_OF_NETWORK: usize = BYTES / 2;
/// The lowest-but-some priority, in the steps of `nice`: an eighth of what the others get while all
/// want to work.
const NICENESS: i32 = 10;
/// How long one piece of work is taken to last before any has been measured.
const FIRST_GUESS: Duration = Duration::from_millis(5);

/// Those who share what the queue gives: the parties take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Party {
    /// Everybody in a class.
    Class(GroupId),
    /// Everybody in a network, where no class is meant.
    Network(IpAddr),
    /// Administrators.
    Administrators,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Asker {
    Browser(TokenHash),
    Network(IpAddr),
}

/// Who asks, and with whom they share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asking {
    pub(crate) party: Party,
    pub(crate) asker: Asker,
    /// None where it is not known, or of no account.
    pub(crate) network: Option<IpAddr>,
}

impl Asking {
    /// A member of a class.
    pub fn of_member(group_id: GroupId, token: &Token) -> Self {
        let asker = Asker::Browser(token.hash());
        Self { party: Party::Class(group_id), asker, network: None }
    }

    /// An integration, on behalf of a member of a class.
    pub(crate) fn of_integration(group_id: GroupId, integration: &Integration) -> Self {
        let asker = Asker::Browser(integration.key);
        Self { party: Party::Class(group_id), asker, network: None }
    }

    /// The same from this address.
    #[must_use]
    pub(crate) fn from(self, address: IpAddr) -> Self {
        Self { network: Some(site(address)), ..self }
    }

    /// An administrator, by their session.
    pub fn of_administrator(session: &Token) -> Self {
        let asker = Asker::Browser(session.hash());
        Self { party: Party::Administrators, asker, network: None }
    }

    /// Somebody of whom no more is known than where they are.
    pub fn of_stranger(address: IpAddr) -> Self {
        let network = network(address);
        let (party, asker) = (Party::Network(network), Asker::Network(network));
        Self { party, asker, network: Some(site(address)) }
    }
}

#[derive(Default)]
struct Share {
    slots: usize,
    /// What lies in memory for its readers.
    bytes: usize,
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    number: u64,
    network: Option<IpAddr>,
    permit: oneshot::Sender<Permit>,
}

#[derive(Default)]
struct State {
    /// How many are being worked for.
    working: usize,
    slots: usize,
    bytes: usize,
    shares: HashMap<Party, Share>,
    askers: HashMap<Asker, usize>,
    /// What lies in memory for the readers in each network.
    networks: HashMap<IpAddr, usize>,
    /// The parties of whom somebody waits, in the order of their turns.
    turns: VecDeque<Party>,
    next_number: u64,
    /// How long a piece of work lasts, of late.
    lasts: Duration,
}

struct Shared {
    permits: usize,
    state: Mutex<State>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Gives free permits to those whose turn it is.
    fn serve(self: &Arc<Self>) {
        loop {
            let waiting = {
                let mut state = self.state();
                if state.working >= self.permits {
                    return;
                }
                let Some(waiting) = state.next() else { return };
                state.working += 1;
                waiting
            };
            let permit = Permit { shared: Arc::clone(self), since: monotonic() };
            // Whoever went at this very moment gives it back by dropping it.
            let _ = waiting.permit.send(permit);
        }
    }
}

impl State {
    /// Whether something more may be made for readers of this party in this network.
    fn may_hold(&self, party: Party, network: Option<IpAddr>) -> bool {
        let of_party = self.shares.get(&party).map_or(0, |share| share.bytes);
        let of_network = network.and_then(|network| self.networks.get(&network)).copied();
        let of_network = of_network.unwrap_or(0);
        if of_party == 0 {
            return of_network < 2 * BYTES_OF_NETWORK && self.bytes < 2 * BYTES;
        }
        let free = BYTES.saturating_sub(self.bytes);
        of_party < BYTES_OF_PARTY.min(free) && of_network < BYTES_OF_NETWORK
    }

    /// Whoever comes next: the first of the party that has waited longest for its turn, of those for
    /// which something more may be made.
    fn next(&mut self) -> Option<Waiting> {
        for _ in 0..self.turns.len() {
            let party = self.turns.pop_front()?;
            let waiting = self.shares.get(&party).map(|share| &share.waiting);
            let mut waiting = waiting.into_iter().flatten();
            let place = waiting.position(|waiting| self.may_hold(party, waiting.network));
            let Some(share) = self.shares.get_mut(&party) else { continue };
            let next = place.and_then(|place| share.waiting.remove(place));
            if !share.waiting.is_empty() {
                self.turns.push_back(party);
            }
            if next.is_some() {
                return next;
            }
        }
        None
    }

    /// How long it takes until what this party has waiting is done.
    fn wait_of(&self, party: Party, permits: usize) -> Duration {
        let own = self.shares.get(&party).map_or(0, |share| share.waiting.len());
        let ahead = own.max(1) * self.turns.len().max(1) / permits.max(1);
        self.lasts * u32::try_from(ahead).unwrap_or(u32::MAX)
    }
}

/// A place in what waits, is worked on, or is being sent.
pub(crate) struct Slot {
    shared: Arc<Shared>,
    asking: Asking,
    bytes: usize,
}

impl Slot {
    /// These bytes lie in memory until they are dropped: then the slot is given back.
    fn holding(mut self, bytes: Bytes) -> Bytes {
        self.bytes = bytes.len();
        let mut state = self.shared.state();
        state.bytes += self.bytes;
        let Asking { party, network, .. } = self.asking;
        if let Some(share) = state.shares.get_mut(&party) {
            share.bytes += self.bytes;
        }
        if let Some(network) = network {
            *state.networks.entry(network).or_default() += self.bytes;
        }
        drop(state);
        Bytes::from_owner(Sent { bytes, _slot: self })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.slots -= 1;
        state.bytes -= self.bytes;
        let Asking { party, asker, network } = self.asking;
        if let Some(share) = state.shares.get_mut(&party) {
            share.slots -= 1;
            share.bytes -= self.bytes;
            if share.slots == 0 {
                state.shares.remove(&party);
            }
        }
        if let Some(slots) = state.askers.get_mut(&asker) {
            *slots -= 1;
            if *slots == 0 {
                state.askers.remove(&asker);
            }
        }
        if let Some(network) = network
            && let Some(bytes) = state.networks.get_mut(&network)
        {
            *bytes -= self.bytes;
            if *bytes == 0 {
                state.networks.remove(&network);
            }
        }
        drop(state);
        if self.bytes > 0 {
            // Somebody may wait for room.
            self.shared.serve();
        }
    }
}

/// Leave to work.
struct Permit {
    shared: Arc<Shared>,
    since: Instant,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.working -= 1;
        // A moving average, of about the last sixteen.
        state.lasts = (state.lasts * 15 + (monotonic() - self.since)) / 16;
        drop(state);
        self.shared.serve();
    }
}

/// Takes somebody who waits out of the queue when they go.
struct InLine<'a> {
    slot: &'a Slot,
    number: u64,
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        let mut state = self.slot.shared.state();
        let party = self.slot.asking.party;
        let Some(share) = state.shares.get_mut(&party) else { return };
        let waited = share.waiting.len();
        share.waiting.retain(|waiting| waiting.number != self.number);
        if share.waiting.is_empty() && waited > 0 {
            state.turns.retain(|turn| *turn != party);
        }
    }
}

/// Ends the work when nobody waits for it any more.
struct Work<T>(JoinHandle<T>);

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The queue, and the threads that work.
pub(crate) struct RenderQueue {
    shared: Arc<Shared>,
    threads: Option<Runtime>,
    handle: Handle,
}

impl RenderQueue {
    /// Starts the threads: half as many as there are processors.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start() -> std::io::Result<Self> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = (processors / 2).max(1);
        // One more than threads: while one reads the file, another is made.
        Self::with(workers, workers + 1)
    }

    fn with(workers: usize, permits: usize) -> std::io::Result<Self> {
        let threads = Builder::new_multi_thread()
            .worker_threads(workers)
            .thread_name("render")
            .on_thread_start(|| {
                // Of the thread that calls it, on Linux. Without it the threads are but equal.
                if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
                    tracing::debug!(%error, "cannot lower the priority of a thread");
                }
            })
            .enable_all()
            .build()?;
        let state = State { lasts: FIRST_GUESS, ..State::default() };
        let shared = Arc::new(Shared { permits, state: Mutex::new(state) });
        Ok(Self { shared, handle: threads.handle().clone(), threads: Some(threads) })
    }

    /// Has something done beside what is made, by the same threads: nobody waits for it.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.handle.spawn(work);
    }

    /// A slot for somebody who asks.
    ///
    /// # Errors
    /// When they, or all with whom they share, have as many as they may, or everybody has.
    pub fn slot(&self, asking: Asking) -> Result<Slot, Error> {
        let mut state = self.shared.state();
        let Asking { party, asker, network } = asking;
        let wait = state.wait_of(party, self.shared.permits).max(Duration::from_secs(1));
        let slots = state.shares.get(&party).map_or(0, |share| share.slots);
        let of_asker = state.askers.get(&asker).copied().unwrap_or(0);
        if of_asker >= slots_of(asker) || slots >= SLOTS_OF_PARTY {
            return Err(Error::TooFast(wait));
        }
        if state.slots >= SLOTS || !state.may_hold(party, network) {
            return Err(Error::Busy(wait));
        }
        state.slots += 1;
        state.shares.entry(party).or_default().slots += 1;
        *state.askers.entry(asker).or_default() += 1;
        drop(state);
        Ok(Slot { shared: Arc::clone(&self.shared), asking, bytes: 0 })
    }

    /// Has something made when the turn of its party comes. Whoever drops this has it given up.
    ///
    /// # Errors
    /// When making it panicked, or the server stops.
    pub async fn make<T: Send + 'static>(
        &self,
        slot: &Slot,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Error> {
        Ok(self.make_with_permit(slot, work).await?.0)
    }

    async fn make_with_permit<T: Send + 'static>(
        &self,
        slot: &Slot,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<(T, Permit), Error> {
        let permit = self.permit(slot).await?;
        let working = self.handle.spawn(async move { (work.await, permit) });
        let mut working = Work(working);
        (&mut working.0).await.map_err(|error| Error::Internal(Box::new(error)))
    }

    /// Has bytes made when the turn of their party comes. They hold the slot until they are dropped.
    ///
    /// # Errors
    /// As [`make`](Self::make), and those of the work.
    pub async fn make_bytes<T: Send + 'static>(
        &self,
        slot: Slot,
        work: impl Future<Output = Result<(T, Bytes), Error>> + Send + 'static,
    ) -> Result<(T, Bytes), Error> {
        // The permit is given back last: whoever comes next finds these bytes counted.
        let (made, _permit) = self.make_with_permit(&slot, work).await?;
        let (made, bytes) = made?;
        Ok((made, slot.holding(bytes)))
    }

    async fn permit(&self, slot: &Slot) -> Result<Permit, Error> {
        let (permit, given) = oneshot::channel();
        let in_line = {
            let mut state = self.shared.state();
            let number = state.next_number;
            state.next_number += 1;
            let Asking { party, network, .. } = slot.asking;
            if let Some(share) = state.shares.get_mut(&party) {
                share.waiting.push_back(Waiting { number, network, permit });
                if share.waiting.len() == 1 {
                    state.turns.push_back(party);
                }
            }
            InLine { slot, number }
        };
        self.shared.serve();
        let permit = given.await.map_err(|_| Error::Stopping);
        drop(in_line);
        permit
    }

    /// Has a response made, whole, and gives it out with a body that holds the slot until it is
    /// sent.
    ///
    /// # Errors
    /// As [`slot`](Self::slot) and [`make`](Self::make).
    pub async fn respond(
        &self,
        asking: Asking,
        work: impl Future<Output = Response> + Send + 'static,
    ) -> Result<Response, Error> {
        let slot = self.slot(asking)?;
        let whole = async move {
            let (head, body) = work.await.into_parts();
            let bytes = axum::body::to_bytes(body, usize::MAX).await;
            bytes.map(|bytes| (head, bytes)).map_err(|error| Error::Internal(Box::new(error)))
        };
        let (head, bytes) = self.make_bytes(slot, whole).await?;
        Ok(Response::from_parts(head, bytes.into()))
    }
}

const fn slots_of(asker: Asker) -> usize {
    match asker {
        Asker::Browser(_) => SLOTS_OF_ASKER,
        // A school that opens the link at once, all behind one address.
        Asker::Network(_) => SLOTS_OF_PARTY,
    }
}

impl Drop for RenderQueue {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}

/// The bytes of a body, which hold their slot until they are sent or given up.
struct Sent {
    bytes: Bytes,
    _slot: Slot,
}

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use futures::future::join_all;

    use super::*;

    const LARGE: Party = Party::Class(GroupId::from_bytes([1; 16]));
    const SMALL: Party = Party::Class(GroupId::from_bytes([2; 16]));

    fn asking(party: Party, number: u8) -> Asking {
        let asker = Asker::Browser(TokenHash::of(format!("{party:?} {number}").as_bytes()));
        Asking { party, asker, network: None }
    }

    /// A queue of which the one place is taken until the sender is used.
    async fn busy() -> (Arc<RenderQueue>, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
        let queue = Arc::new(RenderQueue::with(1, 1).expect("a thread"));
        let (done, over) = oneshot::channel();
        let (began, has_begun) = oneshot::channel();
        let working = tokio::spawn({
            let queue = Arc::clone(&queue);
            async move {
                let slot = queue.slot(asking(LARGE, 0)).expect("a slot");
                let work = async move {
                    let _ = began.send(());
                    let _ = over.await;
                };
                queue.make(&slot, work).await.expect("it is made");
            }
        });
        has_begun.await.expect("it begins");
        (queue, done, working)
    }

    #[tokio::test]
    async fn a_party_that_asks_for_much_waits_for_its_turn() {
        let (queue, done, working) = busy().await;
        let made = Arc::new(Mutex::new(Vec::new()));
        let parties = [LARGE, LARGE, LARGE, LARGE, SMALL, SMALL];
        let slots = parties.into_iter().zip(1..);
        let slots = slots.map(|(party, number)| queue.slot(asking(party, number)));
        let slots: Vec<Slot> = slots.map(|slot| slot.expect("a slot")).collect();
        let all = join_all(slots.iter().map(|slot| {
            let (made, party) = (Arc::clone(&made), slot.asking.party);
            queue.make(slot, async move { made.lock().push(party) })
        }));
        let mut all = std::pin::pin!(all);
        assert!(all.as_mut().now_or_never().is_none(), "all of them wait");
        done.send(()).expect("somebody works");
        for made in all.await {
            made.expect("it is made");
        }
        working.await.expect("it ends");
        let order = made.lock().clone();
        assert_eq!(order, [LARGE, SMALL, LARGE, SMALL, LARGE, LARGE]);
    }

    #[tokio::test]
    async fn nobody_works_for_whoever_has_gone() {
        let (queue, done, working) = busy().await;
        let made = Arc::new(Mutex::new(0));
        for number in 1..=100 {
            let slot = queue.slot(asking(LARGE, number)).expect("a slot");
            let count = Arc::clone(&made);
            let making = queue.make(&slot, async move { *count.lock() += 1 });
            assert!(making.now_or_never().is_none(), "it waits, and is given up");
        }
        done.send(()).expect("somebody works");
        working.await.expect("it ends");
        let slot = queue.slot(asking(SMALL, 1)).expect("a slot");
        queue.make(&slot, async {}).await.expect("it is made");
        assert_eq!(*made.lock(), 0);
        drop(slot);
        let state = queue.shared.state();
        assert_eq!((state.slots, state.bytes, state.working), (0, 0, 0));
        assert!(state.shares.is_empty() && state.askers.is_empty() && state.turns.is_empty());
        assert!(state.networks.is_empty());
    }

    #[tokio::test]
    async fn a_party_has_one_turn_however_often_it_asks_and_goes() {
        let (queue, done, working) = busy().await;
        let small = queue.slot(asking(SMALL, 1)).expect("a slot");
        let mut small = std::pin::pin!(queue.make(&small, async {}));
        assert!(small.as_mut().now_or_never().is_none(), "it waits");
        for number in 1..=100 {
            let slot = queue.slot(asking(LARGE, number)).expect("a slot");
            assert!(queue.make(&slot, async {}).now_or_never().is_none(), "it is given up");
        }
        assert_eq!(queue.shared.state().turns, [SMALL]);
        done.send(()).expect("somebody works");
        working.await.expect("it ends");
        small.await.expect("it is made");
    }

    #[tokio::test]
    async fn whoever_reads_nothing_has_so_many_under_way_and_others_go_on() {
        let queue = RenderQueue::with(1, 1).expect("a thread");
        let page = || async { Response::new("a page".repeat(1_000).into()) };
        let mut unread = Vec::new();
        let refused = loop {
            match queue.respond(asking(LARGE, 1), page()).await {
                Ok(response) => unread.push(response),
                Err(error) => break error,
            }
        };
        assert_eq!(unread.len(), SLOTS_OF_ASKER);
        assert!(matches!(refused, Error::TooFast(wait) if wait >= Duration::from_secs(1)));
        queue.respond(asking(LARGE, 2), page()).await.expect("a classmate goes on");
        drop(unread.pop());
        queue.respond(asking(LARGE, 1), page()).await.expect("one is read");
    }

    #[tokio::test]
    async fn so_many_bytes_lie_in_memory_for_one_party_and_others_go_on() {
        let queue = RenderQueue::with(1, 1).expect("a thread");
        let large = || async { Response::new("a".repeat(BYTES_OF_PARTY / 4).into()) };
        let mut unread = Vec::new();
        for number in 0..4 {
            let response = queue.respond(asking(LARGE, number), large()).await;
            unread.push(response.expect("a page"));
        }
        assert!(matches!(queue.slot(asking(LARGE, 9)), Err(Error::Busy(_))));
        queue.respond(asking(SMALL, 1), large()).await.expect("another class goes on");
        unread.clear();
        queue.slot(asking(LARGE, 9)).expect("they were read");
    }

    #[tokio::test]
    async fn however_many_parties_have_much_there_is_room_for_one_that_has_nothing() {
        let queue = RenderQueue::with(1, 1).expect("a thread");
        let large = || async { Response::new("a".repeat(1 << 20).into()) };
        let mut unread = Vec::new();
        for number in 10..40 {
            let party = Party::Class(GroupId::from_bytes([number; 16]));
            for asker in 0..64 {
                unread.extend(queue.respond(asking(party, asker), large()).await.ok());
            }
        }
        assert!(queue.shared.state().bytes >= BYTES);
        queue.respond(asking(SMALL, 1), large()).await.expect("a class that has nothing yet");
    }

    #[tokio::test]
    async fn a_network_takes_no_more_than_its_share_whatever_parties_are_in_it() {
        let queue = RenderQueue::with(1, 1).expect("a thread");
        let (here, elsewhere) = (IpAddr::from([192, 0, 2, 7]), IpAddr::from([192, 0, 2, 8]));
        let large = || async { Response::new("a".repeat(1 << 20).into()) };
        let mut unread = Vec::new();
        for number in 0..u8::MAX {
            let party = Party::Class(GroupId::from_bytes([number; 16]));
            for asker in 0..2 {
                unread.extend(queue.respond(asking(party, asker).from(here), large()).await.ok());
            }
        }
        assert_eq!(queue.shared.state().bytes, 2 * BYTES_OF_NETWORK);
        let other = Party::Class(GroupId::from_bytes([u8::MAX; 16]));
        let here = queue.respond(asking(other, 1).from(here), large()).await;
        assert!(matches!(here, Err(Error::Busy(_))));
        queue.respond(asking(other, 1).from(elsewhere), large()).await.expect("another network");
    }

    #[tokio::test]
    async fn what_waits_is_made_when_there_is_room_for_it() {
        let (queue, done, working) = busy().await;
        let (made, mut news) = tokio::sync::mpsc::unbounded_channel();
        for (party, number) in [(LARGE, 1), (LARGE, 2), (SMALL, 3)] {
            let asking = asking(party, number);
            let (queue, made) = (Arc::clone(&queue), made.clone());
            let slot = queue.slot(asking).expect("a slot");
            let bytes = Bytes::from("a".repeat(BYTES_OF_PARTY));
            let mut making = Box::pin(async move {
                let bytes = queue.make_bytes(slot, async { Ok(((), bytes)) }).await;
                let _ = made.send((number, bytes.expect("it is made")));
            });
            assert!(making.as_mut().now_or_never().is_none(), "it waits");
            tokio::spawn(making);
        }
        done.send(()).expect("somebody works");
        working.await.expect("it ends");
        let (number, first) = news.recv().await.expect("the first");
        assert_eq!(number, 1);
        let (number, _third) = news.recv().await.expect("another class goes on");
        assert_eq!(number, 3);
        assert!(news.try_recv().is_err(), "the second has to wait");
        drop(first);
        assert_eq!(news.recv().await.expect("the first was read").0, 2);
    }

    #[tokio::test]
    async fn what_panics_is_an_error_and_the_next_is_made() {
        let queue = RenderQueue::with(1, 1).expect("a thread");
        let slot = queue.slot(asking(LARGE, 1)).expect("a slot");
        let panics = async { panic!("a page that cannot be made") };
        assert!(matches!(queue.make::<()>(&slot, panics).await, Err(Error::Internal(_))));
        queue.make(&slot, async {}).await.expect("the next one");
    }
}
