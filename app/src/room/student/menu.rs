//! What a student seldom needs: their data, the list, calls, the way out. What never changes of it is
//! rendered by the server alone.

#[cfg(feature = "ssr")]
mod made;

use leptos::prelude::*;

use super::sheets::{MENU, Sheet, Sheets};
use crate::room::icon::{Icon, MORE};
use crate::words::room as words;

/// The button of the menu, and the menu.
#[component]
pub fn Menu(
    /// What is in the sheets.
    sheets: Sheets,
) -> impl IntoView {
    view! {
        <button
            class="icon"
            type="button"
            popovertarget=MENU
            aria-label=words::more()
            title=words::more()
        >
            <Icon path=MORE />
        </button>
        <Sheet id=MENU labelled_by="more-title" sheets>
            <div class="served" data-still="">
                {made::what_is_mine()}
            </div>
            <div class="late" node_ref=sheets.calls.place()></div>
            <div class="served" data-still="">
                {made::way_out()}
            </div>
        </Sheet>
    }
}

#[cfg(not(feature = "ssr"))]
mod made {
    pub const fn what_is_mine() {}

    pub const fn way_out() {}
}
