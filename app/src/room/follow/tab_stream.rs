//! The stream that the tabs of a browser share (`tabs.js`).

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/room/tabs.js")]
extern "C" {
    /// One tab's part of it.
    pub type TabStream;

    /// Opens the stream at a path for a member, after an event; hears of the events with these names.
    #[wasm_bindgen(constructor)]
    pub fn new(
        path: &str,
        member: &str,
        after: f64,
        names: &js_sys::Array,
        opened: &Closure<dyn Fn()>,
        failed: &Closure<dyn Fn()>,
        heard: &Closure<dyn Fn(String, String)>,
    ) -> TabStream;

    /// Lets go of it.
    #[wasm_bindgen(method)]
    pub fn close(this: &TabStream);
}

/// What hears of it.
pub struct Listeners {
    pub opened: Closure<dyn Fn()>,
    pub failed: Closure<dyn Fn()>,
    pub heard: Closure<dyn Fn(String, String)>,
}
