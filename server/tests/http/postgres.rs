//! What a server on PostgreSQL promises beside what every server does: it serves alone, waits for nothing for
//! ever, and knows what a commit came to that it was not told of. Without a PostgreSQL to try these have
//! nothing to do; `cargo xtask test` starts one.

#![expect(clippy::disallowed_methods, reason = "a test does to the database what others do")]

use std::sync::Arc;
use std::time::Duration;

use classroom::APPLICATIONS;
use server::Engine;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::support::{Class, GroupInvitation, Server, within_patience};

/// A server, and a connection to its database; none without PostgreSQL.
async fn server() -> Option<(Server, PgConnection)> {
    let server = Server::start().await;
    let connection = server.database().await?;
    Some((server, connection))
}

async fn execute(connection: &mut PgConnection, sql: &str) -> u64 {
    let done = sqlx::query(AssertSqlSafe(sql.to_owned())).execute(connection).await;
    done.expect("it is done").rows_affected()
}

async fn why_not(server: &Server) -> String {
    let opened = Engine::open(server.config().clone(), Arc::new(APPLICATIONS)).await;
    opened.err().expect("it does not open").to_string()
}

#[tokio::test]
async fn a_second_server_is_refused_by_name_and_one_that_stopped_is_followed() {
    let Some((mut server, _)) = server().await else { return };
    let why = why_not(&server).await;
    assert!(why.contains("is served already, by process "), "{why}");
    server.restart().await;
    Class::start(&server).await;
}

#[tokio::test]
async fn a_server_that_another_has_replaced_writes_nothing_more_and_stops() {
    let Some((server, mut connection)) = server().await else { return };
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let mut stream = ada.listen().await;
    execute(&mut connection, "UPDATE lease SET holder = decode('00', 'hex')").await;
    let refused = class.teacher.try_invite(&ada, "", 0).await;
    assert_eq!(refused.status, 503, "{}", refused.text);
    stream.until_the_end().await;
    assert!(server.engine().is_replaced());
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_not_waited_for_and_what_it_did_late_is_told() {
    let Some((mut server, mut connection)) = server().await else { return };
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let mut transaction = connection.begin().await.expect("a transaction");
    execute(&mut transaction, "LOCK TABLE event IN ACCESS EXCLUSIVE MODE").await;
    let refused =
        within_patience("an answer", class.teacher.try_invite(&ada, "", 0).into_future()).await;
    assert_eq!(refused.status, 503, "{}", refused.text);
    transaction.rollback().await.expect("it is rolled back");
    // The server has begun another epoch, or does so with what is asked next.
    let mut told = bo.listen().await;
    let mut tries = tokio::time::interval(Duration::from_millis(50));
    while class.teacher.try_invite(&bo, "", 0).await.status != 201 {
        tries.tick().await;
    }
    told.until("onReceiveNewInvitation").await;
    // The commit that nobody was told of may have come to something: then everybody was told of it.
    let before = class.teacher.snapshot().await;
    server.restart().await;
    assert_eq!(class.teacher.snapshot().await["invitations"], before["invitations"]);
}

#[tokio::test]
async fn lost_connections_lose_nothing() {
    let Some((server, mut connection)) = server().await else { return };
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let mut stream = ada.listen().await;
    for round in ["first", "second", "third"] {
        // Those of this test alone: others are at work in other schemas.
        let ended = execute(
            &mut connection,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name = current_schema() AND pid <> pg_backend_pid()",
        )
        .await;
        assert!(ended > 0, "the writer has one");
        let invite = loop {
            let invite = GroupInvitation::to([&ada]);
            let answer = class.teacher.try_invite_in_group(invite).key(round).await;
            if answer.status == 201 {
                break answer.with_status(201);
            }
            assert_eq!(answer.status, 503, "{}", answer.text);
        };
        let told = stream.until("onReceiveNewInvitation").await;
        assert_eq!(told["inviteID"], invite["inviteID"]);
    }
}

#[tokio::test]
async fn a_look_at_the_database_tells_what_is_there_and_who_serves_it() {
    let Some((server, mut connection)) = server().await else { return };
    let looked = server::examine(&server.config().database).await.expect("it is well");
    assert!(looked.keeper.contains("fsync=on full_page_writes=on"), "{}", looked.keeper);
    assert_eq!(looked.schema, Some(looked.newest_schema));
    assert!(looked.served_by.is_some_and(|by| by.starts_with("process ")));
    assert!(looked.id.is_some_and(|id| id.len() == 8) && looked.now.is_some());
    execute(&mut connection, "ALTER TABLE class RENAME TO lesson").await;
    let why = server::examine(&server.config().database).await.expect_err("no class");
    assert!(why.to_string().contains("none of Handup"), "{why}");
}

#[tokio::test]
async fn what_is_no_database_for_handup_is_said_at_the_start_and_left_alone() {
    let Some((mut server, mut connection)) = server().await else { return };
    server.stop().await;
    execute(
        &mut connection,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of a time to come', true, '', 0)",
    )
    .await;
    let why = why_not(&server).await;
    assert!(why.contains("was written by a newer Handup"), "{why}");
    assert!(why.contains("Start the newer one"), "it says nothing of itself: {why}");
    let named = "INSERT INTO setting VALUES ('release_of_schema_9999', '9.9.0')";
    execute(&mut connection, named).await;
    let why = why_not(&server).await;
    assert!(why.contains("Start Handup 9.9.0 or newer"), "{why}");
    let looked = server::examine(&server.config().database).await;
    assert_eq!(looked.expect_err("it is newer").to_string(), why);
    execute(&mut connection, "ALTER TABLE class RENAME TO lesson").await;
    let why = why_not(&server).await;
    assert!(why.contains("has tables, but none of Handup"), "{why}");
}
