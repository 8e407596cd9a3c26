//! What holds of calls whatever people do, in whatever order.

mod support;

use call::{Call, ENGAGED};
use proptest::prelude::*;
use signaling::test_support::reject;
use signaling::{Command, InviteId, Role, UserId};
use support::*;

const PEOPLE: [UserId; 5] = [ADA, BEN, CLEO, DAN, UserId::from_bytes([5; 16])];

#[derive(Debug, Clone)]
enum Deed {
    Call(usize, usize),
    Word(usize, usize),
    Accept(usize, usize),
    Reject(usize, usize),
    Cancel(usize, usize),
    Finish(usize, usize),
    Modify(usize, usize, bool),
    Make(usize, bool),
    LetCall(bool),
    Leave(usize),
    Wait(i64),
}

fn any_deed() -> impl Strategy<Value = Deed> {
    let who = || 0..PEOPLE.len();
    let which = || 0..40_usize;
    prop_oneof![
        6 => (who(), who()).prop_map(|(by, to)| Deed::Call(by, to)),
        1 => (who(), who()).prop_map(|(by, to)| Deed::Word(by, to)),
        4 => (who(), which()).prop_map(|(by, call)| Deed::Accept(by, call)),
        2 => (who(), which()).prop_map(|(by, call)| Deed::Reject(by, call)),
        2 => (who(), which()).prop_map(|(by, call)| Deed::Cancel(by, call)),
        2 => (who(), which()).prop_map(|(by, call)| Deed::Finish(by, call)),
        1 => (who(), which(), any::<bool>()).prop_map(|(by, call, is)| Deed::Modify(by, call, is)),
        1 => (who(), any::<bool>()).prop_map(|(user, teaches)| Deed::Make(user, teaches)),
        1 => any::<bool>().prop_map(Deed::LetCall),
        1 => who().prop_map(Deed::Leave),
        1 => (0..40_000_i64).prop_map(Deed::Wait),
    ]
}

fn command(deed: &Deed, made: &mut Vec<InviteId>) -> Command {
    let mut fresh = || {
        let number = u8::try_from(made.len()).expect("few invitations");
        made.push(InviteId::from_bytes([number; 16]));
        made[made.len() - 1]
    };
    match *deed {
        Deed::Call(by, to) => invite(PEOPLE[by], fresh(), PEOPLE[to], "room"),
        Deed::Word(by, to) => invite_with(PEOPLE[by], fresh(), PEOPLE[to], "a word"),
        Deed::Accept(by, call) => accept(PEOPLE[by], nth(made, call), ""),
        Deed::Reject(by, call) => reject(PEOPLE[by], nth(made, call)),
        Deed::Cancel(by, call) => cancel(PEOPLE[by], nth(made, call)),
        Deed::Finish(by, call) => finish(PEOPLE[by], nth(made, call)),
        Deed::Modify(by, call, true) => modify(PEOPLE[by], nth(made, call), &offer("room")),
        Deed::Modify(by, call, false) => modify(PEOPLE[by], nth(made, call), "a word"),
        Deed::Make(user, true) => make(ADA, Role::Teacher, PEOPLE[user]),
        Deed::Make(user, false) => make(ADA, Role::Student, PEOPLE[user]),
        Deed::LetCall(allow) => let_call(allow),
        Deed::Leave(user) => Command::Leave { actor: PEOPLE[user], user: PEOPLE[user] },
        Deed::Wait(_) => Command::Expire,
    }
}

fn nth(made: &[InviteId], place: usize) -> InviteId {
    made.get(place % made.len().max(1)).copied().unwrap_or(CALL)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn nobody_is_in_two_calls_and_no_student_in_one_with_a_student(
        deeds in prop::collection::vec(any_deed(), 1..60),
    ) {
        let mut class = Class::lesson();
        let name = signaling::Name::new("Eve").expect("a name");
        class.does(Command::Join { user: PEOPLE[4], name, alike: None });
        let mut made = Vec::new();
        for deed in &deeds {
            if let Deed::Wait(millis) = deed {
                class.wait(*millis);
            }
            // The writer settles what is due before it decides anything.
            class.expire();
            let before = class.group.clone();
            let said = command(deed, &mut made);
            let done = class.act(said.clone());
            if done.is_err() {
                prop_assert_eq!(&before, &class.group, "a refusal changes nothing");
            }
            for user in PEOPLE {
                let calls = Call::all(&class.group).filter(|call| call.concerns(user)).count();
                prop_assert!(calls <= 1, "{user} is in {calls} calls after {said:?}");
            }
            for call in Call::all(&class.group) {
                let teaches = |user| class.group.is_teacher(user);
                prop_assert!(teaches(call.caller) || teaches(call.callee), "{call:?}");
            }
            if let (Deed::Call(by, to), Err(ENGAGED)) = (deed, &done) {
                let engaged = Call::with(&before, PEOPLE[*by]).expect("a call that is in the way");
                prop_assert!(!(engaged.is_ringing() && engaged.caller == PEOPLE[*to]));
            }
        }
    }
}
