//! One invitation with all that is recorded of it, as the log has it.

use std::sync::Arc;

use classroom::history::{Kind, Part, Record};
use leptos::prelude::*;
use signaling::{Timestamp, UserId};

use super::entries::{Entry, Whole, parts, said};
use super::names::Names;
use super::portions::{beginning, is_whole};
use super::times::{spoke, took};
use super::words;
use crate::ui::table::{Column, Table};
use crate::words::{count, record as said};
use crate::zone::Zone;

/// What is told of each part, and beside it the texts that came with it where they are the subject.
fn columns(with_data: bool) -> Vec<Column> {
    let heads = [
        said::invited(),
        said::state(),
        said::asked(),
        said::settled(),
        said::over(),
        said::reason(),
    ];
    heads.into_iter().chain(with_data.then(said::data)).map(Column::Words).collect()
}

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
    let is_whole = is_whole(&record, &names, only);
    let short = |text: &str, entry| in_short(text, &record, entry, &whole);
    let changes = record.changes.iter().enumerate().filter(|_| is_whole);
    let changes = changes
        .map(|(place, change)| {
            view! {
                <p>
                    <span class="hint">{said::before_colon(&zone.clock(change.at))}</span> " "
                    {short(&change.before, Entry::Change(place))}
                </p>
            }
        })
        .collect_view();
    let closing = closed(&record, &zone).map(|words| view! { <span class="hint">{words}</span> });
    let close_data = record.close_data.as_deref().filter(|text| !text.is_empty());
    let close_data = close_data.map(|text| {
        let text = short(text, Entry::Closing);
        view! { <p><span class="hint">{said::data_of_end()}</span> " " {text}</p> }
    });
    let caption = view! {
        {said::caption(
            &what(&record),
            &zone.clock(record.asked_at),
            view! { <bdi>{by}</bdi> },
            &words::terms(&record),
        )}
        " "
        {closing}
    }
    .into_any();
    let of_invitation = (!record.data.is_empty()).then(|| {
        let text = short(&record.data, Entry::Data);
        view! { <p><span class="hint">{said::data()}</span> " " {text}</p> }
    });
    if !is_whole {
        let people = count::people(parts(&record, only).count());
        return view! {
            <p class="cut">
                {caption} " " <a href=whole.invitation(&record)>{said::all_of_it(&people)}</a>
            </p>
            {as_stored((of_invitation, close_data).into_any())}
        }
        .into_any();
    }
    let rows = parts(&record, only)
        .map(|(_, part)| row(part, &names, &zone, None, None, None))
        .collect_view();
    let texts = parts(&record, only)
        .filter(|(_, part)| said(&record, part).any(|text| !text.is_empty()))
        .map(|(place, part)| {
            let name = names.name(part.user);
            let texts = said(&record, part);
            let texts = texts.map(|text| short(text, Entry::Part(place))).collect_view().into_any();
            view! { <p><bdi class="hint">{name}</bdi> " " {texts}</p> }
        })
        .collect_view();
    let is_any =
        of_invitation.is_some() || close_data.is_some() || !texts.is_empty() || !changes.is_empty();
    view! {
        <Table class="stack" caption columns=columns(false)>{rows}</Table>
        {is_any.then(|| as_stored((of_invitation, changes, texts, close_data).into_any()))}
    }
    .into_any()
}

/// The texts of an invitation as the log has them, for whoever wants them so.
fn as_stored(texts: AnyView) -> impl IntoView {
    view! {
        <details class="as-stored">
            <summary>{said::as_stored()}</summary>
            {texts}
        </details>
    }
}

/// What an invitation was for, and whether it was between two.
fn what(record: &Record) -> String {
    let kind = words::kind(record);
    if record.is_private { said::one_to_one(kind) } else { kind.to_owned() }
}

/// When and why an invitation was closed, in words.
pub fn closed(record: &Record, zone: &Zone) -> Option<String> {
    let why = record.close_reason.as_deref().map(words::reason);
    record.closed_at.map(|at| match why {
        Some(why) => said::closed_why(&zone.clock(at), &why),
        None => said::closed(&zone.clock(at)),
    })
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
            row(part, names, zone, Some(texts), after, lasted)
        })
        .collect_view();
    view! { <Table class="stack" columns=columns(true)>{rows}</Table> }
}

fn row(
    part: &Part,
    names: &Names,
    zone: &Zone,
    texts: Option<AnyView>,
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
            <td data-label=said::state()>
                {match after {
                    Some(after) => said::after(words::state(part.state), &took(after)),
                    None => words::state(part.state).to_owned(),
                }}
            </td>
            <td data-label=said::asked()>{zone.clock(part.asked_at)}</td>
            <td data-label=said::settled()>{part.settled_at.map(|at| zone.clock(at))}</td>
            <td data-label=said::over()>
                {match by {
                    Some(by) => said::over_by(&over.unwrap_or_default(), view! { <bdi>{by}</bdi> }),
                    None => over.into_any(),
                }}
                {lasted.map(|lasted| said::lasted(&spoke(lasted)))}
            </td>
            <td data-label=said::reason()>
                {part.reason.as_deref().map(|reason| view! { <bdi>{words::reason(reason)}</bdi> })}
            </td>
            {texts.map(|texts| view! { <td data-label=said::data()>{texts}</td> })}
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
        <a href=whole.entry(record, entry)>{said::more()}</a>
        " "
    }
    .into_any()
}
