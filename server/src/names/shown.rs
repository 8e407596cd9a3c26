//! What the other students are told of each student's name: its first word, its initials or a number,
//! as the class has it set, and told apart from those before.

use std::collections::HashMap;

use signaling::event::{MemberChanged, MemberJoined, Named};
use signaling::{
    Alike, EventKind, Group, MAX_NAME_CHARS, Member, MemberView, Name, NamesShown, Place, Role,
    UserId,
};
use unicode_segmentation::UnicodeSegmentation;

use super::entry::shows_something;
use super::looks::look;

/// The most letters of somebody's initials.
const INITIALS: usize = 3;

/// How many characters are left for a number that tells names apart.
const NUMBER: usize = 8;

/// The names of all who are or were in a class, in each form in which they may be told.
#[derive(Debug, Default)]
pub(crate) struct ShownNames {
    members: HashMap<UserId, Forms>,
    /// How many had a first word or initials that look so.
    firsts: HashMap<String, u32>,
    initials: HashMap<String, u32>,
    /// How many students have joined.
    students: u32,
}

/// What may be told of a name.
#[derive(Debug, Clone)]
struct Forms {
    first: Name,
    initials: Name,
    /// None of a teacher's who was never a student.
    number: Option<Name>,
    /// How the full name looks.
    look: String,
}

impl ShownNames {
    /// Follows the log by one event.
    pub fn follow(&mut self, event: &EventKind) {
        let (user, role) = match event {
            EventKind::MemberJoined(MemberJoined { user_id, name, role, .. }) => {
                // A teacher's name is told in full; no student's is to be taken for it.
                self.members.entry(*user_id).or_insert_with(|| Forms {
                    first: apart(&mut self.firsts, &first_word(name)),
                    initials: apart(&mut self.initials, &initials(name)),
                    number: None,
                    look: look(name.as_str()),
                });
                (user_id, role)
            }
            EventKind::MemberChanged(MemberChanged { user_id, role, .. }) => (user_id, role),
            _ => return,
        };
        let Some(forms) = self.members.get_mut(user) else { return };
        match role {
            Role::Teacher => {
                for taken in [&mut self.firsts, &mut self.initials] {
                    taken.entry(forms.look.clone()).or_insert(1);
                }
            }
            Role::Student if forms.number.is_none() => {
                self.students += 1;
                forms.number = Some(made(&format!("#{}", self.students)));
            }
            Role::Student => {}
        }
    }

    /// The name of a member as the other students are told it. Teachers' names are told in full.
    fn told(&self, shown: NamesShown, member: &Member) -> (Name, Option<Alike>) {
        let full = (&member.name, member.alike);
        self.told_of(shown, member.user_id, member.role, full)
    }

    fn told_of(
        &self,
        shown: NamesShown,
        user: UserId,
        role: Role,
        (full, alike): (&Name, Option<Alike>),
    ) -> (Name, Option<Alike>) {
        let forms = self.members.get(&user).filter(|_| role == Role::Student);
        let name = forms.and_then(|forms| match shown {
            NamesShown::Full => None,
            NamesShown::First => Some(&forms.first),
            NamesShown::Initials => Some(&forms.initials),
            NamesShown::Numbers => forms.number.as_ref(),
        });
        match name {
            Some(name) => (name.clone(), None),
            None => (full.clone(), alike),
        }
    }

    /// What tells a name that is told in full from others, without saying which student has one like it.
    fn alike(group: &Group, of: UserId, alike: Option<Alike>) -> Option<Alike> {
        let alike = alike?;
        let is_hidden = !group.is_teacher(alike.user_id);
        Some(Alike { user_id: if is_hidden { of } else { alike.user_id }, ..alike })
    }

    /// Tells the names in a list of members as the other students are told them, but for one's own.
    pub fn tell(&self, group: &Group, me: Option<UserId>, members: &mut [MemberView]) {
        if group.settings.names == NamesShown::Full {
            return;
        }
        for view in members {
            if Some(view.user_id) != me {
                let (user, role, full) = (view.user_id, view.role, (&view.name, view.alike));
                (view.name, view.alike) = self.told_of(group.settings.names, user, role, full);
            }
            view.alike = Self::alike(group, view.user_id, view.alike);
        }
    }

    /// The event as the other students are told it, in a group that has come as far as this; none when
    /// it tells no name that is hidden. `renamed` says that names have come to be told otherwise.
    pub fn event(&self, group: &Group, event: &EventKind, renamed: bool) -> Option<EventKind> {
        let shown = group.settings.names;
        let is_hidden = shown != NamesShown::Full;
        match event {
            EventKind::MemberJoined(joined) if is_hidden => {
                let as_joined = Member {
                    user_id: joined.user_id,
                    name: joined.name.clone(),
                    role: joined.role,
                    alike: joined.alike,
                    joined: Place::default(),
                };
                let member = group.member(joined.user_id).unwrap_or(&as_joined);
                let (name, alike) = self.told(shown, member);
                let alike = Self::alike(group, joined.user_id, alike);
                Some(MemberJoined { name, alike, ..joined.clone() }.into())
            }
            EventKind::MemberChanged(changed) if is_hidden => {
                let (name, alike) = self.told(shown, group.member(changed.user_id)?);
                let name = Some(made(&name.told_apart(alike)));
                Some(MemberChanged { name, ..changed.clone() }.into())
            }
            EventKind::GroupChanged(changed) if renamed => {
                let members = group.members().iter().map(|member| {
                    let (user_id, (name, mut alike)) = (member.user_id, self.told(shown, member));
                    if is_hidden {
                        alike = Self::alike(group, user_id, alike);
                    }
                    Named { user_id, name, alike }
                });
                let mut changed = changed.clone();
                changed.members = Some(members.collect());
                Some(changed.into())
            }
            _ => None,
        }
    }
}

/// The text with a number behind it when others before looked so.
fn apart(counts: &mut HashMap<String, u32>, text: &str) -> Name {
    let count = counts.entry(look(text)).or_default();
    *count += 1;
    let text: String = text.chars().take(MAX_NAME_CHARS - NUMBER).collect();
    if *count == 1 { made(&text) } else { made(&format!("{text} {count}")) }
}

/// A name of a text that is made of one.
fn made(text: &str) -> Name {
    let longest: String = text.chars().take(MAX_NAME_CHARS).collect();
    Name::new(&longest).unwrap_or_else(|_| Name::erased())
}

/// The words of a name of which something can be seen.
fn words(name: &Name) -> impl Iterator<Item = &str> {
    name.as_str().split_whitespace().filter(|word| shows_something(word))
}

fn first_word(name: &Name) -> String {
    words(name).next().unwrap_or_else(|| name.as_str()).to_owned()
}

/// The first letter of each word, or what else a word without letters begins with.
fn initials(name: &Name) -> String {
    let initial = |word: &str| {
        let is_letter = |part: &&str| part.chars().any(char::is_alphanumeric);
        let mut parts = word.graphemes(true);
        let letter = parts.clone().find(is_letter);
        letter.or_else(|| parts.find(|part| shows_something(part))).unwrap_or(word).to_uppercase()
    };
    words(name).map(initial).take(INITIALS).collect()
}

#[cfg(test)]
mod tests {
    use signaling::{Event, GroupId, SettingsChange, Timestamp, apply};

    use super::*;
    use crate::identity::new_user_id;

    /// A class of students with these names, and what the others are told of each.
    fn told(names: &[&str], shown: NamesShown) -> Vec<String> {
        let mut group = Group::new(GroupId::from_bytes([1; 16]));
        group.settings = group.settings.changed(&SettingsChange::show_names(shown));
        let mut forms = ShownNames::default();
        for (seq, name) in (1..).zip(names) {
            let (user_id, name) = (new_user_id(), Name::new(name).expect("a name"));
            let kind = MemberJoined { user_id, name, role: Role::Student, alike: None }.into();
            forms.follow(&kind);
            apply(&mut group, &Event { seq, at: Timestamp::default(), kind });
        }
        let told = group.members().iter().map(|member| forms.told(shown, member));
        told.map(|(name, alike)| name.told_apart(alike)).collect()
    }

    #[test]
    fn of_a_name_is_told_what_the_class_has_set() {
        let class =
            ["Ada Lovelace", "ada  Byron King Noel", "Abel Lee", "(Émile) Zola", "王小明", "👩‍🏫 Bo"];
        assert_eq!(told(&class, NamesShown::Full), class);
        let first = ["Ada", "ada", "Abel", "(Émile)", "王小明", "👩‍🏫"];
        assert_eq!(told(&class, NamesShown::First), first);
        let initials = ["AL", "ABK", "AL 2", "ÉZ", "王", "👩‍🏫B"];
        assert_eq!(told(&class, NamesShown::Initials), initials);
        let numbers = ["#1", "#2", "#3", "#4", "#5", "#6"];
        assert_eq!(told(&class, NamesShown::Numbers), numbers);
    }

    #[test]
    fn what_looks_alike_is_told_apart() {
        let class = ["Ada B", "Аda C", "Ada D", "Ada 2", "AL"];
        assert_eq!(told(&class, NamesShown::First), ["Ada", "Аda 2", "Ada 3", "Ada 4", "AL"]);
        let alike = ["Al Bo", "Ann Bell", "a b", "Аnn Bell"];
        assert_eq!(told(&alike, NamesShown::Initials), ["AB", "AB 2", "AB 3", "АB 4"]);
    }

    #[test]
    fn a_name_as_long_as_can_be_is_told_apart_all_the_same() {
        let long = "x".repeat(MAX_NAME_CHARS);
        let told = told(&[&long, &long], NamesShown::First);
        assert_ne!(told[0], told[1]);
    }
}
