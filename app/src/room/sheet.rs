//! The head of a sheet that lies over a room: its title and the way to close it.

use leptos::prelude::*;

use super::icon::{CLOSE, Icon};
use crate::words::room as said;

/// The head of a sheet.
#[component]
pub fn SheetTitle(
    /// The sheet that it closes; one from which this was opened goes with it.
    sheet: &'static str,
    /// The title's id.
    id: &'static str,
    /// The title.
    #[prop(into)]
    title: ViewFn,
    /// What the way to close it is called, where *Close* would say too little.
    #[prop(optional)]
    words: Option<&'static str>,
    /// What stands beside the title.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let close = words.unwrap_or_else(said::close);
    view! {
        <div class="sheet-title">
            <h2 id=id>{title.run()}</h2>
            {children.map(|children| children())}
            <button
                class="icon"
                type="button"
                popovertarget=sheet
                popovertargetaction="hide"
                aria-label=close
                title=close
            >
                <Icon path=CLOSE />
            </button>
        </div>
    }
}
