//! Bytes on their way to sockets. What is long and goes to many lies in a file in memory too: the
//! kernel hands its pages to every socket as they are, where it would copy bytes for each.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::sync::{Arc, Weak};

use bytes::{Buf, Bytes};
use rustix::fs::{MemfdFlags, memfd_create, sendfile};
use tokio::io::Interest;
use tokio::net::TcpStream;

/// How many bytes are worth a file: fewer are copied sooner than their pages are looked up.
pub(crate) const LONG: usize = 16 * 1_024;
/// How many pieces one system call writes.
const PIECES: usize = 8;

/// Bytes in a file in memory, which nobody changes any more.
#[derive(Debug)]
pub(crate) struct Pages {
    file: File,
    length: usize,
}

impl Pages {
    /// A file of these bytes.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn of(bytes: &[u8]) -> io::Result<Self> {
        let mut file = File::from(memfd_create("handup", MemfdFlags::CLOEXEC)?);
        file.write_all(bytes)?;
        Ok(Self { file, length: bytes.len() })
    }
}

/// Bytes that are sent in one go.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    bytes: Bytes,
    /// What holds them too, to its end, while a row of streams is sent it.
    pages: Weak<Pages>,
}

impl From<Bytes> for Piece {
    fn from(bytes: Bytes) -> Self {
        Self { bytes, pages: Weak::new() }
    }
}

impl Piece {
    /// Bytes that lie in these pages as well.
    pub fn in_pages(bytes: Bytes, pages: &Arc<Pages>) -> Self {
        Self { bytes, pages: Arc::downgrade(pages) }
    }

    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Whether the pages are still held.
    pub fn has_pages(&self) -> bool {
        self.pages.strong_count() > 0
    }

    /// Sends from its pages as much as the socket takes; none when that is for its bytes to do.
    fn send_pages(&self, connection: &TcpStream) -> Option<io::Result<usize>> {
        let pages = self.pages.upgrade()?;
        let length = self.bytes.len();
        let mut offset = (pages.length - length) as u64;
        let sent = connection.try_io(Interest::WRITABLE, || {
            Ok(sendfile(connection, &pages.file, Some(&mut offset), length)?)
        });
        // What is wrong with the connection, its bytes will tell.
        let is_bytes_to_do = match &sent {
            Ok(sent) => *sent == 0,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        };
        (!is_bytes_to_do).then_some(sent)
    }
}

/// Sends as much of the pieces as the socket takes; whether that was all.
///
/// # Errors
/// When the connection is broken.
pub(crate) fn send(pieces: &mut VecDeque<Piece>, connection: &TcpStream) -> io::Result<bool> {
    while let Some(first) = pieces.front() {
        let sent = first.send_pages(connection).unwrap_or_else(|| send_bytes(pieces, connection));
        match sent {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(sent) => forget(pieces, sent),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Sends the first of the pieces, and those after it that do not lie in pages.
fn send_bytes(pieces: &VecDeque<Piece>, connection: &TcpStream) -> io::Result<usize> {
    let mut slices = [IoSlice::new(&[]); PIECES];
    let in_bytes = pieces.iter().skip(1).take_while(|piece| !piece.has_pages());
    let mut count = 0;
    for (slice, piece) in slices.iter_mut().zip(pieces.front().into_iter().chain(in_bytes)) {
        *slice = IoSlice::new(&piece.bytes);
        count += 1;
    }
    connection.try_write_vectored(&slices[..count])
}

fn forget(pieces: &mut VecDeque<Piece>, mut sent: usize) {
    while let Some(first) = pieces.front_mut() {
        if sent < first.bytes.len() {
            first.bytes.advance(sent);
            return;
        }
        sent -= first.bytes.len();
        pieces.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;

    fn noise(length: usize) -> Bytes {
        std::iter::repeat_with(|| fastrand::u8(..)).take(length).collect()
    }

    /// What a reader gets of the pieces; `waits` is called whenever the socket is full.
    async fn sent(mut pieces: VecDeque<Piece>, mut waits: impl FnMut()) -> Vec<u8> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let mut reader = TcpStream::connect(address).await.expect("a reader");
        let (connection, _) = listener.accept().await.expect("its connection");
        let reading = tokio::spawn(async move {
            let mut read = Vec::new();
            reader.read_to_end(&mut read).await.map(|_| read)
        });
        while !send(&mut pieces, &connection).expect("the reader is there") {
            waits();
            connection.writable().await.expect("the reader is there");
        }
        drop(connection);
        reading.await.expect("it is read").expect("until its end")
    }

    #[tokio::test]
    async fn pieces_come_in_their_order_whether_they_lie_in_pages_or_not() {
        let bytes = [10, 3 * LONG, 7, 200 * LONG, LONG + 1, 1].map(noise);
        let pages = bytes.clone().map(|bytes| Arc::new(Pages::of(&bytes).expect("pages")));
        let pieces = bytes.iter().zip(&pages).map(|(bytes, pages)| {
            if bytes.len() > LONG {
                Piece::in_pages(bytes.clone(), pages)
            } else {
                bytes.clone().into()
            }
        });
        assert!(sent(pieces.collect(), || ()).await == bytes.concat());
    }

    #[tokio::test]
    async fn what_lies_in_pages_is_sent_from_them() {
        let (bytes, others) = (noise(LONG), noise(LONG));
        let pages = Arc::new(Pages::of(&others).expect("pages"));
        let read = sent(VecDeque::from([Piece::in_pages(bytes, &pages)]), || ()).await;
        assert!(read == others);
    }

    #[tokio::test]
    async fn what_its_pages_are_gone_from_in_between_is_sent_from_its_bytes() {
        let bytes = noise(1_000 * LONG);
        let pages = Arc::new(Pages::of(&bytes).expect("pages"));
        let pieces = VecDeque::from([Piece::in_pages(bytes.clone(), &pages)]);
        let mut pages = Some(pages);
        let mut waits = 0;
        let read = sent(pieces, || {
            waits += 1;
            pages = None;
        });
        assert!(read.await == bytes);
        assert!(waits > 0, "the socket took it all at once");
    }
}
