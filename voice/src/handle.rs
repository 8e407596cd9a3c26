//! The handle to a unit that runs: whoever has it tells who may be heard, without ever waiting, and
//! brings offers.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use signaling::{GroupId, InviteId, UserId};
use tokio::sync::{mpsc, oneshot};

use crate::board::{Board, Request};
use crate::net::{Sockets, supervise};
use crate::refused::Refused;
use crate::room_id::RoomId;
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

impl Listening {
    /// Where pages find sockets that are bound to this address.
    ///
    /// # Errors
    /// When that is no address that a browser can send to.
    pub const fn advertised(&self, bound: SocketAddr) -> Result<SocketAddr, NotListening> {
        let advertised = match self.address {
            Some(address) if address.port() == 0 => SocketAddr::new(address.ip(), bound.port()),
            Some(address) => address,
            None => bound,
        };
        if advertised.ip().is_unspecified() || is_multicast(advertised.ip()) {
            return Err(NotListening::NoAddress(self.listen));
        }
        Ok(advertised)
    }
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
        let advertised = Listening { listen, address }.advertised(sockets.address())?;
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

    /// Who may be heard in a group from now on, those first who are heard before others, none where
    /// voice is off; and who is in each of its calls. Never waits.
    pub fn hear(
        &self,
        group: GroupId,
        voices: Option<Vec<UserId>>,
        calls: Vec<(InviteId, Vec<UserId>)>,
    ) {
        self.board.hear(group, voices, calls);
    }

    /// Somebody is a member no more. Never waits.
    pub fn part(&self, group: GroupId, user: UserId) {
        self.board.part(group, user);
    }

    /// Answers the offer of a member's page, in a room that there is.
    ///
    /// # Errors
    /// When the offer is none that the unit answers, it carries no more, or it is not there now.
    pub async fn join(&self, room: RoomId, user: UserId, offer: String) -> Result<Joined, Refused> {
        let (reply, answer) = oneshot::channel();
        let request = Request::Join { room, user, offer, reply };
        self.requests.try_send(request).map_err(|_| Refused::Unavailable)?;
        answer.await.map_err(|_| Refused::Unavailable)?
    }

    /// Ends one of a member's sessions; whether there was such a one.
    pub async fn leave(&self, room: RoomId, user: UserId, session: SessionId) -> bool {
        let (reply, answer) = oneshot::channel();
        let request = Request::Leave { room, user, session, reply };
        self.requests.try_send(request).is_ok() && answer.await.unwrap_or(false)
    }
}

const fn is_multicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_multicast() || address.is_broadcast(),
        IpAddr::V6(address) => address.is_multicast(),
    }
}

#[cfg(test)]
mod tests {
    use str0m::Rtc;
    use str0m::media::{Direction, MediaKind};

    use super::*;

    const CLASS: GroupId = GroupId::from_bytes([9; 16]);
    const ADA: UserId = UserId::from_bytes([1; 16]);

    fn listening(listen: &str, address: Option<&str>) -> Listening {
        let parse = |text: &str| text.parse().expect("an address");
        Listening { listen: parse(listen), address: address.map(parse) }
    }

    fn open(listening: Listening) -> Result<Voice, NotListening> {
        Voice::open(listening, Limits::default(), |_, _| {})
    }

    #[expect(clippy::disallowed_methods, reason = "a connection begins now")]
    fn offer() -> String {
        str0m::crypto::from_feature_flags().install_process_default();
        let mut rtc = Rtc::builder().clear_codecs().enable_opus(true, false);
        rtc = rtc.set_rtp_mode(true);
        let mut rtc = rtc.build(std::time::Instant::now());
        let mut change = rtc.sdp_api();
        change.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
        change.apply().expect("an offer").0.to_sdp_string()
    }

    #[tokio::test]
    async fn a_unit_that_fails_is_started_anew_and_the_class_goes_on() {
        let voice = open(listening("127.0.0.1:0", None)).expect("a unit");
        voice.hear(CLASS, Some(vec![ADA]), Vec::new());
        voice.join(RoomId::of_class(CLASS), ADA, offer()).await.expect("it is answered");
        voice.requests.send(Request::Fail).await.expect("it runs");
        // Whoever asked in between is told to come again; who may be heard need not be told anew.
        let joined = loop {
            match voice.join(RoomId::of_class(CLASS), ADA, offer()).await {
                Err(Refused::Unavailable) => tokio::task::yield_now().await,
                answer => break answer,
            }
        };
        joined.expect("it is answered again");
    }

    #[tokio::test]
    async fn pages_are_told_an_address_that_they_can_send_to() {
        let voice = open(listening("127.0.0.1:0", Some("192.0.2.7:0"))).expect("a unit");
        let address = voice.address();
        assert_eq!(address.ip().to_string(), "192.0.2.7");
        assert_ne!(address.port(), 0, "the port is that of the sockets");
        let mapped = open(listening("0.0.0.0:0", Some("192.0.2.7:9"))).expect("a unit");
        assert_eq!(mapped.address().to_string(), "192.0.2.7:9");
        for (listen, address) in [("0.0.0.0:0", None), ("127.0.0.1:0", Some("224.0.0.1:5"))] {
            let refused = open(listening(listen, address)).err().map(|error| error.to_string());
            assert!(refused.is_some_and(|words| words.contains("--voice-address")), "{listen}");
        }
    }

    #[tokio::test]
    async fn an_address_that_is_taken_or_not_this_machines_is_named() {
        let first = open(listening("127.0.0.1:0", None)).expect("a unit");
        let taken = first.address().to_string();
        for listen in [taken.as_str(), "192.0.2.1:5000"] {
            let refused = open(listening(listen, None)).err().map(|error| error.to_string());
            assert!(refused.is_some_and(|words| words.contains(listen)), "{listen}");
        }
    }
}
