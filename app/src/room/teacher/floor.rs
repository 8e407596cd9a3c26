//! Who has the floor, and who was called without a raised hand and has not answered.

use classroom::{VOICE, Why};
use leptos::prelude::*;
use signaling::UserId;

use super::limit::MoreOfTurn;
use super::next::is_silent;
use super::pick::why_words;
use crate::room::action::RoomAction;
use crate::room::changing::While;
use crate::room::clock::TurnClock;
use crate::room::lists::{Away, More, NameOf, rows};
use crate::room::live::Live;
use crate::room::portion::{List, Row};
use crate::room::reactive::Derived;
use crate::room::tap::Tap;
use crate::room::text::Text;
use crate::words::room as words;

/// Who has the floor. It takes no room while nobody has.
#[component]
pub fn Floor() -> impl IntoView {
    let live = expect_context::<Live>();
    let speaks = move || live.count(List::Speaking) > 0;
    let is_called = Derived::new(move |_| !called(live).is_empty());
    view! {
        <While so=speaks>
            <section
                class="floor"
                class:many=move || { live.count(List::Speaking) > 2 }
                aria-labelledby="floor-title"
            >
                <h2 id="floor-title">{words::speaking()}</h2>
                <ul class="speaking">{rows(move || live.speaking(), |turn| view! { <Speaker turn /> })}</ul>
                <More list=List::Speaking />
            </section>
        </While>
        <While so=move || is_called.get()>
            <section class="silent" aria-labelledby="silent-title">
                <h2 id="silent-title">{words::invited_to_speak()}</h2>
                <ul>{rows(move || called(live), |called| view! { <Called called /> })}</ul>
            </section>
        </While>
    }
}

/// Those who are called and silent, and have no row among the hands.
fn called(live: Live) -> Vec<Row> {
    let rows = live.invited();
    live.lesson
        .with(|lesson| rows.into_iter().filter(|row| lesson.hand(row.user).is_none()).collect())
}

#[component]
fn Speaker(turn: Row) -> impl IntoView {
    let live = expect_context::<Live>();
    let why = live.lesson.with_untracked(|lesson| lesson.turn(turn.user).and_then(|it| it.why));
    // Whether they are muted, in a class that has voice.
    let voice = Derived::new(move |_| {
        let has_voice = live.group.with(|group| group.settings.is_on(VOICE));
        let turn = live.lesson.with(|lesson| lesson.turn(turn.user).map(|turn| turn.muted));
        turn.filter(|_| has_voice && live.carries_voices)
    });
    view! {
        <li class="turn line">
            <NameOf user=turn.user />
            <Away user=turn.user />
            {why.map(|why| reason(live, turn.user, why))}
            <TurnClock user=turn.user since=turn.since />
            <MoreOfTurn user=turn.user />
            {move || voice.get().map(|is_muted| mute(live, turn.user, is_muted))}
            <Tap
                action=RoomAction::EndTurn
                who=turn.user
                key=Some("e")
                label=words::about(words::end_turn(), &live.name_of(turn.user))
                words=words::end_turn()
            />
        </li>
    }
}

/// The way to mute a speaker, or that they are muted: nobody opens another's microphone.
fn mute(live: Live, user: UserId, is_muted: bool) -> AnyView {
    if is_muted {
        return view! { <span class="hint">{words::muted()}</span> }.into_any();
    }
    let label = words::about(words::mute(), &live.name_of(user));
    view! { <Tap action=RoomAction::Mute who=user label words=words::mute() /> }.into_any()
}

#[component]
fn Called(called: Row) -> impl IntoView {
    let live = expect_context::<Live>();
    let Row { user, since, .. } = called;
    let why = live.lesson.with_untracked(|lesson| lesson.invited(user).and_then(|it| it.why));
    let about = move |action: &'static str| words::about(action, &live.name_of(user));
    view! {
        <li class="line">
            <NameOf user />
            <Away user />
            <span class="hint">
                <Text words=move || waiting_words(live, since) />
            </span>
            {why.map(|why| reason(live, user, why))}
            <Tap action=RoomAction::StartTurn who=user class="primary" label=about(words::start_turn()) words=words::start_turn() />
            {why
                .map(|_| {
                    let label = about(words::pick_again());
                    view! { <Tap action=RoomAction::PickAgain who=user label words=words::pick_again() /> }
                })}
            <Tap action=RoomAction::CancelCall who=user label=about(words::cancel()) words=words::cancel() />
        </li>
    }
}

/// Why they were picked.
pub fn reason(live: Live, user: UserId, why: Why) -> AnyView {
    view! {
        <span class="word why">
            <Text words=move || why_words(live, user, why) />
        </span>
    }
    .into_any()
}

/// What is said of somebody who is called and silent.
pub fn waiting_words(live: Live, since: signaling::Timestamp) -> String {
    let words = if is_silent(live, since) { words::not_answering() } else { words::invited() };
    words.to_owned()
}

/// Whether somebody has the floor.
pub fn speaks(live: Live, user: UserId) -> bool {
    live.lesson.with(|lesson| lesson.turn(user).is_some())
}
