//! A whole school answers at once.

use std::collections::HashSet;

use futures::future::join_all;
use serde_json::Value;

use crate::support::{Class, EventStream, GroupInvitation, Member, Server};

const STUDENTS: usize = 500;

/// The acceptances that a stream tells, until it has told one of everybody.
async fn acceptances(mut stream: EventStream) -> Vec<Value> {
    let mut bodies = Vec::with_capacity(STUDENTS);
    while bodies.len() < STUDENTS {
        let event = stream.next_event().await;
        if event.name == "onInviteeAccepted" {
            bodies.extend(event.bodies());
            let last = bodies.last().and_then(|body| body["seq"].as_u64());
            assert_eq!(last, event.id, "a table has the number of its last");
        }
    }
    bodies
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_storm_all_500_see_the_same_500_acceptances_in_the_same_order() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let students = class.students(STUDENTS).await;
    let seen = class.mark().await;
    let mut streams = Vec::with_capacity(STUDENTS);
    for (place, student) in students.iter().enumerate() {
        let stream = if place % 2 == 0 {
            student.listen().await
        } else {
            student.stream_of_tables(seen).await
        };
        streams.push(tokio::spawn(acceptances(stream)));
    }
    let round = GroupInvitation::to_everyone().saying(r#"{"operation":"hand_raising"}"#);
    let invite = class.teacher.invite_in_group(round).await;
    let answers = join_all(students.iter().map(|student| student.accept(&invite))).await;
    let seqs: HashSet<u64> = answers
        .iter()
        .map(|answer| answer.with_status(200)["seq"].as_u64().expect("a seq"))
        .collect();

    let mut told = Vec::with_capacity(STUDENTS);
    for stream in streams {
        told.push(stream.await.expect("the stream told everything"));
    }
    let first = &told[0];
    assert!(told.iter().all(|bodies| bodies == first), "all see the same");
    let numbers: Vec<u64> = first.iter().filter_map(|body| body["seq"].as_u64()).collect();
    assert!(numbers.is_sorted_by(|one, next| one < next));
    assert_eq!(numbers.into_iter().collect::<HashSet<_>>(), seqs);
    let who: HashSet<&str> = first.iter().filter_map(|body| body["invitee"].as_str()).collect();
    assert_eq!(who, students.iter().map(|student| &*student.id).collect());
    let found = class.teacher.look_up(&invite).await;
    let parts = found["invitees"].as_array().expect("parts");
    assert!(parts.iter().all(|part| part["state"] == "accepted"));
    assert_eq!(parts.len(), STUDENTS);
}

/// Who has accepted by what somebody hears who comes in the middle: first the snapshot, then the
/// events until the number is complete.
async fn heard_by(latecomer: Member, expected: usize) -> Vec<String> {
    let mut stream = latecomer.stream().await;
    let snapshot = stream.snapshot().await;
    let parts = snapshot["invitations"][0]["invitees"].as_array().into_iter().flatten();
    let accepted = parts.filter(|part| part["state"] == "accepted");
    let id = |id: &Value| id.as_str().expect("an id").to_owned();
    let mut heard: Vec<String> = accepted.map(|part| id(&part["userID"])).collect();
    while heard.len() < expected {
        let event = stream.next_event().await;
        heard.push(id(&event.named("onInviteeAccepted")["invitee"]));
    }
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_in_the_middle_of_a_storm_hears_of_everybody_once() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let students = class.students(100).await;
    let everybody: HashSet<String> = students.iter().map(|student| student.id.clone()).collect();
    let invite = class.teacher.invite_in_group(GroupInvitation::to(&students)).await;
    let answers = students.iter().map(|student| async {
        let answer = student.accept(&invite).await;
        let heard = tokio::spawn(heard_by(student.clone(), students.len()));
        answer.with_status(200);
        heard.await.expect("the stream told everything")
    });
    for heard in join_all(answers).await {
        assert_eq!(heard.len(), everybody.len(), "nobody twice");
        assert_eq!(heard.into_iter().collect::<HashSet<_>>(), everybody);
    }
}
