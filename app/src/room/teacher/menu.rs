//! What concerns the class as a whole: a sheet of switches and of ways out. Most of it is
//! rendered by the server alone, and fetched again when a setting has changed (`room::served`).

#[cfg(feature = "ssr")]
mod made;

use leptos::prelude::*;

use super::prepared::PreparedQuestions;
use super::several::CallSeveral;
use crate::room::icon::{Icon, MENU};
use crate::room::live::Live;
use crate::room::sheet::SheetTitle;
use crate::room::signs::SignsMenu;
use crate::words::room as words;

/// The sheet's id.
const SHEET: &str = "class-menu";

/// The button of the menu, and the menu.
#[component]
pub fn ClassMenu() -> impl IntoView {
    let live = expect_context::<Live>();
    #[cfg(feature = "browser")]
    crate::room::served::follow_settings(live);
    view! {
        <button
            class="icon"
            type="button"
            popovertarget=SHEET
            aria-label=words::menu()
            title=words::menu
        >
            <Icon path=MENU />
        </button>
        <div id=SHEET class="dialog panel" popover="auto" role="dialog" aria-labelledby="menu-title">
            <SheetTitle sheet=SHEET id="menu-title" title=words::menu />
            <div class="served">{made::hands_and_joining(live)}</div>
            <SignsMenu />
            <div class="served">{made::voice_and_calls(live)}</div>
            {live.carries_voices.then(|| view! { <CallSeveral dialog=SHEET /> })}
            <div class="served">{made::class(live)}</div>
            <PreparedQuestions />
            <div class="served">{made::ways_out()}</div>
        </div>
    }
}

#[cfg(not(feature = "ssr"))]
mod made {
    use crate::room::live::Live;

    pub const fn hands_and_joining(_: Live) {}

    pub const fn voice_and_calls(_: Live) {}

    pub const fn class(_: Live) {}

    pub const fn ways_out() {}
}
