//! Picks: who is called when it is by fairness or by lot, and what the tally says of everybody.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use classroom::history::Chronicle;
use classroom::{Among, Deed, How, Move, NOBODY, TURN_STARTS_AT_ONCE, Tally, Why};
use signaling::test_support::{accept, cancel};
use signaling::{
    Answers, Command, EventKind, FinishWhom, InviteeList, Rejection, Role, SettingsChange, Timeout,
    UserId,
};
use support::*;

use Refused::Rejection as Rejected;

const ADA: UserId = user(1);
const BEN: UserId = user(2);
const CY: UserId = user(3);
const DEE: UserId = user(4);
const EVE: UserId = user(5);
const FAY: UserId = user(6);

fn class() -> Class {
    Class::taught_by(ADA, BEN, &[CY, DEE, EVE])
}

impl Class {
    fn does(&mut self, actor: UserId, deed: Deed) -> Vec<EventKind> {
        self.wait(1_000);
        let done = self.tries(actor, &deed);
        done.unwrap_or_else(|refused| panic!("{actor:?} {deed:?}: {refused:?}"))
    }

    fn asks(&mut self) {
        let ask = asks_for_hands(None, 0, false);
        self.does(ADA, ask);
    }

    fn raise(&mut self, students: &[UserId]) {
        for student in students {
            self.does(*student, Deed::RaiseHand);
        }
    }

    fn picks(&self, how: How, among: Among) -> Deed {
        let ends = self.lesson().one_turn().map(|turn| turn.invite_id);
        Deed::Move(Move::Pick { how, among, ends })
    }

    /// Picks, and tells who is called and why.
    fn pick(&mut self, how: How, among: Among) -> (UserId, Why) {
        let pick = self.picks(how, among);
        self.does(ADA, pick);
        self.called()
    }

    fn called(&self) -> (UserId, Why) {
        let lesson = self.lesson();
        let [called] = lesson.invited.as_slice() else { panic!("one is called: {lesson:?}") };
        (called.user, called.why.expect("a reason"))
    }

    /// The student speaks, and is done.
    fn has_a_turn(&mut self, student: UserId) {
        if self.lesson().invited(student).is_none() {
            self.does(ADA, Deed::CallOnAbsent(student));
        }
        self.does(student, Deed::Speak);
        self.does(student, Deed::Done);
    }

    fn turns(&self) -> Vec<usize> {
        Tally::of(&self.group).members.iter().map(|share| share.turns).collect()
    }
}

#[test]
fn a_fair_pick_goes_by_turns_then_by_the_last_one_then_by_hands() {
    let mut class = class();
    class.asks();
    class.raise(&[EVE, CY, DEE]);
    // Nobody has had a turn: the first hand.
    assert_eq!(class.pick(How::Fair, Among::Hands), (EVE, Why::NoTurnYet));
    class.has_a_turn(EVE);
    class.raise(&[EVE]);
    assert_eq!(class.pick(How::Fair, Among::Hands), (CY, Why::NoTurnYet));
    class.has_a_turn(CY);
    assert_eq!(class.pick(How::Fair, Among::Hands), (DEE, Why::NoTurnYet));
    class.has_a_turn(DEE);
    class.raise(&[DEE, CY]);
    // One turn each: whose last was the longest ago.
    assert_eq!(class.pick(How::Fair, Among::Hands), (EVE, Why::LongestSince));
    class.has_a_turn(EVE);
    class.raise(&[EVE]);
    assert_eq!(class.pick(How::Fair, Among::Hands), (CY, Why::LongestSince));
    class.has_a_turn(CY);
    assert_eq!(class.pick(How::Fair, Among::Hands), (DEE, Why::FewestTurns));
    class.has_a_turn(DEE);
    assert_eq!(class.turns(), [2, 2, 2]);
}

#[test]
fn of_two_who_are_alike_in_all_the_first_hand_is_picked() {
    for (first, second) in [(CY, DEE), (DEE, CY)] {
        let mut class = Class::taught_by(ADA, BEN, &[CY, DEE]);
        for student in [CY, DEE] {
            class.does(ADA, Deed::CallOnAbsent(student));
        }
        for deed in [Deed::Speak, Deed::Done] {
            for student in [CY, DEE] {
                class.tries(student, &deed).expect("both at one moment");
            }
        }
        class.raise(&[first, second]);
        assert_eq!(class.pick(How::Fair, Among::Hands), (first, Why::FirstHand));
    }
}

#[test]
fn whoever_has_passed_speaks_or_is_not_connected_is_not_picked() {
    let mut class = class();
    class.asks();
    class.raise(&[CY, DEE, EVE]);
    class.away.insert(CY);
    assert_eq!(class.pick(How::Fair, Among::Hands).0, DEE);
    class.does(DEE, Deed::Pass);
    assert_eq!(class.pick(How::Fair, Among::Hands).0, EVE);
    class.does(EVE, Deed::Speak);
    for how in [How::Fair, How::Random] {
        for among in [Among::Hands, Among::Everybody] {
            let pick = class.picks(how, among);
            let before = class.group.clone();
            assert_eq!(class.tries(ADA, &pick), Err(Rejected(NOBODY)), "{how:?} {among:?}");
            // The turn goes on: what cannot be done ends nothing.
            assert_eq!(class.group, before);
        }
    }
    class.away.clear();
    assert_eq!(class.pick(How::Fair, Among::Hands).0, CY);
}

#[test]
fn in_a_fair_order_the_next_is_the_winner_then_whoever_of_those_who_are_there_had_the_fewest_turns()
{
    let mut class = class();
    for student in [CY, DEE, CY] {
        class.has_a_turn(student);
    }
    class.raise(&[CY, DEE]);
    let next = |class: &Class, away: &[UserId]| {
        let tally = Tally::of(&class.group);
        class.lesson().fair_hero(&tally, |user| !away.contains(&user))
    };
    assert_eq!(next(&class, &[]), Some(DEE));
    assert_eq!(next(&class, &[DEE]), Some(CY), "who is there goes before who is not");
    assert_eq!(next(&class, &[CY, DEE]), Some(CY), "where nobody is, the first hand");
    class.does(ADA, Deed::CallOnAbsent(DEE));
    class.does(DEE, Deed::Pass);
    assert_eq!(next(&class, &[]), Some(CY), "who has passed is not next");
    assert_eq!(next(&class, &[CY]), Some(CY), "nor where nobody else is there");
    class.does(ADA, asks_for_hands(None, 0, true));
    class.does(CY, Deed::LowerHand);
    class.raise(&[CY]);
    assert_eq!(class.lesson().question.and_then(|round| round.winner), Some(CY));
    class.does(DEE, Deed::LowerHand);
    class.raise(&[EVE, DEE]);
    assert_eq!(next(&class, &[]), Some(CY), "who took the question");
    class.does(ADA, Deed::CallOnAbsent(CY));
    class.does(CY, Deed::Pass);
    assert_eq!(next(&class, &[]), Some(EVE));
    class.does(EVE, Deed::LowerHand);
    class.does(DEE, Deed::LowerHand);
    class.does(CY, Deed::LowerHand);
    assert_eq!(next(&class, &[]), None, "no hand is up");
}

#[test]
fn somebody_without_a_hand_up_can_be_picked_and_pass() {
    let mut class = class();
    assert_eq!(class.pick(How::Fair, Among::Everybody), (CY, Why::NoTurnYet));
    class.does(CY, Deed::Pass);
    assert_eq!(class.pick(How::Fair, Among::Everybody).0, DEE);
    class.has_a_turn(DEE);
    // A hand that is up goes before those who are alike and have none.
    class.asks();
    class.raise(&[EVE]);
    assert_eq!(class.pick(How::Fair, Among::Everybody).0, EVE);
    class.has_a_turn(EVE);
    // A new question asks everybody anew, also who passed.
    assert_eq!(class.pick(How::Fair, Among::Everybody).0, CY);
}

#[test]
fn by_lot_nobody_is_drawn_twice_until_all_were() {
    let mut class = class();
    for _ in 0..4 {
        let mut drawn = BTreeSet::new();
        for _ in 0..3 {
            let (student, why) = class.pick(How::Random, Among::Everybody);
            assert_eq!(why, Why::Random);
            drawn.insert(student);
            // Whoever is drawn and passes was drawn.
            class.does(student, Deed::Pass);
            class.asks();
        }
        assert_eq!(drawn, BTreeSet::from([CY, DEE, EVE]));
    }
}

#[test]
fn only_who_was_drawn_from_among_everybody_and_was_not_called_back_was_drawn() {
    type Calls = fn(&mut Class);
    let calls: [(&str, Calls, bool); 8] = [
        ("called", |class| drop(class.does(ADA, Deed::CallOn(CY))), false),
        (
            "picked by fairness",
            |class| {
                class.pick(How::Fair, Among::Everybody);
            },
            false,
        ),
        (
            "drawn of hands",
            |class| {
                class.pick(How::Random, Among::Hands);
            },
            false,
        ),
        (
            "drawn",
            |class| {
                class.pick(How::Random, Among::Everybody);
            },
            true,
        ),
        (
            "drawn, who declines",
            |class| {
                class.pick(How::Random, Among::Everybody);
                class.does(CY, Deed::Pass);
            },
            true,
        ),
        (
            "drawn, and passed over",
            |class| {
                class.pick(How::Random, Among::Everybody);
                class.does(ADA, Deed::Move(Move::Skip { student: CY }));
            },
            true,
        ),
        (
            "drawn, and called back",
            |class| {
                class.pick(How::Random, Among::Everybody);
                class.does(ADA, Deed::CancelCall(CY));
            },
            false,
        ),
        (
            "drawn, and undone",
            |class| {
                class.pick(How::Random, Among::Everybody);
                class.does(CY, Deed::Speak);
                let undo = class.lesson().undo.expect("it can be undone").seq;
                class.does(ADA, Deed::Undo(undo));
            },
            false,
        ),
    ];
    for (how, calls, is_drawn) in calls {
        let mut class = Class::taught_by(ADA, BEN, &[CY]);
        class.asks();
        class.raise(&[CY]);
        calls(&mut class);
        let share = *Tally::of(&class.group).share(CY).expect("a student");
        assert_eq!(share.drawn, u32::from(is_drawn), "{how}");
    }
}

#[test]
fn of_hands_every_one_is_drawn_alike() {
    let mut drawn: BTreeMap<UserId, u32> = BTreeMap::new();
    for round in 0..240 {
        let mut class = class();
        class.asks();
        class.raise(&[CY, DEE, EVE]);
        for _ in 0..round % 120 {
            class.fresh();
        }
        *drawn.entry(class.pick(How::Random, Among::Hands).0).or_default() += 1;
    }
    assert!(drawn.values().all(|count| (75..=85).contains(count)), "{drawn:?}");
}

#[test]
fn two_picks_at_once_pick_one() {
    let mut class = class();
    class.asks();
    class.raise(&[CY, DEE, EVE]);
    let pick = class.picks(How::Fair, Among::Hands);
    class.does(ADA, pick.clone());
    assert_eq!(class.does(BEN, pick), []);
    assert_eq!(class.called().0, CY);
    class.does(CY, Deed::Speak);
    // One of a page that has not seen that a turn began.
    let stale = Deed::Move(Move::Pick { how: How::Fair, among: Among::Hands, ends: None });
    assert_eq!(class.does(BEN, stale), []);
    assert_eq!(class.lesson().speaking.len(), 1);
}

#[test]
fn a_pick_ends_the_one_turn_and_is_undone_with_it() {
    let mut class = class();
    class.asks();
    class.raise(&[CY, DEE]);
    class.has_a_turn(CY);
    class.does(ADA, Deed::CallOnAbsent(CY));
    class.does(CY, Deed::Speak);
    assert_eq!(class.turns(), [2, 0, 0]);
    let before = class.lesson();
    assert_eq!(class.pick(How::Fair, Among::Hands), (DEE, Why::NoTurnYet));
    assert!(class.lesson().speaking.is_empty());
    let undo = Deed::Undo(class.lesson().undo.expect("it can be undone").seq);
    class.does(BEN, undo);
    let after = class.lesson();
    assert_eq!(after.invited, []);
    assert_eq!(after.speaking[0].since, before.speaking[0].since);
    assert_eq!(class.turns(), [2, 0, 0], "the turn that came back is the same one");
}

#[test]
fn what_is_picked_again_goes_through_all_others_before_anybody_comes_back() {
    let mut class = class();
    class.asks();
    class.raise(&[CY, DEE, EVE]);
    let mut called = vec![class.pick(How::Random, Among::Hands).0];
    for _ in 0..2 {
        let student = called[called.len() - 1];
        let log = class.log.len();
        class.does(ADA, Deed::Move(Move::PickAgain { student }));
        let reason = class.log[log..].iter().find_map(|event| match &event.kind {
            EventKind::InvitationCancelled(cancelled) => cancelled.reason.as_deref(),
            _ => None,
        });
        assert_eq!(reason, Some("picked_again"));
        called.push(class.called().0);
    }
    let all: BTreeSet<UserId> = called.iter().copied().collect();
    assert_eq!(all, BTreeSet::from([CY, DEE, EVE]));
    let student = called[2];
    class.does(ADA, Deed::Move(Move::PickAgain { student }));
    assert_ne!(class.called().0, student);
    // Again all others come before anybody does twice.
    let mut again = vec![class.called().0];
    for _ in 0..2 {
        let student = again[again.len() - 1];
        class.does(ADA, Deed::Move(Move::PickAgain { student }));
        again.push(class.called().0);
    }
    assert_eq!(again.iter().copied().collect::<BTreeSet<_>>(), BTreeSet::from([CY, DEE, EVE]));
    let student = again[1];
    // A second tap, of a page that shows who was passed over.
    assert_eq!(class.does(BEN, Deed::Move(Move::PickAgain { student })), []);
    // Whoever was passed over keeps their hand, and has not been drawn.
    assert_eq!(class.lesson().hands.len(), 3);
    assert!(class.lesson().hands.iter().all(|hand| !hand.passed));
}

#[test]
fn what_is_picked_again_by_fairness_goes_through_all_in_their_order() {
    let mut class = class();
    class.asks();
    class.raise(&[EVE, CY, DEE]);
    let mut called = vec![class.pick(How::Fair, Among::Hands).0];
    for _ in 0..5 {
        let student = called[called.len() - 1];
        class.does(ADA, Deed::Move(Move::PickAgain { student }));
        called.push(class.called().0);
    }
    assert_eq!(called, [EVE, CY, DEE, EVE, CY, DEE]);
}

#[test]
fn only_what_was_picked_is_picked_again_and_only_by_a_teacher() {
    let mut class = class();
    class.asks();
    class.raise(&[CY]);
    class.does(ADA, Deed::CallOn(CY));
    assert_eq!(class.does(ADA, Deed::Move(Move::PickAgain { student: CY })), []);
    for it in [
        Move::PickAgain { student: CY },
        Move::Pick { how: How::Fair, among: Among::Hands, ends: None },
    ] {
        let refused = class.tries(DEE, &Deed::Move(it));
        assert_eq!(refused, Err(Rejected(Rejection::TeachersOnly)));
    }
}

#[test]
fn where_turns_start_at_once_nobody_starts_who_has_not_raised_a_hand() {
    let mut class = class();
    class.does(ADA, Deed::Change(SettingsChange::set(TURN_STARTS_AT_ONCE, true)));
    let (student, _) = class.pick(How::Random, Among::Everybody);
    class.does(student, Deed::Pass);
    class.asks();
    class.raise(&[DEE]);
    let pick = class.picks(How::Fair, Among::Hands);
    class.does(ADA, pick);
    let lesson = class.lesson();
    assert_eq!((lesson.speaking[0].user, lesson.speaking[0].why), (DEE, Some(Why::NoTurnYet)));
    assert_eq!(lesson.hands, []);
}

#[test]
fn where_turns_start_at_once_whoever_is_picked_waits_while_somebody_goes_on_speaking() {
    let mut class = class();
    class.act(join(FAY)).expect("the class is open");
    class.does(ADA, Deed::Change(SettingsChange::set(TURN_STARTS_AT_ONCE, true)));
    class.raise(&[CY, DEE, EVE, FAY]);
    let seen = |class: &Class| {
        let lesson = class.lesson();
        let speaking: Vec<UserId> = lesson.speaking.iter().map(|turn| turn.user).collect();
        (speaking, lesson.invited.first().map(|invited| invited.user))
    };
    let pick = |class: &Class| class.picks(How::Fair, Among::Hands);
    let first = pick(&class);
    class.does(ADA, first);
    assert_eq!(seen(&class), (vec![CY], None));
    let second = pick(&class);
    class.does(ADA, second);
    assert_eq!(seen(&class), (vec![DEE], None), "the one turn ends, and the next begins");
    class.does(ADA, Deed::CallOn(EVE));
    let third = pick(&class);
    class.does(ADA, third);
    assert_eq!(seen(&class), (vec![DEE, EVE], Some(FAY)), "of several none ends");
}

#[test]
fn whoever_joins_late_begins_where_everybody_is() {
    let mut class = class();
    for _ in 0..2 {
        for student in [CY, DEE, EVE] {
            class.has_a_turn(student);
        }
    }
    class.act(join(FAY)).expect("the class is open");
    let share = *Tally::of(&class.group).share(FAY).expect("a student");
    assert_eq!((share.turns, share.level), (0, 2));
    // Fay does not go before those who have waited for longer, and need not wait for long.
    let mut order = Vec::new();
    class.asks();
    for _ in 0..8 {
        class.raise(&[CY, DEE, EVE, FAY]);
        let (student, _) = class.pick(How::Fair, Among::Hands);
        order.push(student);
        class.has_a_turn(student);
    }
    assert_eq!(order, [CY, DEE, EVE, FAY, CY, DEE, EVE, FAY]);
}

#[test]
fn whoever_joins_before_anybody_had_a_turn_waits_for_no_longer_than_the_others() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    class.wait(60_000);
    class.act(join(DEE)).expect("the class is open");
    let tally = Tally::of(&class.group);
    assert!(!tally.has_turns());
    assert!(tally.members.iter().all(|share| (share.level, share.since) == (0, None)));
    class.asks();
    class.raise(&[DEE, CY]);
    assert_eq!(class.pick(How::Fair, Among::Hands), (DEE, Why::NoTurnYet));
    class.does(DEE, Deed::Speak);
    let tally = Tally::of(&class.group);
    assert!(tally.has_turns());
    assert_eq!(tally.share(DEE).and_then(|share| share.since), Some(class.now));
}

#[test]
fn whoever_joins_begins_at_the_lowest_level_that_somebody_is_on() {
    for (turns, level) in
        [(vec![], 0), (vec![CY], 1), (vec![CY, CY], 2), (vec![CY, DEE], 1), (vec![CY, DEE, CY], 1)]
    {
        let mut students = turns.clone();
        students.sort_unstable();
        students.dedup();
        for (others, expected) in [(vec![], level), (vec![EVE], 0)] {
            let mut class = Class::taught_by(ADA, BEN, &[students.as_slice(), &others].concat());
            for student in &turns {
                class.has_a_turn(*student);
            }
            class.act(join(FAY)).expect("the class is open");
            let share = *Tally::of(&class.group).share(FAY).expect("a student");
            assert_eq!(share.level, expected, "{turns:?} {others:?}");
        }
    }
}

#[test]
fn what_a_teacher_who_has_left_gave_counts_and_what_a_student_sent_does_not() {
    let counted = |class: &Class, user| {
        Tally::of(&class.group).share(user).map(|share| (share.hands, share.turns))
    };
    let mut class = class();
    class.does(BEN, asks_for_hands(None, 0, false));
    class.raise(&[CY]);
    class.does(BEN, Deed::CallOn(CY));
    class.does(CY, Deed::Speak);
    class.raise(&[DEE]);
    assert_eq!((counted(&class, CY), counted(&class, DEE)), (Some((1, 1)), Some((1, 0))));
    class.does(BEN, Deed::Remove(BEN));
    assert_eq!((counted(&class, CY), counted(&class, DEE)), (Some((1, 1)), Some((1, 0))));

    let mut class = self::class();
    for data in [r#"{"operation":"hand_raising"}"#, r#"{"operation":"speaking"}"#] {
        let invite_id = class.fresh();
        let invitee_list = InviteeList::Everyone;
        let (data, timeout, answers) = (data.to_owned(), Timeout::NEVER, Answers::Each);
        let invite =
            Command::InviteInGroup { actor: CY, invite_id, invitee_list, data, timeout, answers };
        class.act(invite).expect("a student may invite the teachers");
        class.act(accept(BEN, invite_id)).expect("an answer");
        class.act(cancel(CY, invite_id)).expect("the next one may be sent");
    }
    class.does(ADA, Deed::MakeRole(BEN, Role::Student));
    assert_eq!((counted(&class, BEN), counted(&class, CY)), (Some((0, 0)), Some((0, 0))));
}

#[test]
fn what_was_taken_back_counts_nowhere() {
    let mut class = class();
    class.does(ADA, Deed::Change(SettingsChange::set(TURN_STARTS_AT_ONCE, true)));
    class.asks();
    class.raise(&[CY, DEE]);
    let pick = class.picks(How::Fair, Among::Hands);
    class.does(ADA, pick);
    assert_eq!(class.turns(), [1, 0, 0]);
    let undo = Deed::Undo(class.lesson().undo.expect("it can be undone").seq);
    class.does(ADA, undo);
    assert_eq!(class.turns(), [0, 0, 0]);
    let hands: Vec<usize> = Tally::of(&class.group).members.iter().map(|it| it.hands).collect();
    assert_eq!(hands, [1, 1, 0], "a hand that comes back is the same one");
}

#[test]
fn a_turn_that_an_undo_had_go_on_and_a_program_ends_as_undone_counts_nowhere() {
    let mut class = class();
    class.does(ADA, Deed::CallOnAbsent(CY));
    class.does(CY, Deed::Speak);
    class.does(ADA, end_turn(CY));
    let undo = Deed::Undo(class.lesson().undo.expect("it can be undone").seq);
    class.does(ADA, undo);
    assert_eq!(class.turns(), [1, 0, 0]);
    let invite_id = class.lesson().turn(CY).expect("Cy speaks").invite_id;
    let ends = Command::Finish {
        actor: ADA,
        invite_id,
        whom: FinishWhom::Member(CY),
        reason: Some("undone".to_owned()),
        data: String::new(),
    };
    class.act(ends).expect("a teacher ends it");
    let mut chronicle = Chronicle::new(GROUP);
    class.log.iter().for_each(|event| drop(chronicle.tell(event)));
    assert_eq!((class.turns(), chronicle.summary().turns), (vec![0, 0, 0], 0));
}

#[test]
fn data_of_another_program_calls_all_the_same() {
    let mut class = class();
    let invite_id = class.fresh();
    let invite = Command::InviteInGroup {
        actor: ADA,
        invite_id,
        invitee_list: InviteeList::Members(vec![CY]),
        data: r#"{"operation":"speaking","why":"their birthday","instead":"a coin"}"#.to_owned(),
        timeout: Timeout::NEVER,
        answers: Answers::Each,
    };
    class.act(invite).expect("a teacher invites");
    let lesson = class.lesson();
    assert_eq!((lesson.invited[0].user, lesson.invited[0].why), (CY, None));
}
