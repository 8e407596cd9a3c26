//! The way to the other rounds of a class.

use leptos::prelude::*;

use super::read::Told;
use super::spot::Spot;
use crate::ui::pager::Steps;

/// The way to the other rounds of a class.
#[component]
pub fn Pager(told: Told, spot: Spot) -> impl IntoView {
    let (before, after) = told.neighbours;
    let rounds = told.chronicle.rounds();
    let words = match told.rounds {
        (_, 0) => "Before the first round".to_owned(),
        (first, last) if first == last => format!("Round {last} of {rounds}"),
        (first, last) => format!("Rounds {} to {last} of {rounds}", first.max(1)),
    };
    let step = |from: Option<u64>, words| from.map(|from| (spot.rounds(from), words));
    view! {
        <Steps
            of="Parts of this class"
            before=step(before, "Earlier")
            words
            after=step(after, "Later")
        />
    }
}
