//! The terms by which a turn to speak goes on, where they are other ones than those of the class.

use serde::{Deserialize, Serialize};
use signaling::{Group, Invitee, json};

use crate::SPEAKING_LIMIT;

/// What the classroom puts into the `terms` of a part.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Terms {
    /// Seconds that the turn may last; 0 for no limit.
    pub limit: u32,
}

impl Terms {
    /// The string that says them.
    pub fn to_data(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

/// How many seconds the turn may last that this part's acceptance began; none without a limit. What is
/// not the classroom's in the terms leaves the class's limit as it is.
pub(crate) fn limit_of(group: &Group, part: &Invitee) -> Option<u32> {
    let terms = part.terms.as_deref().and_then(|terms| json::read::<Terms>(terms).ok());
    let of_class = || group.settings.amount(SPEAKING_LIMIT);
    Some(terms.map_or_else(of_class, |terms| terms.limit)).filter(|limit| *limit > 0)
}
