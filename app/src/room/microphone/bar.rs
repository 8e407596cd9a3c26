//! The bar by which one hears the class and is heard. The server makes it whole, with every sentence that
//! may stand in it, and the script shows what holds: a page without a script shows nothing of it, and
//! one of a class without voice has nothing to fetch for it.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::room::action::RoomAction;
#[cfg(feature = "ssr")]
use crate::room::live::Live;
#[cfg(feature = "ssr")]
use crate::room::tap::Tap;
#[cfg(feature = "ssr")]
use crate::words::voice as words;

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
    let does = [
        ("hear", "primary", words::tap_to_hear()),
        ("listen", "quiet", words::listen()),
        ("stop-listening", "quiet", words::stop_listening()),
        ("open", "primary", words::turn_on()),
        ("close", "quiet", words::turn_off()),
        ("test", "quiet", words::test()),
    ];
    let button = |(does, class, words)| {
        view! {
            <button type="button" class=class data-does=does hidden>
                {words}
            </button>
        }
    };
    view! {
        <section class="voice-bar" aria-label=words::label() hidden>
            <p class="voice-says" role="status">
                {says.map(sentence).collect_view()}
            </p>
            <meter min="0" max="1" aria-label=words::level() hidden></meter>
            <div class="choices">
                {does.map(button).collect_view()}
                <div data-does="unmute" hidden>
                    <Tap action=RoomAction::Unmute class="primary" words=words::unmute() />
                </div>
                <label data-does="device" hidden>
                    <span>{words::device()}</span>
                    <select></select>
                </label>
            </div>
        </section>
    }
}
