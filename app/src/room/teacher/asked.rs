//! The question that stands, how far it has come, and what can be done with it.

use classroom::{Phase, Round};
use leptos::prelude::*;

use crate::room::action::RoomAction;
use crate::room::clock::Countdown;
use crate::room::live::Live;
use crate::room::tap::{ACT, Tap};
use crate::room::text::{Question, Text};
use crate::words::room as words;

/// From how many letters on a question may take more than two lines of a phone, and of a laptop.
const LONG: usize = 60;
const LONGER: usize = 150;

/// The question that stands.
#[component]
pub fn Asked() -> impl IntoView {
    let live = expect_context::<Live>();
    let round = Memo::new(move |_| live.lesson.with(|lesson| lesson.round_now().cloned()));
    move || {
        round.get().map(|round| {
            let state = state(live, &round);
            let is_open = round.phase == Phase::Open;
            let until = round.expires_at.filter(|_| is_open);
            let countdown = until.map(|until| view! { <Countdown since=round.since until /> });
            let ways = if is_open {
                view! {
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
    let limit = round.expires_at.map(|until| (until.millis_since(round.since) + 500) / 1_000);
    view! {
        <form class="tap" method="post" action=ACT>
            <input type="hidden" name="group" value=group.to_string() />
            <input type="hidden" name="question" value=round.question />
            <input type="hidden" name="limit" value=limit.map(|seconds| seconds.to_string()) />
            {round.first.then(|| view! { <input type="hidden" name="first" value="yes" /> })}
            <button class="quiet" name="deed" value=RoomAction::Ask.word()>
                {words::ask_again()}
            </button>
        </form>
    }
}
