//! A slot's timeline: numbers and time stamps that go on evenly while the sources in the slot change.
//!
//! Each source has sequence numbers and time stamps of its own. A receiver's jitter buffer takes a jump
//! in them for loss or delay, so that the delay would grow with each change of speakers. So a slot's
//! time is anchored to the clock whenever a source begins, and again when a source's own time has
//! fallen behind the clock, as after a pause in which its browser counted no samples.

use std::time::{Duration, Instant};

/// Ticks of an Opus stream's time stamps in a second.
pub(crate) const OPUS: u64 = 48_000;
/// The same of pictures.
pub(crate) const PICTURES: u64 = 90_000;

/// By how many numbers a source may jump: a minute of sound, and what a picture is made of.
const FAR: u64 = 30_000;

/// Where a source stood when it was anchored, and where the slot did.
#[derive(Debug, Clone, Copy)]
struct Anchor<S> {
    source: S,
    from: Place,
    to: Place,
}

/// A packet's place in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Its number; it does not roll over.
    pub seq: u64,
    /// Its time in ticks; it does not roll over.
    pub time: u64,
}

/// The time of one slot.
#[derive(Debug)]
pub(crate) struct Timeline<S> {
    start: Instant,
    /// Ticks in a second.
    rate: u64,
    anchor: Option<Anchor<S>>,
    last: Option<Place>,
}

impl<S: Copy + PartialEq> Timeline<S> {
    /// A timeline on which nothing has been placed.
    pub const fn new(start: Instant, rate: u64) -> Self {
        Self { start, rate, anchor: None, last: None }
    }

    /// Where a source's packet stands in the slot; none for one from before its source began here.
    /// Also tells whether the source begins with it.
    pub fn place(&mut self, now: Instant, source: S, from: Place) -> Option<(Place, bool)> {
        let clock = self.ticks(now.saturating_duration_since(self.start));
        let anchor = self.anchor.filter(|anchor| anchor.source == source);
        let placed = anchor.map(|Anchor { from: origin, to, .. }| {
            let seq = to.seq.checked_add(from.seq)?.checked_sub(origin.seq);
            let time = to.time.checked_add(from.time)?.checked_sub(origin.time);
            Some(Place { seq: seq?, time: time? }).filter(|place| *place >= to)
        });
        let is_near = |it: &Place| self.last.is_none_or(|last| it.seq < last.seq + FAR);
        if let Some(placed) = placed {
            let placed = placed?;
            if !is_near(&placed) {
                // Nothing that a browser sends jumps so far.
                return None;
            }
            let is_newest = self.last.is_none_or(|last| placed.seq > last.seq);
            if !is_newest || placed.time + self.rate * 3 / 10 >= clock {
                if is_newest {
                    self.last = Some(placed);
                }
                return Some((placed, false));
            }
        }
        // It begins here, or begins anew because it has fallen behind.
        let next = self.next(clock);
        let seq = placed.flatten().map_or(next.seq, |placed| placed.seq.max(next.seq));
        let to = Place { seq, ..next };
        self.anchor = Some(Anchor { source, from, to });
        self.last = Some(to);
        Some((to, true))
    }

    /// The place of a packet that the slot itself sends after all others.
    pub fn append(&mut self, now: Instant) -> Place {
        let next = self.next(self.ticks(now.saturating_duration_since(self.start)));
        self.anchor = None;
        self.last = Some(next);
        next
    }

    fn ticks(&self, passed: Duration) -> u64 {
        u64::try_from(passed.as_millis()).unwrap_or(0) * self.rate / 1_000
    }

    fn next(&self, clock: u64) -> Place {
        self.last.map_or(Place { seq: 0, time: clock }, |last| Place {
            seq: last.seq + 1,
            // A packet of sound is 20 ms, and pictures are further apart.
            time: clock.max(last.time + self.rate / 50),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a moment to count from")]
    fn start() -> Instant {
        Instant::now()
    }

    fn place(seq: u64, time: u64) -> Place {
        Place { seq, time }
    }

    #[test]
    fn a_source_keeps_its_gaps_and_another_goes_on_after_it() {
        let start = start();
        let at = |ms| start + Duration::from_millis(ms);
        let mut line = Timeline::new(start, OPUS);
        let mut placed = |ms, source, seq, time| line.place(at(ms), source, place(seq, time));
        assert_eq!(placed(0, 'a', 900, 70_000), Some((place(0, 0), true)));
        assert_eq!(placed(20, 'a', 901, 70_960), Some((place(1, 960), false)));
        assert_eq!(placed(60, 'a', 903, 72_880), Some((place(3, 2_880), false)), "one was lost");
        assert_eq!(placed(61, 'a', 902, 71_920), Some((place(2, 1_920), false)), "it was late");
        assert_eq!(placed(62, 'a', 899, 69_040), None, "it is from before");
        assert_eq!(placed(1_000, 'b', 5, 77), Some((place(4, 48_000), true)));
        assert_eq!(placed(1_020, 'b', 6, 1_037), Some((place(5, 48_960), false)));
    }

    #[test]
    fn a_source_that_jumps_as_none_does_moves_the_slot_nowhere() {
        let start = start();
        let mut line = Timeline::new(start, OPUS);
        line.place(start, 'a', place(5, 100));
        for from in [place(u64::MAX, 200), place(u64::MAX - 7, u64::MAX), place(90_000, 1_060)] {
            assert_eq!(line.place(start, 'a', from), None);
        }
        assert_eq!(line.place(start, 'a', place(6, 1_060)), Some((place(1, 960), false)));
    }

    #[test]
    fn a_source_that_counted_no_time_in_a_pause_is_anchored_anew() {
        let start = start();
        let at = |ms| start + Duration::from_millis(ms);
        let mut line = Timeline::new(start, OPUS);
        line.place(at(0), 'a', place(0, 0));
        assert_eq!(line.place(at(200), 'a', place(1, 960)), Some((place(1, 960), false)));
        assert_eq!(line.place(at(2_000), 'a', place(2, 1_920)), Some((place(2, 96_000), true)));
        assert_eq!(line.place(at(2_020), 'a', place(3, 2_880)), Some((place(3, 96_960), false)));
    }

    proptest! {
        #[test]
        fn places_never_repeat_and_time_goes_with_the_clock(
            packets in prop::collection::vec((0_u8..3, 1_u64..4, 0_u64..400), 1..200),
        ) {
            let start = start();
            let mut line = Timeline::new(start, OPUS);
            let mut sources = [(1_000_u64, 5_u64), (0, 0), (70_000, 1 << 33)];
            let (mut now, mut last) = (0, None::<Place>);
            for (source, skipped, waited) in packets {
                now += waited;
                let (seq, time) = &mut sources[usize::from(source)];
                *seq += skipped;
                *time += skipped * 960;
                let from = place(*seq, *time);
                let placed = line.place(start + Duration::from_millis(now), source, from);
                let (placed, _) = placed.expect("it is newer than all before");
                if let Some(last) = last {
                    prop_assert!(placed.seq > last.seq);
                    prop_assert!(placed.time > last.time);
                }
                prop_assert!(placed.time + OPUS * 3 / 10 >= now * 48);
                last = Some(placed);
            }
        }
    }
}
