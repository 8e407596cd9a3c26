//! A lesson of which everything is known, as the history tells it.

mod support;

use call::{Media, Outcome};
use classroom::history::{Chronicle, Kind, Record, Summary, sections};
use classroom::{ASK_ANYTIME, Classroom, Deed, Move, Reason, TURN_STARTS_AT_ONCE};
use signaling::test_support::{accept, make, name};
use signaling::{
    Alike, Answers, Application, Command, Event, FinishWhom, InviteeList, InviteeState, Role,
    SettingsChange, Timeout, UserId,
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
fn the_server_reads_the_history_as_a_log_that_it_can_put_down_and_take_up() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    does(&mut class, ADA, &ask(0));
    does(&mut class, CY, &Deed::RaiseHand);
    let (chronicle, _) = told(&class.log);
    let mut state: Option<String> = None;
    for event in &class.log {
        let mut reader = Classroom.log_reader(GROUP, state.as_deref()).expect("it has a history");
        reader.read(event);
        let reading = reader.reading();
        let summary: Summary = serde_json::from_str(&reading.summary).expect("JSON");
        let restored = Chronicle::restore(&reading.state).expect("its own text");
        assert_eq!(summary, restored.summary());
        state = Some(reading.state);
    }
    assert_eq!(state, Some(chronicle.save()));
    assert_eq!((chronicle.summary().rounds, chronicle.summary().hands), (1, 1));
}

#[test]
fn what_was_asked_before_each_change_is_told_but_not_when_hands_could_go_up() {
    let asks = |more: &str| format!(r#"{{"operation":"hand_raising"{more}}}"#);
    let why = r#","question":"Why?""#;
    let how = r#","question":"How?""#;
    for (before, after, is_told) in [
        (asks(why), asks(how), true),
        (asks(why), asks(&format!("{why},\"slide\":3")), true),
        (asks(why), asks(&format!("{why},\"pairsAfter\":3,\"opensAfter\":9")), false),
        (asks(&format!("{why},\"opensAfter\":3")), asks(why), false),
        (asks(&format!("{why},\"opensAfter\":3")), asks(&format!("{how},\"opensAfter\":9")), true),
        (asks(why), "words".to_owned(), true),
        (r#"{"opensAfter":3}"#.to_owned(), r#"{"opensAfter":9}"#.to_owned(), true),
        ("words".to_owned(), asks(why), true),
    ] {
        let mut class = Class::taught_by(ADA, BEN, &[CY]);
        let invite_id = class.fresh();
        let (timeout, answers) = (Timeout::NEVER, Answers::Each);
        let invitee_list = InviteeList::Everyone;
        let data = before.clone();
        let asks =
            Command::InviteInGroup { actor: ADA, invite_id, invitee_list, data, timeout, answers };
        class.act(asks).expect("a teacher asks");
        class.wait(1_000);
        let data = after.clone();
        let modify = Command::Modify { actor: ADA, invite_id, data, expires_at: None };
        class.act(modify).expect("a teacher changes it");
        let (_, records) = told(&class.log);
        let changes: Vec<_> = records[0].changes.iter().map(|it| (it.at, &it.before)).collect();
        let expected = if is_told { vec![(class.now, &before)] } else { Vec::new() };
        assert_eq!((changes, &records[0].data), (expected, &after), "{before} {after}");
    }
}

#[test]
fn a_chronicle_tells_of_which_class_it_is_and_from_when_to_when() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    let began = class.now;
    let nothing = Chronicle::new(GROUP);
    assert_eq!((nothing.id(), nothing.name(), nothing.seq()), (GROUP, "", 0));
    assert_eq!((nothing.began_at(), nothing.last_at(), nothing.rounds()), (None, None, 0));
    does(&mut class, ADA, &Deed::Rename(name("Physics")));
    does(&mut class, ADA, &ask(0));
    does(&mut class, ADA, &ask(0));
    let (mut chronicle, _) = told(&class.log);
    let (seq, last) = (class.group.seq, class.now);
    assert_eq!((chronicle.name(), chronicle.seq(), chronicle.rounds()), ("Physics", seq, 2));
    assert_eq!((chronicle.began_at(), chronicle.last_at()), (Some(began), Some(last)));
    assert!(!chronicle.has_ended());
    let people: Vec<UserId> = chronicle.people().iter().map(|person| person.user).collect();
    assert_eq!((people, chronicle.person(EVE)), (vec![ADA, BEN, CY], None));
    // What was told already changes nothing.
    let saved = chronicle.save();
    assert!(class.log.iter().all(|event| chronicle.tell(event).is_empty()));
    assert_eq!(chronicle.save(), saved);
    does(&mut class, ADA, &Deed::EndClass);
    let (chronicle, _) = told(&class.log);
    assert!(chronicle.has_ended());
    assert_eq!(chronicle.forgotten_millis(), None, "somebody ended it");
}

#[test]
fn whoever_has_a_name_that_looks_like_another_is_told_apart_from_them() {
    let mut class = Class::taught_by(ADA, BEN, &[]);
    let mut joins = |user, called: &str, alike| {
        class.act(Command::Join { user, name: name(called), alike }).expect("the class is open");
    };
    joins(CY, "Sam", None);
    joins(DEE, "sam", Some(Alike { user_id: CY, number: 2 }));
    joins(EVE, "teacher", Some(Alike { user_id: ADA, number: 2 }));
    let (chronicle, _) = told(&class.log);
    let person = |user| chronicle.person(user).expect("they were there");
    let names = [ADA, CY, DEE, EVE].map(|user| person(user).told_apart());
    assert_eq!(names, ["Teacher", "Sam", "sam (2)", "teacher (2)"]);
    let is_like_teacher = [ADA, BEN, CY, DEE, EVE].map(|it| chronicle.is_like_teacher(person(it)));
    assert_eq!(is_like_teacher, [false, false, false, false, true]);
    let summary = chronicle.summary();
    assert_eq!(
        (summary.teachers, summary.students),
        (vec!["Teacher".into(), "Somebody".into()], 3)
    );
    class.act(make(ADA, Role::Teacher, EVE)).expect("a co-teacher");
    let (chronicle, _) = told(&class.log);
    let eve = chronicle.person(EVE).expect("Eve");
    assert!(!chronicle.is_like_teacher(eve), "who teaches is one");
    assert_eq!(chronicle.summary().students, 2);
}

#[test]
fn what_an_invitation_was_for_is_told_by_who_sent_it_to_whom() {
    const ASKING: &str = r#"{"operation":"hand_raising","question":"Why?"}"#;
    const SPEAKING: &str = r#"{"operation":"speaking"}"#;
    const APPLYING: &str = r#"{"operation":"speech_application"}"#;
    const CALLING: &str = r#"{"operation":"call","media":"audio"}"#;
    let all = || Some(InviteeList::Everyone);
    let these = |members: &[UserId]| Some(InviteeList::Members(members.to_vec()));
    for (inviter, to, data, kind) in [
        (ADA, all(), ASKING, Kind::Round),
        (ADA, these(&[CY, DEE]), ASKING, Kind::Round),
        (ADA, these(&[CY]), ASKING, Kind::Again),
        (ADA, None, ASKING, Kind::Other),
        (CY, all(), ASKING, Kind::Other),
        (CY, None, ASKING, Kind::Other),
        (ADA, all(), SPEAKING, Kind::Floor),
        (ADA, these(&[CY]), SPEAKING, Kind::Floor),
        (ADA, None, SPEAKING, Kind::Other),
        (CY, all(), SPEAKING, Kind::Other),
        (CY, None, SPEAKING, Kind::Other),
        (CY, all(), APPLYING, Kind::Ask),
        (CY, these(&[ADA]), APPLYING, Kind::Ask),
        (CY, None, APPLYING, Kind::Other),
        (ADA, all(), APPLYING, Kind::Other),
        (ADA, None, APPLYING, Kind::Other),
        (ADA, these(&[CY, DEE]), CALLING, Kind::Call),
        (ADA, None, CALLING, Kind::Call),
        (CY, None, CALLING, Kind::Call),
        (ADA, all(), "words", Kind::Other),
    ] {
        let mut class = Class::taught_by(ADA, BEN, &[CY, DEE]);
        class.wait(1_000);
        let (invite_id, timeout) = (class.fresh(), Timeout::new(60).expect("a timeout"));
        let what = format!("{inviter:?} to {to:?}: {data}");
        let (is_private, to_everyone) = (to.is_none(), to == all());
        let invitee = if inviter == ADA { CY } else { ADA };
        let (actor, data) = (inviter, data.to_owned());
        class
            .act(match to {
                None => Command::Invite { actor, invite_id, invitee, data, timeout },
                Some(invitee_list) => {
                    let answers = Answers::First;
                    Command::InviteInGroup {
                        actor,
                        invite_id,
                        invitee_list,
                        data,
                        timeout,
                        answers,
                    }
                }
            })
            .unwrap_or_else(|refused| panic!("{what}: {refused:?}"));
        let (chronicle, records) = told(&class.log);
        let record = &records[0];
        assert_eq!((record.kind, record.inviter, record.asked_at), (kind, inviter, class.now));
        assert_eq!((record.is_private, record.to_everyone), (is_private, to_everyone), "{what}");
        assert_eq!(record.timeout, timeout, "{what}");
        assert_eq!(record.question.is_some(), record.data == ASKING, "{what}");
        assert_eq!(record.media, (kind == Kind::Call).then_some(Media::Audio), "{what}");
        let speaker = match kind {
            Kind::Floor => Some(DEE),
            Kind::Ask => Some(inviter),
            Kind::Round | Kind::Again | Kind::Call | Kind::Other => None,
        };
        assert_eq!(record.speaker(DEE), speaker, "{what}");
        let summary = chronicle.summary();
        assert_eq!(summary.rounds, u32::from(kind == Kind::Round), "{what}");
        assert_eq!(summary.hands, u32::from(kind == Kind::Ask), "{what}");
        let called: u32 = chronicle.people().iter().map(|person| person.called).sum();
        let asked = u32::try_from(record.parts.len()).expect("a few");
        assert_eq!(called, if kind == Kind::Floor { asked } else { 0 }, "{what}");
    }
}

#[test]
fn an_answer_that_a_teacher_gave_for_a_student_is_told_as_that_teachers() {
    use InviteeState::{Accepted, Finished, Rejected};

    let mut class = Class::taught_by(ADA, BEN, &[CY, DEE]);
    does(&mut class, ADA, &ask(0));
    does(&mut class, BEN, &Deed::Move(Move::Raise { student: CY }));
    does(&mut class, DEE, &Deed::RaiseHand);
    does(&mut class, ADA, &Deed::CallOn(CY));
    does(&mut class, BEN, &Deed::Move(Move::StartTurn { student: CY }));
    does(&mut class, ADA, &Deed::CallOn(DEE));
    does(&mut class, BEN, &Deed::Move(Move::Skip { student: DEE }));
    does(&mut class, ADA, &Deed::CallOn(DEE));
    does(&mut class, DEE, &Deed::Pass);
    let (chronicle, records) = told(&class.log);
    let answers: Vec<_> = records
        .iter()
        .flat_map(|record| &record.parts)
        .map(|part| (part.user, part.state, part.answered_by))
        .collect();
    assert_eq!(
        answers,
        [
            (CY, Finished, Some(BEN)),
            (DEE, Accepted, None),
            (CY, Accepted, Some(BEN)),
            (DEE, Rejected, Some(BEN)),
            (DEE, Rejected, None),
        ]
    );
    let figures = |user| {
        let person = chronicle.person(user).expect("they were there");
        (person.hands, person.called, person.turns, person.passes)
    };
    assert_eq!(figures(CY), (1, 1, 1, 0));
    assert_eq!(figures(DEE), (1, 2, 0, 1), "whoever is passed over has not passed");
}

#[test]
fn an_ask_that_a_teacher_declines_is_no_turn_that_its_student_passed() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    does(&mut class, CY, &Deed::RaiseHand);
    does(&mut class, BEN, &lower(CY));
    let (chronicle, _) = told(&class.log);
    let person = chronicle.person(CY).expect("Cy");
    assert_eq!((person.hands, person.called, person.turns, person.passes), (1, 0, 0, 0));
    let teacher = chronicle.person(BEN).expect("Ben");
    assert_eq!((teacher.passes, teacher.declined), (0, 0));
}

#[test]
fn how_long_an_answer_took_and_what_it_began_lasted_is_told_where_there_was_one() {
    let mut class = Class::taught_by(ADA, BEN, &[CY, DEE, EVE]);
    does(&mut class, ADA, &ask(20));
    class.wait(1_000);
    does(&mut class, CY, &Deed::RaiseHand);
    does(&mut class, DEE, &Deed::NotNow);
    let times = |class: &Class| {
        let (_, records) = told(&class.log);
        let parts = records[0].parts.iter();
        let of = parts.map(|part| (part.user, part.answered_after(), part.lasted(class.now)));
        of.collect::<Vec<_>>()
    };
    let [cy, dee] = [(CY, Some(2_000), Some(1_000)), (DEE, Some(3_000), None)];
    assert_eq!(times(&class), [cy, dee, (EVE, None, None)], "who is silent has no time");
    class.wait(20_000);
    class.act(Command::Expire).expect("the clock is not refused");
    let cy = (CY, Some(2_000), Some(21_000));
    assert_eq!(times(&class), [cy, dee, (EVE, None, None)], "nor has who let it run out");
    does(&mut class, CY, &Deed::LowerHand);
    class.wait(5_000);
    let cy = (CY, Some(2_000), Some(22_000));
    assert_eq!(times(&class), [cy, dee, (EVE, None, None)], "it has ended");
}

#[test]
fn a_question_was_closed_once_with_the_words_that_came_with_it() {
    let close = |class: &mut Class, words: (&str, &str)| {
        let (reason, data) = (Some(words.0.to_owned()), words.1.to_owned());
        let invite_id = class.latest();
        class.wait(1_000);
        let cancel = Command::Cancel { actor: ADA, invite_id, data, reason };
        class.act(cancel).expect("a teacher closes it");
    };
    for (data, told_data) in [("bye", Some("bye")), ("", None)] {
        let mut class = Class::taught_by(ADA, BEN, &[CY]);
        does(&mut class, ADA, &ask(0));
        does(&mut class, CY, &Deed::RaiseHand);
        let (_, records) = told(&class.log);
        assert_eq!((records[0].closed_at, &records[0].close_reason), (None, &None));
        close(&mut class, ("enough", data));
        let closed = class.now;
        does(&mut class, CY, &Deed::LowerHand);
        let (_, records) = told(&class.log);
        let record = &records[0];
        assert_eq!(
            (record.closed_at, record.close_reason.as_deref()),
            (Some(closed), Some("enough"))
        );
        assert_eq!(record.close_data.as_deref(), told_data);
        // A question to the class is for all to read.
        assert_eq!(&record.clone().for_member(DEE), record);
    }
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    does(&mut class, ADA, &ask(10));
    class.wait(10_000);
    class.act(Command::Expire).expect("the clock is not refused");
    let (_, records) = told(&class.log);
    assert_eq!((records[0].closed_at, &records[0].close_reason), (Some(class.now), &None));
}

#[test]
fn whoever_teaches_for_a_while_is_asked_anew_by_the_round_that_goes_on() {
    use InviteeState::{Finished, Pending, Rejected};

    let mut class = Class::taught_by(ADA, BEN, &[CY, DEE, EVE]);
    does(&mut class, ADA, &ask(0));
    does(&mut class, DEE, &Deed::NotNow);
    does(&mut class, EVE, &Deed::RaiseHand);
    let parts = |class: &Class| {
        let (_, records) = told(&class.log);
        let parts = records[0].parts.iter();
        parts.map(|part| (part.user, part.state, part.asked_at)).collect::<Vec<_>>()
    };
    let asked = parts(&class)[0].2;
    for role in [Role::Teacher, Role::Student] {
        for student in [CY, DEE, EVE] {
            does(&mut class, ADA, &Deed::MakeRole(student, role));
        }
    }
    let again = later(class.now, -2_000);
    assert_eq!(
        parts(&class),
        [(CY, Pending, again), (DEE, Rejected, asked), (EVE, Finished, asked)]
    );
    does(&mut class, CY, &Deed::RaiseHand);
    let (chronicle, records) = told(&class.log);
    assert_eq!(records[0].parts[0].answered_after(), Some(3_000));
    assert_eq!(chronicle.person(CY).map(|person| person.hands), Some(1));
}

#[test]
fn whoever_comes_while_a_question_can_be_answered_is_asked_by_it_then() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    does(&mut class, ADA, &ask(0));
    does(&mut class, ADA, &Deed::CallOn(CY));
    class.wait(7_000);
    class.act(join(DEE)).expect("the class is open");
    let (_, records) = told(&class.log);
    let asked: Vec<_> = records[0].parts.iter().map(|part| (part.user, part.asked_at)).collect();
    assert_eq!(asked, [(CY, records[0].asked_at), (DEE, class.now)]);
    assert_eq!(records[1].parts.len(), 1, "a call is for whom it was for");
}

#[test]
fn a_question_that_an_undo_opens_again_goes_on_for_those_whom_its_close_closed_out() {
    let mut class = Class::taught_by(ADA, BEN, &[CY, DEE, EVE]);
    does(&mut class, ADA, &ask(60));
    does(&mut class, CY, &Deed::RaiseHand);
    does(&mut class, DEE, &Deed::NotNow);
    let (_, before) = told(&class.log);
    does(&mut class, ADA, &stop_asking());
    let (_, closed) = told(&class.log);
    assert_eq!(closed[0].closed_at, Some(class.now));
    assert_eq!(closed[0].part(EVE).map(|part| part.state), Some(InviteeState::Cancelled));
    let undo = class.lesson().undo.expect("it can be undone").seq;
    does(&mut class, BEN, &Deed::Undo(undo));
    let (_, open) = told(&class.log);
    assert_eq!(open.len(), 1);
    assert_eq!(open, before, "as if it had not been closed");
    does(&mut class, EVE, &Deed::RaiseHand);
    does(&mut class, ADA, &stop_asking());
    let (chronicle, records) = told(&class.log);
    assert_eq!(records[0].closed_at, Some(class.now));
    let eve = records[0].part(EVE).expect("a part");
    assert_eq!(eve.answered_after(), Some(5_000), "from when it was asked first");
    assert_eq!(chronicle.person(EVE).map(|person| person.hands), Some(1));
    assert_eq!(chronicle.rounds(), 1);
}

#[test]
fn a_question_to_which_an_undo_has_brought_back_a_hand_is_closed_when_it_is_closed() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    does(&mut class, ADA, &ask(0));
    does(&mut class, CY, &Deed::RaiseHand);
    does(&mut class, ADA, &lower(CY));
    let undo = class.lesson().undo.expect("it can be undone").seq;
    does(&mut class, ADA, &Deed::Undo(undo));
    let (_, open) = told(&class.log);
    assert_eq!((open.len(), open[0].closed_at), (1, None));
    does(&mut class, ADA, &stop_asking());
    let (_, closed) = told(&class.log);
    assert_eq!(closed[0].closed_at, Some(class.now));
}

#[test]
fn whoever_comes_after_an_undo_has_opened_a_question_again_is_asked_by_it_too() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    does(&mut class, ADA, &ask(0));
    does(&mut class, ADA, &stop_asking());
    let undo = class.lesson().undo.expect("it can be undone").seq;
    does(&mut class, ADA, &Deed::Undo(undo));
    // Another one goes on meanwhile.
    does(&mut class, CY, &Deed::RaiseHand);
    does(&mut class, ADA, &Deed::CallOn(CY));
    class.wait(1_000);
    class.act(join(DEE)).expect("the class is open");
    let (_, records) = told(&class.log);
    let asked: Vec<_> = records[0].parts.iter().map(|part| (part.user, part.state)).collect();
    assert_eq!(asked, [(CY, InviteeState::Accepted), (DEE, InviteeState::Pending)]);
    assert_eq!(records[0].part(DEE).map(|part| part.asked_at), Some(class.now));
    assert_eq!((records.len(), records[1].parts.len()), (2, 1));
    does(&mut class, DEE, &Deed::RaiseHand);
    let (chronicle, records) = told(&class.log);
    assert_eq!(records[0].part(DEE).and_then(|part| part.answered_after()), Some(1_000));
    assert_eq!(chronicle.person(DEE).map(|person| person.hands), Some(1));
}

#[test]
fn a_hand_that_goes_up_again_in_a_question_that_an_undo_opened_again_is_counted_once() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    does(&mut class, ADA, &ask(0));
    does(&mut class, CY, &Deed::RaiseHand);
    does(&mut class, ADA, &stop_asking());
    let undo = class.lesson().undo.expect("it can be undone").seq;
    does(&mut class, ADA, &Deed::Undo(undo));
    does(&mut class, ADA, &lower(CY));
    let lowered = class.lesson().undo.expect("it can be undone").seq;
    does(&mut class, CY, &Deed::RaiseHand);
    let raised = class.now;
    let of_cy = |class: &Class| {
        let (chronicle, records) = told(&class.log);
        let part = records[0].part(CY).expect("a part");
        let hands = chronicle.person(CY).expect("Cy").hands;
        (records.len(), part.state, part.settled_at, part.ended_at, hands)
    };
    let up = (1, InviteeState::Accepted, Some(raised), None, 1);
    assert_eq!(of_cy(&class), up, "as it is now");
    does(&mut class, ADA, &Deed::Undo(lowered));
    assert_eq!(of_cy(&class), up, "it is up already");

    // A program accepts what asks anew while the hand is up.
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    does(&mut class, ADA, &ask(0));
    does(&mut class, CY, &Deed::RaiseHand);
    does(&mut class, ADA, &stop_asking());
    let undo = class.lesson().undo.expect("it can be undone").seq;
    does(&mut class, ADA, &Deed::Undo(undo));
    let again = class.lesson().rounds[0].invite_id;
    class.wait(1_000);
    class.act(accept(CY, again)).expect("it asks all");
    assert_eq!(of_cy(&class), (1, InviteeState::Accepted, Some(class.now), None, 1));
}

#[test]
fn a_teacher_who_answers_a_question_raises_no_hand() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    let invite_id = class.fresh();
    class
        .act(Command::InviteInGroup {
            actor: ADA,
            invite_id,
            invitee_list: InviteeList::Members(vec![BEN, CY]),
            data: r#"{"operation":"hand_raising"}"#.to_owned(),
            timeout: Timeout::NEVER,
            answers: Answers::Each,
        })
        .expect("a teacher asks");
    class.act(accept(BEN, invite_id)).expect("an answer");
    let (chronicle, _) = told(&class.log);
    let (summary, lessons) = (chronicle.summary(), chronicle.lessons());
    assert_eq!((summary.hands, lessons[0].hands), (0, 0));
    assert_eq!(summary.waits.to_first_hand, None);
}

#[test]
fn an_ask_that_an_undo_brings_back_can_be_taken_by_every_teacher() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    does(&mut class, CY, &Deed::RaiseHand);
    let (_, before) = told(&class.log);
    does(&mut class, BEN, &lower(CY));
    let undo = class.lesson().undo.expect("it can be undone").seq;
    does(&mut class, ADA, &Deed::Undo(undo));
    let (_, open) = told(&class.log);
    assert_eq!(open, before);
    does(&mut class, BEN, &Deed::CallOn(CY));
    does(&mut class, CY, &Deed::Done);
    let (chronicle, records) = told(&class.log);
    assert_eq!(records.len(), 1);
    let part = records[0].part(BEN).expect("a part");
    assert_eq!((part.state, part.lasted(class.now)), (InviteeState::Finished, Some(1_000)));
    let person = chronicle.person(CY).expect("Cy");
    assert_eq!((person.hands, person.called, person.turns), (1, 1, 1));
    assert_eq!(person.spoke_millis, 1_000);
}

#[test]
fn a_page_reaches_to_the_last_event_that_is_about_one_of_its_invitations() {
    let mut class = Class::taught_by(ADA, BEN, &[CY]);
    let last = |class: &Class| {
        let (chronicle, _) = told(&class.log);
        chronicle.pages()[0].last
    };
    does(&mut class, ADA, &ask(0));
    assert_eq!(last(&class), class.group.seq);
    does(&mut class, CY, &Deed::RaiseHand);
    assert_eq!(last(&class), class.group.seq);
    class.act(join(DEE)).expect("the class is open");
    let joined = class.group.seq;
    assert_eq!(last(&class), joined, "whoever comes is asked");
    does(&mut class, ADA, &Deed::Change(SettingsChange::lock(true)));
    does(&mut class, ADA, &Deed::Rename(name("Physics")));
    does(&mut class, ADA, &Deed::Remove(BEN));
    assert_eq!(last(&class), joined);
}

#[test]
fn a_record_is_handed_out_when_no_undo_can_bring_anything_of_it_back() {
    let mut class = Class::taught_by(ADA, BEN, &[CY, DEE]);
    let (mut chronicle, mut told) = (Chronicle::new(GROUP), 0);
    let mut handed_out = |class: &Class| {
        let records: Vec<Record> =
            class.log[told..].iter().flat_map(|event| chronicle.tell(event)).collect();
        told = class.log.len();
        let asked = records.iter().map(|record| record.invite_id).collect::<Vec<_>>();
        (asked, chronicle.live().len())
    };
    let rename = |class: &mut Class| {
        let named = name(&format!("4B {}", class.group.seq));
        class.tries(ADA, &Deed::Rename(named)).expect("a teacher renames it");
    };
    does(&mut class, CY, &Deed::RaiseHand);
    let ask_of_cy = class.latest();
    does(&mut class, DEE, &Deed::RaiseHand);
    let ask_of_dee = class.latest();
    does(&mut class, ADA, &lower(CY));
    does(&mut class, ADA, &lower(DEE));
    assert_eq!(handed_out(&class), (Vec::new(), 2));
    class.wait(28_999);
    rename(&mut class);
    assert_eq!(handed_out(&class), (Vec::new(), 2), "either can be undone");
    let undo = class.lesson().undo.expect("it can be undone").seq;
    class.tries(ADA, &Deed::Undo(undo)).expect("it is undone");
    assert_eq!(handed_out(&class), (Vec::new(), 2), "the second goes on");
    class.wait(1);
    rename(&mut class);
    assert_eq!(handed_out(&class), (vec![ask_of_cy], 1));
    does(&mut class, DEE, &Deed::LowerHand);
    class.wait(29_999);
    rename(&mut class);
    assert_eq!(handed_out(&class), (Vec::new(), 1));
    class.wait(1);
    rename(&mut class);
    assert_eq!(handed_out(&class), (vec![ask_of_dee], 0));
    does(&mut class, CY, &Deed::RaiseHand);
    let last = class.latest();
    does(&mut class, CY, &Deed::LowerHand);
    does(&mut class, ADA, &Deed::EndClass);
    assert_eq!(handed_out(&class), (vec![last], 0), "at the end all are");
}

#[test]
fn a_call_whose_two_found_no_way_to_each_other_lasted_for_no_time() {
    for (reason, outcome, is_timed) in
        [("failed", Outcome::Failed, false), ("hung_up", Outcome::Answered, true)]
    {
        let mut class = Class::taught_by(ADA, BEN, &[CY]);
        let (invite_id, timeout) = (class.fresh(), Timeout::NEVER);
        let data = r#"{"operation":"call","media":"video"}"#.to_owned();
        class
            .act(Command::Invite { actor: ADA, invite_id, invitee: CY, data, timeout })
            .expect("a call");
        class
            .act(Command::Accept { actor: CY, invite_id, data: String::new() })
            .expect("an answer");
        class.wait(5_000);
        let (whom, data) = (FinishWhom::Unnamed, String::new());
        let reason = Some(reason.to_owned());
        class.act(Command::Finish { actor: CY, invite_id, whom, reason, data }).expect("an end");
        let (_, records) = told(&class.log);
        let part = &records[0].parts[0];
        assert_eq!(records[0].call_outcome(part), Some(outcome));
        assert_eq!(records[0].lasted(part, class.now), is_timed.then_some(5_000));
        assert_eq!((part.ended_at, part.ended_by), (Some(class.now), Some(CY)));
    }
}

#[test]
fn a_turn_that_was_taken_back_is_none_of_the_lesson_and_took_no_time() {
    for starts_at_once in [true, false] {
        let mut class = Class::taught_by(ADA, BEN, &[CY, DEE]);
        let starts = SettingsChange::set(TURN_STARTS_AT_ONCE, starts_at_once);
        does(&mut class, ADA, &Deed::Change(starts));
        let takes_turn = |class: &mut Class, student| {
            let ends = class.lesson().one_turn().map(|turn| turn.invite_id);
            does(class, ADA, &Deed::Move(Move::Next { student, ends, waits: false }));
            if !starts_at_once {
                does(class, student, &Deed::Speak);
            }
        };
        let figures = |class: &Class| {
            let (chronicle, _) = told(&class.log);
            let lessons = chronicle.lessons();
            let [lesson] = lessons.as_slice() else { panic!("one lesson: {lessons:?}") };
            assert_eq!(lesson.waits, chronicle.summary().waits);
            let waits = (lesson.waits.to_first_turn, lesson.waits.between_turns);
            (lesson.turns, lesson.speakers, lesson.turns_of_top_three, waits)
        };
        does(&mut class, ADA, &ask(0));
        does(&mut class, CY, &Deed::RaiseHand);
        does(&mut class, DEE, &Deed::RaiseHand);
        takes_turn(&mut class, CY);
        let first = if starts_at_once { 3_000 } else { 4_000 };
        assert_eq!(figures(&class), (1, 1, 1, (Some(first), None)));
        let undo = class.lesson().undo.expect("it can be undone").seq;
        does(&mut class, ADA, &Deed::Undo(undo));
        assert_eq!(figures(&class), (0, 0, 0, (None, None)));
        takes_turn(&mut class, DEE);
        let second = first + if starts_at_once { 2_000 } else { 3_000 };
        assert_eq!(figures(&class), (1, 1, 1, (Some(second), None)));
        takes_turn(&mut class, CY);
        let between = if starts_at_once { 0 } else { 1_000 };
        assert_eq!(figures(&class), (2, 2, 2, (Some(second), Some(between))));
        let undo = class.lesson().undo.expect("it can be undone").seq;
        does(&mut class, ADA, &Deed::Undo(undo));
        assert_eq!(figures(&class), (1, 1, 1, (Some(second), None)));
    }
}

#[test]
fn a_turn_whose_end_was_taken_back_has_no_break_after_it() {
    for is_undone in [true, false] {
        let mut class = Class::taught_by(ADA, BEN, &[CY, DEE]);
        for student in [CY, DEE] {
            does(&mut class, student, &Deed::RaiseHand);
        }
        does(&mut class, ADA, &Deed::CallOn(CY));
        does(&mut class, ADA, &end_turn(CY));
        if is_undone {
            let undo = class.lesson().undo.expect("it can be undone").seq;
            does(&mut class, ADA, &Deed::Undo(undo));
        }
        does(&mut class, ADA, &Deed::CallOn(DEE));
        let (chronicle, _) = told(&class.log);
        let expected = if is_undone { None } else { Some(1_000) };
        assert_eq!(chronicle.summary().waits.between_turns, expected);
    }
}

#[test]
fn a_lesson_goes_on_after_an_hour_and_is_over_after_more() {
    const HOUR: i64 = 3_600_000;
    for (pause, lessons) in [(HOUR, 1), (HOUR + 1, 2)] {
        let mut class = Class::taught_by(ADA, BEN, &[CY, DEE]);
        let began = class.now;
        class.tries(ADA, &ask(0)).expect("a teacher asks");
        class.wait(5_000);
        class.tries(DEE, &Deed::Remove(DEE)).expect("they leave");
        let left = class.now;
        class.wait(pause);
        class.tries(CY, &Deed::RaiseHand).expect("a hand goes up");
        let (chronicle, _) = told(&class.log);
        let held = chronicle.lessons();
        let moments: Vec<_> =
            held.iter().map(|it| (it.began_at, it.ended_at, it.students)).collect();
        let expected = match lessons {
            1 => vec![(began, class.now, 1)],
            _ => vec![(began, left, 1), (class.now, class.now, 1)],
        };
        assert_eq!(moments, expected);
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
