//! The WASM entry: brings the islands of a page to life.

#[cfg(target_arch = "wasm32")]
mod entry {
    // Without a use of it the linker drops the crate, and its islands with it.
    use app as _;

    /// Called by the page once the module is loaded.
    #[wasm_bindgen::prelude::wasm_bindgen]
    pub fn hydrate() {
        console_error_panic_hook::set_once();
        leptos::mount::hydrate_islands();
    }
}
