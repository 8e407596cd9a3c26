//! Shows what a lesson promises, sentence by sentence: when a hand is up and in which order, what
//! brings it down and with which reason, whose turn it is, and what each tap comes to.

mod support;

use std::collections::BTreeSet;

use call::{CALLS_ARE_OFF, Media, Offer, STUDENTS_MAY_CALL};
use classroom::history::Chronicle;
use classroom::{
    APPLICATIONS, ASK_ANYTIME, Classroom, Deed, HandSource, KnownReason, Move, NOT_ASKED, Obstacle,
    Operation, Phase, Phases, Reason, Round, SECOND_ASK, Standing,
};
use signaling::event::{InvitationCancelled, InviteeAccepted, InviteeFinished, InviteeRejected};
use signaling::test_support::{accept, cancel, reject};
use signaling::{
    Answers, Application, Command, Event, EventKind, FinishWhom, Group, InviteId, InviteeList,
    InviteeState, Outcome, Rejection, Role, SettingsChange, Snapshot, Timeout, UserId, act, apply,
};
use support::*;

use Deed::{
    CallOn, CallOnAbsent, CancelCall, Change, Done, EndClass, LowerHand, MakeRole, NotNow, Pass,
    RaiseHand, Remove, Speak,
};
use InviteeList::Everyone;
use Refused::{Obstacle as Stopped, Rejection as Rejected};

/// Whether hands may go up at any time.
fn floor(is_open: bool) -> SettingsChange {
    SettingsChange::set(ASK_ANYTIME, is_open)
}

/// Whether students may call their teachers.
fn calls(are_allowed: bool) -> SettingsChange {
    SettingsChange::set(STUDENTS_MAY_CALL, are_allowed)
}

const ADA: UserId = user(1);
const BEN: UserId = user(2);
const CLEO: UserId = user(3);
const DAN: UserId = user(4);
const EVE: UserId = user(5);
/// Nobody in the class, until they join.
const FAY: UserId = user(6);

const MY_OWN_WORDS: &str = "because";

/// Ada and Ben teach Cleo, Dan and Eve.
fn class() -> Class {
    Class::taught_by(ADA, BEN, &[CLEO, DAN, EVE])
}

/// The same with the floor closed: hands go up only when a teacher asks.
fn quiet_class() -> Class {
    let mut class = class();
    class.does(ADA, Change(floor(false)));
    class
}

fn asks_within(question: &str, seconds: u32) -> Deed {
    asks_for_hands(Some(question), seconds, false)
}

fn asks(question: &str) -> Deed {
    asks_within(question, 0)
}

fn buzzer() -> Deed {
    asks_for_hands(None, 0, true)
}

impl Class {
    /// Does what can be done, and gives what came of it.
    fn does(&mut self, actor: UserId, deed: Deed) -> Vec<EventKind> {
        let done = self.tries(actor, &deed);
        done.unwrap_or_else(|refused| panic!("{actor:?} {deed:?}: {refused:?}"))
    }

    /// The round that this teacher asks for hands with.
    fn round_of(&mut self, teacher: UserId, deed: Deed) -> InviteId {
        self.does(teacher, deed);
        self.latest()
    }

    /// Sends a verb of the API, which no page planned.
    fn sends(&mut self, command: Command) -> Vec<EventKind> {
        let outcome = self.act(command.clone());
        let Outcome { events, .. } = outcome.unwrap_or_else(|no| panic!("{command:?}: {no:?}"));
        events.into_iter().map(|event| event.kind).collect()
    }

    fn hands(&self) -> Vec<UserId> {
        self.lesson().hands.iter().map(|hand| hand.user).collect()
    }

    fn sources(&self, student: UserId) -> Vec<HandSource> {
        self.lesson().hand(student).map(|hand| hand.sources.clone()).unwrap_or_default()
    }

    fn speaking(&self) -> Vec<UserId> {
        self.lesson().speaking.iter().map(|turn| turn.user).collect()
    }

    fn invited(&self) -> Vec<UserId> {
        self.lesson().invited.iter().map(|invited| invited.user).collect()
    }

    fn state(&self, invite_id: InviteId, user: UserId) -> Option<InviteeState> {
        Some(self.group.invitation(invite_id)?.part(user)?.state)
    }
}

fn in_group(
    actor: UserId,
    invite_id: InviteId,
    invitee_list: InviteeList,
    data: &str,
    answers: Answers,
) -> Command {
    let (data, timeout) = (data.to_owned(), Timeout::NEVER);
    Command::InviteInGroup { actor, invite_id, invitee_list, data, timeout, answers }
}

fn only<const N: usize>(members: [UserId; N]) -> InviteeList {
    InviteeList::Members(members.to_vec())
}

fn finish(actor: UserId, invite_id: InviteId, whom: FinishWhom, reason: Option<&str>) -> Command {
    let reason = reason.map(str::to_owned);
    Command::Finish { actor, invite_id, whom, reason, data: String::new() }
}

fn accepted(invite_id: InviteId, invitee: UserId) -> EventKind {
    InviteeAccepted { invite_id, invitee, data: String::new(), by: None, place: None }.into()
}

fn rejected(invite_id: InviteId, invitee: UserId) -> EventKind {
    InviteeRejected { invite_id, invitee, data: String::new(), reason: None, by: None }.into()
}

fn finished(invite_id: InviteId, invitee: UserId, by: UserId, reason: &str) -> EventKind {
    let reason = reason.to_owned();
    InviteeFinished { invite_id, invitee, by, reason, data: String::new() }.into()
}

/// An invitation to `"*"` that was taken back for all.
fn cancelled(by: UserId, invite_id: InviteId, inviter: UserId, reason: Option<&str>) -> EventKind {
    let (invitee_list, data) = (Everyone, String::new());
    let (reason, by) = (reason.map(str::to_owned), Some(by));
    InvitationCancelled { invite_id, inviter, invitee_list, data, reason, by }.into()
}

// A hand is up when a student has accepted a `hand_raising` …

#[test]
fn a_hand_is_up_when_a_student_has_accepted_a_hand_raising() {
    let mut class = quiet_class();
    let round = class.round_of(ADA, asks("Why?"));
    assert_eq!(class.hands(), [], "to be asked is no hand");
    assert_eq!(class.does(CLEO, RaiseHand), [accepted(round, CLEO)]);
    class.does(DAN, NotNow);
    let lesson = class.lesson();
    let hand = lesson.hand(CLEO).expect("it is up");
    assert_eq!((hand.since, hand.seq), (class.now, class.group.seq - 1));
    assert_eq!(hand.sources, [HandSource::Round(round)]);
    assert_eq!(class.hands(), [CLEO], "to decline is no hand, nor is to be silent");
}

// … or, unprompted, has a pending `speech_application` to the teachers.

#[test]
fn a_hand_is_up_when_a_student_has_a_pending_speech_application() {
    let mut class = class();
    class.does(CLEO, RaiseHand);
    let ask = class.group.invitation(class.latest()).expect("it was made");
    assert_eq!(ask.data, r#"{"operation":"speech_application"}"#);
    assert_eq!((ask.inviter, &ask.invitee_list), (CLEO, &Everyone));
    assert_eq!((ask.answers, ask.timeout, ask.open), (Answers::First, Timeout::NEVER, true));
    assert_eq!(ask.in_state(InviteeState::Pending).collect::<Vec<_>>(), [ADA, BEN]);
    assert_eq!(class.sources(CLEO), [HandSource::Ask(class.latest())]);
}

#[test]
fn a_hand_sent_over_the_api_is_a_hand_like_one_from_a_page() {
    let mut class = class();
    let round = class.fresh();
    let data = r#"{"question":"Why?","operation":"hand_raising","colour":"red"}"#;
    class.sends(in_group(BEN, round, Everyone, data, Answers::Each));
    class.sends(accept(DAN, round));
    let ask = class.fresh();
    let data = r#"{"operation":"speech_application"}"#;
    class.sends(in_group(CLEO, ask, Everyone, data, Answers::First));
    assert_eq!(class.hands(), [DAN, CLEO]);
}

#[test]
fn what_is_not_the_classrooms_or_is_one_to_one_is_no_part_of_the_lesson() {
    let mut class = class();
    for data in ["", "speaking", r#"{"operation":"call"}"#, r#"{"operation":1}"#] {
        let call = class.fresh();
        class.sends(in_group(ADA, call, Everyone, data, Answers::Each));
        class.sends(accept(CLEO, call));
    }
    let operations = [Operation::asks(None), Operation::CALL, Operation::SpeechApplication];
    for operation in operations {
        for (actor, invitee) in [(ADA, CLEO), (CLEO, ADA)] {
            let (private, data) = (class.fresh(), operation.to_data());
            let timeout = Timeout::NEVER;
            class.sends(Command::Invite { actor, invite_id: private, invitee, data, timeout });
            assert_eq!(class.lesson(), Default::default(), "{operation:?} pending");
            class.sends(accept(invitee, private));
            assert_eq!(class.lesson(), Default::default(), "{operation:?} accepted");
        }
    }
}

#[test]
fn only_a_teacher_asks_for_hands() {
    let mut class = class();
    let mine = class.fresh();
    let data = r#"{"operation":"hand_raising","question":"Who is silly?"}"#;
    class.sends(in_group(CLEO, mine, Everyone, data, Answers::Each));
    assert_eq!(class.lesson().rounds, []);
    class.does(ADA, stop_asking());
    let round = class.round_of(ADA, asks("Why?"));
    assert_eq!(class.lesson().round_now().map(|round| round.invite_id), Some(round));
}

// One list, one order.

#[test]
fn asked_and_unprompted_hands_are_one_list_in_the_order_in_which_they_went_up() {
    let mut class = class();
    class.does(DAN, RaiseHand);
    class.does(ADA, asks("Why?"));
    class.does(EVE, RaiseHand);
    class.sends(join(FAY));
    class.does(FAY, NotNow);
    class.does(FAY, RaiseHand);
    class.does(CLEO, RaiseHand);
    assert_eq!(class.hands(), [DAN, EVE, FAY, CLEO], "all within one millisecond");
    class.does(EVE, LowerHand);
    class.does(EVE, RaiseHand);
    assert_eq!(class.hands(), [DAN, FAY, CLEO, EVE], "a hand that goes up again is the last");
}

#[test]
fn a_hand_that_went_up_unprompted_is_of_its_own_question_while_another_stands() {
    let own_questions = |class: &Class| {
        let hands = class.lesson().hands;
        hands.iter().map(|hand| (hand.user, hand.own_question)).collect::<Vec<_>>()
    };
    let mut class = class();
    class.does(CLEO, RaiseHand);
    assert_eq!(own_questions(&class), [(CLEO, false)], "none stands");
    class.does(ADA, asks("Why?"));
    class.does(DAN, RaiseHand);
    assert_eq!(own_questions(&class), [(CLEO, true), (DAN, false)]);
    class.does(ADA, stop_asking());
    class.does(EVE, RaiseHand);
    let all = [(CLEO, true), (DAN, false), (EVE, true)];
    assert_eq!(own_questions(&class), all, "it stands also when it is closed");
    class.does(ADA, Deed::Move(Move::Clear {}));
    assert_eq!(own_questions(&class), all.map(|(user, _)| (user, false)));
}

#[test]
fn a_student_who_accepted_several_rounds_is_one_row_at_the_earliest_place() {
    let mut class = class();
    let ids = [class.fresh(), class.fresh()];
    for round in ids {
        class.sends(in_group(
            ADA,
            round,
            Everyone,
            r#"{"operation":"hand_raising"}"#,
            Answers::Each,
        ));
    }
    // Cleo first answers the newer round, then, after Dan, the older one.
    class.sends(accept(CLEO, ids[1]));
    class.wait(1_000);
    class.sends(accept(DAN, ids[0]));
    class.sends(accept(CLEO, ids[0]));
    let lesson = class.lesson();
    assert_eq!(class.hands(), [CLEO, DAN]);
    assert_eq!(class.sources(CLEO), ids.map(HandSource::Round));
    assert_eq!(lesson.hands[0].since.as_millis() + 1_000, lesson.hands[1].since.as_millis());
    // An unprompted hand that was up before an answered round is one row as well.
    let ask = class.fresh();
    let data = r#"{"operation":"speech_application"}"#;
    class.sends(in_group(EVE, ask, Everyone, data, Answers::First));
    class.sends(accept(EVE, ids[1]));
    assert_eq!((class.hands(), class.sources(EVE).len()), (vec![CLEO, DAN, EVE], 2));
    // What brings a hand down brings down all that holds it up.
    for (by, deed) in [(CLEO, LowerHand), (ADA, lower(EVE))] {
        assert_eq!(class.does(by, deed).iter().filter(|kind| lowers(kind)).count(), 2);
    }
    assert_eq!(class.hands(), [DAN]);
}

fn lowers(kind: &EventKind) -> bool {
    matches!(kind, EventKind::InviteeFinished(_) | EventKind::InvitationCancelled(_))
}

// When a student accepts to speak, their hand is finished with reason `called_on`.

#[test]
fn a_student_who_accepts_to_speak_has_their_hand_finished_as_called_on() {
    let mut class = class();
    let round = class.round_of(ADA, asks("Why?"));
    class.does(CLEO, RaiseHand);
    class.does(DAN, RaiseHand);
    class.does(ADA, CallOn(CLEO));
    let call = class.latest();
    assert_eq!(class.group.invitation(call).expect("a call").data, r#"{"operation":"speaking"}"#);
    assert_eq!((class.hands(), class.invited()), (vec![CLEO, DAN], vec![CLEO]), "until accepted");
    let spoken = class.does(CLEO, Speak);
    assert_eq!(
        spoken,
        [accepted(call, CLEO), finished(round, CLEO, CLEO, Reason::CalledOn.text())]
    );
    assert_eq!((class.hands(), class.speaking(), class.invited()), (vec![DAN], vec![CLEO], vec![]));
}

#[test]
fn whoever_accepts_to_speak_has_no_hand_left_of_any_kind() {
    let mut class = class();
    class.does(CLEO, RaiseHand);
    let ask = class.latest();
    let round = class.round_of(ADA, asks(""));
    class.sends(accept(CLEO, round));
    // An invitation by the API, although a page would take the unprompted hand.
    let call = class.fresh();
    class.sends(in_group(BEN, call, only([CLEO]), r#"{"operation":"speaking"}"#, Answers::Each));
    let [one, two, three] = <[_; 3]>::try_from(class.sends(accept(CLEO, call))).expect("three");
    assert_eq!(one, accepted(call, CLEO));
    assert_eq!(two, cancelled(CLEO, ask, CLEO, Some(Reason::CalledOn.text())));
    assert_eq!(three, finished(round, CLEO, CLEO, Reason::CalledOn.text()));
    assert_eq!((class.hands(), class.speaking()), (vec![], vec![CLEO]));
}

#[test]
fn whoever_has_the_floor_is_invited_to_it_no_more_but_by_what_asks_others_too() {
    const SPEAKING: &str = r#"{"operation":"speaking"}"#;
    let mut class = class();
    let ids = [class.fresh(), class.fresh(), class.fresh(), class.fresh()];
    let [taken, alone, with_dan, dans] = ids;
    class.sends(in_group(ADA, taken, only([CLEO]), SPEAKING, Answers::Each));
    class.sends(in_group(BEN, alone, only([CLEO]), SPEAKING, Answers::Each));
    class.sends(in_group(ADA, with_dan, only([CLEO, DAN]), SPEAKING, Answers::Each));
    class.sends(in_group(ADA, dans, only([DAN]), SPEAKING, Answers::Each));
    let spoken = class.sends(accept(CLEO, taken));
    let gone = InvitationCancelled {
        invite_id: alone,
        inviter: BEN,
        invitee_list: only([CLEO]),
        data: String::new(),
        reason: Some(Reason::CalledOn.text().to_owned()),
        by: Some(BEN),
    };
    assert_eq!(spoken, [accepted(taken, CLEO), gone.into()]);
    assert_eq!(class.invited(), [CLEO, DAN, DAN], "what asks Dan too goes on for both");

    // Once the other has answered, it asks Cleo alone.
    class.sends(reject(DAN, with_dan));
    class.does(CLEO, Done);
    let again = class.fresh();
    class.sends(in_group(ADA, again, only([CLEO]), SPEAKING, Answers::Each));
    class.sends(accept(CLEO, again));
    assert_eq!(class.state(with_dan, CLEO), Some(InviteeState::Cancelled));
    assert_eq!(class.state(dans, DAN), Some(InviteeState::Pending), "others are left alone");
}

#[test]
fn what_is_no_invitation_to_speak_stays_when_the_floor_is_taken() {
    let mut class = class();
    let round = class.fresh();
    let data = r#"{"operation":"hand_raising"}"#;
    class.sends(in_group(ADA, round, only([CLEO]), data, Answers::Each));
    class.does(ADA, CallOn(CLEO));
    let call = class.latest();
    assert_eq!(class.does(CLEO, Speak), [accepted(call, CLEO)]);
    assert_eq!(class.state(round, CLEO), Some(InviteeState::Pending));
}

#[test]
fn the_floor_is_a_teachers_to_give_to_anybody_and_no_students_to_give_to_a_teacher() {
    const SPEAKING: &str = r#"{"operation":"speaking"}"#;
    let mut class = class();
    let (to_both, by_student) = (class.fresh(), class.fresh());
    class.sends(in_group(ADA, to_both, only([BEN, CLEO]), SPEAKING, Answers::Each));
    class.sends(in_group(DAN, by_student, only([ADA, BEN]), SPEAKING, Answers::Each));
    assert_eq!((class.invited(), class.speaking()), (vec![BEN, CLEO], vec![]));
    class.sends(accept(CLEO, to_both));
    class.wait(1);
    class.sends(accept(BEN, to_both));
    class.sends(accept(BEN, by_student));
    assert_eq!(class.speaking(), [CLEO, BEN]);
    // A turn outlives the role of whoever gave it, and is then a student's still, and no teacher's.
    class.does(BEN, MakeRole(ADA, Role::Student));
    assert_eq!(class.speaking(), [CLEO]);
    // Whoever gave it and came to teach again gives it to both.
    class.does(BEN, MakeRole(ADA, Role::Teacher));
    assert_eq!(class.speaking(), [CLEO, BEN]);
}

#[test]
fn a_hand_that_several_rounds_hold_up_is_as_old_as_its_first_whichever_round_is_older() {
    for (first, second) in [(0, 1), (1, 0)] {
        let mut class = class();
        let ids = [class.fresh(), class.fresh()];
        for round in ids {
            let data = r#"{"operation":"hand_raising"}"#;
            class.sends(in_group(ADA, round, Everyone, data, Answers::Each));
        }
        class.wait(10);
        let since = class.now;
        class.sends(accept(CLEO, ids[first]));
        let seq = class.group.seq;
        class.wait(10);
        class.sends(accept(CLEO, ids[second]));
        let hands = class.lesson().hands;
        assert_eq!((hands.len(), hands[0].seq, hands[0].since), (1, seq, since), "{first}");
    }
}

// A teacher who takes an unprompted hand accepts it, and that is the turn.

#[test]
fn a_teacher_who_takes_an_unprompted_hand_accepts_it_and_that_is_the_turn() {
    for teacher in [ADA, BEN] {
        let mut class = class();
        class.does(CLEO, RaiseHand);
        let ask = class.latest();
        class.wait(500);
        let taken = class.does(teacher, CallOn(CLEO));
        let elsewhere = cancelled(teacher, ask, CLEO, Some("answeredElsewhere"));
        assert_eq!(taken, [accepted(ask, teacher), elsewhere]);
        let lesson = class.lesson();
        let turn = lesson.turn(CLEO).expect("it is the turn");
        assert_eq!((turn.invite_id, turn.part_of, turn.since), (ask, teacher, class.now));
        assert_eq!((class.hands(), class.invited()), (vec![], vec![]));
        assert_eq!(class.tries(CLEO, &Speak), Ok(vec![]), "there is nothing more to accept");
    }
}

#[test]
fn whoever_is_not_connected_is_invited_and_can_be_passed_over_without_losing_their_place() {
    let mut class = class();
    class.does(CLEO, RaiseHand);
    class.does(DAN, RaiseHand);
    class.does(ADA, CallOnAbsent(CLEO));
    assert_eq!((class.invited(), class.speaking()), (vec![CLEO], vec![]));
    assert_eq!(class.hands(), [CLEO, DAN], "the hand stays up meanwhile");
    class.does(BEN, CancelCall(CLEO));
    assert_eq!((class.invited(), class.hands()), (vec![], vec![CLEO, DAN]));
    // Who comes back in time has the floor like anybody else.
    class.does(ADA, CallOnAbsent(CLEO));
    for again in [CallOnAbsent(CLEO), CallOn(CLEO)] {
        assert_eq!(class.tries(BEN, &again), Ok(vec![]), "once is enough");
    }
    class.does(CLEO, Speak);
    assert_eq!((class.speaking(), class.hands()), (vec![CLEO], vec![DAN]));
}

#[test]
fn a_taken_hand_is_down_wherever_else_it_was_up() {
    let mut class = class();
    class.does(CLEO, RaiseHand);
    let ask = class.latest();
    let round = class.round_of(ADA, asks(""));
    class.sends(accept(CLEO, round));
    let taken = class.does(BEN, CallOn(CLEO));
    assert_eq!(taken[0], accepted(ask, BEN));
    assert_eq!(taken[2], finished(round, CLEO, CLEO, Reason::CalledOn.text()));
    assert_eq!((class.hands(), class.speaking()), (vec![], vec![CLEO]));
}

// When a turn ends, reason `spoke`.

#[test]
fn a_turn_ends_as_spoke_whoever_ends_it_and_however_it_began() {
    for (by, deed) in [(CLEO, Done), (ADA, end_turn(CLEO)), (BEN, end_turn(CLEO))] {
        let mut class = class();
        class.does(ADA, CallOn(CLEO));
        let call = class.latest();
        class.does(CLEO, Speak);
        assert_eq!(class.does(by, deed.clone()), [finished(call, CLEO, by, Reason::Spoke.text())]);
        assert_eq!((class.speaking(), class.hands()), (vec![], vec![]));

        class.does(CLEO, RaiseHand);
        let ask = class.latest();
        class.does(BEN, CallOn(CLEO));
        assert_eq!(class.does(by, deed), [finished(ask, BEN, by, Reason::Spoke.text())]);
        assert_eq!((class.speaking(), class.hands()), (vec![], vec![]), "and no hand comes back");
    }
}

#[test]
fn a_finish_that_names_nobody_and_no_reason_is_explained_by_the_server() {
    let mut class = class();
    let round = class.round_of(ADA, asks(""));
    class.does(CLEO, RaiseHand);
    class.does(DAN, RaiseHand);
    let all = class.sends(finish(ADA, round, FinishWhom::Unnamed, None));
    assert_eq!(
        all,
        [CLEO, DAN].map(|student| finished(round, student, ADA, Reason::Lowered.text()))
    );
    class.does(EVE, RaiseHand);
    let own = class.sends(finish(EVE, round, FinishWhom::Unnamed, Some(MY_OWN_WORDS)));
    assert_eq!(own, [finished(round, EVE, EVE, MY_OWN_WORDS)], "who gives a reason keeps it");
    let call = class.fresh();
    class.sends(in_group(ADA, call, only([CLEO]), r#"{"operation":"call"}"#, Answers::Each));
    class.sends(accept(CLEO, call));
    let hung_up = class.sends(finish(CLEO, call, FinishWhom::Unnamed, None));
    assert_eq!(hung_up, [finished(call, CLEO, CLEO, signaling::Reason::Finished.text())]);
}

// Lowering is `lowered` for an accepted hand, cancel (by the student) or reject (by a teacher)
// for an unprompted one.

#[test]
fn a_hand_is_lowered_by_its_student_or_by_any_teacher() {
    for (by, deed) in [(CLEO, LowerHand), (ADA, lower(CLEO)), (BEN, lower(CLEO))] {
        let mut class = class();
        let round = class.round_of(ADA, asks(""));
        class.does(CLEO, RaiseHand);
        assert_eq!(
            class.does(by, deed.clone()),
            [finished(round, CLEO, by, Reason::Lowered.text())]
        );
        assert_eq!(class.hands(), []);

        class.does(ADA, stop_asking());
        class.does(CLEO, RaiseHand);
        let ask = class.latest();
        let withdrawn = cancelled(CLEO, ask, CLEO, Some(Reason::Lowered.text()));
        let expected = match by {
            CLEO => vec![withdrawn],
            teacher => vec![rejected(ask, teacher), withdrawn],
        };
        assert_eq!(class.does(by, deed), expected);
        assert_eq!(class.hands(), []);
    }
}

#[test]
fn one_teachers_reject_of_an_unprompted_hand_lowers_it_for_all() {
    let mut class = class();
    class.does(CLEO, RaiseHand);
    let ask = class.latest();
    class.sends(reject(BEN, ask));
    assert_eq!(class.hands(), []);
    assert_eq!(class.state(ask, ADA), Some(InviteeState::Cancelled));
    let late = class.act(accept(ADA, ask)).map(drop);
    assert_eq!(late, Err(Rejection::AlreadyProcessed(InviteeState::Cancelled)));
    assert_eq!(class.tries(ADA, &lower(CLEO)), Ok(vec![]));
}

#[test]
fn lower_all_lowers_every_hand_of_either_kind_and_no_turn() {
    let mut class = class();
    class.does(EVE, RaiseHand);
    class.does(ADA, CallOn(EVE));
    class.does(CLEO, RaiseHand);
    class.does(ADA, asks(""));
    class.does(DAN, RaiseHand);
    assert_eq!((class.hands(), class.speaking()), (vec![CLEO, DAN], vec![EVE]));
    class.does(BEN, lower_all());
    assert_eq!((class.hands(), class.speaking()), (vec![], vec![EVE]));
    assert!(class.lesson().round_now().is_some(), "the question stands");
}

// A lowered hand can go up again.

#[test]
fn while_the_floor_is_open_a_hand_that_came_down_can_go_up_again() {
    for (by, deed) in [(CLEO, LowerHand), (ADA, lower(CLEO)), (ADA, lower_all())] {
        for asked in [false, true] {
            let mut class = class();
            if asked {
                class.does(ADA, asks(""));
            }
            class.does(CLEO, RaiseHand);
            for _ in 0..3 {
                class.does(by, deed.clone());
                assert_eq!((class.hands(), class.standing(CLEO)), (vec![], Standing::MayRaise));
                class.does(CLEO, RaiseHand);
                assert_eq!(class.hands(), [CLEO]);
            }
        }
    }
}

#[test]
fn while_the_floor_is_closed_a_hand_can_go_up_again_in_a_round_that_is_open() {
    type ComesDown = (&'static str, fn(&mut Class));
    let comes_down: [ComesDown; 4] = [
        ("declined", |class| drop(class.does(CLEO, NotNow))),
        ("lowered", |class| {
            class.does(CLEO, RaiseHand);
            class.does(CLEO, LowerHand);
        }),
        ("lowered by a teacher", |class| {
            class.does(CLEO, RaiseHand);
            class.does(BEN, lower(CLEO));
        }),
        ("called on", |class| {
            class.does(CLEO, RaiseHand);
            class.does(BEN, CallOn(CLEO));
            class.does(CLEO, Speak);
            class.does(CLEO, Done);
        }),
    ];
    for (how, comes_down) in comes_down {
        let mut class = quiet_class();
        let round = class.round_of(ADA, asks_within("Why?", 30));
        comes_down(&mut class);
        class.wait(12_400);
        for _ in 0..2 {
            assert_eq!(class.standing(CLEO), Standing::MayRaise, "{how}");
            class.does(CLEO, RaiseHand);
            assert_eq!(class.hands(), [CLEO], "{how}");
            let anew = class.group.invitation(class.latest()).expect("asked anew");
            assert_eq!(class.sources(CLEO), [HandSource::Round(anew.invite_id)], "{how}");
            assert_eq!((anew.inviter, &anew.invitee_list), (ADA, &only([CLEO])), "{how}");
            assert_eq!(anew.data, r#"{"operation":"hand_raising","question":"Why?"}"#, "{how}");
            assert_eq!((anew.timeout.seconds(), anew.answers), (18, Answers::Each), "{how}");
            let rounds = class.lesson().rounds;
            assert_eq!(rounds.len(), 1, "{how}: nobody else is asked anything new");
            assert_eq!(rounds[0].invite_id, round);
            class.does(CLEO, LowerHand);
        }
    }
}

#[test]
fn asked_anew_is_asked_in_the_name_of_a_teacher_who_is_there_without_more_time() {
    let mut class = quiet_class();
    let asked = only([CLEO, DAN]);
    let round = class.fresh();
    class.sends(in_group(ADA, round, asked, r#"{"operation":"hand_raising"}"#, Answers::Each));
    class.does(CLEO, NotNow);
    class.does(CLEO, RaiseHand);
    let anew = class.group.invitation(class.latest()).expect("asked anew");
    assert_eq!((anew.inviter, anew.timeout), (ADA, Timeout::NEVER));
    assert_eq!(anew.data, r#"{"operation":"hand_raising"}"#);
}

#[test]
fn in_a_round_that_is_over_no_hand_goes_up_again_while_the_floor_is_closed() {
    let mut class = quiet_class();
    let floor_closed = Err(Stopped(Obstacle::FloorClosed));
    assert_eq!(class.tries(CLEO, &RaiseHand), floor_closed, "nobody asked");
    class.does(ADA, asks_within("", 10));
    class.does(CLEO, NotNow);
    class.wait(10_000);
    assert_eq!(class.tries(CLEO, &RaiseHand), floor_closed, "its time is up, seen or not");
    class.sends(Command::Expire);
    assert_eq!(class.tries(CLEO, &RaiseHand), floor_closed, "its time is up");
    class.does(ADA, asks(""));
    class.does(CLEO, NotNow);
    class.does(ADA, stop_asking());
    assert_eq!(class.tries(CLEO, &RaiseHand), floor_closed, "it was closed");
    assert_eq!(class.standing(CLEO), Standing::Waiting);
}

#[test]
fn a_round_may_last_a_day_and_be_answered_anew_in_its_first_and_last_moment() {
    for (millis, left) in [(0, 86_400), (1, 86_400), (86_399_000, 1), (86_399_999, 1)] {
        let mut class = quiet_class();
        class.does(ADA, asks_within("", 86_400));
        class.does(CLEO, NotNow);
        class.wait(millis);
        class.does(CLEO, RaiseHand);
        let anew = class.group.invitation(class.latest()).expect("asked anew");
        assert_eq!(anew.timeout.seconds(), left, "{millis} ms in");
        assert_eq!(class.hands(), [CLEO]);
    }
}

// A round of hands can be a buzzer.

#[test]
fn the_first_hand_takes_a_buzzer() {
    let mut class = quiet_class();
    let round = class.round_of(ADA, buzzer());
    assert!(class.lesson().round_now().is_some_and(|round| round.first));
    let elsewhere = cancelled(DAN, round, ADA, Some("answeredElsewhere"));
    assert_eq!(class.does(DAN, RaiseHand), [accepted(round, DAN), elsewhere]);
    assert_eq!((class.hands(), class.lesson().rounds), (vec![DAN], vec![]));
    let late = class.act(accept(CLEO, round)).map(drop);
    assert_eq!(late, Err(Rejection::AlreadyProcessed(InviteeState::Cancelled)));
    assert_eq!(class.tries(CLEO, &RaiseHand), Err(Stopped(Obstacle::FloorClosed)));
    assert_eq!(class.standing(CLEO), Standing::Waiting);
    class.does(ADA, CallOn(DAN));
    class.does(DAN, Speak);
    assert_eq!((class.hands(), class.speaking()), (vec![], vec![DAN]));
}

// These follow from the server, not from whichever tab happens to be open.

#[test]
fn what_follows_is_part_of_the_same_outcome_and_numbered_after_its_cause() {
    let mut class = class();
    let round = class.round_of(ADA, asks(""));
    class.does(CLEO, RaiseHand);
    class.does(ADA, CallOn(CLEO));
    let before = class.group.seq;
    let outcome = class.act(accept(CLEO, class.latest())).expect("Cleo may");
    let seqs: Vec<u64> = outcome.events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, [before + 1, before + 2]);
    assert_eq!(class.state(round, CLEO), Some(InviteeState::Finished));
    let answered = outcome.settlement.expect("an answer");
    assert_eq!(answered.seq, before + 1, "the verb answers with its own part");
    let again = class.act(accept(CLEO, class.latest())).expect("no harm");
    assert_eq!(again.events, []);
}

#[test]
fn whoever_becomes_a_co_teacher_lowers_their_hand_and_may_raise_it_again_as_a_student() {
    let mut class = quiet_class();
    let round = class.round_of(ADA, asks(""));
    class.does(CLEO, RaiseHand);
    let made = class.does(ADA, MakeRole(CLEO, Role::Teacher));
    assert_eq!(made.last(), Some(&finished(round, CLEO, CLEO, Reason::Lowered.text())));
    assert_eq!((class.hands(), class.standing(CLEO)), (vec![], Standing::Waiting));
    class.does(ADA, MakeRole(CLEO, Role::Student));
    assert_eq!(class.standing(CLEO), Standing::MayRaise);
    class.does(CLEO, RaiseHand);
    assert_eq!(class.hands(), [CLEO]);

    class.does(ADA, stop_asking());
    class.does(ADA, Change(floor(true)));
    class.does(DAN, RaiseHand);
    let ask = class.latest();
    let made = class.does(BEN, MakeRole(DAN, Role::Teacher));
    assert_eq!(made[0], cancelled(BEN, ask, DAN, Some("roleChanged")));
    assert_eq!(class.hands(), [CLEO]);

    // To listed teachers, as the API allows, the ask outlives the role; the hand does not.
    let ask = class.fresh();
    let data = r#"{"operation":"speech_application"}"#;
    class.sends(in_group(EVE, ask, only([ADA]), data, Answers::First));
    assert_eq!(class.hands(), [CLEO, EVE]);
    class.does(BEN, MakeRole(EVE, Role::Teacher));
    assert_eq!(class.hands(), [CLEO]);
    assert_eq!(class.state(ask, ADA), Some(InviteeState::Cancelled));
}

#[test]
fn whoever_answered_a_question_as_a_teacher_has_a_hand_up_as_a_student() {
    let mut class = class();
    let round = class.fresh();
    let data = r#"{"operation":"hand_raising"}"#;
    class.sends(in_group(ADA, round, only([BEN, CLEO]), data, Answers::Each));
    class.sends(accept(BEN, round));
    assert_eq!(class.hands(), [], "a hand is a student's");
    class.does(ADA, MakeRole(BEN, Role::Student));
    assert_eq!((class.hands(), class.sources(BEN)), (vec![BEN], vec![HandSource::Round(round)]));
}

#[test]
fn a_teachers_question_to_all_and_a_teachers_call_stay_and_nothing_else_does() {
    const SPEAKING: &str = r#"{"operation":"speaking"}"#;
    const ASKING: &str = r#"{"operation":"hand_raising"}"#;
    const ASK: &str = r#"{"operation":"speech_application"}"#;
    for (actor, invitee_list, data, stays) in [
        (ADA, Some(Everyone), ASKING, true),
        (ADA, Some(only([CLEO])), ASKING, false),
        (ADA, None, ASKING, false),
        (CLEO, Some(Everyone), ASKING, false),
        (ADA, Some(Everyone), SPEAKING, true),
        (ADA, Some(only([CLEO])), SPEAKING, true),
        (ADA, None, SPEAKING, false),
        (CLEO, Some(only([ADA])), SPEAKING, false),
        (ADA, Some(Everyone), ASK, false),
        (CLEO, Some(Everyone), ASK, false),
        (ADA, Some(Everyone), "words", false),
    ] {
        let mut class = class();
        let invite_id = class.fresh();
        let what = format!("{actor:?} to {invitee_list:?}: {data}");
        class.sends(match invitee_list {
            Some(invitee_list) => in_group(actor, invite_id, invitee_list, data, Answers::Each),
            None => {
                let (data, timeout) = (data.to_owned(), Timeout::NEVER);
                Command::Invite { actor, invite_id, invitee: CLEO, data, timeout }
            }
        });
        let invitation = class.group.invitation(invite_id).expect("it was made");
        assert_eq!(invitation.stays, stays, "{what}");
    }
}

#[test]
fn a_new_co_teacher_sees_and_takes_the_hands_that_are_up() {
    for deed in [CallOn(CLEO), lower(CLEO)] {
        let mut class = class();
        class.does(CLEO, RaiseHand);
        class.does(ADA, MakeRole(DAN, Role::Teacher));
        class.does(DAN, deed);
        assert_eq!(class.hands(), []);
    }
}

#[test]
fn a_hand_goes_with_its_student_and_stays_when_the_teacher_who_asked_goes() {
    let mut class = class();
    let round = class.round_of(BEN, asks(""));
    class.does(CLEO, RaiseHand);
    class.does(DAN, RaiseHand);
    class.does(EVE, RaiseHand);
    class.does(CLEO, Remove(CLEO));
    assert_eq!(class.hands(), [DAN, EVE]);
    class.does(BEN, Remove(BEN));
    assert_eq!(class.hands(), [DAN, EVE], "a raised hand is the student's");
    class.does(ADA, Remove(EVE));
    assert_eq!(class.hands(), [DAN]);
    assert_eq!(class.does(ADA, lower(DAN)), [finished(round, DAN, ADA, Reason::Lowered.text())]);
}

#[test]
fn hands_outlive_the_round_and_the_open_floor() {
    let mut class = class();
    let round = class.round_of(ADA, asks_within("", 10));
    class.does(CLEO, RaiseHand);
    class.wait(10_000);
    class.sends(Command::Expire);
    assert_eq!(class.state(round, DAN), Some(InviteeState::TimedOut));
    class.does(DAN, RaiseHand);
    class.does(ADA, Change(floor(false)));
    let another = class.fresh();
    let data = Operation::asks(None).to_data();
    class.sends(in_group(ADA, another, Everyone, &data, Answers::Each));
    class.does(EVE, RaiseHand);
    assert_eq!(class.does(BEN, stop_asking()).len(), 1);
    assert_eq!((class.hands(), class.lesson().rounds), (vec![CLEO, DAN, EVE], vec![]));
}

#[test]
fn a_round_asks_whoever_joins_while_it_is_open() {
    let mut class = quiet_class();
    let round = class.round_of(ADA, asks(""));
    class.sends(join(FAY));
    assert!(matches!(class.standing(FAY), Standing::Asked(asked) if asked.invite_id == round));
    class.does(FAY, RaiseHand);
    assert_eq!(class.hands(), [FAY]);
}

// Each deed.

#[test]
fn a_teacher_asks_with_or_without_a_question_a_limit_and_a_buzzer() {
    for (question, seconds, first) in
        [("", 0, false), ("  ", 30, true), ("Why?", 0, true), (" Why is the sky blue? ", 60, false)]
    {
        let mut class = class();
        class.does(ADA, asks_for_hands(Some(question), seconds, first));
        let words = question.trim();
        let expected = Round {
            invite_id: class.latest(),
            inviter: ADA,
            question: (!words.is_empty()).then(|| words.to_owned()),
            since: class.now,
            expires_at: (seconds > 0).then(|| class.now.plus_seconds(seconds)),
            first,
            phases: Phases::NONE,
            phase: Phase::Open,
            winner: None,
        };
        assert_eq!(class.lesson().rounds, [expected]);
    }
}

#[test]
fn to_ask_again_closes_what_was_asked_before() {
    let mut class = class();
    class.does(DAN, RaiseHand);
    let first = class.round_of(ADA, asks("One?"));
    class.does(CLEO, RaiseHand);
    let second = class.round_of(BEN, asks("Two?"));
    assert_eq!(class.state(first, EVE), Some(InviteeState::Cancelled));
    assert_eq!(class.lesson().rounds.len(), 1);
    assert_eq!(class.lesson().round_now().map(|round| round.invite_id), Some(second));
    assert_eq!(class.hands(), [DAN], "who asked unprompted, and answered nothing");
    assert!(class.lesson().hands[0].own_question);
    class.does(CLEO, RaiseHand);
    assert_eq!(class.tries(CLEO, &RaiseHand), Ok(vec![]), "a hand is up once");
}

#[test]
fn to_pass_keeps_ones_place() {
    let mut class = class();
    class.does(ADA, asks(""));
    class.does(CLEO, RaiseHand);
    class.does(DAN, RaiseHand);
    class.wait(3_000);
    let mut before = class.lesson().hands;
    class.does(ADA, CallOn(CLEO));
    let call = class.latest();
    assert_eq!(class.does(CLEO, Pass), [rejected(call, CLEO)]);
    before[0].passed = true;
    assert_eq!(class.lesson().hands, before);
    assert_eq!(class.standing(CLEO), Standing::HandUp { place: 1, of: 2 });
    class.does(ADA, CallOn(CLEO));
    assert_eq!(class.invited(), [CLEO], "and may be called on again");
}

#[test]
fn a_call_that_was_taken_back_or_never_asked_for_leaves_the_hands_alone() {
    let mut class = class();
    class.does(ADA, asks(""));
    class.does(CLEO, RaiseHand);
    class.does(ADA, CallOn(CLEO));
    class.does(BEN, CancelCall(CLEO));
    assert_eq!((class.hands(), class.invited()), (vec![CLEO], vec![]));
    class.does(BEN, CallOn(DAN));
    class.does(DAN, Speak);
    assert_eq!((class.hands(), class.speaking()), (vec![CLEO], vec![DAN]));
}

#[test]
fn several_may_speak_and_are_invited_oldest_first() {
    let mut class = class();
    let all = class.fresh();
    class.sends(in_group(ADA, all, Everyone, r#"{"operation":"speaking"}"#, Answers::Each));
    for student in [DAN, CLEO] {
        class.wait(1);
        class.sends(accept(student, all));
    }
    class.wait(1);
    class.does(EVE, Pass);
    class.does(ADA, CallOn(EVE));
    class.wait(1);
    class.sends(join(FAY));
    assert_eq!((class.speaking(), class.invited()), (vec![DAN, CLEO], vec![EVE, FAY]));
    class.does(ADA, end_turn(DAN));
    assert_eq!(class.speaking(), [CLEO]);
}

/// What a student puts before the group, whatever its `data` says.
fn ask_of(student: UserId, invite_id: InviteId, invitee_list: InviteeList) -> Command {
    in_group(student, invite_id, invitee_list, "", Answers::Each)
}

#[test]
fn students_ask_unprompted_only_while_the_floor_is_open() {
    let mut class = class();
    let one_to_one = Command::Invite {
        actor: CLEO,
        invite_id: invite_id(101),
        invitee: ADA,
        data: String::new(),
        timeout: Timeout::NEVER,
    };
    for (open, asked) in [(true, Ok(())), (false, Err(NOT_ASKED)), (true, Ok(()))] {
        class.does(ADA, Change(floor(open)));
        let says = |command: Command| class.clone().act(command).map(drop);
        for invitee_list in [Everyone, only([ADA]), only([ADA, BEN])] {
            assert_eq!(says(ask_of(CLEO, invite_id(100), invitee_list)), asked, "{open}");
        }
        let to_student = ask_of(CLEO, invite_id(100), only([DAN]));
        assert_eq!(says(to_student), Err(Rejection::InvitesTeachersOnly), "students ask teachers");
        let by_teacher = ask_of(ADA, invite_id(100), Everyone);
        assert_eq!(says(by_teacher), Ok(()), "teachers always may");
        assert_eq!(says(one_to_one.clone()), Ok(()), "a one-to-one invitation is no ask");
    }
}

#[test]
fn a_student_has_one_open_ask_at_a_time() {
    const FIRST: InviteId = invite_id(100);
    const SECOND: InviteId = invite_id(101);
    let mut class = class();
    let Command::InviteInGroup { actor, invite_id, invitee_list, data, answers, .. } =
        ask_of(CLEO, FIRST, only([ADA, BEN]))
    else {
        panic!("an ask is an invitation to the group")
    };
    let timeout = Timeout::new(10).expect("a timeout");
    class.sends(Command::InviteInGroup { actor, invite_id, invitee_list, data, timeout, answers });
    for invitee_list in [Everyone, only([BEN])] {
        let second = class.clone().act(ask_of(CLEO, SECOND, invitee_list)).map(drop);
        assert_eq!(second, Err(SECOND_ASK));
    }
    assert_eq!(SECOND_ASK.to_string(), "You have asked already, and your ask is still open.");
    assert_eq!((SECOND_ASK.status(), u16::from(SECOND_ASK.code())), (409, 8012));
    class.clone().sends(ask_of(DAN, SECOND, Everyone));
    class.clone().sends(ask_of(ADA, SECOND, Everyone));
    let closings: [fn(&mut Class); 4] = [
        |class| drop(class.sends(cancel(CLEO, FIRST))),
        |class| drop([accept(ADA, FIRST), reject(BEN, FIRST)].map(|verb| class.sends(verb))),
        |class| class.wait(10_000),
        |class| drop(class.does(ADA, MakeRole(CLEO, Role::Teacher))),
    ];
    for close in closings {
        let mut class = class.clone();
        close(&mut class);
        class.sends(ask_of(CLEO, SECOND, Everyone));
    }
}

#[test]
fn an_ask_is_over_at_its_deadline_and_not_before() {
    let mut class = class();
    let mut ask = ask_of(CLEO, invite_id(100), Everyone);
    if let Command::InviteInGroup { timeout, .. } = &mut ask {
        *timeout = Timeout::new(10).expect("a timeout");
    }
    class.sends(ask);
    // As the rules are asked, without the clock's own command before.
    let says = |class: &Class| {
        let ask = ask_of(CLEO, invite_id(101), Everyone);
        act(&mut class.group.clone(), class.now, ask, &Classroom).map(drop)
    };
    class.wait(9_999);
    assert_eq!(says(&class), Err(SECOND_ASK));
    class.wait(1);
    assert_eq!(says(&class), Ok(()));
}

#[test]
fn the_deeds_that_are_verbs_of_the_class_become_them() {
    let mut class = class();
    let change = |actor, settings| Command::ChangeGroup { actor, name: None, settings };
    for (actor, deed, command) in [
        (ADA, Change(SettingsChange::lock(true)), change(ADA, SettingsChange::lock(true))),
        (BEN, Change(SettingsChange::lock(false)), change(BEN, SettingsChange::lock(false))),
        (ADA, Change(floor(true)), change(ADA, floor(true))),
        (BEN, Change(floor(false)), change(BEN, floor(false))),
        (ADA, Change(calls(true)), change(ADA, calls(true))),
        (BEN, Change(calls(false)), change(BEN, calls(false))),
        (
            ADA,
            MakeRole(CLEO, Role::Teacher),
            Command::ChangeRole { actor: ADA, user: CLEO, role: Role::Teacher },
        ),
        (ADA, Remove(CLEO), Command::Leave { actor: ADA, user: CLEO }),
        (CLEO, Remove(CLEO), Command::Leave { actor: CLEO, user: CLEO }),
        (BEN, EndClass, Command::End { actor: BEN }),
    ] {
        assert_eq!(class.planned(actor, &deed), Ok(vec![command]), "{deed:?}");
    }
}

#[test]
fn the_end_of_the_class_ends_every_hand_turn_and_round() {
    let mut class = class();
    class.does(CLEO, RaiseHand);
    class.does(ADA, CallOn(DAN));
    class.does(DAN, Speak);
    class.does(ADA, CallOn(EVE));
    class.does(ADA, asks(""));
    class.does(BEN, EndClass);
    assert_eq!(class.lesson(), Default::default());
    assert_eq!(class.tries(BEN, &EndClass), Err(Rejected(Rejection::Ended)));
}

#[test]
fn a_deed_with_nothing_to_be_done_is_nothing_or_says_that_it_is_settled() {
    let mut class = class();
    for (actor, deed) in [
        (CLEO, LowerHand),
        (CLEO, Done),
        (ADA, stop_asking()),
        (ADA, CancelCall(CLEO)),
        (ADA, end_turn(CLEO)),
        (ADA, lower(CLEO)),
        (ADA, lower_all()),
        (ADA, lower(FAY)),
    ] {
        assert_eq!(class.tries(actor, &deed), Ok(vec![]), "{deed:?}");
    }
    for deed in [NotNow, Speak, Pass] {
        assert_eq!(class.tries(CLEO, &deed), Err(Stopped(Obstacle::Settled)), "{deed:?}");
    }
}

#[test]
fn what_only_a_teacher_may_do_a_student_may_not_and_nobody_ends_anothers_things() {
    let no = Err(Rejected(Rejection::TeachersOnly));
    let mut class = class();
    class.does(CLEO, RaiseHand);
    class.does(ADA, asks(""));
    class.does(DAN, RaiseHand);
    class.does(ADA, CallOn(EVE));
    for deed in [
        asks("Mine?"),
        stop_asking(),
        CallOn(CLEO),
        CallOn(DAN),
        CancelCall(EVE),
        lower(CLEO),
        lower(DAN),
        Change(SettingsChange::lock(true)),
        Change(floor(false)),
        MakeRole(EVE, Role::Teacher),
        Remove(DAN),
        EndClass,
    ] {
        let before = class.group.clone();
        let refused = class.tries(EVE, &deed);
        let Err(Rejected(why)) = refused else { panic!("{deed:?}: {refused:?}") };
        assert_eq!(why.code(), signaling::Code::NotPermitted, "{deed:?}");
        assert_eq!(class.group, before, "{deed:?}");
    }
    class.does(ADA, CallOn(CLEO));
    assert_eq!(class.tries(EVE, &end_turn(CLEO)), no);
}

#[test]
fn a_second_identical_deed_does_no_harm() {
    type Before = fn(&mut Class);
    let asked: Before = |class| drop(class.does(ADA, asks("Why?")));
    let raised: Before = |class| {
        class.does(ADA, asks("Why?"));
        class.does(CLEO, RaiseHand);
    };
    let unprompted: Before = |class| drop(class.does(CLEO, RaiseHand));
    let called: Before = |class| drop(class.does(ADA, CallOn(CLEO)));
    let speaks: Before = |class| {
        class.does(ADA, CallOn(CLEO));
        class.does(CLEO, Speak);
    };
    let taken: Before = |class| {
        class.does(CLEO, RaiseHand);
        class.does(ADA, CallOn(CLEO));
    };
    let nothing: Before = |_| {};
    let settled = Err(Stopped(Obstacle::Settled));
    let none = || Ok(Vec::new());
    for (before, actor, deed, second) in [
        (nothing, CLEO, RaiseHand, none()),
        (asked, CLEO, RaiseHand, none()),
        (raised, CLEO, LowerHand, none()),
        (unprompted, CLEO, LowerHand, none()),
        (asked, CLEO, NotNow, settled.clone()),
        (called, CLEO, Speak, none()),
        (called, CLEO, Pass, settled),
        (speaks, CLEO, Done, none()),
        (taken, CLEO, Done, none()),
        (raised, ADA, stop_asking(), none()),
        (nothing, ADA, CallOn(CLEO), none()),
        (raised, ADA, CallOn(CLEO), none()),
        (unprompted, ADA, CallOn(CLEO), none()),
        (called, ADA, CancelCall(CLEO), none()),
        (speaks, ADA, end_turn(CLEO), none()),
        (taken, ADA, end_turn(CLEO), none()),
        (raised, ADA, lower(CLEO), none()),
        (unprompted, ADA, lower(CLEO), none()),
        (unprompted, ADA, lower_all(), none()),
        (nothing, ADA, Change(SettingsChange::lock(true)), none()),
        (nothing, ADA, Change(floor(false)), none()),
        (nothing, ADA, MakeRole(CLEO, Role::Teacher), none()),
        (raised, ADA, Remove(CLEO), Err(Rejected(Rejection::NoSuchMember))),
        (raised, ADA, EndClass, Err(Rejected(Rejection::Ended))),
    ] {
        let mut class = class();
        before(&mut class);
        assert!(!class.does(actor, deed.clone()).is_empty(), "{deed:?} does something");
        let lesson = class.lesson();
        // The same tap that reached the server twice, planned anew …
        assert_eq!(class.tries(actor, &deed), second, "{deed:?} again");
        // … or by a colleague.
        if actor == ADA {
            let _ = class.tries(BEN, &deed);
        }
        assert_eq!(class.lesson(), lesson, "{deed:?}");
    }
}

#[test]
fn two_identical_deeds_that_were_planned_before_either_was_done_do_no_harm() {
    for (before, actor, deed) in [
        (None, CLEO, RaiseHand),
        (Some((ADA, asks(""))), CLEO, RaiseHand),
        (Some((CLEO, RaiseHand)), CLEO, LowerHand),
        (Some((CLEO, RaiseHand)), ADA, CallOn(CLEO)),
        (Some((CLEO, RaiseHand)), ADA, lower(CLEO)),
        (Some((ADA, CallOn(CLEO))), CLEO, Speak),
        (Some((ADA, CallOn(CLEO))), CLEO, Pass),
    ] {
        let mut class = class();
        if let Some((by, before)) = before {
            class.does(by, before);
        }
        let one = class.planned(actor, &deed).expect("it can be done");
        class.fresh();
        let two = class.planned(actor, &deed).expect("it can be done");
        class.run(one).expect("it is done");
        let lesson = class.lesson();
        let _ = class.run(two);
        assert_eq!(class.lesson(), lesson, "{deed:?}");
    }
    // Asked anew twice: one row still, and one tap lowers it.
    let mut class = quiet_class();
    class.does(ADA, asks(""));
    class.does(CLEO, NotNow);
    let one = class.planned(CLEO, &RaiseHand).expect("it can be done");
    class.fresh();
    let two = class.planned(CLEO, &RaiseHand).expect("it can be done");
    class.run(one).expect("it is done");
    class.run(two).expect("it is done");
    assert_eq!((class.hands(), class.sources(CLEO).len()), (vec![CLEO], 2));
    class.does(CLEO, LowerHand);
    assert_eq!(class.hands(), []);
}

#[test]
fn a_teacher_and_a_student_who_act_at_once_come_to_one_thing() {
    // Cleo lowers her unprompted hand just before Ada takes it.
    let mut class = class();
    class.does(CLEO, RaiseHand);
    let take = class.planned(ADA, &CallOn(CLEO)).expect("it can be done");
    class.does(CLEO, LowerHand);
    let late = class.run(take);
    assert_eq!(late, Err(Rejection::AlreadyProcessed(InviteeState::Cancelled)));
    assert_eq!((class.hands(), class.speaking()), (vec![], vec![]));
    // Cleo lowers it just after.
    class.does(CLEO, RaiseHand);
    let lower = class.planned(CLEO, &LowerHand).expect("it can be done");
    class.does(ADA, CallOn(CLEO));
    // To cancel once more what another teacher's part was cancelled with is no error.
    let _ = class.run(lower);
    assert_eq!((class.hands(), class.speaking()), (vec![], vec![CLEO]));
    // Ada and Ben take the same hand.
    class.does(DAN, RaiseHand);
    let one = class.planned(ADA, &CallOn(DAN)).expect("it can be done");
    let two = class.planned(BEN, &CallOn(DAN)).expect("it can be done");
    class.run(one).expect("it is done");
    assert_eq!(class.run(two), Err(Rejection::AlreadyProcessed(InviteeState::Cancelled)));
    assert_eq!(class.speaking(), [CLEO, DAN]);
}

// What matters most to one student: one thing at a time.

#[test]
fn standing_is_the_one_thing_that_matters_most() {
    let mut class = quiet_class();
    assert_eq!(class.standing(CLEO), Standing::Waiting, "the floor is closed");
    class.does(ADA, Change(floor(true)));
    assert_eq!(class.standing(CLEO), Standing::MayRaise, "the floor is open");
    assert_eq!(class.standing(ADA), Standing::Waiting, "a teacher raises no hand");
    assert_eq!(class.standing(FAY), Standing::Waiting, "nor does who is not here");

    class.does(DAN, RaiseHand);
    class.does(CLEO, RaiseHand);
    assert_eq!(class.standing(DAN), Standing::HandUp { place: 1, of: 2 });
    assert_eq!(class.standing(CLEO), Standing::HandUp { place: 2, of: 2 });

    let round = class.round_of(ADA, asks("Why?"));
    assert_eq!(class.standing(CLEO), Standing::HandUp { place: 2, of: 2 }, "before being asked");
    let asked = |class: &Class, who| match class.standing(who) {
        Standing::Asked(round) => Some(round.invite_id),
        _ => None,
    };
    assert_eq!(asked(&class, EVE), Some(round), "before the open floor");
    class.does(EVE, NotNow);
    assert_eq!(class.standing(EVE), Standing::MayRaise, "declined");
    class.does(ADA, Change(floor(false)));
    assert_eq!(class.standing(EVE), Standing::MayRaise, "anew in the same round");

    class.does(ADA, CallOn(EVE));
    let call = class.latest();
    assert!(matches!(class.standing(EVE), Standing::Invited(i) if i.invite_id == call));
    class.does(EVE, RaiseHand);
    assert!(matches!(class.standing(EVE), Standing::Invited(_)), "before one's own hand");
    class.does(EVE, Speak);
    let speaks = Standing::Speaking(class.lesson().turn(EVE).expect("a turn").clone());
    assert_eq!(class.standing(EVE), speaks);
    let another = class.round_of(ADA, asks("Else?"));
    assert_eq!(class.standing(EVE), speaks, "before being asked");
    class.does(ADA, CallOn(DAN));
    assert!(matches!(class.standing(DAN), Standing::Speaking(turn) if turn.part_of == ADA));
    assert_eq!(class.standing(CLEO), Standing::HandUp { place: 1, of: 1 }, "one place on");
    class.does(EVE, Done);
    assert_eq!(asked(&class, EVE), Some(another), "what was asked meanwhile");
    class.does(ADA, stop_asking());
    assert_eq!(class.standing(EVE), Standing::Waiting);
}

#[test]
fn of_several_rounds_the_newest_unanswered_one_is_asked() {
    let mut class = quiet_class();
    let ids = [class.fresh(), class.fresh()];
    for round in ids {
        class.sends(in_group(
            ADA,
            round,
            Everyone,
            r#"{"operation":"hand_raising"}"#,
            Answers::Each,
        ));
    }
    for round in [ids[1], ids[0]] {
        assert!(matches!(class.standing(CLEO), Standing::Asked(asked) if asked.invite_id == round));
        class.does(CLEO, NotNow);
    }
    assert_eq!(class.standing(CLEO), Standing::MayRaise);
}

// One lesson, on the server and in every browser alike.

#[test]
fn a_browser_that_came_in_the_middle_reads_the_same_lesson() {
    let mut class = class();
    class.does(CLEO, RaiseHand);
    class.does(ADA, asks_within("Why?", 60));
    class.does(DAN, RaiseHand);
    class.does(EVE, NotNow);
    let snapshot = Snapshot::of(&class.group, DAN, class.now, |_| true);
    let wire = serde_json::to_string(&snapshot).expect("a snapshot is JSON");
    let mut browser: Group = serde_json::from_str::<Snapshot>(&wire).expect("and back").into();
    let seen = class.log.len();
    assert_eq!(classroom::Lesson::of(&browser), class.lesson());

    class.sends(join(FAY));
    class.does(FAY, RaiseHand);
    class.does(ADA, CallOn(CLEO));
    class.does(BEN, CallOn(DAN));
    class.does(DAN, Speak);
    class.does(ADA, stop_asking());
    class.wait(1_000);
    class.does(CLEO, Done);
    for event in &class.log[seen..] {
        // Through JSON, as a stream sends it.
        let body = serde_json::to_string(event).expect("an event is JSON");
        let mut body = serde_json::Deserializer::from_str(&body);
        let event = Event::decode(event.kind.name(), &mut body).expect("and back");
        apply(&mut browser, &event);
    }
    let lesson = class.lesson();
    assert_eq!(classroom::Lesson::of(&browser), lesson);
    assert_eq!((class.hands(), class.speaking()), (vec![FAY], vec![DAN]));
    for student in [CLEO, DAN, EVE, FAY] {
        assert_eq!(lesson.standing(&browser, student), class.standing(student));
    }
}

#[test]
fn no_two_applications_have_a_setting_of_one_name_nor_of_the_engines() {
    let names: Vec<&str> = APPLICATIONS.settings().iter().map(|switch| switch.name()).collect();
    assert_eq!(
        names,
        [
            "askAnytime",
            "turnStartsAtOnce",
            "fairOrder",
            "speakingLimit",
            "endByItself",
            "voice",
            "sameRoom",
            "studentsMayCall"
        ]
    );
    let distinct: BTreeSet<&str> = names.iter().copied().chain(["locked", "names"]).collect();
    assert_eq!(distinct.len(), names.len() + 2);
}

#[test]
fn the_classroom_and_calls_answer_for_what_is_theirs_as_one() {
    let hands = Operation::asks(Some("Why?".to_owned())).to_data();
    let floor = Operation::CALL.to_data();
    let ring = Offer { media: Media::Video, room: "r".to_owned() }.to_data();
    let silent = Offer { media: Media::Video, room: String::new() }.to_data();
    let asked = Operation::asks(None).to_data();
    for (data, reason, silence, kept) in [
        (hands.as_str(), Some("lowered"), None, Some(asked)),
        (&floor, Some("spoke"), None, Some(floor.clone())),
        (&ring, Some("hung_up"), Some(20), Some(silent)),
        ("words", None, None, None),
    ] {
        assert_eq!(APPLICATIONS.finish_reason(data), reason, "{data}");
        assert_eq!(APPLICATIONS.silence(data), silence, "{data}");
        assert_eq!(APPLICATIONS.keep_when_erased(data), kept, "{data}");
    }
    for reason in ["called_on", "lowered", "spoke", "hung_up", "busy", "crossed", "failed"] {
        assert!(APPLICATIONS.knows_reason(reason) && KnownReason::read(reason).is_some());
    }
    for (words, is_known) in [("left", true), ("because", false), ("", false)] {
        assert!(!APPLICATIONS.knows_reason(words), "{words} is no application's");
        assert_eq!(KnownReason::read(words).is_some(), is_known);
    }
    assert_eq!(APPLICATIONS.reading_version(), Classroom.reading_version());
    assert_eq!(Classroom.reading_version(), Chronicle::VERSION);
    assert!(APPLICATIONS.log_reader(GROUP, Some("nonsense")).is_none(), "the history is hers");
}

#[test]
fn of_two_applications_each_refuses_and_lets_follow_what_is_its_own() {
    let mut class = class();
    let refused =
        |class: &Class, command: &Command| APPLICATIONS.refuse(&class.group, class.now, command);
    let data = Offer { media: Media::Audio, room: "r".to_owned() }.to_data();
    let (invite_id, timeout) = (invite_id(100), Timeout::NEVER);
    let calls = Command::Invite { actor: CLEO, invite_id, invitee: ADA, data, timeout };
    assert_eq!(refused(&class, &calls), Some(CALLS_ARE_OFF), "calls are off at first");
    class.sends(Command::ChangeGroup {
        actor: ADA,
        name: None,
        settings: SettingsChange {
            switches: vec![(STUDENTS_MAY_CALL, true), (ASK_ANYTIME, false)],
            ..SettingsChange::default()
        },
    });
    assert_eq!(refused(&class, &calls), None);
    let asks = ask_of(CLEO, invite_id, Everyone);
    assert_eq!(refused(&class, &asks), Some(NOT_ASKED), "the floor is closed");
}

#[test]
fn what_is_left_of_a_buzzer_is_for_those_who_have_not_answered() {
    let mut class = quiet_class();
    class.round_of(ADA, buzzer());
    class.does(CLEO, NotNow);
    assert_eq!(class.standing(CLEO), Standing::Waiting);
    assert_eq!(class.tries(CLEO, &RaiseHand), Err(Stopped(Obstacle::FloorClosed)));
    assert!(matches!(class.standing(DAN), Standing::Asked(_)));
    class.round_of(ADA, asks("Why?"));
    class.does(CLEO, NotNow);
    assert_eq!(class.standing(CLEO), Standing::MayRaise, "a round can be answered anew");
}

#[test]
fn whoever_was_a_teacher_for_a_while_is_asked_again_by_the_round_that_goes_on() {
    let mut class = quiet_class();
    let round = class.round_of(ADA, asks("Why?"));
    class.does(ADA, MakeRole(CLEO, Role::Teacher));
    assert_eq!(class.state(round, CLEO), Some(InviteeState::Cancelled));
    class.does(ADA, MakeRole(CLEO, Role::Student));
    assert_eq!(class.state(round, CLEO), Some(InviteeState::Pending));
    class.does(CLEO, RaiseHand);
    assert_eq!(class.hands(), [CLEO]);
}
