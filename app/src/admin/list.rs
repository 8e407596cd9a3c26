//! The list of all classes, with what can be done about them.

use classroom::history::Summary;
use leptos::prelude::*;
use leptos_meta::Title;
use server::{ClassRow, Place};
use signaling::Timestamp;

use super::keeping::{Keeping, proposal};
use super::place::Spot;
use super::search::Search;
use crate::history::words::{count, named};
use crate::request::{address, query};
use crate::ui::frame::Wide;
use crate::ui::problem::{Problem, trouble};
use crate::ui::table::{Column, Table};
use crate::zone::{Zone, zone};

/// The most teachers of a class that are named here. All of them are on its page.
const TEACHERS: usize = 3;

/// What the list shows.
pub struct List {
    pub classes: Vec<(ClassRow, Summary)>,
    pub next: Option<Place>,
    pub total: u64,
    pub keep_days: Option<u32>,
    pub still_days: u32,
    pub now: Timestamp,
    /// How many days are proposed, and how many classes that would delete at once.
    pub proposed: Option<(u32, u64)>,
}

/// The page of the list.
pub fn classes(search: Search, list: List) -> impl IntoView {
    let zone = zone();
    let problem = trouble();
    let done = match query("done").as_str() {
        "deleted" => Some("The class is deleted."),
        "kept" => Some("The setting is saved."),
        _ => None,
    };
    let is_first = search.after.is_empty();
    let is_search = search.is_any();
    let link = |after: &str| {
        let mut fields = search.fields().to_vec();
        fields.push(("after", after));
        address("/admin", &fields)
    };
    let export = |format: &'static str| {
        let mut fields = search.fields().to_vec();
        fields.push(("format", format));
        address("/admin/export", &fields)
    };
    let pager = (!is_first || list.next.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages of the list">
                {(!is_first)
                    .then(|| view! { <a class="button quiet" href=link("")>"Newest"</a> })}
                {list
                    .next
                    .map(|next| {
                        view! {
                            <a class="button quiet" rel="next" href=link(&Spot(next).text())>
                                "Older"
                            </a>
                        }
                    })}
            </nav>
        }
    });
    let total = count(usize::try_from(list.total).unwrap_or(usize::MAX), "class", "classes");
    let is_empty = list.classes.is_empty();
    let (csv, json) = (export("csv"), export("json"));
    let rows = list
        .classes
        .into_iter()
        .map(|(class, summary)| class_row(&class, &summary, &zone, list.keep_days))
        .collect_view();
    view! {
        <Title text="All classes" />
        <Wide>
            <div class="head across">
                <h1>"All classes"</h1>
                <form method="post" action="/do/sign-out">
                    <button class="quiet">"Sign out"</button>
                </form>
            </div>
            <Problem problem />
            {done.map(|done| view! { <p class="done" role="status">{done}</p> })}
            {list.proposed.map(|(days, count)| proposal(days, count))}
            <form class="search" method="get" action="/admin" role="search">
                <div class="field grow">
                    <label for="name">"Class name"</label>
                    <input id="name" name="name" type="search" value=search.name.clone() maxlength="64" />
                </div>
                <div class="field">
                    <label for="from">"From"</label>
                    <input id="from" name="from" type="date" value=search.from.clone() />
                </div>
                <div class="field">
                    <label for="until">"Until"</label>
                    <input id="until" name="until" type="date" value=search.until.clone() />
                </div>
                <button class="primary">"Search"</button>
                {is_search.then(|| view! { <a class="button bare" href="/admin">"Show all"</a> })}
            </form>
            <p class="hint">
                {format!("{total}, newest first. Times are those of {}.", zone.name(list.now))}
            </p>
            {is_empty
                .then(|| {
                    let words = if is_search {
                        "No class matches. Try a shorter name or other days."
                    } else {
                        "There are no classes yet. They appear here as soon as a teacher starts one."
                    };
                    view! { <p class="nobody">{words}</p> }
                })}
            {(!is_empty)
                .then(|| {
                    view! {
                        <Table class="classes stack" columns=&[Column::Words("Class"), Column::Words("Teacher"), Column::Words("When"), Column::Number("Students"), Column::Number("Rounds"), Column::Number("Hands"), Column::Number("Turns")]>{rows}</Table>
                    }
                })}
            {pager}
            {(!is_empty)
                .then(|| {
                    view! {
            <section class="keeping card" aria-labelledby="export-title">
                <h2 id="export-title">"Export"</h2>
                <p class="hint">
                    {if is_search {
                        "Everything recorded in the classes that match."
                    } else {
                        "Everything recorded in all classes."
                    }}
                </p>
                <div class="choices">
                    <a class="button quiet" href=csv>
                        "Export as CSV"
                    </a>
                    <a class="button quiet" href=json>
                        "Export as JSON"
                    </a>
                </div>
            </section>
                    }
                })}
            <Keeping days=list.keep_days still_days=list.still_days />
        </Wide>
    }
}

fn class_row(
    class: &ClassRow,
    summary: &Summary,
    zone: &Zone,
    keep_days: Option<u32>,
) -> impl IntoView + use<> {
    let began = zone.day_and_clock(class.created_at);
    let end = match class.ended_at {
        None => "goes on".to_owned(),
        Some(at) if zone.day(at) == zone.day(class.created_at) => {
            format!("to {}", zone.short_clock(at))
        }
        Some(at) => format!("to {}", zone.day_and_clock(at)),
    };
    let deleted = class.deleted_at(keep_days).map(|at| format!("until {}", zone.day(at)));
    let name = class.name.clone();
    let left_out = summary.teachers.len().saturating_sub(TEACHERS);
    let others = (left_out > 0).then(|| format!(" and {left_out} more"));
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/admin/class/{}", class.group_id)>
                    <bdi>{name}</bdi>
                </a>
            </th>
            <td data-label="Teacher">
                <bdi>{named(&summary.teachers, TEACHERS)}</bdi>
                {others}
            </td>
            <td data-label="When">
                {began} " " <span class="hint">{end}</span>
                {deleted.map(|words| view! { <span class="hint deleted">" kept " {words}</span> })}
            </td>
            <td class="number" data-label="Students">{summary.students}</td>
            <td class="number" data-label="Rounds">{summary.rounds}</td>
            <td class="number" data-label="Hands">{summary.hands}</td>
            <td class="number" data-label="Turns">{summary.turns}</td>
        </tr>
    }
}
