//! How students come in, as far as the server alone can show it: the QR code, the code and the link.

use leptos::prelude::*;
use server::Link;

use crate::room::spoken;
use crate::ui::link::Qr;

/// The QR code, the code and the link.
#[component]
pub fn Share(code: String, link: Link) -> impl IntoView {
    let url = link.url.clone();
    let shown = url.split_once("://").map_or(url.clone(), |(_, rest)| rest.to_owned());
    view! {
        <Qr link />
        <div class="join-words">
            <p class="code large" translate="no" dir="ltr">
                {spoken(&code)}
            </p>
            <p class="link" translate="no" dir="ltr">
                <a href=url>{shown}</a>
            </p>
        </div>
    }
}
