//! What somebody performed last, several commands as one, while it can be taken back.

use serde::{Deserialize, Serialize};

use crate::{Event, Timestamp, UserId, event};

/// For how many seconds what was performed can be taken back.
pub const UNDO_SECONDS: u32 = 30;

/// What somebody performed last, as one that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Performed {
    /// The number of its event, by which it is undone.
    pub seq: u64,
    /// When it was.
    pub at: Timestamp,
    /// Who did it.
    pub by: UserId,
    /// The application's string: what it was.
    pub data: String,
    /// The first event that an undo takes back.
    pub first: u64,
    /// The last of them.
    pub last: u64,
}

impl Performed {
    pub(crate) fn of(event: &Event, performed: &event::Performed) -> Self {
        let event::Performed { by, data, first, last } = performed;
        let (by, first, last) = (*by, *first, *last);
        Self { seq: event.seq, at: event.at, by, data: data.clone(), first, last }
    }

    /// Whether it can still be taken back at this moment.
    pub fn can_be_undone(&self, now: Timestamp) -> bool {
        now < self.at.plus_seconds(UNDO_SECONDS)
    }
}
