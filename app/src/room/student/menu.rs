//! What a student seldom needs: their data, the list, calls, the way out.

use leptos::prelude::*;

use super::list::LIST;
use crate::room::action::RoomAction;
use crate::room::call::{CallAllTeachers, CallTeachers};
use crate::room::icon::{Icon, MORE};
use crate::room::live::Live;
use crate::room::sheet::SheetTitle;
use crate::room::tap::Tap;
use crate::ui::confirm::Confirm;
use crate::words::room as words;

/// The id of the menu, the sheet from which all others are opened.
pub const MENU: &str = "more";

/// The button of the menu, and the menu.
#[component]
pub fn Menu() -> impl IntoView {
    let live = expect_context::<Live>();
    let (my_data, class) = live.group.with_untracked(|group| {
        let class = group.name.as_ref().map(ToString::to_string);
        (format!("/class/{}/me", group.id), class)
    });
    let name = move || view! { <bdi translate="no">{live.name_of(live.me)}</bdi> };
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
        <div id=MENU class="dialog sheet" popover="auto" role="dialog" aria-labelledby="more-title">
            <SheetTitle sheet=MENU id="more-title" title=name />
            <p class="hint">
                <bdi translate="no">{class}</bdi>
            </p>
            <button class="quiet" type="button" popovertarget=LIST>
                {words::see_list()}
            </button>
            <a class="button quiet" href=my_data>
                {words::my_data()}
            </a>
            <CallTeachers dialog=MENU />
            <CallAllTeachers dialog=MENU />
            <Confirm
                id="leave"
                opens=words::leave_class()
                class="quiet"
                title=words::leave_title()
                means=words::leave_student()
                keep=words::stay()
            >
                <Tap action=RoomAction::Leave class="destroys" plain=true words=words::leave() />
            </Confirm>
        </div>
    }
}
