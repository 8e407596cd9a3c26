//! The unit with pages that speak real WebRTC, without sockets and at a time of our own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use signaling::{GroupId, UserId};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{DatagramRecv, Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output as RtcOutput, Rtc, RtcConfig};
use voice::{Datagram, Limits, Output, Refused, RoomId, SLOTS, SessionId, Sfu};

const CLASS: GroupId = GroupId::from_bytes([9; 16]);
const ROOM: RoomId = RoomId::of_class(CLASS);
const ADA: UserId = UserId::from_bytes([1; 16]);
const BEN: UserId = UserId::from_bytes([2; 16]);
const CLEO: UserId = UserId::from_bytes([3; 16]);
const DAN: UserId = UserId::from_bytes([4; 16]);
const EVE: UserId = UserId::from_bytes([5; 16]);

/// One packet's time.
const TICK: Duration = Duration::from_millis(20);

fn unit() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 4_000))
}

fn crypto() {
    str0m::crypto::from_feature_flags().install_process_default();
}

/// A page: what a browser does of it.
struct Page {
    user: UserId,
    session: SessionId,
    rtc: Rtc,
    address: SocketAddr,
    voice: Mid,
    sent: u64,
    speaks: bool,
    is_connected: bool,
    /// Whom it has heard, by the first byte of what they said, and how often.
    heard: BTreeMap<u8, usize>,
    /// The place of the newest packet in each stream, for gaps and jumps.
    newest: BTreeMap<u32, (u64, u64)>,
    jumps: Vec<i64>,
    is_over: bool,
    /// What it sends next.
    outgoing: Vec<Vec<u8>>,
}

fn offer(rtc: &mut Rtc, sends: usize, receives: usize) -> (String, SdpPendingOffer, Vec<Mid>) {
    let mut change = rtc.sdp_api();
    let sent = (0..sends)
        .map(|_| change.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None))
        .collect();
    for _ in 0..receives {
        change.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
    }
    let (offer, pending) = change.apply().expect("there is something to offer");
    (offer.to_sdp_string(), pending, sent)
}

fn connection(now: Instant, address: SocketAddr) -> Rtc {
    let mut rtc =
        RtcConfig::new().set_rtp_mode(true).clear_codecs().enable_opus(true, false).build(now);
    rtc.add_local_candidate(Candidate::host(address, Protocol::Udp).expect("an address"));
    rtc
}

struct Class {
    sfu: Sfu,
    now: Instant,
    pages: Vec<Page>,
    told: Vec<Vec<UserId>>,
}

impl Class {
    #[expect(clippy::disallowed_methods, reason = "a moment to count from")]
    fn new(voices: &[UserId]) -> Self {
        crypto();
        let now = Instant::now();
        let mut sfu = Sfu::new(unit(), Limits::default()).expect("a unit");
        sfu.hear(now, ROOM, Some(voices.to_vec()));
        Self { sfu, now, pages: Vec::new(), told: Vec::new() }
    }

    fn join(&mut self, user: UserId) -> usize {
        let port = 5_000 + u16::try_from(self.pages.len()).expect("a few");
        let address = SocketAddr::from(([192, 0, 2, 77], port));
        let mut rtc = connection(self.now, address);
        let (offer, pending, sent) = offer(&mut rtc, 1, SLOTS);
        let joined = self.sfu.join(self.now, ROOM, user, &offer).expect("it is answered");
        let answer = SdpAnswer::from_sdp_string(&joined.answer).expect("an answer");
        rtc.sdp_api().accept_answer(pending, answer).expect("it answers the offer");
        self.pages.push(Page {
            user,
            session: joined.session,
            rtc,
            address,
            voice: sent[0],
            sent: 0,
            speaks: false,
            is_connected: false,
            heard: BTreeMap::new(),
            newest: BTreeMap::new(),
            jumps: Vec::new(),
            is_over: false,
            outgoing: Vec::new(),
        });
        self.pages.len() - 1
    }

    fn hear(&mut self, voices: &[UserId]) {
        self.sfu.hear(self.now, ROOM, Some(voices.to_vec()));
    }

    /// Lets the class go on for so many packets' time.
    fn go_on(&mut self, ticks: usize) {
        for _ in 0..ticks {
            for page in &mut self.pages {
                page.say(self.now);
            }
            for step in 0..10 {
                let at = self.now + TICK / 10 * step;
                self.exchange(at);
            }
            self.now += TICK;
        }
    }

    fn exchange(&mut self, now: Instant) {
        let Self { sfu, pages, told, .. } = self;
        for page in pages.iter_mut() {
            if page.rtc.handle_input(Input::Timeout(now)).is_err() {
                page.is_over = true;
            }
            page.read();
            for bytes in std::mem::take(&mut page.outgoing) {
                let from = page.address;
                sfu.receive(now, Datagram { protocol: Protocol::Udp, from, bytes: &bytes });
            }
        }
        sfu.elapse(now);
        while let Some(output) = sfu.poll() {
            match output {
                Output::Send { to, bytes, .. } => {
                    if let Some(page) = pages.iter_mut().find(|page| page.address == to) {
                        page.take(now, &bytes);
                    }
                }
                Output::Heard { users, .. } => told.push(users),
            }
        }
    }

    fn connect(&mut self) {
        for _ in 0..200 {
            if self.pages.iter().all(|page| page.is_connected) {
                return;
            }
            self.go_on(1);
        }
        panic!("not all have connected");
    }

    /// Who is heard by each page in the next half second.
    fn heard(&mut self) -> Vec<Vec<u8>> {
        // What is on its way or fades comes first.
        self.go_on(3);
        for page in &mut self.pages {
            page.heard.clear();
        }
        self.go_on(25);
        self.pages.iter().map(|page| page.heard.keys().copied().collect()).collect()
    }
}

impl Page {
    fn say(&mut self, now: Instant) {
        if !self.speaks || !self.is_connected {
            return;
        }
        let Some(opus) = self.rtc.codec_config().find(|it| it.spec().codec == Codec::Opus) else {
            return;
        };
        let payload_type = opus.pt();
        let said = vec![self.user.as_bytes()[0]; 80];
        let mut direct = self.rtc.direct_api();
        let Some(stream) = direct.stream_tx_by_mid(self.voice, None) else { return };
        let time = u32::try_from(self.sent * 960).expect("short");
        stream.write_rtp(RtpWrite::new(payload_type, self.sent.into(), time, now, said));
        self.sent += 1;
        self.read();
    }

    /// Reads all that its connection has to say, as must be done after each change to it.
    fn read(&mut self) {
        loop {
            match self.rtc.poll_output() {
                Ok(RtcOutput::Timeout(_)) => return,
                Ok(RtcOutput::Transmit(transmit)) => self.outgoing.push(transmit.contents.into()),
                Ok(RtcOutput::Event(Event::Connected)) => self.is_connected = true,
                Ok(RtcOutput::Event(Event::Closed)) | Err(_) => {
                    self.is_over = true;
                    return;
                }
                Ok(RtcOutput::Event(Event::RtpPacket(packet))) => {
                    let place = (*packet.seq_no, packet.time.numer());
                    let stream = *packet.header.ssrc;
                    if let Some((seq, time)) = self.newest.insert(stream, place) {
                        let ticks = i64::try_from(place.1).unwrap() - i64::try_from(time).unwrap();
                        let packets = i64::try_from(place.0).unwrap() - i64::try_from(seq).unwrap();
                        self.jumps.push(ticks - packets * 960);
                    }
                    if packet.payload.len() > 3 {
                        *self.heard.entry(packet.payload[0]).or_default() += 1;
                    }
                }
                Ok(RtcOutput::Event(_)) => {}
            }
        }
    }

    fn take(&mut self, now: Instant, bytes: &[u8]) {
        let contents = DatagramRecv::try_from(bytes).expect("what the unit sends is well formed");
        let receive =
            Receive { proto: Protocol::Udp, source: unit(), destination: self.address, contents };
        if self.rtc.handle_input(Input::Receive(now, receive)).is_err() {
            self.is_over = true;
        }
        self.read();
    }
}

#[test]
fn whoever_may_be_heard_is_heard_by_all_others_and_nobody_else_is() {
    let mut class = Class::new(&[ADA]);
    for user in [ADA, BEN, CLEO] {
        class.join(user);
    }
    class.connect();
    assert_eq!(class.heard(), [[]; 3] as [[u8; 0]; 3], "nobody says anything");
    for page in &mut class.pages {
        page.speaks = true;
    }
    assert_eq!(class.heard(), [vec![], vec![1], vec![1]]);
    assert_eq!(class.told, [[ADA]]);
    // Ben has the floor; Ada's page goes on sending.
    class.hear(&[BEN]);
    assert_eq!(class.heard(), [vec![2], vec![], vec![2]]);
    class.hear(&[]);
    assert_eq!(class.heard(), [[]; 3] as [[u8; 0]; 3]);
    assert_eq!(class.told, [vec![ADA], vec![], vec![BEN], vec![]]);
}

#[test]
fn three_are_heard_at_once_and_whoever_ranks_higher_takes_the_lowest_place() {
    let mut class = Class::new(&[BEN, CLEO, DAN, ADA]);
    for user in [ADA, BEN, CLEO, DAN, EVE] {
        class.join(user);
    }
    class.connect();
    for user in [0, 1, 2] {
        class.pages[user].speaks = true;
    }
    assert_eq!(class.heard()[4], [1, 2, 3]);
    class.pages[3].speaks = true;
    assert_eq!(class.heard()[4], [2, 3, 4], "Ada ranks lowest");
    class.pages[1].speaks = false;
    class.go_on(100);
    assert_eq!(class.heard()[4], [1, 3, 4], "Ben has fallen silent and left his place");
}

#[test]
fn a_floor_that_is_passed_on_twenty_times_is_heard_each_time_and_the_delay_does_not_grow() {
    let mut class = Class::new(&[]);
    for user in [ADA, BEN, CLEO] {
        class.join(user);
    }
    class.connect();
    for turn in 0..20 {
        let (speaker, user) = if turn % 2 == 0 { (0, ADA) } else { (1, BEN) };
        class.hear(&[user]);
        class.pages[speaker].speaks = true;
        assert_eq!(class.heard()[2], [user.as_bytes()[0]], "turn {turn}");
        class.pages[speaker].speaks = false;
    }
    let ahead = class.pages[2].jumps.iter().filter(|jump| **jump < 0).count();
    assert_eq!(ahead, 0, "time goes on with the numbers, or jumps forward over a pause");
}

#[test]
fn whoever_has_gone_or_been_removed_is_heard_no_more_and_hears_nothing() {
    let mut class = Class::new(&[ADA]);
    for user in [ADA, BEN, CLEO] {
        class.join(user);
    }
    class.connect();
    class.pages[0].speaks = true;
    assert_eq!(class.heard(), [vec![], vec![1], vec![1]]);
    class.sfu.part(class.now, ROOM, CLEO);
    assert_eq!(class.heard(), [vec![], vec![1], vec![]]);
    assert!(class.pages[2].is_over, "its page is told");
    let session = class.pages[0].session;
    assert!(!class.sfu.leave(class.now, ROOM, BEN, session), "it is not theirs to end");
    assert!(class.sfu.leave(class.now, ROOM, ADA, session));
    assert_eq!(class.heard(), [[]; 3] as [[u8; 0]; 3]);
    assert_eq!(class.told, [vec![ADA], vec![]]);
    let speaker = class.join(ADA);
    class.pages[speaker].speaks = true;
    class.go_on(100);
    assert_eq!(class.told.last(), Some(&vec![ADA]));
    class.sfu.hear(class.now, ROOM, None);
    class.go_on(5);
    assert_eq!(class.told.last(), Some(&vec![]), "nobody is heard where voice is off");
    assert!(class.pages[1].is_over, "voice was switched off");
    assert_eq!(class.sfu.sessions(), 0);
    assert_eq!(class.sfu.next_timeout(), None, "nothing is left to wake up for");
}

#[test]
fn a_page_that_vanishes_is_given_up_and_one_that_never_connects_too() {
    let mut class = Class::new(&[ADA]);
    class.join(ADA);
    class.join(BEN);
    class.connect();
    class.pages[0].speaks = true;
    class.go_on(5);
    assert_eq!(class.sfu.heard(CLASS), [ADA]);
    // Its network is gone: nothing comes from it, and nothing reaches it.
    class.pages.remove(0);
    class.go_on(100);
    assert_eq!(class.sfu.heard(CLASS), [], "its voice has paused");
    class.go_on(1_500);
    assert_eq!(class.sfu.sessions(), 1);
    let mut rtc = connection(class.now, SocketAddr::from(([192, 0, 2, 5], 1)));
    let (offer, ..) = offer(&mut rtc, 1, SLOTS);
    class.sfu.join(class.now, ROOM, CLEO, &offer).expect("it is answered");
    assert_eq!(class.sfu.sessions(), 2);
    class.go_on(800);
    assert_eq!(class.sfu.sessions(), 1);
}

#[test]
fn a_member_has_two_sessions_and_the_oldest_gives_way() {
    let mut class = Class::new(&[ADA]);
    for _ in 0..3 {
        class.join(ADA);
    }
    class.join(BEN);
    class.pages[1].speaks = true;
    class.pages[2].speaks = true;
    class.go_on(100);
    assert_eq!(class.sfu.sessions(), 3);
    assert!(!class.pages[0].is_connected || class.pages[0].is_over);
    let before = class.pages[3].heard.get(&1).copied().unwrap_or(0);
    class.go_on(50);
    let heard = class.pages[3].heard[&1] - before;
    assert!((48..=51).contains(&heard), "a member is heard from one page: {heard} packets");
    assert!(!class.pages[1].heard.contains_key(&1), "nobody hears themselves");
}

#[test]
fn an_offer_is_of_one_voice_and_a_few_to_receive() {
    let mut class = Class::new(&[]);
    let mut refusal = |sends, receives| {
        let mut rtc = connection(class.now, SocketAddr::from(([192, 0, 2, 5], 1)));
        let (offer, ..) = offer(&mut rtc, sends, receives);
        class.sfu.join(class.now, ROOM, ADA, &offer).err()
    };
    assert_eq!(refusal(1, 3), None);
    assert_eq!(refusal(0, 3), None, "whoever only listens");
    assert_eq!(refusal(1, 0), None, "whoever only speaks");
    assert_eq!(refusal(2, 1), Some(Refused::OtherMedia));
    assert_eq!(refusal(0, 4), Some(Refused::OtherMedia));
    assert_eq!(refusal(1, 4), Some(Refused::OtherMedia));
    let mut join = |offer: &str| class.sfu.join(class.now, ROOM, ADA, offer).err();
    assert_eq!(join(""), Some(Refused::OtherMedia));
    assert_eq!(
        join(
            "m=audio 9 UDP/TLS/RTP/SAVPF 111
"
        ),
        Some(Refused::Malformed)
    );
    let unknown = RoomId::of_class(GroupId::from_bytes([1; 16]));
    assert_eq!(class.sfu.join(class.now, unknown, ADA, "").err(), Some(Refused::Unavailable));
}

#[test]
fn whoever_has_seen_a_fragment_of_the_credentials_diverts_no_voice() {
    let mut class = Class::new(&[ADA]);
    class.join(ADA);
    class.join(BEN);
    class.connect();
    class.pages[0].speaks = true;
    class.go_on(5);
    // A binding request with the right user fragments and a wrong password.
    let local = class.pages[1].rtc.direct_api().local_ice_credentials().ufrag;
    let mut thief = Vec::new();
    let name = format!("xxxx:{local}");
    thief.extend([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]);
    thief.extend([7; 12]);
    thief.extend([0, 6, 0, u8::try_from(name.len()).expect("short")]);
    thief.extend(name.bytes());
    thief.resize(thief.len().next_multiple_of(4), 0);
    thief.extend([0, 0x24, 0, 4, 1, 2, 3, 4]);
    thief.extend([0, 8, 0, 20]);
    thief.extend([9; 20]);
    let length = u16::try_from(thief.len() - 20).expect("short");
    thief[2..4].copy_from_slice(&length.to_be_bytes());
    let from = SocketAddr::from(([203, 0, 113, 5], 999));
    class.sfu.receive(class.now, Datagram { protocol: Protocol::Udp, from, bytes: &thief });
    while let Some(output) = class.sfu.poll() {
        assert!(!matches!(output, Output::Send { to, .. } if to == from), "it was answered");
    }
    assert_eq!(class.heard()[1], [1]);
}

#[test]
fn whatever_comes_from_outside_is_taken_or_dropped() {
    let mut class = Class::new(&[ADA]);
    class.join(ADA);
    class.connect();
    let known = class.pages[0].address;
    let mut rtc = connection(class.now, SocketAddr::from(([192, 0, 2, 5], 1)));
    let (sdp, ..) = offer(&mut rtc, 1, SLOTS);
    let mut runner = TestRunner::new(Config { cases: 300, ..Config::default() });
    let cases = (
        proptest::collection::vec(any::<u8>(), 0..200),
        any::<bool>(),
        proptest::collection::vec((any::<prop::sample::Index>(), any::<char>()), 0..12),
    );
    let (sfu, now) = (std::cell::RefCell::new(class.sfu), class.now);
    runner
        .run(&cases, |(bytes, is_known, changes)| {
            let from = if is_known { known } else { SocketAddr::from(([203, 0, 113, 5], 9)) };
            let mut sfu = sfu.borrow_mut();
            sfu.receive(now, Datagram { protocol: Protocol::Udp, from, bytes: &bytes });
            let mut changed: Vec<char> = sdp.chars().collect();
            for (at, by) in changes {
                *at.get_mut(&mut changed) = by;
            }
            let changed: String = changed.into_iter().collect();
            let _ = sfu.join(now, ROOM, BEN, &changed);
            while sfu.poll().is_some() {}
            Ok(())
        })
        .expect("nothing panics");
}
