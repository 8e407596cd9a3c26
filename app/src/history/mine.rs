//! What is stored about somebody in a class, for themselves.

use leptos::prelude::*;
use leptos_meta::Title;

use super::class::by_itself;
use super::entries::Whole;
use super::person::{PersonFigures, RecordsOf, membership};
use super::read;
use super::viewer::{Viewer, own};
use crate::failure::Failure;
use crate::request::{engine, param, query};
use crate::trouble::Trouble;
use crate::ui::frame::{Wide, refused};
use crate::zone::zone;

/// The page of one's own data.
#[component]
pub fn MyDataPage() -> impl IntoView {
    let group = param("group");
    let from = query("from").parse().ok();
    view! {
        <Suspense>
            {Suspend::new(async move {
                match shown(&group, from).await {
                    Ok(page) => page.into_any(),
                    Err(failure) => refused(failure).into_any(),
                }
            })}
        </Suspense>
    }
}

async fn shown(group: &str, from: Option<u64>) -> Result<impl IntoView + use<>, Failure> {
    let engine = engine()?;
    let (me, class) = own(&engine, group).await?;
    let group = class.group_id;
    // What one may read of others' invitations is what any member may, and only one's own are told.
    let viewer = Viewer::Teacher(me);
    let told = read::told(&engine, &class, viewer, from, Some(me)).await?;
    let person = told.chronicle.person(me).cloned().ok_or(Trouble::NothingKept)?;
    let whole = Whole { base: format!("/class/{group}/me"), only: Some(me) };
    let devices = engine.devices(group, me).await?;
    let deleted_at = class.deleted_at(engine.keep_days().await?);
    let zone = zone();
    let by_itself = by_itself(&told.chronicle).unwrap_or_default();
    let devices = if devices == 1 { "one device".to_owned() } else { format!("{devices} devices") };
    let kept = match deleted_at {
        Some(at) => format!("It is deleted on {}.", zone.day(at)),
        None => {
            "To have it erased, ask your school: whoever runs Handup there can do it.".to_owned()
        }
    };
    let back = if class.ended_at.is_some() {
        ("/".to_owned(), "To the start".to_owned())
    } else {
        (format!("/class/{group}"), "Back to the class".to_owned())
    };
    Ok(view! {
        <Title text="What is stored about you" />
        <Wide back>
            <div class="head">
                <h1>"What is stored about you"</h1>
                <p>
                    "Your name in this class is " <strong>
                        <bdi>{person.told_apart()}</bdi>
                    </strong> ". The class is " <bdi>{class.name.clone()}</bdi> "."
                </p>
                <p class="hint">
                    {format!(
                        "{}. You are signed in on {devices}. Nothing else about you is kept: no address, no e-mail, nothing of your phone. {kept}{by_itself} Times are those of {}.",
                        membership(&person, &zone),
                        zone.name(told.now),
                    )}
                </p>
            </div>
            <PersonFigures person=person.clone() spoke=told.chronicle.spoke_millis(&person, told.now) />
            <RecordsOf told person whole />
        </Wide>
    })
}
