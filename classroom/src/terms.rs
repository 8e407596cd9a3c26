//! The terms by which a turn to speak goes on, where they are other ones than those of the class.

use serde::{Deserialize, Serialize};
use signaling::{Command, Group, InviteId, Invitee, UserId, json};

use crate::SPEAKING_LIMIT;

/// What the classroom puts into the `terms` of a part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Terms {
    /// Seconds that the turn may last; 0 for no limit, and none for the class's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Whether the speaker is not heard.
    #[serde(default, skip_serializing_if = "is_off")]
    pub muted: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
const fn is_off(switch: &bool) -> bool {
    !*switch
}

impl Terms {
    /// The terms by which the turn goes on that this part's acceptance began. What is not the
    /// classroom's in them leaves everything as the class has it.
    pub fn of(part: &Invitee) -> Self {
        part.terms.as_deref().map(Self::read).unwrap_or_default()
    }

    /// The terms that a string says.
    pub fn read(data: &str) -> Self {
        json::read(data).unwrap_or_default()
    }

    /// How many seconds the turn may last; none without a limit.
    pub fn limit_in(self, group: &Group) -> Option<u32> {
        let limit = self.limit.unwrap_or_else(|| group.settings.amount(SPEAKING_LIMIT));
        Some(limit).filter(|limit| *limit > 0)
    }

    /// The string that says them.
    fn to_data(self) -> String {
        serde_json::json!(self).to_string()
    }
}

/// The command that changes the terms by which a turn goes on; none when no turn does.
pub(crate) fn change(
    group: &Group,
    actor: UserId,
    (invite_id, invitee): (InviteId, UserId),
    change: impl FnOnce(Terms) -> Terms,
) -> Option<Command> {
    let part = group.invitation(invite_id)?.part(invitee)?;
    let data = change(Terms::of(part)).to_data();
    Some(Command::ModifyPart { actor, invite_id, invitee, data })
}
