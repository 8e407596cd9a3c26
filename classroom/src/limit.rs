//! How long a turn to speak may last: as long as the class's setting says, or the terms of this turn.
//!
//! Nothing is written when the time is over, for that is read off the clock. Only where turns end by
//! themselves is it a deadline of the engine's, which ends the turn with a reason of its own.

use serde::{Deserialize, Serialize};
use signaling::{Command, FinishWhom, Group, Invitation, Invitee, Timestamp, UserId, json};

use crate::{END_BY_ITSELF, Lesson, Operation, Reason, SPEAKING_LIMIT, Turn};

/// The terms of a turn that was given other ones than those of the class.
#[derive(Debug, Serialize, Deserialize)]
struct Terms {
    /// Seconds that it may last; 0 for no limit.
    limit: u32,
}

/// How many seconds the turn may last that this part's acceptance began; none without a limit. What is
/// not the classroom's in the terms leaves the class's limit as it is.
pub(crate) fn limit_of(group: &Group, part: &Invitee) -> Option<u32> {
    let terms = part.terms.as_deref().and_then(|terms| json::read::<Terms>(terms).ok());
    let of_class = || group.settings.amount(SPEAKING_LIMIT);
    Some(terms.map_or_else(of_class, |terms| terms.limit)).filter(|limit| *limit > 0)
}

/// The commands that have a speaker's turn last this long from its beginning on.
pub(crate) fn limit(
    lesson: &Lesson,
    actor: UserId,
    speaker: UserId,
    seconds: impl Fn(&Turn) -> u32,
) -> Vec<Command> {
    let turns = lesson.speaking.iter().filter(|turn| turn.user == speaker);
    let modify = turns.map(|turn| Command::ModifyPart {
        actor,
        invite_id: turn.invite_id,
        invitee: turn.part_of,
        data: serde_json::json!(Terms { limit: seconds(turn) }).to_string(),
    });
    modify.collect()
}

/// So many seconds more than a turn may last; from now on where it has lasted longer.
pub(crate) fn longer(turn: &Turn, now: Timestamp, by: u32) -> u32 {
    let lasted = u32::try_from(now.millis_since(turn.since) / 1_000).unwrap_or(0);
    turn.limit.unwrap_or(0).max(lasted).saturating_add(by).min(SPEAKING_LIMIT.most())
}

/// When the first turn ends by itself.
pub(crate) fn deadline(group: &Group) -> Option<Timestamp> {
    ending(group).iter().filter_map(Turn::until).min()
}

/// The commands that end what has lasted as long as it may.
pub(crate) fn expire(group: &Group, now: Timestamp) -> Vec<Command> {
    let turns = ending(group).into_iter();
    let over = turns.filter(|turn| turn.until().is_some_and(|until| until <= now));
    let finish = over.map(|turn| Command::Finish {
        actor: turn.user,
        invite_id: turn.invite_id,
        whom: FinishWhom::Member(turn.part_of),
        reason: Some(Reason::TimeIsUp.text().to_owned()),
        data: String::new(),
    });
    finish.collect()
}

/// The turns that end by themselves.
fn ending(group: &Group) -> Vec<Turn> {
    if !group.settings.is_on(END_BY_ITSELF) {
        return Vec::new();
    }
    // It is asked with each hand, and hands are not gone through for it.
    let gives_turns = |it: &&Invitation| {
        let operation = Operation::read(&it.data);
        matches!(operation, Some(Operation::Speaking { .. } | Operation::SpeechApplication))
    };
    Lesson::of_those(group, group.live().filter(gives_turns)).speaking
}
