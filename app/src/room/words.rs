//! The sentences of the room.

use classroom::Standing;
use leptos::prelude::*;

use super::lists::List;
use super::{Connection, Live};

/// What stands in the place of [`connection_words`] where no script runs.
pub const NOT_LIVE: &str = "not live";

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

/// How current the page is, in words.
pub fn connection_words(live: Live) -> &'static str {
    match live.connection.get() {
        Connection::Starting => "connecting…",
        Connection::Live => "live",
        Connection::Slow => "following slowly",
        Connection::Reconnecting => {
            let is_up = live.lesson.with(|lesson| lesson.hand(live.me).is_some());
            if is_up { "Reconnecting… your hand stays up." } else { "Reconnecting…" }
        }
        Connection::Ended => "class over",
        Connection::Removed => "not in class",
    }
}

/// A place in a row: 1st, 2nd, 3rd, 11th.
pub fn ordinal(place: usize) -> String {
    let ending = match (place % 10, place % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{place}{ending}")
}

/// How a student stands, in one sentence.
pub fn standing_words(live: Live, standing: &Standing) -> String {
    match standing {
        Standing::Invited(_) => "You are invited to speak.".to_owned(),
        Standing::Speaking(_) => "You are speaking.".to_owned(),
        Standing::HandUp { place, .. } => match (live.place(*place), live.count(List::Hands)) {
            (_, 1) => "Your hand is up. You are the only one.".to_owned(),
            (place, of) => format!("Your hand is up. You are {} of {of}.", ordinal(place)),
        },
        Standing::Asked(round) => {
            let words = if round.first {
                "Quick: the first hand takes it."
            } else {
                "Who wants to answer?"
            };
            words.to_owned()
        }
        Standing::MayRaise => "Raise your hand whenever you like.".to_owned(),
        Standing::Waiting => {
            let is_over = live.group.with(|group| group.ended);
            let words = if is_over {
                "The class is over."
            } else {
                "Hands are down. Wait until your teacher asks."
            };
            words.to_owned()
        }
    }
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
        let hands = match lesson.hands.as_slice() {
            [] => "No hands up.".to_owned(),
            [only] => format!("One hand up: {}.", live.name_of(only.user)),
            [first, ..] => {
                format!(
                    "{} hands up. First: {}.",
                    live.count(List::Hands),
                    live.name_of(first.user)
                )
            }
        };
        if speaking.is_empty() {
            hands
        } else {
            format!("{hands} Speaking: {}.", speaking.join(", "))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::ordinal;

    #[test]
    fn places_as_a_person_says_them() {
        for (place, words) in [
            (1, "1st"),
            (2, "2nd"),
            (3, "3rd"),
            (4, "4th"),
            (11, "11th"),
            (12, "12th"),
            (21, "21st"),
            (113, "113th"),
        ] {
            assert_eq!(ordinal(place), words);
        }
    }
}
