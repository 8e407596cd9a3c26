//! Slots: the few places in which voices are heard at the same time, the same for all who listen.

/// How many are heard at once. A page offers to receive as many streams.
pub const SLOTS: usize = 3;

/// Which source is heard in which slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slots<S> {
    heard: [Option<S>; SLOTS],
    /// The slot to be given next, so that one that has just been left is given last.
    next: usize,
}

impl<S> Default for Slots<S> {
    fn default() -> Self {
        Self { heard: [const { None }; SLOTS], next: 0 }
    }
}

impl<S: Copy + PartialEq> Slots<S> {
    /// Who is heard, in the order of the slots.
    pub fn heard(&self) -> impl Iterator<Item = S> {
        self.heard.iter().flatten().copied()
    }

    /// The slot of a source that sends: its own, a free one, or that of whoever ranks lowest, when
    /// this one ranks higher. A lower number is a higher rank; whoever has none gives way to anybody.
    /// Also tells whether the slot has just been given.
    pub fn take(&mut self, source: S, rank: impl Fn(S) -> Option<usize>) -> Option<(usize, bool)> {
        let own = self.heard.iter().position(|heard| *heard == Some(source));
        if let Some(own) = own {
            return Some((own, false));
        }
        let free = (self.next..self.next + SLOTS).map(|slot| slot % SLOTS);
        let free = free.into_iter().find(|slot| self.heard[*slot].is_none());
        let slot = free.or_else(|| {
            let place = |heard: Option<S>| heard.and_then(&rank).unwrap_or(usize::MAX);
            let lowest = (0..SLOTS).max_by_key(|slot| place(self.heard[*slot]))?;
            (place(self.heard[lowest]) > rank(source)?).then_some(lowest)
        })?;
        self.heard[slot] = Some(source);
        self.next = (slot + 1) % SLOTS;
        Some((slot, true))
    }

    /// Takes their slots from all that do not stay; tells which slots those are.
    pub fn retain(&mut self, stays: impl Fn(S) -> bool) -> Vec<usize> {
        let mut left = Vec::new();
        for (slot, heard) in self.heard.iter_mut().enumerate() {
            if heard.is_some_and(|source| !stays(source)) {
                *heard = None;
                left.push(slot);
            }
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn rank(source: u8) -> Option<usize> {
        Some(usize::from(source))
    }

    #[test]
    fn a_source_keeps_its_slot_and_a_free_one_is_given_that_was_left_longest_ago() {
        let mut slots = Slots::default();
        assert_eq!(slots.take(5, rank), Some((0, true)));
        assert_eq!(slots.take(5, rank), Some((0, false)));
        assert_eq!(slots.retain(|_| false), [0]);
        assert_eq!(slots.take(6, rank), Some((1, true)), "the first fades out");
    }

    #[test]
    fn whoever_ranks_higher_takes_the_slot_of_whoever_ranks_lowest() {
        let mut slots = Slots::default();
        for source in [3, 9, 5] {
            slots.take(source, rank).expect("one is free");
        }
        assert_eq!(slots.take(10, rank), None);
        assert_eq!(slots.take(4, rank), Some((1, true)));
        assert!(slots.heard().eq([3, 4, 5]));
    }

    proptest! {
        #[test]
        fn nobody_is_heard_twice_and_the_highest_ranks_of_those_who_send_are_heard(
            sending in vec(0_u8..8, 0..60),
        ) {
            let mut slots = Slots::default();
            for source in &sending {
                slots.take(*source, rank);
            }
            let mut heard: Vec<u8> = slots.heard().collect();
            heard.sort_unstable();
            let mut best = sending;
            best.sort_unstable();
            best.dedup();
            best.truncate(SLOTS);
            prop_assert_eq!(heard, best);
        }
    }
}
