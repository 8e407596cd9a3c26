//! The audience of an event, and for whom it is the last.

use crate::{Event, EventKind, Group, UserId};

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

/// For whom an event is the last one of the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// For nobody: the group goes on.
    Nobody,
    /// For the member who has left.
    Member(UserId),
    /// For everybody: the group has ended.
    Everyone,
}

impl EventKind {
    /// For whom the event is the last one of the group.
    pub const fn ends(&self) -> Ends {
        match self {
            Self::MemberLeft(left) => Ends::Member(left.user_id),
            Self::GroupEnded(_) => Ends::Everyone,
            Self::ReceiveNewInvitation(_)
            | Self::InviteeAccepted(_)
            | Self::InviteeRejected(_)
            | Self::InvitationCancelled(_)
            | Self::InvitationTimeout(_)
            | Self::InvitationModified(_)
            | Self::InviteeModified(_)
            | Self::InviteeFinished(_)
            | Self::InvitationCleared(_)
            | Self::Performed(_)
            | Self::Undone(_)
            | Self::MemberJoined(_)
            | Self::MemberChanged(_)
            | Self::GroupChanged(_) => Ends::Nobody,
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
