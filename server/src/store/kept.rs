//! What is kept of an answer so that it can be given again: its body where that is short, else what
//! it takes to make the body anew from the group and the repeated request.

use serde::{Deserialize, Serialize};
use signaling::{
    Command, Event, EventKind, Group, Invitation, InviteId, Invitee, InviteeState, Settlement,
    Timestamp, UserId, settled_again,
};

/// What is kept of a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kept {
    /// All of it.
    Body(String),
    /// Which invitation was made or modified; what it said is in the request.
    #[serde(rename_all = "camelCase")]
    Invitation {
        invite_id: InviteId,
        open: bool,
        #[serde(default)]
        stays: bool,
        /// When it timed out then, where that was not the deadline of its beginning.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moved_to: Option<Timestamp>,
    },
    /// Which parts were told, by the events that settled them.
    #[serde(rename_all = "camelCase")]
    Parts {
        invite_id: InviteId,
        state: InviteeState,
        /// Whose part it was; everybody's when none.
        whose: Option<UserId>,
        first: u64,
        last: u64,
        /// Whether the words that came with the parts were left out.
        in_silence: bool,
    },
}

impl Kept {
    /// What is kept of the body of this length and the settlement that it tells, after a command
    /// that was decided in the group.
    pub fn of(
        body: &[u8],
        longest_body: usize,
        group: &Group,
        command: &Command,
        settlement: Option<&Settlement>,
    ) -> Self {
        let reference = Self::reference(group, command, settlement);
        let is_short = body.len() <= longest_body;
        reference
            .filter(|kept| !is_short && kept.body(group, command, None).as_deref() == Some(body))
            .unwrap_or_else(|| Self::Body(String::from_utf8_lossy(body).into_owned()))
    }

    fn reference(
        group: &Group,
        command: &Command,
        settlement: Option<&Settlement>,
    ) -> Option<Self> {
        if let Command::Invite { invite_id, .. }
        | Command::InviteInGroup { invite_id, .. }
        | Command::Modify { invite_id, .. } = command
        {
            let invitation = group.invitation(*invite_id)?;
            let (open, stays) = (invitation.open, invitation.stays);
            let moved_to =
                invitation.expires_at.filter(|at| first_deadline(invitation) != Some(*at));
            return Some(Self::Invitation { invite_id: *invite_id, open, stays, moved_to });
        }
        let Settlement { invite_id, seq, invitees } = settlement?;
        // A verb brings all that it settles into one state.
        let state = invitees.first()?.state;
        let in_silence = match command {
            Command::Finish { actor, .. } => !group.invitation(*invite_id)?.is_visible_to(*actor),
            _ => false,
        };
        let whose = match invitees.as_slice() {
            [part] => Some(part.user_id),
            _ => None,
        };
        Some(Self::Parts {
            invite_id: *invite_id,
            state,
            whose,
            first: invitees.iter().map(|part| part.seq).min()?,
            last: *seq,
            in_silence,
        })
    }

    /// The event without which the body cannot be made from the group as it stands: somebody's
    /// acceptance, of what is over since.
    pub fn lacks(&self, group: &Group) -> Option<u64> {
        let Self::Parts { invite_id, state: InviteeState::Accepted, whose, last, .. } = self else {
            return None;
        };
        let part = group.invitation(*invite_id)?.part((*whose)?)?;
        (part.seq != *last).then_some(*last)
    }

    /// The body once more, in the group as it stands and with the event that it
    /// [`lacks`](Self::lacks); none when it can be made no more.
    pub fn body(
        &self,
        group: &Group,
        command: &Command,
        lacked: Option<&Event>,
    ) -> Option<Vec<u8>> {
        match self {
            Self::Body(body) => Some(body.clone().into_bytes()),
            Self::Invitation { invite_id, open, stays, moved_to } => {
                let mut invitation = group.invitation(*invite_id)?.without_invitees();
                command.data().clone_into(&mut invitation.data);
                invitation.expires_at = moved_to.or_else(|| first_deadline(&invitation));
                invitation.open = *open;
                invitation.closed = invitation.closed.filter(|_| !*open);
                invitation.closing = invitation.closing.filter(|_| !*open);
                invitation.stays = *stays;
                serde_json::to_vec(&invitation).ok()
            }
            Self::Parts { invite_id, state, whose, first, last, in_silence } => {
                let invitees = match lacked {
                    Some(event) => vec![accepted_by(event)?],
                    None => settled_again(group, *invite_id, *state, *whose, *first..=*last),
                };
                let mut settlement = Settlement { invite_id: *invite_id, seq: *last, invitees };
                if *in_silence {
                    settlement.leave_words_out();
                }
                serde_json::to_vec(&settlement).ok()
            }
        }
    }
}

/// When an invitation was to time out as it was made.
fn first_deadline(invitation: &Invitation) -> Option<Timestamp> {
    invitation.timeout.deadline(invitation.created_at)
}

/// The part of somebody who accepted, as it was then.
fn accepted_by(event: &Event) -> Option<Invitee> {
    let EventKind::InviteeAccepted(accepted) = &event.kind else { return None };
    let data = Some(accepted.data.clone()).filter(|data| !data.is_empty());
    Some(Invitee::settled(accepted.invitee, InviteeState::Accepted, event.at, event.seq, data))
}
