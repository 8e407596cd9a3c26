//! How long a turn to speak may last: as long as the class's setting says, or the terms of this turn.
//!
//! Nothing is written when the time is over, for that is read off the clock. Only where turns end by
//! themselves is it a deadline of the engine's, which ends the turn with a reason of its own.

use signaling::{Command, FinishWhom, Group, Timestamp, UserId};

use crate::terms::{Terms, change};
use crate::{END_BY_ITSELF, Lesson, Reason, Turn};

/// The commands that have a speaker's turn last this long from its beginning on.
pub(crate) fn limit(
    group: &Group,
    lesson: &Lesson,
    actor: UserId,
    speaker: UserId,
    seconds: impl Fn(&Turn) -> Option<u32>,
) -> Vec<Command> {
    let turns = lesson.speaking.iter().filter(|turn| turn.user == speaker);
    let modify = turns.filter_map(|turn| {
        let limit = Some(seconds(turn)?);
        change(group, actor, (turn.invite_id, turn.part_of), |terms| Terms { limit, ..terms })
    });
    modify.collect()
}

/// So many seconds more than a turn may last; from now on where it has lasted longer. One that has no
/// limit lasts as long as it does.
pub(crate) fn longer(turn: &Turn, now: Timestamp, by: u32) -> Option<u32> {
    let lasted = u32::try_from(now.millis_since(turn.since) / 1_000).unwrap_or(0);
    Some(turn.limit?.max(lasted).saturating_add(by))
}

/// When the first turn ends by itself.
pub(crate) fn deadline(group: &Group) -> Option<Timestamp> {
    ending(group).iter().filter_map(Turn::until).min()
}

/// The commands that end what has lasted as long as it may.
pub(crate) fn expire(group: &Group, now: Timestamp) -> Vec<Command> {
    let turns = ending(group).into_iter();
    let over = turns.filter(|turn| turn.until().is_some_and(|until| until <= now));
    // A speaker who has gone leaves what teachers had taken up; then it is ended for who took it.
    let is_here = |user: &UserId| group.member(*user).is_some();
    let finish = over.map(|turn| Command::Finish {
        actor: Some(turn.user).filter(is_here).unwrap_or(turn.part_of),
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
    Lesson::turns_of(group)
}
