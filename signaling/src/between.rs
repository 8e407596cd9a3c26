//! What the two ends of a one-to-one invitation may tell each other without leaving a trace: that it
//! is being shown, that one is still there, and words that nobody else is to read.

use crate::{Group, Invitation, InviteId, InviteeState, Rejection, Timestamp, UserId};

/// Whether the member's device may say that it shows the invitation to them: they are its invitee
/// and have not answered.
///
/// # Errors
/// Why not.
pub fn may_ring(
    group: &Group,
    now: Timestamp,
    actor: UserId,
    invite_id: InviteId,
) -> Result<(), Rejection> {
    let invitation = between_two(group, actor, invite_id)?;
    let part = invitation.part(actor).ok_or(Rejection::NotInvited)?;
    match part.state {
        InviteeState::Pending if invitation.is_due(now) => {
            Err(Rejection::AlreadyProcessed(InviteeState::TimedOut))
        }
        InviteeState::Pending => Ok(()),
        state => Err(Rejection::AlreadyProcessed(state)),
    }
}

/// Who is at the other end of a live one-to-one invitation.
///
/// # Errors
/// When the invitation is not one-to-one, not the actor's, or over.
pub fn other_end(
    group: &Group,
    now: Timestamp,
    actor: UserId,
    invite_id: InviteId,
) -> Result<UserId, Rejection> {
    let invitation = between_two(group, actor, invite_id)?;
    let part = invitation.parts().first().ok_or(Rejection::NoSuchInvitation)?;
    if invitation.is_due(now) {
        return Err(Rejection::AlreadyProcessed(InviteeState::TimedOut));
    }
    if !invitation.is_live() {
        return Err(Rejection::AlreadyProcessed(part.state));
    }
    Ok(if actor == invitation.inviter { part.user_id } else { invitation.inviter })
}

fn between_two(
    group: &Group,
    actor: UserId,
    invite_id: InviteId,
) -> Result<&Invitation, Rejection> {
    if group.ended {
        return Err(Rejection::Ended);
    }
    group.member(actor).ok_or(Rejection::NotSignedIn)?;
    let invitation = group.invitation(invite_id).filter(|it| it.is_visible_to(actor));
    let invitation = invitation.ok_or(Rejection::NoSuchInvitation)?;
    if invitation.group_id.is_some() { Err(Rejection::NotBetweenTwo) } else { Ok(invitation) }
}
