//! Streams that break off and go on, and what is told when they cannot.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Class, Event, EventStream, GroupInvitation, Member, Server, assert_fields};

/// A log that ends with a mark, and the mark's number.
async fn class_with_a_log(server: &Server) -> (Class, Vec<Event>) {
    let class = Class::start(server).await;
    let ada = class.join("Ada").await;
    for _ in 0..5 {
        let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
        ada.accept(&invite).await.with_status(200);
        ada.finish(&invite).await.with_status(200);
    }
    let mark = class.mark().await;
    let log = class.teacher.log_through(mark).await;
    (class, log)
}

/// A snapshot as it can be compared: without the time and who is online.
fn lasting(snapshot: &Value) -> Value {
    let mut snapshot = snapshot.clone();
    snapshot["now"].take();
    for member in snapshot["members"].as_array_mut().expect("members") {
        member["online"].take();
    }
    snapshot
}

#[tokio::test]
async fn a_stream_goes_on_after_the_last_event_it_saw() {
    let server = Server::start().await;
    let (class, log) = class_with_a_log(&server).await;
    let last = log.last().expect("events").seq();
    for (place, event) in log.iter().enumerate() {
        let mut again = class.teacher.stream_again(&event.seq().to_string()).await;
        let mut after = class.teacher.stream_after(event.seq()).await;
        if event.seq() < last {
            assert_eq!(again.through(last).await, log[place + 1..]);
            assert_eq!(after.through(last).await, log[place + 1..]);
        }
    }
}

#[tokio::test]
async fn a_stream_goes_on_after_the_snapshot_that_was_got_before() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let seq = class.teacher.snapshot().await["seq"].as_u64().expect("a seq");
    let mut at_once = class.teacher.stream_after(seq).await;
    let ada = class.join("Ada").await;
    let mut later = class.teacher.stream_after(seq).await;
    let bo = class.join("Bo").await;
    for events in [&mut at_once, &mut later] {
        for student in [&ada, &bo] {
            let joined = events.next_event().await;
            assert_eq!(joined.named("onMemberJoined")["userID"], student.id.as_str());
        }
    }
}

#[tokio::test]
async fn a_browser_that_reconnects_to_the_same_address_goes_on_after_its_last_event() {
    let server = Server::start().await;
    let (class, log) = class_with_a_log(&server).await;
    let [.., saw, next] = log.as_slice() else { panic!("{log:?}") };
    let first_address = class.teacher.get("/events?after=2");
    let request = first_address.header("last-event-id", &saw.seq().to_string());
    let mut events = EventStream::of(request.open().await);
    assert_eq!(events.next_event().await, *next);
}

#[tokio::test]
async fn a_stream_by_somebody_who_has_seen_nothing_begins_with_a_snapshot() {
    let server = Server::start().await;
    let (class, log) = class_with_a_log(&server).await;
    let mut events = class.teacher.stream().await;
    let snapshot = events.snapshot().await;
    assert_eq!(snapshot.id, log.last().and_then(|event| event.id));
    let fields = "groupID name seq now settings members invitations joinCode";
    assert_fields(snapshot.body(), fields);
    assert_eq!(lasting(snapshot.body()), lasting(&class.teacher.snapshot().await));
    class.join("Bo").await;
    let next = events.next_event().await;
    assert_eq!(next.seq(), snapshot.seq() + 1);
}

#[tokio::test]
async fn a_place_that_is_unknown_or_makes_no_sense_is_answered_with_a_snapshot() {
    let server = Server::start().await;
    let (class, log) = class_with_a_log(&server).await;
    let ahead = log.last().expect("events").seq() + 1;
    let unknown = [ahead, u64::from(u32::MAX), u64::MAX];
    for after in unknown {
        class.teacher.stream_after(after).await.snapshot().await;
    }
    let texts = unknown.map(|after| after.to_string());
    let senseless = ["", "abc", "-1", "1.5", "99999999999999999999999", "🙋"];
    for text in texts.iter().map(String::as_str).chain(senseless) {
        let mut events = class.teacher.stream_again(text).await;
        let snapshot = events.snapshot().await;
        assert_eq!(snapshot.seq(), ahead - 1, "after {text:?}");
    }
}

#[tokio::test]
async fn a_reader_who_is_not_concerned_resumes_across_the_gap() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let before = class.mark().await;
    let private = class.teacher.invite(&ada).await;
    ada.accept(&private).await.with_status(200);
    let mark = class.mark().await;
    // A place inside the gap is as good as any: the numbers are the group's.
    for place in before..mark {
        let mut events = bo.stream_again(&place.to_string()).await;
        assert_eq!(events.next_event().await.seq(), mark);
    }
}

#[tokio::test]
async fn what_is_too_far_back_is_answered_with_a_snapshot() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let students = class.students(60).await;
    let first = class.mark().await;
    // Each round puts more than half a megabyte into the log.
    for _ in 0..10 {
        let round = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
        let words = json!({ "data": "x".repeat(12_000) });
        let accept = |student: &Member| student.verb(&round, "accept", words.clone()).into_future();
        let answers = join_all(students.iter().map(accept)).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
        class.teacher.cancel(&round).await.with_status(200);
        class.teacher.finish(&round).await.with_status(200);
    }
    let mut events = students[0].stream_again(&first.to_string()).await;
    let snapshot = events.snapshot().await;
    assert_eq!(lasting(snapshot.body()), lasting(&students[0].snapshot().await));
    let mark = class.mark().await;
    assert_eq!(events.next_event().await.seq(), mark, "and goes on from there");
    let mut near = students[0].stream_again(&(mark - 100).to_string()).await;
    assert_eq!(near.through(mark).await.len(), 100);
}

/// Reads the log in many short connections, each going on where the last one broke off.
async fn read_in_pieces(member: Member, from: u64, through: u64) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let mut last = from;
    while last < through {
        let mut stream = member.stream_again(&last.to_string()).await;
        for _ in 0..7 {
            let event = stream.next_event().await;
            last = event.seq();
            events.push(event);
            if last == through {
                break;
            }
        }
    }
    events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_breaks_off_again_and_again_misses_nothing_and_sees_nothing_twice() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let students = class.students(100).await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    let mut whole = class.teacher.listen().await;
    let through = invite.seq() + 100;
    let pieces = read_in_pieces(students[0].clone(), invite.seq(), through);
    let accepts = join_all(students.iter().map(|student| student.accept(&invite)));
    let (pieces, whole, accepts) = tokio::join!(pieces, whole.through(through), accepts);
    assert!(accepts.iter().all(|answer| answer.status == 200));
    assert_eq!(pieces.len(), 100);
    assert_eq!(pieces, whole);
}

#[tokio::test]
async fn a_stream_needs_a_credential_of_the_class() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let path = format!("/groups/{}/events", class.teacher.group);
    server.request(Method::GET, &path).await.refused(401, 6014);
    let cookie = server.request(Method::GET, &path).cookie(&class.teacher.token);
    let mut events = EventStream::of(cookie.open().await);
    assert_eq!(events.snapshot().await["settings"], json!({ "locked": false, "askAnytime": true }));
}
