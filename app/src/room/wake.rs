//! How the room comes from the server to the browser: what it begins with travels in the page, and the
//! browser makes it anew from that.

use leptos::prelude::*;
use signaling::Role;
#[cfg(feature = "browser")]
use wasm_split_helpers::wasm_split;

use super::beginning::Beginning;
#[cfg(feature = "browser")]
use super::fetched::NotFetched;
#[cfg(feature = "browser")]
use super::inside::Inside;
use super::inside::{screen, students, teachers};
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
    let is_teachers = beginning.role() == Some(Role::Teacher);
    let tally = is_teachers.then(|| serde_json::to_string(&beginning.tally).unwrap_or_default());
    let inside = match (is_teachers, is_screen) {
        (false, _) => students(),
        (true, false) => teachers(),
        (true, true) => screen(),
    };
    view! {
        <template
            id=BEGINNING
            data-json=json
            data-tally=tally
            data-words=words::of_room()
            data-screen=is_screen.then_some("")
        ></template>
        // What a page says whose script has not come or has broken (`plain.js`).
        <template id="not-live">
            <NotLive />
        </template>
        <Room beginning inside>{children()}</Room>
    }
}

/// Makes the room in the browser, in the place of the one that the server sent.
#[cfg(feature = "browser")]
pub fn wake() {
    let document = document();
    let Some(element) = document.get_element_by_id(BEGINNING) else { return };
    let json = element.get_attribute("data-json").unwrap_or_default();
    let words = element.get_attribute("data-words").unwrap_or_default();
    let tally = element.get_attribute("data-tally").unwrap_or_default();
    let is_screen = element.has_attribute("data-screen");
    // Names are not to lie about when the class is over.
    element.remove();
    if !crate::words::take(words) {
        // The page stays as it is, and says before long that it is not live.
        return;
    }
    let Ok(beginning) = signaling::json::read::<Beginning>(&json) else { return };
    if beginning.role() == Some(Role::Teacher) {
        // Where it cannot be fetched, the page stays as it is, and says before long that it is not live.
        wasm_bindgen_futures::spawn_local(async move {
            drop(if is_screen {
                make_screen(beginning, tally).await
            } else {
                make_teachers(beginning, tally).await
            });
        });
    } else {
        make(beginning, students());
    }
}

/// Makes a room with what only teachers have: what is called from here and from nowhere else is
/// fetched by teachers alone.
#[cfg(feature = "browser")]
#[wasm_split(teacher, fallible)]
fn make_teachers(beginning: Beginning, tally: String) -> Result<(), NotFetched> {
    make_with(beginning, &tally, teachers());
    Ok(())
}

/// Makes the projector's view, which no room has anything of.
#[cfg(feature = "browser")]
#[wasm_split(screen, fallible)]
fn make_screen(beginning: Beginning, tally: String) -> Result<(), NotFetched> {
    make_with(beginning, &tally, screen());
    Ok(())
}

#[cfg(feature = "browser")]
fn make_with(mut beginning: Beginning, tally: &str, inside: Inside) {
    beginning.tally = signaling::json::read(tally).unwrap_or_default();
    make(beginning, inside);
}

#[cfg(feature = "browser")]
fn make(beginning: Beginning, inside: Inside) {
    let Ok(place) = document().create_element("div") else { return };
    let made = wasm_bindgen::JsCast::unchecked_into::<web_sys::HtmlElement>(place.clone());
    leptos::mount::mount_to(made, move || view! { <Room beginning inside /> }).forget();
    net::take_place(&place);
    net::guard();
}
