//! The administrator's pages: signing in, setting the password, and all classes. They are made on
//! the server alone and need no script.

pub mod search;

use std::str::FromStr;

use classroom::history::Summary;
use leptos::prelude::*;
use leptos_meta::Title;
use server::{ClassFilter, ClassRow, Engine, MIN_PASSWORD_CHARS, Place};
use signaling::{GroupId, Timestamp};

use self::search::class_filter;
use crate::failure::Failure;
use crate::history::words::{count, named};
use crate::request::{address, engine, param, query};
use crate::trouble::Trouble;
use crate::ui::field::{Field, Typed};
use crate::ui::frame::{Plain, Wide, refused};
use crate::ui::problem::{Problem, trouble};
use crate::ui::table::{Column, Table};
use crate::visitor::{give_form_cookie, is_admin, may_set_up};
use crate::zone::{Zone, zone};

/// How many classes are on one page.
const CLASSES: u32 = 50;
/// The most teachers of a class that are named here. All of them are on its page.
const TEACHERS: usize = 3;

/// A field of the search, which is no longer than what is looked for can be.
fn typed(field: &str, most: usize) -> String {
    query(field).chars().take(most).collect()
}

/// Signing in, or all classes.
#[component]
pub fn AdminPage() -> impl IntoView {
    let search = Search {
        name: typed("name", 64),
        from: typed("from", 10),
        until: typed("until", 10),
        after: query("after"),
    };
    view! {
        <Suspense>
            {Suspend::new(async move {
                match found(&search).await {
                    Ok(Found::Classes(list)) => classes(search, *list).into_any(),
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
}

struct List {
    classes: Vec<(ClassRow, Summary)>,
    next: Option<Place>,
    total: u64,
    keep_days: Option<u32>,
    still_days: u32,
    now: Timestamp,
    /// How many days are proposed, and how many classes that would delete at once.
    proposed: Option<(u32, u64)>,
}

/// What is looked for, as it was typed.
#[derive(Debug, Clone, Default)]
struct Search {
    name: String,
    from: String,
    until: String,
    after: String,
}

impl Search {
    fn is_any(&self) -> bool {
        !(self.name.is_empty() && self.from.is_empty() && self.until.is_empty())
    }

    fn fields(&self) -> [(&str, &str); 3] {
        [("name", &self.name), ("from", &self.from), ("until", &self.until)]
    }
}

async fn found(search: &Search) -> Result<Found, Failure> {
    let engine = engine()?;
    if !is_admin(&engine).await? {
        let has_admin = engine.has_admin().await?;
        return Ok(Found::SignIn { has_admin });
    }
    let filter: ClassFilter = class_filter(&zone(), &search.name, &search.from, &search.until);
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
    let still_days = engine.still_days();
    let proposed = proposed(&engine).await?;
    let now = engine.now();
    let list = List { classes, next, total, keep_days, still_days, now, proposed };
    Ok(Found::Classes(Box::new(list)))
}

async fn proposed(engine: &Engine) -> Result<Option<(u32, u64)>, Failure> {
    let Ok(days) = query("keep").parse() else { return Ok(None) };
    let count = engine.kept_long_enough(engine.now(), days).await?;
    Ok((count > 0).then_some((days, count)))
}

/// A place in the list of classes, as an address has it.
struct Spot(Place);

impl FromStr for Spot {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (millis, group) = text.split_once('.').ok_or(())?;
        let created_at = Timestamp::from_millis(millis.parse().map_err(|_| ())?);
        let group_id: GroupId = group.parse().map_err(|_| ())?;
        Ok(Self(Place { created_at, group_id }))
    }
}

impl Spot {
    fn text(&self) -> String {
        format!("{}.{}", self.0.created_at.as_millis(), self.0.group_id)
    }
}

fn sign_in(has_admin: bool) -> impl IntoView {
    let problem = trouble();
    give_form_cookie();
    view! {
        <Title text="Administration" />
        <Plain>
            <section class="card one">
                <h1>"Administration"</h1>
                {(!has_admin)
                    .then(|| {
                        view! {
                            <p>
                                "No password has been set yet. Open the set-up link that the server printed when it started, or configure a password."
                            </p>
                        }
                    })}
                {has_admin
                    .then(|| {
                        view! {
                            <p class="hint">"See what happened in every class of this school."</p>
                            <form method="post" action="/do/sign-in">
                                <Field name="password" label="Password" typed=Typed::Password autocomplete="current-password" problem />
                                <button class="primary">"Sign in"</button>
                            </form>
                        }
                    })}
            </section>
        </Plain>
    }
}

/// Setting the password by the link that the server printed.
#[component]
pub fn SetUpPage() -> impl IntoView {
    let token = param("token");
    let problem = trouble();
    let is_good = may_set_up(&token);
    if !is_good {
        return refused(Trouble::LinkOver.into()).into_any();
    }
    give_form_cookie();
    view! {
        <Title text="Set up the administration" />
        <Plain>
            <section class="card one">
                <h1>"Set up the administration"</h1>
                <p>
                    "Choose a password. Whoever has it can read what happened in every class of this server."
                </p>
                <form method="post" action="/do/set-up">
                    <input type="hidden" name="token" value=token />
                    <Field name="password" label="New password" typed=Typed::Password autocomplete="new-password" problem />
                    <p class="hint">
                        {format!("At least {MIN_PASSWORD_CHARS} characters. A few words are good.")}
                    </p>
                    <button class="primary big">"Set the password"</button>
                </form>
            </section>
        </Plain>
    }
        .into_any()
}

fn classes(search: Search, list: List) -> impl IntoView {
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

/// For how long classes are kept.
#[component]
fn Keeping(days: Option<u32>, still_days: u32) -> impl IntoView {
    let words = match days {
        None => "Classes are kept until somebody deletes them.".to_owned(),
        Some(days) => {
            format!("A class is deleted {} after it ended.", count(days as usize, "day", "days"))
        }
    };
    let forgotten = format!(
        "One in which nothing happens for {} ends by itself.",
        count(still_days as usize, "day", "days")
    );
    view! {
        <section class="keeping card" aria-labelledby="keeping-title">
            <h2 id="keeping-title">"How long classes are kept"</h2>
            <p>{words} " " {forgotten}</p>
            <form class="search" method="post" action="/do/keep-days">
                <div class="field">
                    <label for="days">"Days after the end"</label>
                    <input
                        id="days"
                        name="days"
                        type="number"
                        min="1"
                        max="36500"
                        value=days.map(|days| days.to_string())
                        aria-describedby="days-hint"
                    />
                </div>
                <button class="quiet">"Save"</button>
            </form>
            <p class="hint" id="days-hint">
                "Leave it empty to keep them for ever."
            </p>
        </section>
    }
}

/// Asks once before a setting deletes classes at once.
fn proposal(days: u32, deleted: u64) -> impl IntoView {
    let classes = count(usize::try_from(deleted).unwrap_or(usize::MAX), "class", "classes");
    let after = count(days as usize, "day", "days");
    view! {
        <section class="card" role="alert" aria-labelledby="proposal-title">
            <h2 id="proposal-title">{format!("Delete {classes} now?")}</h2>
            <p>
                {format!(
                    "{classes} ended more than {after} ago and will be deleted in the next minutes, with everything that is known of them. That cannot be undone. From then on every class goes {after} after its end.",
                )}
            </p>
            <form method="post" action="/do/keep-days">
                <input type="hidden" name="days" value=days />
                <input type="hidden" name="sure" value="yes" />
                <div class="choices">
                    <a class="button quiet" href="/admin">
                        "Keep them"
                    </a>
                    <button class="destroys">{format!("Delete {classes}")}</button>
                </div>
            </form>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_list_goes_through_an_address() {
        let place = Place {
            created_at: Timestamp::from_millis(1_795_420_799_123),
            group_id: GroupId::from_bytes([7; 16]),
        };
        let read: Result<Spot, ()> = Spot(place).text().parse();
        assert_eq!(read.map(|Spot(place)| place), Ok(place));
        for text in ["", "12", "x.y", "12.y"] {
            assert!(text.parse::<Spot>().is_err(), "{text}");
        }
    }
}
