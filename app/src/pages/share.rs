//! How students come in: the code, the QR code and the link.

use leptos::prelude::*;
use server::Link;
use signaling::GroupId;

use crate::room::{ACT, RoomAction};
use crate::ui::link::Qr;

/// How students come in: the code, the QR and the link. It is open while nobody is here.
#[component]
pub fn Share(group: GroupId, code: String, link: Link, nobody_here: bool) -> impl IntoView {
    let spoken = spoken(&code);
    let (url, is_for_others) = (link.url.clone(), link.is_for_others);
    view! {
        <details class="share" open=nobody_here>
            <summary>
                <span class="code" translate="no">
                    {spoken.clone()}
                </span>
                <span class="hint">"QR and link"</span>
            </summary>
            <div class="share-panel">
                <Qr link />
                <div class="share-words">
                    {nobody_here
                        .then(|| {
                            view! {
                                <p class="nobody">
                                    "Nobody is here yet. Show this code"
                                    {is_for_others.then_some(" or QR")} "."
                                </p>
                            }
                        })}
                    <p class="code large" translate="no">
                        {spoken}
                    </p>
                    <p class="link" translate="no">
                        <a href=url.clone()>{url.clone()}</a>
                    </p>
                    <form method="post" action=ACT data-plain="">
                        <input type="hidden" name="group" value=group.to_string() />
                        <button class="quiet" name="deed" value=RoomAction::RenewCode.word()>
                            "New code"
                        </button>
                        <span class="hint">"The old one stops working. Whoever is in stays in."</span>
                    </form>
                </div>
            </div>
        </details>
    }
}

/// A code as it is read aloud: K7P-4MX.
fn spoken(code: &str) -> String {
    let (head, tail) = code.split_at_checked(3).unwrap_or((code, ""));
    format!("{head}-{tail}")
}
