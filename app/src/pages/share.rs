//! How students come in: the code, the QR code and the link.

use leptos::prelude::*;
use server::Link;
use signaling::GroupId;

use crate::room::{ACT, RoomAction};
use crate::ui::link::Qr;
use crate::words::share;

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
                <span class="hint">{share::summary()}</span>
            </summary>
            <div class="share-panel">
                <Qr link />
                <div class="share-words">
                    {nobody_here
                        .then(|| {
                            view! {
                                <p class="nobody">
                                    {if is_for_others {
                                        share::nobody_code_or_qr()
                                    } else {
                                        share::nobody_code()
                                    }}
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
                            {share::new_code()}
                        </button>
                        <span class="hint">{share::about_new_code()}</span>
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
