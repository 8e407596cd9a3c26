//! An export as CSV: one row for each part of each invitation.

use std::borrow::Cow;

use call::{Media, Outcome};
use classroom::history::{Chronicle, Kind, Part, Record};
use serde::Serialize;
use server::ClassRow;
use signaling::{Answers, GroupId, InviteId, InviteeState, Role, Timestamp, UserId};

use super::writer::{AT_ONCE, Context, Rest, Writer, Written};
use crate::zone::Zone;

/// How many digits of a number spreadsheets keep.
const EXACT_DIGITS: usize = 15;

/// A mark by which spreadsheets know UTF-8.
const BOM: &str = "\u{feff}";

/// A row; its fields are the columns. A number is whole: where one country writes a decimal point
/// another reads thousands. Beside each moment stands what a spreadsheet takes for one, in the time zone
/// of the server.
#[derive(Clone, Default, Serialize)]
struct Row<'a> {
    class: Cow<'a, str>,
    class_id: Option<GroupId>,
    round: u32,
    kind: Option<Kind>,
    question: Cow<'a, str>,
    one_to_one: bool,
    invited_by: Cow<'a, str>,
    asked_at: Option<Timestamp>,
    asked_at_local: Option<Cow<'a, str>>,
    time_limit_s: u32,
    answers: Option<Answers>,
    closed_at: Option<Timestamp>,
    closed_at_local: Option<Cow<'a, str>>,
    person: Cow<'a, str>,
    person_role: Option<Role>,
    state: Option<InviteeState>,
    answered_or_closed_at: Option<Timestamp>,
    answered_or_closed_at_local: Option<Cow<'a, str>>,
    seconds_to_answer: Option<i64>,
    milliseconds_to_answer: Option<i64>,
    seconds_since_round: Option<i64>,
    milliseconds_since_round: Option<i64>,
    over_at: Option<Timestamp>,
    over_at_local: Option<Cow<'a, str>>,
    seconds_lasted: Option<i64>,
    milliseconds_lasted: Option<i64>,
    answered_by: Cow<'a, str>,
    ended_by: Cow<'a, str>,
    reason: Cow<'a, str>,
    data: Cow<'a, str>,
    answer_data: Cow<'a, str>,
    end_data: Cow<'a, str>,
    person_id: Option<UserId>,
    invited_by_id: Option<UserId>,
    invitation_id: Option<InviteId>,
    media: Option<Media>,
    outcome: Option<Outcome>,
}

impl<'a> Row<'a> {
    /// What all rows of a record have alike.
    fn of_record(record: &'a Record, context: &'a Context<'_>) -> Self {
        Self {
            class: harmless(&context.class.name),
            class_id: Some(context.class.group_id),
            round: record.round,
            kind: Some(record.kind),
            question: harmless(record.question.as_deref().unwrap_or_default()),
            one_to_one: record.is_private,
            invited_by: harmless(context.names.get(record.inviter)),
            asked_at: Some(record.asked_at),
            asked_at_local: local(Some(record.asked_at), context.zone),
            time_limit_s: record.timeout.seconds(),
            answers: Some(record.answers),
            closed_at: record.closed_at,
            closed_at_local: local(record.closed_at, context.zone),
            data: harmless(&record.data),
            invited_by_id: Some(record.inviter),
            invitation_id: Some(record.invite_id),
            media: record.media,
            ..Self::default()
        }
    }

    /// The row of one part: what it came to, the texts that came with it, and whose it is.
    fn of_part(&self, record: &'a Record, part: &'a Part, context: &'a Context<'_>) -> Self {
        let Context { names, zone, now, .. } = *context;
        let is_asked = matches!(record.kind, Kind::Round | Kind::Again);
        let since_round = record.round_at.filter(|_| is_asked && part.answered_after().is_some());
        let since_round = since_round.and_then(|round| Some(part.settled_at?.millis_since(round)));
        let lasted = record.lasted(part, now);
        let text = |text: &'a Option<String>| harmless(text.as_deref().unwrap_or_default());
        Self {
            person: harmless(names.get(part.user)),
            person_role: names.role(part.user),
            state: Some(part.state),
            outcome: record.call_outcome(part),
            answered_or_closed_at: part.settled_at,
            answered_or_closed_at_local: local(part.settled_at, zone),
            seconds_to_answer: part.answered_after().map(seconds),
            milliseconds_to_answer: part.answered_after(),
            seconds_since_round: since_round.map(seconds),
            milliseconds_since_round: since_round,
            over_at: part.ended_at,
            over_at_local: local(part.ended_at, zone),
            seconds_lasted: lasted.map(seconds),
            milliseconds_lasted: lasted,
            answered_by: part.answered_by.map(|by| harmless(names.get(by))).unwrap_or_default(),
            ended_by: part.ended_by.map(|by| harmless(names.get(by))).unwrap_or_default(),
            reason: text(&part.reason),
            answer_data: text(&part.data),
            end_data: text(&part.end_data),
            person_id: Some(part.user),
            ..self.clone()
        }
    }
}

/// The first line of a file: the mark, and the names of the columns, which are the fields of a row.
pub(super) fn head<Row: Default + Serialize>() -> String {
    let mut csv = ::csv::Writer::from_writer(Vec::new());
    // Writing into memory does not fail.
    let _ = csv.serialize(Row::default());
    let lines = csv.into_inner().unwrap_or_default();
    let lines = String::from_utf8_lossy(&lines);
    format!("{BOM}{}", lines.lines().next().unwrap_or_default())
}

/// A moment as a spreadsheet takes it.
fn local(at: Option<Timestamp>, zone: &Zone) -> Option<Cow<'static, str>> {
    at.map(|at| zone.spreadsheet(at).into())
}

/// A length of time in whole seconds.
pub(super) const fn seconds(millis: i64) -> i64 {
    (millis + 500) / 1_000
}

/// A cell of somebody's words that no spreadsheet takes for anything else. It is no formula, nor is
/// any part of it: some read the file by semicolons or tabs, as their country has it, and find
/// cells where none were written. It is no number, time or date either, which would stand there as
/// another one: a class 9E2 as 900, a student 007 as 7.
pub(super) fn harmless(cell: &str) -> Cow<'_, str> {
    if is_read_anew(cell) {
        return format!("'{cell}").into();
    }
    const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    const BREAK: [char; 5] = [';', '\t', '\r', '\n', '\0'];
    if !cell.contains(FORMULA) && !cell.starts_with(&BREAK[1..]) {
        return cell.into();
    }
    let mut safe = String::with_capacity(cell.len() + 1);
    let mut is_start = true;
    for (place, c) in cell.chars().enumerate() {
        if is_start && FORMULA.contains(&c) || place == 0 && BREAK[1..].contains(&c) {
            safe.push('\'');
        }
        // Quotes are the writer's: what follows them may be the start of a cell as well.
        is_start = BREAK.contains(&c) || is_start && c == '"';
        safe.push(c);
    }
    safe.into()
}

/// Whether a spreadsheet makes a number, a time or a date of these words that is not written as
/// they are.
fn is_read_anew(cell: &str) -> bool {
    let cell = cell.trim();
    let is_digits = |c: char| c.is_ascii_digit();
    let is_number_as_it_is = cell.chars().all(is_digits)
        && cell.len() <= EXACT_DIGITS
        && (cell == "0" || !cell.starts_with('0'));
    cell.contains(is_digits)
        && cell.starts_with(|c: char| is_digits(c) || c == '.' || c == ',')
        && cell.chars().all(|c| is_digits(c) || " .,:/-+eE%".contains(c))
        && !is_number_as_it_is
}

/// Writes CSV.
pub struct Csv;

impl Writer for Csv {
    fn begin(&mut self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(format!("{}\r\n", head::<Row<'_>>()).as_bytes());
    }

    fn begin_class(&mut self, _: &ClassRow, _: &mut Vec<u8>) {}

    fn record(&mut self, rest: Rest, context: &Context<'_>, bytes: &mut Vec<u8>) -> Written {
        let Rest { record, parts: before } = rest;
        let mut csv = ::csv::WriterBuilder::new()
            .has_headers(false)
            .buffer_capacity(512)
            .from_writer(&mut *bytes);
        let alike = Row::of_record(&record, context);
        if record.parts.is_empty() {
            let _ = csv.serialize(&alike);
            drop(csv);
            return Written { rows: 1, rest: None };
        }
        let mut parts = before;
        for part in record.parts.iter().skip(before) {
            let _ = csv.serialize(alike.of_part(&record, part, context));
            parts += 1;
            if csv.get_ref().len() > AT_ONCE {
                break;
            }
        }
        drop(csv);
        drop(alike);
        let is_done = parts >= record.parts.len();
        Written { rows: parts - before, rest: (!is_done).then_some(Rest { record, parts }) }
    }

    fn end_class(&mut self, _: &Chronicle, _: &mut Vec<u8>) {}

    fn end(&mut self, _: &mut Vec<u8>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, expected) in [
            ("=cmd()", "'=cmd()"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("\t=1", "'\t'=1"),
            ("\r\nAda", "'\r\nAda"),
            ("＝1", "'＝1"),
            ("\0=1", "'\0'=1"),
            ("Ada;=cmd()", "Ada;'=cmd()"),
            ("Ada;\"\"=cmd()", "Ada;\"\"'=cmd()"),
            ("\"=cmd()", "\"'=cmd()"),
            ("Ada\t+1", "Ada\t'+1"),
            ("Ada\n@x", "Ada\n'@x"),
            ("Ada; Bo -1", "Ada; Bo -1"),
            ("{\"x\":-1}", "{\"x\":-1}"),
            ("Ada = 1", "Ada = 1"),
            ("", ""),
        ] {
            assert_eq!(harmless(cell), expected);
        }
    }

    #[test]
    fn no_words_are_read_as_another_number_time_or_date() {
        for cell in [
            "9E2",
            "007",
            "1.304",
            "1,5",
            "3/4",
            "1-2",
            "12:30",
            "5%",
            "1 000",
            ".5",
            "1e-3",
            "2026-11-28",
            "1234567890123456",
        ] {
            assert_eq!(harmless(cell), format!("'{cell}"));
        }
        for cell in ["9", "0", "42", "123456789012345", "9B", "B9", "9 B", "3/4 of it", "e", "..."]
        {
            assert_eq!(harmless(cell), cell);
        }
    }

    #[test]
    fn the_columns_are_the_fields_of_a_row() {
        let head = head::<Row<'_>>();
        let heads = head.strip_prefix(BOM).expect("a mark");
        assert!(heads.starts_with("class,class_id,round,kind,question,one_to_one,"), "{heads}");
        assert!(heads.ends_with(",person_id,invited_by_id,invitation_id,media,outcome"), "{heads}");
        assert_eq!(heads.split(',').count(), 37);
    }

    #[test]
    fn moments_and_lengths_of_time() {
        for (millis, whole) in [(1_304, 1), (1_500, 2), (0, 0), (61_499, 61)] {
            assert_eq!(seconds(millis), whole);
        }
        let at = "2026-07-01T23:32:10.900Z".parse().ok();
        let zone = Zone::named("Europe/Berlin").expect("a zone");
        assert_eq!(local(at, &zone).as_deref(), Some("2026-07-02 01:32:10"));
        let row = Row { kind: Some(Kind::Round), asked_at: at, ..Row::default() };
        let mut csv = ::csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        csv.serialize(row).expect("a row");
        let line = String::from_utf8(csv.into_inner().expect("bytes")).expect("UTF-8");
        assert!(line.starts_with(",,0,round,,false,,2026-07-01T23:32:10.900Z,,0,,"), "{line}");
    }
}
