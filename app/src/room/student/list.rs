//! The list of who speaks and whose hands are up, for whoever wants to see it.

use leptos::prelude::*;

use super::sheets::{LIST, Sheet, Sheets};

/// The sheet with the list. It closes with the menu, from which it is opened.
#[component]
pub fn HandList(
    /// What is in it.
    sheets: Sheets,
) -> impl IntoView {
    view! {
        <Sheet id=LIST labelled_by="list-title" sheets>
            <div class="served" data-still="">
                {made::title()}
            </div>
            <div class="late" node_ref=sheets.list.place()>
                {made::list()}
            </div>
        </Sheet>
    }
}

/// What the server makes.
#[cfg(feature = "ssr")]
mod made {
    use leptos::prelude::*;

    use crate::room::lists::{HandsForAll, SpeakingForAll};
    use crate::room::sheet::SheetTitle;
    use crate::room::student::sheets::MENU;
    use crate::words::menu;

    pub fn title() -> impl IntoView {
        view! {
            <SheetTitle
                sheet=MENU
                id="list-title"
                title=menu::list_title
                words=menu::close_list()
            />
        }
    }

    pub fn list() -> impl IntoView {
        view! {
            <SpeakingForAll />
            <HandsForAll />
        }
    }
}

#[cfg(not(feature = "ssr"))]
mod made {
    pub const fn title() {}

    pub const fn list() {}
}
