//! The lessons of a class as CSV: a row for each, for whoever compares how it went before and after.

use std::borrow::Cow;

use classroom::history::LessonHeld;
use serde::Serialize;
use server::ClassRow;
use signaling::{GroupId, Timestamp};

use super::csv::{harmless, head, seconds};
use crate::zone::Zone;

/// A row; its fields are the columns.
#[derive(Default, Serialize)]
struct Row<'a> {
    class: Cow<'a, str>,
    class_id: Option<GroupId>,
    lesson: usize,
    began_at: Option<Timestamp>,
    began_at_local: String,
    ended_at: Option<Timestamp>,
    ended_at_local: String,
    students: u32,
    rounds: u32,
    hands: u32,
    turns: u32,
    students_who_spoke: u32,
    turns_of_top_three: u32,
    seconds_to_first_hand: Option<i64>,
    seconds_to_first_turn: Option<i64>,
    seconds_between_turns: Option<i64>,
    milliseconds_to_first_hand: Option<i64>,
    milliseconds_to_first_turn: Option<i64>,
    milliseconds_between_turns: Option<i64>,
}

impl<'a> Row<'a> {
    fn of(class: &'a ClassRow, lesson: usize, held: &LessonHeld, zone: &Zone) -> Self {
        let millis = |wait: Option<u64>| wait.map(u64::cast_signed);
        let to_first_hand = millis(held.waits.to_first_hand);
        let to_first_turn = millis(held.waits.to_first_turn);
        let between_turns = millis(held.waits.between_turns);
        Self {
            class: harmless(&class.name),
            class_id: Some(class.group_id),
            lesson,
            began_at: Some(held.began_at),
            began_at_local: zone.spreadsheet(held.began_at),
            ended_at: Some(held.ended_at),
            ended_at_local: zone.spreadsheet(held.ended_at),
            students: held.students,
            rounds: held.rounds,
            hands: held.hands,
            turns: held.turns,
            students_who_spoke: held.speakers,
            turns_of_top_three: held.turns_of_top_three,
            seconds_to_first_hand: to_first_hand.map(seconds),
            seconds_to_first_turn: to_first_turn.map(seconds),
            seconds_between_turns: between_turns.map(seconds),
            milliseconds_to_first_hand: to_first_hand,
            milliseconds_to_first_turn: to_first_turn,
            milliseconds_between_turns: between_turns,
        }
    }
}

/// The file of these lessons of a class.
pub(super) fn lessons_csv(class: &ClassRow, lessons: &[LessonHeld], zone: &Zone) -> Vec<u8> {
    let bytes = format!("{}\n", head::<Row<'_>>()).into_bytes();
    let mut csv = ::csv::WriterBuilder::new().has_headers(false).from_writer(bytes);
    for (number, held) in (1..).zip(lessons) {
        // Writing into memory does not fail.
        let _ = csv.serialize(Row::of(class, number, held, zone));
    }
    csv.into_inner().unwrap_or_default()
}
