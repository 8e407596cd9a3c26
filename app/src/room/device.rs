//! The way to teach from another device as well, asked about before anything is shown: whoever reads the
//! link teaches the class.

use leptos::prelude::*;

use super::action::RoomAction;
use super::tap::Tap;
use crate::ui::confirm::Confirm;
use crate::words::device as words;

/// The button *Another device* and its dialog. Where scripts run the link is shown in the dialog and
/// goes after a minute (`signs.js`); elsewhere it is a page of its own.
#[component]
pub fn AnotherDevice() -> impl IntoView {
    view! {
        <Confirm
            id="another-device"
            opens=words::title()
            class="row"
            title=words::is_projected()
            means=words::who_scans()
            keep=words::keep()
        >
            <Tap action=RoomAction::HandOver plain=true words=words::show() />
        </Confirm>
    }
}
