//! The raised hands, as a teacher sees them: whoever is next stands above all, the others in their order.

use classroom::{FAIR_ORDER, Hand};
use leptos::prelude::*;
use signaling::UserId;

use super::floor::{reason, waiting_words};
use super::next::Next;
use super::pick::{Pick, turns_words};
use super::switch::switch;
use crate::room::action::RoomAction;
use crate::room::changing::While;
use crate::room::clock::Since;
use crate::room::icon::{Icon, LOWER, MORE};
use crate::room::lists::{Away, HandMark, More, NameOf, rows};
use crate::room::live::Live;
use crate::room::portion::{List, Row};
use crate::room::reactive::Derived;
use crate::room::tap::Tap;
use crate::room::text::Text;
use crate::words::room as words;

/// The raised hands.
#[component]
pub fn Hands(next: Next) -> impl IntoView {
    let live = expect_context::<Live>();
    let count = move || live.count(List::Hands);
    view! {
        <section class="raised" aria-labelledby="raised-title">
            <div class="count-line">
                <h2 id="raised-title" class="count" class:some=move || { count() > 0 }>
                    <HandMark />
                    <span class="unseen">{words::raised_hands()}</span>
                    <strong>
                        <Text words=move || count().to_string() />
                    </strong>
                    <span class="of">
                        <Text words=move || words::of_students(live.students_online()) />
                    </span>
                </h2>
                <Pick next />
                <While so=move || { count() > 1 }>
                    <button
                        class="icon"
                        type="button"
                        popovertarget="all-hands"
                        aria-label=words::all_hands()
                        title=words::all_hands()
                    >
                        <Icon path=MORE />
                    </button>
                    <div
                        id="all-hands"
                        class="dialog"
                        popover="auto"
                        role="dialog"
                        aria-labelledby="all-hands-title"
                    >
                        <h3 id="all-hands-title">{words::all_hands()}</h3>
                        <Tap action=RoomAction::LowerAll words=words::lower_all() />
                        {switch(
                            live,
                            words::fair_order(),
                            |settings| settings.is_on(FAIR_ORDER),
                            [RoomAction::FairOrder, RoomAction::HandOrder],
                        )}
                        <p class="hint">{words::fair_order_means()}</p>
                    </div>
                </While>
            </div>
            <ol class="hands" start=live.from(List::Hands) + 1>
                {rows(move || with_hero(live, next), move |hand| view! { <HandRow hand next /> })}
            </ol>
            <More list=List::Hands />
        </section>
    }
}

/// The rows that are shown; whoever is next is one of them, however far behind.
fn with_hero(live: Live, next: Next) -> Vec<Row> {
    let mut rows = live.hands();
    let hero = next.hero.get().filter(|_| live.from(List::Hands) == 0);
    if let Some(user) = hero.filter(|user| rows.iter().all(|row| row.user != *user)) {
        rows.extend(live.lesson.with(|lesson| lesson.hand(user).map(Row::from)));
    }
    rows
}

/// How a row stands.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stand {
    is_hero: bool,
    is_invited: bool,
    is_picked: bool,
    can_call: bool,
}

#[component]
fn HandRow(hand: Row, next: Next) -> impl IntoView {
    let live = expect_context::<Live>();
    let user = hand.user;
    let is_new = hand.seq > live.first_seq;
    let invited = Derived::new(move |_| {
        live.lesson.with(|lesson| lesson.invited(user).map(|it| (it.since, it.why)))
    });
    let stand = Derived::new(move |_| {
        let is_hero = next.hero.get() == Some(user);
        let is_invited = invited.get().is_some();
        let is_picked = invited.get().is_some_and(|(_, why)| why.is_some());
        Stand { is_hero, is_invited, is_picked, can_call: is_hero && !next.is_called.get() }
    });
    let is_hero = Derived::new(move |_| stand.get().is_hero);
    let place = move || {
        let place = move || live.lesson.with(|it| it.hands.iter().position(|it| it.user == user));
        is_hero
            .get()
            .then(place)
            .flatten()
            .map(|place| (live.from(List::Hands) + place + 1).to_string())
    };
    let marks = Derived::new(move |_| {
        live.lesson.with(|lesson| {
            let passed = |hand: &Hand| match hand {
                Hand { skipped: true, .. } => Some(words::skipped()),
                Hand { passed: true, .. } => Some(words::passed()),
                _ => None,
            };
            lesson.hand(user).map_or((false, None), |hand| (hand.own_question, passed(hand)))
        })
    });
    let is_next = Derived::new(move |_| {
        is_hero.get()
            && invited.get().is_none()
            && live.lesson.with(|lesson| !lesson.speaking.is_empty())
    });
    let has_turns = Derived::new(move |_| {
        let is_said = is_hero.get() && invited.get().is_none();
        is_said.then(|| turns_words(live, user)).flatten()
    });
    let mark = |words: &'static str| view! { <span class="word">{words}</span> };
    view! {
        <li class="hand" class:new=is_new class:hero=move || is_hero.get() data-place=place>
            <span class="who">
                <NameOf user />
                <span class="row-words">
                    <Away user />
                    {move || marks.get().1.map(mark)}
                    {move || marks.get().0.then(|| mark(words::own_question()))}
                    {move || is_next.get().then(|| mark(words::is_next()))}
                    {move || {
                        let called = invited.get();
                        called.map(|(since, why)| {
                            view! {
                                <span class="word called">
                                    <Text words=move || waiting_words(live, since) />
                                </span>
                                {why.map(|why| reason(live, user, why))}
                            }
                        })
                    }}
                    {move || has_turns.get().map(|words| view! { <span>{words}</span> })}
                    <Since moment=hand.since />
                </span>
            </span>
            <span class="row-actions">{move || actions(live, next, user, stand.get())}</span>
        </li>
    }
}

/// What can be done about a hand.
fn actions(live: Live, next: Next, user: UserId, stand: Stand) -> AnyView {
    let name = live.name_of(user);
    let about = |action: &'static str| words::about(action, &name);
    let key = stand.is_hero.then_some("n");
    let calls = if stand.is_invited {
        let label = about(words::start_turn());
        let start = if stand.is_hero {
            view! { <Tap action=RoomAction::StartTurn who=user class="primary next" key label words=words::start_turn() /> }
                .into_any()
        } else {
            view! { <Tap action=RoomAction::StartTurn who=user key label words=words::start_turn() /> }
                .into_any()
        };
        view! {
            {start}
            <Tap action=RoomAction::Skip who=user label=about(words::skip()) words=words::skip() />
            {stand
                .is_picked
                .then(|| {
                    let label = about(words::pick_again());
                    view! { <Tap action=RoomAction::PickAgain who=user label words=words::pick_again() /> }
                })}
        }
        .into_any()
    } else if stand.can_call {
        let whom = name.clone();
        let label = about(words::next_hand());
        let button = move || {
            view! {
                <Tap
                    action=RoomAction::Next
                    who=user
                    ends=next.ends.get()
                    class="primary next"
                    key
                    label=label.clone()
                    whom=whom.clone()
                    words=words::next_hand()
                />
            }
        };
        button.into_any()
    } else {
        let label = words::invite_to_speak(&name);
        view! { <Tap action=RoomAction::CallOn who=user label words=words::invite() /> }.into_any()
    };
    let lower_key = stand.is_hero.then_some("l");
    view! {
        <span class="calls">{calls}</span>
        <Tap action=RoomAction::Lower who=user class="icon" key=lower_key label=about(words::lower()) icon=LOWER words=words::lower() />
    }
    .into_any()
}
