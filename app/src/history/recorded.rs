//! One invitation with all that is recorded of it, as the log has it.

use std::sync::Arc;

use classroom::history::{Kind, Part, Record};
use leptos::prelude::*;
use signaling::{Timestamp, UserId};

use super::entries::{Entry, Whole, parts, said};
use super::portions::{beginning, is_whole};
use super::times::{spoke, took};
use super::words::{self, Names, count};
use crate::ui::table::{Column, Table};
use crate::zone::Zone;

/// What is told of each part.
const COLUMNS: [Column; 7] = [
    Column::Words("Invited"),
    Column::Words("State"),
    Column::Words("Asked"),
    Column::Words("Answered or closed"),
    Column::Words("Over"),
    Column::Words("Reason"),
    Column::Words("Data"),
];

/// An invitation among others; of one person's part alone when `only` names them. Of one that is
/// too large for that, its beginning and the way to the rest.
#[component]
pub fn Recorded(
    record: Arc<Record>,
    names: Names,
    zone: Zone,
    only: Option<UserId>,
    whole: Whole,
) -> impl IntoView {
    let by = names.name(record.inviter);
    let private = if record.is_private { ", one-to-one" } else { "" };
    let is_whole = is_whole(&record, &names, only);
    let short = |text: &str, entry| in_short(text, &record, entry, &whole);
    let changes = record.changes.iter().enumerate().filter(|_| is_whole);
    let changes = changes
        .map(|(place, change)| {
            view! {
                <span class="hint">
                    {format!("Before {}: ", zone.clock(change.at))}
                    {short(&change.before, Entry::Change(place))}
                </span>
            }
        })
        .collect_view();
    let closing = closed(&record, &zone).map(|words| {
        view! {
            <span class="hint">
                {words} {record.close_data.as_deref().map(|text| short(text, Entry::Closing))}
            </span>
        }
    });
    let caption = view! {
        {format!("{}{private}, {} by ", words::kind(&record), zone.clock(record.asked_at))}
        <bdi>{by}</bdi>
        {format!(", {}", words::terms(&record))}
        {short(&record.data, Entry::Data)}
        {changes}
        {closing}
    }
    .into_any();
    if !is_whole {
        let people = count(parts(&record, only).count(), "person", "people");
        return view! {
            <p class="cut">
                {caption} " " <a href=whole.invitation(&record)>{format!("All of it, with {people}")}</a>
            </p>
        }
        .into_any();
    }
    let rows = parts(&record, only)
        .map(|(place, part)| {
            let texts = said(&record, part);
            let texts = texts.map(|text| short(text, Entry::Part(place))).collect_view().into_any();
            row(part, &names, &zone, texts, None, None)
        })
        .collect_view();
    view! { <Table class="stack" caption columns=&COLUMNS>{rows}</Table> }.into_any()
}

/// When and why an invitation was closed, in words.
pub fn closed(record: &Record, zone: &Zone) -> Option<String> {
    let why = record.close_reason.as_deref().map(words::reason);
    let why = why.map(|why| format!(", {why}")).unwrap_or_default();
    record.closed_at.map(|at| format!("Closed {}{why}", zone.clock(at)))
}

/// These parts of an invitation, with their texts as they are and how long each took.
pub fn in_full(
    record: &Record,
    places: &[usize],
    names: &Names,
    zone: &Zone,
    now: Timestamp,
) -> impl IntoView + use<> {
    let is_asking = matches!(record.kind, Kind::Round | Kind::Again);
    let rows = places
        .iter()
        .filter_map(|place| record.parts.get(*place))
        .map(|part| {
            let since = record.round_at.filter(|_| is_asking && part.was_accepted());
            let after = match since.zip(part.settled_at) {
                Some((since, at)) => Some(at.millis_since(since)),
                None => part.answered_after(),
            };
            let lasted = record.lasted(part, now).filter(|_| !is_asking);
            let texts = said(record, part);
            let texts = texts.map(|text| data(text)).collect_view().into_any();
            row(part, names, zone, texts, after, lasted)
        })
        .collect_view();
    view! { <Table class="stack" columns=&COLUMNS>{rows}</Table> }
}

fn row(
    part: &Part,
    names: &Names,
    zone: &Zone,
    texts: AnyView,
    after: Option<i64>,
    lasted: Option<i64>,
) -> impl IntoView + use<> {
    let name = names.name(part.user);
    let over = part.ended_at.map(|at| zone.clock(at));
    let by = part.ended_by.filter(|by| *by != part.user).map(|by| names.name(by));
    view! {
        <tr>
            <th scope="row">
                <bdi>{name}</bdi>
            </th>
            <td data-label="State">
                {words::state(part.state)} {after.map(|after| format!(", after {}", took(after)))}
            </td>
            <td data-label="Asked">{zone.clock(part.asked_at)}</td>
            <td data-label="Answered or closed">{part.settled_at.map(|at| zone.clock(at))}</td>
            <td data-label="Over">
                {over}
                {by
                    .map(|by| {
                        view! {
                            " by "
                            <bdi>{by}</bdi>
                        }
                    })}
                {lasted.map(|lasted| format!(", lasted {}", spoke(lasted)))}
            </td>
            <td data-label="Reason">
                {part.reason.as_deref().map(|reason| view! { <bdi>{words::reason(reason)}</bdi> })}
            </td>
            <td data-label="Data">{texts}</td>
        </tr>
    }
    .into_any()
}

/// A text as it is stored.
pub fn data(text: &str) -> Option<impl IntoView + use<>> {
    let text = (!text.is_empty()).then(|| text.to_owned())?;
    Some(view! { <code class="data" dir="auto">{text}</code> })
}

/// The same, but of a long one the beginning, and where the whole is.
fn in_short(text: &str, record: &Record, entry: Entry, whole: &Whole) -> AnyView {
    let Some(cut) = beginning(text) else { return data(text).into_any() };
    view! {
        <code class="data" dir="auto">{format!("{cut}…")}</code>
        <a href=whole.entry(record, entry)>"More"</a>
        " "
    }
    .into_any()
}
