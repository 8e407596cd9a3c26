//! The list of all classes, with what can be done about them.

use std::collections::HashMap;

use classroom::history::Summary;
use leptos::prelude::*;
use server::{ClassRow, Place};
use signaling::Timestamp;

use super::place::Spot;
use super::search::Search;
use super::tabs::{Part, Tab};
use crate::history::names::named;
use crate::request::address;
use crate::ui::export_form::ExportForm;
use crate::ui::table::{Column, Table};
use crate::words::{admin, apart, count, export as export_words, figure};
use crate::zone::{Zone, zone};

/// The most teachers of a class that are named here. All of them are on its page.
const TEACHERS: usize = 3;

/// What the list shows.
pub struct List {
    pub classes: Vec<(ClassRow, Summary)>,
    pub next: Option<Place>,
    pub total: u64,
    pub keep_days: Option<u32>,
    pub now: Timestamp,
}

/// The page of the list.
pub fn classes(search: Search, list: List) -> impl IntoView {
    let zone = zone();
    let is_first = search.after.is_empty();
    let is_search = search.is_any();
    let link = |after: &str| {
        let mut fields = search.fields().to_vec();
        fields.push(("after", after));
        address("/admin", &fields)
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
    let export: Vec<(&'static str, String)> =
        search.fields().map(|(name, value)| (name, value.to_owned())).to_vec();
    let mut named: HashMap<String, u32> = HashMap::new();
    for (class, _) in &list.classes {
        *named.entry(class.name.to_lowercase()).or_default() += 1;
    }
    let rows = list
        .classes
        .into_iter()
        .map(|(class, summary)| {
            let is_alone = named.get(&class.name.to_lowercase()) == Some(&1);
            class_row(&class, &summary, &zone, list.keep_days, list.now, is_alone)
        })
        .collect_view();
    let state = search.state().to_owned();
    let states = [("", admin::all_states()), ("on", admin::on_now()), ("over", admin::over())];
    let states = states.map(
        |(value, words)| view! { <option value=value selected=value == state>{words}</option> },
    );
    view! {
        <Part tab=Tab::Classes>
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
                <div class="field">
                    <label for="state">{admin::state()}</label>
                    <select id="state" name="state">
                        {states.into_iter().collect_view()}
                    </select>
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
                <ExportForm page="/admin/export".to_owned() fields=export.clone() />
            </section>
                    }
                })}
        </Part>
    }
}

/// That a class goes on, or for how long nothing has happened in it.
fn goes_on(quiet_millis: i64) -> String {
    let minutes = usize::try_from(quiet_millis / 60_000).unwrap_or_default();
    let time = match minutes {
        0..10 => return admin::on_now().to_owned(),
        10..60 => admin::minutes(minutes),
        60..2_880 => admin::hours(minutes / 60),
        _ => count::days(minutes / 1_440),
    };
    admin::quiet_for(&time)
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
    now: Timestamp,
    is_alone: bool,
) -> impl IntoView + use<> {
    let began = zone.day_and_clock(class.created_at);
    let end = match class.ended_at {
        None => goes_on(now.millis_since(class.last_at.unwrap_or(class.created_at))),
        Some(at) if zone.day(at) == zone.day(class.created_at) => admin::to(&zone.short_clock(at)),
        Some(at) => admin::to(&zone.day_and_clock(at)),
    };
    let deleted = class.deleted_at(keep_days).map(|at| admin::kept_until(&zone.day(at)));
    let name = class.name.clone();
    let left_out = summary.teachers.len().saturating_sub(TEACHERS);
    let apart = (!is_alone).then(|| {
        let teacher = summary.teachers.first().map(|name| apart(name)).unwrap_or_default();
        admin::class_of(&teacher, &zone.day(class.created_at))
    });
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
                    {apart.map(|words| view! { <span class="hint">", " {words}</span> })}
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
