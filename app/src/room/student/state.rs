//! How a student stands, as their page shows it: one sentence, one large figure, and what else is to
//! be known beside them.

use classroom::{Hand, Standing, Why};
use leptos::prelude::*;
use signaling::Timestamp;

use super::news::{news, raised};
use crate::room::changing::sometimes;
use crate::room::clock::TurnClock;
use crate::room::live::Live;
use crate::room::portion::List;
use crate::room::reactive::Derived;
use crate::room::text::Text;
use crate::room::words::{speaking_words, standing_words};
use crate::words::room as words;

/// The large figure, if there is one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Figure {
    /// How long one has been speaking.
    Clock(Timestamp),
    /// The place among the hands.
    Place,
}

/// How one stands.
#[component]
pub fn State(
    /// The same as data.
    standing: Derived<Standing>,
    /// Whether one's hand is the next to be called.
    is_next: Derived<bool>,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let figure = Derived::new(move |_| {
        standing.with(|standing| match standing {
            Standing::Speaking(turn) => Some(Figure::Clock(turn.since)),
            Standing::HandUp { .. } => Some(Figure::Place),
            _ => None,
        })
    });
    let sentence = move || {
        standing.with(|standing| match standing {
            Standing::HandUp { .. } if is_winner(live) => words::you_were_first().to_owned(),
            Standing::HandUp { .. } => {
                raised(live).unwrap_or_else(|| words::standing_up().to_owned())
            }
            Standing::Invited(_) | Standing::Speaking(_) => standing_words(live, standing),
            Standing::Asked(_) | Standing::MayRaise | Standing::Waiting => {
                news(live).unwrap_or_else(|| standing_words(live, standing))
            }
        })
    };
    view! {
        <div class="state">
            <p class="sentence">
                <Text words=sentence />
            </p>
            {sometimes(move || figure.get().map(|figure| large(live, figure, standing, is_next)))}
            <p class="besides">
                <Text words=move || standing.with(|standing| besides(live, standing, is_next)) />
            </p>
        </div>
    }
}

/// Whether one's own hand took the question that stands.
fn is_winner(live: Live) -> bool {
    live.lesson.with(|lesson| lesson.round_now().is_some_and(|it| it.winner == Some(live.me)))
}

fn large(
    live: Live,
    figure: Figure,
    standing: Derived<Standing>,
    is_next: Derived<bool>,
) -> AnyView {
    let place = move || match standing.get() {
        _ if is_next.get() => words::you_are_next().to_owned(),
        Standing::HandUp { place, .. } => live.place(place).to_string(),
        _ => String::new(),
    };
    let of = move || {
        let hands = live.count(List::Hands);
        if is_next.get() { String::new() } else { words::place_of(hands) }
    };
    match figure {
        Figure::Clock(moment) => view! {
            <div class="large">
                <TurnClock user=live.me since=moment />
            </div>
        }
        .into_any(),
        Figure::Place => view! {
            <p class="large">
                <strong class="place">
                    <Text words=place />
                </strong>
                " "
                <span class="of">
                    <Text words=of />
                </span>
            </p>
        }
        .into_any(),
    }
}

/// Why one was picked.
fn your_reason(why: Why) -> &'static str {
    match why {
        Why::NoTurnYet => words::your_no_turn_yet(),
        Why::FewestTurns => words::your_fewest_turns(),
        Why::LongestSince => words::your_longest_since(),
        Why::FirstHand => words::your_first_up(),
        Why::Random => words::your_drawn(),
    }
}

/// What else is to be known: who speaks, or how many hands are up already.
fn besides(live: Live, standing: &Standing, is_next: Derived<bool>) -> String {
    let speaking = speaking_words(live);
    let is_mine = |is_so: fn(&Hand) -> bool| {
        live.lesson.with(|lesson| lesson.hand(live.me).is_some_and(is_so))
    };
    match standing {
        Standing::Invited(invited) => invited.why.map_or("", your_reason).to_owned(),
        Standing::Speaking(_) => String::new(),
        Standing::HandUp { place, .. } if is_mine(|hand| hand.skipped) => {
            words::you_were_skipped(live.place(*place), &speaking)
        }
        Standing::HandUp { place, .. } if is_mine(|hand| hand.passed) => {
            words::you_passed(live.place(*place), &speaking)
        }
        Standing::HandUp { .. } if is_next.get() => words::then_you(&speaking),
        Standing::HandUp { .. } if is_mine(|hand| hand.own_question) => {
            format!("{} {speaking}", words::your_own_question()).trim_end().to_owned()
        }
        Standing::Asked(_) | Standing::MayRaise if speaking.is_empty() => {
            match live.count(List::Hands) {
                0 => String::new(),
                hands => words::hands_are_up(hands),
            }
        }
        Standing::HandUp { .. } | Standing::Asked(_) | Standing::MayRaise | Standing::Waiting => {
            speaking
        }
    }
}
