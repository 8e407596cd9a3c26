//! Every request of the contract's table, and the shape of its answer.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Class, GroupInvitation, Member, Server, assert_fields, assert_time, keys};

const INVITATION: &str = "inviteID groupID inviter inviteeList seq data timeout answers createdAt \
                          expiresAt open";

/// Checks the answer to a verb that settled one part, and gives that part.
#[track_caller]
fn only_part(settlement: &Value) -> &Value {
    assert_fields(settlement, "inviteID seq invitees");
    let parts = settlement["invitees"].as_array().expect("parts");
    assert_eq!(parts.len(), 1, "{settlement}");
    assert_eq!(parts[0]["seq"], settlement["seq"], "{settlement}");
    assert_time(&parts[0]["at"]);
    &parts[0]
}

#[tokio::test]
async fn beginning_a_class_answers_with_its_code_its_link_and_a_credential() {
    let server = Server::start().await;
    let body = json!({ "name": "4B", "teacher": "Ms Noether" });
    let begun = server.begin_class(body).await.with_status(201);
    assert_fields(&begun, "groupID joinCode joinURL userID token");
    let join_code = begun["joinCode"].as_str().expect("a code");
    assert_eq!(begun["joinURL"], format!("{}/join/{join_code}", server.origin()));
    let teacher = Member::of(server.endpoint(), &begun);
    assert_eq!(teacher.snapshot().await["groupID"], begun["groupID"]);
}

#[tokio::test]
async fn joining_answers_with_a_credential() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let joined = class.try_join("Ada").await.with_status(201);
    assert_fields(&joined, "groupID userID token");
    assert_eq!(joined["groupID"], class.teacher.group.as_str());
    let ada = Member::of(server.endpoint(), &joined);
    ada.snapshot().await;
}

#[tokio::test]
async fn the_snapshot_tells_all_about_the_class() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;

    let snapshot = ada.snapshot().await;
    assert_fields(&snapshot, "groupID name seq now settings members invitations");
    assert_eq!(snapshot["groupID"], ada.group.as_str());
    assert_eq!(snapshot["name"], "4B");
    assert_eq!(snapshot["seq"], invite.seq());
    assert_time(&snapshot["now"]);
    assert_eq!(snapshot["settings"], json!({ "locked": false, "askAnytime": true }));
    let teacher = &class.teacher.id;
    let expected = json!([
        { "userID": teacher, "name": "Ms Noether", "role": "teacher", "online": false },
        { "userID": ada.id, "name": "Ada", "role": "student", "online": false },
    ]);
    assert_eq!(snapshot["members"], expected);
    let invitations = snapshot["invitations"].as_array().expect("invitations");
    assert_eq!(invitations.len(), 1);
    let mut looked_up = ada.look_up(&invite).await;
    let own = looked_up.as_object_mut().expect("an object").remove("you").expect("their part");
    assert_eq!(own, looked_up["invitees"][0]);
    assert_eq!(invitations[0], looked_up);
}

#[tokio::test]
async fn the_snapshot_holds_every_live_invitation_and_no_other() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let teacher = &class.teacher;
    let open = teacher.invite_in_group(GroupInvitation::to([&ada, &bo])).await;
    let accepted = teacher.invite_in_group(GroupInvitation::to([&ada])).await;
    ada.accept(&accepted).await.with_status(200);
    let rejected = teacher.invite_in_group(GroupInvitation::to([&ada])).await;
    ada.reject(&rejected).await.with_status(200);
    let cancelled = teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    teacher.cancel(&cancelled).await.with_status(200);

    assert_eq!(bo.live().await, [open.id.clone(), accepted.id.clone()]);
    ada.finish(&accepted).await.with_status(200);
    assert_eq!(bo.live().await, [open.id]);
}

#[tokio::test]
async fn inviting_one_answers_with_the_invitation_without_its_invitees() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let answer = class.teacher.try_invite(&ada, "a call", 30).await;
    let made = answer.with_status(201);
    assert_fields(&made, INVITATION);
    assert_eq!(made["groupID"], Value::Null);
    assert_eq!(made["inviter"], class.teacher.id.as_str());
    assert_eq!(made["inviteeList"], json!([ada.id]));
    assert_eq!(made["seq"], class.teacher.snapshot().await["seq"]);
    assert_eq!(made["data"], "a call");
    assert_eq!(made["timeout"], 30);
    assert_eq!(made["answers"], "each");
    assert_time(&made["createdAt"]);
    assert_time(&made["expiresAt"]);
}

#[tokio::test]
async fn inviting_in_the_group_answers_likewise() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;

    let listed = class.teacher.invite_in_group(GroupInvitation::to([&bo, &ada])).await.made;
    assert_fields(&listed, INVITATION);
    assert_eq!(listed["groupID"], class.teacher.group.as_str());
    assert_eq!(listed["inviteeList"], json!([bo.id, ada.id]), "the order is the inviter's");
    assert_eq!(listed["answers"], "each", "when nothing is said");
    assert_eq!((&listed["timeout"], &listed["expiresAt"]), (&json!(0), &Value::Null));

    let everyone = GroupInvitation::to_everyone().for_the_first().within(86_400);
    let everyone = class.teacher.invite_in_group(everyone).await.made;
    assert_fields(&everyone, INVITATION);
    assert_eq!(everyone["inviteeList"], "*");
    assert_eq!(everyone["answers"], "first");
    assert_time(&everyone["expiresAt"]);
}

#[tokio::test]
async fn an_invitation_can_be_looked_up_with_every_part_in_it() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo, cy] = class.trio().await;
    let invitation = GroupInvitation::to([&ada, &bo, &cy]).saying("hands?").within(60);
    let invite = class.teacher.invite_in_group(invitation).await;
    ada.verb(&invite, "accept", json!({ "data": "me!" })).await.with_status(200);
    ada.finish(&invite).await.with_status(200);
    bo.verb(&invite, "reject", json!({ "data": "no" })).await.with_status(200);

    let mut found = cy.look_up(&invite).await;
    assert_fields(&found, &format!("{INVITATION} invitees you"));
    found.as_object_mut().expect("an object").remove("you");
    let parts = found["invitees"].take();
    found.as_object_mut().expect("an object").remove("invitees");
    assert_eq!(found, invite.made);
    let states: Vec<(&Value, &Value)> = parts
        .as_array()
        .expect("parts")
        .iter()
        .map(|part| (&part["userID"], &part["state"]))
        .collect();
    let [ada, bo, cy] = [ada.id.into(), bo.id.into(), cy.id.into()];
    let [finished, rejected, pending] = ["finished", "rejected", "pending"].map(Value::from);
    assert_eq!(states, [(&ada, &finished), (&bo, &rejected), (&cy, &pending)]);
    for part in parts.as_array().expect("parts") {
        assert_time(&part["at"]);
        let optional = ["accepted", "reason", "data"];
        let required: Vec<&str> =
            keys(part).into_iter().filter(|key| !optional.contains(key)).collect();
        assert_eq!(required, ["at", "seq", "state", "userID"]);
    }
    assert!(parts[0]["reason"].is_string(), "a finish always has a reason: {parts}");
    assert_eq!(parts[1]["data"], "no");
}

#[tokio::test]
async fn modifying_replaces_the_data() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    class.teacher.modify(&invite, "louder").await.with_status(200);
    assert_eq!(class.teacher.look_up(&invite).await["data"], "louder");
}

#[tokio::test]
async fn accepting_and_finishing_answer_with_the_part_they_settled() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada, &bo])).await;

    let accepted = ada.accept(&invite).await.with_status(200);
    assert_eq!(accepted["inviteID"], invite.id.as_str());
    assert_eq!(accepted["seq"], ada.snapshot().await["seq"]);
    let part = only_part(&accepted);
    assert_eq!((&part["userID"], &part["state"]), (&json!(ada.id), &json!("accepted")));

    let finished = ada.finish(&invite).await.with_status(200);
    assert_eq!(finished["seq"], ada.snapshot().await["seq"]);
    let part = only_part(&finished);
    assert_eq!((&part["userID"], &part["state"]), (&json!(ada.id), &json!("finished")));
    assert_eq!(part, &ada.part_of(&invite, &ada).await);
}

#[tokio::test]
async fn rejecting_answers_with_the_part_it_settled() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada, &bo])).await;
    let body = json!({ "data": "not today" });
    let rejected = bo.verb(&invite, "reject", body).await.with_status(200);
    let part = only_part(&rejected);
    assert_eq!((&part["userID"], &part["state"]), (&json!(bo.id), &json!("rejected")));
    assert_eq!(part["data"], "not today");
}

#[tokio::test]
async fn cancelling_answers_with_every_part_it_closed_and_those_only() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo, cy] = class.trio().await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    ada.accept(&invite).await.with_status(200);
    let cancelled = class.teacher.cancel(&invite).await.with_status(200);
    assert_fields(&cancelled, "inviteID seq invitees");
    assert_eq!(cancelled["seq"], class.teacher.snapshot().await["seq"]);
    let parts = cancelled["invitees"].as_array().expect("parts");
    let closed: Vec<&Value> = parts.iter().map(|part| &part["userID"]).collect();
    assert_eq!(closed, [&json!(bo.id), &json!(cy.id)]);
    assert!(parts.iter().all(|part| part["state"] == "cancelled"), "{cancelled}");
}

#[tokio::test]
async fn finishing_for_all_answers_with_every_part_it_ended() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo, cy] = class.trio().await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    for student in [&cy, &ada] {
        student.accept(&invite).await.with_status(200);
    }
    bo.reject(&invite).await.with_status(200);
    let finished = class.teacher.finish(&invite).await.with_status(200);
    let mut ended: Vec<&str> = finished["invitees"]
        .as_array()
        .expect("parts")
        .iter()
        .map(|part| part["userID"].as_str().expect("an id"))
        .collect();
    ended.sort_unstable();
    let mut expected = [&*ada.id, &*cy.id];
    expected.sort_unstable();
    assert_eq!(ended, expected);
}

#[tokio::test]
async fn a_class_is_renamed_and_set_without_touching_what_is_not_named() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let teacher = &class.teacher;
    teacher.change_group(json!({ "name": "5B" })).await.with_status(200);
    teacher.change_settings(json!({ "locked": true })).await.with_status(200);
    teacher.change_settings(json!({ "askAnytime": false })).await.with_status(200);
    let snapshot = teacher.snapshot().await;
    assert_eq!(snapshot["name"], "5B");
    assert_eq!(snapshot["settings"], json!({ "locked": true, "askAnytime": false }));
    let both = json!({ "name": "6B", "settings": { "locked": false, "askAnytime": true } });
    teacher.change_group(both).await.with_status(200);
    let snapshot = teacher.snapshot().await;
    assert_eq!(snapshot["name"], "6B");
    assert_eq!(snapshot["settings"], json!({ "locked": false, "askAnytime": true }));
}

#[tokio::test]
async fn a_new_join_code_is_the_death_of_the_old_one() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let renewed = class.teacher.post("/joinCode", json!({})).await.with_status(200);
    assert_fields(&renewed, "joinCode joinURL");
    let join_code = renewed["joinCode"].as_str().expect("a code");
    assert_ne!(join_code, class.join_code);
    assert_eq!(renewed["joinURL"], format!("{}/join/{join_code}", server.origin()));
    class.try_join("Ada").await.refused(404, 10010);
    server.join(join_code, "Ada").await.with_status(201);
}

#[tokio::test]
async fn a_student_becomes_a_teacher_and_a_student_again() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    for role in ["teacher", "student"] {
        class.teacher.make(role, &ada).await.with_status(200);
        assert_eq!(class.teacher.snapshot().await["members"][1]["role"], role);
    }
}

#[tokio::test]
async fn leaving_and_removing_answer_with_nothing() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    ada.leave().await.has_no_content();
    class.teacher.remove(&bo).await.has_no_content();
    let members = class.teacher.snapshot().await["members"].take();
    assert_eq!(members.as_array().map(Vec::len), Some(1), "{members}");
}

#[tokio::test]
async fn a_class_can_be_ended() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    class.teacher.end_class().await.with_status(200);
}

#[tokio::test]
async fn a_teacher_gets_a_link_to_go_on_with_another_device() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let link = class.teacher.post("/handover", json!({})).await.with_status(201);
    assert_fields(&link, "handoverURL expiresAt");
    let url = link["handoverURL"].as_str().expect("a URL");
    assert!(url.starts_with(&format!("{}/handover/", server.origin())), "{url}");
    assert_time(&link["expiresAt"]);
    let ada = class.join("Ada").await;
    ada.post("/handover", json!({})).await.refused(403, 8011);
}

#[tokio::test]
async fn a_path_or_a_method_that_is_not_there_is_a_problem_too() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    server.request(Method::GET, "/nothing").await.refused(404, 10010);
    assert_eq!(class.teacher.request(Method::PUT, "").await.status, 405);
}
