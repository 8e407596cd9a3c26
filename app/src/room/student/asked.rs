//! What is being asked, whether or not one has answered.

use classroom::Round;
use leptos::prelude::*;

use crate::room::clock::Countdown;
use crate::room::live::Live;
use crate::room::text::Question;

/// The question that stands, and how long there still is to answer.
#[component]
pub fn Asked() -> impl IntoView {
    let live = expect_context::<Live>();
    let round = Memo::new(move |_| {
        live.lesson.with(|lesson| {
            let asked = live.group.with(|group| lesson.asked(group, live.me).cloned());
            asked.or_else(|| lesson.round_now().cloned())
        })
    });
    // A round without a question and without a limit of time has nothing to show.
    let shown =
        move || round.get().filter(|round| round.question.is_some() || round.expires_at.is_some());
    move || {
        shown().map(|Round { question, since, expires_at, .. }| {
            view! {
                <div class="question">
                    {question.map(|words| view! { <Question words /> })}
                    {expires_at.map(|until| view! { <Countdown since until /> })}
                </div>
            }
        })
    }
}
