//! Calling several at once: whose hands are up, all teachers, or whoever is chosen. It takes a script.

#[cfg(feature = "browser")]
mod choice;

use leptos::prelude::*;

#[cfg(not(feature = "browser"))]
#[component]
pub fn CallSeveral(dialog: &'static str) -> impl IntoView {
    let _ = dialog;
}

/// The dialog's id.
#[cfg(feature = "browser")]
const DIALOG: &str = "several";

/// The button of the menu, and the dialog in which they are chosen: what is in it is fetched when it is
/// opened first.
#[cfg(feature = "browser")]
#[component]
pub fn CallSeveral(
    /// The dialog that the button is in, to be closed by a call.
    dialog: &'static str,
) -> impl IntoView {
    use crate::room::call::Calling;
    use crate::room::late::Late;
    use crate::room::live::Live;
    use crate::words::live as words;

    let live = expect_context::<Live>();
    let calling = expect_context::<Calling>();
    let late = Late::new();
    let fill = move || late.fill(live, move |place| choice::open(live, calling, place, dialog));
    late.where_all_is_shown(fill);
    view! {
        <button class="row" type="button" popovertarget=DIALOG data-live="">
            {words::call_several()}
        </button>
        <div
            id=DIALOG
            class="dialog"
            popover="auto"
            role="dialog"
            aria-labelledby="several-title"
            data-live=""
            on:toggle=move |_| fill()
        >
            <h2 id="several-title">{words::call_several()}</h2>
            <div class="late" node_ref=late.place()></div>
        </div>
    }
}
