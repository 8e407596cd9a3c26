//! Offers of a connection by voice, and whatever comes to the port.

use std::net::SocketAddr;
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use signaling::{GroupId, UserId};
use str0m::Rtc;
use str0m::media::{Direction, MediaKind};
use str0m::net::Protocol;
use voice::{Datagram, Deframer, Limits, RoomId, Sfu};

const CLASS: GroupId = GroupId::from_bytes([9; 16]);
const ROOM: RoomId = RoomId::of_class(CLASS);
const ADA: UserId = UserId::from_bytes([1; 16]);
const BEN: UserId = UserId::from_bytes([2; 16]);
/// What stands in an input for the user fragment of the session that there is.
const FRAGMENT: &[u8] = b"@@@@";

/// A unit with one session, and its user fragment.
struct Unit {
    sfu: Sfu,
    fragment: Vec<u8>,
    now: Instant,
}

#[expect(clippy::disallowed_methods, reason = "a moment to count from")]
fn unit() -> Unit {
    str0m::crypto::from_feature_flags().install_process_default();
    let now = Instant::now();
    let address = SocketAddr::from(([192, 0, 2, 1], 4_000));
    let mut sfu = Sfu::new(address, Limits::default()).expect("a unit");
    sfu.hear(now, ROOM, Some(vec![ADA]));
    let mut page = Rtc::builder().clear_codecs().enable_opus(true, false).build(now);
    let mut change = page.sdp_api();
    change.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
    let (offer, _) = change.apply().expect("an offer");
    let joined = sfu.join(now, ROOM, ADA, &offer.to_sdp_string()).expect("it is answered");
    let fragment = joined.answer.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:"));
    let fragment = fragment.expect("a fragment").trim().as_bytes().to_vec();
    Unit { sfu, fragment, now }
}

/// An offer, where the first byte is even, or datagrams as they are framed on TCP.
pub fn voice(bytes: &[u8]) {
    static UNIT: LazyLock<Mutex<Unit>> = LazyLock::new(|| Mutex::new(unit()));
    let Some((kind, rest)) = bytes.split_first() else { return };
    let mut unit = UNIT.lock().expect("nothing has panicked");
    // The session that there is goes when it has not connected for a while.
    if unit.sfu.heard(CLASS).is_empty() && unit.sfu.sessions() == 0 {
        *unit = self::unit();
    }
    let Unit { sfu, fragment, now } = &mut *unit;
    *now += Duration::from_millis(5);
    sfu.elapse(*now);
    if kind % 2 == 0 {
        let offer = String::from_utf8_lossy(rest);
        if let Ok(joined) = sfu.join(*now, ROOM, BEN, &offer) {
            assert!(joined.answer.starts_with("v=0"), "an answer is SDP");
            assert!(!sfu.leave(*now, ROOM, ADA, joined.session), "it is Ben's");
            assert!(sfu.leave(*now, ROOM, BEN, joined.session));
        }
    } else {
        let mut deframer = Deframer::default();
        deframer.push(rest);
        let from = SocketAddr::from(([203, 0, 113, 5], 9));
        let protocol = if kind % 4 == 1 { Protocol::Udp } else { Protocol::Tcp };
        while let Ok(Some(datagram)) = deframer.next_datagram() {
            let mut datagram = datagram.to_vec();
            let is_name = |window: &[u8]| window == FRAGMENT;
            if let Some(at) = datagram.windows(FRAGMENT.len()).position(is_name) {
                datagram.splice(at..at + FRAGMENT.len(), fragment.iter().copied());
            }
            sfu.receive(*now, Datagram { protocol, from, bytes: &datagram });
        }
    }
    while sfu.poll().is_some() {}
    assert!(sfu.heard(CLASS).is_empty(), "nobody has proved who they are");
}
