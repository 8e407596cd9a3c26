//! The life of an invitation, as the two ends of a wire see it.

use serde_json::{Value, json};

use crate::support::{Class, Event, GroupInvitation, Server};

/// The names of events, in order.
fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| &*event.name).collect()
}

// ---- Answers -----------------------------------------------------------------------------------

#[tokio::test]
async fn each_invitee_has_a_state_of_their_own() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo, cy] = class.trio().await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada, &bo, &cy])).await;
    ada.accept(&invite).await.with_status(200);
    bo.reject(&invite).await.with_status(200);
    assert_eq!(cy.state_of(&invite, &cy).await, "pending");
    class.teacher.cancel(&invite).await.with_status(200);
    for (student, state) in [(&ada, "accepted"), (&bo, "rejected"), (&cy, "cancelled")] {
        assert_eq!(cy.state_of(&invite, student).await, state);
    }
}

#[tokio::test]
async fn those_who_accepted_before_a_cancel_keep_what_they_have() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    ada.accept(&invite).await.with_status(200);
    class.teacher.cancel(&invite).await.with_status(200);
    bo.accept(&invite).await.lost_to("cancelled");
    ada.finish(&invite).await.with_status(200);
}

#[tokio::test]
async fn a_list_that_everybody_has_answered_is_no_longer_open() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada, &bo])).await;
    ada.accept(&invite).await.with_status(200);
    bo.accept(&invite).await.with_status(200);
    class.teacher.cancel(&invite).await.refused(409, 8010);
    class.teacher.modify(&invite, "more").await.refused(409, 8010);
    assert_eq!(ada.state_of(&invite, &bo).await, "accepted");
}

#[tokio::test]
async fn the_first_acceptance_takes_an_invitation_that_asks_for_the_first() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo, cy] = class.trio().await;
    let buzzer = GroupInvitation::to([&ada, &bo, &cy]).for_the_first();
    let invite = class.teacher.invite_in_group(buzzer).await;
    cy.reject(&invite).await.with_status(200);
    bo.accept(&invite).await.with_status(200);
    ada.accept(&invite).await.lost_to("cancelled");

    let part = ada.part_of(&invite, &ada).await;
    assert_eq!(
        (&part["state"], &part["reason"]),
        (&json!("cancelled"), &json!("answeredElsewhere"))
    );
    assert_eq!(part["at"], bo.part_of(&invite, &bo).await["at"], "at that same moment");
    assert_eq!(ada.state_of(&invite, &cy).await, "rejected");
    let log = class.log_after(invite.seq()).await;
    let expected = ["onInviteeRejected", "onInviteeAccepted", "onInvitationCancelled"];
    assert_eq!(names(&log), expected);
    assert_eq!(log[2]["inviteeList"], json!([ada.id]));
    assert_eq!(log[2]["reason"], "answeredElsewhere");
}

#[tokio::test]
async fn a_hand_that_any_teacher_may_answer_is_answered_once() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let co_teacher = class.co_teacher("Mr Hilbert").await;
    let ask = ada.invite_in_group(GroupInvitation::to_everyone().for_the_first()).await;
    co_teacher.accept(&ask).await.with_status(200);
    class.teacher.accept(&ask).await.lost_to("cancelled");
    let log = class.log_after(ask.seq()).await;
    assert_eq!(names(&log), ["onInviteeAccepted", "onInvitationCancelled"]);
    assert_eq!(log[1]["inviteeList"], "*");
}

// ---- Everyone ----------------------------------------------------------------------------------

#[tokio::test]
async fn everyone_is_every_student_to_a_teacher_and_every_teacher_to_a_student() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let co_teacher = class.co_teacher("Mr Hilbert").await;
    let invited = |invitation: &Value| -> Vec<Value> {
        let parts = invitation["invitees"].as_array().expect("parts").iter();
        parts.map(|part| part["userID"].clone()).collect()
    };
    let round = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    assert_eq!(invited(&ada.look_up(&round).await), [json!(ada.id), json!(bo.id)]);
    let ask = ada.invite_in_group(GroupInvitation::to_everyone()).await;
    let teachers = [json!(class.teacher.id), json!(co_teacher.id)];
    assert_eq!(invited(&bo.look_up(&ask).await), teachers);
}

#[tokio::test]
async fn whoever_joins_while_everyone_is_invited_is_invited_too() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    let ada = class.join("Ada").await;
    ada.accept(&invite).await.with_status(200);

    let bo = class.join("Bo").await;
    assert_eq!(ada.state_of(&invite, &bo).await, "pending", "nobody pending is not closed");
    class.teacher.cancel(&invite).await.with_status(200);
    let cy = class.join("Cy").await;
    assert_eq!(ada.part_of(&invite, &cy).await, Value::Null);
    cy.accept(&invite).await.refused(403, 8011);
}

#[tokio::test]
async fn nobody_joins_an_invitation_that_was_taken() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let buzzer = GroupInvitation::to_everyone().for_the_first();
    let invite = class.teacher.invite_in_group(buzzer).await;
    ada.accept(&invite).await.with_status(200);
    let bo = class.join("Bo").await;
    bo.accept(&invite).await.refused(403, 8011);
    class.teacher.cancel(&invite).await.lost_to("accepted");
}

#[tokio::test]
async fn everyone_can_be_invited_and_cancelled_while_nobody_is_there() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    assert_eq!(class.teacher.live().await, [&*invite.id]);
    class.teacher.modify(&invite, "anybody?").await.with_status(200);
    class.teacher.cancel(&invite).await.with_status(200);
    assert!(class.teacher.live().await.is_empty());
}

#[tokio::test]
async fn whoever_takes_a_role_is_invited_by_what_is_open_to_it() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let ask = ada.invite_in_group(GroupInvitation::to_everyone()).await;
    let round = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;

    class.teacher.make("teacher", &bo).await.with_status(200);
    assert_eq!(ada.state_of(&ask, &bo).await, "pending");
    let part = ada.part_of(&round, &bo).await;
    assert_eq!((&part["state"], &part["reason"]), (&json!("cancelled"), &json!("roleChanged")));
    bo.accept(&ask).await.with_status(200);
}

// ---- Repeats -----------------------------------------------------------------------------------

#[tokio::test]
async fn repeating_the_verb_that_won_answers_the_same_and_makes_no_event() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo, cy] = class.trio().await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    let accepted = ada.accept(&invite).await.with_status(200);
    let rejected = bo.reject(&invite).await.with_status(200);
    let cancelled = class.teacher.cancel(&invite).await.with_status(200);

    let elsewhere = ada.verb(&invite, "accept", json!({ "data": "again" })).await;
    assert_eq!(elsewhere.with_status(200), accepted);
    assert_eq!(bo.reject(&invite).await.with_status(200), rejected);
    assert_eq!(class.teacher.cancel(&invite).await.with_status(200), cancelled);

    let finished = ada.finish(&invite).await.with_status(200);
    assert_eq!(ada.finish(&invite).await.with_status(200), finished);
    assert_eq!(class.teacher.finish(&invite).await.with_status(200), finished);
    assert_eq!(class.teacher.finish_of(&invite, &ada).await.with_status(200), finished);
    cy.finish(&invite).await.lost_to("cancelled");
    let log = class.log_after(invite.seq()).await;
    let once =
        ["onInviteeAccepted", "onInviteeRejected", "onInvitationCancelled", "onInviteeFinished"];
    assert_eq!(names(&log), once);
}

// ---- Deadlines ---------------------------------------------------------------------------------

#[tokio::test]
async fn a_deadline_brings_one_event_for_all_who_are_still_pending() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo, cy] = class.trio().await;
    let mut events = cy.listen().await;
    let invitation = GroupInvitation::to([&ada, &bo, &cy]).within(1);
    let invite = class.teacher.invite_in_group(invitation).await;
    ada.accept(&invite).await.with_status(200);

    let timeout = events.until("onInvitationTimeout").await;
    assert_eq!(timeout["inviteeList"], json!([bo.id, cy.id]));
    assert!(timeout["at"].as_str() >= Some(invite.expires_at()), "{timeout:?}");
    bo.accept(&invite).await.lost_to("timedOut");
    cy.reject(&invite).await.lost_to("timedOut");
    class.teacher.cancel(&invite).await.refused(409, 8010);
    class.teacher.modify(&invite, "more").await.refused(409, 8010);
    for (student, state) in [(&ada, "accepted"), (&bo, "timedOut"), (&cy, "timedOut")] {
        assert_eq!(cy.state_of(&invite, student).await, state);
    }
    let log = class.log_after(invite.seq()).await;
    assert_eq!(names(&log), ["onInviteeAccepted", "onInvitationTimeout"]);
}

#[tokio::test]
async fn everyones_deadline_says_everyone() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let mut events = class.teacher.listen().await;
    let invitation = GroupInvitation::to_everyone().within(1);
    let invite = class.teacher.invite_in_group(invitation).await;
    let [ada, bo] = class.pair().await;
    ada.accept(&invite).await.with_status(200);
    let timeout = events.until("onInvitationTimeout").await;
    assert_eq!(timeout["inviteeList"], "*");
    assert_eq!(bo.state_of(&invite, &bo).await, "timedOut");
    assert_eq!(bo.state_of(&invite, &ada).await, "accepted");
    let cy = class.join("Cy").await;
    cy.accept(&invite).await.refused(403, 8011);
}

#[tokio::test]
async fn what_was_answered_cancelled_or_has_no_deadline_never_times_out() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let teacher = &class.teacher;
    let mut events = teacher.listen().await;
    let soon = || GroupInvitation::to([&ada]).within(1);
    let never = teacher.invite_in_group(GroupInvitation::to([&ada])).await;
    assert_eq!(never.made["expiresAt"], Value::Null);
    let accepted = teacher.invite_in_group(soon()).await;
    ada.accept(&accepted).await.with_status(200);
    let rejected = teacher.invite_in_group(soon()).await;
    ada.reject(&rejected).await.with_status(200);
    let cancelled = teacher.invite_in_group(soon()).await;
    teacher.cancel(&cancelled).await.with_status(200);
    let last = teacher.invite_in_group(soon()).await;

    let timeout = events.until("onInvitationTimeout").await;
    assert!(last.is_in(&timeout), "the others' deadlines passed before: {timeout:?}");
    assert_eq!(ada.state_of(&never, &ada).await, "pending");
}

#[tokio::test]
async fn deadlines_come_in_the_order_of_their_time() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let mut events = ada.listen().await;
    let later = class.teacher.invite_in_group(GroupInvitation::to([&ada]).within(2)).await;
    let sooner = class.teacher.try_invite(&ada, "", 1).await.with_status(201);
    let first = events.until("onInvitationTimeout").await;
    assert_eq!(first["inviteID"], sooner["inviteID"]);
    assert!(later.is_in(&events.until("onInvitationTimeout").await));
}

// ---- Data --------------------------------------------------------------------------------------

#[tokio::test]
async fn data_is_carried_untouched() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let mut events = ada.listen().await;
    for data in [
        "",
        " ",
        "one\ntwo\r\nthree\rfour\n\n",
        "id: 7\nevent: onGroupEnded\ndata: {}\n\n",
        "\0\u{1}\u{7f}\u{85}\u{2028}\u{2029}\u{feff}",
        "🙋🏽‍♀️ ليلى 手",
        "{ \"operation\" : \"call\", \"n\": 1.0e2 }",
        "\\u0041 \\n \"quoted\" <script>",
    ] {
        let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada]).saying(data)).await;
        assert_eq!(invite.made["data"], data);
        assert_eq!(events.until("onReceiveNewInvitation").await["data"], data);
        assert_eq!(ada.look_up(&invite).await["data"], data);
        ada.verb(&invite, "accept", json!({ "data": data })).await.with_status(200);
        assert_eq!(events.until("onInviteeAccepted").await["data"], data);
        ada.verb(&invite, "finish", json!({ "data": data, "reason": "done" })).await;
        let finished = events.until("onInviteeFinished").await;
        assert_eq!((&finished["data"], &finished["reason"]), (&json!(data), &json!("done")));
    }
}

#[tokio::test]
async fn data_that_is_left_out_is_empty() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo, cy] = class.trio().await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada, &bo, &cy])).await;
    ada.accept(&invite).await.with_status(200);
    bo.reject(&invite).await.with_status(200);
    class.teacher.cancel(&invite).await.with_status(200);
    ada.finish(&invite).await.with_status(200);
    let log = class.log_after(invite.seq()).await;
    assert_eq!(log.len(), 4);
    assert!(log.iter().all(|event| event["data"] == ""), "{log:?}");
}

// ---- Comings and goings ------------------------------------------------------------------------

#[tokio::test]
async fn whoever_leaves_or_is_removed_leaves_every_list() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    for student in [&ada, &bo] {
        let pending = class.teacher.invite_in_group(GroupInvitation::to([student])).await;
        let accepted = class.teacher.invite_in_group(GroupInvitation::to([student])).await;
        student.accept(&accepted).await.with_status(200);
        let before = class.mark().await;
        if student.id == ada.id {
            student.leave().await.has_no_content();
        } else {
            class.teacher.remove(student).await.has_no_content();
        }

        let part = class.teacher.part_of(&pending, student).await;
        assert_eq!((&part["state"], &part["reason"]), (&json!("cancelled"), &json!("left")));
        let part = class.teacher.part_of(&accepted, student).await;
        assert_eq!((&part["state"], &part["reason"]), (&json!("finished"), &json!("left")));
        assert!(class.teacher.live().await.is_empty());
        let log = class.log_after(before).await;
        let [cancelled, finished, left] = log.as_slice() else { panic!("{log:?}") };
        assert_eq!(cancelled.named("onInvitationCancelled")["inviteeList"], json!([student.id]));
        assert_eq!(cancelled["reason"], "left");
        assert_eq!(finished.named("onInviteeFinished")["invitee"], student.id.as_str());
        assert_eq!(finished["reason"], "left");
        assert_eq!(left.named("onMemberLeft")["userID"], student.id.as_str());
    }
}

#[tokio::test]
async fn what_a_student_has_open_goes_with_them() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let ask = ada.invite_in_group(GroupInvitation::to_everyone()).await;
    let call = ada.invite(&class.teacher).await;
    ada.leave().await.has_no_content();
    for invite in [&ask, &call] {
        let part = class.teacher.part_of(invite, &class.teacher).await;
        assert_eq!((&part["state"], &part["reason"]), (&json!("cancelled"), &json!("left")));
    }
    assert!(class.teacher.live().await.is_empty());
}

#[tokio::test]
async fn a_member_who_left_is_not_timed_out_and_everyone_means_the_others() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let mut events = class.teacher.listen().await;
    let invitation = GroupInvitation::to([&ada, &bo]).within(1);
    let invite = class.teacher.invite_in_group(invitation).await;
    ada.leave().await.has_no_content();
    let timeout = events.until("onInvitationTimeout").await;
    assert!(invite.is_in(&timeout));
    assert_eq!(timeout["inviteeList"], json!([bo.id]));
    assert_eq!(bo.state_of(&invite, &ada).await, "cancelled");
}

#[tokio::test]
async fn the_end_of_a_class_cancels_and_finishes_all_that_is_live() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let round = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    let call = class.teacher.invite(&ada).await;
    ada.accept(&round).await.with_status(200);
    ada.accept(&call).await.with_status(200);
    let mut events = ada.listen().await;
    let mut events_of_bo = bo.listen().await;
    class.teacher.end_class().await.with_status(200);

    let events = events.until_the_end().await;
    let about = |name: &str| -> Vec<Value> {
        let named = events.iter().filter(|event| event.name == name);
        named.map(|event| event["inviteID"].clone()).collect()
    };
    assert_eq!(about("onInvitationCancelled"), [json!(round.id)]);
    assert_eq!(about("onInviteeFinished"), [json!(round.id), json!(call.id)]);
    assert_eq!(events.last().map(|event| &*event.name), Some("onGroupEnded"));
    let events_of_bo = events_of_bo.until_the_end().await;
    let seen = ["onInvitationCancelled", "onInviteeFinished", "onGroupEnded"];
    assert_eq!(names(&events_of_bo), seen, "the call is not Bo's to see");
}
