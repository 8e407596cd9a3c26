//! The handle to a unit that runs: whoever has it tells who may be heard, without ever waiting, and
//! brings offers.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use signaling::{GroupId, UserId};
use tokio::sync::{mpsc, oneshot};

use crate::board::{Board, Request};
use crate::net::{Sockets, supervise};
use crate::refused::Refused;
use crate::session::SessionId;
use crate::sfu::{Joined, Limits, Sfu};

/// The most requests that wait for the unit.
const WAITING: usize = 256;

/// Where a unit listens, and where pages find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listening {
    /// The address and port of its sockets, for UDP and TCP.
    pub listen: SocketAddr,
    /// The address that pages are told, where it is another one; port 0 stands for that of the sockets.
    pub address: Option<SocketAddr>,
}

/// Why a unit cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum NotListening {
    /// Every address is listened on, and none is one that a page could be told.
    #[error(
        "voice listens on {0}, which is no address that a browser can send to; say with \
         --voice-address at which one it is reached"
    )]
    NoAddress(SocketAddr),
    /// The system does not give the sockets.
    #[error("voice cannot listen on {0}: {1}")]
    Socket(SocketAddr, #[source] std::io::Error),
    /// There is no certificate.
    #[error("voice cannot make a certificate")]
    NoCertificate,
}

/// A unit that runs. Clones share it; it stops with the last.
#[derive(Debug, Clone)]
pub struct Voice {
    board: Arc<Board>,
    requests: mpsc::Sender<Request>,
    address: SocketAddr,
}

impl Voice {
    /// Opens the sockets and starts a unit, in the runtime that this is called in. `heard` is told who is
    /// heard in a group whenever that changes.
    ///
    /// # Errors
    /// When it cannot listen there, or pages would not know where it is.
    pub fn open(
        Listening { listen, address }: Listening,
        limits: Limits,
        heard: impl Fn(GroupId, Vec<UserId>) + Send + Sync + 'static,
    ) -> Result<Self, NotListening> {
        let sockets = Sockets::open(listen).map_err(|error| NotListening::Socket(listen, error))?;
        let bound = sockets.address();
        let advertised = match address {
            Some(address) if address.port() == 0 => SocketAddr::new(address.ip(), bound.port()),
            Some(address) => address,
            None => bound,
        };
        if advertised.ip().is_unspecified() || is_multicast(advertised.ip()) {
            return Err(NotListening::NoAddress(listen));
        }
        let board = Arc::<Board>::default();
        let (requests, waiting) = mpsc::channel(WAITING);
        // What could fail is tried once before it runs by itself.
        drop(Sfu::new(advertised, limits).ok_or(NotListening::NoCertificate)?);
        let running =
            supervise(sockets, advertised, limits, Arc::clone(&board), waiting, Arc::new(heard));
        tokio::spawn(running);
        Ok(Self { board, requests, address: advertised })
    }

    /// Where pages find it.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Who may be heard in a group from now on, those first who are heard before others; none where
    /// voice is off. Never waits.
    pub fn hear(&self, group: GroupId, voices: Option<Vec<UserId>>) {
        self.board.hear(group, voices);
    }

    /// Somebody is a member no more. Never waits.
    pub fn part(&self, group: GroupId, user: UserId) {
        self.board.part(group, user);
    }

    /// Answers the offer of a member's page, in a group that has voice.
    ///
    /// # Errors
    /// When the offer is none that the unit answers, it carries no more, or it is not there now.
    pub async fn join(
        &self,
        group: GroupId,
        user: UserId,
        offer: String,
    ) -> Result<Joined, Refused> {
        let (reply, answer) = oneshot::channel();
        let request = Request::Join { group, user, offer, reply };
        self.requests.try_send(request).map_err(|_| Refused::Unavailable)?;
        answer.await.map_err(|_| Refused::Unavailable)?
    }

    /// Ends one of a member's sessions; whether there was such a one.
    pub async fn leave(&self, group: GroupId, user: UserId, session: SessionId) -> bool {
        let (reply, answer) = oneshot::channel();
        let request = Request::Leave { group, user, session, reply };
        self.requests.try_send(request).is_ok() && answer.await.unwrap_or(false)
    }
}

const fn is_multicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_multicast() || address.is_broadcast(),
        IpAddr::V6(address) => address.is_multicast(),
    }
}
