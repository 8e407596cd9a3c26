//! What programs are told beside the verbs: their own part, lists of their invitations, the moments of
//! a part, what is wrong with a request, and the end of a class that ended while they were away.

use std::slice::from_ref;

use reqwest::Method;
use serde_json::json;

use crate::support::{Class, GroupInvitation, Invite, Server};

const CALL: &str = r#"{"operation":"call","media":"audio"}"#;

#[tokio::test]
async fn a_member_finds_what_they_missed_without_the_log() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let teacher = &class.teacher;
    let missed = Invite::of(&teacher.try_invite(&ada, CALL, 1).await);
    let rings = Invite::of(&teacher.try_invite(&ada, "", 0).await);
    let others = Invite::of(&teacher.try_invite(&bo, "", 0).await);
    let round = teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    ada.reject(&round).await.with_status(200);
    ada.listen().await.until("onInvitationTimeout").await;
    let list = async |query: &str| {
        let page = ada.get(&format!("/invitations?{query}")).await.with_status(200);
        assert!(page["next"].is_null(), "{page}");
        let told = page["invitations"].as_array().expect("a list").clone();
        let ids: Vec<String> =
            told.iter().map(|it| it["inviteID"].as_str().expect("an id").to_owned()).collect();
        (ids, told)
    };
    let (ids, told) = list("mine=invitee&state=timedOut,cancelled").await;
    assert_eq!(ids, from_ref(&missed.id));
    assert_eq!(told[0]["you"]["state"], "timedOut");
    assert_eq!(list("mine=invitee&state=pending").await.0, from_ref(&rings.id));
    assert_eq!(list("").await.0, [missed.id.clone(), rings.id.clone(), round.id.clone()]);
    let (ids, told) = list(&format!("after={}", rings.seq())).await;
    assert_eq!(ids, from_ref(&round.id));
    assert!(told[0]["invitees"].is_null(), "thousands may have a part in it: {}", told[0]);
    assert_eq!(told[0]["you"]["state"], "rejected");
    let sent = teacher.get("/invitations?mine=inviter&state=pending").await.with_status(200);
    let sent = sent["invitations"].as_array().expect("a list").iter();
    let sent: Vec<&str> = sent.filter_map(|it| it["inviteID"].as_str()).collect();
    assert_eq!(sent, [&*rings.id, &*others.id, &*round.id]);
    assert_eq!(ada.look_up(&round).await["you"]["state"], "rejected");
    assert!(teacher.look_up(&round).await["you"].is_null(), "the inviter has no part");
}

#[tokio::test]
async fn what_was_asked_of_nobody_yet_is_listed_too() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let round = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    let page = class.teacher.get("/invitations?mine=inviter").await.with_status(200);
    assert_eq!(page["invitations"][0]["inviteID"], round.id.as_str(), "{page}");
    let pending = class.teacher.get("/invitations?mine=inviter&state=pending").await;
    assert_eq!(pending.with_status(200)["invitations"], json!([]));
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let mut made = Vec::new();
    for _ in 0..130 {
        made.push(class.teacher.invite(&ada).await.id);
    }
    let mut seen = Vec::new();
    let mut after = 0;
    let mut pages = 0;
    loop {
        let page = ada.get(&format!("/invitations?after={after}")).await.with_status(200);
        let told = page["invitations"].as_array().expect("a list").iter();
        seen.extend(told.map(|it| it["inviteID"].as_str().expect("an id").to_owned()));
        pages += 1;
        match page["next"].as_u64() {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!((seen, pages), (made, 2));
}

#[tokio::test]
async fn a_list_is_asked_for_in_words_that_are_known() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    for (query, field) in
        [("state=ringing", Some("state")), ("after=first", Some("after")), ("mine=yes", None)]
    {
        let problem = class.teacher.get(&format!("/invitations?{query}")).await.refused(400, 6017);
        assert_eq!(problem["field"].as_str(), field, "{problem}");
    }
    class.teacher.get("/invitations?of=me").await.refused(400, 6017);
}

#[tokio::test]
async fn a_finished_part_tells_how_long_it_lasted() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let call = Invite::of(&class.teacher.try_invite(&ada, CALL, 30).await);
    let accepted = ada.verb(&call, "accept", json!({ "data": "kitchen" })).await.with_status(200);
    let finished = class.teacher.finish(&call).await.with_status(200);
    for part in [&finished["invitees"][0], &ada.part_of(&call, &ada).await] {
        assert_eq!(part["accepted"]["at"], accepted["invitees"][0]["at"], "{part}");
        assert_eq!(part["accepted"]["data"], "kitchen", "{part}");
        assert_eq!((&part["state"], &part["reason"]), (&"finished".into(), &"hung_up".into()));
    }
    server.restart().await;
    assert_eq!(ada.part_of(&call, &ada).await["accepted"]["data"], "kitchen", "after a restart");
}

#[tokio::test]
async fn a_caller_is_told_at_once_that_the_other_is_busy() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let other = class.co_teacher("Mr Hilbert").await;
    let first = class.teacher.try_invite(&ada, CALL, 30).await.with_status(201);
    assert!(first["settled"].is_null(), "{first}");
    let second = other.try_invite(&ada, CALL, 30).await.with_status(201);
    let settled = &second["settled"][0];
    assert_eq!((&settled["state"], &settled["reason"]), (&"rejected".into(), &"busy".into()));
}

#[tokio::test]
async fn whoever_cancels_or_declines_is_told_with_their_words() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let other = class.co_teacher("Mr Hilbert").await;
    let round = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    let mut stream = ada.listen().await;
    let body = json!({ "reason": "not today", "data": "x" });
    bo.verb(&round, "reject", body).await.with_status(200);
    let rejected = stream.until("onInviteeRejected").await;
    assert_eq!(rejected["reason"], "not today");
    assert_eq!(bo.part_of(&round, &bo).await["reason"], "not today");
    other.verb(&round, "cancel", json!({ "data": "bell" })).await.with_status(200);
    let cancelled = stream.until("onInvitationCancelled").await;
    assert_eq!(cancelled["by"], other.id.as_str());
    let closing = ada.look_up(&round).await["closing"].take();
    assert_eq!((&closing["by"], &closing["data"]), (&other.id.clone().into(), &"bell".into()));
    assert_eq!(closing["at"], cancelled["at"]);
    let long = json!({ "reason": "x".repeat(129) });
    bo.verb(&round, "reject", long).await.refused(400, 6017);
    bo.verb(&round, "accept", json!({ "reason": "why not" })).await.refused(400, 6017);
}

#[tokio::test]
async fn what_nobody_ends_makes_way_for_what_is_new() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let first = Invite::of(&class.teacher.try_invite(&ada, "x", 0).await);
    ada.accept(&first).await.with_status(200);
    // A hand that is up is nobody's to forget.
    let hands = r#"{"operation":"hand_raising"}"#;
    let round = class.teacher.invite_in_group(GroupInvitation::to([&ada]).saying(hands)).await;
    ada.accept(&round).await.with_status(200);
    for _ in 2..512 {
        let invite = class.teacher.invite(&ada).await;
        ada.accept(&invite).await.with_status(200);
    }
    assert_eq!(ada.state_of(&first, &ada).await, "accepted");
    let newest = class.teacher.invite(&ada).await;
    assert_eq!(ada.part_of(&first, &ada).await["reason"], "lapsed");
    assert_eq!(ada.state_of(&round, &ada).await, "accepted");
    assert_eq!(ada.state_of(&newest, &ada).await, "pending");
    assert_eq!(class.teacher.live().await.len(), 512);
}

#[tokio::test]
async fn who_was_away_at_the_end_is_told_of_it_and_nothing_after_it() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let round = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    let seen = ada.snapshot().await["seq"].as_u64().expect("a seq");
    let end = class.teacher.end_class().await.with_status(200);
    let names = async || {
        let events = ada.stream_after(seen).await.until_the_end().await;
        events.into_iter().map(|event| event.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["onInvitationCancelled", "onGroupEnded"], "{round:?}");
    server.restart().await;
    assert_eq!(names().await, ["onInvitationCancelled", "onGroupEnded"], "after a restart");
    let last = end["seq"].as_u64().expect("a seq");
    for path in
        [format!("/events?after={last}"), "/events".to_owned(), "/events?after=99".to_owned()]
    {
        ada.get(&path).await.refused(410, 10010);
    }
}

#[tokio::test]
async fn a_reserved_word_with_another_shape_is_refused() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    for data in [
        r#"{"operation":"call","media":"smell"}"#,
        r#"{"operation":"call","room":1}"#,
        r#"{"operation":"Call"}"#,
        r#"{"operation":"hand_raising","question":7}"#,
        r#"{"operation":"speaking","why":[]}"#,
        r#"{"operation":"Speech_application"}"#,
    ] {
        class.teacher.try_invite(&ada, data, 0).await.refused(400, 6017);
        let round = GroupInvitation::to([&ada]).saying(data);
        class.teacher.try_invite_in_group(round).await.refused(400, 6017);
    }
    let plain = Invite::of(&class.teacher.try_invite(&ada, r#"{"operation":"dance"}"#, 0).await);
    class.teacher.modify(&plain, r#"{"operation":"CALL"}"#).await.refused(400, 6017);
    assert_eq!(class.teacher.live().await, [plain.id]);
}

#[tokio::test]
async fn a_problem_names_the_field_that_is_wrong() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    for (path, body, field) in [
        ("/invite", json!({ "invitee": ada.id, "data": "", "timeout": "30" }), "timeout"),
        ("/invite", json!({ "invitee": ada.id, "data": "", "timeout": -1 }), "timeout"),
        ("/invite", json!({ "invitee": 7, "data": "", "timeout": 1 }), "invitee"),
        ("/invite", json!({ "invitee": ada.id, "timeout": 1 }), "data"),
        ("/invite", json!({ "invitee": ada.id, "data": "", "timeout": 1, "x": 1 }), "x"),
        ("/inviteInGroup", json!({ "inviteeList": {}, "data": "", "timeout": 0 }), "inviteeList"),
        ("/undo", json!({ "performed": "last" }), "performed"),
    ] {
        let problem = class.teacher.post(path, body.clone()).await.refused(400, 6017);
        assert_eq!(problem["field"], field, "{body}: {problem}");
    }
    for (body, field) in [
        (json!({ "settings": { "locked": "yes" } }), "settings.locked"),
        (json!({ "settings": { "loud": true } }), "settings.loud"),
        (json!({ "settings": { "speakingLimit": 9_999 } }), "settings.speakingLimit"),
        (json!({ "settings": { "names": "nicks" } }), "settings.names"),
        (json!({ "name": "" }), "name"),
        (json!({ "name": 4 }), "name"),
    ] {
        let problem = class.teacher.change_group(body.clone()).await.refused(400, 6017);
        assert_eq!(problem["field"], field, "{body}: {problem}");
    }
    let problem =
        class.teacher.request(Method::POST, "/undo").bytes("[1]").await.refused(400, 6017);
    assert!(problem["field"].is_null(), "{problem}");
}

#[tokio::test]
async fn who_is_not_permitted_is_told_why() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let round = class.teacher.invite_in_group(GroupInvitation::to([&ada])).await;
    class.teacher.change_settings(json!({ "askAnytime": false })).await.with_status(200);
    let mut told = Vec::new();
    for answer in [
        bo.accept(&round).await,
        ada.try_invite(&bo, "", 0).await,
        ada.cancel(&round).await,
        ada.end_class().await,
        ada.try_invite_in_group(GroupInvitation::to_everyone()).await,
        ada.try_invite(&class.teacher, CALL, 0).await,
    ] {
        told.push(answer.refused(403, 8011)["detail"].as_str().expect("a detail").to_owned());
    }
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 6, "each in words of its own: {told:?}");
    let rings = class.teacher.invite(&ada).await;
    let early = class.teacher.finish(&rings).await.refused(409, 8010);
    assert_eq!(early["state"], "pending");
    assert!(early["detail"].as_str().is_some_and(|it| it.contains("accepted")), "{early}");
}

#[tokio::test]
async fn a_student_whose_ask_all_have_answered_asks_again() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let ask = || ada.try_invite_in_group(GroupInvitation::to_everyone().saying("a word?"));
    let first = Invite::of(&ask().await);
    ask().await.refused(409, 8012);
    class.teacher.accept(&first).await.with_status(200);
    ask().await.with_status(201);
}
