//! The question that is asked, and the form for the next one.

use leptos::prelude::*;

use crate::room::action::RoomAction;
use crate::room::clock::Countdown;
use crate::room::live::Live;
use crate::room::tap::{ACT, Tap};
use crate::room::text::{Question, Text};

/// The question that is asked, and the next one, which can be typed meanwhile.
#[component]
pub fn Asking(question: String) -> impl IntoView {
    let live = expect_context::<Live>();
    let group = live.group.with_untracked(|group| group.id);
    let round = Memo::new(move |_| live.lesson.with(|lesson| lesson.round_now().cloned()));
    let asked = move || {
        round.get().map(|round| {
            let state =
                if round.first { "Asking: the first hand takes it" } else { "Asking for hands" };
            view! {
                <div class="asked">
                    <div class="grow">
                        <p class="hint">
                            <Text words=move || state.to_owned() />
                        </p>
                        {round.question.map(|words| view! { <Question words /> })}
                    </div>
                    {round
                        .expires_at
                        .map(|until| view! { <Countdown since=round.since until /> })}
                    <Tap action=RoomAction::StopAsking class="primary" words="Stop asking" />
                </div>
            }
        })
    };
    view! {
        <section class="asking" aria-label="Ask for hands">
            {asked}
            <form
                class="ask"
                class:next=move || round.with(Option::is_some)
                method="post"
                action=ACT
            >
                <input type="hidden" name="group" value=group.to_string() />
                <input type="hidden" name="deed" value=RoomAction::Ask.word() />
                <div class="field grow">
                    <label for="question">"Question, if you like"</label>
                    <input
                        id="question"
                        name="question"
                        value=question
                        maxlength="500"
                        autocomplete="off"
                        data-once=""
                    />
                </div>
                <div class="field">
                    <label for="limit">"Time"</label>
                    <select id="limit" name="limit">
                        <option value="">"no limit"</option>
                        <option value="10">"10 seconds"</option>
                        <option value="30">"30 seconds"</option>
                        <option value="60">"1 minute"</option>
                        <option value="180">"3 minutes"</option>
                        <option value="600">"10 minutes"</option>
                    </select>
                </div>
                <label class="check">
                    <input type="checkbox" name="first" value="yes" />
                    "First hand takes it"
                </label>
                <button class="primary">"Ask for hands"</button>
            </form>
        </section>
    }
}
