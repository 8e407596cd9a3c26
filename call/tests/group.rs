//! Calls among several: who may, who rings, who is in it, and how it ends.

mod support;

use call::{
    CALLS_ARE_OFF, CallMove, Calls, ENGAGED, GroupCall, MISTAKEN, MOST, Media, NAMES_NOBODY,
    Reason, TOO_MANY,
};
use proptest::prelude::*;
use signaling::test_support::{invite_in_group, join, modify_part, user};
use signaling::{
    Answers, Application, Command, FinishWhom, InviteId, InviteeList, InviteeState, Rejection,
    Role, Timeout, UserId,
};
use support::*;

const EVE: UserId = user(5);

fn ring(actor: UserId, invite_id: InviteId, whom: &[UserId]) -> Command {
    Command::InviteInGroup {
        actor,
        invite_id,
        invitee_list: InviteeList::Members(whom.to_vec()),
        data: offer("r"),
        timeout: Timeout::new(30).expect("a timeout"),
        answers: Answers::Each,
    }
}

fn decline(actor: UserId, invite_id: InviteId) -> Command {
    Command::Reject { actor, invite_id, data: String::new(), reason: None }
}

fn leave(actor: UserId, invite_id: InviteId) -> Command {
    let data = CallMove::LeaveCall { invite_id }.to_data();
    let fresh = signaling::test_support::invite_id(99);
    Command::Perform { actor, data, fresh, here: Default::default() }
}

impl Class {
    fn call(&self) -> Option<GroupCall> {
        GroupCall::of(&self.group, self.group.invitation(CALL)?)
    }

    fn people(&self) -> Vec<UserId> {
        self.call().map(|call| call.people()).unwrap_or_default()
    }

    fn part(&self, invite_id: InviteId, user: UserId) -> (InviteeState, Option<String>) {
        let part = self.group.invitation(invite_id).and_then(|it| it.part(user));
        let part = part.expect("a part");
        (part.state, part.reason.clone())
    }
}

#[test]
fn each_rings_and_answers_for_themselves_and_whoever_hangs_up_leaves() {
    let mut class = Class::lesson();
    class.does(ring(ADA, CALL, &[BEN, CLEO, DAN]));
    let call = class.call().expect("it rings");
    assert_eq!((call.ringing.as_slice(), call.goes_on()), (&[BEN, CLEO, DAN][..], false));
    assert_eq!((call.media, class.people()), (Media::Video, vec![ADA]));
    assert!(Calls.meetings(&class.group).is_empty(), "nobody has answered");
    class.does(accept(CLEO, CALL, ""));
    class.does(decline(DAN, CALL));
    assert_eq!(class.people(), [ADA, CLEO]);
    assert_eq!(class.call().map(|call| call.ringing), Some(vec![BEN]));
    class.does(accept(BEN, CALL, ""));
    assert_eq!(Calls.meetings(&class.group), [(CALL, vec![ADA, BEN, CLEO])], "Ben joins later");
    class.does(finish(CLEO, CALL));
    assert_eq!(class.people(), [ADA, BEN]);
    class.does(leave(BEN, CALL));
    assert_eq!(class.call(), None, "of two it is over");
    assert_eq!(class.part(CALL, BEN).1.as_deref(), Some(Reason::HungUp.text()));
}

#[test]
fn the_caller_hangs_up_and_the_others_go_on_until_one_is_alone() {
    let mut class = Class::lesson();
    class.does(join(EVE));
    class.does(ring(ADA, CALL, &[BEN, CLEO, DAN, EVE]));
    for user in [BEN, CLEO, DAN] {
        class.does(accept(user, CALL, ""));
    }
    class.does(leave(ADA, CALL));
    assert_eq!(class.people(), [BEN, CLEO, DAN]);
    assert_eq!(class.part(CALL, EVE).0, InviteeState::Cancelled, "nobody is rung any more");
    assert_eq!(class.does(leave(ADA, CALL)), [], "she has hung up already");
    assert_eq!(GroupCall::with(&class.group, ADA), None, "she may call somebody else");
    class.does(invite(ADA, OTHER, EVE, "s"));
    class.does(leave(DAN, CALL));
    assert_eq!(class.people(), [BEN, CLEO]);
    class.does(leave(CLEO, CALL));
    assert_eq!(class.call(), None);
    assert_eq!(class.part(CALL, BEN).0, InviteeState::Finished, "one alone is in no call");
}

#[test]
fn the_caller_cancels_those_who_have_not_answered_and_time_does_too() {
    for waits in [false, true] {
        let mut class = Class::lesson();
        class.does(ring(ADA, CALL, &[BEN, CLEO]));
        class.does(accept(CLEO, CALL, ""));
        if waits {
            class.wait(30_000);
            class.expire();
        } else {
            class.does(cancel(ADA, CALL));
        }
        assert_eq!(class.people(), [ADA, CLEO], "whoever has answered goes on");
        let gone = if waits { InviteeState::TimedOut } else { InviteeState::Cancelled };
        assert_eq!(class.part(CALL, BEN).0, gone);
    }
    let mut class = Class::lesson();
    class.does(ring(ADA, CALL, &[BEN, CLEO]));
    class.does(leave(ADA, CALL));
    assert_eq!(class.call(), None, "nobody had answered");
    class.does(ring(ADA, OTHER, &[BEN]));
}

#[test]
fn nobody_is_in_two_calls_whoever_else_is_in_them() {
    let mut class = Class::lesson();
    class.does(join(EVE));
    class.does(invite(BEN, OTHER, CLEO, "s"));
    class.does(accept(CLEO, OTHER, ""));
    class.does(ring(ADA, CALL, &[BEN, CLEO, DAN]));
    for user in [BEN, CLEO] {
        let busy = (InviteeState::Rejected, Some(Reason::Busy.text().to_owned()));
        assert_eq!(class.part(CALL, user), busy, "busy, and not rung");
    }
    let third = signaling::test_support::invite_id(13);
    assert_eq!(class.act(ring(BEN, third, &[EVE])).err(), Some(ENGAGED));
    assert_eq!(class.act(invite(ADA, third, EVE, "t")).err(), Some(ENGAGED));
    class.does(finish(CLEO, OTHER));
    class.does(invite(BEN, third, DAN, "t"));
    let busy = (InviteeState::Rejected, Some(Reason::Busy.text().to_owned()));
    assert_eq!(class.came_to(third), busy, "it rings Dan already");
}

#[test]
fn students_call_all_their_teachers_where_that_is_allowed_and_no_student() {
    for (may_call, whom, expected) in [
        (false, vec![ADA, BEN], Err(CALLS_ARE_OFF)),
        (true, vec![ADA, BEN], Ok(())),
        (true, vec![ADA, DAN], Err(Rejection::InvitesTeachersOnly)),
    ] {
        let mut class = Class::lesson();
        class.does(let_call(may_call));
        let called = class.act(ring(CLEO, CALL, &whom)).map(drop);
        assert_eq!(called, expected, "{whom:?}, {may_call}");
    }
    // Nor do students go on among themselves.
    let mut class = Class::lesson();
    class.does(ring(ADA, CALL, &[CLEO, DAN]));
    for user in [CLEO, DAN] {
        class.does(accept(user, CALL, ""));
    }
    class.does(leave(ADA, CALL));
    assert_eq!(class.call(), None);
}

#[test]
fn a_call_holds_eight_and_names_whom_it_rings() {
    let mut class = Class::lesson();
    let others: Vec<UserId> = (10..18).map(user).collect();
    for user in &others {
        class.does(join(*user));
    }
    assert_eq!(others.len(), MOST);
    assert_eq!(class.act(ring(ADA, CALL, &others)).err(), Some(TOO_MANY));
    let mut everybody = ring(ADA, CALL, &others);
    if let Command::InviteInGroup { invitee_list, .. } = &mut everybody {
        *invitee_list = InviteeList::Everyone;
    }
    assert_eq!(class.act(everybody).err(), Some(NAMES_NOBODY));
    class.does(ring(ADA, CALL, &others[1..]));
}

#[test]
fn whoever_leaves_the_class_or_is_lost_is_in_no_call_any_more() {
    let mut class = Class::lesson();
    class.does(join(EVE));
    class.does(ring(ADA, CALL, &[BEN, CLEO, DAN]));
    for user in [BEN, CLEO, DAN] {
        class.does(accept(user, CALL, ""));
    }
    let away = |actor, user| Command::Leave { actor, user };
    class.does(away(ADA, DAN));
    assert_eq!(class.people(), [ADA, BEN, CLEO]);
    let lost = |class: &Class, user| {
        let invitation = class.group.invitation(CALL).expect("it is there");
        assert!(Calls.ends(&class.group, invitation).contains(&user));
        Calls.lost(&class.group, invitation, user)
    };
    for command in lost(&class, ADA) {
        class.does(command);
    }
    assert_eq!(class.people(), [BEN, CLEO]);
    class.does(away(BEN, BEN));
    assert_eq!(class.call(), None);
    assert_eq!(class.part(CALL, CLEO).0, InviteeState::Finished);
    // A caller who is removed takes nobody along.
    let mut class = Class::lesson();
    class.does(ring(ADA, CALL, &[BEN, CLEO]));
    class.does(accept(BEN, CALL, ""));
    class.does(accept(CLEO, CALL, ""));
    class.does(away(BEN, ADA));
    assert_eq!(class.people(), [BEN, CLEO]);
}

#[test]
fn a_teacher_who_declines_leaves_the_call_ringing_with_the_others() {
    let mut class = Class::lesson();
    class.does(let_call(true));
    class.does(ring(CLEO, CALL, &[ADA, BEN]));
    class.does(decline(ADA, CALL));
    assert_eq!(class.part(CALL, BEN).0, InviteeState::Pending, "a teacher may still answer");
    class.does(accept(BEN, CALL, ""));
    assert_eq!(class.people(), [CLEO, BEN]);
}

#[test]
fn whoever_comes_to_be_a_student_is_in_no_call_with_students_alone() {
    let pending = (InviteeState::Pending, None);
    let role_changed = || Some("roleChanged".to_owned());
    let hung_up = || Some(Reason::HungUp.text().to_owned());
    let finished = (InviteeState::Finished, hung_up());
    for (caller, whom, answers, becomes_student, expected) in [
        (CLEO, [ADA, BEN], None, BEN, [pending.clone(), (InviteeState::Rejected, role_changed())]),
        (ADA, [BEN, CLEO], None, BEN, [pending.clone(), pending]),
        (
            CLEO,
            [ADA, BEN],
            Some(BEN),
            BEN,
            [(InviteeState::Cancelled, hung_up()), finished.clone()],
        ),
        (ADA, [BEN, CLEO], Some(CLEO), ADA, [(InviteeState::Cancelled, role_changed()), finished]),
    ] {
        let mut class = Class::lesson();
        class.does(let_call(true));
        class.does(ring(caller, CALL, &whom));
        if let Some(user) = answers {
            class.does(accept(user, CALL, ""));
        }
        let by = if becomes_student == ADA { BEN } else { ADA };
        class.does(make(by, Role::Student, becomes_student));
        let parts = whom.map(|user| class.part(CALL, user));
        assert_eq!(parts, expected, "{caller} calls, {answers:?} answers, {becomes_student}");
    }
}

#[test]
fn nobody_is_rung_by_a_caller_who_has_left_one_alone_in_the_call() {
    let mut class = Class::lesson();
    class.does(ring(ADA, CALL, &[BEN, CLEO]));
    class.does(accept(BEN, CALL, ""));
    class.does(modify_part(ADA, CALL, BEN, r#"{"callerLeft":true}"#));
    assert_eq!(class.call(), None);
    assert_eq!(class.part(CALL, BEN).0, InviteeState::Finished);
    assert_eq!(class.part(CALL, CLEO).0, InviteeState::Cancelled);
}

#[test]
fn only_what_says_that_it_is_a_call_is_held_to_the_rules_of_calls() {
    let mut class = Class::lesson();
    class.does(ring(ADA, CALL, &[CLEO]));
    class.does(accept(CLEO, CALL, ""));
    class.does(invite_in_group(ADA, OTHER, InviteeList::Everyone));
    for user in [CLEO, DAN] {
        assert_eq!(class.part(OTHER, user).0, InviteeState::Pending, "nobody is busy for it");
    }
    let mut mistaken = ring(ADA, signaling::test_support::invite_id(13), &[DAN]);
    if let Command::InviteInGroup { data, .. } = &mut mistaken {
        *data = r#"{"operation":"Call"}"#.to_owned();
    }
    assert_eq!(class.act(mistaken).err(), Some(MISTAKEN));
}

#[test]
fn what_is_no_call_among_several_is_not_left() {
    let mut class = Class::lesson();
    class.does(invite(ADA, CALL, CLEO, "r"));
    class.does(accept(CLEO, CALL, ""));
    class.does(invite_in_group(ADA, OTHER, InviteeList::Everyone));
    for (user, invite_id) in [(ADA, CALL), (CLEO, CALL), (CLEO, OTHER)] {
        let left = class.act(leave(user, invite_id));
        assert_eq!(left.err(), Some(Rejection::NoSuchInvitation), "{user} {invite_id}");
    }
}

#[test]
fn nobody_answers_a_call_for_somebody_else() {
    let mut class = Class::lesson();
    class.does(ring(ADA, CALL, &[CLEO, DAN]));
    for accepts in [false, true] {
        let answer = Command::AnswerFor {
            actor: BEN,
            invite_id: CALL,
            invitee: CLEO,
            accepts,
            data: String::new(),
            reason: None,
        };
        assert_eq!(class.act(answer).err(), Some(Rejection::NotPermitted));
    }
}

#[test]
fn nobody_but_the_caller_says_that_the_caller_has_gone() {
    let mut class = Class::lesson();
    class.does(ring(ADA, CALL, &[BEN, CLEO]));
    class.does(accept(CLEO, CALL, ""));
    for (actor, data) in [(CLEO, r#"{"callerLeft":true}"#), (ADA, "x"), (BEN, "x")] {
        let change =
            Command::ModifyPart { actor, invite_id: CALL, invitee: CLEO, data: data.to_owned() };
        assert_eq!(class.act(change).err(), Some(Rejection::NotPermitted), "{actor} {data}");
    }
    assert_eq!(class.act(leave(DAN, CALL)).map(drop), Ok(()), "who is not in it leaves nothing");
    assert_eq!(class.people(), [ADA, CLEO]);
    assert_eq!(class.act(leave(DAN, OTHER)).err(), Some(Rejection::NoSuchInvitation));
}

/// What somebody does in a class of calls.
#[derive(Debug, Clone)]
enum Step {
    Ring(usize, Vec<usize>),
    Call(usize, usize),
    Accept(usize),
    Decline(usize),
    HangUp(usize),
    Finish(usize),
    Away(usize),
    Demote(usize),
    Wait,
}

const PEOPLE: [UserId; 6] = [ADA, BEN, CLEO, DAN, EVE, user(6)];

fn step() -> impl Strategy<Value = Step> {
    let one = 0..PEOPLE.len();
    prop_oneof![
        3 => (one.clone(), prop::collection::vec(one.clone(), 1..5))
            .prop_map(|(who, whom)| Step::Ring(who, whom)),
        1 => (one.clone(), one.clone()).prop_map(|(who, whom)| Step::Call(who, whom)),
        6 => one.clone().prop_map(Step::Accept),
        2 => one.clone().prop_map(Step::Decline),
        4 => one.clone().prop_map(Step::HangUp),
        2 => one.clone().prop_map(Step::Finish),
        1 => one.clone().prop_map(Step::Away),
        1 => one.clone().prop_map(Step::Demote),
        1 => Just(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn nobody_is_ever_in_two_calls_alone_in_one_or_among_students(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut class = Class::lesson();
        class.does(join(EVE));
        class.does(join(PEOPLE[5]));
        class.does(let_call(true));
        for (number, step) in steps.into_iter().enumerate() {
            let fresh = signaling::test_support::invite_id(u8::try_from(100 + number).expect("few"));
            let of = |class: &Class, user| {
                let call = GroupCall::with(&class.group, user).map(|call| call.invite_id);
                call.or(call::Call::with(&class.group, user).map(|call| call.invite_id))
            };
            // What is refused does not happen.
            let _ = match step {
                Step::Ring(who, whom) => {
                    let mut whom: Vec<UserId> = whom.into_iter().map(|it| PEOPLE[it]).collect();
                    whom.sort_unstable();
                    whom.dedup();
                    class.act(ring(PEOPLE[who], fresh, &whom))
                }
                Step::Call(who, whom) => class.act(invite(PEOPLE[who], fresh, PEOPLE[whom], "r")),
                Step::Accept(who) => match of(&class, PEOPLE[who]) {
                    Some(it) => class.act(accept(PEOPLE[who], it, "")),
                    None => continue,
                },
                Step::Decline(who) => match of(&class, PEOPLE[who]) {
                    Some(it) => class.act(decline(PEOPLE[who], it)),
                    None => continue,
                },
                Step::HangUp(who) => match of(&class, PEOPLE[who]) {
                    Some(it) => class.act(leave(PEOPLE[who], it)),
                    None => continue,
                },
                Step::Finish(who) => match of(&class, PEOPLE[who]) {
                    Some(it) => class.act(Command::Finish {
                        actor: PEOPLE[who],
                        invite_id: it,
                        whom: FinishWhom::Unnamed,
                        reason: None,
                        data: String::new(),
                    }),
                    None => continue,
                },
                Step::Away(who) => {
                    class.act(Command::Leave { actor: PEOPLE[who], user: PEOPLE[who] })
                }
                Step::Demote(who) => class.act(make(ADA, Role::Student, PEOPLE[who])),
                Step::Wait => {
                    class.wait(31_000);
                    class.act(Command::Expire)
                }
            };
            let calls: Vec<GroupCall> = GroupCall::all(&class.group).collect();
            for user in PEOPLE {
                let several = calls.iter().filter(|call| call.concerns(user)).count();
                let two = call::Call::all(&class.group).filter(|call| call.concerns(user)).count();
                prop_assert!(several + two <= 1, "{user} is in {several} and {two}");
            }
            for call in &calls {
                let people = call.people();
                let waits = !call.ringing.is_empty() && !call.caller_left;
                prop_assert!(people.len() >= 2 || waits, "alone: {call:?}");
                prop_assert!(people.len() + call.ringing.len() <= MOST);
                let has_teacher = people.iter().any(|user| class.group.is_teacher(*user));
                prop_assert!(has_teacher || !call.goes_on(), "{call:?}");
                prop_assert!(people.iter().all(|user| class.group.member(*user).is_some()));
            }
        }
    }
}
