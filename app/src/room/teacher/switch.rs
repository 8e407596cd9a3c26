//! A setting of the class, as a switch.

use leptos::prelude::*;
use signaling::Settings;

use crate::room::action::RoomAction;
use crate::room::live::Live;
use crate::room::reactive::Derived;
use crate::room::tap::ACT;

/// A setting of the class: what it is called, whether it is on, what turns it on and off.
pub fn switch(
    live: Live,
    label: &'static str,
    is_on: fn(&Settings) -> bool,
    turns: [RoomAction; 2],
) -> AnyView {
    let group = live.group.with_untracked(|group| group.id);
    let is_on = Derived::new(move |_| live.group.with(|group| is_on(&group.settings)));
    view! {
        <form class="tap" method="post" action=ACT data-stays="">
            <input type="hidden" name="group" value=group.to_string() />
            <button
                class="row switch"
                role="switch"
                name="deed"
                value=move || turns[usize::from(is_on.get())].word()
                aria-checked=move || is_on.get().to_string()
            >
                <span>{label}</span>
                <span class="track" aria-hidden="true"></span>
            </button>
        </form>
    }
    .into_any()
}
