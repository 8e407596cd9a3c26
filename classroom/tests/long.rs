//! Classes that are long: the pages that their history is read in, the order of an export, and how much
//! of them is kept.

mod support;

use std::ops::Range;

use classroom::history::{Chronicle, InOrder, Page, Record};
use classroom::{Deed, Operation};
use signaling::{
    Answers, Event, EventKind, GroupId, InviteId, InviteeList, InviteeState, Timeout, Timestamp,
    UserId, event,
};
use support::*;

const ADA: UserId = user(1);
const BEN: UserId = user(2);
const CY: UserId = user(3);
const DEE: UserId = user(4);

/// A log that is written by hand, for the rules would take too long for so many events.
struct Log {
    events: Vec<Event>,
    at: Timestamp,
    made: u32,
}

impl Log {
    fn new() -> Self {
        let class = Class::taught_by(ADA, BEN, &[CY, DEE]);
        Self { events: class.log, at: class.now, made: 0 }
    }

    fn wait(&mut self, millis: i64) {
        self.at = later(self.at, millis);
    }

    fn add(&mut self, kind: impl Into<EventKind>) {
        let seq = self.events.last().map_or(0, |event| event.seq) + 1;
        self.events.push(Event { seq, at: self.at, kind: kind.into() });
    }

    fn invites(&mut self, group_id: Option<GroupId>, to: InviteeList, data: &str) -> InviteId {
        let mut id = [9; 16];
        id[..4].copy_from_slice(&self.made.to_be_bytes());
        self.made += 1;
        let invite_id = InviteId::from_bytes(id);
        self.add(event::ReceiveNewInvitation {
            invite_id,
            inviter: ADA,
            group_id,
            invitee_list: to,
            data: data.to_owned(),
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

    /// A teacher asks all for hands.
    fn asks(&mut self) -> InviteId {
        let data = Operation::asks(None).to_data();
        self.invites(Some(GROUP), InviteeList::Everyone, &data)
    }

    /// A teacher asks these students for something of no application.
    fn invites_these(&mut self, students: Range<u16>) -> InviteId {
        let student = |number: u16| {
            let mut id = [7; 16];
            id[..2].copy_from_slice(&number.to_be_bytes());
            UserId::from_bytes(id)
        };
        let to = InviteeList::Members(students.map(student).collect());
        self.invites(Some(GROUP), to, "")
    }

    fn closes(&mut self, invite_id: InviteId) {
        self.closes_with(invite_id, "");
    }

    fn closes_with(&mut self, invite_id: InviteId, data: &str) {
        self.add(event::InvitationCancelled {
            invite_id,
            inviter: ADA,
            invitee_list: InviteeList::Everyone,
            data: data.to_owned(),
            reason: None,
            by: None,
        });
    }

    fn accepts(&mut self, invite_id: InviteId, invitee: UserId, data: &str) {
        let data = data.to_owned();
        self.add(event::InviteeAccepted { invite_id, invitee, data, by: None, place: None });
    }

    fn modifies(&mut self, invite_id: InviteId, data: &str) {
        let data = data.to_owned();
        self.add(event::InvitationModified { invite_id, data, expires_at: None });
    }

    fn finishes(&mut self, invite_id: InviteId, invitee: UserId, data: &str) {
        let (reason, data) = ("finished".to_owned(), data.to_owned());
        self.add(event::InviteeFinished { invite_id, invitee, by: invitee, reason, data });
    }
}

/// A log in which a teacher asks so many times, each time closed at once but for the first, which
/// stays open to the end.
fn long_log(rounds: u32) -> Log {
    long_log_of(rounds, &Operation::asks(None).to_data())
}

/// The same with 12 kB of no application in the place of each question.
fn heavy_log(invitations: u32) -> Log {
    long_log_of(invitations, &"x".repeat(12_000))
}

fn long_log_of(invitations: u32, data: &str) -> Log {
    let mut log = Log::new();
    for number in 0..invitations {
        log.wait(1_000);
        let round = log.invites(Some(GROUP), InviteeList::Everyone, data);
        if number > 0 {
            log.closes(round);
        }
    }
    log
}

fn told(log: &[Event]) -> (Chronicle, Vec<Record>) {
    let mut chronicle = Chronicle::new(GROUP);
    let mut records: Vec<Record> = log.iter().flat_map(|event| chronicle.tell(event)).collect();
    records.extend_from_slice(chronicle.live());
    records.sort_by_key(|record| record.seq);
    (chronicle, records)
}

/// The records of each page, read alone, as they stand in the class as a whole.
fn pages(log: &[Event], whole: &Chronicle) -> Vec<Vec<Record>> {
    let is_of_member = |event: &&Event| {
        use EventKind::{MemberChanged, MemberJoined, MemberLeft};
        matches!(event.kind, MemberJoined(_) | MemberChanged(_) | MemberLeft(_))
    };
    let read = |(place, page): (usize, &Page)| {
        let next = whole.pages().get(place + 1).map(|page| page.from);
        let before = log.iter().filter(|event| event.seq < page.from).filter(is_of_member);
        let on_it = log.iter().filter(|event| (page.from..=page.last).contains(&event.seq));
        let mut chronicle = Chronicle::of_page(GROUP, page, next);
        let mut records: Vec<Record> =
            before.chain(on_it).flat_map(|event| chronicle.tell(event)).collect();
        records.extend_from_slice(chronicle.live());
        records.sort_by_key(|record| record.seq);
        records.into_iter().map(|it| whole.as_it_stands(it)).collect()
    };
    whole.pages().iter().enumerate().map(read).collect()
}

/// How many invitations each page has.
fn invitations(log: &Log) -> Vec<usize> {
    let (chronicle, records) = told(&log.events);
    let pages = chronicle.pages();
    let ends = pages.iter().skip(1).map(|page| page.from).chain([u64::MAX]);
    let of_page = |(from, end): (u64, u64)| {
        records.iter().filter(|record| (from..end).contains(&record.seq)).count()
    };
    pages.iter().map(|page| page.from).zip(ends).map(of_page).collect()
}

#[test]
fn a_long_class_is_read_in_pages_of_rounds() {
    let (chronicle, records) = told(&long_log(60).events);
    let rounds: Vec<u32> = chronicle.pages().iter().map(|page| page.rounds).collect();
    assert_eq!(rounds, [25, 25, 10]);
    let starts: Vec<u64> = [0, 25, 50].map(|place: usize| records[place].seq).to_vec();
    let from: Vec<u64> = chronicle.pages().iter().map(|page| page.from).collect();
    assert_eq!(from, starts);
    let before: Vec<u32> = chronicle.pages().iter().map(|page| page.rounds_before).collect();
    assert_eq!(before, [0, 25, 50]);
    let asked_before: Vec<_> = chronicle.pages().iter().map(|page| page.round_at).collect();
    assert_eq!(asked_before, [None, Some(records[24].asked_at), Some(records[49].asked_at)]);
}

#[test]
fn what_comes_after_a_round_is_on_its_page_as_long_as_there_is_room() {
    let mut log = long_log(25);
    for _ in 25..250 {
        log.invites(None, InviteeList::Members(vec![CY]), "");
    }
    assert_eq!(invitations(&log), [250]);
    log.invites(None, InviteeList::Members(vec![CY]), "");
    assert_eq!(invitations(&log), [250, 1]);
    let (chronicle, _) = told(&log.events);
    let rounds: Vec<u32> = chronicle.pages().iter().map(|page| page.rounds).collect();
    assert_eq!((rounds, chronicle.rounds()), (vec![25, 0], 25));
}

#[test]
fn a_page_has_a_thousand_parts_or_one_invitation_of_more() {
    let mut log = Log::new();
    for students in [0..500, 0..500, 0..1, 0..999, 0..1, 0..1_500, 0..1] {
        log.invites_these(students);
    }
    assert_eq!(invitations(&log), [2, 2, 1, 1, 1]);
}

#[test]
fn a_page_that_is_read_alone_tells_what_the_whole_does() {
    let mut log = long_log(25);
    for number in 0..300 {
        log.wait(1_000);
        let call = log.invites(Some(GROUP), InviteeList::Members(vec![CY]), "");
        log.accepts(call, CY, "yes");
        if number % 2 == 0 {
            log.finishes(call, CY, "that was it");
        }
    }
    log.wait(60_000);
    let round = log.asks();
    log.accepts(round, DEE, "");
    let (whole, records) = told(&log.events);
    let on_page = pages(&log.events, &whole);
    assert_eq!(on_page.iter().map(Vec::len).collect::<Vec<_>>(), [250, 76]);
    assert_eq!(on_page.concat(), records);
    let second = &on_page[1];
    assert_eq!((second[0].round, second[0].round_at), (25, Some(records[24].asked_at)));
    assert_eq!((second[75].round, second[75].round_at), (26, Some(log.at)));
}

#[test]
fn what_outlasts_its_page_is_told_as_it_ended_and_does_not_make_the_page_long() {
    let mut log = long_log(200);
    let (whole, records) = told(&log.events);
    log.accepts(records[0].invite_id, CY, "");
    let (answered, records) = told(&log.events);
    let page = answered.pages()[0];
    assert_eq!(page, whole.pages()[0]);
    assert!(page.last < answered.pages()[1].from + 50, "{page:?}");
    let on_page = pages(&log.events, &answered);
    assert_eq!(on_page.concat(), records);
    assert_eq!(on_page[0][0].part(CY).map(|part| part.state), Some(InviteeState::Accepted));
}

#[test]
fn what_an_undo_brings_back_is_told_on_the_page_of_what_it_restores() {
    let mut class = Class::taught_by(ADA, BEN, &[CY, DEE]);
    let does = |class: &mut Class, who, deed: &Deed| {
        class.wait(1_000);
        class.tries(who, deed).expect("it can be done");
    };
    for _ in 0..25 {
        does(&mut class, ADA, &asks_for_hands(None, 0, false));
    }
    does(&mut class, CY, &Deed::RaiseHand);
    // The first question of the next page lowers the hand.
    does(&mut class, ADA, &asks_for_hands(None, 0, false));
    does(&mut class, DEE, &Deed::RaiseHand);
    let undo = class.lesson().undo.expect("it can be undone").seq;
    does(&mut class, ADA, &Deed::Undo(undo));
    does(&mut class, CY, &Deed::LowerHand);
    let (whole, records) = told(&class.log);
    assert_eq!(whole.pages().len(), 2);
    let cy = records[24].part(CY).expect("a part");
    assert_eq!((cy.state, cy.reason.as_deref()), (InviteeState::Finished, Some("lowered")));
    assert_eq!(cy.ended_at, Some(class.now));
    let on_page = pages(&class.log, &whole);
    assert_eq!((on_page[0].as_slice(), on_page[1].as_slice()), records.split_at(25));
}

#[test]
fn what_ends_on_the_page_after_its_own_is_told_there_and_on_none_after_it() {
    for (rounds, is_told) in [(30, true), (50, true), (51, false), (80, false)] {
        let mut log = long_log(rounds);
        let (_, records) = told(&log.events);
        log.accepts(records[0].invite_id, CY, "");
        let seq = log.events.last().map(|event| event.seq);
        let (chronicle, _) = told(&log.events);
        assert_eq!(Some(chronicle.pages()[0].last) == seq, is_told, "{rounds}");
    }
}

#[test]
fn of_those_that_outlast_the_page_after_their_own_the_last_five_hundred_to_end_are_known() {
    let mut log = Log::new();
    let late: Vec<InviteId> =
        (0..502).map(|_| log.invites(None, InviteeList::Members(vec![CY]), "")).collect();
    for _ in 0..60 {
        let round = log.asks();
        log.closes(round);
    }
    for invite_id in &late {
        log.closes(*invite_id);
    }
    // Nobody undoes that any more.
    log.wait(60_000);
    log.asks();
    let (whole, records) = told(&log.events);
    let stands = |place: usize| {
        let record = records[place].clone();
        assert_eq!(record.invite_id, late[place]);
        let open = Record { closed_at: None, ..record.clone() };
        whole.as_it_stands(open) == record
    };
    // The last of them began on a page that is not so long ago.
    let known: Vec<usize> = (0..late.len()).filter(|place| stands(*place)).collect();
    assert_eq!((known.len(), known[0]), (500, 2));
}

#[test]
fn an_export_waits_for_one_that_goes_on_but_not_for_ever() {
    let log = heavy_log(1_000);
    let mut in_order = InOrder::new(GROUP);
    let mut told: Vec<u64> =
        log.events.iter().flat_map(|event| in_order.tell(event)).map(|record| record.seq).collect();
    assert!(told.len() > 500, "what is done is not kept back: {}", told.len());
    told.extend(in_order.finish().iter().map(|record| record.seq));
    let mut sorted = told.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!((told.len(), sorted.len()), (1_000, 1_000), "each once");
    let late = sorted[0];
    told.retain(|seq| *seq != late);
    assert!(told.is_sorted(), "all others in order");
}

/// How many records of this log an export hands out before it is over.
fn handed_out(log: &Log) -> usize {
    let mut in_order = InOrder::new(GROUP);
    log.events.iter().map(|event| in_order.tell(event).len()).sum()
}

#[test]
fn an_export_keeps_four_megabytes_back_for_one_that_goes_on() {
    assert_eq!(handed_out(&heavy_log(300)), 0);
    assert!(handed_out(&heavy_log(400)) > 0);
    let long = "x".repeat(12_000);
    // Each of them has 12 kB in one place; in the first way in none.
    type Says = fn(&mut Log, InviteId, &str);
    let ways: [(&str, Says); 5] = [
        ("nowhere", |log, record, long| {
            let short = &long[..100];
            log.modifies(record, short);
            log.accepts(record, CY, short);
            log.finishes(record, CY, short);
        }),
        ("in what it asks", |log, record, long| {
            log.modifies(record, long);
            log.closes(record);
        }),
        ("in what it asked before", |log, record, long| {
            log.modifies(record, long);
            log.modifies(record, "");
            log.closes(record);
        }),
        ("in an answer", |log, record, long| {
            log.accepts(record, CY, long);
            log.finishes(record, CY, "");
        }),
        ("in an end", |log, record, long| {
            log.accepts(record, CY, "");
            log.finishes(record, CY, long);
        }),
    ];
    for (place, says) in ways {
        let mut log = long_log(1);
        for _ in 0..400 {
            log.wait(1_000);
            let record = log.invites(None, InviteeList::Members(vec![CY]), "");
            says(&mut log, record, &long);
        }
        let is_kept = handed_out(&log) == 0;
        assert_eq!(is_kept, place == "nowhere", "{place}");
    }
}

#[test]
fn an_export_that_has_given_one_up_waits_for_the_next_as_long() {
    let mut log = heavy_log(400);
    assert!(handed_out(&log) > 0);
    log.wait(1_000);
    let goes_on = log.asks();
    for _ in 0..100 {
        log.wait(1_000);
        let round = log.asks();
        log.closes(round);
    }
    log.wait(60_000);
    log.asks();
    assert_eq!(handed_out(&log), 399, "all that are done before it, and none after it");
    log.closes(goes_on);
    log.wait(60_000);
    log.asks();
    assert_eq!(handed_out(&log), 500);
}

#[test]
fn what_was_last_of_a_call_that_goes_on_is_in_the_export_when_it_is_over() {
    let mut log = Log::new();
    let goes_on = log.asks();
    log.accepts(goes_on, CY, "yes");
    let mut in_order = InOrder::new(GROUP);
    assert_eq!(in_order.chronicle().seq(), 0);
    let told: Vec<Record> = log.events.iter().flat_map(|event| in_order.tell(event)).collect();
    assert_eq!(told, []);
    assert_eq!(Some(in_order.chronicle().seq()), log.events.last().map(|event| event.seq));
    let rest = in_order.finish();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].part(CY).map(|part| part.state), Some(InviteeState::Accepted));
}

#[test]
fn of_the_changes_of_one_invitation_the_last_twenty_are_told() {
    let mut log = Log::new();
    let record = log.invites(None, InviteeList::Members(vec![CY]), "0");
    for number in 1..=22 {
        log.wait(1_000);
        log.modifies(record, &number.to_string());
    }
    let (_, records) = told(&log.events);
    let before: Vec<&str> = records[0].changes.iter().map(|it| it.before.as_str()).collect();
    let expected: Vec<String> = (2..22).map(|number: u32| number.to_string()).collect();
    assert_eq!(
        (before, records[0].data.as_str()),
        (expected.iter().map(String::as_str).collect(), "22")
    );
    assert_eq!(records[0].changes[19].at, log.at);
}

#[test]
fn of_the_times_of_a_class_the_first_five_hundred_are_kept() {
    let mut log = Log::new();
    // The same number of short and of long ones; then more short ones.
    for number in 0..510 {
        log.wait(1_000);
        let round = log.asks();
        log.wait(if (250..500).contains(&number) { 9_000 } else { 2_000 });
        log.accepts(round, CY, "");
        log.closes(round);
    }
    let (chronicle, _) = told(&log.events);
    assert_eq!(chronicle.summary().waits.to_first_hand, Some(9_000));
}
