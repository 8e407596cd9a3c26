//! A person in a class: what they did, and what is recorded of it.

use classroom::history::Person;
use leptos::prelude::*;
use leptos_meta::Title;
use server::ClassRow;
use signaling::{Role, UserId};

use super::entries::Whole;
use super::pager::Pager;
use super::read::{self, Told};
use super::recorded::Recorded;
use super::spot::Spot;
use super::times::{self, zone_of};
use super::viewer::{Viewer, viewer};
use super::words::{self, apart};
use crate::failure::Failure;
use crate::request::{param, path, query};
use crate::trouble::Trouble;
use crate::ui::confirm::Confirm;
use crate::ui::frame::{Wide, refused};
use crate::ui::problem::{Problem, trouble};
use crate::ui::table::Figure;
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
                    let told = read::told(&engine, &class, viewer, from, Some(user)).await?;
                    let person = told.chronicle.person(user).cloned();
                    Ok::<_, Failure>((viewer, class, told, person.ok_or(Trouble::NoSuchPerson)?))
                };
                match found.await {
                    Ok((viewer, class, told, person)) => {
                        shown(viewer, class, told, person).into_any()
                    }
                    Err(failure) => refused(failure).into_any(),
                }
            })}
        </Suspense>
    }
}

fn shown(viewer: Viewer, class: ClassRow, told: Told, person: Person) -> impl IntoView {
    let zone = zone();
    let name = person.told_apart();
    let is_like_teacher = told.chronicle.is_like_teacher(&person);
    let back = (viewer.class(class.group_id), class.name.clone());
    let whole = Whole { base: viewer.class(class.group_id), only: None };
    let problem = trouble();
    view! {
        <Title text=format!("{name} in {}", class.name) />
        <Wide back>
            <div class="head">
                <h1>
                    <bdi>{name.clone()}</bdi>
                </h1>
                <p class="hint">
                    {membership(&person, &zone)}
                    {is_like_teacher.then_some(". The name looks like a teacher’s.")}
                </p>
            </div>
            <Problem problem />
            <PersonFigures person=person.clone() spoke=told.chronicle.spoke_millis(&person, told.now) />
            {(viewer == Viewer::Admin)
                .then(|| {
                    let still_here = if person.left_at.is_none() && class.ended_at.is_none() {
                        " They are still in the class and will be removed from it."
                    } else {
                        ""
                    };
                    view! {
                        <div class="choices actions">
                            <Confirm
                                id="erase-person"
                                opens="Erase name and data"
                                class="quiet would-destroy"
                                title="Erase this person’s name and data?"
                                means=format!(
                                    "The name “{}” and every text they sent in this class will be gone. How often they raised a hand and spoke stays, without a name.{still_here} It cannot be brought back.",
                                    apart(&name),
                                )
                                keep="Keep"
                            >
                                <form class="tap" method="post" action="/do/erase-person">
                                    <input type="hidden" name="group" value=class.group_id.to_string() />
                                    <input type="hidden" name="member" value=person.user.to_string() />
                                    <button class="destroys">"Erase"</button>
                                </form>
                            </Confirm>
                        </div>
                    }
                })}
            <RecordsOf told person whole />
        </Wide>
    }
}

/// What somebody is in a class and since when, in words.
pub fn membership(person: &Person, zone: &Zone) -> String {
    let role = match person.role {
        Role::Teacher => "Teacher",
        Role::Student => "Student",
    };
    let joined = zone.day_and_clock(person.joined_at);
    let gone = person.left_at.map(|at| {
        let why = person.left_reason.as_deref().map(words::reason).unwrap_or_default();
        format!(", {why} {}", zone.day_and_clock(at))
    });
    format!("{role}, joined {joined}{}", gone.unwrap_or_default())
}

/// What somebody did, in figures.
#[component]
pub fn PersonFigures(
    person: Person,
    /// Milliseconds that they had the floor.
    spoke: i64,
) -> impl IntoView {
    view! {
        <dl class="figures" aria-label="In figures">
            <Figure words="Hands" value=person.hands.to_string() />
            <Figure words="Turns" value=person.turns.to_string() />
            <Figure words="Spoke" value=times::spoke(spoke) />
            <Figure words="Passed" value=person.passes.to_string() />
            <Figure words="Not now" value=person.declined.to_string() />
            <Figure words="Ran out" value=person.ran_out.to_string() />
        </dl>
    }
}

/// Every invitation of a page, all of which somebody took part in, with what is recorded of their
/// part.
#[component]
pub fn RecordsOf(told: Told, person: Person, whole: Whole) -> impl IntoView {
    let zone = zone_of(&told.chronicle);
    let is_empty = told.records.is_empty();
    let shown = told
        .records
        .iter()
        .map(|record| {
            view! {
                <Recorded
                    record=record.clone()
                    names=told.names.clone()
                    zone=zone.clone()
                    only=Some(person.user)
                    whole=whole.clone()
                />
            }
        })
        .collect_view();
    view! {
        <section class="rounds" aria-labelledby="records-title">
            <h2 id="records-title">"Everything recorded"</h2>
            {is_empty.then(|| view! { <p class="nobody">"Nothing in this part of the class."</p> })}
            {shown}
            <Pager told spot=Spot::default() />
        </section>
    }
}
