//! One invitation with everything that is recorded of it, however long: its texts whole, and
//! everybody's part, a page at a time.

use classroom::history::Record;
use leptos::prelude::*;
use leptos_meta::Title;
use server::{ClassRow, Engine};
use signaling::UserId;

use super::entries::{Entry, Whole, entries};
use super::read::{self, One};
use super::recorded::{closed, data, in_full};
use super::times::zone_of;
use super::viewer::{Viewer, own, viewer};
use super::{portions, words};
use crate::failure::Failure;
use crate::request::{engine, param, path, query};
use crate::trouble::Trouble;
use crate::ui::frame::{Wide, refused};
use crate::ui::pager::Steps;
use crate::words::{class, record as said};
use crate::zone::Zone;

/// The page of an invitation, for an administrator or a teacher of the class.
#[component]
pub fn InvitationPage() -> impl IntoView {
    let (group, event) = (param("group"), param("event"));
    let as_admin = path().starts_with("/admin/");
    let from = from();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let found = async {
                    let (engine, viewer, class) = viewer(&group, as_admin).await?;
                    let whole = Whole { base: viewer.class(class.group_id), only: None };
                    found(&engine, class, viewer, whole, &event).await
                };
                match found.await {
                    Ok(found) => shown(found, from).into_any(),
                    Err(failure) => refused(failure).into_any(),
                }
            })}
        </Suspense>
    }
}

/// The same for somebody who took part in it, as far as it is about them.
#[component]
pub fn MyInvitationPage() -> impl IntoView {
    let (group, event) = (param("group"), param("event"));
    let from = from();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let found = async {
                    let engine = engine()?;
                    let (me, class) = own(&engine, &group).await?;
                    let base = format!("/class/{}/me", class.group_id);
                    let whole = Whole { base, only: Some(me) };
                    found(&engine, class, Viewer::Teacher(me), whole, &event).await
                };
                match found.await {
                    Ok(found) => shown(found, from).into_any(),
                    Err(failure) => refused(failure).into_any(),
                }
            })}
        </Suspense>
    }
}

/// How much of the invitation comes before what is shown.
fn from() -> usize {
    query("from").parse().unwrap_or(0)
}

async fn found(
    engine: &Engine,
    class: ClassRow,
    viewer: Viewer,
    whole: Whole,
    event: &str,
) -> Result<(ClassRow, One, Whole), Failure> {
    let one = read::one(engine, &class, viewer, event).await?;
    let may_see = |one: &One| whole.only.is_none_or(|user| one.record.concerns(user));
    let one = one.filter(may_see).ok_or(Trouble::NoSuchInvitation)?;
    Ok((class, one, whole))
}

fn shown((class, one, whole): (ClassRow, One, Whole), from: usize) -> impl IntoView {
    let zone = zone_of(&one.chronicle);
    let back = (format!("{}?from={}", whole.base, one.record.seq), class.name.clone());
    let kind = words::kind(&one.record);
    let by = one.names.name(one.record.inviter);
    let terms = words::terms(&one.record);
    let terms = match closed(&one.record, &zone) {
        Some(closed) => said::terms_closed(&terms, &closed),
        None => terms,
    };
    let about = if one.record.is_private { said::about_one_to_one } else { said::about };
    let by = view! { <bdi>{by}</bdi> }.into_any();
    let about = about(&zone.clock(one.record.asked_at), by, &terms, &zone.name(one.now));
    view! {
        <Title text=said::in_class(kind, &class.name) />
        <Wide back>
            <div class="head">
                <h1>{kind}</h1>
                <p class="hint">{about}</p>
            </div>
            <Contents one only=whole.only from zone />
        </Wide>
    }
}

/// A page of what stands in an invitation.
#[component]
pub fn Contents(one: One, only: Option<UserId>, from: usize, zone: Zone) -> impl IntoView {
    let One { record, names, now, .. } = one;
    let all = entries(&record, only);
    let pages = portions::of_entries(&record, &all, &names);
    let place = pages.iter().rposition(|page| page.start <= from).unwrap_or(0);
    let entries = pages.get(place).and_then(|page| all.get(page.clone())).unwrap_or_default();
    let texts = entries.iter().filter_map(|entry| text(&record, *entry, &zone)).collect_view();
    let parts: Vec<usize> = entries
        .iter()
        .filter_map(|entry| if let Entry::Part(place) = entry { Some(*place) } else { None })
        .collect();
    let table = (!parts.is_empty()).then(|| in_full(&record, &parts, &names, &zone, now));
    let link = |place: Option<usize>| {
        place.and_then(|place| pages.get(place)).map(|page| format!("?from={}", page.start))
    };
    let part_of = said::part_of(place + 1, pages.len());
    view! {
        <section class="in-full" aria-label=said::everything()>
            {texts}
            {table}
            <Steps
                of=said::parts()
                before=link(place.checked_sub(1)).map(|address| (address, class::earlier()))
                words=part_of
                after=link(Some(place + 1)).map(|address| (address, class::later()))
            />
        </section>
    }
}

fn text(record: &Record, entry: Entry, zone: &Zone) -> Option<impl IntoView + use<>> {
    let (words, text) = match entry {
        Entry::Question => {
            let question = record.question.clone();
            return Some(
                view! {
                    <p>
                        <bdi>{question}</bdi>
                    </p>
                }
                .into_any(),
            );
        }
        Entry::Data => (said::data().to_owned(), data(&record.data)),
        Entry::Change(place) => {
            let change = record.changes.get(place)?;
            (said::before(&zone.clock(change.at)), data(&change.before))
        }
        Entry::Closing => {
            (said::data_of_end().to_owned(), record.close_data.as_deref().and_then(data))
        }
        Entry::Part(_) => return None,
    };
    Some(view! { <p><span class="hint">{words}</span> {text}</p> }.into_any())
}
