//! Several verbs as one, in one commit, and their undo.

use serde_json::{Value, json};

use crate::support::{Answer, Class, GroupInvitation, Invite, Member, Request, Server};

/// A member performs something.
fn perform(member: &Member, what: &Value) -> Request {
    member.post("/perform", json!({ "data": what.to_string() }))
}

fn undo(member: &Member, performed: &Value) -> Request {
    member.post("/undo", json!({ "performed": performed }))
}

/// The teacher asks all for hands.
async fn ask(teacher: &Member) -> Invite {
    let what = json!({ "operation": "ask", "question": "Why?" });
    let answer = perform(teacher, &what).await.with_status(200);
    assert_eq!(answer["performed"], Value::Null, "no hand came down");
    newest(teacher).await
}

/// The newest invitation that is live.
async fn newest(member: &Member) -> Invite {
    let snapshot = member.snapshot().await;
    let newest = snapshot["invitations"].as_array().and_then(|all| all.last()).cloned();
    let made = newest.expect("something is live");
    Invite { id: made["inviteID"].as_str().expect("an id").to_owned(), made }
}

/// Whose hands are up, in their order, as whoever knows `place` reads a snapshot.
async fn hands(member: &Member) -> Vec<(String, Value)> {
    let snapshot = member.snapshot().await;
    let mut hands = Vec::new();
    for invitation in snapshot["invitations"].as_array().expect("a list") {
        if !invitation["data"].as_str().is_some_and(|data| data.contains("hand_raising")) {
            continue;
        }
        for part in invitation["invitees"].as_array().expect("a list") {
            if part["state"] == "accepted" {
                let place = if part["place"].is_null() { part } else { &part["place"] };
                let user = part["userID"].as_str().expect("an id").to_owned();
                hands.push((place["seq"].as_u64(), user, place["at"].clone()));
            }
        }
    }
    hands.sort_by_key(|(seq, ..)| *seq);
    hands.into_iter().map(|(_, user, at)| (user, at)).collect()
}

#[tokio::test]
async fn what_was_lowered_comes_back_to_its_place_after_a_restart_too() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo, cy] = class.trio().await;
    let co_teacher = class.co_teacher("Mr Hilbert").await;
    let round = ask(&class.teacher).await;
    for student in [&cy, &ada, &bo] {
        student.accept(&round).await.with_status(200);
    }
    let before = hands(&bo).await;
    let lowered = perform(&class.teacher, &json!({ "operation": "lower_all" })).await;
    let lowered = lowered.with_status(200);
    assert_eq!(hands(&bo).await, []);
    server.restart().await;
    let snapshot = bo.snapshot().await;
    assert_eq!(snapshot["performed"]["seq"], lowered["performed"]);
    assert_eq!(snapshot["performed"]["by"], class.teacher.id.as_str());
    assert_eq!(snapshot["performed"]["data"], r#"{"count":3,"operation":"lower_all"}"#);
    undo(&ada, &lowered["performed"]).await.refused(403, 8011);
    let undone = undo(&co_teacher, &lowered["performed"]).await.with_status(200);
    assert_eq!(hands(&bo).await, before, "order, place and times");
    server.restart().await;
    assert_eq!(hands(&bo).await, before, "from the log as well");
    assert_eq!(bo.snapshot().await["performed"], Value::Null);

    let again = undo(&class.teacher, &lowered["performed"]).await.with_status(200);
    assert_eq!(again["seq"], undone["seq"], "twice is once");
    undo(&class.teacher, &json!(1)).await.refused(409, 8010);
    let log = class.log_after(lowered["seq"].as_u64().expect("a number")).await;
    let last = log.last().expect("an event");
    assert_eq!(last.named("onUndone")["performed"], lowered["performed"]);
    assert_eq!(last["by"], co_teacher.id.as_str());
    let accepted: Vec<_> = log.iter().filter(|it| it.name == "onInviteeAccepted").collect();
    assert_eq!(accepted.len(), 3, "by events that everybody knows: {log:?}");
    assert!(accepted.iter().all(|it| it["by"] == co_teacher.id.as_str()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_teachers_who_press_next_at_once_call_one() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo, cy] = class.trio().await;
    let co_teacher = class.co_teacher("Mr Hilbert").await;
    let round = ask(&class.teacher).await;
    for student in [&ada, &bo, &cy] {
        student.accept(&round).await.with_status(200);
    }
    let next = json!({ "operation": "next", "student": ada.id });
    perform(&class.teacher, &next).await.with_status(200);
    let turn = newest(&class.teacher).await;
    ada.accept(&turn).await.with_status(200);

    let mark = class.mark().await;
    let next = json!({ "operation": "next", "student": bo.id, "ends": turn.id });
    let other = json!({ "operation": "next", "student": cy.id, "ends": turn.id });
    let (one, same, another) = tokio::join!(
        perform(&class.teacher, &next),
        perform(&co_teacher, &next),
        perform(&co_teacher, &other),
    );
    let performed = |answer: &Answer| answer.with_status(200)["performed"].is_u64();
    let done = [&one, &same, &another].into_iter().filter(|answer| performed(answer)).count();
    assert_eq!(done, 1);
    let log = class.log_after(mark).await;
    let names: Vec<&str> = log.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["onInviteeFinished", "onReceiveNewInvitation", "onPerformed"]);
    assert_eq!(log[0]["at"], log[1]["at"], "in one commit");
    let lowered = json!({ "operation": "lower", "student": cy.id });
    perform(&class.teacher, &lowered).await.with_status(200);
}

#[tokio::test]
async fn a_teacher_answers_for_who_is_silent_and_nobody_else_does() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let call = GroupInvitation::to([&ada, &bo]).saying(r#"{"operation":"speaking"}"#);
    let call = class.teacher.invite_in_group(call).await;
    let for_ada = json!({ "invitee": ada.id });
    bo.verb(&call, "accept", for_ada.clone()).await.refused(403, 8011);
    let answer = class.teacher.verb(&call, "accept", for_ada.clone()).await.with_status(200);
    assert_eq!(answer["invitees"][0]["userID"], ada.id.as_str());
    assert_eq!(answer["invitees"][0]["state"], "accepted");
    let for_bo = json!({ "invitee": bo.id });
    class.teacher.verb(&call, "reject", for_bo.clone()).await.with_status(200);
    class.teacher.verb(&call, "accept", for_bo).await.lost_to("rejected");
    class.teacher.verb(&call, "accept", json!({ "invitee": "nobody" })).await.refused(422, 6017);
    let private = class.teacher.invite(&ada).await;
    class.teacher.verb(&private, "accept", for_ada).await.refused(403, 8011);
    let log = class.log_after(call.seq()).await;
    assert_eq!(log[0].named("onInviteeAccepted")["by"], class.teacher.id.as_str());
}

#[tokio::test]
async fn a_question_is_told_until_it_is_cleared() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let round = ask(&class.teacher).await;
    class.teacher.cancel(&round).await.with_status(200);
    let late = class.join("Late").await;
    let told = late.snapshot().await["invitations"][0].take();
    assert_eq!((&told["stays"], &told["closed"]), (&json!(true), &json!("cancelled")));
    assert_eq!(told["open"], json!(false));
    ada.verb(&round, "clear", json!({})).await.refused(403, 8011);
    class.teacher.verb(&round, "clear", json!({})).await.with_status(200);
    class.teacher.verb(&round, "clear", json!({})).await.with_status(200);
    assert_eq!(late.snapshot().await["invitations"], json!([]));
    let log = class.log_after(round.seq()).await;
    let last = log.last().expect("an event");
    assert_eq!(last.named("onInvitationCleared")["by"], class.teacher.id.as_str());
    let plain = class.teacher.invite_in_group(GroupInvitation::to_everyone().saying("x")).await;
    class.teacher.cancel(&plain).await.with_status(200);
    assert_eq!(late.snapshot().await["invitations"], json!([]), "only what its application keeps");
}

#[tokio::test]
async fn what_is_performed_is_checked_and_a_key_gets_the_first_answer_again() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let round = ask(&class.teacher).await;
    ada.accept(&round).await.with_status(200);
    for data in ["", "next", r#"{"operation":"dance"}"#, r#"{"operation":"lower","x":1}"#] {
        class.teacher.post("/perform", json!({ "data": data })).await.refused(422, 6017);
    }
    class.teacher.post("/perform", json!({})).await.refused(400, 6017);
    class.teacher.post("/undo", json!({ "performed": "1" })).await.refused(400, 6017);
    perform(&ada, &json!({ "operation": "lower_all" })).await.refused(403, 8011);
    let nobody = json!({ "operation": "next", "student": class.teacher.id });
    perform(&class.teacher, &nobody).await.refused(409, 8010);
    let lower = json!({ "operation": "lower", "student": ada.id });
    let first = perform(&class.teacher, &lower).key("lower-1").await.with_status(200);
    ada.accept(&round).await.lost_to("finished");
    let again = perform(&class.teacher, &lower).key("lower-1").await.with_status(200);
    assert_eq!(again, first);
    let other = json!({ "operation": "lower_all" });
    perform(&class.teacher, &other).key("lower-1").await.refused(422, 6017);
}
