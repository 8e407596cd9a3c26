//! The question that is asked, and the form for the next one.

use leptos::prelude::*;

use crate::room::action::RoomAction;
use crate::room::clock::Countdown;
use crate::room::live::Live;
use crate::room::tap::{ACT, Tap};
use crate::room::text::{Question, Text};
use crate::words::room as words;

/// The question that is asked, and the next one, which can be typed meanwhile.
#[component]
pub fn Asking(question: String) -> impl IntoView {
    let live = expect_context::<Live>();
    let group = live.group.with_untracked(|group| group.id);
    let round = Memo::new(move |_| live.lesson.with(|lesson| lesson.round_now().cloned()));
    let asked = move || {
        round.get().map(|round| {
            let state = if round.first { words::asking_first() } else { words::asking() };
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
                    <Tap action=RoomAction::StopAsking class="primary" words=words::stop_asking() />
                </div>
            }
        })
    };
    view! {
        <section class="asking" aria-label=words::ask()>
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
                    <label for="question">{words::question_label()}</label>
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
                    <label for="limit">{words::time_label()}</label>
                    <select id="limit" name="limit">
                        <option value="">{words::no_limit().to_owned()}</option>
                        <option value="10">{words::seconds(10)}</option>
                        <option value="30">{words::seconds(30)}</option>
                        <option value="60">{words::minutes(1)}</option>
                        <option value="180">{words::minutes(3)}</option>
                        <option value="600">{words::minutes(10)}</option>
                    </select>
                </div>
                <label class="check">
                    <input type="checkbox" name="first" value="yes" />
                    {words::first_takes_it()}
                </label>
                <button class="primary">{words::ask()}</button>
            </form>
        </section>
    }
}
