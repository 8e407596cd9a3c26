//! How long a turn may last: tables of moments, and the end that comes by itself.

mod support;

use classroom::{
    Classroom, Deed, END_BY_ITSELF, Lesson, Move, SPEAKING_LIMIT, TURN_STARTS_AT_ONCE, Undo,
};
use signaling::{
    Command, EventKind, Group, Rejection, Role, SettingsChange, Snapshot, Timeout, UserId, apply,
    next_deadline,
};
use support::*;

use Refused::Rejection as Rejected;

const ADA: UserId = user(1);
const BEN: UserId = user(2);
const CY: UserId = user(3);
const DEE: UserId = user(4);

fn seconds(seconds: u32) -> Timeout {
    Timeout::new(seconds).expect("a timeout")
}

/// A class with this limit in which Cy has just begun to speak.
fn speaking(limit: u32, ends: bool) -> Class {
    let mut class = Class::taught_by(ADA, BEN, &[CY, DEE]);
    class.set(limit, ends);
    class.tries(CY, &Deed::RaiseHand).expect("the floor is open");
    class.tries(ADA, &Deed::CallOn(CY)).expect("a teacher calls");
    class
}

impl Class {
    fn set(&mut self, limit: u32, ends: bool) {
        let change = SettingsChange {
            amounts: vec![(SPEAKING_LIMIT, limit)],
            ..SettingsChange::set(END_BY_ITSELF, ends)
        };
        self.tries(ADA, &Deed::Change(change)).expect("a teacher sets it");
    }

    fn moved(&mut self, by: UserId, it: Move) -> Vec<EventKind> {
        self.tries(by, &Deed::Move(it)).expect("a teacher does it")
    }

    /// For how many milliseconds more the student may speak; less than none when they are over.
    fn left(&self, student: UserId) -> Option<i64> {
        Some(self.lesson().turn(student)?.until()?.millis_since(self.now))
    }

    /// In how many milliseconds something ends by itself.
    fn ends_in(&self) -> Option<i64> {
        next_deadline(&self.group, &Classroom).map(|at| at.millis_since(self.now))
    }

    fn expires(&mut self) -> Vec<EventKind> {
        let before = self.log.len();
        self.act(Command::Expire).expect("the clock is not refused");
        self.log[before..].iter().map(|event| event.kind.clone()).collect()
    }
}

fn more(student: UserId) -> Move {
    Move::MoreTime { seconds: seconds(30), student: Some(student) }
}

fn limited(student: UserId, limit: u32) -> Move {
    Move::LimitTurn { student, seconds: seconds(limit) }
}

#[test]
fn a_turn_may_last_as_long_as_the_class_has_it_set() {
    let mut class = speaking(60, false);
    assert_eq!(class.left(CY), Some(60_000));
    class.wait(45_000);
    assert_eq!(class.left(CY), Some(15_000));
    class.wait(27_000);
    assert_eq!((class.left(CY), class.ends_in()), (Some(-12_000), None), "it is told and not cut");
    assert_eq!(class.expires(), []);
    class.set(0, false);
    assert!(class.lesson().turn(CY).is_some());
    assert_eq!(class.left(CY), None);
    class.set(90, false);
    assert_eq!(class.left(CY), Some(18_000), "what is set holds for the turn that goes on");
}

#[test]
fn half_a_minute_more_counts_from_the_limit_and_once_it_is_over_from_now() {
    let mut class = speaking(60, true);
    class.wait(50_000);
    class.moved(BEN, more(CY));
    assert_eq!((class.left(CY), class.ends_in()), (Some(40_000), Some(40_000)));
    class.moved(ADA, more(CY));
    assert_eq!(class.left(CY), Some(70_000));
    class.set(60, false);
    class.wait(100_500);
    assert_eq!(class.left(CY), Some(-30_500));
    class.moved(ADA, more(CY));
    assert_eq!(class.left(CY), Some(29_500), "to the second");
    class.wait(2 * 3_600_000);
    class.moved(ADA, more(CY));
    assert!(class.left(CY) > Some(29_000), "however long it has lasted");
}

#[test]
fn one_turn_has_a_limit_of_its_own() {
    let mut class = speaking(0, true);
    assert_eq!((class.left(CY), class.ends_in()), (None, None));
    class.moved(ADA, limited(CY, 30));
    assert_eq!((class.left(CY), class.ends_in()), (Some(30_000), Some(30_000)));
    class.set(300, true);
    assert_eq!(class.left(CY), Some(30_000), "the class's is not this turn's");
    class.moved(ADA, limited(CY, 0));
    assert_eq!((class.left(CY), class.ends_in()), (None, None));
    assert_eq!(class.moved(BEN, more(CY)), [], "more than no limit is none");
    assert_eq!(class.moved(ADA, limited(CY, 0)), [], "it is so already");
    assert_eq!(class.moved(ADA, limited(DEE, 30)), [], "who does not speak has no limit");
    class.moved(ADA, limited(CY, 80_000));
    assert_eq!(class.left(CY), Some(3_600_000), "the longest that there is");
}

#[test]
fn only_a_teacher_says_how_long_somebody_speaks() {
    let mut class = speaking(60, false);
    for it in [more(CY), limited(CY, 0)] {
        let refused = class.tries(CY, &Deed::Move(it));
        assert_eq!(refused, Err(Rejected(Rejection::TeachersOnly)));
    }
    assert_eq!(class.left(CY), Some(60_000));
}

#[test]
fn a_turn_ends_by_itself_once_with_its_reason() {
    for unprompted in [true, false] {
        let mut class = Class::taught_by(ADA, BEN, &[CY, DEE]);
        class.set(60, true);
        if !unprompted {
            class
                .tries(ADA, &Deed::Change(SettingsChange::set(TURN_STARTS_AT_ONCE, true)))
                .expect("a teacher sets it");
            class.tries(ADA, &asks_for_hands(None, 0, false)).expect("a teacher asks");
        }
        class.tries(CY, &Deed::RaiseHand).expect("a hand goes up");
        let next = Move::Next { student: CY, ends: None, waits: false };
        class.moved(ADA, next);
        assert!(class.lesson().turn(CY).is_some(), "{unprompted}");
        assert_eq!(class.ends_in(), Some(60_000));
        class.wait(59_999);
        assert_eq!(class.expires(), []);
        class.wait(1);
        let ended = class.expires();
        let [EventKind::InviteeFinished(finished)] = ended.as_slice() else {
            panic!("{ended:?}");
        };
        assert_eq!((finished.by, finished.reason.as_str()), (CY, "time_is_up"));
        assert!(class.lesson().speaking.is_empty());
        assert_eq!((class.ends_in(), class.expires()), (None, Vec::new()));
    }
}

#[test]
fn a_turn_whose_speaker_has_gone_ends_by_itself_too() {
    let mut class = speaking(60, true);
    class.tries(ADA, &Deed::MakeRole(CY, Role::Teacher)).expect("a co-teacher");
    class.tries(CY, &Deed::Remove(CY)).expect("they leave");
    class.wait(60_000);
    class.expires();
    assert_eq!(class.ends_in(), None, "nothing is due for ever");
}

#[test]
fn what_is_due_is_over_before_anything_else_happens() {
    let mut class = speaking(60, true);
    class.wait(60_000);
    // The timer was held up, and the speaker is first: what they end has ended.
    class.tries(DEE, &Deed::RaiseHand).expect("a hand goes up");
    let kinds: Vec<&str> = class.log.iter().rev().take(2).map(|event| event.kind.name()).collect();
    assert_eq!(kinds, ["onReceiveNewInvitation", "onInviteeFinished"]);
}

#[test]
fn whoever_is_over_when_it_is_turned_on_is_ended_then() {
    let mut class = speaking(60, false);
    class.wait(90_000);
    class.set(60, true);
    assert!(class.ends_in().is_some_and(|left| left <= 0));
    class.expires();
    assert!(class.lesson().speaking.is_empty());
}

#[test]
fn a_page_that_comes_late_and_a_server_that_starts_again_know_the_same_limit() {
    let mut class = speaking(60, true);
    class.wait(20_000);
    class.moved(BEN, more(CY));
    let snapshot = Snapshot::of(&class.group, DEE, class.now, |_| true);
    let wire = serde_json::to_string(&snapshot).expect("a snapshot is JSON");
    let late = Group::from(serde_json::from_str::<Snapshot>(&wire).expect("and back"));
    assert_eq!(Lesson::of(&late).speaking, class.lesson().speaking);
    let mut again = Group::new(GROUP);
    for event in &class.log {
        apply(&mut again, event);
    }
    assert_eq!(next_deadline(&again, &Classroom), Some(later(class.now, 70_000)));
}

#[test]
fn a_turn_that_an_undo_brings_back_goes_on_by_its_own_terms() {
    let mut class = speaking(60, false);
    class.moved(ADA, limited(CY, 200));
    class.wait(10_000);
    class.tries(ADA, &end_turn(CY)).expect("a teacher ends it");
    class.wait(5_000);
    let Some(Undo { seq, .. }) = class.lesson().undo else { panic!("it can be undone") };
    class.tries(BEN, &Deed::Undo(seq)).expect("it is undone");
    assert_eq!(class.left(CY), Some(185_000));
}

#[test]
fn what_a_student_writes_sets_no_limit() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    class.set(60, false);
    let invite_id = class.fresh();
    let asks = Command::InviteInGroup {
        actor: CY,
        invite_id,
        invitee_list: signaling::InviteeList::Everyone,
        data: r#"{"operation":"speech_application","limit":9000}"#.to_owned(),
        timeout: Timeout::NEVER,
        answers: signaling::Answers::First,
    };
    class.act(asks).expect("the floor is open");
    class.tries(ADA, &Deed::CallOn(CY)).expect("a teacher takes it");
    assert_eq!(class.left(CY), Some(60_000));
}
