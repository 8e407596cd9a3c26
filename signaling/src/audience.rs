//! The audience of an event: everybody in the group, or the two people of a one-to-one invitation.

use crate::{Event, Group, UserId};

/// Who may see an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Every member of the group.
    Everyone,
    /// The two people of a one-to-one invitation.
    Pair(UserId, UserId),
}

impl Audience {
    /// Whether this user belongs to the audience.
    pub fn includes(self, user: UserId) -> bool {
        match self {
            Self::Everyone => true,
            Self::Pair(one, other) => user == one || user == other,
        }
    }
}

impl Event {
    /// Who may see the event, in a group that has applied it.
    pub fn audience(&self, group: &Group) -> Audience {
        let invitation = self.invite_id().and_then(|invite_id| group.invitation(invite_id));
        match invitation {
            Some(invitation) if invitation.group_id.is_none() => {
                let invitee = invitation.parts().first().map(|part| part.user_id);
                Audience::Pair(invitation.inviter, invitee.unwrap_or(invitation.inviter))
            }
            _ => Audience::Everyone,
        }
    }
}
