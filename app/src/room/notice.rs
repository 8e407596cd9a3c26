//! What the page says of itself and of what its member did: a problem, that it is not live, that there
//! is nothing more to do in it.

use leptos::prelude::*;

use super::live::{Connection, Live};
use super::text::Text;
use crate::words::room as words;

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
#[cfg(feature = "ssr")]
#[component]
pub fn NotLive() -> impl IntoView {
    use crate::words::share;

    let reload = view! { <a href="?">{share::reload()}</a> };
    view! { <p class="notice">{share::not_live_notice(reload)}</p> }
}

/// Covers the room once there is nothing more to do in it.
#[component]
pub fn Parted() -> impl IntoView {
    let live = expect_context::<Live>();
    let title = move || match live.connection.get() {
        Connection::Ended => Some(words::ended_title()),
        Connection::Removed => Some(words::removed_title()),
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
                            {words::to_start()}
                        </a>
                    </div>
                </div>
            }
        })
    }
}
