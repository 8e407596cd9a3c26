//! The settings that the classroom adds to those of a class.

use signaling::{Amount, Setting, Switch};

/// Students may raise their hands unprompted.
pub const ASK_ANYTIME: Switch = Switch::on("askAnytime");

/// Whoever is called next and has a hand up begins to speak at once.
pub const TURN_STARTS_AT_ONCE: Switch = Switch::off("turnStartsAtOnce");

/// Whoever had the fewest turns is next, whosever hand was up first.
pub const FAIR_ORDER: Switch = Switch::off("fairOrder");

/// How many seconds a turn to speak may last; 0 for no limit.
pub const SPEAKING_LIMIT: Amount = Amount::up_to("speakingLimit", 3_600);

/// A turn ends by itself when it has lasted as long as it may.
pub const END_BY_ITSELF: Switch = Switch::off("endByItself");

/// Whoever speaks is heard by all who listen.
pub const VOICE: Switch = Switch::off("voice");

/// The class is in one room: only what a teacher's device plays is heard, unless a student chooses to
/// listen.
pub const SAME_ROOM: Switch = Switch::off("sameRoom");

/// All of them.
pub(crate) const SETTINGS: [Setting; 7] = [
    Setting::Switch(ASK_ANYTIME),
    Setting::Switch(TURN_STARTS_AT_ONCE),
    Setting::Switch(FAIR_ORDER),
    Setting::Amount(SPEAKING_LIMIT),
    Setting::Switch(END_BY_ITSELF),
    Setting::Switch(VOICE),
    Setting::Switch(SAME_ROOM),
];
