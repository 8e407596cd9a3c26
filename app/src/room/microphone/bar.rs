//! The bar by which one hears the class and is heard. The server makes it whole, with every sentence that
//! may stand in it, and the script shows what holds: a page without a script shows nothing of it, and
//! one of a class without voice has nothing to fetch for it.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::room::action::RoomAction;
#[cfg(feature = "ssr")]
use crate::room::icon::{Icon, OPTIONS};
#[cfg(feature = "ssr")]
use crate::room::live::Live;
#[cfg(feature = "ssr")]
use crate::room::sheet::SheetTitle;
#[cfg(feature = "ssr")]
use crate::room::tap::Tap;
#[cfg(feature = "ssr")]
use crate::words::voice as words;

/// The id of the sheet of what one seldom needs.
#[cfg(feature = "ssr")]
const SHEET: &str = "sound";

/// The bar's place. In the browser what the server sent is put into it.
#[cfg(not(feature = "ssr"))]
#[component]
pub fn VoiceBar() -> impl IntoView {
    view! { <div class="served voice-place" data-still=""></div> }
}

/// The bar.
#[cfg(feature = "ssr")]
#[component]
pub fn VoiceBar() -> impl IntoView {
    let live = expect_context::<Live>();
    let bar = live.carries_voices.then(|| view! { <Bar /> });
    view! {
        <div class="served voice-place" data-still="">
            {bar}
        </div>
    }
}

#[cfg(feature = "ssr")]
#[component]
fn Bar() -> impl IntoView {
    let says = [
        ("connecting", words::connecting()),
        ("listening", words::listening()),
        ("not-listening", words::not_listening()),
        ("lost", words::lost()),
        ("full", words::full()),
        ("unsupported", words::unsupported()),
        ("asking", words::asking()),
        ("on", words::on()),
        ("off", words::off()),
        ("muted", words::muted()),
        ("unheard", words::unheard()),
        ("blocked", words::blocked()),
        ("missing", words::missing()),
        ("insecure", words::insecure()),
        ("testing", words::testing()),
    ];
    let sentence = |(state, sentence)| {
        view! {
            <span data-says=state hidden>
                {sentence}
            </span>
        }
    };
    let button = |(does, class, words): (&'static str, &'static str, &'static str)| {
        view! {
            <button type="button" class=class data-does=does hidden>
                {words}
            </button>
        }
    };
    let at_hand = [
        ("hear", "primary", words::tap_to_hear()),
        ("open", "primary", words::turn_on()),
        ("close", "quiet", words::turn_off()),
    ];
    let seldom = [
        ("listen", "row", words::listen()),
        ("stop-listening", "row", words::stop_listening()),
        ("test", "row", words::test()),
    ];
    view! {
        <section class="voice-bar" aria-label=words::label() hidden>
            <p class="voice-says" role="status">
                {says.map(sentence).collect_view()}
            </p>
            <meter min="0" max="1" aria-label=words::level() hidden></meter>
            <div class="choices">
                {at_hand.map(button).collect_view()} <div data-does="unmute" hidden>
                    <Tap action=RoomAction::Unmute class="primary" words=words::unmute() />
                </div>
                <button
                    class="icon"
                    type="button"
                    popovertarget=SHEET
                    aria-label=words::sound()
                    title=words::sound()
                >
                    <Icon path=OPTIONS />
                </button>
            </div>
            <div id=SHEET class="dialog panel" popover="auto" role="dialog" aria-labelledby="sound-title">
                <SheetTitle sheet=SHEET id="sound-title" title=words::sound />
                {seldom.map(button).collect_view()}
                <label data-does="device" hidden>
                    <span>{words::device()}</span>
                    <select></select>
                </label>
            </div>
        </section>
    }
}
