//! What the sheets that come up over the student's room have in common.

use leptos::prelude::*;

use crate::room::icon::{CLOSE, Icon};

/// The id of the menu, the sheet from which all others are opened.
pub const MENU: &str = "more";

/// The head of a sheet: what it is, and the way to close it. With the menu goes what was opened from it.
#[component]
pub fn SheetHead(
    /// The title's id.
    id: &'static str,
    /// What the way to close it is called.
    words: &'static str,
    /// The title.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="sheet-head">
            <h2 id=id>{children()}</h2>
            <button
                class="icon"
                type="button"
                popovertarget=MENU
                popovertargetaction="hide"
                aria-label=words
                title=words
            >
                <Icon path=CLOSE />
            </button>
        </div>
    }
}
