//! Who may call whom, and what a call that meets another comes to.

mod support;

use call::{
    Answer, CALLS_ARE_OFF, Call, Calls, ENGAGED, MISTAKEN, Media, Offer, Outcome, Reason,
    SILENCE_SECONDS, STUDENTS_MAY_CALL, Stage,
};
use signaling::{Application, Command, InviteeState, Rejection, Role, Setting};
use support::*;

#[test]
fn a_teacher_calls_anybody_and_a_student_a_teacher_where_that_is_allowed() {
    for (may_call, caller, callee, expected) in [
        (false, ADA, CLEO, Ok(())),
        (false, ADA, BEN, Ok(())),
        (false, CLEO, ADA, Err(CALLS_ARE_OFF)),
        (true, CLEO, ADA, Ok(())),
        (true, CLEO, DAN, Err(Rejection::InvitesTeachersOnly)),
        (false, CLEO, DAN, Err(Rejection::InvitesTeachersOnly)),
    ] {
        let mut class = Class::lesson();
        class.does(let_call(may_call));
        let called = class.act(invite(caller, CALL, callee, "r"));
        assert_eq!(called.map(drop), expected, "{caller} calls {callee}, {may_call}");
    }
}

#[test]
fn students_call_each_other_where_they_may_call_and_invite_each_other() {
    for (may_call, may_invite, expected) in [
        (true, true, Ok(())),
        (false, true, Err(CALLS_ARE_OFF)),
        (true, false, Err(Rejection::InvitesTeachersOnly)),
    ] {
        let mut class = Class::lesson();
        class.does(let_call(may_call));
        class.does(let_students_invite(may_invite));
        let called = class.act(invite(CLEO, CALL, DAN, "r"));
        assert_eq!(called.map(drop), expected, "{may_call} {may_invite}");
    }
    let mut class = Class::lesson();
    class.does(let_call(true));
    class.does(let_students_invite(true));
    class.does(invite(CLEO, CALL, BEN, "r"));
    class.does(accept(BEN, CALL, ""));
    class.does(Command::ChangeRole { actor: ADA, user: BEN, role: Role::Student });
    assert!(Call::with(&class.group, CLEO).is_some(), "it goes on between two students");
}

#[test]
fn nothing_becomes_a_call_on_the_way_and_no_call_something_else() {
    let mut class = Class::lesson();
    class.does(invite_with(CLEO, CALL, ADA, "a word, please"));
    let becomes = modify(CLEO, CALL, &offer("r"));
    assert_eq!(class.act(becomes).map(drop), Err(Rejection::NotPermitted));
    class.does(modify(CLEO, CALL, "two words"));
    class.does(invite(ADA, OTHER, DAN, "r"));
    assert_eq!(class.act(modify(ADA, OTHER, "a word")).map(drop), Err(Rejection::NotPermitted));
    class.does(modify(ADA, OTHER, &offer("s")));
}

#[test]
fn what_names_a_call_and_is_none_is_refused() {
    let mut class = Class::lesson();
    class.does(invite(ADA, CALL, CLEO, "r"));
    for data in [
        r#"{"operation":"Call"}"#,
        r#"{"operation":"call","media":"smell"}"#,
        r#"{"operation":"call","room":1}"#,
    ] {
        for command in [invite_with(BEN, OTHER, DAN, data), modify(ADA, CALL, data)] {
            assert_eq!(class.act(command).err(), Some(MISTAKEN), "{data}");
        }
    }
    class.does(invite_with(BEN, OTHER, DAN, r#"{"operation":"recall"}"#));
    assert_eq!((MISTAKEN.status(), u16::from(MISTAKEN.code())), (400, 6017));
}

#[test]
fn a_call_is_read_from_the_group_as_its_two_people_see_it() {
    let mut class = Class::lesson();
    class.does(invite(ADA, CALL, CLEO, "r"));
    let call = Call::with(&class.group, CLEO).expect("it rings");
    assert_eq!((call.caller, call.callee, call.media), (ADA, CLEO, Media::Video));
    assert_eq!((call.room.as_str(), call.is_ringing()), ("r", true));
    assert_eq!((call.other(ADA), call.other(CLEO)), (CLEO, ADA));
    assert_eq!([ADA, BEN, CLEO].map(|user| call.concerns(user)), [true, false, true]);
    assert_eq!(Call::with(&class.group, DAN), None);
    assert_eq!(Calls.meetings(&class.group), [], "nobody has answered");

    let device = Answer { device: "phone".to_owned() };
    class.does(accept(CLEO, CALL, &device.to_data()));
    assert_eq!(Calls.meetings(&class.group), [(CALL, vec![ADA, CLEO])], "they may meet");
    let call = Call::with(&class.group, ADA).expect("it goes on");
    assert_eq!(call.stage, Stage::Answered { since: class.now, device: "phone".to_owned() });
    class.does(finish(CLEO, CALL));
    assert_eq!(Call::with(&class.group, ADA), None);
    assert_eq!(
        class.came_to(CALL),
        (InviteeState::Finished, Some(Reason::HungUp.text().to_owned()))
    );
}

#[test]
fn whoever_is_in_another_call_is_busy_and_is_not_rung() {
    for answered in [false, true] {
        let mut class = Class::lesson();
        class.does(let_call(true));
        class.does(invite(ADA, CALL, CLEO, "r"));
        if answered {
            class.does(accept(CLEO, CALL, ""));
        }
        for (caller, callee) in [(BEN, CLEO), (BEN, ADA), (DAN, ADA)] {
            let mut class = class.clone();
            let events = class.does(invite(caller, OTHER, callee, "s"));
            let names: Vec<_> = events.iter().map(|event| event.kind.name()).collect();
            assert_eq!(names, ["onReceiveNewInvitation", "onInviteeRejected"], "in one commit");
            assert_eq!(class.came_to(OTHER), (InviteeState::Rejected, Some("busy".to_owned())));
        }
        for (caller, callee) in [(ADA, DAN), (ADA, CLEO)] {
            let refused = class.act(invite(caller, OTHER, callee, "s")).map(drop);
            assert_eq!(refused, Err(ENGAGED), "nobody begins a second call");
        }
        class.does(if answered { finish(ADA, CALL) } else { cancel(ADA, CALL) });
        class.does(invite(BEN, OTHER, CLEO, "s"));
        assert_eq!(class.came_to(OTHER).0, InviteeState::Pending, "free again");
    }
}

#[test]
fn two_who_call_each_other_are_connected_once() {
    let mut class = Class::lesson();
    class.does(let_call(true));
    class.does(invite(ADA, CALL, CLEO, "hers"));
    class.does(invite(CLEO, OTHER, ADA, "mine"));
    assert_eq!(class.came_to(OTHER), (InviteeState::Cancelled, Some("crossed".to_owned())));
    let calls: Vec<Call> = Call::all(&class.group).collect();
    let answered = Stage::Answered { since: class.now, device: "mine".to_owned() };
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0].invite_id, &calls[0].stage), (CALL, &answered));
}

#[test]
fn a_call_that_has_run_out_holds_nobody_up() {
    let mut class = Class::lesson();
    class.does(invite(ADA, CALL, CLEO, "r"));
    class.wait(30_000);
    class.expire();
    class.does(invite(BEN, OTHER, CLEO, "s"));
    assert_eq!(class.came_to(OTHER).0, InviteeState::Pending);
}

#[test]
fn a_teacher_who_comes_to_be_a_student_is_in_no_call_with_one() {
    for answered in [false, true] {
        let mut class = Class::lesson();
        class.does(invite(BEN, CALL, CLEO, "r"));
        if answered {
            class.does(accept(CLEO, CALL, ""));
        }
        class.does(make(ADA, Role::Student, BEN));
        let state = if answered { InviteeState::Finished } else { InviteeState::Cancelled };
        assert_eq!(class.came_to(CALL), (state, Some("roleChanged".to_owned())));
    }
    let mut class = Class::lesson();
    class.does(invite(ADA, CALL, BEN, "r"));
    class.does(make(ADA, Role::Student, BEN));
    assert_eq!(class.came_to(CALL).0, InviteeState::Pending, "a teacher and a student may talk");
}

#[test]
fn what_came_of_a_call_in_one_word() {
    use InviteeState::{Accepted, Cancelled, Finished, Pending, Rejected, TimedOut};
    for (state, reason, outcome) in [
        (Pending, None, Outcome::Ringing),
        (Accepted, None, Outcome::Answered),
        (Finished, Some("hung_up"), Outcome::Answered),
        (Finished, Some("ended"), Outcome::Answered),
        (Finished, Some("disconnected"), Outcome::Lost),
        (Finished, Some("failed"), Outcome::Failed),
        (Rejected, None, Outcome::Declined),
        (Rejected, Some("busy"), Outcome::Busy),
        (TimedOut, None, Outcome::NoAnswer),
        (Cancelled, None, Outcome::Cancelled),
        (Cancelled, Some("left"), Outcome::Cancelled),
        (Cancelled, Some("crossed"), Outcome::Crossed),
    ] {
        assert_eq!(Outcome::of(state, reason), outcome, "{state:?} {reason:?}");
    }
}

#[test]
fn calls_answer_for_what_is_a_call() {
    let call = Offer { media: Media::Video, room: "r".to_owned() }.to_data();
    let erased = Offer { media: Media::Video, room: String::new() }.to_data();
    for (data, reason, silence, kept) in [
        (call.as_str(), Some("hung_up"), Some(SILENCE_SECONDS), Some(erased)),
        (r#"{"operation":"speaking"}"#, None, None, None),
        ("", None, None, None),
    ] {
        assert_eq!(Calls.finish_reason(data), reason, "{data}");
        assert_eq!(Calls.silence(data), silence, "{data}");
        assert_eq!(Calls.keep_when_erased(data), kept, "{data}");
    }
    for (reason, is_calls) in [
        ("hung_up", true),
        ("busy", true),
        ("crossed", true),
        ("failed", true),
        ("disconnected", false),
        ("they had to go", false),
    ] {
        assert_eq!(Calls.knows_reason(reason), is_calls, "{reason}");
    }
    assert_eq!(Calls.settings(), [Setting::Switch(STUDENTS_MAY_CALL)]);
    assert_eq!(ENGAGED.to_string(), "You are in a call already.");
    assert_eq!((ENGAGED.status(), u16::from(ENGAGED.code())), (409, 8012));
}
