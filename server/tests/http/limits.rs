//! How much, how many, how fast.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Class, GroupInvitation, Invite, Server};

const MAX_DATA: usize = 12_288;
const MAX_BODY: usize = 64 * 1_024;
const MAX_MEMBERS: usize = 6_000;

#[tokio::test]
async fn data_holds_12_288_bytes_of_utf_8() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let teacher = &class.teacher;
    for fits in ["a".repeat(MAX_DATA), "🙋".repeat(MAX_DATA / 4)] {
        let over = format!("{fits}a");
        let invitation = GroupInvitation::to([&ada, &bo]);
        let too_much = invitation.clone().saying(&over);
        teacher.try_invite_in_group(too_much).await.refused(413, 8001);
        teacher.try_invite(&ada, &over, 0).await.refused(413, 8001);
        teacher.try_invite(&ada, &fits, 0).await.with_status(201);
        let invite = teacher.invite_in_group(invitation.saying(&fits)).await;
        assert_eq!(ada.look_up(&invite).await["data"], fits);

        teacher.modify(&invite, &over).await.refused(413, 8001);
        teacher.modify(&invite, &fits).await.with_status(200);
        for (member, verb) in
            [(&ada, "accept"), (&bo, "reject"), (&ada, "finish"), (teacher, "cancel")]
        {
            let verb = |data: &str| member.verb(&invite, verb, json!({ "data": data }));
            verb(&over).await.refused(413, 8001);
            let is_open = verb(&fits).await;
            assert!(matches!(is_open.status, 200 | 409), "{is_open:?}");
        }
    }
}

/// A right body, made so long with white space, which JSON allows.
fn rename_of_length(length: usize) -> String {
    let body = json!({ "name": "5B" }).to_string();
    let white_space = " ".repeat(length - body.len());
    body + &white_space
}

#[tokio::test]
async fn a_body_holds_64_kib() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let send = |body: reqwest::Body| class.teacher.request(Method::PATCH, "").bytes(body);
    send(rename_of_length(MAX_BODY).into()).await.with_status(200);
    send(rename_of_length(MAX_BODY + 1).into()).await.refused(413, 8001);
    let pieces = |length: usize| {
        let bytes = rename_of_length(length).into_bytes();
        let pieces: Vec<std::io::Result<Vec<u8>>> =
            bytes.chunks(1_000).map(|piece| Ok(piece.to_vec())).collect();
        reqwest::Body::wrap_stream(futures::stream::iter(pieces))
    };
    send(pieces(MAX_BODY)).await.with_status(200);
    send(pieces(MAX_BODY + 1)).await.refused(413, 8001);

    let long_name = "a".repeat(MAX_BODY);
    server.begin_class(json!({ "name": long_name, "teacher": "T" })).await.refused(413, 8001);
    server.join(&class.join_code, &long_name).await.refused(413, 8001);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_class_takes_nobody_until_somebody_leaves() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let students = class.students(MAX_MEMBERS - 1).await;
    class.try_join("One too many").await.refused(409, 10014);
    let members = class.teacher.snapshot().await["members"].take();
    assert_eq!(members.as_array().map(Vec::len), Some(MAX_MEMBERS));
    students[7].leave().await.has_no_content();
    class.join("The last").await;
    class.try_join("One too many").await.refused(409, 10014);
}

/// Codes that could be right and are not.
fn wrong_codes() -> impl Iterator<Item = String> {
    let letters = ["A", "B", "C", "D", "E", "F", "G", "H", "J", "K", "M", "N", "P", "Q", "R", "S"];
    letters.into_iter().flat_map(move |one| letters.map(|other| format!("{one}{other}2345")))
}

#[tokio::test]
async fn nobody_guesses_join_codes_for_long() {
    let server = Server::start().await;
    let mut wrong = 0;
    for code in wrong_codes() {
        let answer = server.join(&code, "Mallory").await;
        if answer.status == 429 {
            answer.refused(429, 7008);
            let seconds: u64 = answer.header("retry-after").parse().expect("seconds");
            assert!((1..=3_600).contains(&seconds), "{seconds}");
            assert!(wrong >= 10, "a few typing errors are forgiven");
            return;
        }
        answer.refused(404, 10010);
        wrong += 1;
    }
    panic!("{wrong} wrong codes in a row were answered");
}

#[tokio::test]
async fn who_is_in_goes_on_while_nobody_can_join_from_their_address() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let mut stream = ada.listen().await;
    let mut refused = 0;
    for code in wrong_codes() {
        refused = server.join(&code, "Mallory").await.status;
        if refused == 429 {
            break;
        }
    }
    assert_eq!(refused, 429);
    class.try_join("Bo").await.refused(429, 7008);
    let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada])).await;
    ada.accept(&invite).await.with_status(200);
    assert_eq!(stream.take(2).await.len(), 2);
    ada.snapshot().await;
    ada.stream().await.snapshot().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_that_are_made_at_once_are_told_no_more_than_others() {
    let server = Server::start().await;
    let codes: Vec<String> = wrong_codes().chain(wrong_codes()).collect();
    let answers = join_all(codes.iter().map(|code| server.join(code, "Mallory"))).await;
    let told = answers.iter().filter(|answer| answer.status == 404).count();
    assert!((10..80).contains(&told), "{told} of {} wrong codes were answered", codes.len());
}

#[tokio::test]
async fn a_whole_school_joins_from_one_address() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    for number in 0..200 {
        class.try_join(&format!("Student {number}")).await.with_status(201);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_school_joins_from_one_address_at_the_same_moment() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let joins = (0..200).map(|_| class.try_join("Student"));
    let answers = join_all(joins).await;
    let refused: Vec<&str> = answers
        .iter()
        .filter(|answer| answer.status != 201)
        .map(|answer| answer.text.as_str())
        .collect();
    assert!(
        refused.is_empty(),
        "{} of 200 right codes were refused: {}",
        refused.len(),
        refused[0]
    );
}

#[tokio::test]
async fn a_member_who_is_too_fast_is_told_when_to_come_back_and_others_are_not_held_up() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada, &bo])).await;
    ada.accept(&invite).await.with_status(200);
    let mut refused = None;
    for _ in 0..50 {
        let answers = join_all((0..100).map(|_| ada.accept(&invite))).await;
        refused = answers.into_iter().find(|answer| answer.status != 200);
        if refused.is_some() {
            break;
        }
    }
    let refused = refused.expect("5 000 verbs in a row are too fast");
    refused.refused(429, 7008);
    let seconds: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!(seconds >= 1);
    bo.accept(&invite).await.with_status(200);
    assert_ne!(ada.snapshot().await["seq"], Value::Null, "reading goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_has_more_invitations_open_than_the_class_can_bear() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let own = ada.invite(&class.teacher).await;
    let invite = |_| async { class.teacher.try_invite(&ada, "", 0).await };
    let answers = join_all((0..600).map(invite)).await;
    let mut refused = answers.iter().filter(|answer| answer.status != 201);
    let first = refused.next().expect("some are refused");
    first.refused(429, 7008);
    assert!(first.text.contains("Cancel or finish"), "{}", first.text);
    assert!(first.header("retry-after").is_empty(), "it does not help to wait");
    class.teacher.try_invite(&ada, "", 0).await.refused(429, 7008);
    // Others go on, and so does whoever ends some of theirs.
    ada.cancel(&own).await.with_status(200);
    ada.invite(&class.teacher).await;
    let made: Vec<Invite> = answers.iter().filter(|it| it.status == 201).map(Invite::of).collect();
    assert!(made.len() >= 512, "{} were made", made.len());
    for invite in &made[500..] {
        class.teacher.cancel(invite).await.with_status(200);
    }
    class.teacher.invite(&ada).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_costs_what_is_said_in_the_class_whatever_says_it() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    // In JSON six bytes each.
    let words = "\u{1}".repeat(10_000);
    for _ in 0..30 {
        class.teacher.invite_in_group(GroupInvitation::to([&ada]).saying(&words)).await;
    }
    // A hundred for any look, and one for each 200 of 30 times 60 000 bytes.
    let rows = 100 + 9_000;
    let mut looks = 0;
    #[expect(clippy::disallowed_methods, reason = "it works out what came back meanwhile")]
    let since = std::time::Instant::now();
    let refused = loop {
        let answer = ada.get("").await;
        if answer.status != 200 {
            break answer;
        }
        looks += 1;
        assert!(looks < 50, "it goes on");
    };
    refused.refused(429, 7008);
    // What there is at once, and what has come back meanwhile.
    let most = 100_000 + 5_000 * (since.elapsed().as_secs() + 1);
    assert!(looks * rows <= most, "{looks} looks of nearly two megabytes");
    bo.snapshot().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_looks_too_often_waits_and_others_do_not() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let mut refused = None;
    for _ in 0..50 {
        let answers = join_all((0..100).map(|_| async { ada.get("").await })).await;
        refused = answers.into_iter().find(|answer| answer.status != 200);
        if refused.is_some() {
            break;
        }
    }
    let refused = refused.expect("5 000 looks in a row are too many");
    refused.refused(429, 7008);
    assert!(!refused.header("retry-after").is_empty());
    bo.snapshot().await;
}
