//! How somebody is picked, of whom, and why it is them: words that travel in `data`.

use serde::{Deserialize, Serialize};

/// How somebody is picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Whoever had the fewest turns, and has waited longest.
    Fair,
    /// By lot.
    Random,
}

/// Of whom somebody is picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Among {
    /// Those whose hands are up.
    Hands,
    /// Every student who is connected. By lot, nobody twice until all were drawn.
    Everybody,
}

/// Why somebody was picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// They have had no turn yet.
    NoTurnYet,
    /// They have had fewer turns than all the others.
    FewestTurns,
    /// Of those with the fewest turns, their last one was the longest ago.
    LongestSince,
    /// Of those who are alike in both, their hand was up first.
    FirstHand,
    /// They were drawn by lot.
    Random,
}

impl Among {
    /// What this word says; none when it is another program's.
    pub(crate) fn read(word: &str) -> Option<Self> {
        [Self::Hands, Self::Everybody].into_iter().find(|it| it.word() == word)
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Hands => "hands",
            Self::Everybody => "everybody",
        }
    }
}

impl Why {
    /// What this word says; none when it is another program's.
    pub(crate) fn read(word: &str) -> Option<Self> {
        let all =
            [Self::NoTurnYet, Self::FewestTurns, Self::LongestSince, Self::FirstHand, Self::Random];
        all.into_iter().find(|it| it.word() == word)
    }

    const fn word(self) -> &'static str {
        match self {
            Self::NoTurnYet => "no_turn_yet",
            Self::FewestTurns => "fewest_turns",
            Self::LongestSince => "longest_since",
            Self::FirstHand => "first_hand",
            Self::Random => "random",
        }
    }

    /// How it was found.
    pub(crate) const fn how(self) -> How {
        match self {
            Self::Random => How::Random,
            Self::NoTurnYet | Self::FewestTurns | Self::LongestSince | Self::FirstHand => How::Fair,
        }
    }
}
