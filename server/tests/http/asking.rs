//! Following a group without a stream: the snapshot, asked for by its tag; and the code that joins.

use serde_json::{Value, json};

use crate::support::{Answer, Class, Member, Server};

async fn ask(member: &Member, tag: &str) -> Answer {
    member.get("?follow=asking").header("if-none-match", tag).await
}

#[tokio::test]
async fn what_is_as_it_was_is_not_told_again() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let _bo_here = bo.listen().await;
    // By asking once they have come, which is a change.
    ask(&ada, "").await.with_status(200);
    let first = ask(&ada, "").await;
    first.with_status(200);
    let tag = first.header("etag").to_owned();

    let same = ask(&ada, &tag).await;
    assert_eq!((same.status, &*same.text), (304, ""));
    assert_eq!(same.header("etag"), tag);
    assert_eq!(ask(&ada, &format!("\"other\", {tag}")).await.status, 304);

    // Whatever a snapshot tells changes the tag: events, who is there, and whose it is.
    assert_eq!(ask(&bo, &tag).await.status, 200, "it is another member's");
    class.mark().await;
    let second = ask(&ada, &tag).await;
    second.with_status(200);
    let tag = second.header("etag").to_owned();
    assert_eq!(ask(&ada, &tag).await.status, 304);
    let stream = class.teacher.listen().await;
    let third = ask(&ada, &tag).await;
    third.with_status(200);
    drop(stream);
}

#[tokio::test]
async fn a_tag_of_before_a_restart_is_an_old_one() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let tag = ada.get("").await.header("etag").to_owned();
    assert_eq!(ada.get("").header("if-none-match", &tag).await.status, 304);
    server.restart().await;
    assert_eq!(ada.at(&server).get("").header("if-none-match", &tag).await.status, 200);
}

#[tokio::test]
async fn whoever_follows_by_asking_is_there_and_whoever_looks_once_is_not() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let mut told = class.teacher.listen().await;
    bo.get("").await.with_status(200);
    ask(&ada, "").await.with_status(200);
    told.until_online(&ada.id, true).await;
    let members = class.teacher.snapshot().await["members"].clone();
    let online: Vec<&Value> =
        members.as_array().expect("members").iter().map(|it| &it["online"]).collect();
    assert_eq!(online, [&json!(true), &json!(true), &json!(false)]);
    // It ends some time after they asked last.
    told.until_online(&ada.id, false).await;
}

#[tokio::test]
async fn teachers_are_told_the_code_and_that_it_has_changed() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let before = class.teacher.snapshot().await["joinCode"].clone();
    assert!(before.is_string());
    assert_eq!(ada.snapshot().await["joinCode"], Value::Null);
    let tag = class.teacher.get("").await.header("etag").to_owned();
    let mut told = class.teacher.listen().await;
    let mut theirs = ada.listen().await;
    let seq = class.teacher.snapshot().await["seq"].as_u64().expect("a number");

    let renewed = class.teacher.post("/joinCode", json!({})).await.with_status(200);
    let now = &renewed["joinCode"];
    assert_ne!(*now, before);
    loop {
        let event = told.until_passing("onJoinCodeChanged").await;
        assert_eq!(event.id, None, "it holds only for now");
        if event["joinCode"] == *now {
            break;
        }
    }
    assert_eq!(class.teacher.snapshot().await["joinCode"], *now);
    assert_eq!(class.teacher.get("").header("if-none-match", &tag).await.status, 200);
    // A stream that goes on after a place in the log tells it too, for it may have been missed.
    let mut anew = class.teacher.stream_after(seq).await;
    assert_eq!(anew.until_passing("onJoinCodeChanged").await["joinCode"], *now);
    let mark = class.mark().await;
    let seen = theirs.through(mark).await;
    assert!(seen.iter().all(|event| event.name != "onJoinCodeChanged"), "it is not for students");
}
