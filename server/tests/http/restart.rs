//! What is left when the server stops and starts again on its file.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Class, Event, GroupInvitation, Member, Server, wait_until};

/// A class in the middle of things: something in every state an invitation can have.
async fn busy_class(server: &Server) -> (Class, [Member; 3]) {
    let class = Class::start(server).await;
    let [ada, bo, cy] = class.trio().await;
    let teacher = &class.teacher;
    let round = GroupInvitation::to_everyone().saying(r#"{"operation":"hand_raising"}"#);
    let round = teacher.invite_in_group(round.within(3_600)).await;
    ada.verb(&round, "accept", json!({ "data": "me!" })).await.with_status(200);
    bo.reject(&round).await.with_status(200);
    let first = GroupInvitation::to([&ada, &bo]).for_the_first();
    let first = teacher.invite_in_group(first).await;
    bo.accept(&first).await.with_status(200);
    let closed = teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    cy.accept(&closed).await.with_status(200);
    teacher.cancel(&closed).await.with_status(200);
    let call = teacher.invite(&ada).await;
    ada.accept(&call).await.with_status(200);
    teacher.try_invite(&bo, "later", 7_200).await.with_status(201);
    cy.invite_in_group(GroupInvitation::to_everyone()).await;
    let settings = json!({ "name": "5B", "settings": { "askAnytime": false } });
    teacher.change_group(settings).await.with_status(200);
    let co_teacher = class.co_teacher("Mr Hilbert").await;
    class.join("Gone").await.leave().await.has_no_content();
    co_teacher.modify(&round, r#"{"operation":"hand_raising","question":"Why?"}"#).await;
    (class, [ada, bo, cy])
}

async fn without_the_time(member: &Member) -> Value {
    let mut snapshot = member.snapshot().await;
    assert!(snapshot["now"].take().is_string());
    snapshot
}

#[tokio::test]
async fn everybody_finds_the_class_as_they_left_it() {
    let mut server = Server::start().await;
    let (class, students) = busy_class(&server).await;
    let mark = class.mark().await;
    let everybody: Vec<&Member> = students.iter().chain([&class.teacher]).collect();
    let mut before = Vec::new();
    for member in &everybody {
        before.push((without_the_time(member).await, member.log_through(mark).await));
    }
    for _ in 0..2 {
        server.restart().await;
        for (member, (snapshot, log)) in everybody.iter().zip(&before) {
            assert_eq!(without_the_time(member).await, *snapshot);
            assert_eq!(member.log_through(mark).await, *log);
        }
    }
    class.join("Dee").await;
    assert_eq!(class.log_after(mark).await[0].seq(), mark + 1, "the numbers go on");
}

#[tokio::test]
async fn a_stream_ends_with_the_server_and_goes_on_with_it() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    let mut events = ada.listen().await;
    ada.accept(&invite).await.with_status(200);
    let accepted = events.next_event().await;
    ada.finish(&invite).await.with_status(200);

    server.stop().await;
    let rest = events.until_the_end().await;
    assert!(rest.len() <= 1, "{rest:?}");
    server.start_again().await;
    class.teacher.cancel(&invite).await.with_status(200);
    let mut again = ada.stream_again(&accepted.seq().to_string()).await;
    let [finished, cancelled] = [again.next_event().await, again.next_event().await];
    finished.named("onInviteeFinished");
    cancelled.named("onInvitationCancelled");
    assert_eq!((finished.seq(), cancelled.seq()), (accepted.seq() + 1, accepted.seq() + 2));
    assert!(rest.is_empty() || rest == [finished]);
}

#[tokio::test]
async fn the_server_may_restart_in_the_middle_of_a_lesson_and_nobody_misses_anything() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let students = class.students(5).await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    let mut seen: Vec<Event> = Vec::new();
    let mut last = invite.seq();
    for student in &students {
        let mut events = class.teacher.stream_again(&last.to_string()).await;
        student.accept(&invite).await.with_status(200);
        student.finish(&invite).await.with_status(200);
        // Only the first of the two is read before the server goes.
        seen.push(events.next_event().await);
        last = seen.last().expect("an event").seq();
        server.restart().await;
    }
    let mark = class.mark().await;
    let mut events = class.teacher.stream_again(&last.to_string()).await;
    seen.extend(events.through(mark).await);
    let whole = class.teacher.log_through(mark).await;
    let missed_nothing = whole.iter().filter(|event| event.seq() > invite.seq());
    assert!(seen.iter().eq(missed_nothing), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_before_the_server_stopped_is_there_when_it_is_back() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let students = class.students(150).await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    let mut events = class.teacher.listen().await;
    let accepts = students.iter().map(|student| {
        let request = student.verb(&invite, "accept", json!({}));
        tokio::spawn(request.try_send())
    });
    let accepts: Vec<_> = accepts.collect();
    let seen = events.take(students.len() / 5).await;
    server.stop().await;
    let rest = events.until_the_end().await;
    server.start_again().await;

    let answers = join_all(accepts).await;
    let whole = class.log_after(invite.seq()).await;
    for (student, answer) in students.iter().zip(answers) {
        let logged: Vec<&Event> =
            whole.iter().filter(|event| event["invitee"] == student.id.as_str()).collect();
        assert!(logged.len() <= 1, "{logged:?}");
        let answer = answer.expect("a task").filter(|answer| answer.status == 200);
        if let Some(answer) = answer {
            let settled = answer.with_status(200);
            assert_eq!(logged.first().map(|event| event.seq()), settled["seq"].as_u64());
        }
        student.accept(&invite).await.with_status(200);
    }
    let told: Vec<Event> = seen.into_iter().chain(rest).collect();
    assert!(whole.starts_with(&told), "nothing was told that did not last");
    assert_eq!(class.log_after(invite.seq()).await.len(), students.len() + 1);
}

#[tokio::test]
async fn a_crash_right_after_an_answer_or_an_event_loses_nothing_of_it() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    for _ in 0..3 {
        let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada])).await;
        let mut events = class.teacher.listen().await;
        let accept = tokio::spawn({
            let request = ada.verb(&invite, "accept", json!({})).key(&invite.id);
            request.into_future()
        });
        let told = events.next_event().await;
        let after_the_event = Server::start_after_a_crash_of(&server).await;
        let answer = accept.await.expect("a task");
        let after_the_answer = Server::start_after_a_crash_of(&server).await;

        assert_eq!(answer.with_status(200)["seq"], told.seq());
        for crashed in [&after_the_event, &after_the_answer] {
            let log = class.teacher.at(crashed).log_through(told.seq()).await;
            assert_eq!(log.last(), Some(&told));
            let again = ada.at(crashed).verb(&invite, "accept", json!({})).key(&invite.id);
            assert_eq!(again.await.text, answer.text, "the first answer is there too");
        }
    }
}

#[tokio::test]
async fn a_deadline_that_passed_while_the_server_was_down_fires_when_it_is_up_again() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let invitation = GroupInvitation::to([&ada, &bo]).within(1);
    let invite = class.teacher.invite_in_group(invitation).await;
    let call = class.teacher.try_invite(&ada, "", 1).await.with_status(201);
    ada.accept(&invite).await.with_status(200);
    server.stop().await;
    // The one wait for a moment of the clock: nobody is there who could tell that it has come.
    let deadline: signaling::Timestamp =
        call["expiresAt"].as_str().expect("a deadline").parse().expect("a time");
    wait_until(deadline).await;
    server.start_again().await;

    let mut events = ada.stream_again(&call["seq"].to_string()).await;
    events.until("onInviteeAccepted").await;
    let timeouts = [events.next_event().await, events.next_event().await];
    assert_eq!(timeouts[0].named("onInvitationTimeout")["inviteeList"], json!([bo.id]));
    assert_eq!(timeouts[1].named("onInvitationTimeout")["inviteID"], call["inviteID"]);
    bo.accept(&invite).await.lost_to("timedOut");
    assert_eq!(bo.state_of(&invite, &ada).await, "accepted");

    server.restart().await;
    let log = class.log_after(timeouts[1].seq()).await;
    assert!(log.is_empty(), "once and never again: {log:?}");
}

#[tokio::test]
async fn an_accept_that_comes_first_after_a_restart_still_loses_to_a_deadline_that_passed() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada]).within(1)).await;
    server.stop().await;
    wait_until(invite.expires_at().parse().expect("a time")).await;
    server.start_again().await;
    ada.accept(&invite).await.lost_to("timedOut");
}

#[tokio::test]
async fn a_deadline_that_is_still_ahead_is_kept() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada]).within(2)).await;
    server.restart().await;
    let mut events = ada.stream_again(&invite.seq().to_string()).await;
    let timeout = events.next_event().await;
    timeout.named("onInvitationTimeout");
    assert!(timeout["at"].as_str() >= Some(invite.expires_at()), "{timeout:?}");
}

#[tokio::test]
async fn codes_credentials_and_endings_outlive_the_server() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    class.teacher.remove(&bo).await.has_no_content();
    let ended = Class::start(&server).await;
    ended.teacher.end_class().await.with_status(200);
    server.restart().await;
    ada.snapshot().await;
    bo.get("").await.refused(401, 6014);
    class.join("Cy").await;
    ended.teacher.get("").await.refused(410, 10010);
    ended.try_join("Dee").await.refused(410, 10010);
}

#[tokio::test]
async fn no_file_holds_a_token() {
    let mut server = Server::start().await;
    let (class, students) = busy_class(&server).await;
    let link = class.teacher.post("/handover", json!({})).key("link").await.with_status(201);
    let handover = link["handoverURL"].as_str().and_then(|url| url.rsplit('/').next());
    let mut secrets = vec![handover.expect("a token").to_owned(), class.teacher.token.clone()];
    secrets.extend(students.map(|student| student.token));
    for _ in 0..2 {
        let bytes = server.bytes_stored().await;
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(holds("onMemberJoined"), "these are the bytes that were written");
        for secret in &secrets {
            assert!(!holds(secret), "the file holds a token");
        }
        server.restart().await;
    }
}

#[tokio::test]
async fn no_other_user_of_the_machine_may_read_the_files() {
    let server = Server::start().await;
    Class::start(&server).await;
    let Some(modes) = server.modes_on_disk() else { return };
    let names = "the database, its lock, its write-ahead log and the log's index";
    assert_eq!(modes.len(), 4, "{names}: {modes:?}");
    assert!(modes.iter().all(|(_, mode)| *mode == 0o600), "{modes:?}");
}
