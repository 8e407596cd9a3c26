//! The sentences of the room.

use classroom::{ASK_ANYTIME, Standing, Wait};

use super::live::{Connection, Live};
use super::portion::List;
use crate::words::{apart, room as words};

/// A connection as the style sheet knows it.
pub const fn connection_key(connection: Connection) -> &'static str {
    match connection {
        Connection::Starting => "starting",
        Connection::Live => "live",
        Connection::Slow => "slow",
        Connection::Reconnecting => "reconnecting",
        Connection::Ended => "ended",
        Connection::Removed => "removed",
    }
}

/// How current the page is, in words. A page that is as current as can be says nothing.
pub fn connection_words(live: Live) -> &'static str {
    match live.connection.get() {
        Connection::Starting => words::starting(),
        Connection::Slow => words::slow(),
        Connection::Reconnecting => {
            let is_up = live.lesson.with(|lesson| lesson.hand(live.me).is_some());
            if is_up { words::reconnecting_hand() } else { words::reconnecting() }
        }
        Connection::Live | Connection::Ended | Connection::Removed => "",
    }
}

/// Who speaks, in a sentence; none when nobody does.
pub fn speaking_words(live: Live) -> String {
    let first = live.lesson.with(|lesson| lesson.speaking.first().map(|turn| turn.user));
    live.names.track();
    first.map_or_else(String::new, |user| {
        words::speaking_now(live.count(List::Speaking), &apart(&live.name_of(user)))
    })
}

/// How a student stands, in one sentence.
pub fn standing_words(live: Live, standing: &Standing) -> String {
    let words = match standing {
        Standing::Invited(invited) => {
            let by = live.group.with(|group| Some(group.invitation(invited.invite_id)?.inviter));
            return words::calls_on_you(
                &by.map_or_else(String::new, |by| apart(&live.name_of(by))),
            );
        }
        Standing::Speaking(_) => words::standing_speaking(),
        Standing::HandUp { place, .. } => match live.count(List::Hands) {
            1 => words::standing_alone(),
            of => return words::standing_place(live.place(*place), of),
        },
        Standing::Asked(round) => match round.wait(live.now.get()) {
            Some(Wait::Think { .. }) => words::standing_think(),
            Some(Wait::Pair { .. }) => words::standing_pair(),
            None if round.first => words::standing_quick(),
            None => words::standing_asked(),
        },
        Standing::MayRaise if live.group.with(|group| group.settings.is_on(ASK_ANYTIME)) => {
            words::standing_may_raise()
        }
        Standing::MayRaise => words::standing_may_still_raise(),
        Standing::Waiting if live.group.with(|group| group.ended) => words::standing_over(),
        Standing::Waiting => words::standing_waiting(),
    };
    words.to_owned()
}

/// What a screen reader hears when something changes.
pub fn announcement(live: Live) -> String {
    match live.connection.get() {
        Connection::Reconnecting => return connection_words(live).to_owned(),
        // A dialog tells it, and has the focus.
        Connection::Ended | Connection::Removed => return String::new(),
        Connection::Starting | Connection::Live | Connection::Slow => {}
    }
    if !live.group.with(|group| group.is_teacher(live.me)) {
        let standing =
            live.lesson.with(|lesson| live.group.with(|group| lesson.standing(group, live.me)));
        return standing_words(live, &standing);
    }
    live.lesson.with(|lesson| {
        let speaking: Vec<String> =
            lesson.speaking.iter().map(|turn| live.name_of(turn.user)).collect();
        let hands = match lesson.hands.first() {
            None => words::announce_no_hands().to_owned(),
            Some(first) => {
                words::announce_hands(live.count(List::Hands), &live.name_of(first.user))
            }
        };
        if speaking.is_empty() {
            hands
        } else {
            format!("{hands} {}", words::announce_speaking(&speaking.join(", ")))
        }
    })
}
