//! A teacher goes on with another device: this page shows the link on the one, and takes it up on
//! the other. Taking up is a form, so that no preview of the link uses it up.

use leptos::prelude::*;
use leptos_meta::Title;

use server::{Link, Token};

use crate::failure::Failure;
use crate::request::{browser_token, engine, headers, param};
use crate::response::report;
use crate::trouble::Trouble;
use crate::ui::frame::Plain;
use crate::ui::link::Qr;
use crate::ui::problem::{explained, trouble};
use crate::visitor::{give_form_cookie, is_in};
use crate::words::{handover, page};

/// The page of a link for another device.
#[component]
pub fn HandoverPage() -> impl IntoView {
    let token = param("token");
    let problem = trouble();
    view! {
        <Title text=handover::title() />
        <Plain>
            <Suspense>
                {Suspend::new(async move {
                    match leads_to(&token).await {
                        Ok((class, room, link, true)) => show(class, room, link).into_any(),
                        Ok((class, _, _, false)) => take_up(token, class, problem).into_any(),
                        Err(failure) => {
                            let trouble = report(failure);
                            view! {
                                <section class="card one">
                                    <h1>{handover::used()}</h1>
                                    <p>{trouble.sentence()}</p>
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

fn show(class: String, room: String, link: Link) -> impl IntoView {
    let url = link.url.clone();
    view! {
        <section class="card one handover">
            <h1>{handover::title()}</h1>
            <p>
                {handover::open(view! { <bdi>{class}</bdi> })}
            </p>
            <p class="warning">{handover::warning()}</p>
            <Qr link />
            <p class="link">{url}</p>
            <a class="button quiet" href=room>
                {page::back_to_class()}
            </a>
        </section>
    }
}

fn take_up(token: String, class: String, problem: Option<Trouble>) -> impl IntoView {
    give_form_cookie();
    view! {
        <section class="card one">
            <h1>
                <bdi>{class}</bdi>
            </h1>
            {problem
                .map(|problem| {
                    view! { <p class="problem" role="alert">{explained(problem)}</p> }
                })}
            <p>{handover::teach()}</p>
            <form method="post" action="/do/take-over">
                <input type="hidden" name="token" value=token />
                <button class="primary big">{handover::button()}</button>
            </form>
        </section>
    }
}

/// A link for another device: the class it leads into, the path of that class, the full link, and whether this
/// browser is that teacher's already, which makes it the device that is handed over from.
async fn leads_to(token: &str) -> Result<(String, String, Link, bool), Failure> {
    let engine = engine()?;
    let handover = Token::from_text(token).ok_or(Trouble::LinkUsed)?;
    let leads_to = engine.handover_leads_to(&handover).await?;
    let (group, teacher) = leads_to.ok_or(Trouble::LinkUsed)?;
    let room = engine.room(group).await?;
    let name = room.with_group(|group| group.name.clone());
    let link = engine.handover_link(&headers(), &handover);
    let me = is_in(&engine, group, browser_token(&engine).as_ref()).await?;
    let is_here = me == Some(teacher);
    let name = name.map(|name| name.to_string()).unwrap_or_default();
    Ok((name, format!("/class/{group}"), link, is_here))
}
