//! The strings that the classroom puts into `data`, and what it finds there.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use signaling::{InviteId, json};

use crate::{Among, Phases, Why};

/// What an invitation is for: a JSON object with an `operation`. Fields beside those known here
/// are left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
pub enum Operation {
    /// A teacher asks for hands; to accept is to raise one.
    HandRaising {
        /// What is asked, in the teacher's words.
        #[serde(skip_serializing_if = "Option::is_none")]
        question: Option<String>,
        /// What everybody does before hands can go up.
        #[serde(flatten)]
        phases: Phases,
    },
    /// A teacher invites a student to speak; to accept is to have the floor.
    Speaking {
        /// Why them, when they were picked.
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<Why>,
        /// Of whom they were picked.
        #[serde(skip_serializing_if = "Option::is_none")]
        among: Option<Among>,
        /// The invitation of whoever was picked before and passed over by the teacher.
        #[serde(skip_serializing_if = "Option::is_none")]
        instead: Option<InviteId>,
    },
    /// A student asks unprompted; for a teacher to accept is to give the floor.
    SpeechApplication,
}

/// What a teacher changes of a round's phases.
const MOVED: [&str; 2] = ["pairsAfter", "opensAfter"];

/// Which operation it is: with that it is known what else there is to read.
#[derive(Deserialize)]
struct Head {
    operation: Kind,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    HandRaising,
    Speaking,
    SpeechApplication,
}

/// What names an operation, whichever.
#[derive(Deserialize)]
struct Named {
    operation: String,
}

/// The operations of which `data` is read here.
const RESERVED: [&str; 3] = ["hand_raising", "speaking", "speech_application"];

#[derive(Deserialize)]
struct Asked {
    question: Option<String>,
}

/// What is not of these words is another program's, and the student is called all the same.
#[derive(Deserialize)]
struct Picked {
    why: Option<String>,
    among: Option<String>,
    instead: Option<String>,
}

impl Operation {
    /// A student is invited to speak whom a teacher has chosen.
    pub const CALL: Self = Self::Speaking { why: None, among: None, instead: None };

    /// A teacher asks for hands, which can go up at once.
    pub const fn asks(question: Option<String>) -> Self {
        Self::HandRaising { question, phases: Phases::NONE }
    }

    /// The `data` of a round with other phases, and all else as it is; none when it is no object.
    pub(crate) fn with_phases(data: &str, phases: Phases) -> Option<String> {
        let mut object: Map<String, Value> = serde_json::from_str(data).ok()?;
        for (key, seconds) in MOVED.into_iter().zip([phases.pairs_after, phases.opens_after]) {
            match seconds {
                Some(seconds) => object.insert(key.to_owned(), seconds.into()),
                None => object.remove(key),
            };
        }
        Some(Value::Object(object).to_string())
    }

    /// Whether two `data` of a round differ in nothing but when hands can go up.
    pub(crate) fn is_alike(one: &str, other: &str) -> bool {
        let rest = |data: &str| {
            let mut object: Map<String, Value> = serde_json::from_str(data).ok()?;
            MOVED.into_iter().for_each(|key| drop(object.remove(key)));
            Some(object)
        };
        let both = (rest(one), rest(other));
        matches!(both, (Some(one), Some(other)) if one == other)
            && matches!(Self::read(one), Some(Self::HandRaising { .. }))
    }

    /// The operation in this `data`; none when it is not the classroom's.
    pub fn read(data: &str) -> Option<Self> {
        let Head { operation } = json::read(data).ok()?;
        Some(match operation {
            Kind::HandRaising => {
                let Asked { question } = json::read(data).ok()?;
                // What is not like this is another program's, and hands can go up at once.
                let phases = json::read(data).unwrap_or_default();
                Self::HandRaising { question, phases }
            }
            Kind::Speaking => {
                json::read(data).map_or(Self::CALL, |picked: Picked| Self::Speaking {
                    why: picked.why.and_then(|word| Why::read(&word)),
                    among: picked.among.and_then(|word| Among::read(&word)),
                    instead: picked.instead.and_then(|id| id.parse().ok()),
                })
            }
            Kind::SpeechApplication => Self::SpeechApplication,
        })
    }

    /// Whether this `data` names an operation of the classroom's in a way that is not read as it, or
    /// not as all of it, so that whoever sends it has made a mistake.
    pub fn is_mistaken(data: &str) -> bool {
        let named = json::read(data).ok().filter(|Named { operation }| {
            RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(operation))
        });
        let is_whole = |kind| match kind {
            Kind::HandRaising => {
                json::read::<Asked>(data).is_ok() && json::read::<Phases>(data).is_ok()
            }
            Kind::Speaking => json::read::<Picked>(data).is_ok(),
            Kind::SpeechApplication => true,
        };
        named.is_some() && !json::read(data).is_ok_and(|Head { operation }| is_whole(operation))
    }

    /// The `data` that says this operation.
    pub fn to_data(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_read_leniently_and_written_plainly() {
        let why = Operation::asks(Some("Why?".to_owned()));
        let (why_drawn, among) = (Some(Why::Random), Some(Among::Everybody));
        let drawn = Operation::Speaking { why: why_drawn, among, instead: None };
        for (data, operation) in [
            (r#"{"operation":"hand_raising"}"#, Some(Operation::asks(None))),
            (r#"{"operation":"hand_raising","question":"Why?","x":1}"#, Some(why.clone())),
            (r#"{"operation":"speaking"}"#, Some(Operation::CALL)),
            (r#"{"operation":"speaking","why":"random","among":"everybody"}"#, Some(drawn.clone())),
            (r#"{"operation":"speaking","why":"liked","among":"rows"}"#, Some(Operation::CALL)),
            (r#"{"operation":"speaking","why":7}"#, Some(Operation::CALL)),
            (r#"{"operation":"speech_application"}"#, Some(Operation::SpeechApplication)),
            (r#"{"operation":"call"}"#, None),
            (r#"{"operation":7}"#, None),
            ("speaking", None),
            ("", None),
        ] {
            assert_eq!(Operation::read(data), operation, "{data}");
        }
        for (data, is_mistaken) in [
            (r#"{"operation":"Hand_Raising"}"#, true),
            (r#"{"operation":"hand_raising","question":1}"#, true),
            (r#"{"operation":"hand_raising","think":"30"}"#, true),
            (r#"{"operation":"hand_raising","pairsAfter":-1}"#, true),
            (r#"{"operation":"speaking","why":7}"#, true),
            (r#"{"operation":"SPEECH_APPLICATION"}"#, true),
            (r#"{"operation":"hand_raising","question":null,"x":[1]}"#, false),
            (r#"{"operation":"speaking","why":"liked"}"#, false),
            (r#"{"operation":"raise"}"#, false),
            (r#"{"operation":7}"#, false),
            ("speaking", false),
        ] {
            assert_eq!(Operation::is_mistaken(data), is_mistaken, "{data}");
        }
        assert_eq!(why.to_data(), r#"{"operation":"hand_raising","question":"Why?"}"#);
        assert_eq!(Operation::CALL.to_data(), r#"{"operation":"speaking"}"#);
        let data = r#"{"among":"everybody","operation":"speaking","why":"random"}"#;
        assert_eq!(drawn.to_data(), data);
    }
}
