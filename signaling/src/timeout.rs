//! How long invitees have to answer, checked where it is made.

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{MAX_TIMEOUT_SECONDS, Timestamp};

/// Whole seconds to answer in, 0 to [`MAX_TIMEOUT_SECONDS`]; 0 never times out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Timeout(u32);

/// The seconds were more than [`MAX_TIMEOUT_SECONDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a timeout is 0 to {MAX_TIMEOUT_SECONDS} seconds")]
pub struct TimeoutError;

impl Timeout {
    /// No limit.
    pub const NEVER: Self = Self(0);

    /// This many seconds.
    ///
    /// # Errors
    /// When there are more than [`MAX_TIMEOUT_SECONDS`].
    pub const fn new(seconds: u32) -> Result<Self, TimeoutError> {
        if seconds <= MAX_TIMEOUT_SECONDS { Ok(Self(seconds)) } else { Err(TimeoutError) }
    }

    /// The seconds; 0 for no limit.
    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// When it is over that begins at this moment; none without a limit.
    pub fn deadline(self, since: Timestamp) -> Option<Timestamp> {
        (self != Self::NEVER).then(|| since.plus_seconds(self.0))
    }
}

impl<'de> Deserialize<'de> for Timeout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u32::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
