//! Another name for the class.

use leptos::prelude::*;

use crate::room::action::RoomAction;
use crate::room::live::Live;
use crate::room::reactive::Derived;
use crate::room::tap::ACT;
use crate::words::menu;

/// The dialog's id.
const DIALOG: &str = "rename";

/// The button and the dialog that it opens.
#[component]
pub fn Rename() -> impl IntoView {
    let live = expect_context::<Live>();
    let group = live.group.with_untracked(|group| group.id);
    let name = Derived::new(move |_| {
        let name = live.group.with(|group| group.name.as_ref().map(ToString::to_string));
        name.unwrap_or_default()
    });
    view! {
        <button class="row" type="button" popovertarget=DIALOG>
            {menu::rename()}
        </button>
        <div id=DIALOG class="dialog" popover="auto" role="dialog" aria-labelledby="rename-title">
            <h2 id="rename-title">{menu::rename_title()}</h2>
            <form class="ask" method="post" action=ACT>
                <input type="hidden" name="group" value=group.to_string() />
                <input type="hidden" name="deed" value=RoomAction::Rename.word() />
                <input
                    name="name"
                    aria-labelledby="rename-title"
                    value=move || name.get()
                    maxlength="128"
                    required
                    autocomplete="off"
                    autofocus
                />
                <div class="choices">
                    <button class="quiet" type="button" popovertarget=DIALOG popovertargetaction="hide">
                        {menu::keep_name()}
                    </button>
                    <button class="primary">{menu::rename()}</button>
                </div>
            </form>
        </div>
    }
}
