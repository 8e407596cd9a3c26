//! Pages that hear one speaker: real WebRTC clients, all in one thread.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{DatagramRecv, Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use crate::Result;

/// The time of a packet.
pub const PACKET: Duration = Duration::from_millis(20);
/// How many bytes one holds, as Opus makes of speech at 32 kbit/s.
const BYTES: usize = 80;

/// One client.
pub struct Page {
    rtc: Rtc,
    socket: UdpSocket,
    own: SocketAddr,
    voice: Option<Mid>,
    sent: u64,
    due: Instant,
    pub is_connected: bool,
    /// The numbers of the first and the newest packet, and how many came.
    pub heard: Option<(u64, u64, u64)>,
    /// How long packets took from the speaker's page to this one, in microseconds.
    pub delays: Vec<u32>,
}

fn connection(own: IpOf) -> Result<(Rtc, UdpSocket, SocketAddr)> {
    let socket = UdpSocket::bind((own.0, 0))?;
    socket.set_nonblocking(true)?;
    let address = socket.local_addr()?;
    let mut rtc = RtcConfig::new()
        .set_rtp_mode(true)
        .clear_codecs()
        .enable_opus(true, false)
        .build(Instant::now());
    rtc.add_local_candidate(Candidate::host(address, Protocol::Udp)?);
    Ok((rtc, socket, address))
}

/// The address that clients send from.
#[derive(Clone, Copy)]
pub struct IpOf(pub std::net::IpAddr);

/// A client that has offered a connection.
pub struct Offering {
    page: Page,
    pending: SdpPendingOffer,
}

impl Page {
    fn new((rtc, socket, own): (Rtc, UdpSocket, SocketAddr), voice: Option<Mid>) -> Self {
        Self {
            rtc,
            socket,
            own,
            voice,
            sent: 0,
            due: Instant::now(),
            is_connected: false,
            heard: None,
            delays: Vec::new(),
        }
    }

    /// Offers to send one voice, when it speaks, and to receive so many.
    pub fn offer(from: IpOf, speaks: bool, receives: usize) -> Result<(Offering, String)> {
        let (mut rtc, socket, own) = connection(from)?;
        let mut change = rtc.sdp_api();
        let voice = speaks
            .then(|| change.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None));
        for _ in 0..receives {
            change.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
        }
        let (offer, pending) = change.apply().ok_or("nothing to offer")?;
        let page = Self::new((rtc, socket, own), voice);
        Ok((Offering { page, pending }, offer.to_sdp_string()))
    }

    /// Answers an offer of somebody who sends.
    pub fn answer(from: IpOf, offer: &str) -> Result<(Self, String)> {
        let (mut rtc, socket, own) = connection(from)?;
        let answer = rtc.sdp_api().accept_offer(SdpOffer::from_sdp_string(offer)?)?;
        Ok((Self::new((rtc, socket, own), None), answer.to_sdp_string()))
    }

    /// Takes what has come, and does what is due.
    pub fn go_on(&mut self, start: Instant) {
        let mut bytes = [0; 2_000];
        loop {
            match self.socket.recv_from(&mut bytes) {
                Ok((length, source)) => {
                    let now = Instant::now();
                    let Ok(contents) = DatagramRecv::try_from(&bytes[..length]) else { continue };
                    let destination = self.own;
                    let receive = Receive { proto: Protocol::Udp, source, destination, contents };
                    let _ = self.rtc.handle_input(Input::Receive(now, receive));
                    self.drain(start);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => {}
            }
        }
        if Instant::now() >= self.due {
            let _ = self.rtc.handle_input(Input::Timeout(Instant::now()));
            self.drain(start);
        }
    }

    /// Says one packet, in which it stands when it was said.
    pub fn say(&mut self, start: Instant) {
        let opus = self.rtc.codec_config().find(|it| it.spec().codec == Codec::Opus);
        let (Some(opus), Some(voice)) = (opus, self.voice) else { return };
        let payload_type = opus.pt();
        let mut direct = self.rtc.direct_api();
        let Some(stream) = direct.stream_tx_by_mid(voice, None) else { return };
        let mut said = vec![0x78; BYTES];
        let at = u64::try_from(start.elapsed().as_micros()).unwrap_or(0);
        said[8..16].copy_from_slice(&at.to_be_bytes());
        let time = u32::try_from(self.sent * 960 % (1 << 32)).unwrap_or(0);
        let seq = self.sent.into();
        stream.write_rtp(RtpWrite::new(payload_type, seq, time, Instant::now(), said));
        self.sent += 1;
        let _ = self.rtc.handle_input(Input::Timeout(Instant::now()));
        self.drain(start);
    }

    fn drain(&mut self, start: Instant) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.due = at;
                    return;
                }
                Ok(Output::Transmit(transmit)) => {
                    let _ = self.socket.send_to(&transmit.contents, transmit.destination);
                }
                Ok(Output::Event(Event::Connected)) => self.is_connected = true,
                Ok(Output::Event(Event::RtpPacket(packet))) => {
                    let Some(at) = packet.payload.get(8..16) else { continue };
                    let at = u64::from_be_bytes(at.try_into().unwrap_or_default());
                    let now = u64::try_from(start.elapsed().as_micros()).unwrap_or(0);
                    self.delays.push(u32::try_from(now.saturating_sub(at)).unwrap_or(u32::MAX));
                    let seq = *packet.seq_no;
                    let (first, newest, count) = self.heard.unwrap_or((seq, seq, 0));
                    self.heard = Some((first, newest.max(seq), count + 1));
                }
                Ok(Output::Event(_)) => {}
                Err(_) => return,
            }
        }
    }

    /// Begins to count anew.
    pub fn forget(&mut self) {
        self.heard = None;
        self.delays.clear();
    }

    /// How many packets did not come.
    pub fn lost(&self) -> u64 {
        self.heard.map_or(0, |(first, newest, count)| (newest - first + 1).saturating_sub(count))
    }
}

impl Offering {
    /// Takes the answer.
    pub fn answered(mut self, answer: &str) -> Result<Page> {
        let answer = SdpAnswer::from_sdp_string(answer)?;
        self.page.rtc.sdp_api().accept_answer(self.pending, answer)?;
        Ok(self.page)
    }
}
