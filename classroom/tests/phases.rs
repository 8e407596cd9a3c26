//! Time to think and to talk before hands can go up: tables of moments and of what can be done then.

mod support;

use classroom::{Before, Deed, Lesson, MISTAKEN, Move, TOO_EARLY, Wait};
use signaling::{
    Command, EventKind, Group, InviteId, InviteeList, Snapshot, Timeout, UserId, apply, decide,
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

/// A class that has just been asked so.
fn asked(think: u32, pair: u32, limit: u32) -> Class {
    let mut class = Class::taught_by(ADA, BEN, &[CY, DEE]);
    let question = Some("Why is the sky blue?".to_owned());
    let (think, pair, timeout) = (seconds(think), seconds(pair), seconds(limit));
    let ask = Move::Ask { question, timeout, first: false, think, pair };
    class.tries(ADA, &Deed::Move(ask)).expect("a teacher asks");
    class
}

/// A class that a program has just asked with this `data`.
fn asked_by_program(data: &str) -> (Class, InviteId) {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    let ask = asks_by_program(&mut class, data);
    class.act(ask).expect("a teacher asks");
    let invite_id = class.latest();
    (class, invite_id)
}

fn asks_by_program(class: &mut Class, data: &str) -> Command {
    Command::InviteInGroup {
        actor: ADA,
        invite_id: class.fresh(),
        invitee_list: InviteeList::Everyone,
        data: data.to_owned(),
        timeout: Timeout::NEVER,
        answers: signaling::Answers::Each,
    }
}

impl Class {
    fn moved(&mut self, by: UserId, it: Move) -> Vec<EventKind> {
        self.tries(by, &Deed::Move(it)).expect("a teacher does it")
    }

    /// In which phase the round is, for how many milliseconds more.
    fn phase(&self) -> Option<(&'static str, i64)> {
        let wait = self.lesson().round_now()?.wait(self.now)?;
        let name = match wait {
            Wait::Think { then_pair: true, .. } => "think, then pair",
            Wait::Think { .. } => "think",
            Wait::Pair { .. } => "pair",
        };
        Some((name, wait.until().millis_since(self.now)))
    }

    fn times_out_in(&self) -> Option<i64> {
        Some(self.lesson().round_now()?.expires_at?.millis_since(self.now))
    }
}

#[test]
fn hands_go_up_together_and_none_before() {
    for (think, pair, moments) in [
        (10, 0, vec![(0, Some("think")), (9_999, Some("think")), (10_000, None)]),
        (0, 20, vec![(0, Some("pair")), (19_999, Some("pair")), (20_000, None)]),
        (
            5,
            20,
            vec![
                (0, Some("think, then pair")),
                (4_999, Some("think, then pair")),
                (5_000, Some("pair")),
                (24_999, Some("pair")),
                (25_000, None),
            ],
        ),
        (0, 0, vec![(0, None)]),
    ] {
        for (after, phase) in moments {
            let mut class = asked(think, pair, 0);
            class.wait(after);
            assert_eq!(class.phase().map(|(name, _)| name), phase, "{think} {pair} {after}");
            let raised = class.tries(CY, &Deed::RaiseHand).map(drop);
            let expected = if phase.is_some() { Err(Rejected(TOO_EARLY)) } else { Ok(()) };
            assert_eq!(raised, expected, "{think} {pair} {after}");
        }
    }
}

#[test]
fn a_round_tells_when_its_phases_are_over() {
    for (think, pair, pairs, opens) in
        [(10, 0, 10, 10), (0, 20, 0, 20), (5, 20, 5, 25), (0, 0, 0, 0)]
    {
        let class = asked(think, pair, 60);
        let round = class.lesson().round_now().cloned().expect("a round");
        let moments = (round.pairs_at(), round.opens_at());
        let expected = (later(class.now, pairs * 1_000), later(class.now, opens * 1_000));
        assert_eq!(moments, expected, "{think} {pair}");
    }
}

#[test]
fn a_page_whose_clock_is_behind_shows_no_phase_that_there_is_not() {
    let early = |class: &Class| {
        let round = class.lesson().round_now().cloned().expect("a round");
        round.wait(later(class.now, -900))
    };
    assert_eq!(early(&asked(0, 0, 60)), None);
    assert!(matches!(early(&asked(0, 20, 60)), Some(Wait::Pair { .. })));
    assert!(matches!(early(&asked(5, 0, 60)), Some(Wait::Think { then_pair: false, .. })));
}

#[test]
fn nobody_gets_ahead_by_another_way() {
    let mut class = asked(10, 0, 0);
    // Unprompted, by a program.
    let invite_id = class.fresh();
    let ask = Command::InviteInGroup {
        actor: CY,
        invite_id,
        invitee_list: InviteeList::Everyone,
        data: r#"{"operation":"speech_application"}"#.to_owned(),
        timeout: Timeout::NEVER,
        answers: signaling::Answers::First,
    };
    assert_eq!(class.act(ask).map(drop), Err(TOO_EARLY));
    // For somebody else, by a teacher.
    let invite_id = class.lesson().round_now().expect("a round").invite_id;
    let answer = Command::AnswerFor {
        actor: ADA,
        invite_id,
        invitee: CY,
        accepts: true,
        data: String::new(),
        reason: None,
    };
    assert_eq!(class.act(answer).map(drop), Err(TOO_EARLY));
    // And by what a teacher's page does for it.
    let raise = Deed::Move(Move::Raise { student: CY });
    assert_eq!(class.tries(ADA, &raise), Err(Rejected(TOO_EARLY)));
    // By declining first, and then again.
    class.tries(CY, &Deed::NotNow).expect("one may decline");
    assert_eq!(class.tries(ADA, &raise), Err(Rejected(TOO_EARLY)));
    assert_eq!(class.tries(CY, &Deed::RaiseHand), Err(Rejected(TOO_EARLY)));
    class.wait(10_000);
    class.tries(DEE, &Deed::RaiseHand).expect("hands can go up");
    class.tries(CY, &Deed::RaiseHand).expect("hands can go up");
}

#[test]
fn time_to_answer_begins_when_hands_can_go_up() {
    let mut class = asked(10, 20, 60);
    assert_eq!(class.times_out_in(), Some(90_000));
    class.wait(89_999);
    class.tries(CY, &Deed::RaiseHand).expect("there is a moment left");
    class.wait(1);
    class.act(Command::Expire).expect("the clock is not refused");
    assert_eq!(class.lesson().rounds, []);
}

#[test]
fn each_phase_is_ended_and_made_longer_by_a_tap() {
    let mut class = asked(10, 20, 60);
    class.wait(3_400);
    class.moved(BEN, Move::MoreTime { seconds: seconds(30), student: None });
    assert_eq!(class.phase(), Some(("think, then pair", 36_600)));
    assert_eq!(class.times_out_in(), Some(116_600));
    // One that has ended is not ended again: of two who press at once the second finds that.
    let talks = Move::NextPhase { ends: Some(Before::Pair) };
    assert_eq!(class.moved(BEN, talks), []);
    // The next phase keeps its length, and the time to answer too.
    class.moved(ADA, Move::NextPhase { ends: None });
    assert_eq!(class.phase(), Some(("pair", 19_600)));
    assert_eq!(class.times_out_in(), Some(79_600));
    class.moved(ADA, Move::MoreTime { seconds: seconds(30), student: None });
    assert_eq!(class.phase(), Some(("pair", 49_600)));
    class.wait(1_000);
    class.moved(ADA, Move::NextPhase { ends: None });
    assert_eq!((class.phase(), class.times_out_in()), (None, Some(59_600)));
    class.tries(CY, &Deed::RaiseHand).expect("hands can go up");
    class.moved(ADA, Move::MoreTime { seconds: seconds(30), student: None });
    assert_eq!(class.times_out_in(), Some(89_600));
    // There is no further phase: a second tap of somebody who has not seen it changes nothing.
    assert_eq!(class.moved(BEN, Move::NextPhase { ends: None }), []);
    class.wait(89_600);
    class.act(Command::Expire).expect("the clock is not refused");
    assert_eq!(class.lesson().rounds, []);
    assert_eq!(class.moved(BEN, Move::MoreTime { seconds: seconds(30), student: None }), []);
}

#[test]
fn a_round_says_when_its_phases_begin_once_a_teacher_has_changed_them() {
    let more = || Move::MoreTime { seconds: seconds(30), student: None };
    let next = || Move::NextPhase { ends: None };
    for (think, pair, after, change, pairs_after, opens_after) in [
        (10, 20, 4, more(), Some(40), 60),
        (10, 20, 4, next(), Some(4), 24),
        (10, 20, 14, more(), Some(10), 60),
        (10, 20, 14, next(), None, 14),
        (10, 0, 4, more(), Some(40), 40),
        (10, 0, 4, next(), None, 4),
        (0, 20, 4, more(), Some(0), 50),
    ] {
        let what = format!("{think} {pair} {after} {change:?}");
        let mut class = asked(think, pair, 0);
        class.wait(after * 1_000);
        class.moved(ADA, change);
        let data = &class.group.invitation(class.latest()).expect("it was made").data;
        let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
        let number = |key: &str| data.get(key).and_then(serde_json::Value::as_u64);
        let told = (number("pairsAfter"), number("opensAfter"));
        assert_eq!(told, (pairs_after, Some(opens_after)), "{what}");
        assert_eq!(number("think").unwrap_or(0), u64::from(think), "{what}");
    }
}

#[test]
fn what_other_programs_have_put_beside_the_phases_stays() {
    let (mut class, invite_id) =
        asked_by_program(r#"{"operation":"hand_raising","question":"Q","think":30,"slide":3}"#);
    class.wait(4_000);
    class.moved(ADA, Move::NextPhase { ends: Some(Before::Think) });
    let data = &class.group.invitation(invite_id).expect("it was made").data;
    let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
    assert_eq!((&data["slide"], &data["opensAfter"]), (&3.into(), &4.into()));
    assert_eq!(class.phase(), None);
}

#[test]
fn without_a_limit_only_what_comes_before_hands_is_made_longer() {
    let mut class = asked(5, 0, 0);
    class.moved(ADA, Move::MoreTime { seconds: seconds(30), student: None });
    assert_eq!(class.phase(), Some(("think", 35_000)));
    class.wait(35_000);
    assert_eq!(class.moved(ADA, Move::MoreTime { seconds: seconds(30), student: None }), []);
    assert_eq!(class.times_out_in(), None);
}

#[test]
fn nobody_waits_for_longer_than_a_day() {
    let mut class = asked(86_370, 0, 0);
    class.moved(ADA, Move::MoreTime { seconds: seconds(30), student: None });
    assert_eq!(class.phase(), Some(("think", 86_400_000)));
    assert_eq!(class.moved(ADA, Move::MoreTime { seconds: seconds(1), student: None }), []);
    assert_eq!(class.phase(), Some(("think", 86_400_000)));
}

#[test]
fn a_page_that_comes_late_and_a_server_that_starts_again_know_the_same_moments() {
    let mut class = asked(10, 20, 60);
    class.wait(4_000);
    class.moved(ADA, Move::NextPhase { ends: None });
    let snapshot = Snapshot::of(&class.group, DEE, class.now, |_| true);
    let wire = serde_json::to_string(&snapshot).expect("a snapshot is JSON");
    let late = Lesson::of(&Group::from(serde_json::from_str::<Snapshot>(&wire).expect("and back")));
    assert_eq!(late.round_now(), class.lesson().round_now());
    let mut again = Group::new(GROUP);
    for event in &class.log {
        signaling::apply(&mut again, event);
    }
    assert_eq!(again.next_deadline(), class.group.next_deadline());
    assert_eq!(Lesson::of(&again), class.lesson());
}

#[test]
fn phases_that_are_no_numbers_are_refused() {
    for data in [
        r#"{"operation":"hand_raising","question":"Why?","think":"long"}"#,
        r#"{"operation":"hand_raising","opensAfter":-1}"#,
        r#"{"operation":"Hand_raising","think":30}"#,
    ] {
        let mut class = Class::taught_by(ADA, BEN, &[CY]);
        let ask = asks_by_program(&mut class, data);
        assert_eq!(class.act(ask).err(), Some(MISTAKEN), "{data}");
    }
}

#[test]
fn a_log_of_before_with_phases_that_are_no_numbers_keeps_nobody_waiting() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    let ask = asks_by_program(
        &mut class,
        r#"{"operation":"hand_raising","question":"Why?","think":"long"}"#,
    );
    let written = decide(&class.group, class.now, &ask).expect("the engine does not read data");
    written.iter().for_each(|event| apply(&mut class.group, event));
    assert_eq!(class.phase(), None);
    assert_eq!(
        class.lesson().round_now().and_then(|it| it.question.clone()).as_deref(),
        Some("Why?")
    );
    class.tries(CY, &Deed::RaiseHand).expect("hands can go up");
}
