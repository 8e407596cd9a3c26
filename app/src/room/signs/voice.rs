//! What a screen reader hears, at most once in three seconds (`voice.js`): what comes in a burst is told
//! as it stands then.

use leptos::prelude::*;

use crate::room::live::Live;
use crate::room::reactive::Derived;
use crate::room::words::announcement;

#[cfg(feature = "browser")]
#[wasm_bindgen::prelude::wasm_bindgen(module = "/src/room/signs/voice.js")]
extern "C" {
    /// Has it said when it is time.
    fn say(words: &str);
}

/// The element that a screen reader listens to. It has to be there before it says something.
#[component]
pub fn Voice() -> impl IntoView {
    let live = expect_context::<Live>();
    let words = Derived::new(move |_| announcement(live));
    #[cfg(feature = "browser")]
    Effect::new(move |_| words.with(|words| say(words)));
    view! {
        <p class="unseen voice" role="status" aria-live="polite">
            {words.get_untracked()}
        </p>
    }
}
