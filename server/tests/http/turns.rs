//! Turns to speak that are limited, and end by themselves where a teacher has it so.

use serde_json::{Value, json};
use signaling::Timestamp;

use crate::support::{Class, GroupInvitation, Member, Server, wait_until};

/// The teacher performs something.
async fn perform(teacher: &Member, what: Value) {
    teacher.post("/perform", json!({ "data": what.to_string() })).await.with_status(200);
}

/// Has a student speak; since when.
async fn speaks(class: &Class, student: &Member) -> (crate::support::Invite, Timestamp) {
    let call = GroupInvitation::to([student]).saying(r#"{"operation":"speaking"}"#);
    let invite = class.teacher.invite_in_group(call).await;
    let accepted = student.accept(&invite).await.with_status(200);
    let since = &accepted["invitees"][0]["at"];
    (invite, since.as_str().expect("a moment").parse().expect("a moment"))
}

#[tokio::test]
async fn a_turn_ends_by_itself_once_also_while_the_server_was_down() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let limits = json!({ "speakingLimit": 1, "endByItself": true });
    class.teacher.change_settings(limits).await.with_status(200);
    let mut told = bo.listen().await;
    let (invite, since) = speaks(&class, &ada).await;
    let ended = told.until("onInviteeFinished").await;
    let body = ended.body();
    assert_eq!((&body["reason"], &body["by"]), (&json!("time_is_up"), &json!(ada.id)));
    let at: Timestamp = body["at"].as_str().expect("a moment").parse().expect("a moment");
    assert!(at.millis_since(since) >= 1_000, "not before its time");
    assert_eq!(ada.state_of(&invite, &ada).await, "finished");

    let (invite, since) = speaks(&class, &bo).await;
    server.stop().await;
    wait_until(since.plus_seconds(1)).await;
    server.start_again().await;
    let ended = told_again(&ada.at(&server), invite.seq()).await;
    assert_eq!(ended["invitee"], json!(bo.id));
    server.restart().await;
    let log = class.log_after(ended["seq"].as_u64().expect("a seq")).await;
    assert!(log.is_empty(), "once and never again: {log:?}");
}

async fn told_again(member: &Member, after: u64) -> Value {
    let mut events = member.stream_again(&after.to_string()).await;
    events.until("onInviteeFinished").await.body().clone()
}

#[tokio::test]
async fn a_teacher_gives_one_turn_a_limit_of_its_own() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let mut told = bo.listen().await;
    let (invite, _) = speaks(&class, &ada).await;
    perform(&class.teacher, json!({ "operation": "limit_turn", "student": ada.id, "seconds": 90 }))
        .await;
    let modified = told.until("onInviteeModified").await;
    let body = modified.body();
    assert_eq!(body["data"], r#"{"limit":90}"#);
    let (whose, by) = (&body["invitee"], &body["by"]);
    assert_eq!((whose, by), (&json!(ada.id), &json!(class.teacher.id)));
    perform(&class.teacher, json!({ "operation": "more_time", "student": ada.id, "seconds": 30 }))
        .await;
    assert_eq!(told.until("onInviteeModified").await.body()["data"], r#"{"limit":120}"#);
    let part = bo.part_of(&invite, &ada).await;
    assert_eq!((&part["state"], &part["terms"]), (&json!("accepted"), &json!(r#"{"limit":120}"#)));
    let more = json!({ "operation": "more_time", "student": ada.id, "seconds": 30 });
    ada.post("/perform", json!({ "data": more.to_string() })).await.refused(403, 8011);
    for wrong in [json!(3_601), json!(-1), json!(true), json!("60")] {
        class.teacher.change_settings(json!({ "speakingLimit": wrong })).await.refused(400, 6017);
    }
}
