//! The raised hands, as a teacher sees them.

use leptos::prelude::*;

use crate::room::action::RoomAction;
use crate::room::clock::Since;
use crate::room::lists::{Away, HandMark, More, NameOf, rows};
use crate::room::live::Live;
use crate::room::portion::{List, Row};
use crate::room::tap::Tap;
use crate::room::text::Text;
use crate::words::room as words;

/// The raised hands.
#[component]
pub fn Hands() -> impl IntoView {
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
                        <Text words=move || words::of_students(live.students()) />
                    </span>
                </h2>
                <Show when=move || { count() > 1 }>
                    <Tap action=RoomAction::LowerAll class="bare" words=words::lower_all() />
                </Show>
            </div>
            <Show when=move || count() == 0>
                <p class="nobody">{words::no_hands_up()}</p>
            </Show>
            <ol class="hands" start=live.from(List::Hands) + 1>
                {rows(move || live.hands(), |hand| view! { <HandRow hand /> })}
            </ol>
            <More list=List::Hands />
        </section>
    }
}

#[component]
fn HandRow(hand: Row) -> impl IntoView {
    let live = expect_context::<Live>();
    let user = hand.user;
    let is_new = hand.seq > live.first_seq;
    let is_invited = Memo::new(move |_| live.lesson.with(|lesson| lesson.invited(user).is_some()));
    let about = move |action: &'static str| words::about(action, &live.name_of(user));
    view! {
        <li class="hand" class:new=is_new>
            <NameOf user />
            <Away user />
            <Since moment=hand.since />
            <span class="row-actions">
                <Show
                    when=move || is_invited.get()
                    fallback=move || {
                        view! {
                            <Tap action=RoomAction::CallOn who=user class="primary" label=about(words::invite()) words=words::invite() />
                        }
                    }
                >
                    <span class="waiting">{words::invited()}</span>
                </Show>
                <Tap action=RoomAction::Lower who=user class="bare" label=about(words::lower()) words=words::lower() />
            </span>
        </li>
    }
}
