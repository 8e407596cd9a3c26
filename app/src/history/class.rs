//! A class: its figures, its pictures and its rounds.

use classroom::history::{Chronicle, sections};
use leptos::prelude::*;
use leptos_meta::Title;
use server::ClassRow;

use super::entries::Whole;
use super::pager::Pager;
use super::people::People;
use super::pictures::Timeline;
use super::portions::TEACHERS;
use super::read::{self, Told};
use super::rounds::SectionOf;
use super::spot::{Spot, Who};
use super::times::{spoke, zone_of};
use super::viewer::{Viewer, viewer};
use super::words::{apart, count, named};
use crate::failure::Failure;
use crate::request::{param, path, query};
use crate::ui::confirm::Confirm;
use crate::ui::frame::{Wide, refused};
use crate::ui::problem::{Problem, trouble};
use crate::ui::table::Figure;
use crate::zone::Zone;

/// The page of a class, for an administrator or one of its teachers.
#[component]
pub fn ClassPage() -> impl IntoView {
    let group = param("group");
    let as_admin = path().starts_with("/admin/");
    let spot = Spot::of_page();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let found = async {
                    let (engine, viewer, class) = viewer(&group, as_admin).await?;
                    let told = read::told(&engine, &class, viewer, spot.from, None).await?;
                    let deleted_at = class.deleted_at(engine.keep_days().await?);
                    Ok::<_, Failure>((viewer, class, told, deleted_at))
                };
                match found.await {
                    Ok::<_, Failure>((viewer, class, told, deleted_at)) => {
                        shown(viewer, class, told, deleted_at, spot).into_any()
                    }
                    Err(failure) => refused(failure).into_any(),
                }
            })}
        </Suspense>
    }
}

/// When a class was, in words.
pub fn when(zone: &Zone, class: &ClassRow) -> String {
    let began = zone.day_and_clock(class.created_at);
    match class.ended_at {
        None => format!("Began {began}, goes on"),
        Some(ended) if zone.day(ended) == zone.day(class.created_at) => {
            format!("{began} to {}", zone.short_clock(ended))
        }
        Some(ended) => format!("{began} to {}", zone.day_and_clock(ended)),
    }
}

/// That a class ended without anybody's doing, in words.
pub fn by_itself(chronicle: &Chronicle) -> Option<String> {
    let days = chronicle.forgotten_millis()? / (24 * 3_600 * 1_000);
    let days = count(usize::try_from(days).unwrap_or_default(), "day", "days");
    Some(format!(" The class ended by itself, after {days} without anything happening."))
}

fn shown(
    viewer: Viewer,
    class: ClassRow,
    told: Told,
    deleted_at: Option<signaling::Timestamp>,
    spot: Spot,
) -> impl IntoView {
    let zone = zone_of(&told.chronicle);
    let summary = told.chronicle.summary();
    let here = viewer.class(class.group_id);
    let spoken = told.chronicle.spoken_millis(told.now);
    let back = match viewer {
        Viewer::Admin => ("/admin".to_owned(), "All classes".to_owned()),
        Viewer::Teacher(_) if class.ended_at.is_some() => {
            ("/".to_owned(), "To the start".to_owned())
        }
        Viewer::Teacher(_) => {
            (format!("/class/{}", class.group_id), "Back to the class".to_owned())
        }
    };
    let problem = trouble();
    let done = (query("done") == "erased")
        .then_some("The name and the data are erased. The counts stay as they were.");
    view! {
        <Title text=format!("{}: what happened", class.name) />
        <Wide back>
            <div class="head">
                <h1>
                    <bdi>{class.name.clone()}</bdi>
                </h1>
                <p class="hint">
                    {when(&zone, &class)} ". With " {teachers(&summary.teachers, spot)}
                    {format!(". Times are those of {}.", zone.name(told.now))}
                    {by_itself(&told.chronicle)}
                </p>
                {deleted_at
                    .map(|at| {
                        view! {
                            <p class="hint">{format!("This class will be deleted on {}.", zone.day(at))}</p>
                        }
                    })}
            </div>
            <Problem problem />
            {done.map(|done| view! { <p class="done" role="status">{done}</p> })}
            <dl class="figures" aria-label="The class in figures">
                <Figure words="Students" value=summary.students.to_string() />
                <Figure words="Rounds" value=summary.rounds.to_string() />
                <Figure words="Hands" value=summary.hands.to_string() />
                <Figure words="Turns" value=summary.turns.to_string() />
                <Figure words="Spoken" value=spoke(spoken) />
            </dl>
            <div class="choices actions">
                <a class="button quiet" href=format!("{here}/export?format=csv")>
                    "Export as CSV"
                </a>
                <a class="button quiet" href=format!("{here}/export?format=json")>
                    "Export as JSON"
                </a>
                {(viewer == Viewer::Admin)
                    .then(|| {
                        let goes_on = if class.ended_at.is_none() {
                            " It is still going on, and will end for everybody."
                        } else {
                            ""
                        };
                        view! {
                            <Confirm
                                id="delete-class"
                                opens="Delete the class"
                                class="quiet would-destroy"
                                title="Delete this class?"
                                means=format!(
                                    "“{}” and everything that is known of it will be gone: names, hands, turns.{goes_on} It cannot be brought back; export it first if you may need it.",
                                    apart(&class.name),
                                )
                                keep="Keep"
                            >
                                <form class="tap" method="post" action="/do/delete-class">
                                    <input type="hidden" name="group" value=class.group_id.to_string() />
                                    <button class="destroys">"Delete the class"</button>
                                </form>
                            </Confirm>
                        }
                    })}
            </div>
            <WhatHappened told viewer spot zone />
        </Wide>
    }
}

/// Who teaches, as far as they can be named in a sentence.
pub fn teachers(names: &[String], spot: Spot) -> impl IntoView + use<> {
    let left_out = names.len().saturating_sub(TEACHERS);
    view! {
        <bdi>{named(names, TEACHERS)}</bdi>
        {(left_out > 0)
            .then(|| {
                view! {
                    " and "
                    <a href=spot.table(Who::Teachers, 0)>{format!("{left_out} more")}</a>
                }
            })}
    }
}

/// What happened: the students, the picture and the rounds.
#[component]
pub fn WhatHappened(told: Told, viewer: Viewer, spot: Spot, zone: Zone) -> impl IntoView {
    let (names, now) = (told.names.clone(), told.now);
    let whole = Whole { base: viewer.class(told.chronicle.id()), only: None };
    let timeline = view! { <Timeline records=told.records.clone() names=names.clone() now zone=zone.clone() /> };
    let sections = sections(told.records.clone());
    let has_rounds = sections.iter().any(|s| s.round.is_some());
    let rounds = sections
        .into_iter()
        .map(|section| {
            view! {
                <SectionOf section names=names.clone() now zone=zone.clone() whole=whole.clone() />
            }
        })
        .collect_view();
    view! {
        <People told=told.clone() viewer spot />
        {timeline}
        <section class="rounds" aria-labelledby="rounds-title">
            <h2 id="rounds-title">"Round by round"</h2>
            {(!has_rounds && told.records.is_empty())
                .then(|| view! { <p class="nobody">"Nobody was asked for hands, and nobody raised one."</p> })}
            {rounds}
            <Pager told spot />
        </section>
    }
}

#[cfg(test)]
mod tests {
    use signaling::event::{GroupEnded, MemberJoined};
    use signaling::{Event, EventKind, GroupId, Name, Reason, Role, Timestamp, UserId};

    use super::*;

    #[test]
    fn a_class_that_was_forgotten_says_so_and_one_that_a_teacher_ended_does_not() {
        let day = |days: i64| Timestamp::from_millis(days * 24 * 3_600 * 1_000);
        let joined = EventKind::from(MemberJoined {
            user_id: UserId::from_bytes([1; 16]),
            name: Name::new("Ms Noether").expect("a name"),
            role: Role::Teacher,
            alike: None,
        });
        let told = |reason: &str| {
            let mut chronicle = Chronicle::new(GroupId::from_bytes([2; 16]));
            let ended = GroupEnded { reason: reason.to_owned() }.into();
            for (seq, at, kind) in [(1, day(1), joined.clone()), (2, day(121), ended)] {
                chronicle.tell(&Event { seq, at, kind });
            }
            by_itself(&chronicle)
        };
        let words = " The class ended by itself, after 120 days without anything happening.";
        assert_eq!(told(Reason::Forgotten.text()).as_deref(), Some(words));
        assert_eq!(told(Reason::Ended.text()), None);
    }
}
