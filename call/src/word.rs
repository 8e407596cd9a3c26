//! What the two devices in a call tell each other by the engine's relay, to find a way for sound
//! and pictures. The relay promises nothing, so whatever is lost is asked for again: a device that
//! is not connected says *hello* until it is.

use serde::{Deserialize, Serialize};
use signaling::json;

/// One word, as the relay's `data` carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Word {
    /// The life of the device that says it: a page that was loaded anew has another.
    pub from: String,
    /// The life that it is for; none when any may hear it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What is said.
    #[serde(flatten)]
    pub say: Say,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "say", rename_all = "camelCase")]
pub enum Say {
    /// Here I am, and not connected.
    Hello,
    /// The caller's description of the connection (SDP), of its `turn`th attempt.
    Offer {
        /// The attempt.
        turn: u32,
        /// The description.
        sdp: String,
    },
    /// The callee's description, of the same attempt.
    Answer {
        /// The attempt.
        turn: u32,
        /// The description.
        sdp: String,
    },
    /// Ways by which the speaker may be reached (ICE candidates).
    Candidates {
        /// The attempt that they belong to.
        turn: u32,
        /// The ways.
        found: Vec<Candidate>,
    },
    /// What the speaker lets out: whether the microphone and the camera are on.
    Sends {
        /// The microphone.
        sound: bool,
        /// The camera.
        picture: bool,
    },
    /// I have found no way to you, and am to be met at the server.
    OverServer,
}

/// A way by which somebody may be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The candidate's line.
    pub candidate: String,
    /// The part of the description that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mid: Option<Mid>,
}

/// A part of a session description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mid {
    /// Its name.
    pub name: String,
    /// Its number.
    pub index: u16,
}

/// Who says which kind of thing: with that it is known what else there is to read.
#[derive(Deserialize)]
struct Head {
    from: String,
    to: Option<String>,
    say: Kind,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    Hello,
    Offer,
    Answer,
    Candidates,
    Sends,
    OverServer,
}

#[derive(Deserialize)]
struct Description {
    turn: u32,
    sdp: String,
}

#[derive(Deserialize)]
struct Ways {
    turn: u32,
    found: Vec<Candidate>,
}

#[derive(Deserialize)]
struct LetOut {
    sound: bool,
    picture: bool,
}

impl Word {
    /// The word in this `data`; none when it is none.
    pub fn read(data: &str) -> Option<Self> {
        let Head { from, to, say } = json::read(data).ok()?;
        let say = match say {
            Kind::Hello => Say::Hello,
            Kind::Offer => {
                let Description { turn, sdp } = json::read(data).ok()?;
                Say::Offer { turn, sdp }
            }
            Kind::Answer => {
                let Description { turn, sdp } = json::read(data).ok()?;
                Say::Answer { turn, sdp }
            }
            Kind::Candidates => {
                let Ways { turn, found } = json::read(data).ok()?;
                Say::Candidates { turn, found }
            }
            Kind::Sends => {
                let LetOut { sound, picture } = json::read(data).ok()?;
                Say::Sends { sound, picture }
            }
            Kind::OverServer => Say::OverServer,
        };
        Some(Self { from, to, say })
    }

    /// The `data` that says it.
    pub fn to_data(&self) -> String {
        serde_json::json!(self).to_string()
    }
}
