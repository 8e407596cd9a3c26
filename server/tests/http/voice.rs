//! The microphone room over HTTP and real sockets: who is heard, by the log's word, and who is not.

use serde_json::json;
use server::{VoiceConfig, VoiceLimits, VoiceListening};
use str0m::net::Protocol;

use crate::support::{
    Class, GroupInvitation, Invite, Member, Server, VoicePage, connection, heard, offer,
};

/// A server that carries voices.
async fn server() -> Server {
    let mut server = Server::start().await;
    carries(&mut server, VoiceLimits::default()).await;
    server
}

async fn carries(server: &mut Server, limits: VoiceLimits) {
    let listen = "127.0.0.1:0".parse().expect("an address");
    let listening = VoiceListening { listen, address: None };
    server
        .restart_configured(|config| config.voice = Some(VoiceConfig { listening, limits }))
        .await;
}

/// A class in which voice is on.
async fn class(server: &Server) -> Class {
    let class = Class::start(server).await;
    class.teacher.change_settings(json!({ "voice": true })).await.with_status(200);
    class
}

async fn speaks(class: &Class, student: &Member) -> Invite {
    let call = GroupInvitation::to([student]).saying(r#"{"operation":"speaking"}"#);
    let invite = class.teacher.invite_in_group(call).await;
    student.accept(&invite).await.with_status(200);
    invite
}

#[tokio::test]
async fn whoever_accepts_to_speak_is_heard_until_their_turn_is_over() {
    let server = server().await;
    let class = class(&server).await;
    let [ada, bo] = class.pair().await;
    let mut told = bo.listen().await;
    let (mut speaker, mut listener) = (ada.voice().await, bo.voice().await);
    let sending = async {
        speaker.says = Some(1);
        speaker.until("nothing", |_| false).await;
    };
    let turn = async {
        let invite = speaks(&class, &ada).await;
        listener.until("Ada to be heard", |page| page.heard.contains(&1)).await;
        assert_eq!(heard(&told.until_passing("onVoice").await), [json!(ada.id)]);
        // Whoever comes later is told at once.
        let late = bo.listen().await.until_passing("onVoice").await;
        assert_eq!(heard(&late), [json!(ada.id)]);
        class.teacher.finish_of(&invite, &ada).await.with_status(200);
        assert_eq!(heard(&told.until_passing("onVoice").await), [] as [serde_json::Value; 0]);
        // Her page goes on sending, and is heard by nobody.
        listener.heard.clear();
        let another = speaks(&class, &bo).await;
        listener.meanwhile(class.teacher.finish_of(&another, &bo)).await.with_status(200);
        assert!(listener.heard.is_empty(), "{:?}", listener.heard);
    };
    tokio::select! {
        () = sending => unreachable!("it goes on for ever"),
        () = turn => {}
    }
}

#[tokio::test]
async fn a_teacher_mutes_a_speaker_who_alone_is_heard_again() {
    let server = server().await;
    let class = class(&server).await;
    let [ada, bo] = class.pair().await;
    let mut told = bo.listen().await;
    let (mut speaker, teacher) = (ada.voice().await, &class.teacher);
    speaker.says = Some(1);
    let perform = async |who: &Member, what: serde_json::Value| {
        who.post("/perform", json!({ "data": what.to_string() })).await
    };
    let sending = async {
        speaker.until("nothing", |_| false).await;
    };
    let turn = async {
        speaks(&class, &ada).await;
        assert_eq!(heard(&told.until_passing("onVoice").await), [json!(ada.id)]);
        let mute = json!({ "operation": "mute", "student": ada.id });
        perform(&bo, mute.clone()).await.refused(403, 8011);
        perform(teacher, mute).await.with_status(200);
        assert!(heard(&told.until_passing("onVoice").await).is_empty());
        let unmute = json!({ "operation": "unmute" });
        perform(teacher, unmute.clone()).await.refused(409, 8010);
        perform(&ada, unmute).await.with_status(200);
        assert_eq!(heard(&told.until_passing("onVoice").await), [json!(ada.id)]);
    };
    tokio::select! {
        () = sending => unreachable!("it goes on for ever"),
        () = turn => {}
    }
}

#[tokio::test]
async fn by_tcp_alone_one_is_heard_and_hears() {
    let server = server().await;
    let class = class(&server).await;
    let bo = class.join("Bo").await;
    let mut speaker = class.teacher.voice_over(Protocol::Tcp).await;
    let mut listener = bo.voice_over(Protocol::Tcp).await;
    speaker.says = Some(7);
    let hears = listener.until("the teacher to be heard", |page| page.heard.contains(&7));
    speaker.meanwhile(hears).await;
}

#[tokio::test]
async fn whoever_is_removed_or_has_left_their_page_hears_nothing_more() {
    let server = server().await;
    let class = class(&server).await;
    let [ada, bo] = class.pair().await;
    let (mut one, mut two) = (ada.voice().await, bo.voice().await);
    class.teacher.remove(&ada).await.has_no_content();
    one.until("Ada's page to be told", |page| page.is_over).await;
    // A session is its member's alone.
    let path = two.location.split("/groups/").nth(1).and_then(|it| it.split_once('/'));
    let path = format!("/{}", path.expect("a path").1);
    let delete = |by: &Member| by.request(reqwest::Method::DELETE, &path);
    delete(&class.teacher).await.has_no_content();
    assert!(!two.is_over);
    delete(&bo).await.has_no_content();
    two.until("Bo's page to be told", |page| page.is_over).await;
    delete(&bo).await.has_no_content();
}

#[tokio::test]
async fn switching_voice_off_and_ending_the_class_end_every_session() {
    let server = server().await;
    let class = class(&server).await;
    let bo = class.join("Bo").await;
    let mut page = bo.voice().await;
    class.teacher.change_settings(json!({ "voice": false })).await.with_status(200);
    page.until("the page to be told", |page| page.is_over).await;
    let (none, refused) = VoicePage::join(&bo, Protocol::Udp).await;
    assert!(none.is_none());
    refused.refused(409, 10007);
    class.teacher.change_settings(json!({ "voice": true })).await.with_status(200);
    let mut page = bo.voice().await;
    class.teacher.end_class().await.with_status(200);
    page.until("the page to be told", |page| page.is_over).await;
}

#[tokio::test]
async fn after_a_restart_who_is_heard_is_what_the_log_says() {
    let mut server = server().await;
    let class = class(&server).await;
    let [ada, bo] = class.pair().await;
    speaks(&class, &ada).await;
    drop(ada.voice().await);
    server.restart().await;
    let (ada, bo) = (ada.at(&server), bo.at(&server));
    let (mut speaker, mut listener) = (ada.voice().await, bo.voice().await);
    speaker.says = Some(1);
    let hears = listener.until("Ada to be heard", |page| page.heard.contains(&1));
    speaker.meanwhile(hears).await;
}

#[tokio::test]
async fn an_offer_that_is_none_is_refused_in_words() {
    let server = server().await;
    let class = class(&server).await;
    let bo = class.join("Bo").await;
    let (right, ..) = offer(&mut connection());
    bo.offer_voice("").await.refused(400, 6017);
    bo.offer_voice("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n").await.refused(400, 6017);
    bo.offer_voice(&right.replace("m=audio", "m=video")).await.refused(400, 6017);
    bo.offer_voice(&right.repeat(20)).await.refused(413, 8001);
    bo.post("/voice", json!({})).await.refused(400, 6017);
    bo.request(reqwest::Method::POST, "/voice").await.refused(400, 6017);
    bo.offer_voice(&right).await;
    let other = Class::start(&server).await;
    other.teacher.offer_voice(&right).await.refused(409, 10007);
}

#[tokio::test]
async fn a_server_carries_voices_only_where_it_is_told_to_and_only_so_many() {
    let mut server = Server::start().await;
    let class = class(&server).await;
    let (right, ..) = offer(&mut connection());
    class.teacher.offer_voice(&right).await.refused(409, 10007);
    carries(&mut server, VoiceLimits { sessions: 2, ..VoiceLimits::default() }).await;
    let (teacher, bo) = (class.teacher.at(&server), class.join("Bo").await.at(&server));
    for _ in 0..2 {
        assert_eq!(teacher.offer_voice(&right).await.status, 201);
    }
    // A third page of the same member takes the place of their first.
    assert_eq!(teacher.offer_voice(&right).await.status, 201);
    let full = bo.offer_voice(&right).await;
    full.refused(503, 10014);
    assert_eq!(full.header("retry-after"), "2");
}

const CALL: &str = r#"{"operation":"call","media":"video","room":"r"}"#;

/// Leaves a call.
async fn hangs_up(who: &Member, call: &Invite) {
    let data = json!({ "operation": "leave_call", "inviteID": call.id }).to_string();
    who.post("/perform", json!({ "data": data })).await.with_status(200);
}

#[tokio::test]
async fn in_a_call_everybody_hears_and_sees_all_others_and_nobody_else_does() {
    let server = server().await;
    let class = Class::start(&server).await;
    let [ada, bo, cy] = class.trio().await;
    let call = GroupInvitation::to([&ada, &bo]).saying(CALL).within(30);
    let call = class.teacher.invite_in_group(call).await;
    // It rings, and there is nothing to hear yet; nor ever for whoever is not in it.
    for who in [&class.teacher, &ada, &cy] {
        let (none, refused) = VoicePage::join_call(who, &call).await;
        assert!(none.is_none());
        refused.refused(403, 8011);
    }
    ada.accept(&call).await.with_status(200);
    let mut pages = vec![class.teacher.in_call(&call).await, ada.in_call(&call).await];
    bo.accept(&call).await.with_status(200);
    pages.push(bo.in_call(&call).await);
    VoicePage::join_call(&cy, &call).await.1.refused(403, 8011);
    for (page, says) in pages.iter_mut().zip([1, 2, 3]) {
        page.says = Some(says);
    }
    VoicePage::until_all("everybody to hear and see all others", &mut pages, |pages| {
        pages
            .iter()
            .zip([[2, 3], [1, 3], [1, 2]])
            .all(|(page, others)| page.heard.iter().eq(&others) && page.seen.iter().eq(&others))
    })
    .await;
    assert!(pages[0].asked > 0, "whoever comes later needs a whole picture");
    hangs_up(&class.teacher, &call).await;
    hangs_up(&bo, &call).await;
    // Of two it is over, and so is Ada's part.
    VoicePage::until_all("the pages to be told", &mut pages, |pages| {
        pages.iter().all(|page| page.is_over)
    })
    .await;
    assert_eq!(ada.state_of(&call, &ada).await, "finished");
}

#[tokio::test]
async fn a_call_among_students_and_their_teacher_goes_on_without_its_caller() {
    let server = server().await;
    let class = Class::start(&server).await;
    let dee = class.co_teacher("Dee").await;
    let [ada, bo] = class.pair().await;
    let call = GroupInvitation::to([&dee, &ada, &bo]).saying(CALL).within(30);
    let call = class.teacher.invite_in_group(call).await;
    for who in [&dee, &ada] {
        who.accept(&call).await.with_status(200);
    }
    let mut pages = vec![dee.in_call(&call).await, ada.in_call(&call).await];
    hangs_up(&class.teacher, &call).await;
    assert_eq!(ada.state_of(&call, &bo).await, "cancelled", "nobody is rung any more");
    for (page, says) in pages.iter_mut().zip([1, 2]) {
        page.says = Some(says);
    }
    VoicePage::until_all("the others to go on", &mut pages, |pages| {
        pages[0].heard.contains(&2) && pages[1].heard.contains(&1)
    })
    .await;
}

#[tokio::test]
async fn two_who_find_no_way_to_each_other_meet_at_the_server() {
    let server = server().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let call = Invite::of(&class.teacher.try_invite(&ada, CALL, 30).await);
    let told = ada.get(&call.path("/iceServers")).await.with_status(200);
    assert_eq!(told, json!({ "iceServers": [], "overServer": true }));
    for who in [&class.teacher, &ada] {
        VoicePage::join_call(who, &call).await.1.refused(403, 8011);
    }
    ada.accept(&call).await.with_status(200);
    VoicePage::join_call(&bo, &call).await.1.refused(404, 8010);
    let mut pages = vec![class.teacher.in_call(&call).await, ada.in_call(&call).await];
    for (page, says) in pages.iter_mut().zip([1, 2]) {
        page.says = Some(says);
    }
    VoicePage::until_all("each to hear and see the other", &mut pages, |pages| {
        pages
            .iter()
            .zip([2, 1])
            .all(|(page, other)| page.heard.iter().eq(&[other]) && page.seen.iter().eq(&[other]))
    })
    .await;
    class.teacher.finish_of(&call, &ada).await.with_status(200);
    VoicePage::until_all("the pages to be told", &mut pages, |pages| {
        pages.iter().all(|page| page.is_over)
    })
    .await;
}

#[tokio::test]
async fn whoever_gives_no_sign_of_life_in_a_call_among_several_is_in_it_no_more() {
    let server = server().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let call = GroupInvitation::to([&ada]).saying(CALL).within(30);
    let call = class.teacher.invite_in_group(call).await;
    class.teacher.verb(&call, "keepAlive", json!({})).await.refused(403, 8011);
    ada.accept(&call).await.with_status(200);
    class.teacher.verb(&call, "keepAlive", json!({})).await.has_no_content();
    ada.verb(&call, "keepAlive", json!({})).await.has_no_content();
    let bo = class.join("Bo").await;
    bo.verb(&call, "keepAlive", json!({})).await.refused(403, 8011);
}
