//! What all lists of people are made of, and those that everybody sees alike.

use std::sync::Arc;

use leptos::prelude::*;
use signaling::UserId;

use super::changing::{While, changing, sometimes};
use super::clock::Since;
use super::live::Live;
use super::portion::{List, Row};
use super::reactive::Derived;
use super::text::Text;
use crate::words::room as words;

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
    let is_like_teacher =
        Derived::new(move |_| live.group.with(|group| group.is_like_teacher(user)));
    let no_teacher = move || {
        is_like_teacher
            .get()
            .then(|| view! { <span class="hint like-teacher">{words::not_a_teacher()}</span> })
    };
    changing(move || {
        live.names.track();
        let name = live.name_of(user);
        let full = name.clone();
        view! {
            <span class="name" title=full>
                <bdi translate="no">{name}</bdi>
                {(user == live.me).then(words::you)}
                {sometimes(no_teacher)}
            </span>
        }
    })
}

/// Says of a member that they are not connected, while they are not.
#[component]
pub fn Away(
    /// Who it is.
    user: UserId,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let is_away = Derived::new(move |_| !live.is_online(user));
    sometimes(move || {
        is_away.get().then(|| view! { <span class="away">{words::not_connected()}</span> })
    })
}

/// The way to the rows of a list that are not shown.
#[component]
pub fn More(
    /// Which list.
    list: List,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let until = move || live.until(list);
    let from = live.from(list);
    let address = move |from: usize| format!("?{}={from}", list.key());
    let to_first = (from > 0).then(|| view! { <a href=address(0)>{words::from_the_first()}</a> });
    // A page that has all of it shows it; another fetches the next one.
    let show = move |event: leptos::ev::MouseEvent| {
        if live.is_whole_now() {
            event.prevent_default();
            live.show_more(list);
        }
    };
    view! {
        {to_first}
        <While so=move || { live.count(list) > until() }>
            <p class="more">
                <a class="button quiet" href=move || address(until()) on:click=show>
                    {words::more()}
                </a>
                <span class="hint">
                    <Text words=move || {
                        words::portion(from + 1, until(), live.count(list))
                    } />
                </span>
            </p>
        </While>
    }
}

/// The rows of a list; `view` makes one, which stays while its row does. All lists are of this one
/// type, for each other type of them costs a browser the code for moving rows once more.
pub fn rows<V: IntoView + 'static>(
    each: impl Fn() -> Vec<Row> + Send + Sync + 'static,
    view: impl Fn(Row) -> V + Send + Sync + 'static,
) -> impl IntoView {
    let view = move |row| view(row).into_any();
    view! { <Rows each=Box::new(each) view=Arc::new(view) /> }
}

#[component]
fn Rows(
    each: Box<dyn Fn() -> Vec<Row> + Send + Sync>,
    view: Arc<dyn Fn(Row) -> AnyView + Send + Sync>,
) -> impl IntoView {
    view! {
        <For each key=|row| (row.user, row.seq, row.invite_id) children=move |row| view(row) />
    }
}

/// The raised hands as students see them.
#[component]
pub fn HandsForAll() -> impl IntoView {
    let live = expect_context::<Live>();
    let nobody = move || live.lesson.with(|lesson| lesson.hands.is_empty());
    view! {
        <section class="raised" aria-labelledby="raised-title">
            <h2 id="raised-title">{words::raised()}</h2>
            <While so=nobody>
                <p class="nobody">{words::nobody()}</p>
            </While>
            <ol class="hands" start=live.from(List::Hands) + 1>
                {rows(move || live.hands(), move |hand| view! { <HandForAll hand /> })}
            </ol>
            <More list=List::Hands />
        </section>
    }
}

#[component]
fn HandForAll(hand: Row) -> impl IntoView {
    let live = expect_context::<Live>();
    let is_new = hand.seq > live.first_seq;
    view! {
        <li class="hand" class:new=is_new class:mine=hand.user == live.me>
            <NameOf user=hand.user />
            <Away user=hand.user />
        </li>
    }
}

/// Those who have the floor, as students see them.
#[component]
pub fn SpeakingForAll() -> impl IntoView {
    let live = expect_context::<Live>();
    let nobody = move || live.lesson.with(|lesson| lesson.speaking.is_empty());
    view! {
        <section class="floor" aria-labelledby="floor-title">
            <h2 id="floor-title">{words::speaking()}</h2>
            <While so=nobody>
                <p class="nobody">{words::nobody()}</p>
            </While>
            <ul class="speaking">
                {rows(
                    move || live.speaking(),
                    |turn| {
                        view! {
                            <li class="turn">
                                <NameOf user=turn.user />
                                <Away user=turn.user />
                                <Since moment=turn.since />
                            </li>
                        }
                    },
                )}
            </ul>
            <More list=List::Speaking />
        </section>
    }
}
