//! A live stream of another server's, passed on byte for byte from socket to socket: it needs no buffers of
//! its own but for what its reader does not take at once.

use std::io::{self, ErrorKind};
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::outlet::is_gone;

/// How much is passed on at a time.
const PIECE: usize = 16 * 1_024;

/// Another server's stream, whose head has come.
pub(crate) struct Relay {
    behind: TcpStream,
    /// The head, and what has come with it.
    first: Bytes,
}

impl Relay {
    pub const fn new(behind: TcpStream, first: Bytes) -> Self {
        Self { behind, first }
    }

    /// Passes everything on, until either side ends, nothing moves for `write_timeout`, or this server stops.
    pub async fn run(self, front: TcpStream, write_timeout: Duration, stopping: CancellationToken) {
        // That a side goes away is its own matter.
        let _ = self.pass_on(&front, write_timeout, stopping).await;
    }

    async fn pass_on(
        self,
        front: &TcpStream,
        write_timeout: Duration,
        stopping: CancellationToken,
    ) -> io::Result<()> {
        let mut gone = std::pin::pin!(is_gone(front));
        let mut waiting = Vec::from(self.first);
        loop {
            while !waiting.is_empty() {
                tokio::time::timeout(write_timeout, front.writable()).await??;
                let written = tried(front.try_write(&waiting))?.unwrap_or(0);
                waiting.drain(..written);
            }
            // What a slow reader needed once is not kept for it.
            waiting = Vec::new();
            tokio::select! {
                readable = self.behind.readable() => readable?,
                () = &mut gone => return Ok(()),
                () = stopping.cancelled() => return Ok(()),
            }
            if !pass_piece(&self.behind, front, &mut waiting)? {
                return Ok(());
            }
        }
    }
}

/// Passes on what is there, and keeps what the reader does not take; false at the end of the stream.
fn pass_piece(behind: &TcpStream, front: &TcpStream, waiting: &mut Vec<u8>) -> io::Result<bool> {
    let mut piece = [0; PIECE];
    let Some(read) = tried(behind.try_read(&mut piece))? else { return Ok(true) };
    let piece = piece.get(..read).unwrap_or_default();
    let written = tried(front.try_write(piece))?.unwrap_or(0);
    waiting.extend_from_slice(piece.get(written..).unwrap_or_default());
    Ok(read > 0)
}

/// What came of it; none when the socket is not ready for it.
fn tried(done: io::Result<usize>) -> io::Result<Option<usize>> {
    match done {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}
