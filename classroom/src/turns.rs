//! The commands by which turns to speak are given and ended.

use signaling::{Answers, Command, FinishWhom, InviteId, InviteeList, Timeout, UserId};

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

/// Takes the calls back of those students who are called and silent.
pub(crate) fn withdraw_calls(
    lesson: &Lesson,
    actor: UserId,
    is_meant: impl Fn(UserId) -> bool,
) -> Vec<Command> {
    let calls = lesson.invited.iter().filter(|invited| is_meant(invited.user));
    let cancel = calls.map(|invited| Command::Cancel {
        actor,
        invite_id: invited.invite_id,
        data: String::new(),
        reason: None,
    });
    cancel.collect()
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
