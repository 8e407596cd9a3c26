//! A group read as calls among several: who rings, who talks, and what has to end.

use serde::{Deserialize, Serialize};
use signaling::{Command, FinishWhom, Group, Invitation, InviteId, InviteeState, UserId, json};

use crate::{Media, Offer, Reason};

/// How many a call among several holds, whoever calls included.
pub const MOST: usize = 8;

/// A call among several that rings or goes on: an invitation to the group with an [`Offer`]. Whoever
/// called has no part of their own; that they have hung up stands in the terms of the others' parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupCall {
    /// The invitation that it is.
    pub invite_id: InviteId,
    /// Who calls.
    pub caller: UserId,
    /// Whether the caller has hung up, and the others go on.
    pub caller_left: bool,
    /// What it carries.
    pub media: Media,
    /// Whom it rings.
    pub ringing: Vec<UserId>,
    /// Who has answered.
    pub talking: Vec<UserId>,
}

/// The terms of a part, as far as calls write any.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Terms {
    #[serde(default)]
    caller_left: bool,
}

/// The terms by which a part goes on whose caller has hung up.
pub(crate) fn without_caller() -> String {
    serde_json::json!(Terms { caller_left: true }).to_string()
}

impl GroupCall {
    /// The invitation as a call among several; none when it is none, or over.
    pub fn of(group: &Group, invitation: &Invitation) -> Option<Self> {
        invitation.group_id?;
        // Of hands there may be hundreds, and none of them is read for it.
        if !invitation.data.contains("call") {
            return None;
        }
        let offer = Offer::read(&invitation.data)?;
        let mut call = Self {
            invite_id: invitation.invite_id,
            caller: invitation.inviter,
            caller_left: group.member(invitation.inviter).is_none(),
            media: offer.media,
            ringing: invitation.in_state(InviteeState::Pending).collect(),
            talking: Vec::new(),
        };
        for part in invitation.parts() {
            if part.state == InviteeState::Accepted {
                let terms = part.terms.as_deref().and_then(|terms| json::read::<Terms>(terms).ok());
                call.caller_left |= terms.unwrap_or_default().caller_left;
                call.talking.push(part.user_id);
            }
        }
        (!call.ringing.is_empty() || !call.talking.is_empty()).then_some(call)
    }

    /// Every such call of the group, oldest first.
    pub fn all(group: &Group) -> impl Iterator<Item = Self> {
        group.live().filter_map(|invitation| Self::of(group, invitation))
    }

    /// The call that the member is in, calls or is being called by.
    pub fn with(group: &Group, user: UserId) -> Option<Self> {
        Self::all(group).find(|call| call.concerns(user))
    }

    /// Who is in it, whoever called first. While nobody has answered that is the caller alone.
    pub fn people(&self) -> Vec<UserId> {
        let caller = (!self.caller_left).then_some(self.caller);
        caller.into_iter().chain(self.talking.iter().copied()).collect()
    }

    /// Whether the member is in it, or it rings them.
    pub fn concerns(&self, user: UserId) -> bool {
        self.people().contains(&user) || self.ringing.contains(&user)
    }

    /// Whether anybody has answered.
    pub const fn goes_on(&self) -> bool {
        !self.talking.is_empty()
    }

    /// The commands by which somebody who is in it hangs up; none for anybody else.
    pub(crate) fn leave(&self, user: UserId) -> Option<Vec<Command>> {
        if self.talking.contains(&user) {
            return Some(vec![self.hang_up(user, user)]);
        }
        if user != self.caller || self.caller_left {
            return None;
        }
        let mut commands = Vec::new();
        if !self.ringing.is_empty() {
            commands.push(self.stop_ringing(user, None));
        }
        commands.extend(match self.talking.as_slice() {
            [last] => vec![self.hang_up(user, *last)],
            others => others.iter().map(|it| self.goes_on_without_caller(*it)).collect(),
        });
        Some(commands)
    }

    /// The commands that end it, where it cannot go on as it stands: of one alone, or of students
    /// alone.
    pub(crate) fn end_if_over(&self, group: &Group) -> Vec<Command> {
        let people = self.people();
        let waits = !self.caller_left && !self.ringing.is_empty();
        let is_alone = people.len() < 2 && !waits;
        // Before anybody has answered, a teacher may do so.
        let rung = self.ringing.iter().filter(|_| !self.goes_on());
        let has_teacher = people.iter().chain(rung).any(|user| group.is_teacher(*user));
        if !is_alone && has_teacher {
            return Vec::new();
        }
        let mut commands: Vec<Command> = Vec::new();
        if !self.ringing.is_empty() {
            commands.push(self.stop_ringing(self.caller, Some(Reason::HungUp)));
        }
        commands.extend(self.talking.iter().map(|it| self.hang_up(*it, *it)));
        commands
    }

    fn hang_up(&self, actor: UserId, user: UserId) -> Command {
        Command::Finish {
            actor,
            invite_id: self.invite_id,
            whom: FinishWhom::Member(user),
            reason: Some(Reason::HungUp.text().to_owned()),
            data: String::new(),
        }
    }

    fn stop_ringing(&self, actor: UserId, reason: Option<Reason>) -> Command {
        Command::Cancel {
            actor,
            invite_id: self.invite_id,
            data: String::new(),
            reason: reason.map(|reason| reason.text().to_owned()),
        }
    }

    fn goes_on_without_caller(&self, invitee: UserId) -> Command {
        Command::ModifyPart {
            actor: self.caller,
            invite_id: self.invite_id,
            invitee,
            data: without_caller(),
        }
    }
}
