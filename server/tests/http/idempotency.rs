//! The same request twice, because the first answer was lost on the way.

use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Class, GroupInvitation, Invite, Server};

/// The answers say the same.
#[track_caller]
fn assert_same(first: &Answer, again: &Answer) {
    assert_eq!((first.status, &first.text), (again.status, &again.text));
}

#[tokio::test]
async fn a_repeated_invitation_is_made_once() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let group = || class.teacher.try_invite_in_group(GroupInvitation::to_everyone()).key("one");
    let single = || class.teacher.try_invite(&ada, "", 0).key("two");
    let (in_group, one_to_one) = (group().await, single().await);
    assert_same(&in_group, &group().await);
    assert_same(&one_to_one, &single().await);
    let made = [Invite::of(&in_group).id, Invite::of(&one_to_one).id];
    assert_eq!(class.teacher.live().await, made);
}

#[tokio::test]
async fn every_post_and_patch_gets_its_first_answer_again() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let teacher = &class.teacher;
    let invite = teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    let role = format!("/members/{}", bo.id);
    let requests = [
        (&ada, Method::POST, invite.path("/accept"), json!({ "data": "me" })),
        (&bo, Method::POST, invite.path("/reject"), json!({})),
        (teacher, Method::PATCH, invite.path(""), json!({ "data": "new" })),
        (teacher, Method::POST, invite.path("/cancel"), json!({})),
        (teacher, Method::POST, invite.path("/finish"), json!({ "invitee": ada.id })),
        (teacher, Method::PATCH, String::new(), json!({ "name": "5B" })),
        (teacher, Method::POST, "/joinCode".to_owned(), json!({})),
        (teacher, Method::PATCH, role, json!({ "role": "teacher" })),
    ];
    let mut firsts = Vec::new();
    for (number, (member, method, path, body)) in requests.iter().enumerate() {
        let request = member.request(method.clone(), path).json(body.clone());
        let first = request.key(&format!("key {number}")).await;
        first.with_status(200);
        firsts.push(first);
    }
    let before = teacher.snapshot().await["seq"].take();
    for (number, (member, method, path, body)) in requests.iter().enumerate() {
        let request = member.request(method.clone(), path).json(body.clone());
        assert_same(&firsts[number], &request.key(&format!("key {number}")).await);
    }
    assert_eq!(teacher.snapshot().await["seq"], before, "nothing happened twice");
}

#[tokio::test]
async fn the_end_of_a_class_gets_its_first_answer_again() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let end = || class.teacher.post("/end", json!({})).key("the end");
    let first = end().await;
    first.with_status(200);
    assert_same(&first, &end().await);
}

#[tokio::test]
async fn a_refusal_is_a_first_answer_too() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let ask = ada.invite_in_group(GroupInvitation::to_everyone()).await;
    let second = || ada.try_invite_in_group(GroupInvitation::to_everyone()).key("second");
    second().await.refused(409, 8012);
    ada.cancel(&ask).await.with_status(200);
    second().await.refused(409, 8012);
    assert!(ada.live().await.is_empty());
}

#[tokio::test]
async fn the_first_answer_survives_a_restart() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let ask = || ada.try_invite_in_group(GroupInvitation::to_everyone()).key("🙋 once");
    let renew = || class.teacher.post("/joinCode", json!({})).key("renew");
    let (asked, renewed) = (ask().await, renew().await);
    server.restart().await;
    assert_same(&asked, &ask().await);
    assert_same(&renewed, &renew().await);
    ada.cancel(&Invite::of(&asked)).await.with_status(200);
    server.restart().await;
    assert_same(&asked, &ask().await);
    assert!(ada.live().await.is_empty());
}

#[tokio::test]
async fn a_key_is_not_good_for_another_body() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let invitation = GroupInvitation::to_everyone();
    let invite = |invitation: GroupInvitation| class.teacher.try_invite_in_group(invitation);
    invite(invitation.clone()).key("key").await.with_status(201);
    let before = class.teacher.snapshot().await["seq"].take();
    invite(invitation.clone().saying("more")).key("key").await.refused(422, 6017);
    class.teacher.patch("", json!({ "name": "5B" })).key("key").await.refused(422, 6017);
    server.restart().await;
    invite(invitation.saying("more")).key("key").await.refused(422, 6017);
    assert_eq!(class.teacher.snapshot().await["seq"], before);
}

#[tokio::test]
async fn a_key_is_its_members_own() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    for student in [&ada, &bo] {
        let body = json!({ "data": student.id });
        student.verb(&invite, "accept", body).key("same").await.with_status(200);
        assert_eq!(ada.state_of(&invite, student).await, "accepted");
    }
    let elsewhere = Class::start(&server).await.teacher;
    let body = json!({ "name": "5B" });
    class.teacher.patch("", body.clone()).key("same").await.with_status(200);
    elsewhere.patch("", body).key("same").await.with_status(200);
    assert_eq!(elsewhere.snapshot().await["name"], "5B");
}

#[tokio::test]
async fn a_key_holds_up_to_128_bytes() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let rename = |key: &str| class.teacher.patch("", json!({ "name": "5B" })).key(key);
    rename(&"k".repeat(128)).await.with_status(200);
    rename(&"🙋".repeat(32)).await.with_status(200);
    rename(&"k".repeat(129)).await.refused(400, 6017);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn duplicates_that_arrive_at_once_happen_once() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let before = class.mark().await;
    for round in 0..10 {
        let key = format!("round {round}");
        let invitation = GroupInvitation::to_everyone;
        let request = || class.teacher.try_invite_in_group(invitation()).key(&key);
        let answers = join_all((0..10).map(|_| request().into_future())).await;
        for answer in &answers {
            answer.with_status(201);
            assert_same(&answers[0], answer);
        }
    }
    let log = class.log_after(before).await;
    assert_eq!(log.len(), 10, "{log:?}");
    let told: Vec<&str> = log.iter().filter_map(|event| event["inviteID"].as_str()).collect();
    assert_eq!(class.teacher.live().await, told);
}

#[tokio::test]
async fn a_key_that_was_used_for_one_invitation_answers_for_no_other() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let first = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    let second = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    ada.verb(&first, "accept", json!({})).key("k").await.with_status(200);
    ada.verb(&second, "accept", json!({})).key("k").await.refused(422, 6017);
    assert_eq!(ada.state_of(&second, &ada).await, "pending");
}
