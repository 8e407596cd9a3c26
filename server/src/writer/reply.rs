//! What the writer replies to a request: values, which whoever asked encodes as they need them.

use bytes::Bytes;
use signaling::wire::{GroupEnd, GroupNow, Invited, MemberNow, PerformedNow};
use signaling::{
    Command, Event, EventKind, Group, GroupId, Invitation, InviteeState, Outcome, Rejection,
    Settlement, UserId,
};

use crate::identity::JoinCode;

/// What a request that was not refused has come to.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// It is done, and there is nothing to tell.
    Done,
    /// Somebody has begun the group or joined it.
    Joined { group_id: GroupId, user_id: UserId },
    /// The invitation was sent. Its parts are left out, but for those that were settled with it.
    Invited(Option<Box<Invited>>),
    /// The invitation's `data` has changed. Its parts are left out.
    Modified(Option<Invitation>),
    /// Parts of an invitation were settled.
    Settled(Option<Settlement>),
    /// Several things were done as one, or taken back.
    Performed(PerformedNow),
    /// The group's name or settings, as they are now.
    GroupChanged(GroupNow),
    /// The code that joins the group from now on.
    JoinCode(Option<JoinCode>),
    /// The member's role, as it is now.
    RoleChanged(Option<MemberNow>),
    /// The group has ended.
    Ended(GroupEnd),
    /// To a request with an Idempotency-Key: the answer as it was encoded for the first one.
    Encoded(EncodedAnswer),
}

/// An answer in the form in which it can be given again, made by whoever put the key into the
/// request. The writer stores it and does not look into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EncodedAnswer {
    /// The status of the protocol that the request came by.
    pub status: u16,
    /// The body; empty where there is none.
    pub body: Bytes,
}

/// Encodes a reply or a refusal, so that it can be given again.
pub(crate) type Encode = fn(&Result<Reply, Rejection>) -> EncodedAnswer;

impl Reply {
    /// The reply to a command that was decided, in a group that has applied what it did and may have
    /// got this code.
    pub fn of(
        group: &Group,
        command: Option<&Command>,
        outcome: &Outcome,
        join_code: Option<&JoinCode>,
    ) -> Self {
        let Some(command) = command else { return Self::Done };
        let invitation = |id| group.invitation(id).map(Invitation::without_invitees);
        match command {
            Command::Invite { invite_id, .. } | Command::InviteInGroup { invite_id, .. } => {
                let settled = group.invitation(*invite_id).into_iter().flat_map(Invitation::parts);
                let settled = settled.filter(|part| part.state != InviteeState::Pending);
                let settled = settled.cloned().collect();
                let invited = |invitation| Box::new(Invited { invitation, settled });
                Self::Invited(invitation(*invite_id).map(invited))
            }
            Command::Modify { invite_id, .. }
            | Command::ModifyPart { invite_id, .. }
            | Command::Clear { invite_id, .. } => Self::Modified(invitation(*invite_id)),
            Command::Perform { .. } | Command::Undo { .. } => {
                let is_it = |event: &&Event| matches!(event.kind, EventKind::Performed(_));
                let performed = outcome.events.iter().find(is_it).map(|event| event.seq);
                Self::Performed(PerformedNow { group_id: group.id, seq: group.seq, performed })
            }
            Command::Cancel { .. }
            | Command::Accept { .. }
            | Command::Reject { .. }
            | Command::AnswerFor { .. }
            | Command::Finish { .. } => Self::Settled(outcome.settlement.clone()),
            Command::ChangeGroup { .. } => Self::GroupChanged(GroupNow {
                group_id: group.id,
                name: group.name.clone(),
                settings: group.settings.clone(),
                seq: group.seq,
            }),
            Command::RenewJoinCode { .. } => Self::JoinCode(join_code.cloned()),
            Command::ChangeRole { user, .. } => {
                Self::RoleChanged(group.member(*user).map(|member| MemberNow {
                    name: member.name.clone(),
                    role: member.role,
                    seq: group.seq,
                    user_id: *user,
                }))
            }
            Command::End { .. } => Self::Ended(GroupEnd { group_id: group.id, seq: group.seq }),
            Command::Create { user, .. } | Command::Join { user, .. } => {
                Self::Joined { group_id: group.id, user_id: *user }
            }
            Command::Leave { .. } | Command::EndForgotten { .. } | Command::Expire => Self::Done,
        }
    }
}
