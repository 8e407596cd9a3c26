//! The commands by which turns to speak are given and ended.

use std::collections::BTreeSet;

use signaling::{
    Answers, Command, FinishWhom, Group, InviteId, InviteeList, InviteeState, Timeout, UserId,
};

use crate::{HandSource, Lesson, Operation, Reason};

pub(crate) fn answer(
    actor: UserId,
    invite_id: InviteId,
    invitee: UserId,
    accepts: bool,
) -> Command {
    let reason = (!accepts).then(|| Reason::Skipped.text().to_owned());
    Command::AnswerFor { actor, invite_id, invitee, accepts, data: String::new(), reason }
}

/// Calls on a student: an unprompted hand is taken, and another one invited to speak.
pub(crate) fn call_on(
    lesson: &Lesson,
    actor: UserId,
    student: UserId,
    fresh: InviteId,
) -> Vec<Command> {
    let sources = lesson.hand(student).map(|hand| hand.sources.as_slice()).unwrap_or_default();
    let ask = sources.iter().find_map(|source| match source {
        HandSource::Ask(invite_id) => Some(*invite_id),
        HandSource::Round(_) => None,
    });
    match ask {
        Some(invite_id) if !is_called(lesson, student) => {
            vec![Command::Accept { actor, invite_id, data: String::new() }]
        }
        _ => invite_to_speak(lesson, actor, student, fresh),
    }
}

/// Whether a student is invited to speak, or speaks.
pub(crate) fn is_called(lesson: &Lesson, student: UserId) -> bool {
    lesson.invited(student).is_some() || lesson.turn(student).is_some()
}

/// Invites a student to speak who is not called yet.
pub(crate) fn invite_to_speak(
    lesson: &Lesson,
    actor: UserId,
    student: UserId,
    fresh: InviteId,
) -> Vec<Command> {
    if is_called(lesson, student) {
        return Vec::new();
    }
    vec![call(actor, student, fresh, &Operation::CALL)]
}

/// The invitation to speak.
pub(crate) fn call(
    actor: UserId,
    student: UserId,
    invite_id: InviteId,
    operation: &Operation,
) -> Command {
    Command::InviteInGroup {
        actor,
        invite_id,
        invitee_list: InviteeList::Members(vec![student]),
        data: operation.to_data(),
        timeout: Timeout::NEVER,
        answers: Answers::Each,
    }
}

/// Takes the calls back of those students who are called and silent. One that asks others as well goes
/// on for them.
pub(crate) fn withdraw_calls(
    group: &Group,
    lesson: &Lesson,
    actor: UserId,
    is_meant: impl Fn(UserId) -> bool,
) -> Vec<Command> {
    let asks_nobody_else = |invite_id: &InviteId| {
        group.invitation(*invite_id).is_some_and(|invitation| {
            invitation.invitee_list != InviteeList::Everyone
                && invitation.in_state(InviteeState::Pending).all(&is_meant)
        })
    };
    let calls: BTreeSet<InviteId> =
        lesson.invited.iter().filter(|it| is_meant(it.user)).map(|it| it.invite_id).collect();
    let cancel =
        |invite_id| Command::Cancel { actor, invite_id, data: String::new(), reason: None };
    calls.into_iter().filter(asks_nobody_else).map(cancel).collect()
}

/// Ends the turns of a speaker.
pub(crate) fn end_turns(lesson: &Lesson, actor: UserId, speaker: UserId) -> Vec<Command> {
    let turns = lesson.speaking.iter().filter(|turn| turn.user == speaker);
    let finish = turns.map(|turn| Command::Finish {
        actor,
        invite_id: turn.invite_id,
        whom: FinishWhom::Member(turn.part_of),
        reason: None,
        data: String::new(),
    });
    finish.collect()
}
