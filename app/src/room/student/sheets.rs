//! What in a student's sheets follows the class: the list, and whom they may call. Both are loaded lazily,
//! when one of them is first opened.

#[cfg(feature = "browser")]
mod inside;

use leptos::prelude::*;

use crate::room::call::Calling;
use crate::room::late::Late;
use crate::room::live::Live;

/// The id of the menu, the sheet from which the other is opened.
pub const MENU: &str = "more";
/// The id of the sheet with the list.
pub const LIST: &str = "list";

/// Where it goes.
#[derive(Clone, Copy)]
pub struct Sheets {
    /// The list.
    pub list: Late,
    /// Whom one may call.
    pub calls: Late,
}

impl Sheets {
    /// Two places with nothing in them yet.
    pub fn new() -> Self {
        Self { list: Late::new(), calls: Late::new() }
    }

    /// One of the sheets is opened.
    #[cfg(feature = "browser")]
    pub fn fill(self, live: Live, calling: Calling) {
        let Some(calls) = self.calls.place().get_untracked() else { return };
        self.list.fill(live, move |list| inside::open(live, calling, list, calls));
    }

    /// The server makes all of it.
    #[cfg(not(feature = "browser"))]
    pub const fn fill(self, _: Live, _: Calling) {}
}

/// One of the sheets.
#[component]
pub fn Sheet(
    /// Its id.
    id: &'static str,
    /// The id of its title.
    labelled_by: &'static str,
    /// What is in the sheets.
    sheets: Sheets,
    /// All that is in it.
    children: Children,
) -> impl IntoView {
    let (live, calling) = (expect_context::<Live>(), expect_context::<Calling>());
    view! {
        <div
            id=id
            class="dialog sheet"
            popover="auto"
            role="dialog"
            aria-labelledby=labelled_by
            on:toggle=move |_| sheets.fill(live, calling)
        >
            {children()}
        </div>
    }
}
