//! How students come in, on the page of their teacher: the code, and what it opens.

use leptos::prelude::*;

use super::action::RoomAction;
use super::icon::{CODE, Icon};
use super::live::Live;
use super::reactive::Derived;
use super::sheet::SheetTitle;
use super::tap::Tap;
use super::text::Text;
use crate::ui::confirm::Confirm;
use crate::words::{code as words, room, screen};

/// The panel that the code opens.
const PANEL: &str = "join";

/// The code, which opens the panel with the QR code and the link. Its words are made by the server
/// alone, as the panel's are.
#[component]
pub fn CodeButton() -> impl IntoView {
    let live = expect_context::<Live>();
    let code = live.code.with_value(|code| spoken(code.as_deref().unwrap_or_default()));
    view! {
        <button
            class="quiet code-button"
            type="button"
            popovertarget=PANEL
            data-key="j"
            title=words::show()
        >
            <span class="unseen">{words::show_this()}</span>
            <span class="served">
                <span class="code" translate="no" dir="ltr">
                    {code}
                </span>
            </span>
            <Icon path=CODE />
        </button>
    }
}

/// The way to the projector's view, which a script opens in a window of its own where there is a
/// second screen to move it to.
#[component]
pub fn ProjectorLink() -> impl IntoView {
    let live = expect_context::<Live>();
    let screen = live.group.with_untracked(|group| format!("/class/{}/screen", group.id));
    view! {
        <a class="button quiet projector-link" href=screen data-key="p" data-screen="">
            {screen::open()}
        </a>
    }
}

/// The panel with the QR code and the link. It opens by itself while nobody is here (`signs.js`), and
/// covers the page without moving anything in it.
#[component]
pub fn JoinPanel(
    /// The QR code, the code and the link, which the server alone can make.
    children: Children,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let is_locked = Derived::new(move |_| live.group.with(|group| group.settings.locked));
    let lock = move || {
        if is_locked.get() {
            view! { <Tap action=RoomAction::Unlock stays=true words=room::unlock() /> }
        } else {
            view! { <Tap action=RoomAction::Lock stays=true words=room::lock() /> }
        }
    };
    view! {
        <div id=PANEL class="dialog join" popover="auto" role="dialog" aria-labelledby="join-title">
            <SheetTitle sheet=PANEL id="join-title" title=words::title />
            <div class="served">{children()}</div>
            <p class="join-here">
                <Text words=move || room::students_here(live.students_online()) />
            </p>
            <div class="choices">
                <button class="quiet" type="button" hidden data-copy="">
                    {words::copy()}
                </button>
                {lock}
                <Confirm
                    id="renew-code"
                    opens=words::renew()
                    class="quiet"
                    title=words::renew_title()
                    means=words::about_renewing()
                    keep=words::keep()
                >
                    <Tap action=RoomAction::RenewCode class="primary" words=words::renew() />
                </Confirm>
                <p class="hint" role="status" data-label=words::copied() data-copied=""></p>
            </div>
        </div>
    }
}

/// A code as it is read aloud: K7P-4MX.
pub fn spoken(code: &str) -> String {
    let (head, tail) = code.split_at_checked(3).unwrap_or((code, ""));
    [head, "-", tail].concat()
}
