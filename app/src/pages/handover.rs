//! A teacher goes on with another device: this page shows the link on the one, and takes it up on
//! the other. Taking up is a form, so that no preview of the link uses it up.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Plain, param};
use crate::pages::room::Qr;
use crate::trouble::Trouble;

/// The page of a link for another device.
#[component]
pub fn HandoverPage() -> impl IntoView {
    let token = param("token");
    view! {
        <Title text="Go on with another device" />
        <Plain>
            <Suspense>
                {Suspend::new(async move {
                    match handover(&token).await {
                        Ok((class, link, true)) => show(class, link).into_any(),
                        Ok((class, _, false)) => take_up(token, class).into_any(),
                        Err(trouble) => {
                            view! {
                                <section class="card one">
                                    <h1>"This link is used up"</h1>
                                    <p>{trouble.to_string()}</p>
                                </section>
                            }
                                .into_any()
                        }
                    }
                })}
            </Suspense>
        </Plain>
    }
}

fn show(class: String, link: String) -> impl IntoView {
    view! {
        <section class="card one handover">
            <h1>"Go on with another device"</h1>
            <p>
                "Open this link there to teach " <bdi>{class}</bdi>
                ". It works once, within fifteen minutes. Keep it from your students."
            </p>
            <Qr text=link.clone() />
            <p class="link">{link}</p>
        </section>
    }
}

fn take_up(token: String, class: String) -> impl IntoView {
    view! {
        <section class="card one">
            <h1>
                <bdi>{class}</bdi>
            </h1>
            <p>"Teach this class from this device as well."</p>
            <form method="post" action="/do/take-over">
                <input type="hidden" name="token" value=token />
                <button class="primary big">"Go on here"</button>
            </form>
        </section>
    }
}

#[cfg(feature = "ssr")]
async fn handover(token: &str) -> Result<(String, String, bool), Trouble> {
    crate::actions::ssr::handover(token).await
}

#[cfg(not(feature = "ssr"))]
async fn handover(_: &str) -> Result<(String, String, bool), Trouble> {
    Err(Trouble::Failed)
}
