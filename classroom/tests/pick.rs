//! Picks: who is called when it is by fairness or by lot, and what the tally says of everybody.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use classroom::{Among, Deed, How, Move, NOBODY, TURN_STARTS_AT_ONCE, Tally, Why};
use signaling::{Command, EventKind, Rejection, SettingsChange, Timeout, UserId};
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
fn data_of_another_program_calls_all_the_same() {
    let mut class = class();
    let invite_id = class.fresh();
    let invite = Command::InviteInGroup {
        actor: ADA,
        invite_id,
        invitee_list: signaling::InviteeList::Members(vec![CY]),
        data: r#"{"operation":"speaking","why":"their birthday","instead":"a coin"}"#.to_owned(),
        timeout: Timeout::NEVER,
        answers: signaling::Answers::Each,
    };
    class.act(invite).expect("a teacher invites");
    let lesson = class.lesson();
    assert_eq!((lesson.invited[0].user, lesson.invited[0].why), (CY, None));
}
