//! What this page does about calls: it places, answers and ends them by the engine's verbs like any
//! program, rings, and keeps the line of the one it is in.
//!
//! A person may have the class open in several tabs. A call is the tab's that placed or answered it:
//! each tab has a name, and the call says by which name it was placed and by which it was answered.
//!
//! What a person has ended is over here at once, whether or not the server hears of it now.

mod ends;
mod handle;
mod lifecycle;
mod media;
mod phase;
mod prepare;
mod ringing;
mod verbs;

pub use self::handle::Desk;
pub use self::phase::{Over, Phase, Wanted};
pub use self::verbs::to_json;
