//! The stream that the tabs of a browser share (`tabs.js`).

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/room/tabs.js")]
extern "C" {
    /// One tab's part of it.
    pub type TabStream;

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

    #[wasm_bindgen(method)]
    pub fn close(this: &TabStream);
}

/// What hears of it.
pub struct Listeners {
    pub opened: Closure<dyn Fn()>,
    pub failed: Closure<dyn Fn()>,
    pub heard: Closure<dyn Fn(String, String)>,
}
