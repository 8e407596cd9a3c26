//! Hearing the class and being heard: what the room tells the script that does it (`microphone.js`), the
//! bar in the page, and who is heard.

mod bar;
mod heard;
mod hearing;

pub use self::bar::VoiceBar;
pub use self::heard::Heard;
#[cfg(feature = "browser")]
pub use self::hearing::follow;
pub use self::hearing::{Hearing, is_heard, turn_key};
