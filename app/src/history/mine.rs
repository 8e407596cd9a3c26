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
use crate::words::{page, person as words};
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
    let page = read::history_page(&engine, &class, viewer, from, Some(me)).await?;
    let person = page.chronicle.person(me).cloned().ok_or(Trouble::NothingKept)?;
    let whole = Whole { base: format!("/class/{group}/me"), only: Some(me) };
    let devices = engine.devices(group, me).await?;
    let deleted_at = class.deleted_at(engine.keep_days().await?);
    let zone = zone();
    let mut kept = match deleted_at {
        Some(at) => words::deleted_on(&zone.day(at)),
        None => words::ask_to_erase().to_owned(),
    };
    if let Some(by_itself) = by_itself(&page.chronicle) {
        kept = format!("{kept} {by_itself}");
    }
    let name = view! {
        <strong>
            <bdi>{person.told_apart()}</bdi>
        </strong>
    };
    let stored_as = words::stored_as(name, view! { <bdi>{class.name.clone()}</bdi> });
    let devices = usize::try_from(devices).unwrap_or(usize::MAX);
    let membership = membership(&person, &zone);
    let stored = words::stored(&membership, devices, &kept, &zone.name(page.now));
    let back = if class.ended_at.is_some() {
        ("/".to_owned(), page::to_start().to_owned())
    } else {
        (format!("/class/{group}"), page::back_to_class().to_owned())
    };
    Ok(view! {
        <Title text=words::stored_title() />
        <Wide back>
            <div class="head">
                <h1>{words::stored_title()}</h1>
                <p>{stored_as}</p>
                <p class="hint">{stored}</p>
            </div>
            <PersonFigures person=person.clone() spoke=page.chronicle.spoke_millis(&person, page.now) />
            <RecordsOf page person whole />
        </Wide>
    })
}
