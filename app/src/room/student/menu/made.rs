//! The server-rendered parts of a student's menu.

use leptos::prelude::*;

use crate::room::action::RoomAction;
use crate::room::live::Live;
use crate::room::sheet::SheetTitle;
use crate::room::student::sheets::{LIST, MENU};
use crate::room::tap::Tap;
use crate::ui::confirm::Confirm;
use crate::words::{menu, room as words};

/// Who one is and in which class, the list, and what is stored of oneself.
pub fn what_is_mine() -> impl IntoView {
    let live = expect_context::<Live>();
    let (my_data, class) = live.group.with_untracked(|group| {
        let class = group.name.as_ref().map(ToString::to_string);
        (format!("/class/{}/me", group.id), class)
    });
    let name = move || view! { <bdi translate="no">{live.name_of(live.me)}</bdi> };
    view! {
        <SheetTitle sheet=MENU id="more-title" title=name />
        <p class="hint">
            <bdi translate="no">{class}</bdi>
        </p>
        <button class="quiet" type="button" popovertarget=LIST>
            {menu::see_list()}
        </button>
        <a class="button quiet" href=my_data>
            {words::my_data()}
        </a>
        // Shown where a script runs and there may be a keyboard (`signs.js`).
        <button
            class="row switch"
            type="button"
            role="switch"
            aria-checked="true"
            data-keys=""
            hidden
        >
            <span>{menu::r_raises()}</span>
            <span class="track" aria-hidden="true"></span>
        </button>
    }
}

/// Leaving the class.
pub fn way_out() -> impl IntoView {
    view! {
        <Confirm
            id="leave"
            opens=menu::leave_class()
            class="quiet"
            title=menu::leave_title()
            means=menu::leave_student()
            keep=menu::stay()
        >
            <Tap action=RoomAction::Leave class="destroys" plain=true words=menu::leave() />
        </Confirm>
    }
}
