//! The drawings on buttons, as paths on a grid of 24.

use leptos::prelude::*;

/// Three lines: what concerns the class.
pub const MENU: &str = "M4 7h16M4 12h16M4 17h16";
/// Three dots: what one seldom needs.
pub const MORE: &str = "M5 12h.01M12 12h.01M19 12h.01";
/// A cross: the way out of a sheet.
pub const CLOSE: &str = "M6 6l12 12M18 6L6 18";
/// An arrow down: a hand comes down.
pub const LOWER: &str = "M12 5v14M6 13l6 6 6-6";
/// A hand that goes up.
pub const HAND: &str = "M8 11V5a1.500 1.500 0 0 1 3 0v5m0-.5V3.500a1.500 1.500 0 0 1 3 0V10m0-.5V5a1.500 1.500 0 0 1 3 0v8M8 11V8.500a1.500 1.500 0 0 0-3 0V14c0 4.500 3 7 6.500 7S17 18.500 17 14v-1";
/// A chevron: there is more behind it.
pub const CHEVRON: &str = "M9 6l6 6-6 6";
/// Two sliders: how something is done.
pub const OPTIONS: &str = "M4 8h10M18 8h2M4 16h2M10 16h10M14 8a2 2 0 1 0 4 0 2 2 0 1 0-4 0M6 16a2 2 0 1 0 4 0 2 2 0 1 0-4 0";

/// A plus: one more.
pub const PLUS: &str = "M12 5v14M5 12h14";

/// A code to be scanned.
pub const CODE: &str =
    "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 18h2v2h-2zM18 14h2M14 18v2";

/// A loudspeaker: somebody is heard.
pub const SOUND: &str = "M4 9v6h4l5 4V5L8 9zM16 9a4 4 0 0 1 0 6M18.500 6.500a8 8 0 0 1 0 11";

/// A drawing. What it means is said beside it, or by the button that it is on.
#[component]
pub fn Icon(
    /// What is drawn.
    path: &'static str,
) -> impl IntoView {
    view! {
        <svg class="icon-mark" viewBox="0 0 24 24" aria-hidden="true">
            <path d=path />
        </svg>
    }
}
