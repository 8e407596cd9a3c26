//! What the pages show, read from the engine: a page of a class, and one invitation.

use std::ops::Range;
use std::sync::Arc;

use classroom::history::{Chronicle, Page, Record};
use futures::TryStreamExt;
use server::{ClassRow, Engine, shows_something};
use signaling::{GroupId, Timestamp, UserId};

use super::names::Names;
use super::portions;
use super::viewer::Viewer;
use crate::failure::Failure;

/// After so long without an event a class is taken for forgotten.
const FORGOTTEN_MILLIS: i64 = 6 * 3_600 * 1_000;

/// A class's chronicle as of its last event.
pub async fn chronicle(engine: &Engine, class: &ClassRow) -> Result<Chronicle, Failure> {
    let state = engine.reading(class).await?;
    Ok(Chronicle::restore(&state).unwrap_or_else(|| Chronicle::new(class.group_id)))
}

/// A stretch of a class's log, as it was read for a page.
pub struct Stretch {
    /// The class as far as its log goes.
    pub chronicle: Chronicle,
    /// The stretch's place among those of the class.
    pub place: usize,
    /// The invitations that were made in it, in their order.
    pub records: Vec<Record>,
    /// The moment at which it was read.
    pub now: Timestamp,
}

/// Reads the stretch of the class in which the event lies; the first one without.
async fn stretch(
    engine: &Engine,
    class: &ClassRow,
    viewer: Viewer,
    from: u64,
) -> Result<Stretch, Failure> {
    let chronicle = chronicle(engine, class).await?;
    let place = chronicle.pages().partition_point(|page| page.from <= from).saturating_sub(1);
    let next = chronicle.pages().get(place + 1).map(|page| page.from);
    let records = match chronicle.pages().get(place) {
        Some(page) => records(engine, class.group_id, page, next).await?,
        None => Vec::new(),
    };
    let read = |record| with_visible_question(viewer.may_read(chronicle.as_it_stands(record)));
    let records = records.into_iter().map(read).collect();
    let now = told_at(&chronicle, engine.now());
    Ok(Stretch { chronicle, place, records, now })
}

/// The record without a question of which nobody would see anything: it would stand as an empty
/// line.
fn with_visible_question(mut record: Record) -> Record {
    record.question = record.question.filter(|question| shows_something(question));
    record
}

/// A page of a class: as much of a stretch as one page holds.
#[derive(Clone)]
pub struct HistoryPage {
    /// The class as far as its log goes.
    pub chronicle: Arc<Chronicle>,
    /// The names of its people.
    pub names: Names,
    /// The invitations of this page, in the order in which they were made.
    pub records: Vec<Arc<Record>>,
    /// The first and the last round of this page; 0 is what came before the first.
    pub rounds: (u32, u32),
    /// An event of the page before this one and of the one after it.
    pub neighbours: (Option<u64>, Option<u64>),
    /// The moment at which it was read.
    pub now: Timestamp,
}

impl HistoryPage {
    /// The page on which the event lies; of one person's invitations alone when `only` names them.
    pub fn of(stretch: Stretch, from: u64, only: Option<UserId>) -> Self {
        let Stretch { chronicle, place, mut records, now } = stretch;
        let names = Names::of(&chronicle);
        records.retain(|record| only.is_none_or(|user| record.concerns(user)));
        let portions = portions::of_records(&records, &names, only);
        let begins = |portion: &Range<usize>| records.get(portion.start).map(|record| record.seq);
        let shown = portions.iter().rposition(|it| begins(it).is_some_and(|seq| seq <= from));
        let shown = shown.unwrap_or(0);
        let pages = chronicle.pages();
        let before = match shown.checked_sub(1).and_then(|before| portions.get(before)) {
            Some(before) => begins(before),
            // The end of the stretch before this one.
            None => pages.get(place).filter(|_| place > 0).map(|page| page.from - 1),
        };
        let after = portions.get(shown + 1).and_then(begins);
        let after = after.or_else(|| pages.get(place + 1).map(|page| page.from));
        let range = portions.get(shown).cloned().unwrap_or_default();
        let records = records.into_iter().skip(range.start).take(range.len());
        let records: Vec<Arc<Record>> = records.map(Arc::new).collect();
        let rounds = match (records.first(), records.last(), pages.get(place)) {
            (Some(first), Some(last), _) => (first.round, last.round),
            (_, _, Some(page)) => {
                (page.rounds_before + page.rounds.min(1), page.rounds_before + page.rounds)
            }
            (_, _, None) => (0, 0),
        };
        let chronicle = Arc::new(chronicle);
        Self { chronicle, names, records, rounds, neighbours: (before, after), now }
    }
}

/// Reads the page of the class on which the event lies, the first one without; of one person's
/// invitations alone when `only` names them.
pub async fn history_page(
    engine: &Engine,
    class: &ClassRow,
    viewer: Viewer,
    from: Option<u64>,
    only: Option<UserId>,
) -> Result<HistoryPage, Failure> {
    let from = from.unwrap_or(0);
    Ok(HistoryPage::of(stretch(engine, class, viewer, from).await?, from, only))
}

/// One invitation of a class.
pub struct One {
    /// The class as far as its log goes.
    pub chronicle: Chronicle,
    /// The names of its people.
    pub names: Names,
    /// The invitation.
    pub record: Record,
    /// The moment at which it was read.
    pub now: Timestamp,
}

/// Reads the invitation that the event began.
pub async fn one(
    engine: &Engine,
    class: &ClassRow,
    viewer: Viewer,
    event: &str,
) -> Result<Option<One>, Failure> {
    let Ok(event) = event.parse() else { return Ok(None) };
    let Stretch { chronicle, records, now, .. } = stretch(engine, class, viewer, event).await?;
    let names = Names::of(&chronicle);
    let record = records.into_iter().find(|record| record.seq == event);
    Ok(record.map(|record| One { chronicle, names, record, now }))
}

/// The moment up to which what goes on is counted. In a class that everybody has left open, what
/// was going on is counted to the last thing that happened.
fn told_at(chronicle: &Chronicle, now: Timestamp) -> Timestamp {
    let last = chronicle.last_at().unwrap_or(now);
    let is_quiet = now.millis_since(last) > FORGOTTEN_MILLIS;
    if chronicle.has_ended() || is_quiet { last } else { now }
}

async fn records(
    engine: &Engine,
    group: GroupId,
    page: &Page,
    next: Option<u64>,
) -> Result<Vec<Record>, Failure> {
    let mut chronicle = Chronicle::of_page(group, page, next);
    let mut records = Vec::new();
    for event in engine.member_events(group, page.from).await? {
        records.extend(chronicle.tell(&event));
    }
    let mut log = std::pin::pin!(engine.log(group, page.from, page.last));
    while let Some(events) = log.try_next().await? {
        for event in events {
            records.extend(chronicle.tell(&event));
        }
    }
    records.extend_from_slice(chronicle.live());
    records.sort_by_key(|record| record.seq);
    Ok(records)
}
