//! The classroom on top of the engine: hands, turns, and what follows from what.

use serde_json::{Value, json};

use crate::support::{Class, Event, GroupInvitation, Invite, Member, Server};

const HAND_RAISING: &str = r#"{"operation":"hand_raising","question":"Why?"}"#;
const SPEAKING: &str = r#"{"operation":"speaking"}"#;
const SPEECH_APPLICATION: &str = r#"{"operation":"speech_application"}"#;

/// A teacher asks everybody for hands.
async fn ask_for_hands(teacher: &Member) -> Invite {
    teacher.invite_in_group(GroupInvitation::to_everyone().saying(HAND_RAISING)).await
}

/// A teacher invites a student to speak.
async fn call_on(teacher: &Member, student: &Member) -> Invite {
    teacher.invite_in_group(GroupInvitation::to([student]).saying(SPEAKING)).await
}

/// A student raises a hand unprompted; any teacher may answer it.
async fn raise_unprompted(student: &Member) -> Invite {
    let ask = GroupInvitation::to_everyone().for_the_first().saying(SPEECH_APPLICATION);
    student.invite_in_group(ask).await
}

/// The reason with which a member's part is finished or cancelled.
async fn reason_of(invite: &Invite, member: &Member) -> Value {
    member.part_of(invite, member).await["reason"].take()
}

/// Checks that events came of one decision: one after the other and at one moment.
#[track_caller]
fn assert_one_decision(events: &[Event]) {
    for pair in events.windows(2) {
        assert_eq!(pair[1].seq(), pair[0].seq() + 1, "{events:?}");
        assert_eq!(pair[1]["at"], pair[0]["at"], "{events:?}");
    }
}

#[tokio::test]
async fn whoever_begins_to_speak_has_no_hand_up_any_more() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let round = ask_for_hands(&class.teacher).await;
    ada.accept(&round).await.with_status(200);
    bo.accept(&round).await.with_status(200);
    let call = call_on(&class.teacher, &ada).await;
    assert_eq!(ada.state_of(&round, &ada).await, "accepted", "the hand is up until she speaks");
    ada.accept(&call).await.with_status(200);

    assert_eq!(ada.state_of(&round, &ada).await, "finished");
    assert_eq!(reason_of(&round, &ada).await, "called_on");
    assert_eq!(ada.state_of(&round, &bo).await, "accepted", "nobody else's hand goes down");
    let log = class.log_after(call.seq()).await;
    let [accepted, finished] = log.as_slice() else { panic!("{log:?}") };
    assert!(call.is_in(accepted) && round.is_in(finished), "{log:?}");
    assert_eq!(finished.named("onInviteeFinished")["invitee"], ada.id.as_str());
    assert_one_decision(&log);
}

#[tokio::test]
async fn declining_to_speak_keeps_the_place_in_the_list() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let round = ask_for_hands(&class.teacher).await;
    ada.accept(&round).await.with_status(200);
    let before = ada.part_of(&round, &ada).await;
    let call = call_on(&class.teacher, &ada).await;
    ada.reject(&call).await.with_status(200);
    assert_eq!(ada.part_of(&round, &ada).await, before);
}

#[tokio::test]
async fn a_finish_without_a_reason_gets_the_reason_of_what_was_accepted() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;

    let round = ask_for_hands(&class.teacher).await;
    ada.accept(&round).await.with_status(200);
    ada.finish(&round).await.with_status(200);
    assert_eq!(reason_of(&round, &ada).await, "lowered");

    let call = call_on(&class.teacher, &ada).await;
    ada.accept(&call).await.with_status(200);
    class.teacher.finish(&call).await.with_status(200);
    assert_eq!(reason_of(&call, &ada).await, "spoke");

    let ask = raise_unprompted(&ada).await;
    class.teacher.accept(&ask).await.with_status(200);
    ada.finish(&ask).await.with_status(200);
    assert_eq!(reason_of(&ask, &class.teacher).await, "spoke");

    let other = GroupInvitation::to([&ada]).saying(r#"{"operation":"call"}"#);
    let other = class.teacher.invite_in_group(other).await;
    ada.accept(&other).await.with_status(200);
    ada.finish(&other).await.with_status(200);
    assert!(reason_of(&other, &ada).await.is_string());
}

#[tokio::test]
async fn a_reason_that_is_given_is_kept() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let round = ask_for_hands(&class.teacher).await;
    ada.accept(&round).await.with_status(200);
    let body = json!({ "reason": "bell" });
    class.teacher.verb(&round, "finish", body).await.with_status(200);
    assert_eq!(reason_of(&round, &ada).await, "bell");
}

#[tokio::test]
async fn a_teachers_no_to_an_unprompted_hand_brings_it_down_for_all_teachers() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let co_teacher = class.co_teacher("Mr Hilbert").await;
    let ask = raise_unprompted(&ada).await;
    class.teacher.reject(&ask).await.with_status(200);

    assert_eq!(ada.state_of(&ask, &class.teacher).await, "rejected");
    assert_eq!(ada.state_of(&ask, &co_teacher).await, "cancelled");
    assert_eq!(reason_of(&ask, &co_teacher).await, "lowered");
    assert!(ada.live().await.is_empty());
    let log = class.log_after(ask.seq()).await;
    let [rejected, cancelled] = log.as_slice() else { panic!("{log:?}") };
    rejected.named("onInviteeRejected");
    assert_eq!(cancelled.named("onInvitationCancelled")["reason"], "lowered");
    assert_one_decision(&log);
    co_teacher.accept(&ask).await.lost_to("cancelled");
    raise_unprompted(&ada).await;
}

#[tokio::test]
async fn a_teacher_who_is_alone_brings_an_unprompted_hand_down_just_so() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let ask = raise_unprompted(&ada).await;
    class.teacher.reject(&ask).await.with_status(200);
    assert!(ada.live().await.is_empty(), "nobody who comes later is asked");
    raise_unprompted(&ada).await;
}

#[tokio::test]
async fn a_teachers_yes_to_an_unprompted_hand_is_the_turn_and_brings_down_the_others() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let round = ask_for_hands(&class.teacher).await;
    ada.accept(&round).await.with_status(200);
    bo.accept(&round).await.with_status(200);
    let ask = raise_unprompted(&ada).await;
    class.teacher.accept(&ask).await.with_status(200);

    assert_eq!(ada.state_of(&ask, &class.teacher).await, "accepted", "the turn goes on");
    assert_eq!(ada.state_of(&round, &ada).await, "finished");
    assert_eq!(reason_of(&round, &ada).await, "called_on");
    assert_eq!(ada.state_of(&round, &bo).await, "accepted");
    assert_one_decision(&class.log_after(ask.seq()).await);
}

#[tokio::test]
async fn an_unprompted_hand_comes_down_when_its_owner_begins_to_speak() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let ask = raise_unprompted(&ada).await;
    let call = call_on(&class.teacher, &ada).await;
    ada.accept(&call).await.with_status(200);
    assert_eq!(ada.state_of(&ask, &class.teacher).await, "cancelled");
    assert_eq!(reason_of(&ask, &class.teacher).await, "called_on");
    assert_one_decision(&class.log_after(call.seq()).await);
}

#[tokio::test]
async fn a_one_to_one_call_is_no_turn_in_the_lesson() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let round = ask_for_hands(&class.teacher).await;
    ada.accept(&round).await.with_status(200);
    let call = class.teacher.try_invite(&ada, r#"{"operation":"call"}"#, 0).await;
    ada.accept(&Invite::of(&call)).await.with_status(200);
    assert_eq!(ada.state_of(&round, &ada).await, "accepted");
}
