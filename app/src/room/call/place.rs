//! Where the panel of a call goes, once there is one.

use leptos::html::Div;
use leptos::prelude::*;

use super::calling::Calling;
#[cfg(feature = "browser")]
use super::panel;
#[cfg(feature = "browser")]
use crate::room::live::Live;
#[cfg(feature = "browser")]
use crate::room::reactive::Source;

/// Where the panel of a call goes, once there is one.
#[component]
pub fn CallPlace() -> impl IntoView {
    let place = NodeRef::<Div>::new();
    #[cfg(feature = "browser")]
    begin_when_needed(expect_context::<Live>(), expect_context::<Calling>(), place);
    view! { <div class="call-place" node_ref=place></div> }
}

/// Where a call among several goes: in the room, and over nothing.
#[component]
pub fn MeetingPlace() -> impl IntoView {
    let place = expect_context::<Calling>().meeting_place;
    view! { <div class="meeting-place" node_ref=place></div> }
}

/// Fetches the code for calls when the first one begins.
#[cfg(feature = "browser")]
fn begin_when_needed(live: Live, calling: Calling, place: NodeRef<Div>) {
    use std::cell::Cell;
    use std::rc::Rc;

    let has_begun = Rc::new(Cell::new(false));
    let again = Source::new(());
    Effect::new(move |_| {
        again.track();
        let is_needed = calling.call.with(Option::is_some)
            || calling.wish.with(Option::is_some)
            || calling.is_among_several.get()
            || calling.wish_for_several.with(Option::is_some);
        let Some(place) = place.get().filter(|_| is_needed) else { return };
        if has_begun.replace(true) {
            return;
        }
        let has_begun = Rc::clone(&has_begun);
        leptos::task::spawn_local(async move {
            if panel::open(live, calling, place).await.is_err() {
                has_begun.set(false);
                calling.wish.set(None);
                calling.wish_for_several.set(None);
                let sentence = crate::words::live::call_not_opened();
                live.trouble.set(Some(sentence.to_owned()));
                // Whoever is called is still being called.
                set_timeout(move || again.set(()), std::time::Duration::from_secs(3));
            }
        });
    });
}
