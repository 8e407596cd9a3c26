//! The list of keys, and the script that gives them their meaning, beside a teacher's room. It makes the
//! other signs too.
//!
//! It is a script and no part of the WASM, because all it does is to press what is in the page and to read
//! what the page says: a student's page has none of it, and it works in a page that has lost its WASM.

use leptos::nonce::use_nonce;
use leptos::prelude::*;

use crate::words::signs as words;

/// The dialog that lists the keys.
pub const KEY_LIST: &str = "keys";

/// The list of keys and the script.
#[component]
pub fn Keys() -> impl IntoView {
    let keys = [
        ("N", words::key_next()),
        ("E", words::key_end()),
        ("A", words::key_ask()),
        ("S", words::key_stop()),
        ("L", words::key_lower()),
        ("F", words::key_fair()),
        ("R", words::key_random()),
        ("U", words::key_undo()),
        ("1–9", words::key_invite()),
        ("J", words::key_join()),
        ("P", words::key_projector()),
        ("C", words::key_class()),
        ("?", words::key_list()),
    ];
    let rows = keys.map(|(key, does)| {
        view! {
            <div>
                <dt>
                    <kbd>{key}</kbd>
                </dt>
                <dd>{does}</dd>
            </div>
        }
    });
    view! {
        <div
            id=KEY_LIST
            class="dialog key-list"
            popover="auto"
            role="dialog"
            aria-labelledby="keys-title"
        >
            <h2 id="keys-title">{words::list()}</h2>
            <dl>{rows.collect_view()}</dl>
            <button class="quiet" type="button" popovertarget=KEY_LIST popovertargetaction="hide">
                {words::close()}
            </button>
        </div>
        <script nonce=use_nonce() type="module" inner_html=include_str!("signs.js")></script>
    }
}
