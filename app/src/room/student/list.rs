//! The list of who speaks and whose hands are up, for whoever wants to see it.

use leptos::prelude::*;

use crate::room::lists::{HandsForAll, SpeakingForAll};
use crate::room::sheet::SheetTitle;
use crate::words::room as words;

/// The sheet's id.
pub const LIST: &str = "list";

/// The sheet with the list.
#[component]
pub fn HandList(
    /// The sheet from which it is opened, and with which it closes.
    from: &'static str,
) -> impl IntoView {
    view! {
        <div id=LIST class="dialog sheet" popover="auto" role="dialog" aria-labelledby="list-title">
            <SheetTitle sheet=from id="list-title" title=words::list_title words=words::close_list() />
            <SpeakingForAll />
            <HandsForAll />
        </div>
    }
}
