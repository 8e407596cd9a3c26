//! What the engine keeps to itself: what leaves memory, sessions and links in time, failed commits.

use std::time::Duration;

use futures::future::join_all;
use signaling::{Command, Name, Reading, Role, SettingsChange};
use sqlx::{Connection, SqliteConnection};

use super::{HERE, School, name};
use crate::error::Error;
use crate::identity::{Token, TokenHash};
use crate::store::classes::Checkpoint;
use crate::store::put::Put;
use crate::writer::Housekeeping;
use crate::writer::chores::Chore;

#[tokio::test]
async fn an_unused_group_leaves_memory_and_comes_back_as_it_was() {
    let at_once = Housekeeping {
        idle: Duration::ZERO,
        sweep: Duration::from_millis(5),
        ..Default::default()
    };
    let school = School::open(at_once).await;
    let session = school.session().await;
    let before = session.room.group();
    let stream = session.room.enter(session.user, None);
    drop(session);
    let mut sweeps = tokio::time::interval(Duration::from_millis(5));
    for _ in 0..20 {
        sweeps.tick().await;
        assert!(school.is_in_memory(), "a stream is open");
    }
    drop(stream);
    while school.is_in_memory() {
        sweeps.tick().await;
    }
    assert!(school.session().await.room.group() == before);
}

#[tokio::test]
async fn what_was_read_before_somebody_was_erased_is_not_kept_after() {
    let school = School::open(Housekeeping::default()).await;
    let (engine, group_id) = (&school.engine, school.group_id);
    let code = school.session().await.room.join_code();
    let joined = engine.join(HERE, code.as_str(), name("Ada"), None, &Token::new()).await;
    let ada = joined.expect("a student").user_id;
    let class = engine.class(group_id).await.expect("the class");
    let read = |edition| Checkpoint {
        seq: class.seq,
        edition,
        version: 0,
        reading: Reading { summary: "Ada".to_owned(), state: "Ada".to_owned() },
    };
    let keep = async |edition| {
        let keep = Chore::Put(Put::Checkpoint(group_id, read(edition)));
        engine.chore(keep).await.expect("a commit");
    };
    let kept = async || {
        let class = engine.class(group_id).await.expect("the class");
        engine.shared.store.checkpoint(&class, 0).await.expect("the store")
    };
    keep(0).await;
    assert_eq!(kept().await, Some(read(0)));
    engine.erase_person(group_id, ada).await.expect("it is erased");
    assert_eq!(kept().await, None);
    keep(0).await;
    assert_eq!(kept().await, None, "it holds what was erased");
    keep(1).await;
    assert_eq!(kept().await, Some(read(1)));
}

#[tokio::test]
async fn an_administrators_session_ends_after_twelve_hours() {
    let school = School::open(Housekeeping::default()).await;
    let engine = &school.engine;
    let link = engine.begin_set_up().await.expect("the store").expect("a link");
    let before = engine.now();
    let opened = engine.set_up(&link, "correct horse battery".to_owned()).await;
    let token = opened.expect("the store").expect("a password").expect("a session").hash();
    let after = engine.now();
    let hash = engine.shared.store.setting("admin_password").await.expect("the store");
    let password = TokenHash::of(hash.expect("a password").as_bytes());
    let lasts = async |at| {
        let found = engine.shared.store.has_session(token, password, at).await;
        found.expect("the store")
    };
    let (hours, second) = (12 * 3_600, 1);
    assert!(lasts(before.plus_seconds(hours - second)).await);
    assert!(!lasts(after.plus_seconds(hours)).await);
}

#[tokio::test]
async fn a_link_for_another_device_is_good_for_fifteen_minutes() {
    let school = School::open(Housekeeping::default()).await;
    let engine = &school.engine;
    let before = engine.now();
    let link = engine.hand_over(&school.session().await, HERE).await.expect("a link").token.hash();
    let after = engine.now();
    let leads =
        async |at| engine.shared.store.handover(link, at).await.expect("the store").is_some();
    let (minutes, second) = (15 * 60, 1);
    assert!(leads(before.plus_seconds(minutes - second)).await);
    assert!(!leads(after.plus_seconds(minutes)).await);
}

#[tokio::test]
async fn a_link_for_another_device_is_good_once() {
    let school = School::open(Housekeeping::default()).await;
    let engine = &school.engine;
    // Again and again: of some that come at once all have looked before any is answered.
    for _ in 0..20 {
        let link = engine.hand_over(&school.session().await, HERE).await.expect("a link").token;
        let devices: Vec<Token> = (0..4).map(|_| Token::new()).collect();
        let at_once = devices.iter().map(|device| engine.take_over(HERE, &link, device.into()));
        let taken = join_all(at_once).await;
        assert_eq!(taken.iter().filter(|it| it.is_ok()).count(), 1);
        let late = Token::new();
        let refused = engine.take_over(HERE, &link, (&late).into()).await;
        assert!(matches!(refused, Err(Error::NotSignedIn)), "{refused:?}");
        assert!(engine.session(school.group_id, &late).await.is_err());
        assert_eq!(engine.handover_leads_to(&link).await.expect("the store"), None);
    }
}

#[tokio::test]
async fn a_link_for_another_device_goes_with_its_teacher() {
    let school = School::open(Housekeeping::default()).await;
    let (engine, group_id) = (&school.engine, school.group_id);
    let teacher = school.session().await;
    let [token, new] = [Token::new(), Token::new()];
    let code = teacher.room.join_code();
    let name = Name::new("Ada").expect("a name");
    let joined = engine.join(HERE, code.as_str(), name, None, &token).await.expect("a student");
    let (actor, user) = (teacher.user, joined.user_id);
    let appoint = Command::ChangeRole { actor, user, role: Role::Teacher };
    engine.command(group_id, HERE, appoint).await.expect("a co-teacher");
    let theirs = engine.session(group_id, &token).await.expect("their session");
    let link = engine.hand_over(&theirs, HERE).await.expect("a link").token;
    engine.command(group_id, HERE, Command::Leave { actor, user }).await.expect("a removal");
    assert_eq!(engine.handover_leads_to(&link).await.expect("the store"), None);
    assert!(matches!(engine.take_over(HERE, &link, (&new).into()).await, Err(Error::NotSignedIn)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_fails_changes_nothing_and_the_next_one_works() {
    let school = School::open(Housekeeping::default()).await;
    let (engine, group_id) = (&school.engine, school.group_id);
    let session = school.session().await;
    let before = session.room.group();
    let lock = Command::ChangeGroup {
        actor: session.user,
        name: None,
        settings: SettingsChange::lock(true),
    };

    let url = format!("sqlite://{}", school.file.display());
    let mut other = SqliteConnection::connect(&url).await.expect("another connection");
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("the write lock");
    let refused = engine.command(group_id, HERE, lock.clone()).await;
    assert!(matches!(refused, Err(Error::NotCommitted)), "{refused:?}");
    assert!(session.room.group() == before, "nobody has seen what was not committed");
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("the lock's end");

    engine.command(group_id, HERE, lock).await.expect("the next commit");
    let after = session.room.group();
    assert_eq!(after.settings, before.settings.changed(&SettingsChange::lock(true)));
    assert_eq!(after.seq, before.seq + 1, "no number is lost or taken twice");
}
