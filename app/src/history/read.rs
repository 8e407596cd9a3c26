//! What the pages show, read from the engine: who may see it, and a page of a class.

use classroom::history::{Chronicle, Page, Record};
use futures::TryStreamExt;
use leptos::prelude::*;
use server::{ClassRow, Engine, Error};
use signaling::{GroupId, Role, Timestamp, UserId};

use super::Zone;
use crate::actions::ssr;
use crate::trouble::Trouble;

/// After so long without an event a class is taken for forgotten.
const FORGOTTEN_MILLIS: i64 = 6 * 3_600 * 1_000;

/// Who looks at a class's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// An administrator, who sees every class and all of it.
    Admin,
    /// A teacher of the class.
    Teacher(UserId),
}

impl Viewer {
    /// Where this viewer sees the class.
    pub fn class(self, group: GroupId) -> String {
        match self {
            Self::Admin => format!("/admin/class/{group}"),
            Self::Teacher(_) => format!("/class/{group}/history"),
        }
    }

    /// Where this viewer sees a person in the class.
    pub fn person(self, group: GroupId, user: UserId) -> String {
        format!("{}/person/{user}", self.class(group))
    }

    /// What of a record this viewer may read.
    pub fn may_read(self, record: Record) -> Record {
        match self {
            Self::Admin => record,
            Self::Teacher(user) => record.for_member(user),
        }
    }
}

/// The class in the address and who looks at it, when they may.
pub async fn viewer(group: &str, as_admin: bool) -> Result<(Engine, Viewer, ClassRow), Trouble> {
    let engine = ssr::engine()?;
    if as_admin && !ssr::is_admin(&engine).await? {
        return Err(Trouble::NotAdmin);
    }
    let missing = if as_admin { Trouble::NoSuchClass } else { Trouble::NothingKept };
    let group = group.parse().map_err(|_| missing)?;
    let viewer = if as_admin {
        Viewer::Admin
    } else {
        match ssr::member_of(group).await? {
            (user, Role::Teacher) => Viewer::Teacher(user),
            (_, Role::Student) => return Err(Trouble::NotAllowed),
        }
    };
    let class = engine.class(group).await.map_err(|error| not_there(error, missing))?;
    Ok((engine, viewer, class))
}

/// The trouble of a class that is not there, or whatever else it was.
pub fn not_there(error: Error, missing: Trouble) -> Trouble {
    match error {
        Error::NoSuchGroup => missing,
        other => other.into(),
    }
}

/// A class's chronicle as of its last event.
pub async fn chronicle(engine: &Engine, class: &ClassRow) -> Result<Chronicle, Trouble> {
    let state = engine.reading(class).await?;
    Ok(Chronicle::restore(&state).unwrap_or_else(|| Chronicle::new(class.group_id)))
}

/// A page of a class.
#[derive(Clone)]
pub struct Told {
    /// The class as far as its log goes.
    pub chronicle: Chronicle,
    /// The invitations of this page, in the order in which they were made.
    pub records: Vec<Record>,
    /// Which page it is, from 0.
    pub place: usize,
    /// The moment at which it was read.
    pub now: Timestamp,
}

impl Told {
    /// The page before this one and the one after it, by where they begin.
    pub fn neighbours(&self) -> (Option<u64>, Option<u64>) {
        let pages = self.chronicle.pages();
        let before = self.place.checked_sub(1).and_then(|place| pages.get(place));
        let after = pages.get(self.place + 1);
        (before.map(|page| page.from), after.map(|page| page.from))
    }
}

/// Reads the page of the class on which the event lies; the first one without.
pub async fn told(
    engine: &Engine,
    class: &ClassRow,
    viewer: Viewer,
    from: Option<u64>,
) -> Result<Told, Trouble> {
    let chronicle = chronicle(engine, class).await?;
    let from = from.unwrap_or(0);
    let place = chronicle.pages().partition_point(|page| page.from <= from).saturating_sub(1);
    let next = chronicle.pages().get(place + 1).map(|page| page.from);
    let records = match chronicle.pages().get(place) {
        Some(page) => records(engine, class.group_id, page, next).await?,
        None => Vec::new(),
    };
    let records =
        records.into_iter().map(|record| viewer.may_read(chronicle.as_it_stands(record))).collect();
    let now = told_at(&chronicle, engine.now());
    Ok(Told { chronicle, records, place, now })
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
) -> Result<Vec<Record>, Trouble> {
    let mut told = Chronicle::of_page(group, page, next);
    let mut records = Vec::new();
    for event in engine.member_events(group, page.from).await? {
        records.extend(told.tell(&event));
    }
    let mut log = std::pin::pin!(engine.log(group, page.from, page.last));
    while let Some(events) = log.try_next().await? {
        for event in events {
            records.extend(told.tell(&event));
        }
    }
    records.extend_from_slice(told.live());
    records.sort_by_key(|record| record.seq);
    Ok(records)
}

/// The time zone of the school.
pub fn zone() -> Zone {
    use_context::<Zone>().unwrap_or_else(Zone::of_machine)
}

/// The same for the moments of a class: with their days, when it was on more than one.
pub fn zone_of(chronicle: &Chronicle) -> Zone {
    let zone = zone();
    match (chronicle.began_at(), chronicle.last_at()) {
        (Some(began), Some(last)) if zone.day(began) != zone.day(last) => zone.with_days(),
        _ => zone,
    }
}
