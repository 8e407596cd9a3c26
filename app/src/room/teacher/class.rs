//! The way to who is in the class, and the sheet with a row for each.

mod members;

use leptos::prelude::*;

use super::person::CLASS;
use super::spoken::Spoken;
use crate::room::icon::{CHEVRON, Icon};
use crate::room::late::Late;
use crate::room::live::Live;
use crate::room::sheet::SheetTitle;
use crate::room::text::Text;
use crate::words::room as words;

/// Who is in the class: the way to the sheet, and the sheet.
#[component]
pub fn Class() -> impl IntoView {
    let live = expect_context::<Live>();
    let joined = move || words::here_and_joined(live.students_online(), live.students());
    let late = Late::new();
    let fill = filling(live, late);
    view! {
        <section class="here" aria-labelledby="here-title">
            <button class="quiet class-place" type="button" popovertarget=CLASS data-key="c">
                <span id="here-title">{words::class()}</span>
                <span class="hint">
                    <Text words=move || live.students_online().to_string() />
                </span>
                <Icon path=CHEVRON />
            </button>
            <Spoken />
            <div
                id=CLASS
                class="dialog panel"
                popover="auto"
                role="dialog"
                aria-labelledby="class-title"
                on:toggle=move |_| fill()
            >
                <SheetTitle sheet=CLASS id="class-title" title=words::class>
                    <p class="hint">
                        <Text words=joined />
                    </p>
                </SheetTitle>
                <div class="late" node_ref=late.place()>
                    {made()}
                </div>
            </div>
        </section>
    }
}

#[cfg(feature = "browser")]
fn filling(live: Live, late: Late) -> impl Fn() + Copy + 'static {
    let calling = expect_context();
    let fill = move || late.fill(live, move |place| members::open(live, calling, place));
    late.where_all_is_shown(fill);
    fill
}

#[cfg(not(feature = "browser"))]
const fn filling(_: Live, _: Late) -> impl Fn() + Copy + 'static {
    || ()
}

/// What the server makes of the sheet.
#[cfg(feature = "ssr")]
fn made() -> impl IntoView {
    view! { <members::Members /> }
}

#[cfg(not(feature = "ssr"))]
const fn made() {}
