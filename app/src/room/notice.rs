//! What the page says of itself and of what its member did: a problem, that it is not live, that there
//! is nothing more to do in it.

use leptos::prelude::*;

use super::live::{Connection, Live};
use super::text::Text;

/// What the last tap came to, when it came to nothing.
#[component]
pub fn Notice() -> impl IntoView {
    let live = expect_context::<Live>();
    move || {
        live.trouble.get().map(|sentence| {
            view! {
                <p class="problem wide" role="alert">
                    <Text words=move || sentence.clone() />
                </p>
            }
        })
    }
}

/// What a page says that does not follow the class.
#[component]
pub fn NotLive() -> impl IntoView {
    view! {
        <p class="notice">
            "This page is not live in your browser. " <a href="?">"Reload"</a>
            " to see what is new."
        </p>
    }
}

/// Covers the room once there is nothing more to do in it.
#[component]
pub fn Parted() -> impl IntoView {
    let live = expect_context::<Live>();
    let title = move || match live.connection.get() {
        Connection::Ended => Some("The class has ended."),
        Connection::Removed => Some("You are not in this class any more."),
        Connection::Starting | Connection::Live | Connection::Slow | Connection::Reconnecting => {
            None
        }
    };
    move || {
        title().map(|title| {
            view! {
                <div class="parted" role="alertdialog" aria-modal="true" aria-labelledby="parted-title">
                    <div class="card one">
                        <h2 id="parted-title">{title}</h2>
                        <a class="button primary" href="/">
                            "To the start"
                        </a>
                    </div>
                </div>
            }
        })
    }
}
