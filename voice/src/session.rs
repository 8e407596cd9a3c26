//! A session: one page's connection to the unit, by which it may send one voice and receive those of
//! others.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Instant;

use signaling::{GroupId, UserId};
use str0m::change::SdpOffer;
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid, Pt};
use str0m::rtp::{Extension, ExtensionMap, ExtensionValues, RtpPacket, RtpWrite};
use str0m::{Candidate, Rtc, RtcConfig};

use crate::refused::Refused;
use crate::slots::SLOTS;
use crate::timeline::Place;

/// The number of a session, unique until the unit is made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub(crate) u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SessionId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// The stream by which a page receives what is heard in one slot.
#[derive(Debug)]
struct Ear {
    mid: Mid,
    payload_type: Pt,
    /// The slot's number with which it began: a receiver takes no stream that begins high.
    first: Option<u64>,
}

/// One page's connection.
#[derive(Debug)]
pub(crate) struct Session {
    pub group: GroupId,
    pub user: UserId,
    pub rtc: Rtc,
    pub since: Instant,
    pub is_connected: bool,
    /// When its connection wants to be woken.
    pub due: Instant,
    ears: Vec<Ear>,
}

/// What every session of a unit has in common.
#[derive(Clone)]
pub(crate) struct Identity {
    crypto: Arc<CryptoProvider>,
    certificate: DtlsCert,
    candidates: Vec<Candidate>,
}

impl Identity {
    /// One certificate and the addresses at which the unit is reached.
    pub fn new(candidates: Vec<Candidate>) -> Option<Self> {
        let crypto = str0m::crypto::from_feature_flags();
        let certificate = crypto.dtls_provider.generate_certificate()?;
        Some(Self { crypto: Arc::new(crypto), certificate, candidates })
    }

    fn connection(&self, now: Instant) -> Rtc {
        // Levels are what a page shows; feedback on congestion would cost more than the voice.
        let mut extensions = ExtensionMap::empty();
        extensions.set(1, Extension::AudioLevel);
        extensions.set(2, Extension::RtpMid);
        let mut rtc = RtcConfig::new()
            .set_crypto_provider(Arc::clone(&self.crypto))
            .set_dtls_cert(self.certificate.clone())
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .set_extension_map(extensions)
            .set_send_buffer_audio(8)
            .build(now);
        for candidate in &self.candidates {
            rtc.add_local_candidate(candidate.clone());
        }
        rtc
    }
}

impl Session {
    /// Answers a page's offer. It may send one voice and receive as many as there are slots.
    ///
    /// # Errors
    /// When the offer is no such one.
    pub fn answer(
        identity: &Identity,
        now: Instant,
        (group, user): (GroupId, UserId),
        offer: &str,
    ) -> Result<(Self, String), Refused> {
        let media: Vec<&str> = offer.lines().filter(|line| line.starts_with("m=")).collect();
        let is_audio = media.iter().all(|line| line.starts_with("m=audio "));
        if !is_audio || !(1..=SLOTS + 1).contains(&media.len()) {
            return Err(Refused::NotOneVoice);
        }
        let mids = offer.lines().filter_map(|line| line.strip_prefix("a=mid:"));
        let mids: Vec<Mid> = mids.map(|mid| Mid::from(mid.trim())).collect();
        let offer = SdpOffer::from_sdp_string(offer).map_err(|_| Refused::Malformed)?;
        let mut rtc = identity.connection(now);
        let answer = rtc.sdp_api().accept_offer(offer).map_err(|_| Refused::Malformed)?;
        let mut session =
            Self { group, user, rtc, since: now, is_connected: false, due: now, ears: Vec::new() };
        session.read_media(&mids)?;
        Ok((session, answer.to_sdp_string()))
    }

    /// Reads what was negotiated.
    fn read_media(&mut self, mids: &[Mid]) -> Result<(), Refused> {
        let mut voices = 0;
        for mid in mids {
            let media = self.rtc.media(*mid).ok_or(Refused::Malformed)?;
            match media.direction() {
                _ if media.kind() != MediaKind::Audio => return Err(Refused::NotOneVoice),
                Direction::RecvOnly => voices += 1,
                Direction::SendOnly => self.ears.extend(self.ear(*mid)),
                Direction::Inactive => {}
                Direction::SendRecv => return Err(Refused::NotOneVoice),
            }
        }
        if voices > 1 || self.ears.len() > SLOTS {
            return Err(Refused::NotOneVoice);
        }
        Ok(())
    }

    fn ear(&self, mid: Mid) -> Option<Ear> {
        let types = self.rtc.media(mid)?.remote_pts();
        let opus = self
            .rtc
            .codec_config()
            .find(|it| it.spec().codec == Codec::Opus && types.contains(&it.pt()))?;
        Some(Ear { mid, payload_type: opus.pt(), first: None })
    }

    /// The user fragment by which its messages are known.
    pub fn fragment(&mut self) -> String {
        self.rtc.direct_api().local_ice_credentials().ufrag
    }

    /// Puts a slot's packet into the stream by which the page receives it.
    pub fn hear(&mut self, now: Instant, slot: usize, place: Place, spoken: &Spoken<'_>) {
        let Some(ear) = self.ears.get_mut(slot).filter(|_| self.is_connected) else { return };
        let first = *ear.first.get_or_insert(place.seq);
        let Some(seq) = place.seq.checked_sub(first) else { return };
        let (mid, payload_type) = (ear.mid, ear.payload_type);
        let mut direct = self.rtc.direct_api();
        let Some(stream) = direct.stream_tx_by_mid(mid, None) else { return };
        let (payload, begins) = match spoken {
            Spoken::Packet { packet, begins } => (Arc::clone(&packet.payload), *begins),
            Spoken::Silence => (Arc::from(SILENCE), false),
        };
        // Time stamps on the wire have 32 bits and roll over.
        #[expect(clippy::cast_possible_truncation, reason = "they roll over")]
        let time = place.time as u32;
        let mut written =
            RtpWrite::new(payload_type, seq.into(), time, now, payload).marker(begins);
        if let Spoken::Packet { packet, .. } = spoken {
            let values = &packet.header.ext_vals;
            written = written.ext_vals(ExtensionValues {
                audio_level: values.audio_level,
                voice_activity: values.voice_activity,
                ..ExtensionValues::default()
            });
        }
        stream.write_rtp(written);
    }
}

/// A frame of Opus in which nothing is heard.
const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];

/// What a slot passes on.
pub(crate) enum Spoken<'a> {
    /// A packet as it came, and whether its source begins with it.
    Packet { packet: &'a RtpPacket, begins: bool },
    /// Silence, after a source that was heard no more: without it a receiver fills the gap with what
    /// was said last.
    Silence,
}
