//! How much stands on one page, decided before anything of it is made: no page has more than 300 KB
//! of HTML, however many are in a class and whatever they are called and write.
//!
//! What grows is weighed: a weight is the most bytes that something can come to as HTML.

use std::ops::Range;

use classroom::history::{Kind, Part, Record};
use signaling::UserId;

use super::entries::{Entry, parts, said};
use super::names::Names;

/// The most students in the table of a page.
pub const PEOPLE: usize = 60;
/// The most lanes in the picture: more could not be read.
pub const LANES: usize = 60;
/// The most names in a sentence.
pub const NAMES: usize = 20;
/// The most rows or names in each list of an invitation that is too large to be told whole.
pub const ROWS: usize = 20;
/// The most characters of a text where it is not the page's subject.
pub const TEXT_CHARS: usize = 400;
/// The most teachers that are named with their class.
pub const TEACHERS: usize = 10;

/// What may stand on a page of a class, beside its frame.
const PAGE: usize = 280_000;
/// What an invitation may weigh that is told whole.
const WHOLE: usize = 140_000;
/// What may stand on a page about one invitation.
const ENTRIES: usize = 200_000;
/// The most parts on a page about one invitation.
const PARTS: usize = 100;

/// A student's row in the table, their lane in the picture, and their place in a sentence, each
/// without the name.
const PERSON: usize = 950;
const LANE: usize = 500;
const NAME: usize = 20;
/// The heads of an invitation's tables, without what is in them.
const HEAD: usize = 900;
/// The same of a round, and all else that stands there once.
const ROUND: usize = 2_500;
/// A part's rows in the tables and its mark in the picture, without names and texts.
const PART: usize = 650;
/// What a row has more in a table that becomes a list on a phone.
const LABELS: usize = 150;
/// A text's element, and a link where it is cut.
const TEXT: usize = 60;
const LINK: usize = 170;
/// What one invitation that is not told whole can draw into the picture.
const MARKS: usize = 7_000;

/// The beginning of a text that is too long to be told whole beside others.
pub fn beginning(text: &str) -> Option<&str> {
    let (end, _) = text.char_indices().nth(TEXT_CHARS)?;
    text.get(..end)
}

/// How long a text is in HTML.
fn escaped(text: &str) -> usize {
    let longer = text.bytes().filter(|byte| matches!(byte, b'&' | b'<' | b'>')).count();
    text.len() + 4 * longer
}

fn in_short(text: &str) -> usize {
    TEXT + beginning(text).map_or_else(|| escaped(text), |cut| escaped(cut) + LINK)
}

fn optional(text: Option<&String>, weight: fn(&str) -> usize) -> usize {
    text.map_or(0, |text| weight(text))
}

/// What an invitation weighs without its parts and without what it said before it was changed.
fn head(record: &Record, names: &Names) -> usize {
    let of_kind = if record.kind == Kind::Round { ROUND } else { HEAD };
    of_kind
        + 3 * escaped(names.get(record.inviter))
        + optional(record.question.as_ref(), in_short)
        + in_short(&record.data)
        + optional(record.close_reason.as_ref(), escaped)
        + optional(record.close_data.as_ref(), in_short)
}

/// What a part weighs without its texts.
fn row(record: &Record, part: &Part, names: &Names) -> usize {
    let labels = if matches!(record.kind, Kind::Round | Kind::Again) { 0 } else { LABELS };
    PART + labels
        + 2 * escaped(names.get(part.user))
        + escaped(names.get(record.inviter))
        + 2 * part.ended_by.map_or(0, |by| escaped(names.get(by)))
        + 2 * optional(part.reason.as_ref(), escaped)
}

/// What an invitation weighs when all of it is told; of its parts those of one person alone when
/// `only` names them.
fn whole(record: &Record, names: &Names, only: Option<UserId>) -> usize {
    let changes = record.changes.iter().map(|change| 2 * TEXT + in_short(&change.before));
    let parts = parts(record, only).map(|(_, part)| {
        let texts: usize = said(record, part).map(|text| in_short(text)).sum();
        // Beside its texts stands whose they are.
        let named = if texts > 0 { TEXT + escaped(names.get(part.user)) } else { 0 };
        row(record, part, names) + texts + named
    });
    head(record, names) + changes.sum::<usize>() + parts.sum::<usize>()
}

/// Whether all of an invitation is told on a page with others. Of one that is not, each list is
/// cut, and the rest stands on its own page.
pub fn is_whole(record: &Record, names: &Names, only: Option<UserId>) -> bool {
    whole(record, names, only) <= WHOLE
}

/// How many rows each list of an invitation has at most.
pub fn rows(record: &Record, names: &Names) -> usize {
    if is_whole(record, names, None) { usize::MAX } else { ROWS }
}

fn weight(record: &Record, names: &Names, only: Option<UserId>) -> usize {
    let whole = whole(record, names, only);
    if whole <= WHOLE {
        return whole;
    }
    let widest = |weigh: &dyn Fn(&Part) -> usize| record.parts.iter().map(weigh).max().unwrap_or(0);
    let row = widest(&|part| row(record, part, names));
    let name = NAME + widest(&|part| escaped(names.get(part.user)));
    let lists = match record.kind {
        // Those who raised a hand, and the names of those who did not in four ways.
        Kind::Round => ROWS * row + 4 * ROWS * name,
        Kind::Floor | Kind::Call | Kind::Other => ROWS * row,
        // One row, which tells of one part.
        Kind::Again | Kind::Ask => row,
    };
    head(record, names) + MARKS + lists
}

/// The records, which are in order, as pages of what stands together.
pub fn of_records(records: &[Record], names: &Names, only: Option<UserId>) -> Vec<Range<usize>> {
    let weights: Vec<(u32, usize)> =
        records.iter().map(|it| (it.round, weight(it, names, only))).collect();
    portions(&weights, PAGE - people(names))
}

/// What the students of a class may weigh on each of its pages.
fn people(names: &Names) -> usize {
    let widest = names.all().map(escaped).max().unwrap_or(0);
    let at_most = |most: usize, each: usize| names.all().count().min(most) * (each + widest);
    at_most(PEOPLE, PERSON) + at_most(LANES, LANE) + 3 * at_most(NAMES, NAME)
}

/// What stands on the page of an invitation, as pages.
pub fn of_entries(record: &Record, entries: &[Entry], names: &Names) -> Vec<Range<usize>> {
    let weigh = |entry: &Entry| match *entry {
        Entry::Question => HEAD + optional(record.question.as_ref(), escaped),
        Entry::Data => HEAD + escaped(&record.data),
        Entry::Change(place) => {
            HEAD + record.changes.get(place).map_or(0, |change| escaped(&change.before))
        }
        Entry::Closing => HEAD + optional(record.close_data.as_ref(), escaped),
        Entry::Part(place) => record.parts.get(place).map_or(0, |part| {
            let texts: usize = said(record, part).map(|text| escaped(text)).sum();
            (row(record, part, names) + texts).max(ENTRIES / PARTS)
        }),
    };
    let weights: Vec<(u32, usize)> = (0..).zip(entries.iter().map(weigh)).collect();
    portions(&weights, ENTRIES)
}

/// Things in order, each with its section and its weight, as pages. A section is parted only where
/// it is too much for one page.
fn portions(weights: &[(u32, usize)], most: usize) -> Vec<Range<usize>> {
    let mut portions = Vec::new();
    let (mut start, mut place, mut filled) = (0, 0, 0);
    for section in weights.chunk_by(|one, other| one.0 == other.0) {
        let mut needed: usize = section.iter().map(|(_, weight)| weight).sum();
        for (_, weight) in section {
            needed = needed.max(*weight);
            if filled > 0 && filled + needed > most {
                portions.push(start..place);
                (start, filled) = (place, 0);
            }
            filled += weight;
            place += 1;
            needed = 0;
        }
    }
    if place > start {
        portions.push(start..place);
    }
    portions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_whole_sections_as_far_as_they_fit() {
        for (weights, ends) in [
            (&[][..], &[][..]),
            (&[(1, 900)], &[1]),
            (&[(1, 4), (1, 4), (2, 4), (2, 4)], &[2, 4]),
            (&[(1, 4), (2, 3), (2, 2), (3, 2)], &[3, 4]),
            (&[(1, 1), (2, 5), (2, 5), (2, 5), (3, 4)], &[1, 3, 5]),
            (&[(1, 1), (2, 90), (3, 1)], &[1, 2, 3]),
        ] {
            let portions = portions(weights, 10);
            let found: Vec<usize> = portions.iter().map(|portion| portion.end).collect();
            assert_eq!(found, ends, "{weights:?}");
            let places: Vec<usize> = portions.into_iter().flatten().collect();
            assert!(places.into_iter().eq(0..weights.len()), "{weights:?}");
        }
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(beginning(&"ö".repeat(TEXT_CHARS)), None);
        let cut = beginning(&"🙋".repeat(TEXT_CHARS + 1)).map(|cut| cut.chars().count());
        assert_eq!(cut, Some(TEXT_CHARS));
    }
}
