//! One round: who was asked and what each did, who was invited to speak and how long it took.

use std::sync::Arc;

use classroom::history::{Kind, Record, Section};
use leptos::prelude::*;
use signaling::Timestamp;

use super::entries::{Entry, Whole};
use super::names::Names;
use super::portions::beginning;
use super::recorded::Recorded;
use super::tables::{asks, called, others, raised, silent};
use super::times::took;
use super::words;
use crate::words::{count, round as said};
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
    let question = section.round.as_ref().and_then(|round| question(round)).into_any();
    let more = section.round.as_ref().and_then(|round| more(round, &whole)).into_any();
    let title = match (&section.round, section.number) {
        (Some(round), number) => said::title(&number.to_string(), &zone.clock(round.asked_at)),
        (None, 0) => said::before_first().to_owned(),
        (None, number) => said::continued(number as usize),
    };
    let title = match first.filter(|_| section.round.is_none()) {
        Some(at) => said::at(&title, &zone.clock(at)),
        None => title,
    };
    let figures = section.round.as_ref().map(|round| figures(&section, round, &names));
    let raised = raised(&section, &names, &zone, &whole).into_any();
    let silent = silent(&section, &names, &whole).into_any();
    let called = called(&section, &names, now, &zone, &whole).into_any();
    let asks = asks(&section, &names, now, &zone).into_any();
    let others = others(&section, &names, now, &zone, &whole).into_any();
    let did = said::did(
        &count::hands(section.raises().len() + section.of_kind(Kind::Ask).count()),
        &count::turns(turns(&section)),
    );
    let records: Vec<Arc<Record>> = section.records().cloned().collect();
    let details = view! {
        <details class="recorded">
            <summary>
                {said::recorded()}
                <span class="hint">{count::invitations(records.len())}</span>
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
            <details class="folded">
                <summary>
                    <h3 id=title_id>{title}</h3>
                    {question}
                    <span class="hint">{did}</span>
                </summary>
                {more}
                {figures}
                {raised}
                {silent}
                {called}
                {asks}
                {others}
                {details}
            </details>
        </article>
    }
}

/// How many had the floor in a round and after it.
fn turns(section: &Section) -> usize {
    let records = section.records().filter(|it| matches!(it.kind, Kind::Floor | Kind::Ask));
    records.flat_map(|record| &record.parts).filter(|part| part.was_accepted()).count()
}

/// What was asked, of a long text the beginning.
fn question(round: &Record) -> Option<impl IntoView + use<>> {
    let question = round.question.as_deref()?;
    let cut = beginning(question).map(|cut| format!("{cut}…"));
    Some(view! { <bdi class="what-asked">{cut.unwrap_or_else(|| question.to_owned())}</bdi> })
}

/// The way to a question that is told by its beginning alone.
fn more(round: &Record, whole: &Whole) -> Option<impl IntoView + use<>> {
    beginning(round.question.as_deref()?)?;
    let all = whole.entry(round, Entry::Question);
    Some(view! {
        <p>
            <a href=all>{said::more()}</a>
        </p>
    })
}

fn figures(section: &Section, round: &Record, names: &Names) -> impl IntoView + use<> {
    let raises = section.raises();
    let mut figures = vec![said::asked(round.parts.len()), said::raised(raises.len())];
    if let Some(first) = raises.first() {
        figures.push(said::first_after(&took(first.after)));
    }
    let inviter = names.name(round.inviter);
    view! {
        <p class="hint">
            {said::by(view! { <bdi>{inviter}</bdi> }, &words::terms(round), &figures.join(", "))}
        </p>
    }
}
