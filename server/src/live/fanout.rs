//! Fan-out: has every stream of a room send what is new.
//!
//! A task serves a shard of the streams, one after the other: to wake a task of its own for each
//! stream takes longer than what that has to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::chunk::MemFile;
use parking_lot::{Mutex, MutexGuard};

/// How many streams one task serves: a large class keeps every processor busy.
const SHARD: usize = 128;
/// How many of them it serves before others have their turn.
const AT_A_TIME: usize = 32;

/// Whatever is sent what is new.
pub(crate) trait Sink: Send + Sync {
    /// Sends what is new, as much of it as can be sent without waiting.
    fn push(&self);
}

/// Streams that one task serves.
#[derive(Default)]
struct Shard {
    sinks: Mutex<Vec<Arc<dyn Sink>>>,
    /// A task is on its way, and will see what is new by then.
    is_due: AtomicBool,
    /// What it will need until it is done.
    files: Mutex<Vec<Arc<MemFile>>>,
}

impl Shard {
    fn sinks(&self) -> MutexGuard<'_, Vec<Arc<dyn Sink>>> {
        self.sinks.lock()
    }

    fn files(&self) -> MutexGuard<'_, Vec<Arc<MemFile>>> {
        self.files.lock()
    }

    async fn serve(self: Arc<Self>) {
        self.is_due.store(false, Ordering::SeqCst);
        let _held_until_all_are_served = std::mem::take(&mut *self.files());
        let sinks = self.sinks().clone();
        for some in sinks.chunks(AT_A_TIME) {
            some.iter().for_each(|sink| sink.push());
            tokio::task::yield_now().await;
        }
    }
}

/// The streams of one room.
#[derive(Default)]
pub(crate) struct Fanout {
    shards: Mutex<Vec<Arc<Shard>>>,
    /// How often there was something new, for the simulation's own streams.
    #[cfg(test)]
    pub wakes: std::sync::atomic::AtomicU64,
}

/// The place of a stream in its shard.
pub(crate) struct Seat {
    shard: Arc<Shard>,
    sink: Arc<dyn Sink>,
}

impl Fanout {
    fn shards(&self) -> MutexGuard<'_, Vec<Arc<Shard>>> {
        self.shards.lock()
    }

    /// How many streams there are.
    pub fn count(&self) -> usize {
        self.shards().iter().map(|shard| shard.sinks().len()).sum()
    }

    /// From now on the sink is sent what is new.
    pub fn join(&self, sink: Arc<dyn Sink>) -> Seat {
        let mut shards = self.shards();
        let with_room = shards.iter().rev().find(|shard| shard.sinks().len() < SHARD);
        let shard = with_room.cloned().unwrap_or_else(|| {
            let shard = Arc::<Shard>::default();
            shards.push(Arc::clone(&shard));
            shard
        });
        shard.sinks().push(Arc::clone(&sink));
        Seat { shard, sink }
    }

    /// The sink is sent nothing more.
    pub fn leave(&self, seat: &Seat) {
        let mut shards = self.shards();
        let mut sinks = seat.shard.sinks();
        sinks.retain(|sink| !Arc::ptr_eq(sink, &seat.sink));
        if sinks.is_empty() {
            shards.retain(|shard| !Arc::ptr_eq(shard, &seat.shard));
        }
    }

    /// Sees to it that every stream sends what is new, from this file where it lies in one. The file
    /// is held until every shard has been served.
    pub fn wake(&self, file: Option<&Arc<MemFile>>) {
        #[cfg(test)]
        self.wakes.fetch_add(1, Ordering::SeqCst);
        for shard in self.shards().iter() {
            shard.files().extend(file.cloned());
            if !shard.is_due.swap(true, Ordering::SeqCst) {
                tokio::spawn(Arc::clone(shard).serve());
            }
        }
    }
}
