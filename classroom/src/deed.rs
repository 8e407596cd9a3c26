//! What a person does in the room, as the engine's verbs.

use std::collections::BTreeSet;

use signaling::{
    Answers, Command, Group, InviteId, InviteeList, MAX_TIMEOUT_SECONDS, Name, Role,
    SettingsChange, Timeout, Timestamp, UserId,
};

use crate::follow::bring_down;
use crate::turns::{call_on, end_turns, invite_to_speak};
use crate::{ASK_ANYTIME, Lesson, Move, Operation, Reason, Round};

/// One tap, or one form sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Raise one's hand: as an answer when asked, unprompted otherwise.
    RaiseHand,
    /// Lower one's own hand.
    LowerHand,
    /// Decline to raise a hand.
    NotNow,
    /// Take the floor.
    Speak,
    /// Decline the floor, and keep one's place.
    Pass,
    /// Give the floor back.
    Done,
    /// What a teacher does as one, planned when the engine decides it.
    Move(Move),
    /// Take back what was done last, by its number.
    Undo(u64),
    /// Invite a student to speak, or take their unprompted hand.
    CallOn(UserId),
    /// Invite a student to speak who is not connected. They have the floor when they take it, and keep
    /// their place until then.
    CallOnAbsent(UserId),
    /// Take an invitation to speak back.
    CancelCall(UserId),
    /// Change a setting of the class.
    Change(SettingsChange),
    /// Give the class another name.
    Rename(Name),
    /// Make somebody a co-teacher, or a student again.
    MakeRole(UserId, Role),
    /// Remove somebody, or leave.
    Remove(UserId),
    /// End the class.
    EndClass,
}

/// Why a deed cannot become a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// The floor is closed and nobody asks for hands.
    #[error("Hands are not being taken right now. Wait until your teacher asks.")]
    FloorClosed,
    /// Everybody thinks, and hands go up together after that.
    #[error("Hands cannot go up yet. Wait until the time to think is over.")]
    TooEarly,
    /// Somebody else's move came first and there is nothing left to answer.
    #[error("That has already been settled.")]
    Settled,
}

/// The verbs that do this deed, in order; none when it is done already. `fresh` is a new id for
/// the invitation that the deed may make.
///
/// # Errors
/// When nothing in the room can be done so.
pub fn plan(
    group: &Group,
    now: Timestamp,
    actor: UserId,
    deed: &Deed,
    fresh: InviteId,
) -> Result<Vec<Command>, Obstacle> {
    let lesson = Lesson::of(group);
    let none = String::new;
    let commands = match deed {
        Deed::RaiseHand => return raise(group, &lesson, now, actor, fresh),
        Deed::LowerHand => bring_down(group, actor, Reason::Lowered),
        Deed::NotNow => {
            let round = lesson.asked(group, actor).ok_or(Obstacle::Settled)?;
            vec![reject(actor, round.invite_id)]
        }
        Deed::Speak => match lesson.invited(actor) {
            Some(invited) => {
                vec![Command::Accept { actor, invite_id: invited.invite_id, data: none() }]
            }
            None if lesson.turn(actor).is_some() => Vec::new(),
            None => return Err(Obstacle::Settled),
        },
        Deed::Pass => {
            let invited = lesson.invited(actor).ok_or(Obstacle::Settled)?;
            vec![reject(actor, invited.invite_id)]
        }
        Deed::Done => end_turns(&lesson, actor, actor),
        Deed::Move(it) => {
            vec![Command::Perform { actor, data: it.to_data(), fresh, here: BTreeSet::new() }]
        }
        Deed::Undo(performed) => vec![Command::Undo { actor, performed: *performed, fresh }],
        Deed::CallOn(student) => call_on(&lesson, actor, *student, fresh),
        Deed::CallOnAbsent(student) => invite_to_speak(&lesson, actor, *student, fresh),
        Deed::CancelCall(student) => {
            let theirs = lesson.invited.iter().filter(|invited| invited.user == *student);
            let cancel =
                |invite_id| Command::Cancel { actor, invite_id, data: none(), reason: None };
            theirs.map(|invited| cancel(invited.invite_id)).collect()
        }
        Deed::Change(settings) => vec![set(actor, settings.clone())],
        Deed::Rename(name) => {
            let (name, settings) = (Some(name.clone()), SettingsChange::default());
            vec![Command::ChangeGroup { actor, name, settings }]
        }
        Deed::MakeRole(user, role) => {
            vec![Command::ChangeRole { actor, user: *user, role: *role }]
        }
        Deed::Remove(user) => vec![Command::Leave { actor, user: *user }],
        Deed::EndClass => vec![Command::End { actor }],
    };
    Ok(commands)
}

fn set(actor: UserId, settings: SettingsChange) -> Command {
    Command::ChangeGroup { actor, name: None, settings }
}

fn reject(actor: UserId, invite_id: InviteId) -> Command {
    Command::Reject { actor, invite_id, data: String::new(), reason: None }
}

fn raise(
    group: &Group,
    lesson: &Lesson,
    now: Timestamp,
    actor: UserId,
    fresh: InviteId,
) -> Result<Vec<Command>, Obstacle> {
    if lesson.hand(actor).is_some() {
        return Ok(Vec::new());
    }
    let accept = |invite_id| Command::Accept { actor, invite_id, data: String::new() };
    if let Some(round) = lesson.asked(group, actor) {
        return Ok(vec![accept(round.invite_id)]);
    }
    if group.settings.is_on(ASK_ANYTIME) {
        return Ok(vec![Command::InviteInGroup {
            actor,
            invite_id: fresh,
            invitee_list: InviteeList::Everyone,
            data: Operation::SpeechApplication.to_data(),
            timeout: Timeout::NEVER,
            answers: Answers::First,
        }]);
    }
    let round = lesson.answered(group, actor).ok_or(Obstacle::FloorClosed)?;
    if round.wait(now).is_some() {
        return Err(Obstacle::TooEarly);
    }
    if round.expires_at.is_some_and(|deadline| deadline <= now) {
        return Err(Obstacle::FloorClosed);
    }
    let teacher = asks_for(group, round).ok_or(Obstacle::FloorClosed)?;
    Ok(vec![ask_again(round, teacher, now, actor, fresh), accept(fresh)])
}

/// The teacher in whose name a round goes on: the one who asked, or another when they are gone.
fn asks_for(group: &Group, round: &Round) -> Option<UserId> {
    let mut teachers = group.with_role(Role::Teacher).map(|member| member.user_id);
    let asker = teachers.clone().find(|user| *user == round.inviter);
    asker.or_else(|| teachers.next())
}

/// A settled part of an invitation never opens again, so a hand that goes up once more in the
/// same round answers an invitation of its own, sent for a teacher and with the time
/// that is left.
fn ask_again(
    round: &Round,
    teacher: UserId,
    now: Timestamp,
    student: UserId,
    fresh: InviteId,
) -> Command {
    let seconds_left = round.expires_at.map_or(0, |deadline| {
        let seconds = (deadline.millis_since(now) + 999) / 1_000;
        u32::try_from(seconds.max(1)).unwrap_or(MAX_TIMEOUT_SECONDS)
    });
    Command::InviteInGroup {
        actor: teacher,
        invite_id: fresh,
        invitee_list: InviteeList::Members(vec![student]),
        data: Operation::asks(round.question.clone()).to_data(),
        timeout: Timeout::new(seconds_left).unwrap_or_default(),
        answers: Answers::Each,
    }
}
