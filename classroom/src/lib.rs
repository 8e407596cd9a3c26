//! Raised hands and turns to speak: the first application of the signaling engine.
//!
//! The engine never reads `data`; this crate does. It is pure, and has three parts: what the
//! strings in `data` mean ([`Operation`]), what follows from an event in the same commit
//! ([`Classroom`], plugged into the engine's seam), and how a group reads as a lesson
//! ([`Lesson`]: one list of hands in one order, on the server and in every browser alike).
//! [`plan`] turns what a person does in the room into the engine's verbs, and [`history`] tells
//! afterwards what was done.

mod asked_before;
mod deed;
mod floor;
mod follow;
pub mod history;
mod lesson;
mod limit;
mod operation;
mod perform;
mod performed;
mod phases;
mod pick;
mod reason;
mod settings;
mod tally;
mod terms;
mod turns;
mod voices;
mod why;

use call::Calls;

pub use asked_before::AskedBefore;
pub use deed::{Deed, Obstacle, plan};
pub use floor::{NOT_ASKED, SECOND_ASK, TOO_EARLY};
pub use follow::{Classroom, MISTAKEN};
pub use lesson::{Hand, HandSource, Invited, Lesson, Phase, Round, Standing, Turn};
pub use operation::Operation;
pub use perform::{Move, SETTLED};
pub use performed::{Undo, UndoneDeed};
pub use phases::{Before, Phases, Wait};
pub use pick::NOBODY;
pub use reason::{KnownReason, Reason};
pub use settings::{
    ASK_ANYTIME, END_BY_ITSELF, FAIR_ORDER, SAME_ROOM, SPEAKING_LIMIT, TURN_STARTS_AT_ONCE, VOICE,
};
pub use tally::{Share, Tally};
pub use why::{Among, How, Why};

/// The applications of Handup's engine: whoever opens an engine hands it these. One more stands in
/// this line, as the second of a pair with the last.
pub const APPLICATIONS: (Classroom, Calls) = (Classroom, Calls);
