//! The two places at the bottom, a big one and a small one, which stay where they are whatever can be
//! done: what one came to do is in the big one, the way back in the small one.

use leptos::prelude::*;

use super::choice::Choice;
use crate::room::action::RoomAction;
use crate::room::changing::sometimes;
use crate::room::live::Live;
use crate::room::reactive::Derived;
use crate::room::tap::Tap;
use crate::words::room as words;

/// The two places. One that has nothing to offer keeps its room.
#[component]
pub fn Slots(
    /// What can be done.
    choice: Derived<Choice>,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let has_hand = Derived::new(move |_| live.lesson.with(|lesson| lesson.hand(live.me).is_some()));
    view! {
        <div class="slots">
            <div class="slot big">{sometimes(move || big(choice.get()))}</div>
            <div class="slot small">{sometimes(move || small(choice.get(), has_hand))}</div>
        </div>
    }
}

fn big(choice: Choice) -> Option<AnyView> {
    Some(match choice {
        Choice::Answer | Choice::Raise => {
            view! { <Tap action=RoomAction::RaiseHand class="act raise" kept=true words=words::raise_hand() /> }
                .into_any()
        }
        Choice::Floor => {
            view! { <Tap action=RoomAction::Speak class="act speak" kept=true words=words::speak() /> }
                .into_any()
        }
        Choice::Wait => view! { <p class="not-yet">{words::not_yet()}</p> }.into_any(),
        Choice::Lower | Choice::Done | Choice::Nothing => return None,
    })
}

fn small(choice: Choice, has_hand: Derived<bool>) -> Option<AnyView> {
    let (action, words) = match choice {
        Choice::Answer => (RoomAction::NotNow, words::not_now()),
        Choice::Lower => (RoomAction::LowerHand, words::lower_hand()),
        Choice::Floor if has_hand.get_untracked() => (RoomAction::Pass, words::pass()),
        // Who was called without a hand up has no place to keep.
        Choice::Floor => (RoomAction::Pass, words::just_pass()),
        Choice::Done => (RoomAction::Done, words::done()),
        Choice::Raise | Choice::Wait | Choice::Nothing => return None,
    };
    Some(view! { <Tap action kept=true words /> }.into_any())
}
