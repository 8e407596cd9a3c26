//! The class as a page of it knows it: signals that the room is drawn from.

use classroom::{AskedBefore, Lesson, Tally};
use leptos::prelude::*;
use signaling::{Group, Member, NamesShown, Role, Snapshot, Sorted, Timestamp, UserId};

use super::beginning::Beginning;
use super::portion::{Counts, List, Row};
use super::reactive::{Derived, Source};
use crate::words::room as words;

/// How current the page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "browser"), expect(dead_code, reason = "only a browser connects"))]
pub enum Connection {
    /// The page is as the server rendered it, and nothing more is known yet.
    Starting,
    /// Every event is shown as it comes.
    Live,
    /// No stream comes through; the page asks for the class every few seconds.
    Slow,
    /// The stream is down; what is shown may be old.
    Reconnecting,
    /// The class is over.
    Ended,
    /// The member is not in the class any more.
    Removed,
}

/// The class as this page knows it.
#[derive(Clone, Copy)]
pub struct Live {
    pub me: UserId,
    pub group: Source<Group>,
    pub lesson: Derived<Lesson>,
    /// What of the names the class has students told: names are shown anew when it changes.
    pub names: Derived<NamesShown>,
    /// Whether the page shows the names that students are told, whoever looks at it.
    pub as_shown: bool,
    pub online: Source<Sorted<UserId>>,
    /// Who is heard, by the server's word.
    pub heard: Source<Vec<UserId>>,
    /// Whether the server carries voices.
    pub carries_voices: bool,
    pub now: Source<Timestamp>,
    pub connection: Source<Connection>,
    pub trouble: Source<Option<String>>,
    /// What was tapped and has not got through yet.
    pub sending: Source<Option<String>>,
    /// By whom one's own hand was lowered, and when, while the page looked on.
    pub lowered: Source<Option<(UserId, Timestamp)>>,
    /// Who raised one's own hand, and when, while the page looked on.
    pub raised: Source<Option<(UserId, Timestamp)>>,
    /// What teachers had asked before the page came.
    pub before: StoredValue<AskedBefore>,
    /// How often everybody has raised a hand and spoken; for teachers.
    pub tally: Source<Tally>,
    /// How far the log had come when the last deed got through; the stream must soon be there.
    #[cfg_attr(not(feature = "browser"), expect(dead_code, reason = "only a browser follows"))]
    pub deed_done: Source<Option<u64>>,
    /// The code that joins the class, as the page shows it to a teacher.
    pub code: StoredValue<Option<String>>,
    /// What was there when the page came; only what is newer may move.
    pub first_seq: u64,
    /// From which row on each list is shown.
    pub from: StoredValue<Vec<usize>>,
    /// How many rows more were asked for.
    pub more: Source<[usize; List::ALL.len()]>,
    /// How many there are of everything, while the page has but a part of the class.
    pub counts: Source<Option<Counts>>,
}

impl Live {
    /// What the class begins with.
    pub fn new(beginning: Beginning, as_shown: bool) -> Self {
        let Beginning {
            mut snapshot,
            me,
            problem: trouble,
            before,
            tally,
            from,
            counts,
            carries_voices,
            ..
        } = beginning;
        let code = snapshot.join_code.take();
        let (now, first_seq) = (snapshot.now, snapshot.seq);
        let online = online_in(&snapshot);
        let group = Source::new(Group::from(snapshot));
        Self {
            me,
            group,
            lesson: Derived::new(move |_| group.with(Lesson::of)),
            names: Derived::new(move |_| group.with(|group| group.settings.names)),
            as_shown,
            online: Source::new(online),
            heard: Source::new(Vec::new()),
            carries_voices,
            now: Source::new(now),
            connection: Source::new(Connection::Starting),
            trouble: Source::new(trouble),
            sending: Source::new(None),
            lowered: Source::new(None),
            raised: Source::new(None),
            before: StoredValue::new(before),
            tally: Source::new(tally),
            deed_done: Source::new(None),
            code: StoredValue::new(code),
            first_seq,
            from: StoredValue::new(from),
            more: Source::new([0; List::ALL.len()]),
            counts: Source::new(counts),
        }
    }

    /// Whether the page has all of the class.
    pub fn is_whole(self) -> bool {
        self.counts.with(Option::is_none)
    }

    /// The same at this moment; nothing follows it.
    pub fn is_whole_now(self) -> bool {
        self.counts.with_untracked(Option::is_none)
    }

    /// From which row on a list is shown.
    pub fn from(self, list: List) -> usize {
        self.from.with_value(|from| from.get(list as usize).copied().unwrap_or(0))
    }

    /// Before which row the shown part of a list ends.
    pub fn until(self, list: List) -> usize {
        let rows = list.rows(self.is_whole());
        self.from(list) + rows + self.more.with(|more| more[list as usize])
    }

    /// Shows more rows of a list.
    pub fn show_more(self, list: List) {
        self.more.update(|more| more[list as usize] += list.rows(true));
    }

    /// How many rows a list has, shown or not.
    pub fn count(self, list: List) -> usize {
        let counted = self.counts.with(|counts| Some(counts.as_ref()?.lists[list as usize]));
        counted.unwrap_or_else(|| match list {
            List::Hands => self.lesson.with(|lesson| lesson.hands.len()),
            List::Invited => self.lesson.with(|lesson| lesson.invited.len()),
            List::Speaking => self.lesson.with(|lesson| lesson.speaking.len()),
            List::Here => self.group.with(|group| group.members().len()),
        })
    }

    /// The rows of a list that are shown.
    fn portion(self, list: List, rows: Vec<Row>) -> Vec<Row> {
        let (from, until) = (self.from(list), self.until(list));
        match self.counts.with(|counts| counts.as_ref().map(|counts| counts.place)) {
            None => rows.into_iter().skip(from).take(until - from).collect(),
            // The page has these rows alone, and one's own hand wherever it is.
            Some(place) => {
                let is_shown = |row: &Row| {
                    list != List::Hands || row.user != self.me || (from < place && place <= until)
                };
                rows.into_iter().filter(is_shown).take(until - from).collect()
            }
        }
    }

    /// A member's name, as it is told from those that look like it. Nothing follows this; what is there
    /// for others than teachers follows `names`.
    pub fn name_of(self, user: UserId) -> String {
        self.group.with_untracked(|group| match group.member(user) {
            Some(member) => member.name.told_apart(member.alike),
            None => words::somebody_who_left().to_owned(),
        })
    }

    /// Whether a member is connected.
    pub fn is_online(self, user: UserId) -> bool {
        self.online.with(|online| online.contains(&user))
    }

    /// The raised hands that are shown.
    pub fn hands(self) -> Vec<Row> {
        let rows = self.lesson.with(|lesson| lesson.hands.iter().map(Row::from).collect());
        self.portion(List::Hands, rows)
    }

    /// Who is invited to speak, of those that are shown.
    pub fn invited(self) -> Vec<Row> {
        let rows = self.lesson.with(|lesson| lesson.invited.iter().map(Row::from).collect());
        self.portion(List::Invited, rows)
    }

    /// Who speaks, of those that are shown.
    pub fn speaking(self) -> Vec<Row> {
        let rows = self.lesson.with(|lesson| lesson.speaking.iter().map(Row::from).collect());
        self.portion(List::Speaking, rows)
    }

    /// The members with a role.
    pub fn with_role(self, role: Role) -> Vec<Row> {
        let row = |m: &Member| Row::of(m.user_id, role == Role::Teacher);
        self.group.with(|group| group.with_role(role).map(row).collect())
    }

    /// Who is in the class, its teachers first.
    pub fn here(self) -> Vec<Row> {
        let rows = if self.is_whole() {
            let mut rows = self.with_role(Role::Teacher);
            rows.extend(self.with_role(Role::Student));
            rows
        } else {
            let row = |m: &Member| Row::of(m.user_id, m.role == Role::Teacher);
            let shown = self.count(List::Here).saturating_sub(self.from(List::Here));
            self.group.with(|group| group.members().iter().take(shown).map(row).collect())
        };
        self.portion(List::Here, rows)
    }

    /// How many students there are.
    pub fn students(self) -> usize {
        let counted = self.counts.with(|counts| Some(counts.as_ref()?.students));
        counted.unwrap_or_else(|| self.group.with(|it| it.with_role(Role::Student).count()))
    }

    /// One's own place among the hands, when it is this one among those that the page has.
    pub fn place(self, place: usize) -> usize {
        self.counts.with(|counts| counts.as_ref().map_or(place, |counts| counts.place))
    }

    /// How many students are connected.
    pub fn students_online(self) -> usize {
        let counted = self.counts.with(|counts| Some(counts.as_ref()?.online));
        counted.unwrap_or_else(|| {
            self.online.with(|online| {
                self.group.with(|group| {
                    let students = group.with_role(Role::Student);
                    students.filter(|student| online.contains(&student.user_id)).count()
                })
            })
        })
    }
}

/// Who is connected.
pub fn online_in(snapshot: &Snapshot) -> Sorted<UserId> {
    snapshot.members.iter().filter(|m| m.online).map(|member| member.user_id).collect()
}
