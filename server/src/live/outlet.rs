//! An outlet: a live stream with the socket that it is written to.
//!
//! What is new is written by the task of its shard (see `fanout`). Backpressure is per socket: what
//! one does not take at once is left to the stream's own task, which otherwise only waits for the
//! stream's heartbeats and its end. A socket that takes nothing for the write timeout is given up.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::fanout::Sink;
use super::stream::LiveStream;

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
    /// The stream's own task is at work, and the shard's leaves it alone.
    is_left: bool,
}

impl Outlet {
    fn sending(&self) -> MutexGuard<'_, Sending> {
        self.sending.lock()
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
                sending.live.send(&self.connection)?
            };
            if !has_sent {
                tokio::time::timeout(self.write_timeout, self.connection.writable()).await??;
            }
        }
    }

    /// Attends to the stream until it ends, its reader is gone, or the server stops.
    async fn attend(&self) -> io::Result<()> {
        let (mut heartbeat, stopping) = self.sending().live.signals();
        let room = self.sending().live.room();
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
                () = room.left().cancelled() => break,
                () = &mut gone => return Err(ErrorKind::BrokenPipe.into()),
            }
        }
        socket2::SockRef::from(&self.connection).shutdown(std::net::Shutdown::Write)
    }
}

impl Sink for Outlet {
    fn push(&self) {
        let mut sending = self.sending();
        if sending.is_left {
            return;
        }
        let goes_on = sending.live.gather() && !sending.live.ended();
        if !goes_on || !matches!(sending.live.send(&self.connection), Ok(true)) {
            sending.is_left = true;
            self.left.notify_one();
        }
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
    let seat = room.fanout().join(Arc::<Outlet>::clone(&outlet));
    // That a reader goes away is the reader's matter.
    if let Err(error) = outlet.attend().await
        && error.kind() == ErrorKind::TimedOut
    {
        outlet.sending().live.gave_up();
    }
    room.fanout().leave(&seat);
}

/// Waits until the reader has gone away. What it still says is not heard.
pub(super) async fn is_gone(connection: &TcpStream) {
    let mut said = [0; 64];
    while connection.readable().await.is_ok() {
        match connection.try_read(&mut said) {
            Ok(1..) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(0) | Err(_) => return,
        }
    }
}
