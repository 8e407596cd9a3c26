//! How the names of a class look, so that whoever joins under a name that looks like another one is
//! told apart from it. What looks alike is Unicode's to say (UTS 39): "Аda" with a Cyrillic letter
//! looks like "Ada", "m" like "rn". Its tables are large, so only the server has them, and says what
//! comes of it in the event.

use std::collections::HashMap;

use signaling::event::MemberJoined;
use signaling::{Alike, Event, EventKind, Name, UserId};
use unicode_security::confusable_detection::skeleton;

/// The looks of all names that there are or were in a class.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    /// The first who had a name of this look; of a name with its number, the first of those without.
    firsts: HashMap<String, UserId>,
    /// The last number that was given to a name of this look.
    numbers: HashMap<String, u32>,
    /// What each member was told apart by: who comes again as the same member keeps it.
    members: HashMap<UserId, Option<Alike>>,
}

impl Looks {
    /// Those of the members that a log tells of.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut looks = Self::default();
        for event in events {
            looks.follow(event);
        }
        looks
    }

    /// Follows the log by one event.
    pub fn follow(&mut self, event: &Event) {
        let EventKind::MemberJoined(MemberJoined { user_id, name, alike, .. }) = &event.kind else {
            return;
        };
        self.members.insert(*user_id, *alike);
        let first = Alike::first(*user_id, *alike);
        self.firsts.entry(look(&name.told_apart(*alike))).or_insert(first);
        if let Some(alike) = alike {
            let last = self.numbers.entry(look(name.as_str())).or_default();
            *last = alike.number.max(*last);
        }
    }

    /// What tells somebody who joins under this name from the others; none when nobody's name looks
    /// like theirs.
    pub fn alike(&self, user: UserId, name: &Name) -> Option<Alike> {
        if let Some(alike) = self.members.get(&user) {
            return *alike;
        }
        let look_of_name = look(name.as_str());
        let user_id = *self.firsts.get(&look_of_name)?;
        let next = self.numbers.get(&look_of_name).map_or(2, |last| last + 1);
        // Somebody may have typed a name with a number.
        let is_free = |number: &u32| {
            let alike = Alike { user_id, number: *number };
            !self.firsts.contains_key(&look(&name.told_apart(Some(alike))))
        };
        (next..).find(is_free).map(|number| Alike { user_id, number })
    }
}

/// What is the same for texts that look alike. White space is shown as one space however much of it
/// there is.
pub(super) fn look(text: &str) -> String {
    let skeleton: String = skeleton(text).collect();
    skeleton.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use signaling::{Role, Timestamp};

    use super::*;
    use crate::identity::new_user_id;

    /// Names as they are told apart when they join one after the other.
    fn told_apart(names: &[&str]) -> Vec<String> {
        let mut looks = Looks::default();
        let mut told = Vec::new();
        for (name, seq) in names.iter().zip(1..) {
            let (user_id, name) = (new_user_id(), Name::new(name).expect("a name"));
            let alike = looks.alike(user_id, &name);
            told.push(name.told_apart(alike));
            let joined = MemberJoined { user_id, name: name.clone(), role: Role::Student, alike };
            looks.follow(&Event { seq, at: Timestamp::default(), kind: joined.into() });
            assert_eq!(looks.alike(user_id, &name), alike, "who comes again is the same");
        }
        told
    }

    #[test]
    fn names_that_look_alike_get_numbers() {
        assert_eq!(
            told_apart(&["Ada", "Bo", "Ada", "Аda", "Ada"]),
            ["Ada", "Bo", "Ada (2)", "Аda (3)", "Ada (4)"]
        );
        for (one, other) in [
            ("Mr Kern", "Mr Kem"),
            ("Bill", "Bi11"),
            ("Ada", "Ad\u{200b}a"),
            ("Ada Park", "Ada\u{a0} Park"),
            ("Zoé", "Zoe\u{301}"),
            ("ΑΒ", "AB"),
        ] {
            assert_eq!(told_apart(&[one, other])[1], format!("{other} (2)"));
        }
        assert_eq!(told_apart(&["Ada", "Ade", "ada"]), ["Ada", "Ade", "ada"]);
    }

    #[test]
    fn a_number_that_somebody_typed_tells_nobody_else_apart() {
        let told = told_apart(&["Ada", "Ada (2)", "Ada", "Ada (3)", "Ada (2)"]);
        assert_eq!(told, ["Ada", "Ada (2)", "Ada (3)", "Ada (3) (2)", "Ada (2) (2)"]);
    }

    #[test]
    fn thousands_of_one_name_are_numbered_on() {
        let told = told_apart(&["Ada"; 6_000]);
        assert_eq!(told[5_999], "Ada (6000)");
    }
}
