//! Networks that drop everything without a word, between the servers and to their database: whoever asks is
//! told within five seconds, nobody decides twice, and what was promised is there afterwards.

#![expect(clippy::disallowed_methods, reason = "how long one waits is measured from outside")]

mod support;

use std::time::{Duration, Instant};

use crash::client::{Answer, Request};
use crash::cluster::Cluster;
use crash::server::binary;
use reqwest::Method;

use self::support::Lesson;

/// The longest that somebody waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a busy machine adds.
const SLACK: Duration = Duration::from_millis(700);

/// What is asked where it cannot be done.
const CUT_OFF: &str = "cut off";

/// Two servers, a class whose home is the first, and who teaches it.
struct School {
    cluster: Cluster,
    lesson: Lesson,
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
        let lesson = Lesson::on(&cluster.addresses()).await;
        lesson.asks(0, "the first").await;
        Some(Self { cluster, lesson, _folder: folder })
    }

    /// Asks once, of which something comes in time.
    async fn is_told(&self, node: usize, request: &Request) -> Answer {
        let began = Instant::now();
        let answer = self.lesson.clients[node].send(request).await;
        let took = began.elapsed();
        assert!(took < PATIENCE + SLACK, "server {node} answers after {took:?}: {answer:?}");
        answer.expect("an answer")
    }

    /// Looks whether both servers tell the same log, in which these words stand in this order, and whatever
    /// was cut off at most once.
    async fn has_kept(&self, asked: &[&str]) {
        let log = self.lesson.log(0).await;
        assert_eq!(log, self.lesson.log(1).await);
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
        school.is_told(0, &school.lesson.ask(&format!("{CUT_OFF} {number}"))).await
    });
    for answer in crash::client::all(answers).await {
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(answer.body["detail"].is_string(), "{answer:?}");
    }
    school.lesson.asks(1, "the second").await;
    let read = Request::of(&school.lesson.teacher, Method::GET, "");
    assert_eq!(school.is_told(0, &read).await.status, 503);
    school.cluster.nodes[0].to_database.silence(false);
    school.lesson.asks(0, "the third").await;
    school.has_kept(&["the first", "the second", "the third"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_reach_the_home_says_so() {
    let Some(school) = School::open().await else { return };
    // A class that somebody follows stays where it is.
    let _stream =
        school.lesson.clients[0].stream(&school.lesson.teacher, 0).await.expect("a stream");
    school.lesson.asks(1, "the second").await;
    school.cluster.silence(true);
    for number in 0..3 {
        let answer = school.is_told(1, &school.lesson.ask(&format!("{CUT_OFF} {number}"))).await;
        assert_eq!(answer.status, 503, "{answer:?}");
    }
    assert!(school.is_told(0, &school.lesson.ask("the third")).await.is_done());
    school.cluster.silence(false);
    school.lesson.asks(1, "the fourth").await;
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
            let answer =
                school.is_told(node, &school.lesson.ask(&format!("{CUT_OFF} {number}"))).await;
            assert_eq!(answer.status, 503, "{answer:?}");
        }
    }
    for node in &school.cluster.nodes {
        node.to_database.silence(false);
    }
    school.lesson.asks(1, "the second").await;
    school.lesson.asks(0, "the third").await;
    school.has_kept(&["the first", "the second", "the third"]).await;
}
