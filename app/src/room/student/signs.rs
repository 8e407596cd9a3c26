//! How a student notices that it is their turn without reading: the phone trembles, does not go dark,
//! and the page's title says so (`signs.js`).

use leptos::prelude::*;
use wasm_bindgen::prelude::*;

use crate::room::reactive::Derived;
use crate::words::live as words;

#[wasm_bindgen(module = "/src/room/student/signs.js")]
extern "C" {
    /// Gives the signs of a state that one has come to.
    fn sign(state: &str, title: &str);
}

/// Gives the signs of each state that one comes to.
pub fn follow(state: Derived<&'static str>) {
    Effect::new(move |_| sign(state.get(), words::your_turn()));
}
