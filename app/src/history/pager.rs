//! The way to the other rounds of a class.

use leptos::prelude::*;

use super::read::HistoryPage;
use super::spot::Spot;
use crate::ui::pager::Steps;
use crate::words::class;

/// The way to the other rounds of a class.
#[component]
pub fn Pager(page: HistoryPage, spot: Spot) -> impl IntoView {
    let (before, after) = page.neighbours;
    let rounds = page.chronicle.rounds();
    let words = match page.rounds {
        (_, 0) => class::before_first_round().to_owned(),
        (first, last) if first == last => class::round_of(last as usize, rounds as usize),
        (first, last) => class::rounds_of(first.max(1) as usize, last as usize, rounds as usize),
    };
    let step = |from: Option<u64>, words| from.map(|from| (spot.rounds(from), words));
    view! {
        <Steps
            of=class::parts()
            before=step(before, class::earlier())
            words
            after=step(after, class::later())
        />
    }
}
