//! A class: its figures, its pictures and its rounds.

use classroom::history::{Chronicle, sections};
use leptos::prelude::*;
use leptos_meta::Title;
use server::ClassRow;

use super::entries::Whole;
use super::names::named;
use super::pager::Pager;
use super::people::{People, Sentences};
use super::pictures::Timeline;
use super::portions::TEACHERS;
use super::read::{self, HistoryPage};
use super::rounds::SectionOf;
use super::spot::{Spot, Who};
use super::times::{spoke, zone_of};
use super::viewer::{Viewer, viewer};
use crate::failure::Failure;
use crate::request::{param, path, query};
use crate::ui::confirm::Confirm;
use crate::ui::export_form::ExportForm;
use crate::ui::frame::{Wide, refused};
use crate::ui::problem::{Problem, trouble};
use crate::ui::table::Figure;
use crate::words::{apart, class as words, count, export, figure, page, people, picture};
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
                    let page = read::history_page(&engine, &class, viewer, spot.from, None).await?;
                    let deleted_at = class.deleted_at(engine.keep_days().await?);
                    Ok::<_, Failure>((viewer, class, page, deleted_at))
                };
                match found.await {
                    Ok((viewer, class, page, deleted_at)) => {
                        shown(viewer, class, page, deleted_at, spot).into_any()
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
        None => words::goes_on(&began),
        Some(ended) if zone.day(ended) == zone.day(class.created_at) => {
            words::from_to(&began, &zone.short_clock(ended))
        }
        Some(ended) => words::from_to(&began, &zone.day_and_clock(ended)),
    }
}

/// That a class ended without anybody's doing, in words.
pub fn by_itself(chronicle: &Chronicle) -> Option<String> {
    let days = chronicle.forgotten_millis()? / (24 * 3_600 * 1_000);
    Some(words::by_itself(usize::try_from(days).unwrap_or_default()))
}

fn shown(
    viewer: Viewer,
    class: ClassRow,
    page: HistoryPage,
    deleted_at: Option<signaling::Timestamp>,
    spot: Spot,
) -> impl IntoView {
    let zone = zone_of(&page.chronicle);
    let summary = page.chronicle.summary();
    let here = viewer.class(class.group_id);
    let has_picture = !page.records.is_empty();
    let back = match viewer {
        Viewer::Admin => ("/admin".to_owned(), page::all_classes().to_owned()),
        Viewer::Teacher(_) if class.ended_at.is_some() => {
            ("/".to_owned(), page::to_start().to_owned())
        }
        Viewer::Teacher(_) => {
            (format!("/class/{}", class.group_id), page::back_to_class().to_owned())
        }
    };
    let problem = trouble();
    let done = (query("done") == "erased").then(words::erased);
    let when = when(&zone, &class);
    let about = words::about(&when, teachers(&summary.teachers, spot), &zone.name(page.now));
    let by_itself = by_itself(&page.chronicle).map(|words| format!(" {words}"));
    view! {
        <Title text=words::title(&class.name) />
        <Wide back>
            <div class="head">
                <h1>
                    <bdi>{class.name.clone()}</bdi>
                </h1>
                <p class="hint">
                    {about}
                    {by_itself}
                </p>
                {deleted_at
                    .map(|at| {
                        view! {
                            <p class="hint">{words::deleted_on(&zone.day(at))}</p>
                        }
                    })}
            </div>
            <Problem problem />
            {done.map(|done| view! { <p class="done" role="status">{done}</p> })}
            <InPage has_picture />
            <WhatHappened page viewer spot zone />
            <section class="keeping" aria-labelledby="export-title">
                <h2 id="export-title">{export::title()}</h2>
                <ExportForm page=format!("{here}/export") fields=Vec::new() />
                <p>
                    <a href=format!("{here}/lessons.csv") download="">
                        {export::lessons()}
                    </a>
                </p>
            </section>
            {(viewer == Viewer::Admin)
                    .then(|| {
                        let name = apart(&class.name);
                        let means = if class.ended_at.is_none() {
                            words::deleting_goes_on(&name)
                        } else {
                            words::deleting(&name)
                        };
                        view! {
                            <div class="choices actions"><Confirm
                                id="delete-class"
                                opens=words::delete()
                                class="quiet would-destroy"
                                title=words::delete_title()
                                means=means
                                keep=page::keep()
                            >
                                <form class="tap" method="post" action="/do/delete-class">
                                    <input type="hidden" name="group" value=class.group_id.to_string() />
                                    <button class="destroys">{words::delete()}</button>
                                </form>
                            </Confirm></div>
                        }
                    })}
        </Wide>
    }
}

/// Who teaches, as far as they can be named in a sentence.
pub fn teachers(names: &[String], spot: Spot) -> impl IntoView + use<> {
    let left_out = names.len().saturating_sub(TEACHERS);
    let names = view! { <bdi>{named(names, TEACHERS)}</bdi> };
    if left_out == 0 {
        return names.into_any();
    }
    let more = view! { <a href=spot.table(Who::Teachers, 0)>{count::more(left_out)}</a> };
    count::names_and_more(names, more)
}

/// The ways to the parts of the page.
#[component]
fn InPage(has_picture: bool) -> impl IntoView {
    view! {
        <nav class="in-page" aria-label=words::on_this_page()>
            <a href="#people-title">{people::title()}</a>
            <a href="#rounds-title">{words::rounds_title()}</a>
            {has_picture.then(|| view! { <a href="#timeline-title">{picture::title()}</a> })}
            <a href="#export-title">{export::title()}</a>
        </nav>
    }
}

/// What happened: what one would look for, the figures, the students, the rounds and the picture.
#[component]
pub fn WhatHappened(page: HistoryPage, viewer: Viewer, spot: Spot, zone: Zone) -> impl IntoView {
    let (names, now) = (page.names.clone(), page.now);
    let whole = Whole { base: viewer.class(page.chronicle.id()), only: None };
    let timeline = view! { <Timeline records=page.records.clone() names=names.clone() now zone=zone.clone() /> };
    let sections = sections(page.records.clone());
    let has_rounds = sections.iter().any(|s| s.round.is_some());
    let rounds = sections
        .into_iter()
        .map(|section| {
            view! {
                <SectionOf section names=names.clone() now zone=zone.clone() whole=whole.clone() />
            }
        })
        .collect_view();
    let summary = page.chronicle.summary();
    let spoken = page.chronicle.spoken_millis(now);
    view! {
        <Sentences page=page.clone() spot />
        <dl class="figures" aria-label=words::figures()>
            <Figure words=figure::students() value=summary.students.to_string() />
            <Figure words=figure::rounds() value=summary.rounds.to_string() />
            <Figure words=figure::hands() value=summary.hands.to_string() />
            <Figure words=figure::turns() value=summary.turns.to_string() />
            <Figure words=figure::spoken() value=spoke(spoken) />
        </dl>
        <People page=page.clone() viewer spot />
        <section class="rounds" aria-labelledby="rounds-title">
            <h2 id="rounds-title">{words::rounds_title()}</h2>
            {(!has_rounds && page.records.is_empty())
                .then(|| view! { <p class="nobody">{words::nothing()}</p> })}
            {rounds}
            <Pager page spot />
        </section>
        {timeline}
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
        let words = "The class ended by itself, after 120 days without anything happening.";
        assert_eq!(told(Reason::Forgotten.text()).as_deref(), Some(words));
        assert_eq!(told(Reason::Ended.text()), None);
    }
}
