//! The tables of a round: who raised a hand and who did not, who spoke, and what else happened.

use std::sync::Arc;

use classroom::history::{Kind, Part, Record, Section};
use leptos::prelude::*;
use signaling::{InviteeState, Timestamp, UserId};

use super::entries::Whole;
use super::names::Names;
use super::portions::rows;
use super::times::{spoke, took};
use super::words;
use crate::ui::table::{Column, Table};
use crate::words::{count, record as record_words, round as said};
use crate::zone::Zone;

/// The way to those of a list who are left out of it.
fn left_out(number: usize, address: String) -> impl IntoView {
    view! {
        <p>
            <a href=address>{count::more(number)}</a>
        </p>
    }
}

/// How many rows or names each list about the asking has at most.
fn most(section: &Section, names: &Names) -> usize {
    section.round.as_ref().map_or(usize::MAX, |round| rows(round, names))
}

/// Why something of somebody's is over and by whom, in words.
fn ended(part: &Part, whose: UserId, names: &Names, zone: &Zone) -> String {
    let Some(at) = part.ended_at else { return said::goes_on().to_owned() };
    let by = part.ended_by.filter(|by| *by != whose).map(|by| names.in_words(by));
    let why = match (part.reason.as_deref(), by) {
        (Some("ended"), _) => words::reason("ended"),
        (Some("left"), Some(by)) => said::why_by(&words::reason("removed"), &by),
        (Some(why), Some(by)) => said::why_by(&words::reason(why), &by),
        (Some(why), None) => words::reason(why),
        (None, _) => String::new(),
    };
    said::at(&why, &zone.clock(at))
}

/// Who raised a hand, and how soon.
pub fn raised(
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
                        {raise
                            .part
                            .answered_by
                            .map(|by| {
                                let teacher = names.name(by);
                                let by = said::raised_by(view! { <bdi>{teacher}</bdi> });
                                view! { <span class="hint">" "{by}</span> }
                            })}
                    </th>
                    <td class="number">{took(raise.after)}</td>
                    <td>{ended(raise.part, raise.part.user, names, zone)}</td>
                </tr>
            }
        })
        .collect_view();
    Some(view! {
        <Table class="raised-table" caption=said::raised_title().into_any() columns=vec![Column::Place(said::place()), Column::Words(said::name()), Column::Number(said::after()), Column::Words(said::hand_down())]>{rows}</Table>
        {more}
    })
}

/// Who was asked and raised none.
pub fn silent(section: &Section, names: &Names, whole: &Whole) -> impl IntoView + use<> {
    let most = most(section, names);
    [
        (InviteeState::Rejected, said::not_now()),
        (InviteeState::TimedOut, said::ran_out()),
        (InviteeState::Cancelled, said::was_closed()),
        (InviteeState::Pending, said::pending()),
    ]
    .into_iter()
    .filter_map(|(state, words)| {
        let who = section.asked_who(state);
        let rest = |next| section.round.as_ref().map(|round| whole.part(round, next));
        let rest = |next| rest(next).unwrap_or_default();
        let names = (!who.is_empty()).then(|| names.list(&who, most, rest))?;
        Some(view! {
            <p class="who">
                <strong>{said::who(words, who.len())} " "</strong>
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

/// Who was invited to speak, and for how long they did.
pub fn called(
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
            let answer = words::outcome(part, said::answer_spoke(), said::answer_passed());
            view! {
                <tr>
                    <th scope="row">
                        <bdi>{name}</bdi>
                    </th>
                    <td data-label=said::invited()>
                        {said::time_by(&zone.clock(part.asked_at), view! { <bdi>{by}</bdi> })}
                    </td>
                    <td data-label=said::answer()>
                        {match part.answered_after() {
                            Some(after) => said::answer_after(answer, &took(after)),
                            None => answer.to_owned(),
                        }}
                    </td>
                    <td class="number" data-label=said::spoke()>{part.lasted(now).map(spoke)}</td>
                    <td data-label=said::turn_over()>{part.was_accepted().then(|| ended(part, part.user, names, zone))}</td>
                </tr>
            }
        })
        .collect_view();
    Some(view! {
        <Table class="called-table stack" caption=said::invited_title().into_any() columns=vec![Column::Words(said::name()), Column::Words(said::invited()), Column::Words(said::answer()), Column::Number(said::spoke()), Column::Words(said::turn_over())]>{rows}</Table>
        {more}
    })
}

/// What became of a hand that was raised without being asked.
fn fate(record: &Record, names: &Names, now: Timestamp, zone: &Zone) -> String {
    if let Some(part) = record.parts.iter().find(|part| part.was_accepted()) {
        let spoke = part.lasted(now).map(spoke).unwrap_or_default();
        let (taken_by, over) =
            (names.in_words(part.user), ended(part, record.inviter, names, zone));
        return said::taken(&taken_by, &spoke, &over);
    }
    let Some(at) = record.closed_at.map(|at| zone.clock(at)) else {
        return said::still_up().to_owned();
    };
    let refused = record.parts.iter().find(|part| part.state == InviteeState::Rejected);
    match (refused, record.close_reason.as_deref()) {
        (Some(part), _) => {
            let why = said::why_by(&words::reason("lowered"), &names.in_words(part.user));
            said::at(&why, &at)
        }
        (None, Some(why)) => said::at(&words::reason(why), &at),
        (None, None) => said::at(&words::reason("lowered"), &at),
    }
}

/// Who raised a hand without being asked.
pub fn asks(
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
        <Table class="asks-table" caption=said::asks_title().into_any() columns=vec![Column::Words(said::name()), Column::Words(said::ask_raised()), Column::Words(said::ask_fate())]>{rows}</Table>
    })
}

/// Calls, and what other programs invited to.
pub fn others(
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
            // What a call is, is said by those whom it rang.
            let kind = words::kind(record);
            let what = if record.is_private && !is_call {
                record_words::one_to_one(kind)
            } else {
                kind.to_owned()
            };
            let answer = match record.call_outcome(part) {
                Some(outcome) => words::call_outcome(outcome),
                None => words::outcome(part, said::answer_accepted(), said::answer_declined()),
            };
            view! {
                <tr>
                    <td data-label=said::what()>{what}</td>
                    <th scope="row">
                        {said::two(view! { <bdi>{by}</bdi> }, view! { <bdi>{name}</bdi> })}
                    </th>
                    <td data-label=said::when()>{zone.clock(part.asked_at)}</td>
                    <td data-label=said::answer()>{answer}</td>
                    <td class="number" data-label=said::lasted()>{record.lasted(part, now).map(spoke)}</td>
                </tr>
            }
        })
        .collect_view();
    Some(view! {
        <Table class="others-table stack" caption=said::others_title().into_any() columns=vec![Column::Words(said::what()), Column::Words(said::who_head()), Column::Words(said::when()), Column::Words(said::answer()), Column::Number(said::lasted())]>{rows}</Table>
        {more}
    })
}
