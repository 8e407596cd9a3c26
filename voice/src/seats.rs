//! Seats: in a call among several each keeps one, by which the others know whose sound and picture comes
//! in which stream.

use signaling::UserId;

/// How many a call holds. A page offers to receive one less of each kind.
pub const SEATS: usize = 8;

/// Who sits where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Seats([Option<UserId>; SEATS]);

impl Seats {
    /// Gives seats to those who have come, and takes them from those who have gone. Everybody else stays
    /// where they are; further ones than there are seats for have none.
    pub fn set(&mut self, people: &[UserId]) {
        for seat in &mut self.0 {
            *seat = seat.filter(|user| people.contains(user));
        }
        for user in people {
            if self.of(*user).is_none()
                && let Some(free) = self.0.iter_mut().find(|seat| seat.is_none())
            {
                *free = Some(*user);
            }
        }
    }

    /// Somebody's seat.
    pub fn of(&self, user: UserId) -> Option<usize> {
        self.0.iter().position(|seat| *seat == Some(user))
    }

    /// Who sits there.
    pub fn at(&self, seat: usize) -> Option<UserId> {
        self.0.get(seat).copied().flatten()
    }

    /// In which of their streams somebody receives a seat; none for their own.
    pub const fn stream(own: usize, seat: usize) -> Option<usize> {
        match seat {
            seat if seat < own => Some(seat),
            seat if seat > own => Some(seat - 1),
            _ => None,
        }
    }

    /// The seat that somebody receives in one of their streams.
    pub const fn behind(own: usize, stream: usize) -> usize {
        if stream < own { stream } else { stream + 1 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const fn user(number: u8) -> UserId {
        UserId::from_bytes([number; 16])
    }

    #[test]
    fn whoever_stays_keeps_their_seat() {
        let mut seats = Seats::default();
        seats.set(&[user(1), user(2), user(3)]);
        seats.set(&[user(3), user(4), user(1)]);
        assert_eq!([1, 4, 3, 2].map(|it| seats.of(user(it))), [Some(0), Some(1), Some(2), None]);
        assert_eq!(seats.at(1), Some(user(4)));
    }

    proptest! {
        #[test]
        fn everybody_has_one_seat_and_keeps_it(calls in vec(vec(0_u8..12, 0..8), 1..20)) {
            let mut seats = Seats::default();
            for mut people in calls {
                people.sort_unstable();
                people.dedup();
                let people: Vec<UserId> = people.into_iter().map(user).collect();
                let before = seats.clone();
                seats.set(&people);
                for number in 0..12 {
                    let (was, is) = (before.of(user(number)), seats.of(user(number)));
                    prop_assert_eq!(is.is_some(), people.contains(&user(number)));
                    prop_assert!(was.is_none() || is.is_none() || was == is);
                }
            }
        }

        #[test]
        fn streams_and_seats_agree(own in 0..SEATS, seat in 0..SEATS) {
            match Seats::stream(own, seat) {
                None => prop_assert_eq!(own, seat),
                Some(stream) => {
                    prop_assert!(stream < SEATS - 1);
                    prop_assert_eq!(Seats::behind(own, stream), seat);
                }
            }
        }
    }
}
