//! A whole school answers at once.

use std::collections::HashSet;

use futures::future::join_all;

use crate::support::{Class, Event, EventStream, GroupInvitation, Server};

const STUDENTS: usize = 500;

/// The acceptances that a stream tells, until it has told one of everybody.
async fn acceptances(mut stream: EventStream) -> Vec<Event> {
    let mut events = Vec::with_capacity(STUDENTS);
    while events.len() < STUDENTS {
        let event = stream.next_event().await;
        if event.name == "onInviteeAccepted" {
            events.push(event);
        }
    }
    events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_storm_all_500_see_the_same_500_acceptances_in_the_same_order() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let students = class.students(STUDENTS).await;
    let mut streams = Vec::with_capacity(STUDENTS);
    for student in &students {
        streams.push(tokio::spawn(acceptances(student.listen().await)));
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
    assert!(told.iter().all(|events| events == first), "all see the same");
    assert!(first.is_sorted_by(|one, next| one.seq() < next.seq()));
    assert_eq!(first.iter().map(Event::seq).collect::<HashSet<_>>(), seqs);
    let who: HashSet<&str> = first.iter().filter_map(|event| event["invitee"].as_str()).collect();
    assert_eq!(who, students.iter().map(|student| &*student.id).collect());
    let found = class.teacher.look_up(&invite).await;
    let parts = found["invitees"].as_array().expect("parts");
    assert!(parts.iter().all(|part| part["state"] == "accepted"));
    assert_eq!(parts.len(), STUDENTS);
}
