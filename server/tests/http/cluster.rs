//! Several servers on one database: a class has one home, any of them answers, and one goes on where another
//! has stopped. Without a PostgreSQL to try these have nothing to do; `cargo xtask test` starts one.

#![expect(
    clippy::disallowed_methods,
    reason = "a test does to the database what a sleeping machine does"
)]

use std::sync::Arc;
use std::time::Duration;

use classroom::APPLICATIONS;
use serde_json::json;
use server::{Config, Engine};

use crate::support::{Class, GroupInvitation, Server};

/// Two servers on one database; none without PostgreSQL.
async fn nodes() -> Option<(Server, Server)> {
    let one = Server::start_as_node().await?;
    let other = one.start_beside().await;
    Some((one, other))
}

/// Has other servers find the lease of every server run out, until it is renewed within the second.
async fn lose_sight_of(server: &Server) {
    let mut connection = server.database().await.expect("a database");
    let forget = "UPDATE lease SET alive_until = clock_timestamp() - interval '1 s'";
    sqlx::query(forget).execute(&mut connection).await.expect("it is done");
}

async fn why_not(config: Config) -> String {
    Engine::open(config, Arc::new(APPLICATIONS)).await.err().expect("it does not open").to_string()
}

#[tokio::test]
async fn any_server_answers_for_any_class_and_streams_it() {
    let Some((home, other)) = nodes().await else { return };
    let class = Class::start(&home).await;
    let mut here = class.teacher.listen().await;
    let there = class.teacher.at(&other);
    let mut forwarded = there.listen().await;
    // Whoever joins by the other one is a member like any.
    let ada = class.join("Ada").await.at(&other);
    let invite = there.invite_in_group(GroupInvitation::to([&ada])).await;
    ada.accept(&invite).await.with_status(200);
    for stream in [&mut here, &mut forwarded] {
        stream.until("onMemberJoined").await;
        stream.until("onInviteeAccepted").await;
    }
    assert_eq!(
        there.snapshot().await["invitations"],
        class.teacher.snapshot().await["invitations"]
    );
    // What is refused is refused there as well.
    ada.post("/end", json!({})).await.refused(403, 8011);
    other
        .request(reqwest::Method::GET, &format!("/groups/{}", class.teacher.group))
        .await
        .refused(401, 6014);
    let again = there.post("/inviteInGroup", json!({})).key("once").await;
    assert_eq!(again.status, 400, "{}", again.text);
}

#[tokio::test]
async fn a_class_that_has_just_begun_goes_where_its_requests_come_to_and_stays_there() {
    let Some((first, other)) = nodes().await else { return };
    let class = Class::start(&first).await;
    let home = async || {
        let mut connection = first.database().await.expect("a database");
        let at = "SELECT address FROM class JOIN lease ON holder = home";
        sqlx::query_scalar::<_, String>(at).fetch_one(&mut connection).await.expect("a home")
    };
    assert_eq!(home().await, first.origin());
    class.teacher.at(&other).snapshot().await;
    assert_eq!(home().await, other.origin());
    class.teacher.snapshot().await;
    assert_eq!(home().await, other.origin(), "it does not go to and fro");
    // One that somebody follows stays where it is.
    let class = Class::start(&first).await;
    let _stream = class.teacher.listen().await;
    class.teacher.at(&other).snapshot().await;
    let mut connection = first.database().await.expect("a database");
    let homes = "SELECT count(DISTINCT home) FROM class";
    let homes: i64 = sqlx::query_scalar(homes).fetch_one(&mut connection).await.expect("a number");
    assert_eq!(homes, 2);
}

#[tokio::test]
async fn where_one_server_stops_another_goes_on_and_nobody_misses_anything() {
    let Some((mut home, other)) = nodes().await else { return };
    let class = Class::start(&home).await;
    // Followed here, it stays here.
    let _followed = class.teacher.listen().await;
    let ada = class.join("Ada").await.at(&other);
    let teacher = class.teacher.at(&other);
    let mut stream = ada.listen().await;
    let first = teacher.invite_in_group(GroupInvitation::to([&ada])).await;
    let told = stream.until("onReceiveNewInvitation").await;
    assert_eq!(told["inviteID"], first.id.as_str());
    home.stop().await;
    stream.until_the_end().await;
    // The other one may still know it as the home: then it says so, and asks anew.
    let second = loop {
        let invitation = GroupInvitation::to([&ada]);
        let answer = teacher.try_invite_in_group(invitation).key("second").await;
        if answer.status != 503 {
            break answer.with_status(201);
        }
    };
    let mut resumed = ada.stream_after(told.seq()).await;
    let told = resumed.until("onReceiveNewInvitation").await;
    assert_eq!(told["inviteID"], second["inviteID"]);
    // The first one comes back, and finds the class at its new home.
    home.start_again().await;
    let accepted = class.join("Bo").await.at(&home);
    assert_eq!(accepted.snapshot().await["seq"], teacher.snapshot().await["seq"]);
}

#[tokio::test]
async fn a_server_that_slept_decides_nothing_more_and_lets_go_of_its_streams() {
    let Some((home, other)) = nodes().await else { return };
    let class = Class::start(&home).await;
    let ada = class.join("Ada").await;
    let mut stale = ada.listen().await;
    let there = class.teacher.at(&other);
    lose_sight_of(&home).await;
    let invite = there.invite_in_group(GroupInvitation::to([&ada])).await;
    // The former home thinks that it is one until it is told.
    let refused = class.teacher.try_invite(&ada, "", 0).await;
    assert_eq!(refused.status, 503, "{}", refused.text);
    stale.until_the_end().await;
    let mut tries = tokio::time::interval(Duration::from_millis(20));
    let accepted = loop {
        tries.tick().await;
        let answer = ada.accept(&invite).await;
        if answer.status != 503 {
            break answer;
        }
    };
    accepted.with_status(200);
    let (here, there) = (class.teacher.snapshot().await, there.snapshot().await);
    assert_eq!((&here["seq"], &here["invitations"]), (&there["seq"], &there["invitations"]));
}

#[tokio::test]
async fn a_deadline_of_a_server_that_is_gone_fires_once_elsewhere() {
    let Some((mut home, other)) = nodes().await else { return };
    let class = Class::start(&home).await;
    let ada = class.join("Ada").await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada]).within(1)).await;
    home.stop().await;
    // Nobody asks for the class: the other server looks after it by itself.
    let mut connection = other.database().await.expect("a database");
    let mut looks = tokio::time::interval(Duration::from_millis(50));
    let fired = "SELECT count(*) FROM event WHERE name = 'onInvitationTimeout'";
    let count = async || {
        sqlx::query_scalar::<_, i64>(fired).fetch_one(&mut connection).await.expect("a number")
    };
    let mut count = count;
    while count().await == 0 {
        looks.tick().await;
    }
    home.start_again().await;
    assert_eq!(ada.state_of(&invite, &ada).await, "timedOut");
    assert_eq!(count().await, 1);
}

#[tokio::test]
async fn servers_that_do_not_belong_together_are_refused_at_the_start() {
    let Some((home, _other)) = nodes().await else { return };
    let why = why_not(Config { node: None, ..home.config().clone() }).await;
    assert!(why.contains("is served already, by process "), "{why}");
    let why = why_not(home.config().clone()).await;
    assert!(why.contains("is served already, by process "), "two of one address: {why}");
    let mut stranger = home.config().clone();
    if let Some(node) = &mut stranger.node {
        node.address = "http://127.0.0.1:1".parse().expect("an address");
        node.secret = "what nobody else has been told".parse().expect("a secret");
    }
    let why = why_not(stranger).await;
    assert!(why.contains("have another secret"), "{why}");
}

#[tokio::test]
async fn a_mark_that_somebody_made_up_opens_nothing() {
    let Some((home, other)) = nodes().await else { return };
    let class = Class::start(&home).await;
    for server in [&home, &other] {
        let asked = class.teacher.at(server).get("").header("handup-node", "1 00");
        asked.header("x-forwarded-for", "192.0.2.1").await.with_status(200);
    }
}
