//! What the streams tell, and to whom.

use std::collections::HashMap;

use serde_json::json;

use crate::support::{Class, Event, GroupInvitation, Server, assert_fields, assert_time};

const NEW: &str = "seq at inviteID inviter groupID inviteeList data timeout expiresAt answers";

/// The fields of every durable event.
fn fields_of(name: &str) -> &'static str {
    match name {
        "onReceiveNewInvitation" => NEW,
        "onInviteeAccepted" | "onInviteeRejected" => "seq at inviteID invitee data",
        "onInvitationCancelled" => "seq at inviteID inviter inviteeList data",
        "onInvitationTimeout" => "seq at inviteID inviteeList",
        "onInvitationModified" => "seq at inviteID data",
        "onInviteeFinished" => "seq at inviteID invitee by reason data",
        "onMemberJoined" => "seq at userID name role",
        "onMemberChanged" => "seq at userID role",
        "onMemberLeft" => "seq at userID reason",
        "onGroupChanged" => "seq at name settings",
        "onGroupEnded" => "seq at reason",
        _ => panic!("no event is called {name}"),
    }
}

#[tokio::test]
async fn every_event_has_its_name_and_exactly_its_fields() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo, cy] = class.trio().await;
    let teacher = &class.teacher;
    let mut events = ada.listen().await;

    let first = teacher.invite_in_group(GroupInvitation::to([&ada, &bo]).within(1)).await;
    events.until("onInvitationTimeout").await;
    let second = teacher.invite_in_group(GroupInvitation::to([&ada, &bo, &cy])).await;
    teacher.modify(&second, "hands?").await.with_status(200);
    ada.accept(&second).await.with_status(200);
    bo.reject(&second).await.with_status(200);
    let enough = json!({ "data": "enough" });
    teacher.verb(&second, "cancel", enough).await.with_status(200);
    teacher.finish(&second).await.with_status(200);
    let buzzer = GroupInvitation::to([&ada, &bo]).for_the_first();
    let third = teacher.invite_in_group(buzzer).await;
    ada.accept(&third).await.with_status(200);
    teacher.make("teacher", &cy).await.with_status(200);
    bo.leave().await.has_no_content();
    teacher.change_group(json!({ "name": "5B" })).await.with_status(200);
    let mark = class.mark().await;
    let mut log = ada.log_through(mark).await;
    teacher.end_class().await.with_status(200);
    log.extend(events.until_the_end().await.into_iter().filter(|event| event.seq() > mark));

    let mut seen = HashMap::new();
    for event in &log {
        let mut body = event.body().clone();
        assert_time(&body["at"]);
        assert_eq!(body["seq"], event.seq());
        if event.name == "onInvitationCancelled" {
            // The two fields that are not always there.
            body.as_object_mut().expect("an object").remove("by");
            body.as_object_mut().expect("an object").remove("reason");
        }
        assert_fields(&body, fields_of(&event.name));
        *seen.entry(&*event.name).or_insert(0) += 1;
    }
    assert_eq!(seen.len(), 12, "every event was seen: {seen:?}");

    let about = |invite: &str, name: &str| -> Event {
        let mut found = log.iter().filter(|e| e["inviteID"] == invite && e.name == name);
        found.next().cloned().unwrap_or_else(|| panic!("{name} of {invite}"))
    };
    let invited = about(&first.id, "onReceiveNewInvitation");
    assert_eq!(invited["inviter"], teacher.id.as_str());
    assert_eq!(invited["groupID"], teacher.group.as_str());
    assert_eq!(invited["inviteeList"], json!([ada.id, bo.id]));
    assert_eq!((&invited["timeout"], &invited["answers"]), (&json!(1), &json!("each")));
    assert_eq!(invited["expiresAt"], first.expires_at());
    assert_eq!(invited["at"], first.made["createdAt"]);
    assert_eq!(about(&second.id, "onInvitationModified")["data"], "hands?");
    assert_eq!(about(&second.id, "onInviteeAccepted")["invitee"], ada.id.as_str());
    assert_eq!(about(&second.id, "onInviteeRejected")["invitee"], bo.id.as_str());
    let cancelled = about(&second.id, "onInvitationCancelled");
    assert_eq!(cancelled["inviter"], teacher.id.as_str());
    assert_eq!(cancelled["inviteeList"], json!([cy.id]));
    assert_eq!(cancelled["data"], "enough");
    let finished = about(&second.id, "onInviteeFinished");
    assert_eq!((&finished["invitee"], &finished["by"]), (&json!(ada.id), &json!(teacher.id)));
    let taken = about(&third.id, "onInvitationCancelled");
    assert_eq!(taken["reason"], "answeredElsewhere");
    let left = log.iter().find(|event| event.name == "onMemberLeft").expect("somebody left");
    assert_eq!((&left["userID"], &left["reason"]), (&json!(bo.id), &json!("left")));
    let changed = log.iter().find(|event| event.name == "onMemberChanged").expect("a change");
    assert_eq!((&changed["userID"], &changed["role"]), (&json!(cy.id), &json!("teacher")));
    let joined = log.iter().find(|event| event["userID"] == ada.id.as_str()).expect("she joined");
    assert_eq!((&joined["name"], &joined["role"]), (&json!("Ada"), &json!("student")));
    let renamed = log.iter().find(|event| event["name"] == "5B").expect("a new name");
    assert_eq!(renamed.named("onGroupChanged")["settings"]["askAnytime"], true);
}

#[tokio::test]
async fn all_see_the_same_events_in_the_same_order() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let mut streams = Vec::new();
    for member in [&class.teacher, &ada, &bo] {
        streams.push(member.listen().await);
    }
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    let ask = ada.invite_in_group(GroupInvitation::to_everyone()).await;
    tokio::join!(ada.accept(&invite), bo.accept(&invite), class.teacher.reject(&ask));
    let mark = class.mark().await;

    let first = streams[0].through(mark).await;
    let seqs: Vec<u64> = first.iter().map(Event::seq).collect();
    let expected: Vec<u64> = (invite.seq()..=mark).collect();
    assert_eq!(seqs, expected, "without gaps where nothing is private");
    assert!(first.is_sorted_by_key(|event| event["at"].as_str()), "{first:?}");
    for stream in &mut streams[1..] {
        assert_eq!(stream.through(mark).await, first);
    }
}

#[tokio::test]
async fn what_a_stream_tells_can_be_looked_up_at_once() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let mut events = ada.listen().await;
    for _ in 0..20 {
        let invitation = GroupInvitation::to([&ada]);
        let (_, event) = tokio::join!(
            class.teacher.invite_in_group(invitation),
            events.until("onReceiveNewInvitation"),
        );
        let path = format!("/invitations/{}", event["inviteID"].as_str().expect("an id"));
        let found = ada.get(&path).await.with_status(200);
        assert_eq!(found["seq"], event.seq());
        assert!(ada.snapshot().await["seq"].as_u64() >= event.id);
    }
}

// ---- One to one --------------------------------------------------------------------------------

#[tokio::test]
async fn a_one_to_one_invitation_reaches_its_two_people_on_all_their_devices_and_nobody_else() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let co_teacher = class.co_teacher("Mr Hilbert").await;
    let teacher = &class.teacher;
    let mut theirs = Vec::new();
    for member in [teacher, teacher, &ada, &ada] {
        theirs.push(member.listen().await);
    }
    let mut others = Vec::new();
    for member in [&bo, &co_teacher] {
        others.push(member.listen().await);
    }

    let accepted = teacher.invite(&ada).await;
    teacher.modify(&accepted, "now?").await.with_status(200);
    ada.accept(&accepted).await.with_status(200);
    let made = teacher.try_invite(&ada, "", 1).await.with_status(201);
    assert_eq!(theirs[0].until("onInvitationTimeout").await["inviteID"], made["inviteID"]);
    ada.finish(&accepted).await.with_status(200);
    let rejected = ada.invite(teacher).await;
    teacher.reject(&rejected).await.with_status(200);
    let cancelled = teacher.invite(&ada).await;
    teacher.cancel(&cancelled).await.with_status(200);
    let open = teacher.invite(&ada).await;
    let mark = class.mark().await;

    let all = [
        "onReceiveNewInvitation",
        "onInvitationModified",
        "onInviteeAccepted",
        "onReceiveNewInvitation",
        "onInvitationTimeout",
        "onInviteeFinished",
        "onReceiveNewInvitation",
        "onInviteeRejected",
        "onReceiveNewInvitation",
        "onInvitationCancelled",
        "onReceiveNewInvitation",
        "onGroupChanged",
    ];
    for stream in &mut theirs[1..] {
        let events = stream.through(mark).await;
        let names: Vec<&str> = events.iter().map(|event| &*event.name).collect();
        assert_eq!(names, all);
        assert_eq!(events[0]["groupID"], json!(null));
    }
    for stream in &mut others {
        let event = stream.next_event().await;
        assert_eq!((event.seq(), &*event.name), (mark, "onGroupChanged"), "a gap and no more");
    }
    for member in [teacher, &ada] {
        assert_eq!(member.live().await, [&*open.id]);
    }
    for member in [&bo, &co_teacher] {
        assert!(member.live().await.is_empty());
        let log = member.log_through(mark).await;
        assert!(log.iter().all(|event| event["inviteID"].is_null()), "{log:?}");
    }
}

#[tokio::test]
async fn what_leaving_does_to_a_one_to_one_invitation_is_private_too() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let (pending, accepted) = (class.teacher.invite(&ada).await, class.teacher.invite(&ada).await);
    ada.accept(&accepted).await.with_status(200);
    let mut theirs = class.teacher.listen().await;
    let mut others = bo.listen().await;
    ada.leave().await.has_no_content();
    let left = others.next_event().await;
    left.named("onMemberLeft");
    let theirs = theirs.through(left.seq()).await;
    assert!(pending.is_in(&theirs[0]) && accepted.is_in(&theirs[1]), "{theirs:?}");
}

// ---- Who is there ------------------------------------------------------------------------------

#[tokio::test]
async fn a_member_is_online_while_a_stream_of_theirs_is_open() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let mut events = class.teacher.listen().await;
    let stream = ada.listen().await;
    events.until_online(&ada.id, true).await;
    assert_eq!(class.teacher.snapshot().await["members"][1]["online"], true);
    drop(stream);
    events.until_online(&ada.id, false).await;
    assert_eq!(class.teacher.snapshot().await["members"][1]["online"], false);
}

#[tokio::test]
async fn a_member_with_two_devices_stays_online_when_one_goes() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let (first, _second) = (ada.listen().await, ada.listen().await);
    let mut events = class.teacher.listen().await;
    let bo_here = bo.listen().await;
    events.until_online(&bo.id, true).await;
    drop(first);
    drop(bo_here);
    events.until_online(&bo.id, false).await;
    let online = |member: usize| {
        let teacher = &class.teacher;
        async move { teacher.snapshot().await["members"][member]["online"].clone() }
    };
    assert_eq!((online(1).await, online(2).await), (json!(true), json!(false)));
}

#[tokio::test]
async fn what_holds_only_for_now_has_no_id() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let mut events = class.teacher.listen().await;
    let _stream = ada.listen().await;
    let status = events.next().await.expect("the stream goes on");
    assert_eq!((status.id, &*status.name), (None, "onUserStatusChanged"));
    assert_fields(status.body(), "users");
    for user in status["users"].as_array().expect("users") {
        assert_fields(user, "userID online");
    }
}

// ---- Endings -----------------------------------------------------------------------------------

#[tokio::test]
async fn removal_ends_every_stream_of_the_member_and_their_credential() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let mut devices = [ada.listen().await, ada.listen().await];
    let mut others = bo.listen().await;
    class.teacher.remove(&ada).await.has_no_content();
    for device in &mut devices {
        let events = device.until_the_end().await;
        assert!(events.iter().all(|event| event.name == "onMemberLeft"), "{events:?}");
    }
    ada.get("").await.refused(401, 6014);
    ada.get("/events").await.refused(401, 6014);
    ada.leave().await.refused(401, 6014);
    let mark = class.mark().await;
    let seen = others.through(mark).await;
    assert_eq!(seen[0].named("onMemberLeft")["userID"], ada.id.as_str());
}

#[tokio::test]
async fn leaving_ends_the_members_own_streams() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let mut events = ada.listen().await;
    ada.leave().await.has_no_content();
    events.until_the_end().await;
    ada.get("").await.refused(401, 6014);
}

#[tokio::test]
async fn the_end_of_the_class_is_the_last_event_of_every_stream() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let mut streams = Vec::new();
    for member in [&class.teacher, &ada, &bo] {
        streams.push(member.listen().await);
    }
    class.teacher.end_class().await.with_status(200);
    for stream in &mut streams {
        let events = stream.until_the_end().await;
        assert_eq!(events.len(), 1, "{events:?}");
        events[0].named("onGroupEnded");
    }
    for member in [&class.teacher, &ada, &bo] {
        member.get("/events").await.refused(410, 10010);
    }
}

#[tokio::test]
async fn events_of_one_commit_come_in_a_table_where_that_is_asked_for_and_say_the_same() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let students = class.students(12).await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    for student in &students {
        student.accept(&invite).await.with_status(200);
    }
    let seen = class.mark().await;
    let mut in_tables = class.teacher.stream_of_tables(seen).await;
    let mut each = class.teacher.stream_after(seen).await;
    class.teacher.finish(&invite).await.with_status(200);
    let end = class.mark().await;

    let finished = in_tables.next_event().await;
    assert_eq!(finished.name, "onInviteeFinished");
    let table = finished.body().as_array().expect("a table");
    assert_fields(&table[0], "at by data invitee inviteID reason seq");
    assert_eq!(table[1], json!(["invitee"]), "what is not alike in all");
    assert_eq!(table[2..].len(), students.len() - 1);
    let each = each.through(end).await;
    let last = &each[students.len() - 1];
    assert_eq!(finished.id, last.id, "a stream that breaks off goes on after all of them");
    let alone: Vec<_> = each[..students.len()].iter().map(|event| event.body().clone()).collect();
    assert_eq!(finished.bodies(), alone);

    // Who has seen a part of them is told the rest.
    let middle = each[4].seq();
    let mut again = class.teacher.stream_of_tables(middle).await;
    let rest: Vec<_> = again.through(end).await.iter().flat_map(Event::bodies).collect();
    let expected: Vec<_> = each[5..].iter().map(|event| event.body().clone()).collect();
    assert_eq!(rest, expected);
}
