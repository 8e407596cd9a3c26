//! The switches of sounds and keys, and what the script beside the page (`signs.js`) reads of the class.

use classroom::{Phase, Turn};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::keys::KEY_LIST;
use crate::room::live::Live;
use crate::room::portion::List;
use crate::room::reactive::Derived;

/// The group *Sound and keys* of the class's menu. Its switches are kept in the browser, and are there
/// where a script runs; the server alone makes them, for nothing of the class changes them.
#[component]
pub fn SignsMenu() -> impl IntoView {
    let live = expect_context::<Live>();
    let newest = move || {
        live.lesson.with(|lesson| lesson.hands.iter().map(|hand| hand.seq).max().unwrap_or(0))
    };
    // Of the question, and of those who speak.
    let times_up = Derived::new(move |_| {
        live.lesson.with(|lesson| {
            let question = lesson.round_now().is_some_and(|round| round.phase == Phase::TimeUp);
            let over = |turn: &&Turn| turn.until().is_some_and(|until| until <= live.now.get());
            usize::from(question) + lesson.speaking.iter().filter(over).count()
        })
    });
    view! {
        <div
            class="signs"
            data-hands=move || live.count(List::Hands)
            data-newest=newest
            data-up=move || times_up.get()
        >
            <div class="served" data-still="">
                {switches()}
            </div>
        </div>
    }
}

#[cfg(not(feature = "ssr"))]
fn switches() {}

#[cfg(feature = "ssr")]
fn switches() -> impl IntoView {
    use crate::words::signs as words;

    let switches = [
        ("hand", words::hand(), true),
        ("time", words::time(), true),
        ("title", words::title(), true),
        ("keys", words::keys(), false),
        ("clicker", words::clicker(), false),
    ];
    let switches = switches.map(|(sign, words, is_live)| {
        view! {
            <button
                class="row switch"
                type="button"
                role="switch"
                aria-checked="false"
                data-sign=sign
                data-live=is_live.then_some("")
            >
                <span>{words}</span>
                <span class="track" aria-hidden="true"></span>
            </button>
        }
    });
    view! {
        <section class="group" aria-labelledby="signs-title" hidden data-script="">
            <h3 id="signs-title">{words::group()}</h3>
            {switches.collect_view()}
            <button class="quiet" type="button" popovertarget=KEY_LIST>
                {words::list()}
            </button>
        </section>
    }
}
