//! A sheet that comes from the side: its title and the way to close it.

use leptos::prelude::*;

use super::icon::{CLOSE, Icon};
use crate::words::room as words;

/// The head of a sheet.
#[component]
pub fn SheetTitle(
    /// The sheet that it closes.
    sheet: &'static str,
    /// The title's id.
    id: &'static str,
    /// The title.
    title: &'static str,
    /// What stands beside it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="sheet-title">
            <h2 id=id>{title}</h2>
            {children.map(|children| children())}
            <button
                class="icon"
                type="button"
                popovertarget=sheet
                popovertargetaction="hide"
                aria-label=words::close()
                title=words::close()
            >
                <Icon path=CLOSE />
            </button>
        </div>
    }
}
