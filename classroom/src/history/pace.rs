//! How long a lesson waits: from a question to the first hand and to the first turn, and from the end of
//! a turn to the next one.

use serde::{Deserialize, Serialize};
use signaling::Timestamp;

/// The most times of each kind that are kept; of more, the first.
const TIMES: usize = 500;

/// The middle ones of these times, in milliseconds; none where there is none. What was taken back
/// counts nowhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waits {
    /// From a question to the first hand that answered it, the time to think included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_first_hand: Option<u64>,
    /// From a question to the first turn after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_first_turn: Option<u64>,
    /// From the end of a turn to the beginning of the next, where no question lay between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between_turns: Option<u64>,
}

/// A moment in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Moment {
    seq: u64,
    at: Timestamp,
}

/// Times, each with the event at which it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Times(Vec<(u64, u64)>);

impl Times {
    fn note(&mut self, from: Moment, to: Moment) {
        if self.0.len() < TIMES {
            self.0.push((to.seq, u64::try_from(to.at.millis_since(from.at)).unwrap_or(0)));
        }
    }

    /// Whether one has ended since this moment.
    fn is_after(&self, moment: Moment) -> bool {
        self.0.last().is_some_and(|(seq, _)| *seq > moment.seq)
    }

    fn middle(&self) -> Option<u64> {
        let mut times: Vec<u64> = self.0.iter().map(|(_, time)| *time).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }
}

/// The times of a lesson as it is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pace {
    asked: Option<Moment>,
    /// When the last turn ended, unless a question came after it.
    ended: Option<Moment>,
    to_hand: Times,
    to_turn: Times,
    between: Times,
    /// What was performed last: its number, and those of the first and last event.
    performed: Option<[u64; 3]>,
}

impl Pace {
    pub fn asked(&mut self, seq: u64, at: Timestamp) {
        self.asked = Some(Moment { seq, at });
        self.ended = None;
    }

    pub fn raised(&mut self, seq: u64, at: Timestamp) {
        if let Some(asked) = self.asked.filter(|asked| !self.to_hand.is_after(*asked)) {
            self.to_hand.note(asked, Moment { seq, at });
        }
    }

    pub fn turn_began(&mut self, seq: u64, at: Timestamp) {
        let now = Moment { seq, at };
        if let Some(asked) = self.asked.filter(|asked| !self.to_turn.is_after(*asked)) {
            self.to_turn.note(asked, now);
        }
        if let Some(ended) = self.ended.take() {
            self.between.note(ended, now);
        }
    }

    /// The turn that began with this event has not been.
    pub fn turn_undone(&mut self, began: u64) {
        for times in [&mut self.to_turn, &mut self.between] {
            times.0.retain(|(seq, _)| *seq != began);
        }
        self.ended = None;
    }

    pub fn turn_ended(&mut self, seq: u64, at: Timestamp) {
        self.ended = Some(Moment { seq, at });
    }

    /// What happened from this event to that one can be taken back, by the number of a third.
    pub const fn performed(&mut self, seq: u64, first: u64, last: u64) {
        self.performed = Some([seq, first, last]);
    }

    /// What was performed last, by this number, has not happened.
    pub fn undone(&mut self, performed: u64) {
        let Some([seq, first, last]) = self.performed.take() else { return };
        if seq != performed {
            return;
        }
        for times in [&mut self.to_hand, &mut self.to_turn, &mut self.between] {
            times.0.retain(|(seq, _)| !(first..=last).contains(seq));
        }
        self.ended = None;
    }

    pub fn waits(&self) -> Waits {
        Waits {
            to_first_hand: self.to_hand.middle(),
            to_first_turn: self.to_turn.middle(),
            between_turns: self.between.middle(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_a_lesson_are_those_in_the_middle() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
        let mut pace = Pace::default();
        assert_eq!(pace.waits(), Waits::default());
        pace.asked(1, at(0));
        pace.raised(2, at(4));
        pace.raised(3, at(5));
        pace.turn_began(4, at(9));
        pace.turn_ended(5, at(20));
        pace.turn_began(6, at(23));
        pace.turn_ended(7, at(30));
        // A question lies between.
        pace.asked(8, at(40));
        pace.raised(9, at(50));
        pace.turn_began(10, at(51));
        pace.asked(11, at(60));
        pace.raised(12, at(66));
        let waits = Waits {
            to_first_hand: Some(6_000),
            to_first_turn: Some(11_000),
            between_turns: Some(3_000),
        };
        assert_eq!(pace.waits(), waits);
        // The second turn is taken back.
        pace.performed(7, 6, 6);
        pace.undone(7);
        assert_eq!(pace.waits(), Waits { between_turns: None, ..waits });
    }
}
