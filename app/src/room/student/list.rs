//! The list of who speaks and whose hands are up, for whoever wants to see it.

use leptos::prelude::*;

use super::sheet::SheetHead;
use crate::room::lists::{HandsForAll, SpeakingForAll};
use crate::words::room as words;

/// The sheet's id.
pub const LIST: &str = "list";

/// The sheet with the list.
#[component]
pub fn HandList() -> impl IntoView {
    view! {
        <div id=LIST class="dialog sheet" popover="auto" role="dialog" aria-labelledby="list-title">
            <SheetHead id="list-title" words=words::close_list()>
                {words::list_title()}
            </SheetHead>
            <SpeakingForAll />
            <HandsForAll />
        </div>
    }
}
