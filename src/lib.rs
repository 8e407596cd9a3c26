//! The WASM entry: brings the room of a page to life.

#[cfg(target_arch = "wasm32")]
mod entry {
    /// Called by the page once the module is loaded.
    #[wasm_bindgen::prelude::wasm_bindgen]
    pub fn wake() {
        console_error_panic_hook::set_once();
        app::wake();
    }
}
