//! How the room comes from the server to the browser: what it begins with travels in the page, and the
//! browser makes it anew from that.

use leptos::prelude::*;

use super::beginning::Beginning;
#[cfg(feature = "browser")]
use super::net;
#[cfg(feature = "ssr")]
use super::notice::NotLive;
use super::view::Room;
#[cfg(feature = "ssr")]
use crate::words;

/// The element that carries the beginning to the browser, in an attribute.
const BEGINNING: &str = "beginning";

/// A room and its beginning. Children are how students come in; for teachers.
#[cfg(feature = "ssr")]
#[component]
pub fn RoomFrom(
    /// What it begins with.
    beginning: Beginning,
    /// Whether it is for a projector.
    is_screen: bool,
    /// How students come in; for teachers.
    children: Children,
) -> impl IntoView {
    let json = serde_json::to_string(&beginning).unwrap_or_default();
    view! {
        <template
            id=BEGINNING
            data-json=json
            data-words=words::of_room()
            data-screen=is_screen.then_some("")
        ></template>
        // What a page says whose script has not come or has broken (`plain.js`).
        <template id="not-live">
            <NotLive />
        </template>
        <Room beginning is_screen>{children()}</Room>
    }
}

/// Makes the room in the browser, in the place of the one that the server sent.
#[cfg(feature = "browser")]
pub fn wake() {
    let document = document();
    let Some(element) = document.get_element_by_id(BEGINNING) else { return };
    let json = element.get_attribute("data-json").unwrap_or_default();
    let words = element.get_attribute("data-words").unwrap_or_default();
    let is_screen = element.has_attribute("data-screen");
    // Names are not to lie about when the class is over.
    element.remove();
    if !crate::words::take(words) {
        // The page stays as it is, and says before long that it is not live.
        return;
    }
    let Ok(beginning) = signaling::json::read::<Beginning>(&json) else { return };
    let Ok(place) = document.create_element("div") else { return };
    let made = wasm_bindgen::JsCast::unchecked_into::<web_sys::HtmlElement>(place.clone());
    leptos::mount::mount_to(made, move || view! { <Room beginning is_screen /> }).forget();
    net::take_place(&place);
    net::guard();
}
