//! What a teacher does as one: several commands in one commit, which can be undone together.
//!
//! It is planned when the engine decides it, on the group as it is at that moment. So two teachers
//! who do the same at once do it once.

use serde::{Deserialize, Serialize};
use signaling::{
    Answers, Code, Command, FinishWhom, Group, Invitation, InviteId, InviteeList, MAX_DATA_BYTES,
    MAX_TIMEOUT_SECONDS, Performance, Performing, Refusal, Rejection, Timeout, Timestamp, UserId,
};

use crate::limit::{limit, longer};
use crate::performed::{UndoneDeed, account, undoable};
use crate::pick::{pick, pick_again};
use crate::turns::{answer, call_on, end_turns, invite_to_speak, is_called, withdraw_calls};
use crate::voices::mute;
use crate::{
    Among, Before, Hand, HandSource, How, Lesson, Operation, Phase, Phases, Reason, Round,
    SPEAKING_LIMIT, TOO_EARLY, TURN_STARTS_AT_ONCE, Turn, Wait,
};

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
        /// Seconds to think before hands can go up.
        #[serde(default)]
        think: Timeout,
        /// Seconds to talk with a neighbour after that.
        #[serde(default)]
        pair: Timeout,
    },
    /// End the phase before hands can go up: from thinking to talking, or to hands. Nothing happens when
    /// another one has begun.
    NextPhase {
        /// Which phase; whichever it is, when none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends: Option<Before>,
    },
    /// Let the phase that goes on, or the time to answer, last longer; or the turn of a student, from now
    /// on where it has lasted longer than it may.
    MoreTime {
        /// By how many seconds.
        seconds: Timeout,
        /// Whose turn, when it is a turn.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        student: Option<UserId>,
    },
    /// Let this turn of a student last so long, whatever the class's limit is.
    LimitTurn {
        /// Whose turn.
        student: UserId,
        /// Seconds from its beginning on; 0 for no limit.
        seconds: Timeout,
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
    /// Pick a student by fairness or by lot, end the one turn and call them. Nothing happens when it is
    /// not that turn which goes on, or somebody is called already.
    Pick {
        /// How.
        how: How,
        /// Of whom.
        among: Among,
        /// The invitation of the one turn that goes on; none when none does, or several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends: Option<InviteId>,
    },
    /// Pick somebody else in the place of a student who was picked and is silent.
    PickAgain {
        /// Whom.
        student: UserId,
    },
    /// Raise a hand for a student who has no device at hand, or is asked and does not.
    Raise {
        /// Whose.
        student: UserId,
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
    /// Have a student who speaks heard no more. They keep the floor, and are heard again when they say
    /// so themselves.
    Mute {
        /// Whom.
        student: UserId,
    },
    /// Be heard again, in a turn of one's own in which a teacher has muted one.
    Unmute {},
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
        performing: &Performing<'_>,
    ) -> Result<Performance, Rejection> {
        let Performing { actor, fresh, .. } = *performing;
        let is_own = matches!(self, Self::Unmute {}) && group.member(actor).is_some();
        if !is_own && !group.is_teacher(actor) {
            return Err(Rejection::TeachersOnly);
        }
        let lesson = Lesson::of(group);
        match self {
            Self::Mute { student } => Ok(all(mute(group, &lesson, actor, *student, true))),
            Self::Unmute {} if lesson.turn(actor).is_none() => Err(SETTLED),
            Self::Unmute {} => Ok(all(mute(group, &lesson, actor, actor, false))),
            Self::Ask { question, timeout, first, think, pair } => {
                let (think, pair) = (think.seconds(), pair.seconds());
                let phases = Phases { think, pair, ..Phases::NONE };
                let asked = Asked {
                    question: question.as_deref(),
                    phases,
                    timeout: *timeout,
                    first: *first,
                };
                ask(group, &lesson, actor, &asked, fresh)
            }
            Self::NextPhase { ends } => Ok(once(next_phase(group, &lesson, performing, *ends))),
            Self::MoreTime { seconds, student: None } => {
                Ok(once(more_time(group, &lesson, performing, seconds.seconds())))
            }
            Self::MoreTime { seconds, student: Some(student) } => {
                let more = |turn: &Turn| longer(turn, performing.now, seconds.seconds());
                Ok(all(limit(group, &lesson, actor, *student, more)))
            }
            Self::LimitTurn { student, seconds } => {
                let seconds = seconds.seconds().min(SPEAKING_LIMIT.most());
                Ok(all(limit(group, &lesson, actor, *student, |_| Some(seconds))))
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
            Self::Pick { how, among, ends } => {
                pick(group, &lesson, performing, *how, *among, *ends)
            }
            Self::PickAgain { student } => pick_again(group, &lesson, performing, *student),
            Self::Raise { student } => raise_for(group, &lesson, performing, *student),
            Self::StartTurn { student } => answer_for(&lesson, actor, *student, true),
            Self::Skip { student } => answer_for(&lesson, actor, *student, false),
            Self::EndTurn { student } => {
                let commands = end_turns(&lesson, actor, *student);
                Ok(undoable(commands, UndoneDeed::EndTurn, Some(*student)))
            }
            Self::Lower { student } => {
                let hand = lesson.hand(*student);
                let mut commands = hand.map(|hand| lower(actor, hand)).unwrap_or_default();
                if hand.is_some() {
                    commands.extend(withdraw_calls(group, &lesson, actor, |user| user == *student));
                }
                Ok(undoable(commands, UndoneDeed::Lower, Some(*student)))
            }
            Self::LowerAll {} => {
                let hands = &lesson.hands;
                let mut commands: Vec<Command> =
                    hands.iter().flat_map(|hand| lower(actor, hand)).collect();
                commands.extend(withdraw_calls(group, &lesson, actor, |user| {
                    lesson.hand(user).is_some()
                }));
                let data = account(UndoneDeed::LowerAll, None, hands.len());
                Ok(Performance { undoable: 0..commands.len(), commands, data })
            }
        }
    }
}

/// What is asked, and how.
struct Asked<'a> {
    question: Option<&'a str>,
    phases: Phases,
    timeout: Timeout,
    first: bool,
}

fn ask(
    group: &Group,
    lesson: &Lesson,
    actor: UserId,
    asked: &Asked<'_>,
    fresh: InviteId,
) -> Result<Performance, Rejection> {
    let Asked { question, phases, timeout, first } = *asked;
    let question = question.map(str::trim).filter(|question| !question.is_empty());
    let data = Operation::HandRaising { question: question.map(str::to_owned), phases }.to_data();
    if data.len() > MAX_DATA_BYTES {
        return Err(Rejection::DataTooLarge);
    }
    let earlier = lesson.hands.iter().filter(|hand| hand.answers_a_round());
    let count = earlier.clone().count();
    let mut commands: Vec<Command> =
        earlier.flat_map(|hand| lower_answers(actor, hand, Some(Reason::Followed))).collect();
    let is_lowered =
        |user| lesson.hand(user).is_some_and(|hand| hand.sources.iter().all(HandSource::is_round));
    commands.extend(withdraw_calls(group, lesson, actor, is_lowered));
    let undoable = 0..commands.len();
    commands.extend(stop_asking(lesson, actor));
    commands.push(Command::InviteInGroup {
        actor,
        invite_id: fresh,
        invitee_list: InviteeList::Everyone,
        data,
        timeout: within(timeout, phases),
        answers: if first { Answers::First } else { Answers::Each },
    });
    let data = account(UndoneDeed::EarlierHands, None, count);
    Ok(Performance { commands, undoable, data })
}

/// The time to answer, counted from when hands can go up.
fn within(timeout: Timeout, phases: Phases) -> Timeout {
    if timeout == Timeout::NEVER {
        return timeout;
    }
    let seconds = timeout.seconds().saturating_add(phases.opens_after());
    Timeout::new(seconds.min(MAX_TIMEOUT_SECONDS)).unwrap_or_default()
}

/// A command that nobody takes back.
fn once(command: Option<Command>) -> Performance {
    all(command.into_iter().collect())
}

/// Commands that nobody takes back.
const fn all(commands: Vec<Command>) -> Performance {
    Performance { commands, undoable: 0..0, data: String::new() }
}

fn next_phase(
    group: &Group,
    lesson: &Lesson,
    it: &Performing<'_>,
    ends: Option<Before>,
) -> Option<Command> {
    let round = lesson.round_now()?;
    let is_meant = |wait: &Wait| ends.is_none_or(|ends| ends == wait.phase());
    let wait = round.wait(it.now).filter(is_meant)?;
    let after = u32::try_from(it.now.millis_since(round.since) / 1_000).ok()?;
    let phases = round.phases.gone_on(wait, after);
    let sooner = round.phases.opens_after() - phases.opens_after();
    let expires_at = round.expires_at.map(|at| at.plus_millis(-i64::from(sooner) * 1_000));
    modify(group, round, it.actor, phases, expires_at)
}

fn more_time(group: &Group, lesson: &Lesson, it: &Performing<'_>, by: u32) -> Option<Command> {
    let round = lesson.round_now().filter(|round| round.phase == Phase::Open)?;
    let wait = round.wait(it.now);
    let phases = wait.map_or(round.phases, |wait| round.phases.longer(wait, by));
    let longest = round.since.plus_seconds(MAX_TIMEOUT_SECONDS);
    if phases.opens_at(round.since) > longest {
        return None;
    }
    let expires_at = round.expires_at.map(|at| at.plus_seconds(by).min(longest));
    if wait.is_none() && expires_at.is_none() {
        return None;
    }
    modify(group, round, it.actor, phases, expires_at)
}

/// Gives a round other phases, and leaves alone what other programs have put into its `data`.
fn modify(
    group: &Group,
    round: &Round,
    actor: UserId,
    phases: Phases,
    expires_at: Option<Timestamp>,
) -> Option<Command> {
    let invite_id = round.invite_id;
    let data = Operation::with_phases(&group.invitation(invite_id)?.data, phases)?;
    Some(Command::Modify { actor, invite_id, data, expires_at })
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
    let one = lesson.one_turn();
    let is_other = one.map(|turn| turn.invite_id) != ends;
    // Whoever is called and has no hand up is passed over by it.
    let waits_for = lesson.invited.iter().any(|invited| lesson.hand(invited.user).is_some());
    if is_other || waits_for || is_called(lesson, student) {
        return Ok(nothing());
    }
    if lesson.hand(student).is_none() {
        return Err(SETTLED);
    }
    let mut commands = withdraw_calls(group, lesson, actor, |_| true);
    commands.extend(one.into_iter().flat_map(|turn| end_turns(lesson, actor, turn.user)));
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

/// Raises a hand for a student: as their answer where they are asked; else to an invitation of its own,
/// which asks nobody else.
fn raise_for(
    group: &Group,
    lesson: &Lesson,
    it: &Performing<'_>,
    student: UserId,
) -> Result<Performance, Rejection> {
    if !group.is_student(student) {
        return Err(SETTLED);
    }
    if lesson.hand(student).is_some() || is_called(lesson, student) {
        return Ok(once(None));
    }
    if let Some(round) = lesson.asked(group, student) {
        return Ok(once(Some(answer(it.actor, round.invite_id, student, true))));
    }
    // Nobody has a hand up by this way either while everybody thinks.
    if lesson.waits(it.now) {
        return Err(TOO_EARLY);
    }
    let question = lesson.rounds.last().and_then(|round| round.question.clone());
    let asks = Command::InviteInGroup {
        actor: it.actor,
        invite_id: it.fresh,
        invitee_list: InviteeList::Members(vec![student]),
        data: Operation::asks(question).to_data(),
        timeout: Timeout::NEVER,
        answers: Answers::Each,
    };
    let commands = vec![asks, answer(it.actor, it.fresh, student, true)];
    Ok(Performance { commands, undoable: 0..0, data: String::new() })
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
