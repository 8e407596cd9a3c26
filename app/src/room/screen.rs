//! The class as everybody reads it from their seat: the question, who is next, who speaks, how to join.
//! Nothing of it is about a single person, and nothing scrolls.

use classroom::{Phase, Round, Wait};
use leptos::prelude::*;
use signaling::UserId;

use super::action::RoomAction;
use super::clock::{TurnClock, phase_clock};
use super::hero::hero;
use super::lists::HandMark;
use super::live::Live;
use super::microphone::Heard;
use super::portion::List;
use super::reactive::Derived;
use super::tap::ACT;
use super::text::{Question, Text};
use super::words::connection_words;
use crate::words::{room, screen as words};

/// The most names beside the hero's.
const NAMES: usize = 8;
/// From how wide a question is on it is set smaller, and again.
const LONG: [usize; 2] = [100, 200];
/// From how wide a name is on it is set smaller where somebody speaks.
const LONG_NAME: usize = 24;
/// How many letters a line of a question has, in each of its sizes, and how high a line is, in tenths of the
/// unit by which `screen.css` measures.
const QUESTION_LINE: [(usize, usize); 3] = [(50, 43), (60, 35), (76, 28)];
/// The same of the name at the top.
const HERO_LINE: (usize, usize) = (22, 50);
/// How high the clock is, a row of names, and everything there is for all four.
const CLOCK: usize = 52;
const ROW: usize = 38;
const HEIGHT: usize = 410;

/// The projector's view.
#[component]
pub fn Screen(
    /// How students come in.
    children: Children,
) -> impl IntoView {
    let live = expect_context::<Live>();
    #[cfg(feature = "browser")]
    super::tally::follow(live);
    let name = live.group.with_untracked(|group| group.name.as_ref().map(ToString::to_string));
    let round = Derived::new(move |_| live.lesson.with(|lesson| lesson.round_now().cloned()));
    let wait = Derived::new(move |_| round.with(|round| round.as_ref()?.wait(live.now.get())));
    view! {
        <header class="screen-bar">
            <h1 class="unseen">
                <bdi translate="no">{name.unwrap_or_default()}</bdi>
            </h1>
            <Controls />
        </header>
        <p class="connection">
            <Text words=move || connection_words(live).to_owned() />
        </p>
        <main class="projected" class:lobby=move || is_quiet(live)>
            {move || {
                live.names.track();
                round.get().map(|round| asked(round, wait.get()))
            }}
            <section class="tally" aria-label=room::raised_hands()>
                <p class="count" class:some=move || { live.count(List::Hands) > 0 }>
                    <HandMark />
                    <strong>
                        <Text words=move || live.count(List::Hands).to_string() />
                    </strong>
                </p>
                <Speakers />
                <Heard />
            </section>
            <Names round />
        </main>
        <footer class="joining">
            <div class="served">{children()}</div>
            <p class="join-here">
                <Text words=move || room::students_here(live.students_online()) />
            </p>
        </footer>
        <Pressed round />
    }
}

/// Whether nothing has been asked and nobody has a hand up: then there is only how to join.
fn is_quiet(live: Live) -> bool {
    let is_still = live
        .lesson
        .with(|it| it.question.is_none() && it.hands.is_empty() && it.speaking.is_empty());
    let was_asked = live.before.with_value(|before| !before.questions.is_empty());
    is_still && (!was_asked || live.students_online() == 0)
}

/// What a hand on the mouse finds, and nobody else sees.
#[component]
fn Controls() -> impl IntoView {
    let live = expect_context::<Live>();
    let room = live.group.with_untracked(|group| format!("/class/{}", group.id));
    view! {
        <div class="controls">
            <p class="hint" hidden data-moved="">
                {words::move_here()}
            </p>
            <button
                class="row switch"
                type="button"
                role="switch"
                aria-checked="false"
                data-sign="dark"
                hidden
                data-script=""
            >
                <span>{words::dark()}</span>
                <span class="track" aria-hidden="true"></span>
            </button>
            <button class="quiet" type="button" hidden data-full="">
                {words::full()}
            </button>
            <a class="button quiet" href=room data-key="p" data-back="">
                {words::back()}
            </a>
        </div>
    }
}

/// The question, and how long there still is or how it ended.
fn asked(round: Round, wait: Option<Wait>) -> AnyView {
    let live = expect_context::<Live>();
    let size = size(&round);
    let clock = match round.phase {
        Phase::Open => {
            let word = wait.map(|wait| match wait {
                Wait::Think { .. } => room::think(),
                Wait::Pair { .. } => room::pair(),
            });
            let word = word.map(|word| said(word.to_owned()));
            phase_clock(&round, wait).map(|clock| view! { {word} {clock} }.into_any())
        }
        Phase::TimeUp => Some(said(words::time_up().to_owned())),
        Phase::Closed => Some(said(words::closed().to_owned())),
        Phase::Taken => round.winner.map(|user| said(words::first(&live.name_of(user)))),
    };
    view! {
        <section
            class="asked"
            class:long=size == 1
            class:longer=size == 2
            class:waits=wait.is_some()
            aria-label=room::asking()
        >
            {match round.question {
                Some(words) => view! { <Question words /> }.into_any(),
                None if clock.is_none() => said(room::asking().to_owned()),
                None => ().into_any(),
            }}
            {clock}
        </section>
    }
    .into_any()
}

/// How wide words are, in letters: those of some scripts are twice as wide as others.
fn width(words: &str) -> usize {
    let tenths = |letter: char| match letter {
        '\u{1100}'.. => 20,
        'M' | 'W' => 19,
        'm' | 'w' => 16,
        'A'..='Z' => 15,
        _ => 10,
    };
    words.chars().map(tenths).sum::<usize>() / 10
}

/// Which of its sizes the question is set in.
fn size(round: &Round) -> usize {
    let width = round.question.as_deref().map_or(0, width);
    LONG.iter().filter(|long| **long < width).count()
}

/// How high words are that have so many letters to a line of this height.
fn height(words: &str, (letters, line): (usize, usize)) -> usize {
    width(words).div_ceil(letters) * line
}

fn said(words: String) -> AnyView {
    view! { <p class="phase">{words}</p> }.into_any()
}

/// Who speaks: one with the time, several by their names alone.
#[component]
fn Speakers() -> impl IntoView {
    let live = expect_context::<Live>();
    let speakers = move || {
        live.names.track();
        let turns: Vec<_> =
            live.lesson.with(|it| it.speaking.iter().map(|turn| (turn.user, turn.since)).collect());
        let is_one = turns.len() == 1;
        let rows = turns.iter().take(3).map(|(user, moment)| {
            let moment = *moment;
            view! {
                <li>
                    {bare_name(live, *user)}
                    {is_one.then(|| view! { <TurnClock user=*user since=moment /> })}
                </li>
            }
            .into_any()
        });
        let rows: Vec<AnyView> = rows.collect();
        (!rows.is_empty()).then(|| {
            view! {
                <div class="turns">
                    <h2>{room::speaking()}</h2>
                    <ul>{rows}</ul>
                </div>
            }
        })
    };
    view! { {speakers} }
}

fn bare_name(live: Live, user: UserId) -> AnyView {
    let name = live.name_of(user);
    let is_long = width(&name) > LONG_NAME;
    view! {
        <bdi class="name" class:long=is_long translate="no">
            {name}
        </bdi>
    }
    .into_any()
}

/// The names that fit: the one whom *Next* calls first, then the list in its order.
#[component]
fn Names(round: Derived<Option<Round>>) -> impl IntoView {
    let live = expect_context::<Live>();
    let shown = Derived::new(move |_| {
        live.names.track();
        let hero = hero(live)?;
        let asked = round.with(|round| {
            let round = round.as_ref()?;
            let question = round.question.as_deref().unwrap_or_default();
            Some(height(question, QUESTION_LINE[size(round)]) + CLOCK)
        });
        let taken = asked.unwrap_or_default() + height(&live.name_of(hero), HERO_LINE);
        let fit = (2 * (HEIGHT.saturating_sub(taken) / ROW)).min(NAMES);
        let hands: Vec<UserId> =
            live.lesson.with(|it| it.hands.iter().map(|hand| hand.user).collect());
        let all = live.count(List::Hands);
        let mut others: Vec<(usize, UserId)> = Vec::new();
        let mut place = 0;
        for (at, user) in hands.iter().enumerate() {
            if *user == hero {
                place = at + 1;
            } else if others.len() < fit {
                others.push((at + 1, *user));
            }
        }
        if others.len() + 1 < all {
            // The last place says how many there are besides.
            others.truncate(fit.saturating_sub(1));
        }
        // Below the longest of names there is room for no line; the count of hands is there in any case.
        let more = if fit == 0 { 0 } else { all.saturating_sub(1 + others.len()) };
        Some((place, hero, others, more))
    });
    move || {
        live.names.track();
        shown.get().map(|(place, hero, others, more)| {
            let rows: Vec<AnyView> =
                others.into_iter().map(|(place, user)| row(live, place, user, false)).collect();
            view! {
                <ol class="names">
                    {row(live, place, hero, true)}
                    {rows}
                    {(more > 0).then(|| view! { <li class="others">{words::more(more)}</li> })}
                </ol>
            }
        })
    }
}

fn row(live: Live, place: usize, user: UserId, is_hero: bool) -> AnyView {
    view! {
        <li class:hero=is_hero>
            <span class="n">{place.to_string()}</span>
            {bare_name(live, user)}
        </li>
    }
    .into_any()
}

/// The buttons that the keys press, which nothing shows.
#[component]
fn Pressed(round: Derived<Option<Round>>) -> impl IntoView {
    let live = expect_context::<Live>();
    let hands = Derived::new(move |_| -> Vec<UserId> {
        live.lesson.with(|it| it.hands.iter().take(KEYS.len()).map(|hand| hand.user).collect())
    });
    let hero = Derived::new(move |_| hero(live));
    let turn = Derived::new(move |_| {
        live.lesson.with(|lesson| lesson.one_turn().map(|turn| (turn.user, turn.invite_id)))
    });
    let next = move || {
        hero.get().map(|hero| {
            let is_called = live.lesson.with(|it| it.invited(hero).is_some());
            let who = ("who", hero.to_string());
            match turn.get() {
                _ if is_called => pressed(RoomAction::StartTurn, "n", vec![who]),
                None => pressed(RoomAction::Next, "n", vec![who]),
                Some((_, turn)) => {
                    pressed(RoomAction::Next, "n", vec![who, ("ends", turn.to_string())])
                }
            }
        })
    };
    let end = move || {
        turn.get().map(|(who, _)| pressed(RoomAction::EndTurn, "e", vec![("who", who.to_string())]))
    };
    let stop = move || {
        let is_open = round.with(|it| it.as_ref().is_some_and(|it| it.phase == Phase::Open));
        is_open.then(|| pressed(RoomAction::StopAsking, "s", Vec::new()))
    };
    let lower = move || {
        let first = hands.with(|hands| hands.first().map(ToString::to_string));
        first.map(|who| pressed(RoomAction::Lower, "l", vec![("who", who)]))
    };
    let pick = move |action: RoomAction, key: &'static str| {
        let ends = turn.get().map(|(_, turn)| ("ends", turn.to_string()));
        pressed(action, key, ends.into_iter().collect())
    };
    let picks = move || {
        let several = live.count(List::Hands) > 1;
        several.then(|| vec![pick(RoomAction::PickFair, "f"), pick(RoomAction::PickHand, "r")])
    };
    let undo = move || {
        let seq = live.lesson.with(|lesson| lesson.undo.as_ref().map(|undo| undo.seq.to_string()));
        seq.map(|seq| pressed(RoomAction::Undo, "u", vec![("seq", seq)]))
    };
    let rows = move || {
        let pressed = |(who, key): (UserId, &'static str)| {
            pressed(RoomAction::CallOn, key, vec![("who", who.to_string())])
        };
        hands.get().into_iter().zip(KEYS).map(pressed).collect::<Vec<AnyView>>()
    };
    view! {
        <div hidden data-pressed="">
            {next} {end} {pressed(RoomAction::Ask, "a", Vec::new())} {stop} {lower} {picks} {undo} {rows}
        </div>
    }
}

/// The keys of the rows.
const KEYS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

fn pressed(action: RoomAction, key: &'static str, fields: Vec<(&'static str, String)>) -> AnyView {
    let live = expect_context::<Live>();
    let group = live.group.with_untracked(|group| group.id);
    let fields: Vec<AnyView> = fields
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> }.into_any())
        .collect();
    view! {
        <form method="post" action=ACT>
            <input type="hidden" name="group" value=group.to_string() />
            {fields}
            <button name="deed" value=action.word() data-key=key></button>
        </form>
    }
    .into_any()
}
