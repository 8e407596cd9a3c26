//! A lesson of which everything is known, as the history tells it; and classes that are long.

mod support;

use call::{Media, Outcome};
use classroom::history::{Chronicle, InOrder, Kind, Record, sections};
use classroom::{ASK_ANYTIME, Deed, Operation, Reason};
use signaling::{
    Answers, Command, Event, EventKind, FinishWhom, InviteId, InviteeList, InviteeState,
    SettingsChange, Timeout, Timestamp, UserId, event,
};
use support::*;

const ADA: UserId = user(1);
const BEN: UserId = user(2);
const CY: UserId = user(3);
const DEE: UserId = user(4);
const EVE: UserId = user(5);

fn told(log: &[Event]) -> (Chronicle, Vec<Record>) {
    let mut chronicle = Chronicle::new(GROUP);
    let mut records: Vec<Record> = log.iter().flat_map(|event| chronicle.tell(event)).collect();
    records.extend_from_slice(chronicle.live());
    records.sort_by_key(|record| record.seq);
    (chronicle, records)
}

fn does(class: &mut Class, who: UserId, deed: &Deed) {
    class.wait(1_000);
    class.tries(who, deed).expect("it can be done");
}

fn ask(seconds: u32) -> Deed {
    asks_for_hands(Some("Why?"), seconds, false)
}

#[test]
fn a_round_tells_who_raised_when_and_how_each_hand_came_down() {
    let mut class = Class::taught_by(ADA, BEN, &[CY, DEE, EVE]);
    does(&mut class, ADA, &ask(60));
    does(&mut class, CY, &Deed::RaiseHand);
    does(&mut class, DEE, &Deed::RaiseHand);
    does(&mut class, DEE, &Deed::LowerHand);
    does(&mut class, EVE, &Deed::NotNow);
    does(&mut class, BEN, &Deed::CallOn(CY));
    does(&mut class, CY, &Deed::Speak);
    class.wait(9_000);
    does(&mut class, ADA, &end_turn(CY));
    does(&mut class, ADA, &stop_asking());

    let (chronicle, records) = told(&class.log);
    let mut sections = sections(records);
    let section = sections.pop().expect("a round");
    assert!(sections.is_empty() && section.number == 1);
    let raises: Vec<_> = section.raises().iter().map(|r| (r.part.user, r.after)).collect();
    assert_eq!(raises, [(CY, 1_000), (DEE, 2_000)]);
    let down: Vec<_> = section.raises().iter().map(|r| r.part.reason.clone()).collect();
    assert_eq!(
        down,
        [Some(Reason::CalledOn.text().to_owned()), Some(Reason::Lowered.text().to_owned())]
    );
    assert_eq!(section.asked_who(InviteeState::Rejected), [EVE]);
    let turn = section.of_kind(Kind::Floor).next().expect("a turn");
    assert_eq!((turn.inviter, turn.parts[0].user), (BEN, CY));
    assert_eq!(turn.parts[0].answered_after(), Some(1_000));
    assert_eq!(turn.parts[0].lasted(class.now), Some(10_000));
    assert_eq!(
        (turn.parts[0].ended_by, turn.parts[0].reason.as_deref()),
        (Some(ADA), Some("spoke"))
    );
    let person = chronicle.person(CY).expect("Cy");
    assert_eq!((person.hands, person.turns, person.spoke_millis), (1, 1, 10_000));
    assert_eq!(chronicle.person(EVE).map(|person| person.declined), Some(1));
}

#[test]
fn a_hand_that_goes_up_again_belongs_to_its_round_and_is_one_more_hand() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    does(&mut class, ADA, &Deed::Change(SettingsChange::set(ASK_ANYTIME, false)));
    does(&mut class, ADA, &ask(60));
    does(&mut class, CY, &Deed::RaiseHand);
    does(&mut class, CY, &Deed::LowerHand);
    does(&mut class, CY, &Deed::RaiseHand);
    let (chronicle, records) = told(&class.log);
    let summary = chronicle.summary();
    assert_eq!((summary.rounds, summary.hands), (1, 2));
    let sections = sections(records);
    assert_eq!(sections.len(), 1);
    assert_eq!(sections[0].raises().len(), 2);
}

#[test]
fn who_lets_a_round_run_out_is_told_and_who_was_taken_back_too() {
    let mut class = Class::taught_by(ADA, BEN, &[CY, DEE]);
    does(&mut class, ADA, &ask(5));
    does(&mut class, CY, &Deed::RaiseHand);
    class.wait(5_000);
    class.act(Command::Expire).expect("the clock is not refused");
    does(&mut class, ADA, &Deed::CallOn(CY));
    does(&mut class, ADA, &Deed::CancelCall(CY));
    does(&mut class, ADA, &Deed::CallOn(CY));
    does(&mut class, CY, &Deed::Pass);
    let (chronicle, records) = told(&class.log);
    let section = &sections(records)[0];
    assert_eq!(section.asked_who(InviteeState::TimedOut), [DEE]);
    let states: Vec<_> = section.of_kind(Kind::Floor).map(|turn| turn.parts[0].state).collect();
    assert_eq!(states, [InviteeState::Cancelled, InviteeState::Rejected]);
    let cy = chronicle.person(CY).map(|person| (person.called, person.turns, person.passes));
    assert_eq!(cy, Some((2, 0, 1)), "whoever passes was called");
    assert_eq!(chronicle.person(DEE).map(|person| person.ran_out), Some(1));
}

#[test]
fn an_unprompted_hand_that_is_taken_is_a_turn_of_the_student() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    does(&mut class, CY, &Deed::RaiseHand);
    does(&mut class, BEN, &Deed::CallOn(CY));
    class.wait(4_000);
    let (chronicle, _) = told(&class.log);
    let person = chronicle.person(CY).expect("Cy").clone();
    assert_eq!((person.hands, person.called, person.turns), (1, 1, 1));
    assert_eq!(person.spoke_millis, 0);
    assert_eq!(chronicle.spoke_millis(&person, class.now), 4_000, "the turn goes on");
    assert_eq!(chronicle.spoken_millis(class.now), 4_000);
    does(&mut class, CY, &Deed::Done);
    let (chronicle, _) = told(&class.log);
    assert_eq!(chronicle.person(CY).map(|person| person.spoke_millis), Some(5_000));
    assert_eq!(chronicle.live().len(), 1, "its end can still be undone");
    class.wait(30_000);
    does(&mut class, ADA, &Deed::Change(SettingsChange::lock(true)));
    let (chronicle, _) = told(&class.log);
    assert!(chronicle.live().is_empty());
}

#[test]
fn a_call_among_several_tells_who_was_in_it_and_for_how_long() {
    let mut class = Class::taught_by(ADA, BEN, &[CY, DEE]);
    let invite_id = class.fresh();
    class
        .act(Command::InviteInGroup {
            actor: ADA,
            invite_id,
            invitee_list: InviteeList::Members(vec![BEN, CY, DEE]),
            data: r#"{"operation":"call","media":"video"}"#.to_owned(),
            timeout: Timeout::NEVER,
            answers: Answers::Each,
        })
        .expect("a call");
    for user in [BEN, CY] {
        let data = String::new();
        class.act(Command::Accept { actor: user, invite_id, data }).expect("an answer");
    }
    let decline = Command::Reject { actor: DEE, invite_id, data: String::new(), reason: None };
    class.act(decline).expect("an answer");
    class.wait(60_000);
    let leave = Command::Finish {
        actor: CY,
        invite_id,
        whom: FinishWhom::Unnamed,
        reason: None,
        data: String::new(),
    };
    class.act(leave).expect("gone");
    let (_, records) = told(&class.log);
    let record = records[0].clone();
    assert_eq!((record.kind, record.is_private), (Kind::Call, false));
    let of = |user| record.parts.iter().find(|part| part.user == user).expect("a part");
    let outcome = |user| record.call_outcome(of(user));
    assert_eq!(outcome(BEN), Some(Outcome::Answered));
    assert_eq!((outcome(CY), outcome(DEE)), (Some(Outcome::Answered), Some(Outcome::Declined)));
    let lasted = |user| record.lasted(of(user), class.now).expect("they were in it");
    assert!(lasted(BEN) >= 60_000 && lasted(CY) >= 60_000);
}

#[test]
fn the_words_of_a_private_invitation_are_for_its_two_people() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    let invite_id = class.fresh();
    let data = r#"{"operation":"call","media":"video","note":"the essay"}"#.to_owned();
    let call =
        Command::Invite { actor: ADA, invite_id, invitee: CY, data, timeout: Timeout::NEVER };
    class.act(call).expect("a call");
    let answer = Command::Accept { actor: CY, invite_id, data: "yes?".to_owned() };
    class.act(answer).expect("an answer");
    let (_, records) = told(&class.log);
    let record = records[0].clone();
    assert_eq!((record.kind, record.is_private), (Kind::Call, true));
    assert_eq!(record.call_outcome(&record.parts[0]), Some(Outcome::Answered));
    for user in [ADA, CY] {
        assert_eq!(record.clone().for_member(user), record);
    }
    let others = record.for_member(BEN);
    assert_eq!((others.data.as_str(), others.parts[0].data.as_deref()), ("", None));
    assert_eq!(others.parts[0].state, InviteeState::Accepted);
    assert_eq!(others.media, Some(Media::Video), "that is no word of theirs");

    // A question and the words of an end are words too.
    let invite_id = class.fresh();
    let data = r#"{"operation":"hand_raising","question":"about home"}"#.to_owned();
    let asked =
        Command::Invite { actor: ADA, invite_id, invitee: CY, data, timeout: Timeout::NEVER };
    class.act(asked).expect("an invitation");
    class.act(Command::Accept { actor: CY, invite_id, data: String::new() }).expect("an answer");
    let reason = Some("too sad".to_owned());
    let whom = signaling::FinishWhom::Unnamed;
    class
        .act(Command::Finish { actor: CY, invite_id, whom, reason, data: String::new() })
        .expect("an end");
    let (_, records) = told(&class.log);
    assert_eq!(records[1].question.as_deref(), Some("about home"));
    let others = serde_json::to_string(&records[1].clone().for_member(BEN)).expect("JSON");
    assert!(!others.contains("home") && !others.contains("sad"), "{others}");
}

/// A log in which a teacher asks so many times, each time closed at once.
fn long_log(rounds: u32) -> Vec<Event> {
    let mut class = Class::taught_by(ADA, BEN, &[CY, DEE]);
    let at = Timestamp::from_millis(class.now.as_millis() + 1_000);
    let data = Operation::asks(None).to_data();
    for number in 0..rounds {
        let mut id = [9; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let invite_id = InviteId::from_bytes(id);
        let seq = class.log.last().map_or(0, |event| event.seq);
        let at = Timestamp::from_millis(at.as_millis() + 1_000 * i64::from(number));
        let asked = event::ReceiveNewInvitation {
            invite_id,
            inviter: ADA,
            group_id: Some(GROUP),
            invitee_list: InviteeList::Everyone,
            data: data.clone(),
            timeout: Timeout::NEVER,
            expires_at: None,
            answers: signaling::Answers::Each,
            stays: None,
            restores: None,
            place: None,
            taken_by: None,
        };
        class.log.push(Event { seq: seq + 1, at, kind: asked.into() });
        // The very first stays open to the end.
        if number > 0 {
            let closed = event::InvitationCancelled {
                invite_id,
                inviter: ADA,
                invitee_list: InviteeList::Everyone,
                data: String::new(),
                reason: None,
                by: None,
            };
            class.log.push(Event { seq: seq + 2, at, kind: closed.into() });
        }
    }
    class.log
}

#[test]
fn a_long_class_is_read_in_pages_of_rounds() {
    let (chronicle, records) = told(&long_log(60));
    let rounds: Vec<u32> = chronicle.pages().iter().map(|page| page.rounds).collect();
    assert_eq!(rounds, [25, 25, 10]);
    let starts: Vec<u64> = [0, 25, 50].map(|place: usize| records[place].seq).to_vec();
    let from: Vec<u64> = chronicle.pages().iter().map(|page| page.from).collect();
    assert_eq!(from, starts);
    let before: Vec<u32> = chronicle.pages().iter().map(|page| page.rounds_before).collect();
    assert_eq!(before, [0, 25, 50]);
}

#[test]
fn what_outlasts_its_page_is_told_as_it_ended_and_does_not_make_the_page_long() {
    let mut log = long_log(200);
    let last = log.last().expect("an event").clone();
    let first = log.iter().find_map(|event| match &event.kind {
        EventKind::ReceiveNewInvitation(new) => Some(new.invite_id),
        _ => None,
    });
    let accepted = event::InviteeAccepted {
        invite_id: first.expect("a round"),
        invitee: CY,
        data: String::new(),
        by: None,
        place: None,
    };
    log.push(Event { seq: last.seq + 1, at: last.at, kind: accepted.into() });
    let (whole, records) = told(&log);
    let page = whole.pages()[0];
    assert!(page.last < 2 * whole.pages()[1].from, "{page:?}");
    let next = whole.pages()[1].from;
    let mut chronicle = Chronicle::of_page(GROUP, &page, Some(next));
    let is_early = |event: &&Event| event.seq <= page.last;
    let mut on_page: Vec<Record> =
        log.iter().filter(is_early).flat_map(|event| chronicle.tell(event)).collect();
    on_page.extend_from_slice(chronicle.live());
    on_page.sort_by_key(|record| record.seq);
    let on_page: Vec<Record> = on_page.into_iter().map(|it| whole.as_it_stands(it)).collect();
    assert_eq!(on_page, records[..25]);
    assert_eq!(on_page[0].part(CY).map(|part| part.state), Some(InviteeState::Accepted));
}

#[test]
fn whoever_comes_back_is_the_same_person() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    does(&mut class, CY, &Deed::RaiseHand);
    does(&mut class, CY, &Deed::Remove(CY));
    class.act(join(CY)).expect("the class is open");
    let (chronicle, _) = told(&class.log);
    assert_eq!(chronicle.summary().students, 1);
    let person = chronicle.person(CY).expect("Cy");
    assert_eq!((person.hands, person.left_at), (1, None));
}

#[test]
fn an_export_waits_for_one_that_goes_on_but_not_for_ever() {
    let log = long_log(12_000);
    let mut in_order = InOrder::new(GROUP);
    let mut told: Vec<u64> =
        log.iter().flat_map(|event| in_order.tell(event)).map(|record| record.seq).collect();
    assert!(told.len() > 2_000, "what is done is not kept back: {}", told.len());
    told.extend(in_order.finish().iter().map(|record| record.seq));
    let mut sorted = told.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!((told.len(), sorted.len()), (12_000, 12_000), "each once");
    let late = sorted[0];
    told.retain(|seq| *seq != late);
    assert!(told.is_sorted(), "all others in order");
}

#[test]
fn a_class_that_ended_by_itself_tells_for_how_long_it_was_still() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    does(&mut class, ADA, &ask(0));
    does(&mut class, CY, &Deed::RaiseHand);
    let (before, _) = told(&class.log);
    // As it was put down before anybody asked for this.
    let mut older: serde_json::Value = serde_json::from_str(&before.save()).expect("JSON");
    let written = older["written"].as_object_mut().expect("an object");
    assert!(written.remove("before_at").is_some() && written.remove("forgotten_millis").is_some());
    let older = Chronicle::restore(&older.to_string()).expect("a chronicle");
    let still = 120 * 24 * 3_600 * 1_000;
    class.wait(still);
    let seq = class.group.seq;
    class.act(Command::EndForgotten { seq }).expect("nothing has happened since");
    for mut chronicle in [before, older] {
        assert_eq!(chronicle.forgotten_millis(), None);
        class.log.iter().for_each(|event| drop(chronicle.tell(event)));
        assert!(chronicle.has_ended());
        assert_eq!(chronicle.forgotten_millis(), Some(still));
        let again = Chronicle::restore(&chronicle.save()).expect("a chronicle");
        assert_eq!(again.forgotten_millis(), Some(still));
    }
}

#[test]
fn lessons_are_told_apart_by_an_hour_in_which_nothing_happens() {
    let (mut class, mut chronicle) = (Class::taught_by(ADA, BEN, &[CY, DEE, EVE]), None);
    let mut lesson = |class: &mut Class, speakers: &[UserId]| {
        for speaker in speakers {
            class.wait(60_000);
            does(class, ADA, &asks_for_hands(None, 0, false));
            class.wait(2_000);
            does(class, *speaker, &Deed::RaiseHand);
            class.wait(3_000);
            does(class, ADA, &Deed::CallOn(*speaker));
            does(class, *speaker, &Deed::Speak);
            class.wait(10_000);
            does(class, *speaker, &Deed::Done);
        }
        let chronicle = chronicle.get_or_insert_with(|| Chronicle::new(GROUP));
        for event in &class.log {
            chronicle.tell(event);
        }
        let saved = chronicle.save();
        *chronicle = Chronicle::restore(&saved).expect("its own text");
        chronicle.lessons()
    };
    let first = lesson(&mut class, &[CY, CY, DEE, CY]);
    assert_eq!(first.len(), 1);
    class.wait(58 * 60_000);
    assert_eq!(lesson(&mut class, &[EVE]).len(), 1, "the same goes on after a break");
    class.wait(61 * 60_000);
    let all = lesson(&mut class, &[DEE, EVE]);
    let figures: Vec<_> = all
        .iter()
        .map(|it| {
            let counts = (it.rounds, it.hands, it.turns, it.speakers, it.turns_of_top_three);
            (counts, it.students, it.waits.to_first_hand, it.waits.to_first_turn)
        })
        .collect();
    let waits = (Some(3_000), Some(8_000));
    assert_eq!(
        figures,
        [((5, 5, 5, 3, 5), 3, waits.0, waits.1), ((2, 2, 2, 2, 2), 3, waits.0, waits.1)]
    );
    assert!(all[0].ended_at < all[1].began_at);
    class.wait(61 * 60_000);
    class.act(Command::EndForgotten { seq: class.group.seq }).expect("it is forgotten");
    assert_eq!(lesson(&mut class, &[]).len(), 2, "what ends by itself is no lesson");
}
