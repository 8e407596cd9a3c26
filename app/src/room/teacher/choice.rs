//! A choice of a few, as buttons of one form of which one is pressed.

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use signaling::Settings;
use signaling::UserId;

use crate::room::action::RoomAction;
use crate::room::live::Live;
use crate::room::reactive::Derived;
use crate::room::tap::ACT;

/// A setting of the class that is one of a few: what it is called, what chooses it, what is sent for each and
/// what each is called.
#[cfg(feature = "ssr")]
pub fn choice(
    live: Live,
    label: &'static str,
    (action, field): (RoomAction, &'static str),
    options: Vec<(String, String)>,
    chosen: fn(&Settings) -> String,
) -> AnyView {
    let chosen = Derived::new(move |_| live.group.with(|group| chosen(&group.settings)));
    choose(live, label, (action, field), None, options, chosen)
}

/// The same of anything, or of somebody.
pub fn choose(
    live: Live,
    label: &'static str,
    (action, field): (RoomAction, &'static str),
    who: Option<UserId>,
    options: Vec<(String, String)>,
    chosen: Derived<String>,
) -> AnyView {
    let group = live.group.with_untracked(|group| group.id);
    let button = |(value, words): (String, String)| {
        let own = value.clone();
        let is_chosen = Derived::new(move |_| chosen.with(|chosen| *chosen == own));
        view! {
            <button
                class="segment"
                name=field
                value=value
                aria-pressed=move || is_chosen.get().to_string()
            >
                {words}
            </button>
        }
    };
    let buttons: Vec<_> = options.into_iter().map(button).collect();
    view! {
        <form class="tap choice" method="post" action=ACT data-stays="">
            <input type="hidden" name="group" value=group.to_string() />
            <input type="hidden" name="deed" value=action.word() />
            {who.map(|who| view! { <input type="hidden" name="who" value=who.to_string() /> })}
            <fieldset class="segments">
                <legend>{label}</legend>
                {buttons}
            </fieldset>
        </form>
    }
    .into_any()
}
