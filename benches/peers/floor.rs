//! A server that does next to nothing: whatever was posted in one turn of its loop goes to all
//! pages in one write. What it takes is what the client and the kernel take.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use crate::Result;

const LISTENER: Token = Token(usize::MAX);
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";

struct Peer {
    stream: TcpStream,
    received: Vec<u8>,
    to_write: Vec<u8>,
    is_page: bool,
}

impl Peer {
    fn flush(&mut self) {
        while !self.to_write.is_empty() {
            match self.stream.write(&self.to_write) {
                Ok(written) => drop(self.to_write.drain(..written)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.to_write.clear(),
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut bytes = bytes;
        if self.to_write.is_empty()
            && let Ok(written) = self.stream.write(bytes)
        {
            bytes = &bytes[written..];
        }
        self.to_write.extend_from_slice(bytes);
    }
}

/// Serves until it is killed.
pub fn serve(port: u16) -> Result<()> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(4_096);
    let mut listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    println!("listening");
    let mut peers: Vec<Option<Peer>> = Vec::new();
    let mut buffer = vec![0; 64 * 1_024];
    let mut frames = Vec::new();
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((mut stream, _)) = listener.accept() {
                    let _ = stream.set_nodelay(true);
                    let token = Token(peers.len());
                    let interest = Interest::READABLE | Interest::WRITABLE;
                    poll.registry().register(&mut stream, token, interest)?;
                    let (received, to_write) = (Vec::new(), Vec::new());
                    peers.push(Some(Peer { stream, received, to_write, is_page: false }));
                }
                continue;
            }
            let place = event.token().0;
            let Some(Some(peer)) = peers.get_mut(place) else { continue };
            if event.is_writable() {
                peer.flush();
            }
            if event.is_readable() && !take(peer, &mut buffer, &mut frames) {
                peers[place] = None;
            }
        }
        if !frames.is_empty() {
            for page in peers.iter_mut().flatten().filter(|peer| peer.is_page) {
                page.write(&frames);
            }
            frames.clear();
        }
    }
}

/// Takes what a peer has sent; false when it is gone.
fn take(peer: &mut Peer, buffer: &mut [u8], frames: &mut Vec<u8>) -> bool {
    loop {
        match peer.stream.read(buffer) {
            Ok(0) => return false,
            Ok(read) => peer.received.extend_from_slice(&buffer[..read]),
            Err(error) => {
                if error.kind() != ErrorKind::WouldBlock {
                    return false;
                }
                break;
            }
        }
    }
    while let Some(head) = memchr::memmem::find(&peer.received, b"\r\n\r\n") {
        let text = String::from_utf8_lossy(&peer.received[..head]).into_owned();
        if text.starts_with("GET") {
            peer.is_page = true;
            peer.received.clear();
            peer.write(HEAD);
            return true;
        }
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or(0);
        let end = head + 4 + length;
        if peer.received.len() < end {
            return true;
        }
        frames.extend_from_slice(b"data: ");
        frames.extend_from_slice(&peer.received[head + 4..end]);
        frames.extend_from_slice(b"\n\n");
        peer.received.drain(..end);
        peer.write(ANSWER);
    }
    true
}
