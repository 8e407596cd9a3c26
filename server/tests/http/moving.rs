//! Moving from a file into PostgreSQL and back: everybody finds everything as it was. Without a PostgreSQL to
//! try this has nothing to do; `cargo xtask test` starts one.

#![expect(clippy::disallowed_methods, reason = "a test leaves a move half done")]

use std::sync::Arc;

use classroom::APPLICATIONS;
use serde_json::{Value, json};
use server::{Database, Engine, MoveError, Moved, move_store};

use crate::support::{Class, Event, GroupInvitation, Place, Server};

async fn moved(from: &Database, to: &Database) -> Result<Moved, MoveError> {
    move_store(from, to, &|done, whole| assert!(done <= whole)).await
}

/// The class as its teacher finds it, and all of its log.
async fn state(class: &Class) -> (Value, Vec<Event>) {
    let mut snapshot = class.teacher.snapshot().await;
    let seq = snapshot["seq"].as_u64().expect("a number");
    snapshot.as_object_mut().expect("an object").remove("now");
    (snapshot, class.teacher.log_through(seq).await)
}

#[tokio::test]
async fn everything_is_moved_into_postgresql_and_back_and_a_move_that_was_stopped_goes_on() {
    let place = Place::new().await;
    if matches!(place, Place::Files) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::start_on_files().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada, &bo])).await;
    let accepted = ada.verb(&invite, "accept", json!({})).key("once").await;
    let link = class.teacher.post("/handover", json!({})).await.with_status(201);
    let ended = Class::start(&server).await;
    ended.teacher.post("/end", json!({})).await.with_status(200);
    let before = state(&class).await;
    server.stop().await;

    let file = server.config().database.clone();
    let postgres = place.config(folder.path()).database;
    let came = moved(&file, &postgres).await.expect("it is moved");
    assert_eq!(came.classes, 2);
    // As if it had been stopped: some of it is there.
    let mut connection = place.connect().await;
    for change in [
        "INSERT INTO setting (name, value) SELECT 'moving', value FROM setting WHERE name = 'id'",
        "DELETE FROM event WHERE seq > 1",
        "DELETE FROM first_answer",
        "DELETE FROM handover",
    ] {
        sqlx::query(change).execute(&mut connection).await.expect("it is done");
    }
    server.go_to(postgres.clone());
    let half = Engine::open(server.config().clone(), Arc::new(APPLICATIONS)).await;
    let why = half.err().expect("it is not served").to_string();
    assert!(why.contains("is not finished"), "{why}");
    assert_eq!(moved(&file, &postgres).await.expect("it goes on"), came);
    let twice = moved(&file, &postgres).await.expect_err("it is there").to_string();
    assert!(twice.contains("has classes already"), "{twice}");

    server.start_again().await;
    assert_eq!(state(&class).await, before);
    let again = ada.verb(&invite, "accept", json!({})).key("once").await;
    assert_eq!(again.text, accepted.text);
    assert!(link["handoverURL"].is_string());
    bo.accept(&invite).await.with_status(200);
    let before = state(&class).await;
    server.stop().await;

    let back = Database::File(folder.path().join("back.db"));
    moved(&postgres, &back).await.expect("it is moved back");
    server.go_to(back.clone());
    server.start_again().await;
    assert_eq!(state(&class).await, before);
    ended.teacher.get("").await.refused(410, 10010);
    let served = moved(&back, &postgres).await.expect_err("it is served").to_string();
    assert!(served.contains("is served already"), "{served}");
    server.stop().await;
    let nowhere = Database::File(folder.path().join("nowhere.db"));
    let nothing = moved(&nowhere, &postgres).await.expect_err("there is nothing").to_string();
    assert!(nothing.contains("there is no database"), "{nothing}");
    assert!(!folder.path().join("nowhere.db").exists(), "nor is one made");
    let alike = moved(&back, &back).await.expect_err("they are alike").to_string();
    assert!(alike.contains("from a file into a database"), "{alike}");
}
