//! The administrator's page: signing in, or all classes.

use leptos::prelude::*;
use server::{ClassFilter, ClassRow, Engine};

use super::access::access;
use super::keeping::{Kept, keeping};
use super::list::{List, classes};
use super::place::Spot;
use super::search::{Search, class_filter};
use super::sign_in::sign_in;
use super::tabs::Tab;
use crate::failure::Failure;
use crate::request::{engine, query};
use crate::ui::frame::refused;
use crate::visitor::is_admin;
use crate::zone::zone;

/// How many classes are on one page.
const CLASSES: u32 = 50;

/// Signing in, or all classes.
#[component]
pub fn AdminPage() -> impl IntoView {
    let search = Search::of_page();
    view! {
        <Suspense>
            {Suspend::new(async move {
                match found(&search).await {
                    Ok(Found::Classes(list)) => classes(search, *list).into_any(),
                    Ok(Found::Keeping(kept)) => keeping(kept).into_any(),
                    Ok(Found::Access) => access().into_any(),
                    Ok(Found::SignIn { has_admin }) => sign_in(has_admin).into_any(),
                    Err(failure) => refused(failure).into_any(),
                }
            })}
        </Suspense>
    }
}

enum Found {
    SignIn { has_admin: bool },
    Classes(Box<List>),
    Keeping(Kept),
    Access,
}

async fn found(search: &Search) -> Result<Found, Failure> {
    let engine = engine()?;
    if !is_admin(&engine).await? {
        let has_admin = engine.has_admin().await?;
        return Ok(Found::SignIn { has_admin });
    }
    match Tab::of_page() {
        Tab::Classes => {}
        Tab::Keeping => {
            let (days, still_days) = (engine.keep_days().await?, engine.still_days());
            let proposed = proposed(&engine).await?;
            return Ok(Found::Keeping(Kept { days, still_days, proposed }));
        }
        Tab::Access => return Ok(Found::Access),
    }
    let filter: ClassFilter =
        class_filter(&zone(), &search.name, &search.from, &search.until, search.state());
    let after = search.after.parse::<Spot>().ok().map(|Spot(place)| place);
    let mut rows = engine.classes(&filter, after, CLASSES + 1).await?;
    let is_more = rows.len() > CLASSES as usize;
    rows.truncate(CLASSES as usize);
    let next = rows.last().filter(|_| is_more).map(ClassRow::place);
    let (total, _) = engine.totals(&filter).await?;
    let mut classes = Vec::with_capacity(rows.len());
    for class in rows {
        let summary = engine.summary(&class).await?;
        let summary = serde_json::from_str(&summary).unwrap_or_default();
        classes.push((class, summary));
    }
    let keep_days = engine.keep_days().await?;
    let now = engine.now();
    let list = List { classes, next, total, keep_days, now };
    Ok(Found::Classes(Box::new(list)))
}

async fn proposed(engine: &Engine) -> Result<Option<(u32, u64)>, Failure> {
    let Ok(days) = query("keep").parse() else { return Ok(None) };
    let count = engine.kept_long_enough(engine.now(), days).await?;
    Ok((count > 0).then_some((days, count)))
}
