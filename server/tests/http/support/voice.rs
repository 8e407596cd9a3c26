//! A page that connects by voice, over real sockets: what a browser does of it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use str0m::change::SdpAnswer;
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{DatagramRecv, Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use super::{Answer, Invite, Member, Request, within_patience};

/// The time of a packet.
const PACKET: Duration = Duration::from_millis(20);

/// By what a page reaches the unit.
enum Way {
    Udp(UdpSocket),
    Tcp { stream: TcpStream, come: voice::Deframer },
}

/// A page that is connected, or on its way.
pub struct VoicePage {
    rtc: Rtc,
    way: Way,
    own: SocketAddr,
    unit: SocketAddr,
    voice: Mid,
    picture: Option<Mid>,
    /// The first byte of what it says, when it says something.
    pub says: Option<u8>,
    sent: u64,
    spoken_at: std::time::Instant,
    is_connected: bool,
    pub is_over: bool,
    /// The first bytes of what it has heard.
    pub heard: BTreeSet<u8>,
    /// The same of what it has seen.
    pub seen: BTreeSet<u8>,
    /// How often it was asked for a whole picture.
    pub asked: usize,
    /// Where its session is.
    pub location: String,
}

#[expect(clippy::disallowed_methods, reason = "a page has a clock of its own")]
fn now() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}

impl Member {
    /// Offers a connection by voice.
    pub fn offer_voice(&self, offer: &str) -> Request {
        let request = self.request(reqwest::Method::POST, "/voice");
        request.sdp(offer)
    }

    /// A page of theirs that is connected by UDP.
    pub async fn voice(&self) -> VoicePage {
        self.voice_over(Protocol::Udp).await
    }

    /// A page of theirs that is connected to a call.
    pub async fn in_call(&self, invite: &Invite) -> VoicePage {
        let (page, answer) = VoicePage::join_call(self, invite).await;
        let mut page = page.unwrap_or_else(|| panic!("{answer:?}"));
        page.until("to be connected", |page| page.is_connected).await;
        page
    }

    /// A page of theirs that is connected.
    pub async fn voice_over(&self, protocol: Protocol) -> VoicePage {
        let (page, _) = VoicePage::join(self, protocol).await;
        let mut page = page.expect("it is answered");
        page.until("to be connected", |page| page.is_connected).await;
        page
    }
}

/// The offer of a page that may speak and listens.
pub fn offer(rtc: &mut Rtc) -> (String, str0m::change::SdpPendingOffer, Mid) {
    let (offer, pending, sent) = offer_of(rtc, &[MediaKind::Audio], voice::SLOTS);
    (offer, pending, sent[0])
}

/// The offer of a page that sends one of each kind, and receives so many.
pub fn offer_of(
    rtc: &mut Rtc,
    kinds: &[MediaKind],
    receives: usize,
) -> (String, str0m::change::SdpPendingOffer, Vec<Mid>) {
    let mut change = rtc.sdp_api();
    let mut add = |kind, direction| change.add_media(kind, direction, None, None, None);
    let sent = kinds.iter().map(|kind| add(*kind, Direction::SendOnly)).collect();
    for _ in 0..receives {
        for kind in kinds {
            add(*kind, Direction::RecvOnly);
        }
    }
    let (offer, pending) = change.apply().expect("there is something to offer");
    (offer.to_sdp_string(), pending, sent)
}

/// A connection that nobody has answered.
pub fn connection() -> Rtc {
    str0m::crypto::from_feature_flags().install_process_default();
    let config = RtcConfig::new().set_rtp_mode(true).clear_codecs();
    config.enable_opus(true, false).enable_vp8(true).build(now())
}

impl VoicePage {
    /// Offers a connection to the class; none when it is refused.
    pub async fn join(member: &Member, protocol: Protocol) -> (Option<Self>, Answer) {
        let (kinds, receives) = ([MediaKind::Audio], voice::SLOTS);
        Self::join_at(member, "/voice", &kinds, receives, protocol).await
    }

    /// The same to a call, with pictures.
    pub async fn join_call(member: &Member, invite: &Invite) -> (Option<Self>, Answer) {
        let kinds = [MediaKind::Audio, MediaKind::Video];
        let path = invite.path("/media");
        Self::join_at(member, &path, &kinds, voice::SEATS - 1, Protocol::Udp).await
    }

    async fn join_at(
        member: &Member,
        path: &str,
        kinds: &[MediaKind],
        receives: usize,
        protocol: Protocol,
    ) -> (Option<Self>, Answer) {
        let mut rtc = connection();
        let udp = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let mut own = udp.local_addr().expect("its address");
        let (offer, pending, sent) = offer_of(&mut rtc, kinds, receives);
        let (voice, picture) = (sent[0], sent.get(1).copied());
        let answer = member.request(reqwest::Method::POST, path).sdp(&offer).await;
        if answer.status != 201 {
            return (None, answer);
        }
        let location = answer.header("location").to_owned();
        let told = SdpAnswer::from_sdp_string(&answer.text).expect("an answer");
        let unit = unit_of(&answer.text);
        let way = match protocol {
            Protocol::Udp => Way::Udp(udp),
            _ => {
                let stream = TcpStream::connect(unit).await.expect("the unit listens");
                own = stream.local_addr().expect("its address");
                Way::Tcp { stream, come: voice::Deframer::default() }
            }
        };
        let candidate = match protocol {
            Protocol::Udp => Candidate::host(own, Protocol::Udp),
            _ => Candidate::builder().tcp().host(own).tcptype(str0m::net::TcpType::Active).build(),
        };
        rtc.add_local_candidate(candidate.expect("an address"));
        rtc.sdp_api().accept_answer(pending, told).expect("it answers the offer");
        let page = Self {
            rtc,
            way,
            own,
            unit,
            voice,
            picture,
            says: None,
            sent: 0,
            spoken_at: now(),
            is_connected: false,
            is_over: false,
            heard: BTreeSet::new(),
            seen: BTreeSet::new(),
            asked: 0,
            location,
        };
        (Some(page), answer)
    }

    /// Goes on until this holds.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        within_patience(what, async {
            while !holds(self) {
                self.step().await;
            }
        })
        .await;
    }

    /// Has several go on until this holds.
    pub async fn until_all(what: &str, pages: &mut [Self], holds: impl Fn(&[Self]) -> bool) {
        within_patience(what, async {
            while !holds(pages) {
                for page in pages.iter_mut() {
                    page.step().await;
                }
            }
        })
        .await;
    }

    /// Goes on for as long as something else is waited for.
    pub async fn meanwhile<T>(&mut self, other: impl Future<Output = T>) -> T {
        let mut other = std::pin::pin!(other);
        loop {
            tokio::select! {
                done = &mut other => return done,
                () = self.step() => {}
            }
        }
    }

    /// One turn: says what is due, waits for a moment, takes what comes.
    async fn step(&mut self) {
        self.say();
        self.elapse().await;
        let mut bytes = [0; 4_096];
        let wait = tokio::time::timeout(PACKET / 4, async {
            match &mut self.way {
                Way::Udp(socket) => socket.recv(&mut bytes).await,
                Way::Tcp { stream, .. } => stream.read(&mut bytes).await,
            }
        });
        let Ok(Ok(read)) = wait.await else { return };
        let datagrams = match &mut self.way {
            Way::Udp(_) => vec![bytes[..read].to_vec()],
            Way::Tcp { come, .. } => {
                come.push(&bytes[..read]);
                let mut all = Vec::new();
                while let Some(datagram) = come.next_datagram().expect("it is framed") {
                    all.push(datagram.to_vec());
                }
                all
            }
        };
        let proto = match &self.way {
            Way::Udp(_) => Protocol::Udp,
            Way::Tcp { .. } => Protocol::Tcp,
        };
        for datagram in datagrams {
            let contents = DatagramRecv::try_from(&datagram[..]).expect("it is well formed");
            let receive = Receive { proto, source: self.unit, destination: self.own, contents };
            self.is_over |= self.rtc.handle_input(Input::Receive(now(), receive)).is_err();
            self.drain().await;
        }
    }

    fn say(&mut self) {
        let Some(word) = self.says.filter(|_| self.is_connected && now() >= self.spoken_at) else {
            return;
        };
        let opus = self.rtc.codec_config().find(|it| it.spec().codec == Codec::Opus);
        let payload_type = opus.expect("Opus").pt();
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(self.voice, None).expect("its own stream");
        let time = u32::try_from(self.sent * 960).expect("short");
        let said = vec![word; 80];
        stream.write_rtp(RtpWrite::new(payload_type, self.sent.into(), time, now(), said.clone()));
        if let Some(picture) = self.picture {
            let vp8 = self.rtc.codec_config().find(|it| it.spec().codec == Codec::Vp8);
            let payload_type = vp8.expect("VP8").pt();
            let mut direct = self.rtc.direct_api();
            let stream = direct.stream_tx_by_mid(picture, None).expect("its own stream");
            let time = u32::try_from(self.sent * 1_800).expect("short");
            stream.write_rtp(RtpWrite::new(payload_type, self.sent.into(), time, now(), said));
        }
        self.sent += 1;
        self.spoken_at = now() + PACKET;
    }

    async fn elapse(&mut self) {
        self.is_over |= self.rtc.handle_input(Input::Timeout(now())).is_err();
        self.drain().await;
    }

    async fn drain(&mut self) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(_)) => return,
                Ok(Output::Transmit(transmit)) => {
                    let bytes: Vec<u8> = transmit.contents.into();
                    // The unit may be gone.
                    let _ = match &mut self.way {
                        Way::Udp(socket) => {
                            socket.send_to(&bytes, transmit.destination).await.map(drop)
                        }
                        Way::Tcp { stream, .. } => {
                            let length = u16::try_from(bytes.len()).expect("a datagram");
                            let mut frame = length.to_be_bytes().to_vec();
                            frame.extend(bytes);
                            stream.write_all(&frame).await
                        }
                    };
                }
                Ok(Output::Event(Event::Connected)) => self.is_connected = true,
                Ok(Output::Event(Event::KeyframeRequest(_))) => self.asked += 1,
                Ok(Output::Event(Event::RtpPacket(packet))) if packet.payload.len() > 3 => {
                    let ssrc = packet.header.ssrc;
                    let mid = self.rtc.direct_api().stream_rx(&ssrc).map(|stream| stream.mid());
                    let kind = mid.and_then(|mid| self.rtc.media(mid)).map(|media| media.kind());
                    let is_picture = kind == Some(MediaKind::Video);
                    let told = if is_picture { &mut self.seen } else { &mut self.heard };
                    told.insert(packet.payload[0]);
                }
                Ok(Output::Event(Event::Closed)) | Err(_) => {
                    self.is_over = true;
                    return;
                }
                Ok(Output::Event(_)) => {}
            }
        }
    }
}

/// Where the unit is, as an answer tells it.
fn unit_of(answer: &str) -> SocketAddr {
    let candidate = answer.lines().find_map(|line| line.strip_prefix("a=candidate:"));
    let words: Vec<&str> = candidate.expect("a candidate").split(' ').collect();
    format!("{}:{}", words[4], words[5]).parse().expect("an address")
}

/// Who is heard, as an event tells it.
pub fn heard(event: &super::Event) -> Vec<Value> {
    super::assert_fields(event.body(), "heard");
    event.body()["heard"].as_array().expect("a list").clone()
}
