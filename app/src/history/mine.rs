//! What is stored about somebody in a class, for themselves.

use leptos::prelude::*;
use leptos_meta::Title;

use super::class::by_itself;
use super::entries::Whole;
use super::person::{RecordsOf, membership};
use super::read;
use super::times;
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

/// How often, in words.
fn so_often(times: usize) -> String {
    match times {
        1 => words::once().to_owned(),
        2 => words::twice().to_owned(),
        times => words::times(times),
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
    let devices = engine.count_devices(group, me).await?;
    let deleted_at = class.deleted_at(engine.keep_days().await?);
    let zone = zone();
    let spoke = page.chronicle.spoke_millis(&person, page.now);
    let did = match (person.hands as usize, person.turns as usize) {
        (0, 0) => words::did_nothing().to_owned(),
        (hands, 0) => words::did_raise(&so_often(hands)),
        (hands, turns) => words::did(&so_often(hands), &so_often(turns), &times::spoke(spoke)),
    };
    let mut kept = match deleted_at {
        Some(at) => words::deleted_on(&zone.day(at)),
        None => words::kept_until_deleted().to_owned(),
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
    let what = words::what(&membership, devices, &zone.name(page.now));
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
                <p>{stored_as} " " {did}</p>
            </div>
            <dl class="stored">
                <div>
                    <dt>{words::stored_what()}</dt>
                    <dd>{what}</dd>
                </div>
                <div>
                    <dt>{words::stored_until()}</dt>
                    <dd>{kept}</dd>
                </div>
                <div>
                    <dt>{words::stored_who_deletes()}</dt>
                    <dd>{words::ask_to_erase()}</dd>
                </div>
            </dl>
            <p>
                <a href=format!("/class/{group}/me/data.json") download="">
                    {words::download()}
                </a>
            </p>
            <RecordsOf page person whole />
        </Wide>
    })
}
