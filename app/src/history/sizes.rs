//! How large the pages of the largest classes are, with the longest names and texts, and whether
//! their pages together show everything once.

use std::collections::BTreeSet;
use std::ops::Range;

use call::{Media, Offer};
use classroom::Operation;
use classroom::history::{Chronicle, Record};
use leptos::prelude::*;
use signaling::event::{
    InvitationCancelled, InvitationModified, InviteeAccepted, InviteeFinished, InviteeRejected,
    MemberJoined, ReceiveNewInvitation,
};
use signaling::{
    Answers, Event, EventKind, InviteId, InviteeList, MAX_DATA_BYTES, MAX_MEMBERS, Name, Role,
    Timeout, Timestamp, UserId,
};

use super::class::{WhatHappened, teachers};
use super::entries::{Entry, Whole, entries, said};
use super::invitation::Contents;
use super::names::Names;
use super::people::People;
use super::person::RecordsOf;
use super::portions::{PEOPLE, ROWS};
use super::read::{HistoryPage, One, Stretch};
use super::spot::{Spot, Who};
use super::viewer::Viewer;
use crate::largest::{FRAME, GROUP, PAGE, TEACHER, invitation, longest, user};
use crate::zone::Zone;

fn plain_name(number: u32) -> String {
    format!("Student {number:05}")
}

fn longest_text() -> String {
    "&".repeat(MAX_DATA_BYTES)
}

/// A reason as another program may give one.
fn reason() -> String {
    "<".repeat(128)
}

/// A class as it is told.
struct Class {
    chronicle: Chronicle,
    records: Vec<Record>,
    seq: u64,
    at: i64,
}

impl Class {
    /// A teacher and so many students.
    fn of(students: u32, name: impl Fn(u32) -> String) -> Self {
        let chronicle = Chronicle::new(GROUP);
        let mut class = Self { chronicle, records: Vec::new(), seq: 0, at: 1_760_000_000_000 };
        for number in 0..=students {
            let name = Name::new(&name(number)).expect("a name");
            let role = if number == 0 { Role::Teacher } else { Role::Student };
            class.says(MemberJoined { user_id: user(number), name, role, alike: None });
        }
        class
    }

    fn says(&mut self, kind: impl Into<EventKind>) {
        self.seq += 1;
        self.at += 700;
        let at = Timestamp::from_millis(self.at);
        let event = Event { seq: self.seq, at, kind: kind.into() };
        self.records.extend(self.chronicle.tell(&event));
    }

    fn invites(&mut self, inviter: UserId, list: InviteeList, data: String) -> InviteId {
        let invite_id = invitation(self.seq);
        let is_call = Offer::read(&data).is_some();
        self.says(ReceiveNewInvitation {
            invite_id,
            inviter,
            group_id: (!is_call).then_some(GROUP),
            invitee_list: list,
            data,
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

    fn asks(&mut self, question: &str) -> InviteId {
        let data = Operation::asks(Some(question.to_owned())).to_data();
        self.invites(TEACHER, InviteeList::Everyone, data)
    }

    fn accepts(&mut self, invite_id: InviteId, who: UserId, data: &str) {
        self.says(InviteeAccepted {
            invite_id,
            invitee: who,
            data: data.to_owned(),
            by: None,
            place: None,
        });
    }

    fn finishes(&mut self, invite_id: InviteId, who: UserId, reason: &str, data: &str) {
        let (reason, data) = (reason.to_owned(), data.to_owned());
        self.says(InviteeFinished { invite_id, invitee: who, by: TEACHER, reason, data });
    }

    fn closes(&mut self, invite_id: InviteId, inviter: UserId, data: &str) {
        self.says(InvitationCancelled {
            invite_id,
            inviter,
            invitee_list: InviteeList::Everyone,
            data: data.to_owned(),
            reason: None,
            by: None,
        });
    }

    /// A student speaks when called on.
    fn calls_on(&mut self, who: UserId, reason: &str) {
        let data = Operation::CALL.to_data();
        let turn = self.invites(TEACHER, InviteeList::Members(vec![who]), data);
        self.accepts(turn, who, "");
        self.finishes(turn, who, reason, "");
    }

    /// A round in which these raise a hand, and each hand comes down.
    fn round(&mut self, question: &str, hands: Range<u32>, reason: &str) {
        let round = self.asks(question);
        for number in hands.clone() {
            self.accepts(round, user(number), "");
        }
        self.closes(round, TEACHER, "");
        for number in hands {
            self.finishes(round, user(number), reason, "");
        }
    }

    fn ended(mut self) -> Self {
        self.records.extend_from_slice(self.chronicle.live());
        self.records.sort_by_key(|record| record.seq);
        self
    }

    /// What the server would read for the page on which the event lies.
    fn stretch(&self, from: u64) -> Stretch {
        let pages = self.chronicle.pages();
        let place = pages.partition_point(|page| page.from <= from).saturating_sub(1);
        let begins = pages.get(place).map_or(0, |page| page.from);
        let next = pages.get(place + 1).map_or(u64::MAX, |page| page.from);
        let records = self.records.iter().filter(|it| it.seq >= begins && it.seq < next);
        Stretch {
            chronicle: self.chronicle.clone(),
            place,
            records: records.cloned().collect(),
            now: Timestamp::from_millis(self.at),
        }
    }

    fn told(&self, from: u64, only: Option<UserId>) -> HistoryPage {
        HistoryPage::of(self.stretch(from), from, only)
    }

    /// Every page of it, from the first to the last, and back again.
    fn pages(&self, only: Option<UserId>) -> Vec<HistoryPage> {
        let mut pages = vec![self.told(0, only)];
        while let Some(from) = pages.last().and_then(|page| page.neighbours.1) {
            let page = self.told(from, only);
            let before = page.neighbours.0.expect("there is one before it");
            let seqs =
                |page: &HistoryPage| page.records.iter().map(|it| it.seq).collect::<Vec<_>>();
            assert_eq!(seqs(&self.told(before, only)), seqs(pages.last().expect("that one")));
            pages.push(page);
        }
        pages
    }
}

fn html<V: IntoView>(view: impl FnOnce() -> V) -> String {
    Owner::new().with(|| view().into_view().to_html())
}

fn zone() -> Zone {
    Zone::named("UTC").expect("a zone").with_days()
}

fn teachers_whole() -> Whole {
    Whole { base: Viewer::Teacher(TEACHER).class(GROUP), only: None }
}

/// The class's page.
fn class_page(told: HistoryPage, spot: Spot) -> String {
    let viewer = Viewer::Teacher(TEACHER);
    let page = html(|| view! { <WhatHappened page=told viewer spot zone=zone() /> });
    assert!(page.len() + FRAME < PAGE, "the class's page has {} bytes", page.len());
    page
}

/// The pages of what one person took part in.
fn person_pages(class: &Class, number: u32) -> Vec<String> {
    let person = class.chronicle.person(user(number)).expect("somebody").clone();
    let pages = class.pages(Some(person.user)).into_iter();
    let pages = pages.map(|told| {
        let (person, whole) = (person.clone(), teachers_whole());
        let page = html(|| view! { <RecordsOf page=told person whole /> });
        assert!(page.len() + FRAME < PAGE, "a person's page has {} bytes", page.len());
        page
    });
    pages.collect()
}

/// The page of an invitation, from one of the things that stand on it.
fn invitation_page(class: &Class, names: &Names, record: &Record, from: usize) -> String {
    let one = One {
        names: names.clone(),
        chronicle: Chronicle::new(GROUP),
        record: record.clone(),
        now: Timestamp::from_millis(class.at),
    };
    let page = html(|| view! { <Contents one only=None from zone=zone() /> });
    assert!(page.len() + FRAME < PAGE, "the page of an invitation has {} bytes", page.len());
    page
}

/// What stands after each of these in a page, up to something else.
fn after<'a>(page: &'a str, before: &str, end: &str) -> Vec<&'a str> {
    let pieces = page.split(before).skip(1);
    pieces.map(|piece| piece.split(end).next().unwrap_or_default()).collect()
}

/// What the link to the next page asks for.
fn next(page: &str) -> Option<&str> {
    let link = after(page, "rel=\"next\" href=\"?", "\"");
    link.first().map(|query| query.trim_end_matches("#people-title"))
}

/// Walks all pages of a class, each of which is small enough, and looks whether together they show
/// everything once.
fn walk(what: &str, class: &Class) {
    let mut largest = 0;
    // Every round on a page of the class.
    let pages = class.pages(None);
    let shown: Vec<u64> =
        pages.iter().flat_map(|it| &it.records).map(|record| record.seq).collect();
    let all: Vec<u64> = class.records.iter().map(|record| record.seq).collect();
    assert_eq!(shown, all, "{what}");
    let number = pages.len();
    for told in pages {
        largest = largest.max(class_page(told, Spot::default()).len());
    }
    // Every student in the table, and of each list of names.
    let told = class.told(0, None);
    for who in [Who::Students, Who::NeverCalled, Who::NeverRaised, Who::Teachers] {
        let (mut people, mut spot) = (Vec::new(), Spot { who, ..Spot::default() });
        loop {
            let (told, viewer) = (told.clone(), Viewer::Teacher(TEACHER));
            let page = html(|| view! { <People page=told viewer spot /> });
            let base = format!("<a href=\"{}/person/", teachers_whole().base);
            people.extend(after(&page, &base, "\"").into_iter().map(str::to_owned));
            let Some(next) = next(&page) else { break };
            spot.people = next.split("people=").last().and_then(|it| it.parse().ok()).expect("it");
        }
        let expected = class.chronicle.people().iter().filter(|person| match who {
            Who::Students => person.role == Role::Student,
            Who::NeverCalled => {
                person.role == Role::Student && person.hands > 0 && person.called == 0
            }
            Who::NeverRaised => person.role == Role::Student && person.hands == 0,
            Who::Teachers => person.role == Role::Teacher,
        });
        let expected: BTreeSet<String> = expected.map(|it| it.user.to_string()).collect();
        assert_eq!(people.len(), expected.len(), "{what} {who:?}: each once");
        assert_eq!(people.into_iter().collect::<BTreeSet<_>>(), expected, "{what} {who:?}");
    }
    for number in [0, 1] {
        let pages = person_pages(class, number);
        largest = largest.max(pages.iter().map(String::len).max().unwrap_or(0));
    }
    // Every part on the page of its invitation.
    let names = Names::of(&class.chronicle);
    let looked_at = class.records.iter().take(3).chain(class.records.last());
    for record in looked_at {
        let (mut from, mut rows, mut data) = (0, Vec::new(), 0);
        loop {
            let page = invitation_page(class, &names, record, from);
            largest = largest.max(page.len());
            let names = after(&page, "<th scope=\"row\"><bdi>", "</bdi>");
            rows.extend(names.into_iter().map(str::to_owned));
            data += after(&page, " class=\"data\">", "<").iter().map(|it| it.len()).sum::<usize>();
            match next(&page) {
                Some(next) => from = next.replace("from=", "").parse().expect("a number"),
                None => break,
            }
        }
        assert_eq!(rows.len(), record.parts.len(), "{what}: each once");
        assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), rows.len(), "{what}");
        let texts = record.parts.iter().flat_map(|part| said(record, part));
        let texts = texts.chain(record.changes.iter().map(|change| &change.before));
        let texts = texts.chain(&record.close_data).chain([&record.data]);
        let texts: usize = texts.map(|text| text.replace('&', "&amp;").len()).sum();
        assert_eq!(data, texts, "{what}: every text whole");
    }
    println!("{what}: {number} pages, the largest of any kind {largest} bytes");
}

#[test]
fn an_ordinary_class_is_told_uncut() {
    let mut class = Class::of(30, plain_name);
    for round in 0..6 {
        class.round("Why is the sky blue, and the evening red?", 1..31, "called_on");
        for turn in 0..5 {
            class.calls_on(user(1 + (round * 5 + turn) % 30), "spoke");
        }
    }
    let class = class.ended();
    let pages = class.pages(None);
    assert_eq!(pages.len(), 1, "it is all on one page");
    let page = class_page(pages[0].clone(), Spot::default());
    println!("an ordinary class: {} bytes", page.len());
    assert!(!page.contains("class=\"pager\"") && !page.contains(" more</a>"));
    assert!(!page.contains("class=\"cut\"") && !page.contains(">More</a>"));
    for number in 1..31 {
        // In the table, in the picture twice, and in each round's hands and records.
        assert!(page.matches(&plain_name(number)).count() >= 3 + 6 * 2);
    }
}

#[test]
fn many_rounds_of_people_with_the_longest_names() {
    for (what, letter) in [("long names", '&'), ("emoji", '🙋')] {
        let mut class = Class::of(30, longest(letter));
        for round in 0..25 {
            class.round(&longest_text()[..2_000], 1..31, &reason());
            class.calls_on(user(1 + round % 30), &reason());
        }
        walk(what, &class.ended());
    }
    let mut class = Class::of(30, plain_name);
    for _ in 0..25 {
        class.round("Why?", 1..31, "lowered");
    }
    walk("25 rounds of 30", &class.ended());
}

#[test]
fn many_hands_unprompted_and_everybody_called_on() {
    let mut class = Class::of(250, longest('&'));
    for number in 1..=250 {
        let data = Operation::SpeechApplication.to_data();
        let ask = class.invites(user(number), InviteeList::Members(vec![TEACHER]), data);
        class.accepts(ask, TEACHER, "");
        class.finishes(ask, TEACHER, &reason(), "");
    }
    for number in 1..=250 {
        class.calls_on(user(number), &reason());
    }
    let data = Operation::CALL.to_data();
    let everybody = class.invites(TEACHER, InviteeList::Everyone, data);
    for number in 1..=250 {
        class.accepts(everybody, user(number), "");
        class.finishes(everybody, user(number), &reason(), "");
    }
    for number in 1..=250 {
        let call = Offer { media: Media::Video, room: String::new() }.to_data();
        let call = class.invites(TEACHER, InviteeList::Members(vec![user(number)]), call);
        class.accepts(call, user(number), "");
        class.finishes(call, user(number), "hung_up", "");
    }
    walk("asks and turns and calls", &class.ended());
}

#[test]
fn the_longest_texts_wherever_one_can_be() {
    let mut class = Class::of(40, longest('&'));
    let text = longest_text();
    for who in 1..=10 {
        let round = class.asks(&text[..12_000]);
        for number in 1..=5 {
            class.accepts(round, user(number), &text);
        }
        for _ in 0..5 {
            class.says(InvitationModified {
                invite_id: round,
                data: text.clone(),
                expires_at: None,
            });
        }
        class.closes(round, TEACHER, &text);
        for number in 1..=5 {
            class.finishes(round, user(number), &reason(), &text);
        }
        let other = class.invites(user(who), InviteeList::Members(vec![TEACHER]), text.clone());
        class.accepts(other, TEACHER, &text);
        class.finishes(other, TEACHER, &reason(), &text);
    }
    walk("long texts", &class.ended());
}

#[test]
fn a_class_of_teachers() {
    let mut class = Class::of(2 * u32::try_from(PEOPLE).expect("a number"), longest('&'));
    for person in class.chronicle.people().to_vec() {
        let role = Role::Teacher;
        class.says(signaling::event::MemberChanged { user_id: person.user, role, name: None });
    }
    let ask = Operation::SpeechApplication.to_data();
    class.invites(TEACHER, InviteeList::Everyone, ask);
    let class = class.ended();
    walk("teachers", &class);
    let named = html(|| teachers(&class.chronicle.summary().teachers, Spot::default()));
    assert!(named.len() < FRAME / 2, "{}", named.len());
    assert!(named.contains("who=teachers") && named.contains("111 more"), "{named}");
}

#[test]
fn a_class_as_large_as_one_can_be() {
    let students = u32::try_from(MAX_MEMBERS).expect("a number") - 1;
    let mut class = Class::of(students, longest('&'));
    let round = class.asks(&longest_text()[..12_000]);
    let (hands, noes) = (500, 1_000);
    for number in 1..=hands {
        class.accepts(round, user(number), "");
    }
    for number in hands + 1..=noes {
        let (invitee, data) = (user(number), String::new());
        class.says(InviteeRejected { invite_id: round, invitee, data, reason: None, by: None });
    }
    class.closes(round, TEACHER, &longest_text());
    class.calls_on(user(1), "spoke");
    let class = class.ended();
    walk("6 000 members", &class);

    // What is left out of a list stands where its link leads.
    let record = &class.records[0];
    let page = class_page(class.told(0, None), Spot::default());
    let links = after(&page, &format!("{}?from=", teachers_whole().invitation(record)), "\"");
    let links: Vec<usize> = links.iter().map(|from| from.parse().expect("a number")).collect();
    let (names, everything) = (Names::of(&class.chronicle), entries(record, None));
    for first in [1, hands + 1, noes + 1] {
        let left_out = usize::try_from(first).expect("a number") - 1 + ROWS;
        let place = everything.iter().position(|it| *it == Entry::Part(left_out)).expect("a part");
        assert!(links.contains(&place), "{place} is not among {links:?}");
        let name =
            longest('&')(u32::try_from(left_out + 1).expect("a number")).replace('&', "&amp;");
        assert!(invitation_page(&class, &names, record, place).contains(&name));
    }
}
