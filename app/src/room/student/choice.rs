//! What a student can do, and what their page looks like meanwhile.

use classroom::Standing;

/// What can be done right now; it changes only when something else can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Answer,
    /// To answer, but not yet.
    Wait,
    Raise,
    Lower,
    Floor,
    Done,
    Nothing,
}

impl Choice {
    pub const fn of(standing: &Standing) -> Self {
        match standing {
            Standing::Invited(_) => Self::Floor,
            Standing::Speaking(_) => Self::Done,
            Standing::HandUp { .. } => Self::Lower,
            Standing::Asked(_) => Self::Answer,
            Standing::MayRaise => Self::Raise,
            Standing::Waiting => Self::Nothing,
        }
    }

    /// The same while everybody thinks, or talks with a neighbour.
    pub const fn not_yet(self) -> Self {
        match self {
            Self::Answer | Self::Raise => Self::Wait,
            Self::Wait | Self::Lower | Self::Floor | Self::Done | Self::Nothing => self,
        }
    }

    /// The word by which the style sheet and the signs (`signs.js`) know it. Who is next has a word of
    /// their own, though they can do the same as anybody whose hand is up.
    pub const fn key(self, is_next: bool) -> &'static str {
        match self {
            Self::Answer => "asked",
            Self::Wait => "waiting",
            Self::Raise => "free",
            Self::Lower if is_next => "next",
            Self::Lower => "up",
            Self::Floor => "called",
            Self::Done => "speaking",
            Self::Nothing => "quiet",
        }
    }
}
