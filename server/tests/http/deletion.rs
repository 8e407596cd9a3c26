//! What is deleted is gone for everybody, whole, and from the file; what is erased keeps its counts.

use serde_json::json;
use server::Config;
use signaling::{GroupId, Timestamp, UserId};

use crate::support::{Class, GroupInvitation, Member, Server};

const DAY: i64 = 86_400_000;

fn group(class: &Class) -> GroupId {
    class.teacher.group.parse().expect("an id")
}

fn user(member: &Member) -> UserId {
    member.id.parse().expect("an id")
}

async fn summary(server: &Server, class: &Class) -> serde_json::Value {
    let class = server.engine().class(group(class)).await.expect("the class");
    let summary = server.engine().summary(&class).await.expect("a summary");
    serde_json::from_str(&summary).expect("JSON")
}

/// A class full of words that are nowhere else.
async fn told_class(server: &Server, mark: &str) -> (Class, Member, Member) {
    let class = Class::start(server).await;
    class.teacher.change_group(json!({ "name": format!("Class {mark}") })).await.with_status(200);
    let ada = class.join(&format!("Ada {mark}")).await;
    let bo = class.join("Bo").await;
    let data = format!(r#"{{"operation":"hand_raising","question":"Why {mark}?"}}"#);
    for _ in 0..40 {
        let round =
            class.teacher.invite_in_group(GroupInvitation::to_everyone().saying(&data)).await;
        let words = json!({ "data": format!("because {mark}") });
        ada.verb(&round, "accept", words).key(&round.id).await.with_status(200);
        bo.accept(&round).await.with_status(200);
        class.teacher.cancel(&round).await.with_status(200);
        class.teacher.finish(&round).await.with_status(200);
    }
    (class, ada, bo)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_class_is_gone_for_everybody_and_from_the_file() {
    let mut server = Server::start().await;
    let (class, ada, _) = told_class(&server, "Quetzalcoatl").await;
    let (other, bea, _) = told_class(&server, "Xochipilli").await;
    let mut stream = ada.listen().await;
    server.engine().delete_class(group(&class)).await.expect("it is deleted");

    stream.until("onGroupEnded").await;
    stream.until_the_end().await;
    ada.get("").await.refused(404, 10010);
    class.teacher.get("").await.refused(404, 10010);
    class.try_join("Late").await.refused(404, 10010);
    assert!(server.engine().class(group(&class)).await.is_err());
    assert!(server.engine().delete_class(group(&class)).await.is_err(), "there is none any more");
    server.forgets(&["Quetzalcoatl", &class.teacher.group]).await;

    bea.snapshot().await;
    assert_eq!(summary(&server, &other).await["hands"], 80);
    server.restart().await;
    ada.get("").await.refused(404, 10010);
    assert_eq!(summary(&server, &other).await["hands"], 80);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_that_a_crash_cuts_short_is_finished_at_the_next_start() {
    let server = Server::start().await;
    let (class, ada, _) = told_class(&server, "Quetzalcoatl").await;
    server.engine().delete_class(group(&class)).await.expect("it is deleted");
    let crashed = Server::start_after_a_crash_of(&server).await;
    ada.at(&crashed).get("").await.refused(404, 10010);
    crashed.forgets(&["Quetzalcoatl"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_students_name_and_data_are_gone_and_the_counts_stay() {
    let mut server = Server::start().await;
    let (class, ada, bo) = told_class(&server, "Quetzalcoatl").await;
    let settings = json!({ "studentsMayCall": true });
    class.teacher.change_settings(settings).await.with_status(200);
    let call = ada.try_invite(&class.teacher, r#"{"operation":"call","note":"Tlaloc"}"#, 0).await;
    call.with_status(201);
    let before = summary(&server, &class).await;
    let mut stream = bo.listen().await;
    server.engine().erase_person(group(&class), user(&ada)).await.expect("it is erased");

    let left = stream.until("onMemberLeft").await;
    assert_eq!(left["reason"], "removed");
    ada.get("").await.refused(401, 6014);
    server.forgets(&["Ada Quetzalcoatl", "because Quetzalcoatl", "Tlaloc"]).await;
    let after = summary(&server, &class).await;
    assert_eq!(after, before);
    // The others go on where they were, and read the class without the name.
    bo.finish(&class.teacher.invite_in_group(GroupInvitation::to([&bo])).await).await;
    assert_eq!(stream.next_event().await.seq(), left.seq() + 1);
    let log = bo.log_through(left.seq()).await;
    let joined = log.iter().find(|event| event["userID"] == ada.id.as_str()).expect("she joined");
    assert_eq!(joined.named("onMemberJoined")["name"], "Name erased");

    server.restart().await;
    assert_eq!(summary(&server, &class).await, before);
    server.engine().erase_person(group(&class), user(&ada)).await.expect("twice does no harm");
}

#[tokio::test]
async fn the_last_teacher_of_a_class_that_goes_on_is_not_erased_out_of_it() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let refused = server.engine().erase_person(group(&class), user(&class.teacher)).await;
    assert!(refused.is_err());
    class.teacher.snapshot().await;
    class.teacher.end_class().await.with_status(200);
    server.engine().erase_person(group(&class), user(&class.teacher)).await.expect("it is over");
}

#[tokio::test]
async fn classes_are_kept_for_as_long_as_the_setting_says_and_no_shorter() {
    let server = Server::start().await;
    let engine = server.engine();
    let (over, goes_on) = (Class::start(&server).await, Class::start(&server).await);
    over.teacher.end_class().await.with_status(200);
    let ended = engine.class(group(&over)).await.expect("the class").ended_at.expect("its end");
    let after = |millis: i64| Timestamp::from_millis(ended.as_millis() + millis);
    let is_there = async |class: &Class| engine.class(group(class)).await.is_ok();

    engine.delete_kept_long_enough(after(10_000 * DAY)).await.expect("nothing to do");
    assert!(is_there(&over).await, "off by default");
    engine.set_keep_days(Some(30)).await.expect("it is set");
    let class = engine.class(group(&over)).await.expect("the class");
    assert_eq!(class.deleted_at(Some(30)), Some(after(30 * DAY)));
    assert_eq!(engine.kept_long_enough(after(30 * DAY - 1), 30).await.expect("a count"), 0);
    engine.delete_kept_long_enough(after(30 * DAY - 1)).await.expect("nothing to do");
    assert!(is_there(&over).await, "a millisecond before");
    assert_eq!(engine.kept_long_enough(after(30 * DAY), 30).await.expect("a count"), 1);
    engine.delete_kept_long_enough(after(30 * DAY)).await.expect("it is deleted");
    assert!(!is_there(&over).await);
    engine.delete_kept_long_enough(after(10_000 * DAY)).await.expect("nothing to do");
    assert!(is_there(&goes_on).await, "what has not ended stays until it ends");

    engine.set_keep_days(None).await.expect("it is set");
    assert_eq!(engine.keep_days().await.expect("the setting"), None);
}

#[tokio::test]
async fn a_class_that_is_forgotten_ends_by_itself_so_that_it_is_deleted_in_time() {
    let mut server = Server::start().await;
    let (forgotten, goes_on) = (Class::start(&server).await, Class::start(&server).await);
    let ada = forgotten.join("Ada").await;
    let round = forgotten.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    ada.accept(&round).await.with_status(200);
    goes_on.join("Bo").await;
    server.restart().await;
    let mut stream = ada.stream_again(&round.seq().to_string()).await;
    let last = stream.next_event().await;
    last.named("onInviteeAccepted");
    let last: Timestamp = last["at"].as_str().expect("a moment").parse().expect("a moment");
    let after = |millis: i64| Timestamp::from_millis(last.as_millis() + millis);
    let days = i64::from(Config::STILL_DAYS);
    let ended = async |server: &Server, class: &Class| {
        server.engine().class(group(class)).await.expect("the class").ended_at
    };

    server.engine().end_forgotten(after(days * DAY - 1)).await.expect("nothing to do");
    assert_eq!(ended(&server, &forgotten).await, None, "a millisecond before");
    server.engine().end_forgotten(after(days * DAY)).await.expect("it ends");
    let finished = stream.until("onInviteeFinished").await;
    assert_eq!((&finished["reason"], &finished["by"]), (&json!("ended"), &json!(ada.id)));
    assert_eq!(stream.until("onGroupEnded").await["reason"], "forgotten");
    stream.until_the_end().await;
    ada.get("").await.refused(410, 10010);
    assert_eq!(ended(&server, &goes_on).await, None, "somebody came since");

    server.restart().await;
    let end = ended(&server, &forgotten).await.expect("it has ended");
    server.engine().set_keep_days(Some(30)).await.expect("it is set");
    let kept = Timestamp::from_millis(end.as_millis() + 30 * DAY);
    server.engine().delete_kept_long_enough(kept).await.expect("it is deleted");
    assert!(server.engine().class(group(&forgotten)).await.is_err());
    assert!(server.engine().class(group(&goes_on)).await.is_ok());
}
