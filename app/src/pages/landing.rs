//! Where everybody begins: join a class, or start one.

use leptos::prelude::*;
use leptos_meta::Title;

use signaling::{GroupId, Role};

use crate::request::{browser_token, engine, query};
use crate::trouble::Trouble;
use crate::ui::field::{Field, Typed};
use crate::ui::frame::Plain;
use crate::ui::problem::{Problem, trouble};
use crate::visitor::ticket;
use crate::words::{landing, page};
use crate::zone::zone;

/// A class that this browser is in.
#[derive(Debug, Clone)]
struct ClassHere {
    /// The class.
    group: GroupId,
    /// Its name.
    name: String,
    /// The name one goes by in it.
    me: String,
    /// Whether one teaches it.
    teaches: bool,
    /// Whether it is over.
    ended: bool,
    /// The day on which it began.
    day: String,
}

/// The landing page.
#[component]
pub fn LandingPage() -> impl IntoView {
    let problem = trouble();
    let of_class = matches!(problem, Some(Trouble::ClassNameEmpty | Trouble::ClassNameLong));
    let of_name =
        matches!(problem, Some(Trouble::NameEmpty | Trouble::NameLong | Trouble::NameStrange));
    let elsewhere = problem.filter(|_| !of_class && !of_name);
    view! {
        <Title text="" />
        <Plain>
            <div class="landing">
                <div class="promise">
                    <h1>{landing::promise()}</h1>
                    <p>{landing::about()}</p>
                </div>
                <Problem problem=elsewhere />
                <section class="card" aria-labelledby="join-title">
                    <h2 id="join-title">{page::join_your_class()}</h2>
                    <form method="get" action="/join">
                        <Field
                            name="code"
                            label=page::code_label()
                            typed=Typed::Code
                            problem=None
                        />
                        <p class="hint">{page::code_hint()}</p>
                        <button class="primary">{page::next()}</button>
                    </form>
                </section>
                <section class="card" aria-labelledby="start-title">
                    <h2 id="start-title">{landing::start_title()}</h2>
                    <form method="post" action="/do/start">
                        <input type="hidden" name="ticket" value=ticket() />
                        <Field
                            name="name"
                            label=landing::class_label()
                            typed=Typed::Name
                            value=query("name")
                            problem=problem.filter(|_| of_class)
                        />
                        <Field
                            name="teacher"
                            label=landing::teacher_label()
                            typed=Typed::Name
                            value=query("teacher")
                            problem=problem.filter(|_| of_name)
                            autocomplete="name"
                        />
                        <button class="primary">{landing::start()}</button>
                    </form>
                </section>
                <ClassesHere />
            </div>
        </Plain>
    }
}

/// The way back for somebody who closed the tab, and to what happened in classes that are over.
#[component]
fn ClassesHere() -> impl IntoView {
    view! {
        <Suspense>
            {Suspend::new(async move {
                let (over, here): (Vec<_>, Vec<_>) =
                    classes_here().await.into_iter().partition(|class| class.ended);
                let here = list("back-title", landing::back_title(), here, |class| {
                    format!("/class/{}", class.group)
                });
                let over = list("over-title", landing::over_title(), over, |class| {
                    let page = if class.teaches { "history" } else { "me" };
                    format!("/class/{}/{page}", class.group)
                });
                view! {
                    {here}
                    {over}
                }
            })}
        </Suspense>
    }
}

fn list(
    title_id: &'static str,
    title: &'static str,
    classes: Vec<ClassHere>,
    address: fn(&ClassHere) -> String,
) -> Option<impl IntoView> {
    let is_any = !classes.is_empty();
    let rows = classes
        .into_iter()
        .map(|class| {
            let address = address(&class);
            let link = view! {
                <a href=address>
                    <bdi>{class.name}</bdi>
                </a>
            };
            let me = view! { <bdi>{class.me}</bdi> };
            let what = match (class.ended, class.teaches) {
                (false, _) => landing::class_as(link, me),
                (true, true) => landing::class_happened(link, me, &class.day),
                (true, false) => landing::class_stored(link, me, &class.day),
            };
            view! { <li>{what}</li> }
        })
        .collect_view();
    is_any.then(|| {
        view! {
            <section class="back" aria-labelledby=title_id>
                <h2 id=title_id>{title}</h2>
                <ul>{rows}</ul>
            </section>
        }
    })
}

/// The classes that this browser is in, and those it was in and that are over.
async fn classes_here() -> Vec<ClassHere> {
    let Ok(engine) = engine() else { return Vec::new() };
    let Some(token) = browser_token(&engine) else { return Vec::new() };
    let (zone, mut here) = (zone(), Vec::new());
    for ended in [false, true] {
        let classes = match engine.classes_of(&token, ended).await {
            Ok(classes) => classes,
            Err(error) => {
                error.log();
                Vec::new()
            }
        };
        here.extend(classes.into_iter().map(|(class, me, role)| ClassHere {
            group: class.group_id,
            name: class.name,
            me: me.to_string(),
            teaches: role == Role::Teacher,
            ended,
            day: zone.day(class.created_at),
        }));
    }
    here
}
