//! What a teacher does as one, and its undo: a table of moves, what each leaves and what its undo
//! brings back, on the server, in a browser that came late, in history, and to a client that knows
//! nothing of it.

mod support;

use std::collections::BTreeSet;

use classroom::history::{Chronicle, Kind};
use classroom::{
    Among, Deed, How, Lesson, Move, Operation, Phase, Reason, Standing, TURN_STARTS_AT_ONCE,
    UndoneDeed,
};
use serde_json::Value;
use signaling::test_support::cancel;
use signaling::{
    Answers, Command, Event, EventKind, Group, InviteId, InviteeList, MAX_DATA_BYTES, Rejection,
    Role, SettingsChange, Snapshot, Timeout, Timestamp, UserId,
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

fn asks(question: &str, seconds: u32, first: bool) -> Deed {
    asks_for_hands(Some(question), seconds, first)
}

const fn clear() -> Deed {
    Deed::Move(Move::Clear {})
}

impl Class {
    fn does(&mut self, actor: UserId, deed: Deed) -> Vec<EventKind> {
        self.wait(1_000);
        let done = self.tries(actor, &deed);
        done.unwrap_or_else(|refused| panic!("{actor:?} {deed:?}: {refused:?}"))
    }

    /// *Next*, as a page asks for it that shows the class as it is.
    fn next(&self) -> Deed {
        let lesson = self.lesson();
        let student = lesson.hero(|_| true).expect("a hand is up").user;
        let ends = lesson.one_turn().map(|turn| turn.invite_id);
        Deed::Move(Move::Next { student, ends, waits: false })
    }

    fn hands(&self) -> Vec<UserId> {
        self.lesson().hands.iter().map(|hand| hand.user).collect()
    }

    fn undo(&self) -> Deed {
        Deed::Undo(self.lesson().undo.expect("something can be undone").seq)
    }

    /// What a page that came just now shows.
    fn shown_to(&self, user: UserId) -> Lesson {
        let snapshot = Snapshot::of(&self.group, user, self.now, |_| true);
        let wire = serde_json::to_string(&snapshot).expect("a snapshot is JSON");
        Lesson::of(&Group::from(serde_json::from_str::<Snapshot>(&wire).expect("and back")))
    }
}

type Places = Vec<(UserId, Timestamp, u64)>;
type Question = Option<(Option<String>, Timestamp, Option<Timestamp>, Phase, Option<UserId>)>;

/// All that a person sees of a lesson, without the ids of what it is made of.
fn seen(lesson: &Lesson) -> (Question, Places, Vec<UserId>, Vec<(UserId, Timestamp)>) {
    let question = lesson
        .question
        .clone()
        .map(|round| (round.question, round.since, round.expires_at, round.phase, round.winner));
    let hands = lesson.hands.iter().map(|hand| (hand.user, hand.since, hand.seq)).collect();
    let invited = lesson.invited.iter().map(|invited| invited.user).collect();
    let speaking = lesson.speaking.iter().map(|turn| (turn.user, turn.since)).collect();
    (question, hands, invited, speaking)
}

/// The hands that are up and who speaks, to a client that knows the events of the contract's first
/// version alone.
fn seen_by_old_client(log: &[Event]) -> (BTreeSet<UserId>, BTreeSet<UserId>) {
    let mut made: Vec<(InviteId, Operation, UserId)> = Vec::new();
    let (mut hands, mut turns) = (BTreeSet::new(), BTreeSet::new());
    let mut asking = BTreeSet::new();
    for event in log {
        let Some(id) = event.invite_id() else { continue };
        if let EventKind::ReceiveNewInvitation(new) = &event.kind {
            let operation = Operation::read(&new.data).expect("the classroom's");
            if operation == Operation::SpeechApplication {
                asking.insert((new.inviter, id));
            }
            made.push((id, operation, new.inviter));
        }
        let (_, operation, inviter) =
            made.iter().find(|(made, ..)| *made == id).expect("it was made");
        match (&event.kind, operation) {
            (EventKind::InviteeAccepted(it), Operation::HandRaising { .. }) => {
                hands.insert((it.invitee, id));
            }
            (EventKind::InviteeAccepted(it), Operation::Speaking { .. }) => {
                turns.insert((it.invitee, id));
            }
            (EventKind::InviteeAccepted(_), Operation::SpeechApplication) => {
                asking.remove(&(*inviter, id));
                turns.insert((*inviter, id));
            }
            (EventKind::InviteeFinished(it), operation) => {
                let whose = match operation {
                    Operation::SpeechApplication => *inviter,
                    Operation::HandRaising { .. } | Operation::Speaking { .. } => it.invitee,
                };
                hands.remove(&(whose, id));
                turns.remove(&(whose, id));
            }
            (EventKind::InvitationCancelled(it), Operation::SpeechApplication)
                if it.reason.as_deref() != Some("answeredElsewhere") =>
            {
                asking.remove(&(*inviter, id));
            }
            _ => {}
        }
    }
    let users = |set: BTreeSet<(UserId, InviteId)>| set.into_iter().map(|(user, _)| user).collect();
    hands.extend(asking);
    (users(hands), users(turns))
}

/// A class with an unprompted hand, two that answer a question, and one that was called.
fn lesson() -> Class {
    let mut class = class();
    class.act(join(FAY)).expect("the class is open");
    class.does(DEE, Deed::RaiseHand);
    class.does(ADA, asks("Why?", 60, false));
    class.does(FAY, Deed::RaiseHand);
    class.does(CY, Deed::RaiseHand);
    class.does(ADA, Deed::CallOn(CY));
    class.does(CY, Deed::Speak);
    class.does(EVE, Deed::RaiseHand);
    class
}

#[test]
fn an_undo_brings_everything_back_to_its_place_for_everybody() {
    type Play = (&'static str, fn(&mut Class), fn(&Class) -> Deed, UndoneDeed);
    let plays: [Play; 10] = [
        ("an answer is lowered", |_| {}, |_| lower(EVE), UndoneDeed::Lower),
        ("an unprompted hand is lowered", |_| {}, |_| lower(DEE), UndoneDeed::Lower),
        ("all are lowered", |_| {}, |_| lower_all(), UndoneDeed::LowerAll),
        ("a turn is ended", |_| {}, |_| end_turn(CY), UndoneDeed::EndTurn),
        ("the next is called, who asked unprompted", |_| {}, Class::next, UndoneDeed::Next),
        (
            "the next is called, who answers",
            |class| drop(class.does(BEN, lower(DEE))),
            Class::next,
            UndoneDeed::Next,
        ),
        (
            "the next begins at once",
            |class| {
                class.does(BEN, lower(DEE));
                let on = SettingsChange::set(TURN_STARTS_AT_ONCE, true);
                class.does(ADA, Deed::Change(on));
            },
            Class::next,
            UndoneDeed::Next,
        ),
        ("the question is closed", |_| {}, |_| stop_asking(), UndoneDeed::StopAsking),
        ("an open question is cleared", |_| {}, |_| clear(), UndoneDeed::Clear),
        (
            "a closed one is cleared",
            |class| drop(class.does(ADA, stop_asking())),
            |_| clear(),
            UndoneDeed::Clear,
        ),
    ];
    for (what, before, deed, undone) in plays {
        let mut class = lesson();
        before(&mut class);
        let was = class.lesson();
        let old_was = seen_by_old_client(&class.log);
        let (figures_were, _) = figures(&class);
        let done = deed(&class);
        class.does(BEN, done);
        assert_ne!(seen(&class.lesson()), seen(&was), "{what} does something");
        let undo = class.lesson().undo.expect("it can be undone");
        assert_eq!((undo.deed, undo.by), (undone, BEN), "{what}");
        assert_eq!(class.shown_to(EVE).undo, Some(undo), "{what}: on a page that comes now");
        let undo = class.undo();
        class.does(ADA, undo.clone());
        assert_eq!(seen(&class.lesson()), seen(&was), "{what}");
        assert_eq!(seen(&class.shown_to(EVE)), seen(&was), "{what}: on a page that comes now");
        assert_eq!(class.lesson().undo, None, "{what}: an undo is not undone");
        assert_eq!(seen_by_old_client(&class.log), old_was, "{what}: to a client that is older");
        assert_eq!(figures(&class).0, figures_were, "{what}: in figures");
        assert_eq!(class.does(BEN, undo), [], "{what}: twice is once");
        let told = class.log.iter().filter(|it| matches!(it.kind, EventKind::Undone(_))).count();
        assert_eq!(told, 1, "{what}: the log tells both");
    }
}

/// What history counts of each student, and how long somebody has spoken.
fn figures(class: &Class) -> (Vec<(UserId, u32, u32, u32)>, i64) {
    let mut chronicle = Chronicle::new(GROUP);
    class.log.iter().for_each(|event| drop(chronicle.tell(event)));
    let people = chronicle.people().iter();
    let counts = people.map(|it| (it.user, it.hands, it.called, it.turns)).collect();
    (counts, chronicle.spoken_millis(class.now))
}

#[test]
fn a_turn_that_goes_on_again_has_lasted_all_the_time() {
    let mut class = lesson();
    let began = class.lesson().speaking[0].since;
    class.wait(4_000);
    class.does(ADA, end_turn(CY));
    let undo = class.undo();
    class.does(ADA, undo);
    assert_eq!(figures(&class).1, class.now.millis_since(began));
    class.wait(3_000);
    class.does(ADA, end_turn(CY));
    assert_eq!(figures(&class).1, class.now.millis_since(began), "and when it is over at last");
    let mut chronicle = Chronicle::new(GROUP);
    class.log.iter().for_each(|event| drop(chronicle.tell(event)));
    let turns = chronicle.live().iter().filter(|it| it.kind == Kind::Floor);
    assert_eq!(turns.count(), 1, "one turn in history");
}

#[test]
fn hands_that_a_question_lowered_come_back_and_the_question_stays() {
    let mut class = lesson();
    let was = class.lesson();
    class.does(BEN, asks("And now?", 0, false));
    assert_eq!(class.hands(), [DEE], "who answered nothing");
    assert!(class.lesson().hands[0].own_question);
    let undo = class.lesson().undo.expect("it can be undone");
    assert_eq!((undo.deed, undo.count), (UndoneDeed::EarlierHands, 2));
    let undo = class.undo();
    class.does(ADA, undo);
    let now = class.lesson();
    assert_eq!(seen(&now).1, seen(&was).1, "the hands, in their places");
    let question = now.question.expect("it stands");
    assert_eq!((question.question.as_deref(), question.phase), (Some("And now?"), Phase::Open));
}

#[test]
fn only_the_last_is_undone_by_a_teacher_within_thirty_seconds() {
    let mut class = lesson();
    class.does(ADA, lower(EVE));
    let earlier = class.undo();
    class.does(ADA, lower(FAY));
    let last = class.undo();
    assert_eq!(class.tries(CY, &last), Err(Rejected(Rejection::TeachersOnly)));
    assert_eq!(class.tries(ADA, &earlier), Err(Rejected(Rejection::NothingToUndo)));
    assert_eq!(class.tries(ADA, &Deed::Undo(7)), Err(Rejected(Rejection::NothingToUndo)));
    let mut late = class.clone();
    late.wait(30_000);
    assert_eq!(late.tries(ADA, &last), Err(Rejected(Rejection::NothingToUndo)));
    assert_eq!(late.shown_to(ADA).undo, None, "and no page offers it");
    class.wait(29_999);
    class.tries(BEN, &last).expect("in time");
    assert_eq!(class.hands(), [DEE, FAY]);
}

#[test]
fn what_came_between_is_not_undone() {
    let mut class = lesson();
    class.does(ADA, lower_all());
    class.does(EVE, Deed::RaiseHand);
    class.does(DEE, Deed::RaiseHand);
    class.does(FAY, Deed::Remove(FAY));
    assert_eq!(class.hands(), [EVE, DEE]);
    let undo = class.undo();
    class.does(ADA, undo);
    assert_eq!(class.hands(), [DEE, EVE], "each at the place that it had, and once");
    let lesson = class.lesson();
    assert_eq!(
        lesson.hands.len(),
        lesson.hands.iter().map(|it| it.seq).collect::<BTreeSet<_>>().len()
    );
    class.does(DEE, Deed::LowerHand);
    assert_eq!(class.hands(), [EVE], "nothing else holds it up");
}

#[test]
fn a_call_that_was_answered_is_undone_with_what_followed() {
    let mut class = lesson();
    class.does(BEN, lower(DEE));
    let was = class.lesson();
    let next = class.next();
    class.does(ADA, next);
    class.does(FAY, Deed::Speak);
    assert_eq!(class.lesson().hand(FAY), None);
    let undo = class.undo();
    class.does(ADA, undo);
    assert_eq!(seen(&class.lesson()), seen(&was), "the hand too, which speaking had lowered");
}

#[test]
fn what_a_student_did_after_the_answer_stays_when_the_call_is_undone() {
    // All within one millisecond, so that the times do not tell it apart from what followed.
    let at_once = |class: &mut Class, deeds: &[(UserId, Deed)]| {
        for (actor, deed) in deeds {
            class.tries(*actor, deed).unwrap_or_else(|refused| panic!("{deed:?}: {refused:?}"));
        }
    };
    let mut class = lesson();
    class.does(BEN, lower(DEE));
    let next = class.next();
    class.does(ADA, next);
    let student = class.lesson().invited[0].user;
    at_once(&mut class, &[(student, Deed::Speak), (student, Deed::RaiseHand)]);
    let ask = class.group.live().find(|it| it.inviter == student).expect("it is open").invite_id;
    let takes = Command::Accept { actor: BEN, invite_id: ask, data: String::new() };
    class.act(takes).expect("a teacher may");
    let undo = class.undo();
    let undone = class.does(ADA, undo);
    let restored = undone.iter().filter_map(|kind| match kind {
        EventKind::ReceiveNewInvitation(new) => new.restores,
        _ => None,
    });
    assert!(!restored.collect::<Vec<_>>().contains(&ask), "what a teacher took is not asked again");

    let mut class = self::class();
    class.does(ADA, asks("Why?", 0, false));
    let was = class.lesson();
    class.does(
        ADA,
        Deed::Move(Move::Pick { how: How::Random, among: Among::Everybody, ends: None }),
    );
    let student = class.lesson().invited[0].user;
    let deeds = [Deed::Speak, Deed::RaiseHand, Deed::LowerHand].map(|deed| (student, deed));
    at_once(&mut class, &deeds);
    let undo = class.undo();
    class.does(ADA, undo);
    assert_eq!(seen(&class.lesson()), seen(&was), "an answer that was taken back stays so");
}

#[test]
fn an_ask_that_every_teacher_may_answer_is_over_once_one_has_taken_it() {
    for whom in [InviteeList::Everyone, InviteeList::Members(vec![ADA, BEN])] {
        let mut class = class();
        let invite_id = class.fresh();
        // A page asks so that the first answer takes it; a program may have forgotten to.
        let asks = Command::InviteInGroup {
            actor: CY,
            invite_id,
            invitee_list: whom,
            data: Operation::SpeechApplication.to_data(),
            timeout: Timeout::NEVER,
            answers: Answers::Each,
        };
        class.act(asks).expect("hands may go up at any time");
        let next = class.next();
        class.does(ADA, next);
        assert_eq!(class.standing(CY), class.shown_to(CY).standing(&class.group, CY));
        assert!(class.lesson().turn(CY).is_some());
        class.does(ADA, end_turn(CY));
        assert_eq!(class.hands(), [], "who has spoken has no hand up");
        class.does(CY, Deed::RaiseHand);
        assert_eq!(class.hands(), [CY], "and may raise it again");
        class.does(BEN, lower(CY));
        assert_eq!(class.hands(), []);
    }
}

/// How many turns the records of history tell of.
fn turns_told(class: &Class) -> usize {
    let mut chronicle = Chronicle::new(GROUP);
    class.log.iter().for_each(|event| drop(chronicle.tell(event)));
    let giving = chronicle.live().iter().filter(|it| matches!(it.kind, Kind::Floor | Kind::Ask));
    giving.flat_map(|record| &record.parts).filter(|part| part.was_accepted()).count()
}

#[test]
fn a_turn_that_was_taken_back_is_none_in_the_records_either() {
    let mut class = lesson();
    class.does(BEN, lower(DEE));
    let (figures_were, told) = (figures(&class).0, turns_told(&class));
    let next = class.next();
    class.does(ADA, next);
    class.does(FAY, Deed::Speak);
    let undo = class.undo();
    class.does(ADA, undo);
    assert_eq!((figures(&class).0, turns_told(&class)), (figures_were, told), "who was called");

    // An unprompted hand, which is accepted by a teacher who is one no longer.
    let mut class = Class::taught_by(ADA, BEN, &[CY, DEE]);
    class.does(CY, Deed::RaiseHand);
    let figures_were = figures(&class).0;
    let next = class.next();
    class.does(ADA, next);
    class.does(BEN, Deed::MakeRole(ADA, Role::Student));
    let undo = class.undo();
    class.does(BEN, undo);
    assert_eq!((figures(&class).0, turns_told(&class)), (figures_were, 0), "who had asked");
}

#[test]
fn clear_takes_every_question_off_the_screens() {
    let mut class = class();
    let asks_by_api = |class: &mut Class, invitee_list| {
        let invite_id = class.fresh();
        let data = Operation::asks(None).to_data();
        let (timeout, answers) = (Timeout::NEVER, Answers::Each);
        let asks =
            Command::InviteInGroup { actor: ADA, invite_id, invitee_list, data, timeout, answers };
        class.act(asks).expect("a teacher may ask");
    };
    asks_by_api(&mut class, InviteeList::Everyone);
    asks_by_api(&mut class, InviteeList::Members(vec![CY]));
    class.does(ADA, clear());
    assert_eq!(class.lesson().question, None);
    let undo = class.undo();
    class.does(ADA, undo);
    assert!(class.lesson().question.is_some(), "and the undo brings the class's back");
}

#[test]
fn a_question_that_was_taken_comes_back_with_who_took_it() {
    let mut class = class();
    class.does(ADA, asks("Quick!", 0, true));
    class.does(CY, Deed::RaiseHand);
    let was = seen(&class.lesson());
    for _ in 0..2 {
        class.does(ADA, clear());
        let undo = class.undo();
        class.does(BEN, undo);
        assert_eq!(seen(&class.lesson()), was);
        assert_eq!(seen(&class.shown_to(DEE)), was);
    }
    class.does(ADA, lower(CY));
    let late = class.shown_to(DEE).question.expect("it stands");
    assert_eq!((late.phase, late.winner), (Phase::Taken, Some(CY)), "also when the hand is down");
}

#[test]
fn next_calls_one_however_often_and_by_whomever_it_is_pressed() {
    let mut class = lesson();
    class.does(BEN, lower(DEE));
    let next = class.next();
    class.does(ADA, next.clone());
    let calls = |class: &Class| {
        let lesson = class.lesson();
        (lesson.invited.iter().map(|it| it.user).collect::<Vec<_>>(), lesson.speaking.len())
    };
    assert_eq!(calls(&class), (vec![FAY], 0), "one request ends the turn and calls");
    assert_eq!(class.does(ADA, next.clone()), [], "pressed twice");
    assert_eq!(class.does(BEN, next), [], "by another teacher at once");
    let other = Deed::Move(Move::Next { student: EVE, ends: None, waits: false });
    assert_eq!(class.does(BEN, other), [], "while somebody is called, nobody else is");
    assert_eq!(calls(&class), (vec![FAY], 0));

    class.does(BEN, Deed::Move(Move::StartTurn { student: FAY }));
    assert_eq!(calls(&class), (vec![], 1), "a teacher accepts for a silent student");
    let before_turn = Deed::Move(Move::Next { student: EVE, ends: None, waits: false });
    assert_eq!(class.does(ADA, before_turn), [], "a page that has not seen the turn ends nothing");
    let student = Deed::Move(Move::Next { student: EVE, ends: None, waits: false });
    assert_eq!(class.tries(CY, &student), Err(Rejected(Rejection::TeachersOnly)));
}

#[test]
fn of_two_teachers_who_answer_for_a_silent_student_the_second_changes_nothing() {
    let start = Deed::Move(Move::StartTurn { student: CY });
    let skip = Deed::Move(Move::Skip { student: CY });
    let settled = Err(Rejected(classroom::SETTLED));
    let mut class = class();
    assert_eq!(class.tries(ADA, &start), settled, "nobody is called");
    class.does(ADA, Deed::CallOn(CY));
    let mut skipped = class.clone();
    class.does(ADA, start.clone());
    assert_eq!(class.tries(BEN, &start), Ok(Vec::new()), "the turn has begun");
    assert_eq!(class.tries(BEN, &skip), settled.clone(), "who speaks is not passed over");
    assert_eq!(class.lesson().speaking.len(), 1);
    skipped.does(ADA, skip.clone());
    for late in [start, skip] {
        assert_eq!(skipped.tries(BEN, &late), settled.clone());
    }
    assert_eq!(skipped.lesson().speaking, []);
}

#[test]
fn next_ends_nobody_while_several_speak() {
    let mut class = lesson();
    class.does(ADA, Deed::CallOn(FAY));
    class.does(FAY, Deed::Speak);
    let next = Deed::Move(Move::Next { student: EVE, ends: None, waits: false });
    class.does(ADA, next);
    assert_eq!(class.lesson().speaking.len(), 2);
    assert!(class.lesson().invited(EVE).is_some());
}

#[test]
fn who_is_passed_over_or_passes_keeps_the_place_and_is_not_called_next() {
    let mut class = lesson();
    class.does(BEN, lower(DEE));
    let next = class.next();
    class.does(ADA, next);
    class.does(ADA, Deed::Move(Move::Skip { student: FAY }));
    let passed = |class: &Class| {
        let hands = class.lesson().hands;
        hands.iter().filter(|hand| hand.passed).map(|hand| hand.user).collect::<Vec<_>>()
    };
    assert_eq!((class.hands(), passed(&class)), (vec![FAY, EVE], vec![FAY]));
    assert_eq!(class.lesson().hero(|_| true).map(|hand| hand.user), Some(EVE));
    assert_eq!(seen(&class.shown_to(EVE)), seen(&class.lesson()));
    assert!(class.shown_to(EVE).hand(FAY).is_some_and(|hand| hand.passed), "a late page knows");
    class.does(ADA, Deed::CallOn(EVE));
    class.does(EVE, Deed::Pass);
    assert_eq!(passed(&class), [FAY, EVE]);
    assert_eq!(
        class.lesson().hero(|_| true).map(|hand| hand.user),
        Some(FAY),
        "all have: the first"
    );
    assert_eq!(class.lesson().hero(|user| user == EVE).map(|hand| hand.user), Some(FAY));
    class.does(ADA, Deed::CallOn(FAY));
    class.does(ADA, Deed::CancelCall(FAY));
    assert_eq!(passed(&class), [EVE], "who is called anew has not passed");
    class.does(EVE, Deed::LowerHand);
    class.does(EVE, Deed::RaiseHand);
    assert_eq!(passed(&class), [], "nor has a new hand");
    assert_eq!(class.standing(EVE), Standing::HandUp { place: 2, of: 2 });
}

#[test]
fn whoever_has_passed_with_a_hand_up_has_passed_whatever_happens_to_the_question() {
    let mut class = class();
    class.does(DEE, Deed::RaiseHand);
    class.does(ADA, asks("Why?", 0, false));
    class.does(EVE, Deed::NotNow);
    for student in [DEE, CY] {
        class.does(ADA, Deed::CallOnAbsent(student));
        class.does(student, Deed::Pass);
    }
    let passed = |class: &Class| {
        let hands = class.lesson().hands;
        hands.iter().map(|hand| (hand.user, hand.passed)).collect::<Vec<_>>()
    };
    let picks = |class: &Class| {
        let (how, among) = (How::Fair, Among::Everybody);
        let pick = Deed::Move(Move::Pick { how, among, ends: None });
        let mut class = class.clone();
        class.does(ADA, pick);
        class.lesson().invited[0].user
    };
    assert_eq!((passed(&class), picks(&class)), (vec![(DEE, true)], EVE));
    let private = class.fresh();
    let data = Operation::CALL.to_data();
    let (invite_id, timeout) = (private, Timeout::NEVER);
    let call = Command::Invite { actor: ADA, invite_id, invitee: DEE, data, timeout };
    class.act(call).expect("a teacher may");
    assert_eq!(passed(&class), [(DEE, true)], "an invitation between two is no call in class");
    class.does(ADA, stop_asking());
    assert_eq!(passed(&class), [(DEE, true)], "closed");
    class.does(ADA, clear());
    assert_eq!((passed(&class), picks(&class)), (vec![(DEE, true)], EVE), "cleared");
    // Whoever has no hand up is asked anew by a question.
    class.does(ADA, asks("How?", 0, false));
    assert_eq!((passed(&class), picks(&class)), (vec![(DEE, true)], CY), "followed");
    class.does(ADA, Deed::CallOnAbsent(DEE));
    assert_eq!(passed(&class), [(DEE, false)], "until they are called anew");
}

#[test]
fn the_hero_is_the_winner_then_the_first_who_is_there() {
    let mut class = class();
    class.does(DEE, Deed::RaiseHand);
    class.does(ADA, asks("Quick!", 0, true));
    class.does(CY, Deed::RaiseHand);
    let lesson = class.lesson();
    let round = lesson.question.clone().expect("it stands");
    assert_eq!((round.phase, round.winner), (Phase::Taken, Some(CY)));
    assert_eq!(lesson.hero(|_| true).map(|hand| hand.user), Some(CY), "not the older hand");
    assert_eq!(seen(&class.shown_to(DEE)), seen(&lesson));
    class.does(ADA, lower(CY));
    assert_eq!(class.lesson().hero(|_| true).map(|hand| hand.user), Some(DEE));
    class.does(EVE, Deed::RaiseHand);
    let hero = |is_online: fn(UserId) -> bool| class.lesson().hero(is_online).map(|it| it.user);
    assert_eq!(hero(|user| user != DEE), Some(EVE), "the first who is connected");
    assert_eq!(hero(|_| false), Some(DEE), "or the first of all");
}

#[test]
fn a_question_stands_until_it_is_cleared_or_followed() {
    let mut class = class();
    class.does(ADA, asks("Why?", 10, false));
    let phase = |class: &Class| class.lesson().question.map(|round| round.phase);
    assert_eq!(phase(&class), Some(Phase::Open));
    class.wait(10_000);
    class.act(Command::Expire).expect("the clock is not refused");
    assert_eq!(phase(&class), Some(Phase::TimeUp));
    class.act(join(FAY)).expect("the class is open");
    let late = class.shown_to(FAY).question.expect("who comes late reads it");
    assert_eq!((late.question.as_deref(), late.phase), (Some("Why?"), Phase::TimeUp));
    class.does(ADA, Deed::MakeRole(BEN, Role::Student));
    assert_eq!(phase(&class), Some(Phase::TimeUp));

    class.does(ADA, asks("How?", 0, false));
    class.does(ADA, stop_asking());
    assert_eq!(phase(&class), Some(Phase::Closed));
    let shown: Vec<_> = class.group.live().filter(|it| it.stays).collect();
    assert_eq!(shown.len(), 1, "the one before is cleared by the one that follows");
    class.does(ADA, clear());
    assert_eq!((phase(&class), class.shown_to(CY).question), (None, None));
    assert_eq!(class.group.count_live(), 0, "and no snapshot tells it any more");
    assert_eq!(class.does(ADA, clear()), [], "twice is once");
}

#[test]
fn a_question_stands_whoever_declines_it_asks_unprompted_or_asks_one_student() {
    let mut class = class();
    class.act(join(FAY)).expect("the class is open");
    class.does(ADA, asks("Why?", 0, false));
    for student in [CY, DEE] {
        class.does(student, Deed::NotNow);
    }
    class.does(ADA, stop_asking());
    let question = class.lesson().question.expect("it stands");
    class.does(DEE, Deed::Remove(DEE));
    class.does(ADA, Deed::CallOnAbsent(CY));
    class.does(EVE, Deed::RaiseHand);
    let by_api = |actor, invite_id, invitee_list| {
        let (data, timeout) = (Operation::asks(None).to_data(), Timeout::NEVER);
        let answers = Answers::Each;
        Command::InviteInGroup { actor, invite_id, invitee_list, data, timeout, answers }
    };
    let (to_all, to_one) = (class.fresh(), class.fresh());
    class.act(by_api(FAY, to_all, InviteeList::Everyone)).expect("it is no question of the class");
    class.act(by_api(ADA, to_one, InviteeList::Members(vec![FAY]))).expect("a teacher may");
    class.act(cancel(ADA, to_one)).expect("a teacher may");
    assert_eq!(class.lesson().question, Some(question.clone()));
    assert_eq!(class.shown_to(EVE).question, Some(question));
}

#[test]
fn a_question_that_a_program_asks_beside_an_open_one_takes_its_place() {
    let mut class = class();
    let rounds = [class.fresh(), class.fresh()];
    for invite_id in rounds {
        let asks = Command::InviteInGroup {
            actor: ADA,
            invite_id,
            invitee_list: InviteeList::Everyone,
            data: Operation::asks(None).to_data(),
            timeout: Timeout::NEVER,
            answers: Answers::Each,
        };
        class.act(asks).expect("a teacher may ask");
    }
    assert_eq!(class.lesson().rounds.len(), 2, "both can be answered");
    class.does(ADA, stop_asking());
    assert_eq!(class.lesson().question.map(|it| it.invite_id), Some(rounds[1]));
    class.act(Command::Clear { actor: ADA, invite_id: rounds[1] }).expect("a teacher clears it");
    assert_eq!(class.lesson().question, None, "the one before does not come up");
}

#[test]
fn a_turn_that_starts_at_once_starts_for_raised_hands_alone() {
    let mut class = class();
    class.does(ADA, Deed::Change(SettingsChange::set(TURN_STARTS_AT_ONCE, true)));
    class.does(ADA, asks("Why?", 0, false));
    class.does(CY, Deed::RaiseHand);
    class.does(DEE, Deed::RaiseHand);
    let next = class.next();
    class.does(ADA, next);
    assert_eq!(class.lesson().turn(CY).map(|turn| turn.user), Some(CY));
    assert_eq!(class.hands(), [DEE]);
    let turn = class.lesson().turn(CY).map(|turn| turn.invite_id);
    let absent = Deed::Move(Move::Next { student: DEE, ends: turn, waits: true });
    class.does(ADA, absent);
    assert!(class.lesson().invited(DEE).is_some(), "who is not connected begins when they take it");
    let nobody = Deed::Move(Move::Next { student: EVE, ends: None, waits: false });
    class.does(ADA, Deed::CancelCall(DEE));
    let settled = Rejected(classroom::SETTLED);
    assert_eq!(class.tries(ADA, &nobody), Err(settled), "never for one who did not raise a hand");
}

#[test]
fn a_question_that_is_too_long_is_refused_and_nothing_else_happens() {
    let mut class = lesson();
    let was = class.lesson();
    let long = asks(&"x".repeat(12_300), 0, false);
    assert_eq!(class.tries(ADA, &long), Err(Rejected(Rejection::DataTooLarge)));
    assert_eq!(class.lesson(), was);
    // By a program, whose own words are short enough: what counts is the invitation made of them.
    let longest = MAX_DATA_BYTES - Operation::asks(Some(String::new())).to_data().len();
    let mut asks_for = |chars: usize| {
        let question = "x".repeat(chars);
        let data = format!(r#"{{"operation":"ask","question":"{question}"}}"#);
        let (fresh, here) = (class.fresh(), BTreeSet::new());
        let refused = class.act(Command::Perform { actor: ADA, data, fresh, here }).err();
        (refused, class.lesson())
    };
    assert_eq!(asks_for(longest + 1), (Some(Rejection::DataTooLarge), was));
    let (refused, lesson) = asks_for(longest);
    assert_eq!(refused, None);
    let question = lesson.question.and_then(|round| round.question).expect("it stands");
    assert_eq!(question.len(), longest);
}

#[test]
fn the_events_have_the_fields_of_the_contract() {
    let mut class = lesson();
    class.does(ADA, lower_all());
    let undo = class.undo();
    class.does(BEN, undo);
    class.does(ADA, stop_asking());
    class.does(ADA, clear());
    let fields = |name: &str| -> BTreeSet<String> {
        let named = class.log.iter().rev().find(|event| event.kind.name() == name);
        let body = serde_json::to_value(named.expect("it has happened")).expect("it is JSON");
        body.as_object().expect("an object").keys().cloned().collect()
    };
    let these = |fields: &[&str]| -> BTreeSet<String> {
        fields.iter().chain(&["seq", "at"]).map(|field| (*field).to_owned()).collect()
    };
    assert_eq!(fields("onInvitationCleared"), these(&["inviteID", "by"]));
    assert_eq!(fields("onPerformed"), these(&["by", "data", "first", "last"]));
    assert_eq!(fields("onUndone"), these(&["by", "performed"]));
    assert_eq!(fields("onInviteeAccepted"), these(&["inviteID", "invitee", "data", "by", "place"]));
    let restored = class.log.iter().find_map(|event| match &event.kind {
        EventKind::ReceiveNewInvitation(new) if new.restores.is_some() => {
            Some(serde_json::to_value(event).expect("it is JSON"))
        }
        _ => None,
    });
    let restored = restored.expect("something was brought back");
    assert!(matches!(restored["place"]["at"], Value::String(_)), "{restored}");
    let lowered = class.log.iter().find_map(|event| match &event.kind {
        EventKind::Performed(performed) => Some(performed.data.clone()),
        _ => None,
    });
    assert_eq!(lowered.as_deref(), Some(r#"{"count":3,"operation":"lower_all"}"#));
    let reasons: BTreeSet<&str> = class
        .log
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::InviteeFinished(finished) => Some(finished.reason.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(reasons, [Reason::CalledOn.text(), Reason::Lowered.text()].into());
}

#[test]
fn a_hand_that_is_lowered_is_called_no_more() {
    let mut class = class();
    class.does(ADA, asks("Why?", 0, false));
    for student in [CY, DEE, EVE] {
        class.does(student, Deed::RaiseHand);
    }
    class.does(ADA, class.next());
    class.does(ADA, lower(CY));
    assert_eq!(class.lesson().invited, []);
    assert_eq!(class.hands(), [DEE, EVE]);
    // So is one that answered a question which another one follows, and all that are lowered at once.
    class.does(ADA, class.next());
    class.does(ADA, asks("And why?", 0, false));
    assert_eq!((class.lesson().invited, class.hands()), (vec![], vec![]));
    class.does(DEE, Deed::RaiseHand);
    class.does(ADA, class.next());
    class.does(ADA, lower_all());
    assert_eq!(class.lesson().invited, []);
    // The undo brings the hand back; whoever is called again is called anew.
    class.does(ADA, class.undo());
    assert_eq!((class.lesson().invited, class.hands()), (vec![], vec![DEE]));
}

#[test]
fn a_call_that_asks_somebody_else_too_goes_on_when_a_hand_is_lowered() {
    for (invitee_list, goes_on) in [
        (InviteeList::Members(vec![CY]), false),
        (InviteeList::Members(vec![CY, DEE]), true),
        (InviteeList::Everyone, true),
    ] {
        let mut class = Class::taught_by(ADA, BEN, &[CY]);
        if invitee_list != InviteeList::Everyone {
            class.act(join(DEE)).expect("the class is open");
        }
        class.does(CY, Deed::RaiseHand);
        let invite_id = class.fresh();
        let (data, timeout) = (Operation::CALL.to_data(), Timeout::NEVER);
        let answers = Answers::Each;
        let calls =
            Command::InviteInGroup { actor: ADA, invite_id, invitee_list, data, timeout, answers };
        class.act(calls).expect("a teacher calls");
        class.does(BEN, lower(CY));
        assert_eq!(class.hands(), []);
        let call = class.group.invitation(invite_id).expect("it was made");
        assert_eq!(call.open, goes_on, "{:?}", call.invitee_list);
    }
}

#[test]
fn next_passes_over_whoever_is_called_without_a_hand() {
    let mut class = class();
    class.does(ADA, Deed::CallOnAbsent(EVE));
    class.does(ADA, asks("Why?", 0, false));
    class.does(CY, Deed::RaiseHand);
    class.does(DEE, Deed::RaiseHand);
    class.does(ADA, class.next());
    let called = |class: &Class| -> Vec<UserId> {
        class.lesson().invited.iter().map(|invited| invited.user).collect()
    };
    assert_eq!(called(&class), [CY]);
    // Whoever is called and has a hand up is settled first, whatever an old page shows.
    let stale = Move::Next { student: DEE, ends: None, waits: false };
    assert_eq!(class.does(BEN, Deed::Move(stale)), []);
    assert_eq!(called(&class), [CY]);
}

#[test]
fn whoever_is_passed_over_has_not_passed() {
    let mut class = class();
    class.does(ADA, asks("Why?", 0, false));
    class.does(CY, Deed::RaiseHand);
    class.does(DEE, Deed::RaiseHand);
    class.does(ADA, class.next());
    class.does(ADA, Deed::Move(Move::Skip { student: CY }));
    class.does(ADA, class.next());
    class.does(DEE, Deed::Pass);
    let lesson = class.lesson();
    let marks: Vec<_> = lesson.hands.iter().map(|hand| (hand.passed, hand.skipped)).collect();
    assert_eq!(marks, [(true, true), (true, false)]);
    let mut chronicle = Chronicle::new(GROUP);
    for event in &class.log {
        chronicle.tell(event);
    }
    let passes = |user| chronicle.person(user).map(|person| person.passes);
    assert_eq!((passes(CY), passes(DEE)), (Some(0), Some(1)));
}

#[test]
fn a_teacher_raises_hands_for_students_in_the_order_of_the_taps() {
    let raise = |student| Deed::Move(Move::Raise { student });
    let by_of = |kinds: &[EventKind]| {
        kinds.iter().find_map(|kind| match kind {
            EventKind::InviteeAccepted(accepted) => Some((accepted.invitee, accepted.by)),
            _ => None,
        })
    };
    let mut class = class();
    class.does(ADA, asks("Why?", 0, false));
    // One who is asked, one who has declined, and one when nothing is asked any more.
    assert_eq!(by_of(&class.does(BEN, raise(EVE))), Some((EVE, Some(BEN))));
    class.does(CY, Deed::NotNow);
    assert_eq!(by_of(&class.does(ADA, raise(CY))), Some((CY, Some(ADA))));
    class.does(ADA, stop_asking());
    assert_eq!(by_of(&class.does(ADA, raise(DEE))), Some((DEE, Some(ADA))));
    assert_eq!(class.hands(), [EVE, CY, DEE]);
    // Twice is once; and who speaks has no hand.
    assert_eq!(class.does(BEN, raise(EVE)), []);
    class.does(ADA, Deed::CallOn(EVE));
    class.does(EVE, Deed::Speak);
    assert_eq!(class.does(BEN, raise(EVE)), []);
    assert_eq!(class.tries(CY, &raise(DEE)), Err(Rejected(Rejection::TeachersOnly)));
    // What their hand asks is nobody's question on a screen.
    class.does(ADA, clear());
    class.does(DEE, Deed::LowerHand);
    class.does(ADA, raise(DEE));
    assert_eq!(class.lesson().question, None);
    class.does(DEE, Deed::LowerHand);
    assert_eq!(class.hands(), [CY]);
}
