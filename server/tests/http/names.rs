//! What others are told of each name: what is hidden leaves the server for teachers alone.

use serde_json::{Value, json};

use crate::support::{Class, EventStream, Member, Server};

/// The names in a snapshot, or in an event that tells several.
fn names(told: &Value) -> Vec<String> {
    let members = told["members"].as_array().expect("members").iter();
    members.map(|member| member["name"].as_str().expect("a name").to_owned()).collect()
}

async fn show(class: &Class, names: &str) -> u64 {
    let answer = class.teacher.change_settings(json!({ "names": names })).await;
    answer.with_status(200)["seq"].as_u64().expect("a seq")
}

async fn as_students(teacher: &Member, path: &str) -> EventStream {
    EventStream::of(teacher.get(path).open().await)
}

#[tokio::test]
async fn snapshots_tell_each_what_is_theirs_to_know() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada Lovelace").await;
    class.join("Bo Li").await;
    class.join("Ada Lindqvist").await;
    let full = ["Ms Noether", "Ada Lovelace", "Bo Li", "Ada Lindqvist"];
    for (setting, shown) in [
        ("full", full),
        ("first", ["Ms Noether", "Ada", "Bo", "Ada 2"]),
        ("initials", ["Ms Noether", "AL", "BL", "AL 2"]),
        ("numbers", ["Ms Noether", "#1", "#2", "#3"]),
    ] {
        show(&class, setting).await;
        // One's own name is told in full.
        let theirs = [shown[0], "Ada Lovelace", shown[2], shown[3]];
        assert_eq!(names(&ada.snapshot().await), theirs);
        assert_eq!(names(ada.stream().await.snapshot().await.body()), theirs);
        assert_eq!(names(&ada.get("?names=shown").await.with_status(200)), theirs);
        assert_eq!(names(&class.teacher.snapshot().await), full);
        let projected = class.teacher.get("?names=shown").await.with_status(200);
        assert_eq!(names(&projected), shown);
    }
    server.restart().await;
    let again = names(&ada.at(&server).snapshot().await);
    assert_eq!(again, ["Ms Noether", "Ada Lovelace", "#2", "#3"]);
    // Who left is counted all the same, and whoever teaches is known by name.
    let cy = class.join("Cy Young").await;
    assert_eq!(class.teacher.remove(&cy).await.status, 204);
    let dee = class.join("Dee Dee").await;
    assert_eq!(names(&ada.snapshot().await).last().map(String::as_str), Some("#5"));
    class.teacher.make("teacher", &dee).await.with_status(200);
    assert_eq!(names(&ada.snapshot().await).last().map(String::as_str), Some("Dee Dee"));
}

#[tokio::test]
async fn streams_tell_no_name_that_is_hidden() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada Lovelace").await;
    let first = ada.snapshot().await["seq"].as_u64().expect("a seq");
    let mut theirs = ada.listen().await;
    let mut teachers = class.teacher.listen().await;
    let mut projector = as_students(&class.teacher, "/events?names=shown").await;
    projector.snapshot().await;

    let hidden = show(&class, "initials").await;
    for stream in [&mut theirs, &mut projector] {
        let changed = stream.until("onGroupChanged").await;
        assert_eq!(changed.body()["settings"]["names"], "initials");
        assert_eq!(names(changed.body()), ["Ms Noether", "AL"]);
    }
    assert_eq!(teachers.until("onGroupChanged").await.body()["members"], Value::Null);

    let bo = class.join("Bo Li").await;
    for stream in [&mut theirs, &mut projector] {
        assert_eq!(stream.until("onMemberJoined").await.body()["name"], "BL");
    }
    assert_eq!(teachers.until("onMemberJoined").await.body()["name"], "Bo Li");
    let joined = bo.snapshot().await["seq"].as_u64().expect("a seq");

    // Whoever comes to teach is told by name, and no more when they are a student again.
    for (role, name) in [("teacher", "Bo Li"), ("student", "BL")] {
        class.teacher.make(role, &bo).await.with_status(200);
        assert_eq!(theirs.until("onMemberChanged").await.body()["name"], name);
        assert_eq!(teachers.until("onMemberChanged").await.body()["name"], Value::Null);
    }

    // From before the change a stream begins anew; from after it, it goes on without a name.
    let told = ada.stream_after(first - 1).await.snapshot().await;
    assert_eq!(names(told.body()), ["Ms Noether", "Ada Lovelace", "BL"]);
    let mark = class.mark().await;
    let went_on = ada.stream_after(hidden).await.through(mark).await;
    assert_eq!(went_on[0].seq(), joined);
    let text = format!("{:?}", went_on.iter().map(|event| event.body()).collect::<Vec<_>>());
    assert!(text.contains("BL"), "{text}");
    let names_of_teachers = class.teacher.log_through(mark).await;
    assert!(names_of_teachers.iter().any(|event| event.body()["name"] == "Ada Lovelace"));

    // Told in full again, all of them.
    show(&class, "full").await;
    let mut shown = theirs.until("onGroupChanged").await;
    while shown.body()["members"].is_null() {
        shown = theirs.until("onGroupChanged").await;
    }
    assert_eq!(names(shown.body()), ["Ms Noether", "Ada Lovelace", "Bo Li"]);
}

#[tokio::test]
async fn a_crowd_that_comes_in_is_told_without_names_in_tables_too() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada Lovelace").await;
    let hidden = show(&class, "numbers").await;
    class.students(40).await;
    let mark = class.mark().await;
    let mut stream = ada.stream_of_tables(hidden).await;
    let mut told = Vec::new();
    while told.last().is_none_or(|last: &Value| last["seq"] != mark) {
        told.extend(stream.next_event().await.bodies());
    }
    let joined = told.iter().filter(|body| body["role"] == "student");
    let names: Vec<String> =
        joined.map(|body| body["name"].as_str().expect("a name").into()).collect();
    assert_eq!(names, (2..=41).map(|number| format!("#{number}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_shown_is_one_of_four_and_a_teachers_to_choose() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    class.teacher.change_settings(json!({ "names": "backwards" })).await.refused(400, 6017);
    ada.change_settings(json!({ "names": "numbers" })).await.refused(403, 8011);
    assert_eq!(ada.snapshot().await["settings"]["names"], Value::Null);
}

#[tokio::test]
async fn nobody_finds_out_a_name_by_joining_under_it() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada Lovelace").await;
    show(&class, "numbers").await;
    let other = class.join("Ada Lovelace").await;
    let members = other.snapshot().await["members"].clone();
    assert_eq!(members[2]["name"], "Ada Lovelace");
    let alike = &members[2]["alike"];
    assert_eq!((&alike["number"], &alike["userID"]), (&json!(2), &json!(other.id)));
    assert_eq!((&members[1]["userID"], &members[1]["name"]), (&json!(ada.id), &json!("#1")));
    // Nor is a first name that of a teacher.
    show(&class, "first").await;
    class.co_teacher("Park").await;
    class.join("Park Jones").await;
    assert_eq!(names(&ada.snapshot().await)[3..], ["Park", "Park 2"]);
}

#[tokio::test]
async fn names_that_were_shown_for_a_moment_are_hidden_after_a_restart() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada Lovelace").await;
    class.join("Bo Li").await;
    show(&class, "initials").await;
    let shown = show(&class, "full").await;
    show(&class, "initials").await;
    server.restart().await;
    let told = ada.at(&server).stream_after(shown).await.until("onGroupChanged").await;
    assert_eq!(names(told.body()), ["Ms Noether", "AL", "BL"]);
}
