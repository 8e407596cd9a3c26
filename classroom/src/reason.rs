//! The reasons that the classroom gives, and all that its history knows.

signaling::reasons! {
    /// The reasons that the classroom gives.
    pub enum Reason {
        /// The hand came down because its student was called on.
        CalledOn = "called_on",
        /// The hand was lowered.
        Lowered = "lowered",
        /// The hand came down because it answered a question that another one followed.
        Followed = "followed",
        /// A teacher has picked somebody else in the student's place.
        PickedAgain = "picked_again",
        /// A teacher passed over a student who was called and silent.
        Skipped = "skipped",
        /// The turn has lasted as long as it may.
        TimeIsUp = "time_is_up",
        /// The turn is over.
        Spoke = "spoke",
    }
}

/// A reason that is an application's or the engine's own, and no words of somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownReason {
    /// The engine's.
    Engine(signaling::Reason),
    /// The classroom's.
    Classroom(Reason),
    /// A call's.
    Call(call::Reason),
}

impl KnownReason {
    /// The reason of this text; none when it is somebody's own words.
    pub fn read(text: &str) -> Option<Self> {
        let engines = signaling::Reason::read(text).map(Self::Engine);
        engines
            .or_else(|| Reason::read(text).map(Self::Classroom))
            .or_else(|| call::Reason::read(text).map(Self::Call))
    }
}
