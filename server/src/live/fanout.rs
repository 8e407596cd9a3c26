//! Sends what is new to the streams of a room. A task serves a row of them, one after the other: to
//! wake a task of its own for each stream takes longer than what that has to do.
//!
//! What a socket does not take at once is left to the stream's own task, which otherwise only waits
//! for the stream's heartbeats and its end.

use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::live::piece::{Pages, send};
use crate::live::stream::LiveStream;

/// How many streams one task serves: a large class keeps every processor busy.
const ROW: usize = 128;
/// How many of them it serves before others have their turn.
const AT_A_TIME: usize = 32;

/// A stream and its socket.
struct Outlet {
    connection: TcpStream,
    write_timeout: Duration,
    sending: Mutex<Sending>,
    /// Wakes the stream's own task when something is left to it.
    left: Notify,
}

struct Sending {
    live: LiveStream,
    /// The stream's own task is at work, and the row's leaves it alone.
    is_left: bool,
}

impl Outlet {
    fn sending(&self) -> MutexGuard<'_, Sending> {
        self.sending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what is new, as much of it as the socket takes.
    fn push(&self) {
        let mut sending = self.sending();
        if sending.is_left {
            return;
        }
        let goes_on = sending.live.gather() && !sending.live.ended();
        if !goes_on || !matches!(send(sending.live.waiting(), &self.connection), Ok(true)) {
            sending.is_left = true;
            self.left.notify_one();
        }
    }

    /// Sends everything there is; false when the stream is over.
    async fn catch_up(&self) -> io::Result<bool> {
        loop {
            let has_sent = {
                let mut sending = self.sending();
                if sending.live.waiting().is_empty() {
                    if !sending.live.gather() {
                        return Ok(false);
                    }
                    if sending.live.waiting().is_empty() {
                        sending.is_left = false;
                        return Ok(true);
                    }
                }
                send(sending.live.waiting(), &self.connection)?
            };
            if !has_sent {
                tokio::time::timeout(self.write_timeout, self.connection.writable()).await??;
            }
        }
    }

    /// Attends to the stream until it ends, its reader is gone, or the server stops.
    async fn attend(&self) -> io::Result<()> {
        let (mut heartbeat, stopping) = self.sending().live.signals();
        let mut gone = std::pin::pin!(is_gone(&self.connection));
        while self.catch_up().await? {
            tokio::select! {
                () = self.left.notified() => {}
                beats = heartbeat.changed() => {
                    if beats.is_err() {
                        break;
                    }
                    let mut sending = self.sending();
                    sending.live.beat();
                    sending.is_left = true;
                }
                () = stopping.cancelled() => break,
                () = &mut gone => return Err(ErrorKind::BrokenPipe.into()),
            }
        }
        socket2::SockRef::from(&self.connection).shutdown(std::net::Shutdown::Write)
    }
}

/// Sends the beginning of the response and then everything that comes, to a reader that is given up
/// when nothing moves for `write_timeout`.
pub(crate) async fn run(
    mut live: LiveStream,
    connection: TcpStream,
    head: Bytes,
    write_timeout: Duration,
) {
    live.waiting().push_front(head.into());
    let room = live.room();
    let sending = Mutex::new(Sending { live, is_left: true });
    let outlet = Arc::new(Outlet { connection, write_timeout, sending, left: Notify::new() });
    let seat = room.rows().take_seat(Arc::clone(&outlet));
    // That a reader goes away is the reader's matter.
    let _ = outlet.attend().await;
    room.rows().leave(&seat);
}

/// Streams that one task serves.
#[derive(Default)]
struct Row {
    outlets: Mutex<Vec<Arc<Outlet>>>,
    /// A task is on its way, and will see what is new by then.
    is_due: AtomicBool,
    /// What it will need until it is done.
    pages: Mutex<Vec<Arc<Pages>>>,
}

impl Row {
    fn outlets(&self) -> MutexGuard<'_, Vec<Arc<Outlet>>> {
        self.outlets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pages(&self) -> MutexGuard<'_, Vec<Arc<Pages>>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(self: Arc<Self>) {
        self.is_due.store(false, Ordering::SeqCst);
        let _held_until_all_are_served = std::mem::take(&mut *self.pages());
        let outlets = self.outlets().clone();
        for some in outlets.chunks(AT_A_TIME) {
            some.iter().for_each(|outlet| outlet.push());
            tokio::task::yield_now().await;
        }
    }
}

/// All streams of a room.
#[derive(Default)]
pub(crate) struct Rows {
    rows: Mutex<Vec<Arc<Row>>>,
    /// How often there was something new, for the simulation's own streams.
    #[cfg(test)]
    pub wakes: std::sync::atomic::AtomicU64,
}

/// The place of a stream.
struct Seat {
    row: Arc<Row>,
    outlet: Arc<Outlet>,
}

impl Rows {
    fn rows(&self) -> MutexGuard<'_, Vec<Arc<Row>>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_seat(&self, outlet: Arc<Outlet>) -> Seat {
        let mut rows = self.rows();
        let with_room = rows.iter().rev().find(|row| row.outlets().len() < ROW);
        let row = with_room.cloned().unwrap_or_else(|| {
            let row = Arc::<Row>::default();
            rows.push(Arc::clone(&row));
            row
        });
        row.outlets().push(Arc::clone(&outlet));
        Seat { row, outlet }
    }

    fn leave(&self, seat: &Seat) {
        let mut rows = self.rows();
        let mut outlets = seat.row.outlets();
        outlets.retain(|outlet| !Arc::ptr_eq(outlet, &seat.outlet));
        if outlets.is_empty() {
            rows.retain(|row| !Arc::ptr_eq(row, &seat.row));
        }
    }

    /// Sees to it that every stream sends what is new, from these pages where it lies in them.
    pub fn wake(&self, pages: Option<&Arc<Pages>>) {
        #[cfg(test)]
        self.wakes.fetch_add(1, Ordering::SeqCst);
        for row in self.rows().iter() {
            row.pages().extend(pages.cloned());
            if !row.is_due.swap(true, Ordering::SeqCst) {
                tokio::spawn(Arc::clone(row).serve());
            }
        }
    }
}

/// Waits until the reader has gone away. What it still says is not heard.
async fn is_gone(connection: &TcpStream) {
    let mut said = [0; 64];
    while connection.readable().await.is_ok() {
        match connection.try_read(&mut said) {
            Ok(1..) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(0) | Err(_) => return,
        }
    }
}
