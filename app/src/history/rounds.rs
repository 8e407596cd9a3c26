//! One round: who was asked and what each did, who was invited to speak and how long it took.

use std::sync::Arc;

use classroom::history::{Kind, Part, Record, Section};
use leptos::prelude::*;
use signaling::{InviteeState, Timestamp, UserId};

use super::entries::{Entry, Whole};
use super::portions::{beginning, rows};
use super::recorded::Recorded;
use super::times::{spoke, took};
use super::words::{self, Names, count};
use crate::ui::table::{Column, Table};
use crate::zone::Zone;

/// A round and what came after it.
#[component]
pub fn SectionOf(
    section: Section,
    names: Names,
    now: Timestamp,
    zone: Zone,
    /// Where the invitations stand whole.
    whole: Whole,
) -> impl IntoView {
    let title_id = format!("round-{}", section.number);
    let labelled_by = title_id.clone();
    let first = section.records().next().map(|record| record.asked_at);
    let question = section.round.as_ref().and_then(|round| question(round, &whole));
    let title = match (&section.round, section.number) {
        (Some(round), number) => format!("Round {number}, {}", zone.clock(round.asked_at)),
        (None, 0) => "Before the first round".to_owned(),
        (None, number) => format!("Round {number}, continued"),
    };
    let figures = section.round.as_ref().map(|round| figures(&section, round, &names));
    let raised = raised(&section, &names, &zone, &whole).into_any();
    let silent = silent(&section, &names, &whole).into_any();
    let called = called(&section, &names, now, &zone, &whole).into_any();
    let asks = asks(&section, &names, now, &zone).into_any();
    let others = others(&section, &names, now, &zone, &whole).into_any();
    let records: Vec<Arc<Record>> = section.records().cloned().collect();
    let details = view! {
        <details class="recorded">
            <summary>
                "Everything recorded"
                <span class="hint">{count(records.len(), "invitation", "invitations")}</span>
            </summary>
            {records
                .into_iter()
                .map(|record| {
                    view! {
                        <Recorded
                            record
                            names=names.clone()
                            zone=zone.clone()
                            only=None
                            whole=whole.clone()
                        />
                    }
                })
                .collect_view()}
        </details>
    };
    view! {
        <article class="round card" aria-labelledby=labelled_by data-round=section.number>
            <h3 id=title_id>
                {title}
                {first.filter(|_| section.round.is_none()).map(|at| format!(", {}", zone.clock(at)))}
            </h3>
            {question}
            {figures}
            {raised}
            {silent}
            {called}
            {asks}
            {others}
            {details}
        </article>
    }
}

/// What was asked, of a long text the beginning.
fn question(round: &Record, whole: &Whole) -> Option<impl IntoView + use<>> {
    let question = round.question.as_deref()?;
    let cut = beginning(question).map(|cut| format!("{cut}…"));
    let more = cut.is_some().then(|| {
        view! {
            " "
            <a href=whole.entry(round, Entry::Question)>"More"</a>
        }
    });
    Some(view! {
        <p class="words">
            <bdi>{cut.unwrap_or_else(|| question.to_owned())}</bdi>
            {more}
        </p>
    })
}

/// The way to those of a list who are left out of it.
fn left_out(number: usize, address: String) -> impl IntoView {
    view! {
        <p>
            <a href=address>{format!("{number} more")}</a>
        </p>
    }
}

/// How many rows or names each list about the asking has at most.
fn most(section: &Section, names: &Names) -> usize {
    section.round.as_ref().map_or(usize::MAX, |round| rows(round, names))
}

fn figures(section: &Section, round: &Record, names: &Names) -> impl IntoView + use<> {
    let raises = section.raises();
    let mut figures = vec![
        format!("{} asked", round.parts.len()),
        format!("{} raised", count(raises.len(), "hand", "hands")),
    ];
    if let Some(first) = raises.first() {
        figures.push(format!("the first after {}", took(first.after)));
    }
    let inviter = names.name(round.inviter);
    view! {
        <p class="hint">
            "By " <bdi>{inviter}</bdi> {format!(", {}. {}.", words::terms(round), figures.join(", "))}
        </p>
    }
}

/// Why something of somebody's is over and by whom, in words.
fn ended(part: &Part, whose: UserId, names: &Names, zone: &Zone) -> String {
    let Some(at) = part.ended_at else { return "goes on".to_owned() };
    let by = part.ended_by.filter(|by| *by != whose).map(|by| names.in_words(by));
    let why = match (part.reason.as_deref(), by) {
        (Some("ended"), _) => words::reason("ended"),
        (Some("left"), Some(by)) => format!("{} by {by}", words::reason("removed")),
        (Some(why), Some(by)) => format!("{} by {by}", words::reason(why)),
        (Some(why), None) => words::reason(why),
        (None, _) => String::new(),
    };
    format!("{why}, {}", zone.clock(at))
}

fn raised(
    section: &Section,
    names: &Names,
    zone: &Zone,
    whole: &Whole,
) -> Option<impl IntoView + use<>> {
    let raises = section.raises();
    if raises.is_empty() {
        return None;
    }
    let most = most(section, names);
    let more = raises
        .get(most)
        .zip(section.round.as_ref())
        .map(|(next, round)| left_out(raises.len() - most, whole.part(round, next.part.user)));
    let rows = raises
        .iter()
        .take(most)
        .enumerate()
        .map(|(place, raise)| {
            let name = names.name(raise.part.user);
            view! {
                <tr>
                    <td class="number">{place + 1}</td>
                    <th scope="row">
                        <bdi>{name}</bdi>
                    </th>
                    <td class="number">{took(raise.after)}</td>
                    <td>{ended(raise.part, raise.part.user, names, zone)}</td>
                </tr>
            }
        })
        .collect_view();
    Some(view! {
        <Table class="raised-table" caption="Raised a hand".into_any() columns=&[Column::Place("Place"), Column::Words("Name"), Column::Number("After"), Column::Words("Hand down")]>{rows}</Table>
        {more}
    })
}

fn silent(section: &Section, names: &Names, whole: &Whole) -> impl IntoView + use<> {
    let most = most(section, names);
    [
        (InviteeState::Rejected, "Not now"),
        (InviteeState::TimedOut, "Let it run out"),
        (InviteeState::Cancelled, "Had not answered when it was closed"),
        (InviteeState::Pending, "Not answered yet"),
    ]
    .into_iter()
    .filter_map(|(state, words)| {
        let who = section.asked_who(state);
        let rest = |next| section.round.as_ref().map(|round| whole.part(round, next));
        let rest = |next| rest(next).unwrap_or_default();
        let names = (!who.is_empty()).then(|| names.list(&who, most, rest))?;
        Some(view! {
            <p class="who" data-state=words>
                <strong>{format!("{words} ({}): ", who.len())}</strong>
                {names}
            </p>
        })
    })
    .collect_view()
}

/// The parts of some records, each with its record, and the ways to those that are left out.
fn parts_of<'a>(
    records: impl Iterator<Item = &'a Arc<Record>>,
    names: &Names,
    whole: &Whole,
) -> (Vec<(&'a Record, &'a Part)>, Vec<AnyView>) {
    let (mut parts, mut more) = (Vec::new(), Vec::new());
    for record in records {
        let most = rows(record, names);
        parts.extend(record.parts.iter().take(most).map(|part| (record.as_ref(), part)));
        more.extend(record.parts.get(most).map(|next| {
            left_out(record.parts.len() - most, whole.part(record, next.user)).into_any()
        }));
    }
    (parts, more)
}

fn called(
    section: &Section,
    names: &Names,
    now: Timestamp,
    zone: &Zone,
    whole: &Whole,
) -> Option<impl IntoView + use<>> {
    let (parts, more) = parts_of(section.of_kind(Kind::Floor), names, whole);
    if parts.is_empty() {
        return None;
    }
    let rows = parts
        .into_iter()
        .map(|(record, part)| {
            let (name, by) = (names.name(part.user), names.name(record.inviter));
            let answer = words::outcome(part, "spoke", "passed");
            view! {
                <tr>
                    <th scope="row">
                        <bdi>{name}</bdi>
                    </th>
                    <td data-label="Invited">
                        {zone.clock(part.asked_at)} " by " <bdi>{by}</bdi>
                    </td>
                    <td data-label="Answer">
                        {answer}
                        {part.answered_after().map(|after| format!(", after {}", took(after)))}
                    </td>
                    <td class="number" data-label="Spoke">{part.lasted(now).map(spoke)}</td>
                    <td data-label="Turn over">{part.was_accepted().then(|| ended(part, part.user, names, zone))}</td>
                </tr>
            }
        })
        .collect_view();
    Some(view! {
        <Table class="called-table stack" caption="Invited to speak".into_any() columns=&[Column::Words("Name"), Column::Words("Invited"), Column::Words("Answer"), Column::Number("Spoke"), Column::Words("Turn over")]>{rows}</Table>
        {more}
    })
}

/// What became of a hand that was raised without being asked.
fn fate(record: &Record, names: &Names, now: Timestamp, zone: &Zone) -> String {
    if let Some(part) = record.parts.iter().find(|part| part.was_accepted()) {
        let spoke = part.lasted(now).map(spoke).unwrap_or_default();
        let (taken_by, over) =
            (names.in_words(part.user), ended(part, record.inviter, names, zone));
        return format!("taken by {taken_by}, spoke {spoke}, {over}");
    }
    let Some(at) = record.closed_at.map(|at| zone.clock(at)) else { return "still up".to_owned() };
    let refused = record.parts.iter().find(|part| part.state == InviteeState::Rejected);
    match (refused, record.close_reason.as_deref()) {
        (Some(part), _) => {
            format!("{} by {}, {at}", words::reason("lowered"), names.in_words(part.user))
        }
        (None, Some(why)) => format!("{}, {at}", words::reason(why)),
        (None, None) => format!("{}, {at}", words::reason("lowered")),
    }
}

fn asks(
    section: &Section,
    names: &Names,
    now: Timestamp,
    zone: &Zone,
) -> Option<impl IntoView + use<>> {
    let mut asks = section.of_kind(Kind::Ask).peekable();
    asks.peek()?;
    let rows = asks
        .map(|record| {
            let name = names.name(record.inviter);
            view! {
                <tr>
                    <th scope="row">
                        <bdi>{name}</bdi>
                    </th>
                    <td>{zone.clock(record.asked_at)}</td>
                    <td>{fate(record, names, now, zone)}</td>
                </tr>
            }
        })
        .collect_view();
    Some(view! {
        <Table class="asks-table" caption="Raised a hand without being asked".into_any() columns=&[Column::Words("Name"), Column::Words("Raised"), Column::Words("What came of it")]>{rows}</Table>
    })
}

fn others(
    section: &Section,
    names: &Names,
    now: Timestamp,
    zone: &Zone,
    whole: &Whole,
) -> Option<impl IntoView + use<>> {
    let others = section.records().filter(|it| matches!(it.kind, Kind::Call | Kind::Other));
    let (parts, more) = parts_of(others, names, whole);
    if parts.is_empty() {
        return None;
    }
    let rows = parts
        .into_iter()
        .map(|(record, part)| {
            let (name, by) = (names.name(part.user), names.name(record.inviter));
            let is_call = record.kind == Kind::Call;
            // A call is always between two.
            let private = if record.is_private && !is_call { ", one-to-one" } else { "" };
            let answer = match record.call_outcome() {
                Some(outcome) => words::call_outcome(outcome),
                None => words::outcome(part, "accepted", "declined"),
            };
            view! {
                <tr>
                    <td data-label="What">{format!("{}{private}", words::kind(record))}</td>
                    <th scope="row">
                        <bdi>{by}</bdi>
                        " and "
                        <bdi>{name}</bdi>
                    </th>
                    <td data-label="When">{zone.clock(part.asked_at)}</td>
                    <td data-label="Answer">{answer}</td>
                    <td class="number" data-label="Lasted">{record.lasted(part, now).map(spoke)}</td>
                </tr>
            }
        })
        .collect_view();
    Some(view! {
        <Table class="others-table stack" caption="Calls and other invitations".into_any() columns=&[Column::Words("What"), Column::Words("Who"), Column::Words("When"), Column::Words("Answer"), Column::Number("Lasted")]>{rows}</Table>
        {more}
    })
}
