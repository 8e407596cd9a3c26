//! A teacher goes on with another device: this page shows the link on the one, and takes it up on
//! the other. Taking up is a form, so that no preview of the link uses it up.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Plain, param, trouble, words};
use crate::actions::Link;
use crate::pages::room::Qr;
use crate::trouble::Trouble;

/// The page of a link for another device.
#[component]
pub fn HandoverPage() -> impl IntoView {
    let token = param("token");
    let problem = trouble();
    view! {
        <Title text="Go on with another device" />
        <Plain>
            <Suspense>
                {Suspend::new(async move {
                    match handover(&token).await {
                        Ok((class, link, true)) => show(class, link).into_any(),
                        Ok((class, _, false)) => take_up(token, class, problem).into_any(),
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

fn show(class: String, link: Link) -> impl IntoView {
    let url = link.url.clone();
    view! {
        <section class="card one handover">
            <h1>"Go on with another device"</h1>
            <p>
                "Open this link there to teach " <bdi>{class}</bdi>
                ". It works once, within fifteen minutes. Keep it from your students."
            </p>
            <Qr link />
            <p class="link">{url}</p>
        </section>
    }
}

fn take_up(token: String, class: String, problem: Option<Trouble>) -> impl IntoView {
    crate::actions::know_browser();
    view! {
        <section class="card one">
            <h1>
                <bdi>{class}</bdi>
            </h1>
            {problem
                .map(|problem| {
                    view! { <p class="problem" role="alert">{words(problem)}</p> }
                })}
            <p>"Teach this class from this device as well."</p>
            <form method="post" action="/do/take-over">
                <input type="hidden" name="token" value=token />
                <button class="primary big">"Go on here"</button>
            </form>
        </section>
    }
}

#[cfg(feature = "ssr")]
async fn handover(token: &str) -> Result<(String, Link, bool), Trouble> {
    crate::actions::ssr::handover(token).await
}

#[cfg(not(feature = "ssr"))]
async fn handover(_: &str) -> Result<(String, Link, bool), Trouble> {
    Err(Trouble::Failed)
}
