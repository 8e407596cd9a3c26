//! A session: one page's connection to the unit, by which it may send one voice and receive those of
//! others.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Instant;

use signaling::UserId;
use str0m::change::SdpOffer;
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::format::Codec;
use str0m::media::{Direction, KeyframeRequestKind, MediaKind, Mid, Pt};
use str0m::rtp::{Extension, ExtensionMap, ExtensionValues, RtpPacket, RtpWrite};
use str0m::{Candidate, Rtc, RtcConfig};

use crate::refused::Refused;
use crate::room_id::RoomId;
use crate::seats::SEATS;
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

/// The stream by which a page receives what is heard in one slot, or what is heard or seen of one seat.
#[derive(Debug)]
struct Ear {
    mid: Mid,
    payload_type: Pt,
    /// The newest packet: its number in the slot, and the number under which it was sent.
    newest: Option<(u64, u64)>,
}

impl Ear {
    /// The number under which a packet of the slot is sent; none for one from before the first. A receiver
    /// takes no stream that begins high, and loses one that jumps far, as when its own member has spoken for
    /// long in the slot.
    fn number(&mut self, place: u64) -> Option<u64> {
        let Some((newest, sent)) = self.newest else {
            self.newest = Some((place, 0));
            return Some(0);
        };
        if place <= newest {
            return sent.checked_sub(newest - place);
        }
        let gap = place - newest;
        let number = sent + if gap > FAR { 1 } else { gap };
        self.newest = Some((place, number));
        Some(number)
    }
}

/// What is further ahead was not lost on the way.
const FAR: u64 = 1_000;

/// One page's connection.
#[derive(Debug)]
pub(crate) struct Session {
    pub room: RoomId,
    pub user: UserId,
    pub rtc: Rtc,
    pub since: Instant,
    pub is_connected: bool,
    /// When its connection wants to be woken.
    pub due: Instant,
    /// When it was last asked for a whole picture.
    pub asked_at: Option<Instant>,
    ears: Vec<Ear>,
    eyes: Vec<Ear>,
    /// By what it sends pictures.
    pictures: Option<Mid>,
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

    fn connection(&self, now: Instant, room: RoomId) -> Rtc {
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
            .enable_vp8(room.call.is_some())
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
    /// Answers a page's offer. It may send one voice, and in a call one picture, and receive as many as
    /// there are slots, or others in the call.
    ///
    /// # Errors
    /// When the offer is no such one.
    pub fn answer(
        identity: &Identity,
        now: Instant,
        (room, user): (RoomId, UserId),
        offer: &str,
    ) -> Result<(Self, String), Refused> {
        let (receives, kinds) = if room.call.is_some() { (SEATS - 1, 2) } else { (SLOTS, 1) };
        let media: Vec<&str> = offer.lines().filter(|line| line.starts_with("m=")).collect();
        let is_right = |line: &&str| {
            line.starts_with("m=audio ") || (kinds == 2 && line.starts_with("m=video "))
        };
        if !media.iter().all(is_right) || !(1..=kinds * (receives + 1)).contains(&media.len()) {
            return Err(Refused::OtherMedia);
        }
        let mids = offer.lines().filter_map(|line| line.strip_prefix("a=mid:"));
        let mids: Vec<Mid> = mids.map(|mid| Mid::from(mid.trim())).collect();
        let offer = SdpOffer::from_sdp_string(offer).map_err(|_| Refused::Malformed)?;
        let mut rtc = identity.connection(now, room);
        let answer = rtc.sdp_api().accept_offer(offer).map_err(|_| Refused::Malformed)?;
        let mut session = Self {
            room,
            user,
            rtc,
            since: now,
            is_connected: false,
            due: now,
            asked_at: None,
            ears: Vec::new(),
            eyes: Vec::new(),
            pictures: None,
        };
        session.read_media(&mids, receives)?;
        Ok((session, answer.to_sdp_string()))
    }

    /// Reads what was negotiated.
    fn read_media(&mut self, mids: &[Mid], receives: usize) -> Result<(), Refused> {
        let (mut voices, mut pictures) = (0, 0);
        for mid in mids {
            let media = self.rtc.media(*mid).ok_or(Refused::Malformed)?;
            match (media.direction(), media.kind()) {
                (Direction::RecvOnly, MediaKind::Audio) => voices += 1,
                (Direction::RecvOnly, MediaKind::Video) => {
                    pictures += 1;
                    self.pictures = Some(*mid);
                }
                (Direction::SendOnly, MediaKind::Audio) => {
                    self.ears.extend(self.stream(*mid, Codec::Opus));
                }
                (Direction::SendOnly, MediaKind::Video) => {
                    self.eyes.extend(self.stream(*mid, Codec::Vp8));
                }
                (Direction::Inactive, _) => {}
                (Direction::SendRecv, _) => return Err(Refused::OtherMedia),
            }
        }
        let is_much = self.ears.len() > receives || self.eyes.len() > receives;
        if voices > 1 || pictures > 1 || is_much {
            return Err(Refused::OtherMedia);
        }
        Ok(())
    }

    fn stream(&self, mid: Mid, codec: Codec) -> Option<Ear> {
        let types = self.rtc.media(mid)?.remote_pts();
        let config = self.rtc.codec_config();
        let found = config.find(|it| it.spec().codec == codec && types.contains(&it.pt()))?;
        Some(Ear { mid, payload_type: found.pt(), newest: None })
    }

    /// What kind of media a packet that came by this session is of; none when that is not known.
    pub fn kind_of(&mut self, packet: &RtpPacket) -> Option<MediaKind> {
        let mid = self.rtc.direct_api().stream_rx(&packet.header.ssrc)?.mid();
        Some(self.rtc.media(mid)?.kind())
    }

    /// By which of its streams of pictures somebody is seen, when it is this one.
    pub fn picture_of(&self, mid: Mid) -> Option<usize> {
        self.eyes.iter().position(|eye| eye.mid == mid)
    }

    /// Asks its page for a whole picture, unless it was asked a moment ago; whether it was asked.
    pub fn ask_for_picture(&mut self, now: Instant) -> bool {
        if self.asked_at.is_some_and(|at| now - at < PATIENCE) || !self.is_connected {
            return false;
        }
        let Some(mid) = self.pictures else { return false };
        let mut direct = self.rtc.direct_api();
        let Some(stream) = direct.stream_rx_by_mid(mid, None) else { return false };
        stream.request_keyframe(KeyframeRequestKind::Pli);
        self.asked_at = Some(now);
        true
    }

    /// The user fragment by which its messages are known.
    pub fn fragment(&mut self) -> String {
        self.rtc.direct_api().local_ice_credentials().ufrag
    }

    /// Puts a packet into the stream by which the page receives this slot or seat.
    pub fn hear(&mut self, now: Instant, stream: usize, place: Place, spoken: &Spoken<'_>) {
        if !self.is_connected {
            return;
        }
        let is_picture = matches!(spoken, Spoken::Packet { kind, .. } if *kind == MediaKind::Video);
        let streams = if is_picture { &mut self.eyes } else { &mut self.ears };
        let Some(ear) = streams.get_mut(stream) else { return };
        let Some(seq) = ear.number(place.seq) else { return };
        let (mid, payload_type) = (ear.mid, ear.payload_type);
        let mut direct = self.rtc.direct_api();
        let Some(stream) = direct.stream_tx_by_mid(mid, None) else { return };
        // Time stamps on the wire have 32 bits and roll over.
        #[expect(clippy::cast_possible_truncation, reason = "they roll over")]
        let time = place.time as u32;
        let write = |payload| RtpWrite::new(payload_type, seq.into(), time, now, payload);
        stream.write_rtp(match spoken {
            Spoken::Silence => write(Arc::from(SILENCE)),
            Spoken::Packet { packet, kind, begins, user } => {
                let values = &packet.header.ext_vals;
                let levels = ExtensionValues {
                    audio_level: values.audio_level,
                    voice_activity: values.voice_activity,
                    ..ExtensionValues::default()
                };
                // Of sound the mark says that it begins, of pictures that one is whole; of those what was
                // lost is sent again.
                let is_picture = *kind == MediaKind::Video;
                let marker = if is_picture { packet.header.marker } else { *begins };
                let write = write(Arc::clone(&packet.payload)).marker(marker);
                write.ext_vals(levels).nackable(is_picture).csrc(&[source_of(*user)])
            }
        });
    }
}

/// By which source of contribution (CSRC) pages know whose a packet is: the last four bytes of the member's
/// id, as a number.
fn source_of(user: UserId) -> u32 {
    let [.., a, b, c, d] = *user.as_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// How long it is not asked for another whole picture.
const PATIENCE: std::time::Duration = std::time::Duration::from_millis(300);
/// A frame of Opus in which nothing is heard.
const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];

/// What a slot passes on.
pub(crate) enum Spoken<'a> {
    /// A packet as it came, of which kind, and whether its source begins with it.
    Packet { packet: &'a RtpPacket, kind: MediaKind, begins: bool, user: UserId },
    /// Silence, after a source that was heard no more: without it a receiver fills the gap with what
    /// was said last.
    Silence,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_the_gaps_of_what_was_lost_and_none_of_what_was_not_for_the_page() {
        let mut ear = Ear { mid: "0".into(), payload_type: 111.into(), newest: None };
        let mut number = |place| ear.number(place);
        assert_eq!([70_000, 70_001, 70_004, 70_003].map(&mut number), [0, 1, 4, 3].map(Some));
        assert_eq!(number(69_000), None, "it is from before");
        // The page's own member has spoken in the slot for a quarter of an hour.
        assert_eq!(number(115_000), Some(5));
        assert_eq!(number(115_001), Some(6));
    }
}
