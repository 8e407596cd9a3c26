//! The floor: whether students may ask for it unprompted, and how often at once.

use call::Offer;
use signaling::{
    Code, Command, Group, Invitation, InviteeState, Refusal, Rejection, Role, Timestamp, UserId,
};

use crate::{ASK_ANYTIME, Operation};

/// A student has one open ask at a time.
pub const SECOND_ASK: Rejection = Rejection::Application(Refusal {
    status: 409,
    code: Code::HasOne,
    text: "You have asked already, and your ask is still open.",
});

/// The class is asked, and nobody asks by themselves.
pub const NOT_ASKED: Rejection = Rejection::Application(Refusal {
    status: 403,
    code: Code::NotPermitted,
    text: "Students of this class ask only when a teacher does: askAnytime is off.",
});

/// Everybody thinks, or talks with a neighbour, and hands go up together after that.
pub const TOO_EARLY: Rejection = Rejection::Application(Refusal {
    status: 409,
    code: Code::TooEarly,
    text: "Hands cannot go up yet. They can when the time to think is over.",
});

/// Why a student's command is refused that asks for the floor. In a class whatever a student puts
/// before the group is an ask, also where its `data` is of another program.
pub(crate) fn refuse(group: &Group, now: Timestamp, command: &Command) -> Option<Rejection> {
    match command {
        // A call is none, and calls say who may.
        Command::InviteInGroup { actor, data, .. }
            if group.is_student(*actor) && Offer::read(data).is_none() =>
        {
            refuse_ask(group, now, *actor)
        }
        Command::Accept { invite_id, .. } | Command::AnswerFor { invite_id, accepts: true, .. } => {
            let invitation = group.invitation(*invite_id)?;
            waits(invitation, now).then_some(TOO_EARLY)
        }
        Command::Create { .. }
        | Command::Join { .. }
        | Command::Invite { .. }
        | Command::InviteInGroup { .. }
        | Command::Cancel { .. }
        | Command::Reject { .. }
        | Command::AnswerFor { .. }
        | Command::Clear { .. }
        | Command::Perform { .. }
        | Command::Undo { .. }
        | Command::Finish { .. }
        | Command::Modify { .. }
        | Command::ModifyPart { .. }
        | Command::ChangeGroup { .. }
        | Command::RenewJoinCode { .. }
        | Command::ChangeRole { .. }
        | Command::Leave { .. }
        | Command::End { .. }
        | Command::EndForgotten { .. }
        | Command::Expire => None,
    }
}

/// Whether it asks for hands that cannot go up yet.
fn waits(invitation: &Invitation, now: Timestamp) -> bool {
    match Operation::read(&invitation.data) {
        Some(Operation::HandRaising { phases, .. }) => {
            invitation.group_id.is_some() && now < phases.opens_at(invitation.place().at)
        }
        Some(Operation::Speaking { .. } | Operation::SpeechApplication) | None => false,
    }
}

fn refuse_ask(group: &Group, now: Timestamp, student: UserId) -> Option<Rejection> {
    if !group.settings.is_on(ASK_ANYTIME) {
        return Some(NOT_ASKED);
    }
    // One to all teachers stays open for who may come; nobody is left to answer it.
    let is_open_ask = |invitation: &Invitation| {
        invitation.inviter == student
            && invitation.group_id.is_some()
            && invitation.in_state(InviteeState::Pending).next().is_some()
            && !invitation.is_due(now)
    };
    // Mostly a student has none at all.
    let has_open_ask = group.count_live_of(student) > 0 && group.live().any(is_open_ask);
    if has_open_ask {
        return Some(SECOND_ASK);
    }
    // Nobody has a hand up by another way while everybody thinks.
    let mut asks =
        group.live_to_everyone(Role::Student).filter_map(|invite_id| group.invitation(invite_id));
    let is_early = asks.any(|invitation| waits(invitation, now));
    is_early.then_some(TOO_EARLY)
}
