//! The strings that a call puts into `data`.

use serde::{Deserialize, Serialize};
use signaling::json;

/// How long a call rings, in seconds.
pub const RING_SECONDS: u32 = 30;

/// What a call carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Media {
    /// Sound alone.
    #[default]
    Audio,
    /// Sound and pictures.
    Video,
}

/// What is offered to the callee: the `data` of the invitation, with `"operation":"call"`. Fields
/// beside those known here are left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What it carries.
    pub media: Media,
    /// A name that the calling device gave the call, by which it knows its own.
    pub room: String,
}

/// An offer as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    operation: Operation,
    #[serde(default)]
    media: Media,
    #[serde(default)]
    room: String,
}

/// What names an operation, whichever.
#[derive(Deserialize)]
struct Named {
    operation: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Operation {
    Call,
}

impl Offer {
    /// The offer in this `data`; none when it is no call's.
    pub fn read(data: &str) -> Option<Self> {
        let written: Written = json::read(data).ok()?;
        Some(Self { media: written.media, room: written.room })
    }

    /// Whether this `data` names a call and is none, so that whoever sends it has made a mistake.
    pub fn is_mistaken(data: &str) -> bool {
        let named: Option<Named> = json::read(data).ok();
        named.is_some_and(|named| named.operation.eq_ignore_ascii_case("call"))
            && Self::read(data).is_none()
    }

    /// The `data` that says this offer.
    pub fn to_data(&self) -> String {
        let room = self.room.clone();
        let written = Written { operation: Operation::Call, media: self.media, room };
        serde_json::json!(written).to_string()
    }
}

/// What comes with an acceptance: the `data` by which the answering device knows that it was the
/// one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Answer {
    /// A name that the answering device has given itself.
    #[serde(default)]
    pub device: String,
}

impl Answer {
    /// The answer in this `data`; an empty one when there is none.
    pub fn read(data: &str) -> Self {
        json::read(data).unwrap_or_default()
    }

    /// The `data` that says this answer.
    pub fn to_data(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_read_leniently_and_written_plainly() {
        let offer = |media, room: &str| Some(Offer { media, room: room.to_owned() });
        for (data, read) in [
            (r#"{"operation":"call"}"#, offer(Media::Audio, "")),
            (r#"{"operation":"call","media":"video","room":"r"}"#, offer(Media::Video, "r")),
            (r#"{"room":"r","x":[1],"operation":"call"}"#, offer(Media::Audio, "r")),
            (r#"{"operation":"call","media":"smell"}"#, None),
            (r#"{"operation":"speaking"}"#, None),
            (r#"{"media":"audio"}"#, None),
            ("call", None),
            ("", None),
        ] {
            assert_eq!(Offer::read(data), read, "{data}");
        }
        for (data, is_mistaken) in [
            (r#"{"operation":"call","media":"smell"}"#, true),
            (r#"{"operation":"call","room":1}"#, true),
            (r#"{"operation":"Call"}"#, true),
            (r#"{"operation":"call","x":1}"#, false),
            (r#"{"operation":"recall"}"#, false),
            (r#"{"operation":["call"]}"#, false),
            ("call", false),
        ] {
            assert_eq!(Offer::is_mistaken(data), is_mistaken, "{data}");
        }
        let video = Offer { media: Media::Video, room: "r".to_owned() };
        assert_eq!(Offer::read(&video.to_data()), Some(video.clone()));
        assert_eq!(video.to_data(), r#"{"media":"video","operation":"call","room":"r"}"#);
    }
}
