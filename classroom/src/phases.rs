//! The phases of a round before hands can go up: everybody thinks, and talks with a neighbour.

use serde::{Deserialize, Serialize};
use signaling::Timestamp;

/// How long a round waits before hands can go up, in seconds after it was asked: part of its `data`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Phases {
    /// Seconds to think.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub think: u32,
    /// Seconds to talk with a neighbour after that.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pair: u32,
    /// After how many seconds talking begins, where a teacher has changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairs_after: Option<u32>,
    /// After how many seconds hands can go up, where a teacher has changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens_after: Option<u32>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(seconds: &u32) -> bool {
    *seconds == 0
}

/// What everybody does before hands can go up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Everybody thinks, and talks with a neighbour after that if `then_pair`.
    Think {
        /// Until when.
        until: Timestamp,
        /// Whether they talk then.
        then_pair: bool,
    },
    /// Everybody talks with a neighbour.
    Pair {
        /// Until when.
        until: Timestamp,
    },
}

/// A phase before hands can go up, as whoever ends it names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Before {
    /// Everybody thinks.
    Think,
    /// Everybody talks with a neighbour.
    Pair,
}

impl Wait {
    /// Which phase it is.
    pub const fn phase(self) -> Before {
        match self {
            Self::Think { .. } => Before::Think,
            Self::Pair { .. } => Before::Pair,
        }
    }

    /// Until when.
    pub const fn until(self) -> Timestamp {
        match self {
            Self::Think { until, .. } | Self::Pair { until } => until,
        }
    }
}

impl Phases {
    /// Hands can go up at once.
    pub const NONE: Self = Self { think: 0, pair: 0, pairs_after: None, opens_after: None };

    /// After how many seconds talking begins.
    pub fn pairs_after(self) -> u32 {
        self.pairs_after.unwrap_or(self.think).min(self.opens_after())
    }

    /// After how many seconds hands can go up.
    pub fn opens_after(self) -> u32 {
        self.opens_after.unwrap_or_else(|| self.think.saturating_add(self.pair))
    }

    /// When hands can go up in a round that was asked at this moment.
    pub fn opens_at(self, asked: Timestamp) -> Timestamp {
        asked.plus_seconds(self.opens_after())
    }

    /// What everybody does at a moment, before hands can go up. The moment may be before the round was
    /// asked: the clock of a page moves in steps.
    pub fn wait(self, asked: Timestamp, now: Timestamp) -> Option<Wait> {
        let (pairs, opens) = (asked.plus_seconds(self.pairs_after()), self.opens_at(asked));
        if self.opens_after() == 0 {
            None
        } else if now < pairs && self.pairs_after() > 0 {
            Some(Wait::Think { until: pairs, then_pair: pairs < opens })
        } else if now < opens {
            Some(Wait::Pair { until: opens })
        } else {
            None
        }
    }

    /// The next phase begins at this moment: so many seconds after the round was asked.
    #[must_use]
    pub(crate) fn gone_on(self, wait: Wait, after: u32) -> Self {
        match wait {
            Wait::Think { then_pair: true, .. } => {
                let talks = self.opens_after() - self.pairs_after();
                let opens = after.saturating_add(talks);
                Self { pairs_after: Some(after), opens_after: Some(opens), ..self }
            }
            Wait::Think { .. } | Wait::Pair { .. } => Self { opens_after: Some(after), ..self },
        }
    }

    /// The phase goes on for so many seconds more.
    #[must_use]
    pub(crate) fn longer(self, wait: Wait, by: u32) -> Self {
        let opens_after = Some(self.opens_after().saturating_add(by));
        match wait {
            Wait::Think { .. } => {
                let pairs_after = Some(self.pairs_after().saturating_add(by));
                Self { pairs_after, opens_after, ..self }
            }
            Wait::Pair { .. } => {
                Self { pairs_after: Some(self.pairs_after()), opens_after, ..self }
            }
        }
    }
}
