//! The lists that everybody sees alike.

use classroom::{Hand, Turn};
use leptos::prelude::*;
use signaling::UserId;

use super::Live;
use super::clock::Since;

/// The hand that means what it shows.
#[component]
pub fn HandMark() -> impl IntoView {
    view! {
        <svg class="hand-mark" viewBox="0 0 32 32" aria-hidden="true">
            <path d="M11 15V6.5a2 2 0 0 1 4 0V14m0-.5V4.5a2 2 0 0 1 4 0V14m0-.5V6.5a2 2 0 0 1 4 0v11M11 15v-3.5a2 2 0 0 0-4 0V19c0 6 4 9.500 8.500 9.500S23 25 23 19v-2" />
        </svg>
    }
}

/// A member's name, and whether it is one's own.
#[component]
pub fn NameOf(
    /// Whose name.
    user: UserId,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let name = live.name_of(user);
    let full = name.clone();
    view! {
        <span class="name" title=full>
            <bdi>{name}</bdi>
            {(user == live.me).then_some(" (you)")}
        </span>
    }
}

/// The raised hands as students see them.
#[component]
pub fn HandsForAll() -> impl IntoView {
    let live = expect_context::<Live>();
    let hands = move || live.lesson.with(|lesson| lesson.hands.clone());
    let nobody = move || live.lesson.with(|lesson| lesson.hands.is_empty());
    view! {
        <section class="raised" aria-labelledby="raised-title">
            <h2 id="raised-title">"Raised"</h2>
            <Show when=nobody>
                <p class="nobody">"nobody"</p>
            </Show>
            <ol class="hands">
                <For each=hands key=|hand| (hand.user, hand.seq) let:hand>
                    <HandForAll hand />
                </For>
            </ol>
        </section>
    }
}

#[component]
fn HandForAll(hand: Hand) -> impl IntoView {
    let live = expect_context::<Live>();
    let is_new = hand.seq > live.first_seq;
    view! {
        <li class="hand" class:new=is_new class:mine=hand.user == live.me>
            <NameOf user=hand.user />
        </li>
    }
}

/// Those who have the floor, as students see them.
#[component]
pub fn SpeakingForAll() -> impl IntoView {
    let live = expect_context::<Live>();
    let speaking = move || live.lesson.with(|lesson| lesson.speaking.clone());
    let nobody = move || live.lesson.with(|lesson| lesson.speaking.is_empty());
    view! {
        <section class="floor" aria-labelledby="floor-title">
            <h2 id="floor-title">"Speaking"</h2>
            <Show when=nobody>
                <p class="nobody">"nobody"</p>
            </Show>
            <ul class="speaking">
                <For each=speaking key=|turn: &Turn| (turn.invite_id, turn.user) let:turn>
                    <li class="turn">
                        <NameOf user=turn.user />
                        <Since moment=turn.since />
                    </li>
                </For>
            </ul>
        </section>
    }
}
