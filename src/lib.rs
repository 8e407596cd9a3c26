//! The WASM entry: brings the room of a page to life. As the crate that `cargo doc` opens with it also
//! shows the map of the whole.
#![cfg_attr(doc, doc = "\n", doc = include_str!("../docs/ARCHITECTURE.md"))]

#[cfg(target_arch = "wasm32")]
mod entry {
    /// Called by the page once the module is loaded.
    #[wasm_bindgen::prelude::wasm_bindgen]
    pub fn wake() {
        // A release says nothing of why it broke (`xtask/src/shrink.rs`).
        #[cfg(debug_assertions)]
        console_error_panic_hook::set_once();
        app::wake();
    }
}
