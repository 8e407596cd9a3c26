//! Instead of a class's room: for somebody who is not in the class, or after its end.

use classroom::history::Summary;
use leptos::prelude::*;
use leptos_meta::Title;
use signaling::{GroupId, Role};

use crate::failure::Failure;
use crate::request::engine;
use crate::trouble::Trouble;
use crate::ui::frame::Plain;
use crate::visitor::{member_of, ticket};
use crate::words::{count, landing, outside as words, page, trouble as said};

/// What one can still see of a class that is over.
enum After {
    /// Its teacher, with its figures.
    Teacher(GroupId, Summary),
    /// A student of it.
    Student(GroupId),
}

/// What stands there instead of the room.
pub async fn outside(group: &str, trouble: Trouble) -> impl IntoView + use<> {
    let title = match trouble {
        Trouble::Ended => words::class_over(),
        Trouble::NotHere => words::not_in_class(),
        _ => page::nothing_title(),
    };
    let body = match trouble {
        Trouble::Ended => over(after(group).await.ok()).into_any(),
        Trouble::NotHere => view! {
            <p>{words::not_on_this_device()}</p>
            <a class="button primary big" href="/join">
                {words::join_with_code()}
            </a>
        }
        .into_any(),
        other => view! {
            <p>{other.sentence()}</p>
            <a class="button primary" href="/">
                {page::to_start()}
            </a>
        }
        .into_any(),
    };
    view! {
        <Title text=title />
        <Plain>
            <section class="card one">
                <h1>{title}</h1>
                {body}
            </section>
        </Plain>
    }
}

fn over(after: Option<After>) -> impl IntoView {
    let ways = match after {
        Some(After::Teacher(group, figures)) => view! {
            <p>{words::figures(&count::students(figures.students as usize), &count::hands(figures.hands as usize), &count::turns(figures.turns as usize))}</p>
            <a class="button primary big" href=format!("/class/{group}/history")>
                {words::see()}
            </a>
            <form method="post" action="/do/start-again">
                <input type="hidden" name="group" value=group.to_string() />
                <input type="hidden" name="ticket" value=ticket() />
                <button class="quiet big">{landing::again()}</button>
            </form>
        }
        .into_any(),
        Some(After::Student(group)) => view! {
            <p>{words::student_after()}</p>
            <a class="button primary big" href=format!("/class/{group}/me")>
                {landing::stored()}
            </a>
        }
        .into_any(),
        None => view! { <p>{said::ended()}</p> }.into_any(),
    };
    view! {
        {ways}
        <a class="button bare" href="/">
            {page::to_start()}
        </a>
    }
}

async fn after(group: &str) -> Result<After, Failure> {
    let group: GroupId = group.parse().map_err(|_| Trouble::NotHere)?;
    let engine = engine()?;
    let (me, role) = member_of(group).await?;
    if role == Role::Student {
        return Ok(After::Student(group));
    }
    let class = engine.class(group).await?;
    engine.may_look_back(&class, me).await?;
    let summary = engine.summary(&class).await?;
    Ok(After::Teacher(group, serde_json::from_str(&summary).unwrap_or_default()))
}
