//! What a student seldom needs: their data, the list, calls, the way out. What never changes of it the
//! server alone makes.

#[cfg(feature = "ssr")]
mod made;

use leptos::prelude::*;

use super::sheets::{MENU, Sheets};
use crate::room::call::Calling;
use crate::room::icon::{Icon, MORE};
use crate::room::live::Live;
use crate::words::room as words;

/// The button of the menu, and the menu.
#[component]
pub fn Menu(
    /// What is in the sheets.
    sheets: Sheets,
) -> impl IntoView {
    let (live, calling) = (expect_context::<Live>(), expect_context::<Calling>());
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
        <div
            id=MENU
            class="dialog sheet"
            popover="auto"
            role="dialog"
            aria-labelledby="more-title"
            on:toggle=move |_| sheets.fill(live, calling)
        >
            <div class="served" data-still="">
                {made::what_is_mine()}
            </div>
            <div class="late" node_ref=sheets.calls.place()></div>
            <div class="served" data-still="">
                {made::way_out()}
            </div>
        </div>
    }
}

#[cfg(not(feature = "ssr"))]
mod made {
    pub const fn what_is_mine() {}

    pub const fn way_out() {}
}
