//! People in the order in which they came, and where in it each one is: in a class of thousands
//! nobody is looked for by asking everybody.

use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::UserId;
use crate::sorted::Sorted;

/// What a [`Roll`] lists: one entry for each user.
pub trait Entry {
    /// Whose entry it is.
    fn user_id(&self) -> UserId;
}

/// A list of users' entries, in the order in which they came. On the wire it is the list.
#[derive(Debug, Clone)]
pub struct Roll<T> {
    entries: Vec<T>,
    /// By user, the place of their entry.
    places: Sorted<UserId, usize>,
}

impl<T> Default for Roll<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), places: Sorted::default() }
    }
}

impl<T: PartialEq> PartialEq for Roll<T> {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl<T: Eq> Eq for Roll<T> {}

impl<T> Deref for Roll<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.entries
    }
}

impl<T> Roll<T> {
    /// The entry of this user.
    pub fn of(&self, user: UserId) -> Option<&T> {
        self.entries.get(self.place(user)?)
    }

    /// The place of this user's entry in the list.
    pub fn place(&self, user: UserId) -> Option<usize> {
        self.places.get(&user).copied()
    }

    pub(crate) fn of_mut(&mut self, user: UserId) -> Option<&mut T> {
        let place = self.place(user)?;
        self.entries.get_mut(place)
    }

    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.entries.iter_mut()
    }
}

impl<T: Entry> Roll<T> {
    /// Adds an entry at the end; one of a user who has one already is left out.
    pub(crate) fn push(&mut self, entry: T) {
        if !self.places.contains(&entry.user_id()) {
            self.places.insert(entry.user_id(), self.entries.len());
            self.entries.push(entry);
        }
    }

    /// Takes a user's entry out.
    pub(crate) fn remove(&mut self, user: UserId) {
        if let Some(place) = self.place(user) {
            self.places.remove(&user);
            for later in self.places.values_mut().filter(|later| **later > place) {
                *later -= 1;
            }
            self.entries.remove(place);
        }
    }
}

impl<T: Entry> FromIterator<T> for Roll<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        let entries: Vec<T> = entries.into_iter().collect();
        let places =
            entries.iter().enumerate().map(|(place, entry)| (entry.user_id(), place)).collect();
        if let Some(places) = Sorted::of_distinct(places) {
            return Self { entries, places };
        }
        let mut roll = Self::default();
        for entry in entries {
            roll.push(entry);
        }
        roll
    }
}

impl<T: Serialize> Serialize for Roll<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.entries.serialize(serializer)
    }
}

impl<'de, T: Entry + Deserialize<'de>> Deserialize<'de> for Roll<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from_iter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    struct Seat(UserId, u8);

    impl Entry for Seat {
        fn user_id(&self) -> UserId {
            self.0
        }
    }

    fn user(number: u8) -> UserId {
        UserId::from_bytes([number; 16])
    }

    #[test]
    fn entries_stay_in_order_and_are_found_while_others_come_and_go() {
        let mut roll = Roll::default();
        let mut list: Vec<Seat> = Vec::new();
        for step in 0..500_u16 {
            let who = user((step * 7 % 40) as u8);
            let seat = Seat(who, (step % 251) as u8);
            if step % 3 == 2 {
                roll.remove(who);
                list.retain(|seat| seat.0 != who);
            } else {
                roll.push(seat.clone());
                if list.iter().all(|seat| seat.0 != who) {
                    list.push(seat);
                }
            }
            assert_eq!(*roll, *list);
            for number in 0..40 {
                let who = user(number);
                assert_eq!(roll.of(who), list.iter().find(|seat| seat.0 == who));
            }
            assert_eq!(roll, list.iter().cloned().collect());
        }
    }

    #[test]
    fn rolls_are_equal_when_they_list_the_same_in_the_same_order() {
        let roll = |numbers: &[u8]| -> Roll<Seat> {
            numbers.iter().map(|number| Seat(user(*number), *number)).collect()
        };
        for (one, other, are_equal) in [
            (&[][..], &[][..], true),
            (&[1, 2], &[1, 2], true),
            (&[1, 2], &[2, 1], false),
            (&[1, 2], &[1], false),
            (&[1], &[2], false),
            (&[], &[1], false),
        ] {
            assert_eq!(roll(one) == roll(other), are_equal, "{one:?} {other:?}");
        }
    }

    #[test]
    fn of_several_entries_of_one_user_the_first_is_listed() {
        for (numbers, listed) in [
            (&[][..], &[][..]),
            (&[1], &[1]),
            (&[1, 1], &[1]),
            (&[1, 1, 1], &[1]),
            (&[2, 1, 2], &[2, 1]),
            (&[1, 2, 2], &[1, 2]),
            (&[3, 1, 2], &[3, 1, 2]),
        ] {
            let seats = numbers.iter().zip(0..).map(|(number, place)| Seat(user(*number), place));
            let roll: Roll<Seat> = seats.collect();
            let users: Vec<UserId> = roll.iter().map(|seat| seat.0).collect();
            assert_eq!(users, listed.iter().map(|number| user(*number)).collect::<Vec<_>>());
            for (place, who) in users.into_iter().enumerate() {
                assert_eq!(roll.place(who), Some(place), "{numbers:?}");
            }
        }
    }

    #[test]
    fn whoever_is_taken_out_lets_those_after_them_move_up_and_leaves_those_before() {
        for gone in 0..4 {
            let mut roll: Roll<Seat> = (0..4).map(|number| Seat(user(number), number)).collect();
            roll.remove(user(gone));
            roll.remove(user(9));
            let left: Vec<u8> = (0..4).filter(|number| *number != gone).collect();
            assert_eq!(roll.iter().map(|seat| seat.1).collect::<Vec<_>>(), left);
            for (place, number) in left.into_iter().enumerate() {
                assert_eq!(roll.place(user(number)), Some(place), "{gone} is gone");
            }
            assert_eq!((roll.place(user(gone)), roll.of(user(gone))), (None, None));
            roll.push(Seat(user(gone), 7));
            assert_eq!((roll.place(user(gone)), roll.len()), (Some(3), 4), "they come in last");
        }
    }

    #[test]
    fn on_the_wire_it_is_a_list_in_which_nobody_comes_twice() {
        let seats = [Seat(user(2), 1), Seat(user(1), 2), Seat(user(2), 3)];
        let json = serde_json::to_string(&seats).expect("JSON");
        let roll: Roll<Seat> = serde_json::from_str(&json).expect("a roll");
        assert_eq!(*roll, seats[..2]);
        assert_eq!(serde_json::to_string(&roll).ok(), serde_json::to_string(&seats[..2]).ok());
    }
}
