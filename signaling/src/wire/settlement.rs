//! What a verb on an invitation is answered with.

use serde::{Deserialize, Serialize};

use crate::{InviteId, Invitee};

/// What a verb on an invitation is answered with: the parts that it settled or found settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Settlement {
    /// The invitation.
    #[serde(rename = "inviteID")]
    pub invite_id: InviteId,
    /// The event that settled them.
    pub seq: u64,
    /// The parts.
    pub invitees: Vec<Invitee>,
}

impl Settlement {
    /// Leaves out what the invitees said, and why.
    pub fn leave_words_out(&mut self) {
        for part in &mut self.invitees {
            part.data = None;
            part.reason = None;
            if let Some(accepted) = &mut part.accepted {
                accepted.data = None;
            }
        }
    }
}
