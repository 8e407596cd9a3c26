//! One-to-one calls, and what the engine has for them: the ringing, the relay, the signs of life.

use std::sync::Arc;

use call::Calls;
use serde_json::{Value, json};
use server::IceConfig;
use signaling::{Application, Command, Event, Group, Rejection, Setting, Timestamp};

use crate::support::{Class, GroupInvitation, Invite, Member, Server};

const VIDEO: &str = r#"{"operation":"call","media":"video","room":"r"}"#;

async fn call(caller: &Member, callee: &Member) -> Invite {
    Invite::of(&caller.try_invite(callee, VIDEO, 30).await)
}

async fn let_students_call(class: &Class, allow: bool) {
    let settings = json!({ "studentsMayCall": allow });
    class.teacher.change_settings(settings).await.with_status(200);
}

async fn relay(member: &Member, invite: &Invite, data: &str) -> crate::support::Answer {
    member.verb(invite, "relay", json!({ "data": data })).await
}

// ---- Who may call whom -------------------------------------------------------------------------

#[tokio::test]
async fn students_call_their_teacher_only_where_a_teacher_allows_it_and_never_each_other() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let teacher = &class.teacher;
    assert!(teacher.snapshot().await["settings"]["studentsMayCall"].is_null(), "off at first");
    ada.try_invite(teacher, VIDEO, 30).await.refused(403, 8011);
    let settings = json!({ "settings": { "studentsMayCall": true } });
    ada.change_group(settings).await.refused(403, 8011);
    let_students_call(&class, true).await;
    assert_eq!(ada.snapshot().await["settings"]["studentsMayCall"], true);
    let asked = call(&ada, teacher).await;
    ada.cancel(&asked).await.with_status(200);
    ada.try_invite(&bo, VIDEO, 30).await.refused(403, 8011);
    let_students_call(&class, false).await;
    ada.try_invite(teacher, VIDEO, 30).await.refused(403, 8011);
    // By any way round: an invitation of another kind does not turn into a call.
    let word = Invite::of(&ada.try_invite(teacher, "a word?", 30).await);
    ada.modify(&word, VIDEO).await.refused(403, 8011);
}

#[tokio::test]
async fn who_is_in_another_call_is_busy_by_the_servers_word() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let co_teacher = class.co_teacher("Mr Hilbert").await;
    let going = call(&class.teacher, &ada).await;
    ada.accept(&going).await.with_status(200);
    let mut bystander = bo.listen().await;
    let mut caller = co_teacher.listen().await;
    let refused = call(&co_teacher, &ada).await;
    let mut told = caller.take(2).await;
    let rejected = told.pop().expect("two events");
    assert_eq!(rejected.named("onInviteeRejected")["reason"], "busy");
    let part = co_teacher.part_of(&refused, &ada).await;
    assert_eq!((&part["state"], &part["reason"]), (&json!("rejected"), &json!("busy")));
    class.teacher.try_invite(&bo, VIDEO, 30).await.refused(409, 8012);

    // A teacher who is not in it may end it; nobody else in class has heard of any of this.
    bo.finish(&going).await.refused(404, 8010);
    co_teacher.finish(&going).await.with_status(200);
    let part = ada.part_of(&going, &ada).await;
    assert_eq!((&part["state"], &part["reason"]), (&json!("finished"), &json!("hung_up")));
    // Said again, it tells a teacher who was not one of the two none of their words.
    let talked = call(&class.teacher, &ada).await;
    ada.verb(&talked, "accept", json!({ "data": "about home" })).await.with_status(200);
    let words = json!({ "reason": "she cried", "data": "poor thing" });
    ada.verb(&talked, "finish", words).await.with_status(200);
    let again = co_teacher.finish(&talked).await;
    assert_eq!(again.with_status(200)["invitees"][0]["state"], "finished");
    for word in ["home", "cried", "poor"] {
        assert!(!again.text.contains(word), "{again:?}");
    }
    let free = call(&co_teacher, &ada).await;
    assert_eq!(ada.state_of(&free, &ada).await, "pending");
    let mark = class.mark().await;
    assert_eq!(bystander.next_event().await.seq(), mark, "nobody else has heard of it");
}

#[tokio::test]
async fn two_who_call_each_other_at_once_are_connected_once() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let_students_call(&class, true).await;
    for _ in 0..5 {
        let (hers, theirs) = tokio::join!(call(&ada, &class.teacher), call(&class.teacher, &ada));
        let live = ada.live().await;
        let [one] = live.as_slice() else { panic!("one call, not {live:?}") };
        let (answered, crossed) = if *one == hers.id { (hers, theirs) } else { (theirs, hers) };
        let other = ada.look_up(&crossed).await;
        assert_eq!(other["invitees"][0]["reason"], "crossed");
        let part = &ada.look_up(&answered).await["invitees"][0];
        assert_eq!(
            (&part["state"], &part["data"]),
            (&json!("accepted"), &json!(r#"{"device":"r"}"#))
        );
        ada.finish(&answered).await.with_status(200);
    }
}

// ---- Ringing -----------------------------------------------------------------------------------

#[tokio::test]
async fn the_caller_is_told_when_the_callees_device_has_shown_the_call() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let mut caller = class.teacher.listen().await;
    let mut bystander = bo.listen().await;
    let invite = call(&class.teacher, &ada).await;
    let ringing = |member: &Member| member.verb(&invite, "ringing", json!({}));
    ringing(&class.teacher).await.refused(403, 8011);
    ringing(&bo).await.refused(404, 8010);
    for _ in 0..2 {
        ringing(&ada).await.has_no_content();
    }
    let told = caller.until_passing("onInviteeRinging").await;
    assert_eq!(told.body(), &json!({ "inviteID": invite.id, "invitee": ada.id }));

    // Who comes back to it is told anew, and nobody when it rings no more.
    let seq = invite.seq();
    class.teacher.stream_after(seq).await.until_passing("onInviteeRinging").await;
    let mut anew = class.teacher.stream().await;
    anew.snapshot().await;
    anew.until_passing("onInviteeRinging").await;
    ada.accept(&invite).await.with_status(200);
    ringing(&ada).await.lost_to("accepted");
    class.teacher.change_group(json!({ "name": "5B" })).await.with_status(200);
    let mark = class.mark().await;
    let events = class.teacher.stream_after(seq).await.through(mark).await;
    assert!(events.iter().all(|event| event.name != "onInviteeRinging"));
    let mut seen = Vec::new();
    while seen.last() != Some(&Some(mark)) {
        let event = bystander.next().await.expect("the stream goes on");
        assert!(event.name != "onInviteeRinging" && event["inviteID"].is_null(), "{event:?}");
        seen.push(event.id);
    }
}

// ---- The relay ---------------------------------------------------------------------------------

#[tokio::test]
async fn words_go_to_the_other_end_in_order_and_are_written_down_nowhere() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let invite = call(&class.teacher, &ada).await;
    ada.accept(&invite).await.with_status(200);
    let mut devices = [ada.listen().await, ada.listen().await];
    let mut teacher = class.teacher.listen().await;
    let mut bystander = bo.listen().await;
    let before = class.teacher.snapshot().await["seq"].clone();
    for number in 0..20 {
        relay(&class.teacher, &invite, &format!("secret-{number}")).await.has_no_content();
    }
    relay(&ada, &invite, "\"quoted\"\nline").await.has_no_content();
    for device in &mut devices {
        for number in 0..20 {
            let word = device.until_passing("onRelay").await;
            let data = format!("secret-{number}");
            let body = json!({ "inviteID": invite.id, "from": class.teacher.id, "data": data });
            assert_eq!(word.body(), &body);
        }
    }
    let word = teacher.until_passing("onRelay").await;
    assert_eq!((&word["from"], &word["data"]), (&json!(ada.id), &json!("\"quoted\"\nline")));
    assert_eq!(class.teacher.snapshot().await["seq"], before, "it is no event of the log");
    let bytes = server.bytes_stored().await;
    assert!(!bytes.windows(7).any(|window| window == b"secret-"), "it is on no disk");
    let mark = class.mark().await;
    while let Some(event) = bystander.next().await {
        assert_ne!(event.name, "onRelay");
        if event.id == Some(mark) {
            break;
        }
    }
    // A stream that opens later is told nothing of it.
    let mut late = ada.stream_after(invite.seq()).await;
    while let Some(event) = late.next().await {
        assert_ne!(event.name, "onRelay");
        if event.id == Some(mark) {
            break;
        }
    }
}

#[tokio::test]
async fn the_relay_is_the_two_ends_alone_and_only_while_the_invitation_lives() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let co_teacher = class.co_teacher("Mr Hilbert").await;
    let other_class = Class::start(&server).await;
    let invite = call(&class.teacher, &ada).await;
    relay(&ada, &invite, "still ringing").await.has_no_content();
    for stranger in [&bo, &co_teacher] {
        relay(stranger, &invite, "let me in").await.refused(404, 8010);
        stranger.get(&invite.path("/iceServers")).await.refused(404, 8010);
        stranger.verb(&invite, "keepAlive", json!({})).await.refused(404, 8010);
    }
    // Another class's credential, and this class's invitation under another class's address.
    let mut foreign = other_class.teacher.clone();
    foreign.group.clone_from(&class.teacher.group);
    relay(&foreign, &invite, "let me in").await.refused(403, 8011);
    relay(&other_class.teacher, &invite, "let me in").await.refused(404, 8010);
    let round = class.teacher.invite_in_group(GroupInvitation::to([&ada])).await;
    relay(&ada, &round, "to everybody").await.refused(403, 8011);

    for (body, status, code) in [
        (json!({ "data": "x".repeat(12_289) }), 413, 8001),
        (json!({ "data": "x".repeat(70_000) }), 413, 8001),
        (json!({}), 400, 6017),
        (json!({ "data": 7 }), 400, 6017),
        (json!({ "data": "", "to": "all" }), 400, 6017),
    ] {
        ada.verb(&invite, "relay", body).await.refused(status, code);
    }
    relay(&ada, &invite, &"x".repeat(12_288)).await.has_no_content();

    ada.reject(&invite).await.with_status(200);
    relay(&ada, &invite, "one more thing").await.lost_to("rejected");
    relay(&class.teacher, &invite, "one more thing").await.lost_to("rejected");
    class.teacher.end_class().await.with_status(200);
    relay(&ada, &invite, "hello?").await.refused(410, 10010);
}

#[tokio::test]
async fn who_relays_too_much_is_told_to_wait_and_nobody_else_is() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let invite = call(&class.teacher, &ada).await;
    let mut sent = 0;
    let refused = loop {
        let answer = relay(&ada, &invite, "again").await;
        if answer.status != 204 {
            break answer;
        }
        sent += 1;
        assert!(sent < 1_000, "there is an end to it");
    };
    assert!(sent >= 100, "a call's words all get through, but only {sent} did");
    refused.refused(429, 7008);
    assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1));
    relay(&class.teacher, &invite, "I can").await.has_no_content();
    ada.accept(&invite).await.with_status(200);
}

// ---- Signs of life -----------------------------------------------------------------------------

/// Calls that are over after a second's silence.
struct Hasty;

impl Application for Hasty {
    fn finish_reason(&self, data: &str) -> Option<&'static str> {
        Calls.finish_reason(data)
    }

    fn follow(&self, group: &Group, event: &Event) -> Vec<Command> {
        Calls.follow(group, event)
    }

    fn settings(&self) -> Vec<Setting> {
        Calls.settings()
    }

    fn refuse(&self, group: &Group, now: Timestamp, command: &Command) -> Option<Rejection> {
        Calls.refuse(group, now, command)
    }

    fn silence(&self, data: &str) -> Option<u32> {
        Calls.silence(data).map(|_| 1)
    }
}

/// How a part ended: by whom, and why.
fn end_of(event: &crate::support::Event) -> (Value, Value) {
    (event["by"].clone(), event["reason"].clone())
}

#[tokio::test]
async fn a_call_ends_when_one_end_gives_no_sign_of_life_and_not_before() {
    let server = Server::start_with(Arc::new(Hasty)).await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let mut events = class.teacher.listen().await;
    let invite = call(&class.teacher, &ada).await;
    ada.accept(&invite).await.with_status(200);
    let alive = |member: &Member| member.verb(&invite, "keepAlive", json!({}));
    // Both are there for longer than either may be silent; then only the teacher is.
    let mut looks = tokio::time::interval(std::time::Duration::from_millis(200));
    for _ in 0..10 {
        looks.tick().await;
        alive(&ada).await.has_no_content();
        alive(&class.teacher).await.has_no_content();
    }
    assert_eq!(ada.state_of(&invite, &ada).await, "accepted");
    let ended = loop {
        looks.tick().await;
        let answer = alive(&class.teacher).await;
        if answer.status != 204 {
            break answer;
        }
    };
    ended.lost_to("finished");
    let finished = events.until("onInviteeFinished").await;
    assert_eq!(end_of(&finished), (json!(ada.id), json!("disconnected")));
    alive(&ada).await.lost_to("finished");
}

#[tokio::test]
async fn a_call_outlives_the_server_while_its_ends_do_and_no_longer() {
    let mut server = Server::start_with(Arc::new(Hasty)).await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let invite = call(&class.teacher, &ada).await;
    ada.accept(&invite).await.with_status(200);
    server.restart().await;
    let alive = |member: &Member| member.verb(&invite, "keepAlive", json!({}));
    alive(&ada).await.has_no_content();
    server.restart().await;
    // Nobody comes back: it is over all the same, and so is nothing that needs no sign of life.
    let word = class.teacher.invite(&bo).await;
    bo.accept(&word).await.with_status(200);
    let finished = class.teacher.stream_after(0).await.until("onInviteeFinished").await;
    assert!(invite.is_in(&finished));
    assert_eq!(end_of(&finished).1, json!("disconnected"));
    assert_eq!(bo.state_of(&word, &bo).await, "accepted");
}

// ---- Servers on the way ------------------------------------------------------------------------

#[tokio::test]
async fn servers_on_the_way_are_told_to_the_two_and_there_are_none_by_default() {
    let mut server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let invite = call(&class.teacher, &ada).await;
    let path = invite.path("/iceServers");
    assert_eq!(ada.get(&path).await.with_status(200), json!({ "iceServers": [] }));
    let ice = IceConfig {
        stun: vec!["stun:stun.example".to_owned()],
        turn: vec!["turn:turn.example".to_owned(), "turns:turn.example".to_owned()],
        turn_secret: "north".to_owned(),
    };
    server.restart_configured(|config| config.ice = ice).await;
    let told = ada.get(&path).await;
    assert!(!told.text.contains("north"), "the secret stays here");
    let told = told.with_status(200);
    assert_eq!(told["iceServers"][0], json!({ "urls": ["stun:stun.example"] }));
    let turn = &told["iceServers"][1];
    assert_eq!(turn["urls"], json!(["turn:turn.example", "turns:turn.example"]));
    assert!(turn["username"].as_str().expect("a name").ends_with(&format!(":{}", ada.id)));
    assert!(turn["credential"].is_string() && told["expiresAt"].is_string());
    ada.reject(&invite).await.with_status(200);
    ada.get(&path).await.lost_to("rejected");
    let word = ada.invite(&class.teacher).await;
    ada.get(&word.path("/iceServers")).await.refused(403, 8011);
}
