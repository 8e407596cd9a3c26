//! How large the pages of the largest classes are, with the longest names and texts, and whether
//! their portions together show everybody once.

use std::collections::BTreeMap;
use std::sync::Arc;

use call::STUDENTS_MAY_CALL;
use classroom::{AskedBefore, Lesson, Operation, Tally};
use hydration_context::SsrSharedContext;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use signaling::event::{GroupChanged, InviteeAccepted, MemberJoined, ReceiveNewInvitation};
use signaling::{
    Answers, Event, EventKind, Group, InviteId, InviteeList, MAX_MEMBERS, Name, Role, Settings,
    SettingsChange, Timeout, Timestamp, UserId, apply,
};

use super::cut::cut;
use super::portion::List;
use crate::largest::{FRAME, GROUP, PAGE, TEACHER, invitation, longest, user};
use crate::pages::room::{RoomView, in_class};
use server::Link;

/// How many hands and people a page has of a class of which it has but a part.
const ROWS: usize = List::Hands.rows(false);

struct Class {
    group: Group,
}

impl Class {
    fn of(students: u32, name: impl Fn(u32) -> String) -> Self {
        let mut class = Self { group: Group::new(GROUP) };
        let settings = Settings::default().changed(&SettingsChange::set(STUDENTS_MAY_CALL, true));
        class.says(GroupChanged {
            name: Name::new("4B").expect("a name"),
            settings,
            members: None,
        });
        for number in 0..=students {
            let name = Name::new(&name(number)).expect("a name");
            let role = if number == 0 { Role::Teacher } else { Role::Student };
            class.says(MemberJoined { user_id: user(number), name, role, alike: None });
        }
        class
    }

    fn says(&mut self, kind: impl Into<EventKind>) {
        let seq = self.group.seq + 1;
        let at = Timestamp::from_millis(1_760_000_000_000 + seq.cast_signed());
        apply(&mut self.group, &Event { seq, at, kind: kind.into() });
    }

    fn invites(&mut self, inviter: UserId, list: InviteeList, operation: &Operation) -> InviteId {
        let invite_id = invitation(self.group.seq);
        self.says(ReceiveNewInvitation {
            invite_id,
            inviter,
            group_id: Some(GROUP),
            invitee_list: list,
            data: operation.to_data(),
            timeout: Timeout::NEVER,
            expires_at: None,
            answers: Answers::Each,
            stays: None,
            restores: None,
            place: None,
            taken_by: None,
        });
        invite_id
    }

    fn asks(&mut self) -> InviteId {
        // Two letters in JSON, twelve bytes in HTML.
        let question = Some("\"".repeat(6_000));
        self.invites(TEACHER, InviteeList::Everyone, &Operation::asks(question))
    }

    fn accepts(&mut self, invite_id: InviteId, number: u32) {
        // What somebody says with a hand no page shows, and none may begin with.
        let data = "\"".repeat(200);
        self.says(InviteeAccepted {
            invite_id,
            invitee: user(number),
            data,
            by: None,
            place: None,
        });
    }

    fn page(&self, me: UserId, from: [usize; 4]) -> String {
        let now = Timestamp::from_millis(1_760_000_100_000);
        let (snapshot, counts) = cut(&self.group, me, now, |_| true, &from);
        let (code, url) = ("K7P4MX".to_owned(), "https://handup.example/join/K7P4MX".to_owned());
        let link = Link { url, is_for_others: true };
        let before = AskedBefore::of(&self.group);
        let is_whole_of_teacher = self.group.is_teacher(me) && counts.is_none();
        let tally = if is_whole_of_teacher { Tally::of(&self.group) } else { Tally::default() };
        let carries_voices = true;
        let room = RoomView { snapshot, counts, before, tally, carries_voices, me, code, link };
        // An island asks in what it is rendered.
        Owner::new_root(Some(Arc::new(SsrSharedContext::new()))).with(|| {
            provide_meta_context();
            in_class(room, None, String::new(), from.to_vec(), false).into_view().to_html()
        })
    }

    fn is_small(&self, what: &str) {
        for me in [TEACHER, user(1), user(MAX_MEMBERS as u32 / 2)] {
            for from in [[0; 4], [3 * ROWS; 4]] {
                let page = self.page(me, from);
                assert!(page.len() < PAGE - FRAME, "{what}: {} bytes from {from:?}", page.len());
            }
        }
    }
}

#[test]
fn no_page_of_any_room_is_over_300_kb() {
    let most = MAX_MEMBERS as u32 - 1;
    for letter in ['"', '🙋'] {
        let mut class = Class::of(most, longest(letter));
        class.is_small("a full class");
        let rounds: Vec<InviteId> = (0..60).map(|_| class.asks()).collect();
        for number in 1..=most {
            class.accepts(rounds[number as usize % rounds.len()], number);
        }
        class.is_small("all hands up, in many rounds");
        for number in 1..=most {
            let call = InviteeList::Members(vec![user(number)]);
            let turn = class.invites(TEACHER, call, &Operation::CALL);
            if number % 2 == 0 {
                class.accepts(turn, number);
            }
        }
        class.is_small("all are called on, and half of them speak");
    }
    let mut class = Class::of(most, longest('"'));
    for number in 1..=most {
        class.invites(user(number), InviteeList::Everyone, &Operation::SpeechApplication);
    }
    class.is_small("everybody asks");
    let mut class = Class::of(200, longest('"'));
    let rounds: Vec<InviteId> = (0..40).map(|_| class.asks()).collect();
    for round in rounds {
        (1..=200).for_each(|number| class.accepts(round, number));
    }
    class.is_small("forty rounds that all have answered");
}

#[test]
fn a_class_as_there_are_many_is_in_its_page_as_a_whole() {
    let mut asked = Class::of(40, |number| format!("Student {number}"));
    let question = Some("Why?".to_owned());
    let why = Operation::asks(question);
    let round = asked.invites(TEACHER, InviteeList::Everyone, &why);
    for number in 1..=40 {
        asked.says(InviteeAccepted {
            invite_id: round,
            invitee: user(number),
            data: String::new(),
            by: None,
            place: None,
        });
    }
    let (snapshot, counts) = cut(&asked.group, TEACHER, Timestamp::default(), |_| true, &[0; 4]);
    assert!(counts.is_none());
    assert_eq!(Lesson::of(&Group::from(snapshot)), Lesson::of(&asked.group));
    assert!(!asked.page(TEACHER, [0; 4]).contains("class=\"more\""));
}

#[test]
fn the_portions_of_a_large_class_show_everybody_once_and_in_order() {
    let students = 1_000;
    let mut class = Class::of(students, |number| format!("Student-{number:04}-"));
    let round = class.asks();
    for number in (1..=students).rev() {
        class.accepts(round, number);
    }
    for me in [TEACHER, user(500)] {
        let mut places = BTreeMap::new();
        for from in (0..students as usize).step_by(ROWS) {
            let page = class.page(me, [from, 0, 0, 0]);
            let list = page.split_once("<ol").expect("the list").1;
            let (list, _) = list.split_once("</ol>").expect("its end");
            let (head, _) = list.split_once('>').expect("its first row");
            assert!(head.contains(&format!("start=\"{}\"", from + 1)), "{head}");
            let rows = list.split("<li").skip(1);
            for (row, place) in rows.zip(from..) {
                let number = row.split_once("Student-").expect("a name").1;
                let number: u32 = number[..4].parse().expect("a number");
                assert_eq!(places.insert(number, place), None, "{number} stands there twice");
            }
        }
        let expected = (1..=students).rev().zip(0_usize..).collect::<BTreeMap<_, _>>();
        assert!(places == expected, "{} of {students} in their places", places.len());
    }
    let mut here = Vec::new();
    for from in (0..=students as usize).step_by(ROWS) {
        let page = class.page(TEACHER, [0, 0, 0, from]);
        let list = page.split_once("<ul class=\"members\">").expect("the list").1;
        let chips = list.split("popovertarget=\"member-").skip(1);
        here.extend(chips.map(|chip| chip[..36].to_owned()));
    }
    // The dialog of each names it once more.
    here.dedup();
    let everybody: Vec<String> = (0..=students).map(|number| user(number).to_string()).collect();
    assert!(here == everybody, "teachers first, then in the order in which they came");
}

#[test]
fn a_page_with_a_part_of_a_class_tells_what_holds_for_all_of_it() {
    let mut class = Class::of(1_000, |number| format!("Student {number}"));
    let round = class.asks();
    for number in 1..=700 {
        class.accepts(round, number);
    }
    let page = class.page(user(650), [0; 4]);
    let plain = page.replace("<!>", "");
    assert!(plain.contains(">650<") && plain.contains("of 700"), "one's own place");
    let page = class.page(TEACHER, [0; 4]);
    for words in [
        "of 1000",
        "1000 here",
        "<strong><span>700</span></strong>",
        "1 to 20 of 700",
        "1000 joined",
    ] {
        let plain = page.replace("<!>", "");
        assert!(plain.contains(words), "{words}");
    }
}
