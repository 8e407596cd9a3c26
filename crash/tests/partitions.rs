//! Networks that drop everything without a word, between the servers and to their database: whoever asks is
//! told within five seconds, nobody decides twice, and what was promised is there afterwards.

#![expect(clippy::disallowed_methods, reason = "how long one waits is measured from outside")]

use std::time::{Duration, Instant};

use crash::client::{Answer, Client, Member, Request};
use crash::cluster::Cluster;
use crash::server::binary;
use reqwest::Method;
use serde_json::{Value, json};

/// The longest that somebody waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a busy machine adds.
const SLACK: Duration = Duration::from_millis(700);

/// What is asked where it cannot be done.
const CUT_OFF: &str = "cut off";

/// Two servers, a class whose home is the first, and who teaches it.
struct School {
    cluster: Cluster,
    clients: [Client; 2],
    teacher: Member,
    _folder: tempfile::TempDir,
}

impl School {
    /// Without a PostgreSQL to try this there is none; `cargo xtask test` starts one.
    async fn open() -> Option<Self> {
        let postgres = std::env::var("HANDUP_TEST_POSTGRES").ok()?;
        let folder = tempfile::tempdir().expect("a folder");
        let binary = binary().expect("the server");
        let mut cluster =
            Cluster::new(2, &binary, folder.path(), &postgres).await.expect("a cluster");
        cluster.start().await.expect("servers");
        let addresses = cluster.addresses();
        let clients = [0, 1].map(|node| Client::new(addresses[node]).expect("a client"));
        let body = json!({ "name": "Cut off", "teacher": "Ms Noether" });
        let begun = clients[0].insist(&Request::new(Method::POST, "/groups").json(body)).await;
        let teacher = Member::of(&begun.body).expect("a teacher");
        let school = Self { cluster, clients, teacher, _folder: folder };
        school.asks(0, "the first").await;
        Some(school)
    }

    fn ask(&self, data: &str) -> Request {
        let body = json!({ "inviteeList": "*", "data": data, "timeout": 0 });
        Request::of(&self.teacher, Method::POST, "/inviteInGroup").json(body).key(data)
    }

    /// Asks by a server until that is done.
    async fn asks(&self, node: usize, data: &str) {
        let answer = self.clients[node].insist(&self.ask(data)).await;
        assert!(answer.is_done(), "{answer:?}");
    }

    /// Asks once, of which something comes in time.
    async fn is_told(&self, node: usize, request: &Request) -> Answer {
        let began = Instant::now();
        let answer = self.clients[node].send(request).await;
        let took = began.elapsed();
        assert!(took < PATIENCE + SLACK, "server {node} answers after {took:?}: {answer:?}");
        answer.expect("an answer")
    }

    /// The words of all asks, in the order of the log as a server tells it.
    async fn log(&self, node: usize) -> Vec<String> {
        let client = &self.clients[node];
        let snapshot = client.insist(&Request::of(&self.teacher, Method::GET, "")).await.body;
        let through = snapshot["seq"].as_u64().expect("a number");
        let mut stream = client.stream(&self.teacher, 0).await.expect("a stream");
        let mut asks = Vec::new();
        for expected in 1..=through {
            let event = stream.next().await.expect("an event").expect("an event");
            assert_eq!(event.seq, expected);
            if event.name == "onReceiveNewInvitation" {
                let event: Value = serde_json::from_str(&event.text).expect("JSON");
                asks.push(event["data"].as_str().expect("words").to_owned());
            }
        }
        asks
    }

    /// Looks whether both servers tell the same log, in which these words stand in this order, and whatever
    /// was cut off at most once.
    async fn has_kept(&self, asked: &[&str]) {
        let log = self.log(0).await;
        assert_eq!(log, self.log(1).await);
        let (cut_off, others): (Vec<_>, Vec<_>) =
            log.iter().partition(|ask| ask.starts_with(CUT_OFF));
        assert_eq!(others, asked);
        for ask in &cut_off {
            assert_eq!(cut_off.iter().filter(|other| *other == ask).count(), 1, "{ask}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_that_does_not_reach_the_database_says_so_and_its_class_goes_on_elsewhere() {
    let Some(school) = School::open().await else { return };
    school.cluster.nodes[0].to_database.silence(true);
    // As if forty pages went on tapping.
    let answers = (0..40).map(async |number| {
        tokio::time::sleep(Duration::from_millis(number * 150)).await;
        school.is_told(0, &school.ask(&format!("{CUT_OFF} {number}"))).await
    });
    for answer in crash::client::all(answers).await {
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(answer.body["detail"].is_string(), "{answer:?}");
    }
    school.asks(1, "the second").await;
    let read = Request::of(&school.teacher, Method::GET, "");
    assert_eq!(school.is_told(0, &read).await.status, 503);
    school.cluster.nodes[0].to_database.silence(false);
    school.asks(0, "the third").await;
    school.has_kept(&["the first", "the second", "the third"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_reach_the_home_says_so() {
    let Some(school) = School::open().await else { return };
    // A class that somebody follows stays where it is.
    let _stream = school.clients[0].stream(&school.teacher, 0).await.expect("a stream");
    school.asks(1, "the second").await;
    school.cluster.silence(true);
    for number in 0..3 {
        let answer = school.is_told(1, &school.ask(&format!("{CUT_OFF} {number}"))).await;
        assert_eq!(answer.status, 503, "{answer:?}");
    }
    assert!(school.is_told(0, &school.ask("the third")).await.is_done());
    school.cluster.silence(false);
    school.asks(1, "the fourth").await;
    school.has_kept(&["the first", "the second", "the third", "the fourth"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_reaches_the_database_all_say_so() {
    let Some(school) = School::open().await else { return };
    for node in &school.cluster.nodes {
        node.to_database.silence(true);
    }
    for number in 0..3 {
        for node in [0, 1] {
            let answer = school.is_told(node, &school.ask(&format!("{CUT_OFF} {number}"))).await;
            assert_eq!(answer.status, 503, "{answer:?}");
        }
    }
    for node in &school.cluster.nodes {
        node.to_database.silence(false);
    }
    school.asks(1, "the second").await;
    school.asks(0, "the third").await;
    school.has_kept(&["the first", "the second", "the third"]).await;
}
