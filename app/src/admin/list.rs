//! The list of all classes, with what can be done about them.

use classroom::history::Summary;
use leptos::prelude::*;
use leptos_meta::Title;
use server::{ClassRow, Place};
use signaling::Timestamp;

use super::keeping::{Keeping, proposal};
use super::place::Spot;
use super::search::Search;
use crate::history::names::named;
use crate::request::{address, query};
use crate::ui::frame::Wide;
use crate::ui::problem::{Problem, trouble};
use crate::ui::table::{Column, Table};
use crate::words::{admin, count, export as export_words, figure, page};
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
        "deleted" => Some(admin::class_deleted()),
        "kept" => Some(admin::setting_saved()),
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
            <nav class="pager" aria-label=admin::pages()>
                {(!is_first)
                    .then(|| view! { <a class="button quiet" href=link("")>{admin::newest()}</a> })}
                {list
                    .next
                    .map(|next| {
                        view! {
                            <a class="button quiet" rel="next" href=link(&Spot(next).text())>
                                {admin::older()}
                            </a>
                        }
                    })}
            </nav>
        }
    });
    let total = count::classes(usize::try_from(list.total).unwrap_or(usize::MAX));
    let is_empty = list.classes.is_empty();
    let (csv, json) = (export("csv"), export("json"));
    let rows = list
        .classes
        .into_iter()
        .map(|(class, summary)| class_row(&class, &summary, &zone, list.keep_days))
        .collect_view();
    view! {
        <Title text=page::all_classes() />
        <Wide>
            <div class="head across">
                <h1>{page::all_classes()}</h1>
                <form method="post" action="/do/sign-out">
                    <button class="quiet">{admin::sign_out()}</button>
                </form>
            </div>
            <Problem problem />
            {done.map(|done| view! { <p class="done" role="status">{done}</p> })}
            {list.proposed.map(|(days, count)| proposal(days, count))}
            <form class="search" method="get" action="/admin" role="search">
                <div class="field grow">
                    <label for="name">{admin::class_name()}</label>
                    <input id="name" name="name" type="search" value=search.name.clone() maxlength="64" />
                </div>
                <div class="field">
                    <label for="from">{admin::from()}</label>
                    <input id="from" name="from" type="date" value=search.from.clone() />
                </div>
                <div class="field">
                    <label for="until">{admin::until()}</label>
                    <input id="until" name="until" type="date" value=search.until.clone() />
                </div>
                <button class="primary">{admin::search()}</button>
                {is_search.then(|| view! { <a class="button bare" href="/admin">{admin::show_all()}</a> })}
            </form>
            <p class="hint">
                {admin::newest_first(&total, &zone.name(list.now))}
            </p>
            {is_empty
                .then(|| {
                    let none = if is_search {
                        admin::no_match()
                    } else {
                        admin::no_classes()
                    };
                    view! { <p class="nobody">{none}</p> }
                })}
            {(!is_empty)
                .then(|| {
                    view! {
                        <Table class="classes stack" columns=columns()>{rows}</Table>
                    }
                })}
            {pager}
            {(!is_empty)
                .then(|| {
                    view! {
            <section class="keeping card" aria-labelledby="export-title">
                <h2 id="export-title">{export_words::title()}</h2>
                <p class="hint">
                    {if is_search {
                        export_words::of_matches()
                    } else {
                        export_words::of_all()
                    }}
                </p>
                <div class="choices">
                    <a class="button quiet" href=csv>
                        {export_words::csv()}
                    </a>
                    <a class="button quiet" href=json>
                        {export_words::json()}
                    </a>
                </div>
            </section>
                    }
                })}
            <Keeping days=list.keep_days still_days=list.still_days />
        </Wide>
    }
}

fn columns() -> Vec<Column> {
    let words = [admin::class(), admin::teacher(), admin::when()].map(Column::Words);
    let figures = [figure::students(), figure::rounds(), figure::hands(), figure::turns()];
    words.into_iter().chain(figures.map(Column::Number)).collect()
}

fn class_row(
    class: &ClassRow,
    summary: &Summary,
    zone: &Zone,
    keep_days: Option<u32>,
) -> impl IntoView + use<> {
    let began = zone.day_and_clock(class.created_at);
    let end = match class.ended_at {
        None => admin::goes_on().to_owned(),
        Some(at) if zone.day(at) == zone.day(class.created_at) => admin::to(&zone.short_clock(at)),
        Some(at) => admin::to(&zone.day_and_clock(at)),
    };
    let deleted = class.deleted_at(keep_days).map(|at| admin::kept_until(&zone.day(at)));
    let name = class.name.clone();
    let left_out = summary.teachers.len().saturating_sub(TEACHERS);
    let teachers = named(&summary.teachers, TEACHERS);
    let teachers = if left_out > 0 {
        count::names_and_so_many(view! { <bdi>{teachers}</bdi> }, left_out)
    } else {
        view! { <bdi>{teachers}</bdi> }.into_any()
    };
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/admin/class/{}", class.group_id)>
                    <bdi>{name}</bdi>
                </a>
            </th>
            <td data-label=admin::teacher()>
                {teachers}
            </td>
            <td data-label=admin::when()>
                {began} " " <span class="hint">{end}</span>
                {deleted.map(|words| view! { <span class="hint deleted">" " {words}</span> })}
            </td>
            <td class="number" data-label=figure::students()>{summary.students}</td>
            <td class="number" data-label=figure::rounds()>{summary.rounds}</td>
            <td class="number" data-label=figure::hands()>{summary.hands}</td>
            <td class="number" data-label=figure::turns()>{summary.turns}</td>
        </tr>
    }
}
