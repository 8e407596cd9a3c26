//! The connections that are open, and how many a network has of them. When there are as many as may
//! be, whoever has not sent a whole request gives way to who comes.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, MutexGuard};
use tokio::task::AbortHandle;

use crate::limits::networks::site;

/// One of so many that could give way does so at a time: a flood is not gone through anew for each
/// connection that comes.
const ONE_OF: usize = 16;
/// The most that give way at a time.
const AT_A_TIME: usize = 256;

/// What a connection is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Stage {
    /// No request has come whole yet.
    New,
    /// A request is being answered, or a live stream sent.
    Busy,
    /// A request was answered, and no other has come whole.
    Idle,
    /// It has given way.
    Gone,
}

struct Entry {
    network: Option<IpAddr>,
    stage: AtomicU8,
    abort: OnceLock<AbortHandle>,
}

impl Entry {
    fn set(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    fn is(&self, stage: Stage) -> bool {
        self.stage.load(Ordering::Relaxed) == stage as u8
    }
}

#[derive(Default)]
struct Open {
    entries: HashMap<u64, Arc<Entry>>,
    of_network: HashMap<Option<IpAddr>, usize>,
    next_number: u64,
}

impl Open {
    /// Whom to end, so that one more can come: those without a whole request before those that are
    /// idle, those of the networks that have most before others, the oldest before others. Nobody
    /// when all are at work.
    fn give_way(&self, is_meant: impl Fn(&Entry) -> bool) -> Vec<Arc<Entry>> {
        for stage in [Stage::New, Stage::Idle] {
            let mut found: Vec<_> = self
                .entries
                .iter()
                .filter(|(_, it)| it.is(stage) && it.abort.get().is_some() && is_meant(it))
                .collect();
            if found.is_empty() {
                continue;
            }
            found.sort_unstable_by_key(|(number, entry)| {
                (Reverse(self.of_network.get(&entry.network)), **number)
            });
            found.truncate((found.len() / ONE_OF).clamp(1, AT_A_TIME));
            return found.into_iter().map(|(_, entry)| Arc::clone(entry)).collect();
        }
        Vec::new()
    }
}

struct Registry {
    most: usize,
    most_of_network: usize,
    open: Mutex<Open>,
}

impl Registry {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock()
    }
}

/// All connections.
pub(crate) struct Connections(Arc<Registry>);

impl Connections {
    pub fn new(most: usize, most_of_network: usize) -> Self {
        Self(Arc::new(Registry { most, most_of_network, open: Mutex::default() }))
    }

    /// Lets a connection in; none when there are as many as may be and all of them at work. There
    /// is no address for a proxy, which brings everybody and has no share.
    pub fn admit(&self, address: Option<IpAddr>) -> Option<Connection> {
        let network = address.map(site);
        let mut open = self.0.open();
        let of_network = open.of_network.get(&network).copied().unwrap_or(0);
        let has_its_share = network.is_some() && of_network >= self.0.most_of_network;
        if has_its_share || open.entries.len() >= self.0.most {
            let gone = open.give_way(|entry| !has_its_share || entry.network == network);
            if gone.is_empty() {
                return None;
            }
            for entry in gone {
                entry.set(Stage::Gone);
                if let Some(abort) = entry.abort.get() {
                    abort.abort();
                }
            }
        }
        let number = open.next_number;
        open.next_number += 1;
        *open.of_network.entry(network).or_default() += 1;
        let (stage, abort) = (AtomicU8::new(Stage::New as u8), OnceLock::new());
        let entry = Arc::new(Entry { network, stage, abort });
        open.entries.insert(number, Arc::clone(&entry));
        drop(open);
        let answering = AtomicU8::new(Answering::No as u8);
        Some(Connection { number, entry, registry: Arc::clone(&self.0), answering })
    }
}

/// How far a connection is with a request whose head has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Answering {
    /// There is none.
    No,
    Yes,
    /// It was answered, which nobody has asked about yet.
    Done,
}

/// A connection's place among all, until it is dropped.
pub(crate) struct Connection {
    number: u64,
    entry: Arc<Entry>,
    registry: Arc<Registry>,
    answering: AtomicU8,
}

impl Connection {
    /// The task by whose end the connection gives way.
    pub fn is_of(&self, task: AbortHandle) {
        // It is told once.
        let _ = self.entry.abort.set(task);
    }

    /// The head of a request has come.
    pub fn answers(&self) {
        self.answering.store(Answering::Yes as u8, Ordering::Relaxed);
    }

    /// Whether the head of a request has come that is not answered yet.
    pub fn is_answering(&self) -> bool {
        self.answering.load(Ordering::Relaxed) == Answering::Yes as u8
    }

    /// Whether a request was answered since this was asked last.
    pub fn has_answered(&self) -> bool {
        let (done, no) = (Answering::Done as u8, Answering::No as u8);
        self.answering.compare_exchange(done, no, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// A request has come, to its last byte.
    pub fn has_asked(&self) {
        self.entry.set(Stage::Busy);
    }

    /// The request was answered.
    pub fn is_answered(&self) {
        self.entry.set(Stage::Idle);
        self.answering.store(Answering::Done as u8, Ordering::Relaxed);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut open = self.registry.open();
        open.entries.remove(&self.number);
        let network = self.entry.network;
        if let Some(count) = open.of_network.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                open.of_network.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHOOL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));
    const FLAT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 8));

    /// A connection whose task ends when it is aborted.
    fn come(connections: &Connections, address: IpAddr) -> Option<(Arc<Connection>, Task)> {
        let connection = Arc::new(connections.admit(Some(address))?);
        let task = tokio::spawn(std::future::pending::<()>());
        connection.is_of(task.abort_handle());
        Some((connection, task))
    }

    type Task = tokio::task::JoinHandle<()>;

    async fn is_ended(task: Task) -> bool {
        task.await.is_err_and(|error| error.is_cancelled())
    }

    #[tokio::test]
    async fn whoever_has_sent_no_whole_request_gives_way_and_who_is_at_work_does_not() {
        let connections = Connections::new(3, 3);
        let (busy, _) = come(&connections, SCHOOL).expect("a place");
        busy.has_asked();
        let (half_sent, of_half_sent) = come(&connections, SCHOOL).expect("a place");
        let (idle, of_idle) = come(&connections, SCHOOL).expect("a place");
        idle.is_answered();

        let (next, _) = come(&connections, SCHOOL).expect("a place");
        next.has_asked();
        assert!(is_ended(of_half_sent).await);
        drop(half_sent);
        let (last, _) = come(&connections, SCHOOL).expect("a place");
        last.has_asked();
        assert!(is_ended(of_idle).await);
        drop(idle);
        assert!(come(&connections, SCHOOL).is_none(), "all are at work");
    }

    #[tokio::test]
    async fn a_network_has_its_share_and_others_theirs() {
        let connections = Connections::new(10, 2);
        let school: Vec<_> = (0..2).filter_map(|_| come(&connections, SCHOOL)).collect();
        school.iter().for_each(|(connection, _)| connection.has_asked());
        assert!(come(&connections, SCHOOL).is_none());
        assert!(come(&connections, FLAT).is_some());
        assert!(connections.admit(None).is_some(), "a proxy has no share");
    }

    #[tokio::test]
    async fn who_has_opened_most_gives_way_first() {
        let connections = Connections::new(4, 4);
        let (_first, of_first) = come(&connections, FLAT).expect("a place");
        let mut school: Vec<_> = (0..3).filter_map(|_| come(&connections, SCHOOL)).collect();
        assert!(come(&connections, FLAT).is_some());
        assert!(is_ended(school.remove(0).1).await);
        assert!(!of_first.is_finished());
    }
}
