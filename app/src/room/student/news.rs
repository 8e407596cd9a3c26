//! What a student is told for a moment, because somebody else has done it.

use signaling::UserId;

use crate::room::live::{Connection, Live};
use crate::words::{apart, room as words};

/// How long one reads who lowered or raised one's hand, in milliseconds.
const LOWERED: i64 = 8_000;
/// How long one reads whose hand was first.
const FIRST: i64 = 4_000;
/// How long there is nothing to press for whoever comes too late: what they press then was meant for
/// the question.
const LATE: i64 = 2_000;

/// Whose hand took the question that stands, and how long ago, unless it was one's own.
fn first(live: Live) -> Option<(UserId, i64)> {
    let taken = live.lesson.with(|lesson| {
        let round = lesson.round_now()?;
        Some((round.invite_id, round.winner.filter(|winner| *winner != live.me)?))
    });
    let (invite_id, winner) = taken?;
    let at = live.group.with(|group| Some(group.invitation(invite_id)?.part(winner)?.at))?;
    Some((winner, live.now.get().millis_since(at)))
}

/// Who raised one's own hand, while it is news.
pub fn raised(live: Live) -> Option<String> {
    let raised = live.raised.get();
    let (by, _) = raised.filter(|(_, at)| live.now.get().millis_since(*at) < LOWERED)?;
    Some(words::raised_by(&apart(&live.name_of(by))))
}

/// The newest of it in a sentence, while it is news.
pub fn news(live: Live) -> Option<String> {
    let lowered = live.lowered.get();
    let lowered = lowered.filter(|(_, at)| live.now.get().millis_since(*at) < LOWERED);
    if let Some((by, _)) = lowered {
        return Some(words::lowered_by(&apart(&live.name_of(by))));
    }
    let (winner, _) = first(live).filter(|(_, ago)| *ago < FIRST)?;
    Some(words::was_first(&apart(&live.name_of(winner))))
}

/// Whether a press would be that of somebody who has just come too late. A page that does not follow
/// the class would not know when that is over.
pub fn is_late(live: Live) -> bool {
    live.connection.get() == Connection::Live && first(live).is_some_and(|(_, ago)| ago < LATE)
}
