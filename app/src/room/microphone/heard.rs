//! Who is heard, by the server's word.

use leptos::prelude::*;

use crate::room::changing::While;
use crate::room::icon::{Icon, SOUND};
use crate::room::live::Live;
use crate::room::reactive::Derived;
use crate::room::text::Text;
use crate::words::{apart, room as words};

/// Who is heard. It takes no room while nobody is.
#[component]
pub fn Heard() -> impl IntoView {
    let live = expect_context::<Live>();
    let is_any = Derived::new(move |_| live.heard.with(|heard| !heard.is_empty()));
    let names = move || {
        live.names.track();
        let name = |user| {
            let name = apart(&live.name_of(user));
            // A projector is nobody's own page.
            let is_own = user == live.me && !live.as_shown;
            if is_own { name + words::you() } else { name }
        };
        let heard = live.heard.get();
        let names: Vec<String> = heard.into_iter().map(name).collect();
        words::heard(&names.join(", "))
    };
    view! {
        <While so=move || is_any.get()>
            <p class="heard">
                <Icon path=SOUND />
                <span translate="no">
                    <Text words=names />
                </span>
            </p>
        </While>
    }
}
