//! What the page says of itself and of what its member did: a problem, that it is not live, that there
//! is nothing more to do in it.

use leptos::prelude::*;

use super::changing::sometimes;
use super::live::{Connection, Live};
use super::text::Text;
use crate::words::room as words;

/// What the last tap came to, when it came to nothing.
#[component]
pub fn Notice() -> impl IntoView {
    let live = expect_context::<Live>();
    sometimes(move || {
        live.trouble.get().map(|sentence| {
            view! {
                <p class="problem wide" role="alert">
                    <Text words=move || sentence.clone() />
                </p>
            }
        })
    })
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
    let (is_teacher, class) = live
        .group
        .with_untracked(|group| (group.is_teacher(live.me), format!("/class/{}", group.id)));
    sometimes(move || {
        let (title, ways) = match live.connection.get() {
            Connection::Ended if is_teacher => {
                let history = (format!("{class}/history"), words::see_what_happened());
                (words::ended_title(), [history, (String::from("/"), words::to_start())])
            }
            Connection::Ended => {
                let stored = (format!("{class}/me"), words::my_data());
                (words::ended_title(), [(String::from("/"), words::to_start()), stored])
            }
            Connection::Removed => {
                let start = (String::from("/"), words::to_start());
                (words::removed_title(), [(String::from("/join"), words::join_with_code()), start])
            }
            Connection::Starting
            | Connection::Live
            | Connection::Slow
            | Connection::Reconnecting => return None,
        };
        let [(first, does_first), (second, does_second)] = ways;
        Some(view! {
            <div class="parted" role="alertdialog" aria-modal="true" aria-labelledby="parted-title">
                <div class="card one">
                    <h2 id="parted-title">{title}</h2>
                    <a class="button primary" href=first>
                        {does_first}
                    </a>
                    <a class="button quiet" href=second>
                        {does_second}
                    </a>
                </div>
            </div>
        })
    })
}
