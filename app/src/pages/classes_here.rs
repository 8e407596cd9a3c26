//! The classes that a browser is in or was in, as the first page lists them: the way back for somebody
//! who closed the tab, and to what happened.

use leptos::prelude::*;
use signaling::{GroupId, Name, Role};

use crate::request::{browser_token, engine};
use crate::visitor::ticket;
use crate::words::{apart, landing};
use crate::zone::zone;

/// A class that this browser is in.
#[derive(Debug, Clone)]
struct ClassHere {
    /// The class.
    group: GroupId,
    /// Its name.
    name: String,
    /// The name one goes by in it.
    me: Name,
    /// Whether one teaches it.
    teaches: bool,
    /// Whether it is over.
    ended: bool,
    /// The day on which it began.
    day: String,
}

/// The list, where there is anything on it.
#[component]
pub fn ClassesHere() -> impl IntoView {
    view! {
        <Suspense>
            {Suspend::new(async move {
                let classes = classes_here().await;
                let is_any = !classes.is_empty();
                let rows = classes.into_iter().map(row).collect_view();
                is_any
                    .then(|| {
                        view! {
                            <section class="back" aria-labelledby="back-title">
                                <h2 id="back-title">{landing::classes_title()}</h2>
                                <ul>{rows}</ul>
                            </section>
                        }
                    })
            })}
        </Suspense>
    }
}

/// The name by which this browser taught last, as its classes tell it.
pub async fn teacher_here() -> Option<String> {
    let teaches = classes_here().await.into_iter().find(|class| class.teaches);
    teaches.map(|class| class.me.to_string())
}

fn row(class: ClassHere) -> impl IntoView {
    let ClassHere { group, name, me, teaches, ended, day } = class;
    let known = apart(&name);
    let when = if ended { day } else { landing::on_now().to_owned() };
    let ways = match (ended, teaches) {
        (false, _) => view! {
            <a class="button quiet" href=format!("/class/{group}") aria-label=landing::go_back_to(&known)>
                {landing::go_back()}
            </a>
        }
        .into_any(),
        (true, true) => view! {
            <form method="post" action="/do/start-again">
                <input type="hidden" name="group" value=group.to_string() />
                <input type="hidden" name="ticket" value=ticket() />
                <button class="quiet" aria-label=landing::again_about(&known)>{landing::again()}</button>
            </form>
            <a
                class="button bare"
                href=format!("/class/{group}/history")
                aria-label=landing::happened_about(&known)
            >
                {landing::happened()}
            </a>
        }
        .into_any(),
        (true, false) => view! {
            <a class="button quiet" href=format!("/class/{group}/me") aria-label=landing::stored_about(&known)>
                {landing::stored()}
            </a>
        }
        .into_any(),
    };
    let me = view! { <bdi>{me.to_string()}</bdi> };
    view! {
        <li>
            <p>
                <bdi class="class-name" translate="no">{name}</bdi>
                " "
                <span class="hint">{landing::as_whom_and_when(me, &when)}</span>
            </p>
            <div class="choices">{ways}</div>
        </li>
    }
}

/// The classes that this browser is in, and behind them those it was in and that are over.
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
            me,
            teaches: role == Role::Teacher,
            ended,
            day: zone.day(class.created_at),
        }));
    }
    here
}
