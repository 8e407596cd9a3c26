//! What a teacher does as one: several commands in one commit, which can be undone together.
//!
//! It is planned when the engine decides it, on the group as it is at that moment. So two teachers
//! who do the same at once do it once.

use serde::{Deserialize, Serialize};
use signaling::{
    Answers, Code, Command, FinishWhom, Group, Invitation, InviteId, InviteeList, MAX_DATA_BYTES,
    Performance, Refusal, Rejection, Timeout, UserId,
};

use crate::performed::{Account, UndoneDeed};
use crate::{Hand, HandSource, Lesson, Operation, Reason, Round, TURN_STARTS_AT_ONCE};

/// Somebody else was first, and there is nothing left to do it to.
pub const SETTLED: Rejection = Rejection::Application(Refusal {
    status: 409,
    code: Code::Invitation,
    text: "That has already been settled.",
});

/// What a teacher does as one, as the `data` of `perform` says it: a JSON object with an `operation`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
pub enum Move {
    /// Ask the class for hands. What was asked before is closed, and the hands that answered it
    /// come down.
    Ask {
        /// The question.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        question: Option<String>,
        /// Seconds to answer in; 0 for no limit.
        #[serde(default)]
        timeout: Timeout,
        /// Whether the first hand takes it.
        #[serde(default)]
        first: bool,
    },
    /// Close what is asked. The question stays on every screen.
    StopAsking {},
    /// Take the question off every screen.
    Clear {},
    /// End the one turn and call the next student. Nothing happens when it is not that turn which
    /// goes on, or somebody is called already.
    Next {
        /// Whom to call.
        student: UserId,
        /// The invitation of the one turn that goes on; none when none does, or several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends: Option<InviteId>,
        /// Whether the student is not connected, and begins when they take it.
        #[serde(default)]
        waits: bool,
    },
    /// Begin the turn of a student who is called and silent.
    StartTurn {
        /// Whose.
        student: UserId,
    },
    /// Pass over a student who is called and silent. They keep their place.
    Skip {
        /// Whom.
        student: UserId,
    },
    /// End a student's turn.
    EndTurn {
        /// Whose.
        student: UserId,
    },
    /// Lower a student's hand.
    Lower {
        /// Whose.
        student: UserId,
    },
    /// Lower every hand.
    LowerAll {},
}

impl Move {
    /// What this `data` says; none when it is not the classroom's.
    pub fn read(data: &str) -> Option<Self> {
        serde_json::from_str(data).ok()
    }

    /// The `data` that says it.
    pub fn to_data(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// The commands that do it, in the group as it is.
    ///
    /// # Errors
    /// When nothing in the room can be done so, or only a teacher may.
    pub(crate) fn plan(
        &self,
        group: &Group,
        actor: UserId,
        fresh: InviteId,
    ) -> Result<Performance, Rejection> {
        if !group.is_teacher(actor) {
            return Err(Rejection::NotPermitted);
        }
        let lesson = Lesson::of(group);
        match self {
            Self::Ask { question, timeout, first } => {
                ask(&lesson, actor, question.as_deref(), *timeout, *first, fresh)
            }
            Self::StopAsking {} => {
                Ok(undoable(stop_asking(&lesson, actor), UndoneDeed::StopAsking, None))
            }
            Self::Clear {} => {
                let mut commands = stop_asking(&lesson, actor);
                // A question to everybody lies below a newer one to some, and would come up.
                let questions = group.live().filter(|it| it.stays && is_question(it));
                commands
                    .extend(questions.map(|it| Command::Clear { actor, invite_id: it.invite_id }));
                Ok(undoable(commands, UndoneDeed::Clear, None))
            }
            Self::Next { student, ends, waits } => {
                next(group, &lesson, actor, *student, *ends, *waits, fresh)
            }
            Self::StartTurn { student } => answer_for(&lesson, actor, *student, true),
            Self::Skip { student } => answer_for(&lesson, actor, *student, false),
            Self::EndTurn { student } => {
                let commands = end_turns(&lesson, actor, *student);
                Ok(undoable(commands, UndoneDeed::EndTurn, Some(*student)))
            }
            Self::Lower { student } => {
                let hand = lesson.hand(*student);
                let commands = hand.map(|hand| lower(actor, hand)).unwrap_or_default();
                Ok(undoable(commands, UndoneDeed::Lower, Some(*student)))
            }
            Self::LowerAll {} => {
                let hands = &lesson.hands;
                let commands: Vec<Command> =
                    hands.iter().flat_map(|hand| lower(actor, hand)).collect();
                let data = account(UndoneDeed::LowerAll, None, hands.len());
                Ok(Performance { undoable: 0..commands.len(), commands, data })
            }
        }
    }
}

/// Commands that are undone together, about one student where it names one.
fn undoable(commands: Vec<Command>, deed: UndoneDeed, student: Option<UserId>) -> Performance {
    let data = account(deed, student, usize::from(student.is_some()));
    Performance { undoable: 0..commands.len(), commands, data }
}

/// What `onPerformed` tells of a deed that so many hands came down by.
fn account(operation: UndoneDeed, student: Option<UserId>, count: usize) -> String {
    Account { operation, student, count }.to_data()
}

fn ask(
    lesson: &Lesson,
    actor: UserId,
    question: Option<&str>,
    timeout: Timeout,
    first: bool,
    fresh: InviteId,
) -> Result<Performance, Rejection> {
    let question = question.map(str::trim).filter(|question| !question.is_empty());
    let data = Operation::HandRaising { question: question.map(str::to_owned) }.to_data();
    if data.len() > MAX_DATA_BYTES {
        return Err(Rejection::DataTooLarge);
    }
    let earlier = lesson.hands.iter().filter(|hand| hand.answers_a_round());
    let count = earlier.clone().count();
    let mut commands: Vec<Command> =
        earlier.flat_map(|hand| lower_answers(actor, hand, Some(Reason::Followed))).collect();
    let undoable = 0..commands.len();
    commands.extend(stop_asking(lesson, actor));
    commands.push(Command::InviteInGroup {
        actor,
        invite_id: fresh,
        invitee_list: InviteeList::Everyone,
        data,
        timeout,
        answers: if first { Answers::First } else { Answers::Each },
    });
    let data = account(UndoneDeed::EarlierHands, None, count);
    Ok(Performance { commands, undoable, data })
}

fn is_question(invitation: &Invitation) -> bool {
    matches!(Operation::read(&invitation.data), Some(Operation::HandRaising { .. }))
}

fn stop_asking(lesson: &Lesson, actor: UserId) -> Vec<Command> {
    let cancel = |round: &Round| Command::Cancel {
        actor,
        invite_id: round.invite_id,
        data: String::new(),
        reason: None,
    };
    lesson.rounds.iter().map(cancel).collect()
}

fn next(
    group: &Group,
    lesson: &Lesson,
    actor: UserId,
    student: UserId,
    ends: Option<InviteId>,
    waits: bool,
    fresh: InviteId,
) -> Result<Performance, Rejection> {
    let nothing = || undoable(Vec::new(), UndoneDeed::Next, Some(student));
    let one = match lesson.speaking.as_slice() {
        [turn] => Some(turn),
        _ => None,
    };
    let is_other = one.map(|turn| turn.invite_id) != ends;
    if is_other || !lesson.invited.is_empty() || is_called(lesson, student) {
        return Ok(nothing());
    }
    if lesson.hand(student).is_none() {
        return Err(SETTLED);
    }
    let mut commands = one.map(|turn| end_turns(lesson, actor, turn.user)).unwrap_or_default();
    if waits {
        commands.extend(invite_to_speak(lesson, actor, student, fresh));
    } else {
        commands.extend(call_on(lesson, actor, student, fresh));
        let is_silent = matches!(commands.last(), Some(Command::InviteInGroup { .. }));
        if is_silent && group.settings.is_on(TURN_STARTS_AT_ONCE) {
            commands.push(answer(actor, fresh, student, true));
        }
    }
    Ok(undoable(commands, UndoneDeed::Next, Some(student)))
}

fn answer(actor: UserId, invite_id: InviteId, invitee: UserId, accepts: bool) -> Command {
    let reason = (!accepts).then(|| Reason::Skipped.text().to_owned());
    Command::AnswerFor { actor, invite_id, invitee, accepts, data: String::new(), reason }
}

fn answer_for(
    lesson: &Lesson,
    actor: UserId,
    student: UserId,
    accepts: bool,
) -> Result<Performance, Rejection> {
    let speaks = lesson.turn(student).is_some();
    let commands = match lesson.invited(student) {
        _ if accepts && speaks => Vec::new(),
        Some(invited) => vec![answer(actor, invited.invite_id, student, accepts)],
        None => return Err(SETTLED),
    };
    Ok(Performance { commands, undoable: 0..0, data: String::new() })
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
fn is_called(lesson: &Lesson, student: UserId) -> bool {
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
    vec![Command::InviteInGroup {
        actor,
        invite_id: fresh,
        invitee_list: InviteeList::Members(vec![student]),
        data: Operation::Speaking.to_data(),
        timeout: Timeout::NEVER,
        answers: Answers::Each,
    }]
}

fn lower(teacher: UserId, hand: &Hand) -> Vec<Command> {
    let asks = hand.sources.iter().filter_map(|source| match source {
        HandSource::Ask(invite_id) => Some(Command::Reject {
            actor: teacher,
            invite_id: *invite_id,
            data: String::new(),
            reason: None,
        }),
        HandSource::Round(_) => None,
    });
    lower_answers(teacher, hand, None).chain(asks).collect()
}

/// Lowers a hand as far as it answers rounds.
fn lower_answers(
    teacher: UserId,
    hand: &Hand,
    reason: Option<Reason>,
) -> impl Iterator<Item = Command> {
    let finish = move |source: &HandSource| match source {
        HandSource::Round(invite_id) => Some(Command::Finish {
            actor: teacher,
            invite_id: *invite_id,
            whom: FinishWhom::Member(hand.user),
            reason: reason.map(|reason| reason.text().to_owned()),
            data: String::new(),
        }),
        HandSource::Ask(_) => None,
    };
    hand.sources.iter().filter_map(finish)
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
