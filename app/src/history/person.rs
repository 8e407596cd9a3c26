//! A person in a class: what they did, and what is recorded of it.

use classroom::history::Person;
use leptos::prelude::*;
use leptos_meta::Title;
use server::ClassRow;
use signaling::{Role, UserId};

use super::entries::Whole;
use super::pager::Pager;
use super::read::{self, HistoryPage};
use super::recorded::Recorded;
use super::spot::Spot;
use super::times::{self, zone_of};
use super::viewer::{Viewer, viewer};
use super::words;
use crate::failure::Failure;
use crate::request::{param, path, query};
use crate::trouble::Trouble;
use crate::ui::confirm::Confirm;
use crate::ui::frame::{Wide, refused};
use crate::ui::problem::{Problem, trouble};
use crate::ui::table::Figure;
use crate::words::{apart, figure, page, person as said};
use crate::zone::{Zone, zone};

/// The page of a person, for an administrator or a teacher of the class.
#[component]
pub fn PersonPage() -> impl IntoView {
    let (group, member) = (param("group"), param("member"));
    let as_admin = path().starts_with("/admin/");
    let from = query("from").parse().ok();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let found = async {
                    let (engine, viewer, class) = viewer(&group, as_admin).await?;
                    let user: UserId = member.parse().map_err(|_| Trouble::NoSuchPerson)?;
                    let page = read::history_page(&engine, &class, viewer, from, Some(user)).await?;
                    let person = page.chronicle.person(user).cloned();
                    Ok::<_, Failure>((viewer, class, page, person.ok_or(Trouble::NoSuchPerson)?))
                };
                match found.await {
                    Ok((viewer, class, page, person)) => {
                        shown(viewer, class, page, person).into_any()
                    }
                    Err(failure) => refused(failure).into_any(),
                }
            })}
        </Suspense>
    }
}

fn shown(viewer: Viewer, class: ClassRow, page: HistoryPage, person: Person) -> impl IntoView {
    let zone = zone();
    let name = person.told_apart();
    let is_like_teacher = page.chronicle.is_like_teacher(&person);
    let back = (viewer.class(class.group_id), class.name.clone());
    let whole = Whole { base: viewer.class(class.group_id), only: None };
    let problem = trouble();
    view! {
        <Title text=said::in_class(&name, &class.name) />
        <Wide back>
            <div class="head">
                <h1>
                    <bdi>{name.clone()}</bdi>
                </h1>
                <p class="hint">
                    {membership(&person, &zone)}
                    {is_like_teacher.then(|| view! { ". " {said::like_teacher()} })}
                </p>
            </div>
            <Problem problem />
            <PersonFigures person=person.clone() spoke=page.chronicle.spoke_millis(&person, page.now) />
            {(viewer == Viewer::Admin)
                .then(|| {
                    let known = apart(&name);
                    let is_here = person.left_at.is_none() && class.ended_at.is_none();
                    let means = if is_here {
                        said::erasing_here(&known)
                    } else {
                        said::erasing(&known)
                    };
                    view! {
                        <div class="choices actions">
                            <Confirm
                                id="erase-person"
                                opens=said::erase()
                                class="quiet would-destroy"
                                title=said::erase_title()
                                means=means
                                keep=page::keep()
                            >
                                <form class="tap" method="post" action="/do/erase-person">
                                    <input type="hidden" name="group" value=class.group_id.to_string() />
                                    <input type="hidden" name="member" value=person.user.to_string() />
                                    <button class="destroys">{said::erase_button()}</button>
                                </form>
                            </Confirm>
                        </div>
                    }
                })}
            <RecordsOf page person whole />
        </Wide>
    }
}

/// What somebody is in a class and since when, in words.
pub fn membership(person: &Person, zone: &Zone) -> String {
    let role = match person.role {
        Role::Teacher => said::teacher(),
        Role::Student => said::student(),
    };
    let joined = zone.day_and_clock(person.joined_at);
    match person.left_at {
        Some(at) => {
            let why = person.left_reason.as_deref().map(words::reason).unwrap_or_default();
            said::joined_and_left(role, &joined, &why, &zone.day_and_clock(at))
        }
        None => said::joined(role, &joined),
    }
}

/// What somebody did, in figures.
#[component]
pub fn PersonFigures(
    person: Person,
    /// Milliseconds that they had the floor.
    spoke: i64,
) -> impl IntoView {
    view! {
        <dl class="figures" aria-label=said::figures()>
            <Figure words=figure::hands() value=person.hands.to_string() />
            <Figure words=figure::turns() value=person.turns.to_string() />
            <Figure words=figure::spoke() value=times::spoke(spoke) />
            <Figure words=figure::passed() value=person.passes.to_string() />
            <Figure words=figure::not_now() value=person.declined.to_string() />
            <Figure words=figure::ran_out() value=person.ran_out.to_string() />
        </dl>
    }
}

/// Every invitation of a page, all of which somebody took part in, with what is recorded of their
/// part.
#[component]
pub fn RecordsOf(page: HistoryPage, person: Person, whole: Whole) -> impl IntoView {
    let zone = zone_of(&page.chronicle);
    let is_empty = page.records.is_empty();
    let shown = page
        .records
        .iter()
        .map(|record| {
            view! {
                <Recorded
                    record=record.clone()
                    names=page.names.clone()
                    zone=zone.clone()
                    only=Some(person.user)
                    whole=whole.clone()
                />
            }
        })
        .collect_view();
    view! {
        <section class="rounds" aria-labelledby="records-title">
            <h2 id="records-title">{said::records_title()}</h2>
            {is_empty.then(|| view! { <p class="nobody">{said::no_records()}</p> })}
            {shown}
            <Pager page spot=Spot::default() />
        </section>
    }
}
