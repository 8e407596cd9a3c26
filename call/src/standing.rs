//! A group read as calls: which one somebody is in, and what came of one that is over.

use serde::Serialize;
use signaling::{Group, Invitation, InviteId, Invitee, InviteeState, Timestamp, UserId};

use crate::{Answer, Media, Offer, Reason};

/// How far a call has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// It rings and is not answered.
    Ringing {
        /// When it stops by itself; none when it never does.
        until: Option<Timestamp>,
    },
    /// The two talk.
    Answered {
        /// Since when.
        since: Timestamp,
        /// The device that answered.
        device: String,
    },
}

/// A call that rings or goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The invitation that it is.
    pub invite_id: InviteId,
    /// Who calls.
    pub caller: UserId,
    /// Who is called.
    pub callee: UserId,
    /// What it carries.
    pub media: Media,
    /// The calling device's name for it.
    pub room: String,
    /// How far it has come.
    pub stage: Stage,
}

impl Call {
    /// The invitation as a call; none when it is none, or over.
    pub fn of(invitation: &Invitation) -> Option<Self> {
        let (offer, part) = read(invitation)?;
        let stage = match part.state {
            InviteeState::Pending => Stage::Ringing { until: invitation.expires_at },
            InviteeState::Accepted => {
                let device = Answer::read(part.data.as_deref().unwrap_or_default()).device;
                Stage::Answered { since: part.at, device }
            }
            InviteeState::Rejected
            | InviteeState::Cancelled
            | InviteeState::TimedOut
            | InviteeState::Finished => return None,
        };
        Some(Self {
            invite_id: invitation.invite_id,
            caller: invitation.inviter,
            callee: part.user_id,
            media: offer.media,
            room: offer.room,
            stage,
        })
    }

    /// Every call of the group that rings or goes on, oldest first.
    pub fn all(group: &Group) -> impl Iterator<Item = Self> {
        group.live().filter_map(Self::of)
    }

    /// Those of them in which this member is one of the two. Only what concerns the member is read:
    /// of others there may be thousands.
    pub(crate) fn all_with(group: &Group, user: UserId) -> impl Iterator<Item = Self> {
        let concerns = move |invitation: &&Invitation| {
            invitation.group_id.is_none() && invitation.is_visible_to(user)
        };
        group.live().filter(concerns).filter_map(Self::of)
    }

    /// The call that the member is in, calls or is being called by.
    pub fn with(group: &Group, user: UserId) -> Option<Self> {
        Self::all_with(group, user).next()
    }

    /// Whether this member is one of the two.
    pub fn concerns(&self, user: UserId) -> bool {
        self.caller == user || self.callee == user
    }

    /// The other of the two.
    pub fn other(&self, user: UserId) -> UserId {
        if self.caller == user { self.callee } else { self.caller }
    }

    /// Whether it still rings.
    pub const fn is_ringing(&self) -> bool {
        matches!(self.stage, Stage::Ringing { .. })
    }
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It rings.
    Ringing,
    /// It was answered, and goes on or has ended as calls do.
    Answered,
    /// It was answered, and an end of it was lost.
    Lost,
    /// It was answered, but the two found no way to each other.
    Failed,
    /// The callee declined.
    Declined,
    /// The callee was in another call.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// The caller stopped calling, or was stopped.
    Cancelled,
    /// Both called each other, and talk in the other's call.
    Crossed,
}

impl Outcome {
    /// What came of a call whose callee's part is in this state for this reason.
    pub fn of(state: InviteeState, reason: Option<&str>) -> Self {
        let own = reason.and_then(Reason::read);
        let is_lost = reason == Some(signaling::Reason::Disconnected.text());
        match (state, own) {
            (InviteeState::Pending, _) => Self::Ringing,
            (InviteeState::Finished, Some(Reason::Failed)) => Self::Failed,
            (InviteeState::Finished, _) if is_lost => Self::Lost,
            (InviteeState::Accepted | InviteeState::Finished, _) => Self::Answered,
            (InviteeState::Rejected, Some(Reason::Busy)) => Self::Busy,
            (InviteeState::Rejected, _) => Self::Declined,
            (InviteeState::TimedOut, _) => Self::NoAnswer,
            (InviteeState::Cancelled, Some(Reason::Crossed)) => Self::Crossed,
            (InviteeState::Cancelled, _) => Self::Cancelled,
        }
    }
}

fn read(invitation: &Invitation) -> Option<(Offer, &Invitee)> {
    if invitation.group_id.is_some() {
        return None;
    }
    Some((Offer::read(&invitation.data)?, invitation.parts().first()?))
}
