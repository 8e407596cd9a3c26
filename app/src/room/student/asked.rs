//! What is being asked, whether or not one has answered.

use classroom::{Phase, Round};
use leptos::prelude::*;

use crate::room::changing::sometimes;
use crate::room::clock::phase_clock;
use crate::room::live::Live;
use crate::room::reactive::Derived;
use crate::room::text::{Question, Text};
use crate::words::room as words;

/// The question that stands, and how long there still is to answer, or why nobody can any more.
#[component]
pub fn Asked() -> impl IntoView {
    let live = expect_context::<Live>();
    let round = Derived::new(move |_| {
        live.lesson.with(|lesson| {
            let asked = live.group.with(|group| lesson.asked(group, live.me).cloned());
            asked.or_else(|| lesson.round_now().cloned())
        })
    });
    let wait = Derived::new(move |_| round.with(|round| round.as_ref()?.wait(live.now.get())));
    sometimes(move || {
        let round = round.get()?;
        let clock = phase_clock(&round, wait.get());
        let Round { question, phase, .. } = round;
        // A round without a question and without a limit of time has nothing to show.
        if question.is_none() && clock.is_none() {
            return None;
        }
        let over = match phase {
            Phase::Open => None,
            Phase::TimeUp => Some(words::round_time_up()),
            Phase::Closed => Some(words::round_closed()),
            Phase::Taken => Some(words::round_taken()),
        };
        Some(view! {
            <div class="question">
                {question.map(|words| view! { <Question words /> })}
                {clock}
                {over
                    .map(|over| {
                        view! {
                            <p class="over">
                                <Text words=move || over.to_owned() />
                            </p>
                        }
                    })}
            </div>
        })
    })
}
