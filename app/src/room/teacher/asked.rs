//! The question that stands, how far it has come, and what can be done with it.

use classroom::{Phase, Phases, Round, Wait};
use leptos::prelude::*;

use crate::room::action::RoomAction;
use crate::room::clock::phase_clock;
use crate::room::live::Live;
use crate::room::reactive::Derived;
use crate::room::tap::{ACT, Tap};
use crate::room::text::{Question, Text};
use crate::words::room as words;

/// From how many letters on a question may take more than two lines of a phone, and of a laptop.
const LONG: usize = 60;
const LONGER: usize = 150;

/// How little time to answer there is when more of it is offered, in milliseconds.
const SHORT: i64 = 30_000;

/// The question that stands.
#[component]
pub fn Asked() -> impl IntoView {
    let live = expect_context::<Live>();
    let round = Derived::new(move |_| live.lesson.with(|lesson| lesson.round_now().cloned()));
    let wait = Derived::new(move |_| round.with(|round| round.as_ref()?.wait(live.now.get())));
    let is_short = Derived::new(move |_| {
        let until = round.with(|round| round.as_ref()?.expires_at);
        until.is_some_and(|until| until.millis_since(live.now.get()) < SHORT)
    });
    move || {
        round.get().map(|round| {
            let wait = wait.get();
            let state = wait.map_or_else(|| state(live, &round), wait_words);
            let is_open = round.phase == Phase::Open;
            let countdown = phase_clock(&round, wait);
            // It comes when it may be needed, for a phone has little room.
            let is_timed = countdown.is_some() && (wait.is_some() || is_short.get());
            let ways = if is_open {
                let next = wait.map(|wait| view! { <Tap action=ends(wait) words=goes_on(wait) /> });
                let more =
                    || view! { <Tap action=RoomAction::MoreTime words=words::more_time() /> };
                view! {
                    {next}
                    {is_timed.then(more)}
                    <Tap
                        action=RoomAction::StopAsking
                        key=Some("s")
                        words=words::stop_asking()
                    />
                }
                .into_any()
            } else {
                view! {
                    <AskAgain round=round.clone() />
                    <Tap action=RoomAction::Clear words=words::clear() />
                }
                .into_any()
            };
            view! {
                <div class="asked" data-phase=(!is_open).then_some("over")>
                    {round.question.map(cut)}
                    <p class="phase">
                        <Text words=move || state.clone() />
                    </p>
                    {countdown}
                    <div class="ways">{ways}</div>
                </div>
            }
        })
    }
}

/// What everybody does before hands can go up, in a word.
fn wait_words(wait: Wait) -> String {
    let words = match wait {
        Wait::Think { .. } => words::think(),
        Wait::Pair { .. } => words::pair(),
    };
    words.to_owned()
}

/// What ends it, and no other phase that may have begun meanwhile.
const fn ends(wait: Wait) -> RoomAction {
    match wait {
        Wait::Think { .. } => RoomAction::EndThink,
        Wait::Pair { .. } => RoomAction::EndPair,
    }
}

/// What begins when that is ended.
fn goes_on(wait: Wait) -> &'static str {
    match wait {
        Wait::Think { then_pair: true, .. } => words::next_phase(),
        Wait::Think { .. } | Wait::Pair { .. } => words::open_now(),
    }
}

/// How far a round has come, in words.
fn state(live: Live, round: &Round) -> String {
    let state = match round.phase {
        Phase::TimeUp => words::time_is_up(),
        Phase::Closed => words::closed(),
        Phase::Taken => {
            let winner = round.winner.map(|user| words::first_hand(&live.name_of(user)));
            return winner.unwrap_or_else(|| words::closed().to_owned());
        }
        Phase::Open if round.first => words::first_hand_only(),
        Phase::Open if round.question.is_none() => words::asking(),
        Phase::Open => "",
    };
    state.to_owned()
}

/// A question, cut at two lines until somebody wants all of it.
fn cut(question: String) -> AnyView {
    let letters = question.chars().count();
    if letters < LONG {
        return view! { <Question words=question /> }.into_any();
    }
    let is_longer = letters >= LONGER;
    view! {
        <details class="cut" class:longer=is_longer>
            <summary>
                <Question words=question />
                <span class="more-word">{words::more()}</span>
            </summary>
        </details>
    }
    .into_any()
}

/// Asks the same once more, in the same way.
#[component]
fn AskAgain(round: Round) -> impl IntoView {
    let live = expect_context::<Live>();
    let group = live.group.with_untracked(|group| group.id);
    let limit = round.expires_at.map(|until| (until.millis_since(round.opens_at()) + 500) / 1_000);
    let Phases { think, pair, .. } = round.phases;
    view! {
        <form class="tap" method="post" action=ACT>
            <input type="hidden" name="group" value=group.to_string() />
            <input type="hidden" name="question" value=round.question />
            <input type="hidden" name="limit" value=limit.map(|seconds| seconds.to_string()) />
            <input type="hidden" name="think" value=think.to_string() />
            <input type="hidden" name="pair" value=pair.to_string() />
            {round.first.then(|| view! { <input type="hidden" name="first" value="yes" /> })}
            <button class="quiet" name="deed" value=RoomAction::Ask.word()>
                {words::ask_again()}
            </button>
        </form>
    }
}
