//! The sockets, and the task that drives a unit with them.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use signaling::{GroupId, UserId};
use socket2::SockRef;
use str0m::net::Protocol;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout, timeout_at};

use crate::board::{Board, Change, Request};
use crate::framing::{Deframer, MAX_DATAGRAM, framed};
use crate::sfu::{Datagram, Limits, Output, Sfu};

/// Room for what comes and goes in a moment in which the task does not run, in bytes.
const BUFFER: usize = 2 * 1_024 * 1_024;
/// How many datagrams are taken before anything else has its turn.
const AT_A_TIME: usize = 64;
/// The most connections by TCP.
const CONNECTIONS: usize = 1_000;
/// How long a connection may take to send its first datagram.
const BEGINS_WITHIN: Duration = Duration::from_secs(10);
/// How long a connection may send nothing: browsers look every few seconds whether the other end is there.
const SILENT_FOR: Duration = Duration::from_secs(60);
/// How many datagrams wait for a connection that does not take them; further ones are lost.
const WAITING_OUT: usize = 128;
/// How many datagrams of all connections wait for the unit.
const WAITING_IN: usize = 1_024;

/// Tells who is heard in a group.
pub(crate) type TellHeard = Arc<dyn Fn(GroupId, Vec<UserId>) + Send + Sync>;

/// The sockets of a unit, which outlive it.
pub(crate) struct Sockets {
    udp: UdpSocket,
    tcp: TcpListener,
    address: SocketAddr,
}

impl Sockets {
    /// Takes one port for UDP and TCP. Port 0 picks one that is free for both.
    pub fn open(listen: SocketAddr) -> io::Result<Self> {
        let tries = if listen.port() == 0 { 8 } else { 1 };
        let mut last = None;
        for _ in 0..tries {
            match Self::open_once(listen) {
                Ok(sockets) => return Ok(sockets),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
    }

    fn open_once(listen: SocketAddr) -> io::Result<Self> {
        let tcp = std::net::TcpListener::bind(listen)?;
        let address = tcp.local_addr()?;
        let udp = std::net::UdpSocket::bind(address)?;
        tcp.set_nonblocking(true)?;
        udp.set_nonblocking(true)?;
        let udp = UdpSocket::from_std(udp)?;
        // A system that gives less gives less.
        let buffers = SockRef::from(&udp);
        let _ = buffers.set_recv_buffer_size(BUFFER);
        let _ = buffers.set_send_buffer_size(BUFFER);
        Ok(Self { udp, tcp: TcpListener::from_std(tcp)?, address })
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place of this crate that reads it")]
fn monotonic() -> Instant {
    Instant::now()
}

/// Runs a unit, and another one when it has panicked: that costs those who are connected their
/// connection, which their pages make anew, and nobody else anything.
pub(crate) async fn supervise(
    sockets: Sockets,
    advertised: SocketAddr,
    limits: Limits,
    board: Arc<Board>,
    requests: mpsc::Receiver<Request>,
    heard: TellHeard,
) {
    let sockets = Arc::new(sockets);
    let requests = Arc::new(tokio::sync::Mutex::new(requests));
    loop {
        let Some(sfu) = Sfu::new(advertised, limits) else {
            tracing::error!(
                "voice cannot make a certificate; it is off until the server starts anew"
            );
            return;
        };
        let running = run(
            Arc::clone(&sockets),
            sfu,
            Arc::clone(&board),
            Arc::clone(&requests),
            Arc::clone(&heard),
        );
        match tokio::spawn(running).await {
            Ok(()) => return,
            Err(error) => tracing::error!(%error, "voice failed and is started anew"),
        }
        for group in board.repeat() {
            heard(group, Vec::new());
        }
    }
}

async fn run(
    sockets: Arc<Sockets>,
    sfu: Sfu,
    board: Arc<Board>,
    requests: Arc<tokio::sync::Mutex<mpsc::Receiver<Request>>>,
    heard: TellHeard,
) {
    let mut requests = requests.lock().await;
    let (inbox, mut framed_in) = mpsc::channel(WAITING_IN);
    let connections = Arc::<Connections>::default();
    let mut unit = Unit { sfu, sockets: &sockets, connections: Arc::clone(&connections), heard };
    let mut buffer = vec![0; MAX_DATAGRAM + 1];
    let mut accepts_at = monotonic();
    loop {
        unit.take_changes(&board);
        unit.flush();
        let next = unit.sfu.next_timeout().map(tokio::time::Instant::from_std);
        let elapsed = async {
            match next {
                Some(next) => sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = board.is_new.notified() => {}
            request = requests.recv() => {
                let Some(request) = request else { break };
                // Who may be heard was posted before.
                unit.take_changes(&board);
                unit.answer(request);
            }
            ready = sockets.udp.readable() => {
                if ready.is_ok() {
                    unit.read(&mut buffer);
                }
            }
            Some((from, bytes)) = framed_in.recv() => {
                let bytes: Vec<u8> = bytes;
                unit.receive(Protocol::Tcp, from, &bytes);
            }
            accepted = sockets.tcp.accept(), if monotonic() >= accepts_at => match accepted {
                Ok((stream, from)) => connections.admit(stream, from, inbox.clone()),
                // Too many files are open: whoever is connected goes on.
                Err(_) => accepts_at = monotonic() + Duration::from_millis(500),
            },
            () = elapsed => unit.sfu.elapse(monotonic()),
        }
    }
    // The server stops: every page is told.
    unit.sfu.close(monotonic());
    unit.flush();
}

/// A unit with what it needs to send.
struct Unit<'a> {
    sfu: Sfu,
    sockets: &'a Sockets,
    connections: Arc<Connections>,
    heard: TellHeard,
}

impl Unit<'_> {
    fn take_changes(&mut self, board: &Board) {
        let now = monotonic();
        for (room, Change { voices, parted }) in board.take() {
            if let Some(voices) = voices {
                self.sfu.hear(now, room, voices);
            }
            for user in parted {
                self.sfu.part(now, room, user);
            }
        }
    }

    fn answer(&mut self, request: Request) {
        let now = monotonic();
        // Whoever asked may be gone.
        match request {
            Request::Join { room, user, offer, reply } => {
                let _ = reply.send(self.sfu.join(now, room, user, &offer));
            }
            Request::Leave { room, user, session, reply } => {
                let _ = reply.send(self.sfu.leave(now, room, user, session));
            }
            #[cfg(test)]
            Request::Fail => panic!("on purpose"),
        }
    }

    /// Takes what has come by UDP.
    fn read(&mut self, buffer: &mut [u8]) {
        for _ in 0..AT_A_TIME {
            // An error is that of somebody who is not there any more.
            match self.sockets.udp.try_recv_from(buffer) {
                Ok((length, from)) if length <= MAX_DATAGRAM => {
                    self.receive(Protocol::Udp, from, &buffer[..length]);
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => {}
            }
            self.flush();
        }
    }

    fn receive(&mut self, protocol: Protocol, from: SocketAddr, bytes: &[u8]) {
        self.sfu.receive(monotonic(), Datagram { protocol, from, bytes });
    }

    fn flush(&mut self) {
        while let Some(output) = self.sfu.poll() {
            match output {
                // What cannot be sent at once is lost, as on any network: a voice does not wait.
                Output::Send { protocol: Protocol::Udp, to, bytes } => {
                    let _ = self.sockets.udp.try_send_to(&bytes, to);
                }
                Output::Send { to, bytes, .. } => self.connections.send(to, &bytes),
                Output::Heard { group, users } => (self.heard)(group, users),
            }
        }
    }
}

/// The connections by TCP, by where they came from.
#[derive(Default)]
struct Connections {
    open: Mutex<HashMap<SocketAddr, mpsc::Sender<Vec<u8>>>>,
}

impl Connections {
    /// Serves a connection, unless there are too many.
    fn admit(
        self: &Arc<Self>,
        stream: TcpStream,
        from: SocketAddr,
        inbox: mpsc::Sender<(SocketAddr, Vec<u8>)>,
    ) {
        let mut open = self.open.lock();
        if open.len() >= CONNECTIONS {
            return;
        }
        let (outbox, outgoing) = mpsc::channel(WAITING_OUT);
        open.insert(from, outbox);
        drop(open);
        let this = Arc::clone(self);
        tokio::spawn(async move {
            // However it ends, the page finds another way or comes again.
            let _ = serve(stream, from, inbox, outgoing).await;
            this.open.lock().remove(&from);
        });
    }

    fn send(&self, to: SocketAddr, bytes: &[u8]) {
        if let Some(frame) = framed(bytes)
            && let Some(outbox) = self.open.lock().get(&to)
        {
            let _ = outbox.try_send(frame);
        }
    }
}

async fn serve(
    mut stream: TcpStream,
    from: SocketAddr,
    inbox: mpsc::Sender<(SocketAddr, Vec<u8>)>,
    mut outgoing: mpsc::Receiver<Vec<u8>>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut reader, mut writer) = stream.split();
    let reading = async {
        let (mut deframer, mut buffer) = (Deframer::default(), [0; 4_096]);
        let mut until = tokio::time::Instant::from_std(monotonic()) + BEGINS_WITHIN;
        loop {
            let read = timeout_at(until, reader.read(&mut buffer)).await??;
            if read == 0 {
                return Ok(());
            }
            deframer.push(&buffer[..read]);
            loop {
                match deframer.next_datagram() {
                    Ok(Some([])) => {}
                    Ok(Some(datagram)) => {
                        until = tokio::time::Instant::from_std(monotonic()) + SILENT_FOR;
                        // What the unit cannot take is lost, as on any network.
                        let _ = inbox.try_send((from, datagram.to_vec()));
                    }
                    Ok(None) => break,
                    Err(_) => return Err(io::ErrorKind::InvalidData.into()),
                }
            }
        }
    };
    let writing = async {
        while let Some(frame) = outgoing.recv().await {
            timeout(SILENT_FOR, writer.write_all(&frame)).await??;
        }
        Ok(())
    };
    tokio::select! {
        done = reading => done,
        done = writing => done,
    }
}
