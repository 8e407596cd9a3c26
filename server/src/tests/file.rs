//! The file under the engine: who may serve it, and copies of it.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use signaling::{Command, SettingsChange, Timestamp};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

use super::{Bare, HERE, School, name};
use crate::config::Config;
use crate::engine::Engine;
use crate::store::open_error::OpenError;
use crate::store::sqlite::check::{Checked, Progress, check};
use crate::store::sqlite::copy::{CopyError, back_up};
use crate::writer::Housekeeping;

const DAY: i64 = 24 * 3_600 * 1_000;

async fn opens(path: &Path) -> Result<Engine, OpenError> {
    Engine::open(Config::on(path), Arc::new(Bare)).await
}

#[tokio::test]
async fn a_file_has_one_server_by_whatever_path_it_is_reached() {
    let school = School::open(Housekeeping::default()).await;
    let address = "127.0.0.1:3000".parse().expect("an address");
    school.engine.is_listening_on(address);
    let other_path = school.file.with_file_name("another-path.sqlite3");
    std::os::unix::fs::symlink(&school.file, &other_path).expect("another path");
    for path in [&school.file, &other_path] {
        let refused = opens(path).await.map(drop).expect_err("the file is served").to_string();
        let process = format!("process {}", std::process::id());
        for part in ["served already", &*process, "http://127.0.0.1:3000", "Stop that server"] {
            assert!(refused.contains(part), "{refused}");
        }
    }
    let School { engine, file, group_id, _folder, .. } = school;
    drop(engine);
    let again = opens(&file).await.expect("nobody serves it any more");
    assert!(again.class(group_id).await.is_ok());
}

#[tokio::test]
async fn a_file_with_two_names_is_not_served_by_either() {
    let school = School::open(Housekeeping::default()).await;
    let second = school.file.with_file_name("second.sqlite3");
    let School { engine, file, _folder, .. } = school;
    drop(engine);
    std::fs::hard_link(&file, &second).expect("a second name");
    for path in [&file, &second] {
        let refused = opens(path).await.map(drop).expect_err("two logs for one file").to_string();
        assert!(refused.contains("a hard link") && refused.contains("Remove one"), "{refused}");
    }
    std::fs::remove_file(&second).expect("it goes");
    opens(&file).await.expect("one name");
}

#[tokio::test]
async fn where_no_lock_can_be_made_it_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("handup.sqlite3");
    std::fs::create_dir(folder.path().join("handup.sqlite3.lock")).expect("in the way");
    let refused = opens(&file).await.map(drop).expect_err("no lock").to_string();
    assert!(refused.contains("cannot lock") && refused.contains("sqlite3.lock"), "{refused}");
    assert!(!file.exists(), "nothing was made");
}

async fn backs_up(from: &Path, to: &Path) -> Result<Checked, CopyError> {
    back_up(from, to, &|_| ()).await
}

async fn checks(path: &Path) -> Result<Checked, OpenError> {
    check(path, &|_| ()).await
}

/// Does something to a file behind the back of any server.
async fn does(path: &Path, sql: &str) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut file = SqliteConnection::connect_with(&options).await.expect("a connection");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut file).await.expect("it is done");
    file.close().await.expect("it is closed");
}

/// Everything in a folder.
fn all(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = std::fs::read_dir(folder).expect("the folder");
    let files = files.map(|file| file.expect("an entry").path()).filter(|it| it.is_file());
    files.map(|path| (path.clone(), std::fs::read(path).expect("a file"))).collect()
}

/// Waits until nobody has a file open any more: then whoever closes it takes its log away.
async fn is_left(file: &Path) {
    let mut looks = tokio::time::interval(std::time::Duration::from_millis(5));
    while file.with_extension("sqlite3-wal").exists() {
        looks.tick().await;
        does(file, "SELECT count(*) FROM class").await;
    }
}

/// Makes a file of the schema before of one that nobody serves.
async fn age(path: &Path) {
    let older = "DROP TABLE dead_letter; DROP TABLE own_id; DROP TABLE integrated_class;
                 DELETE FROM _sqlx_migrations WHERE version = 6";
    does(path, older).await;
}

impl School {
    async fn renames(&self, to: &str) {
        let rename = Command::ChangeGroup {
            actor: self.session().await.user,
            name: Some(name(to)),
            settings: SettingsChange::default(),
        };
        self.engine.command(self.group_id, HERE, rename).await.expect("another name");
    }

    /// A file that a server has left, with a copy of it that is whole.
    async fn left() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let school = Self::open(Housekeeping::default()).await;
        for number in 0..20 {
            school.renames(&format!("Biology {number}")).await;
        }
        let copy = school.file.with_file_name("copy.sqlite3");
        backs_up(&school.file, &copy).await.expect("a copy");
        let School { engine, file, _folder, .. } = school;
        drop(engine);
        is_left(&file).await;
        (_folder, file, copy)
    }
}

#[tokio::test]
async fn a_backup_holds_what_was_answered_while_the_server_goes_on() {
    let school = School::open(Housekeeping::default()).await;
    let folder = tempfile::tempdir().expect("another folder");
    let to = folder.path().join("backup.sqlite3");
    let mut copied = None;
    let copying = async {
        copied = Some(backs_up(&school.file, &to).await);
    };
    let renaming = async {
        for number in 0..40 {
            school.renames(&format!("Biology {number}")).await;
        }
    };
    tokio::join!(copying, renaming);
    let copied = copied.expect("it was made").expect("a copy");
    assert_eq!((copied.classes, &copied.faults), (1, &Vec::new()));
    assert_eq!(copied.schema, copied.newest_schema);
    assert_eq!(checks(&to).await.expect("it can be read"), copied);
    let mode = std::fs::metadata(&to).expect("the copy").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it holds what the database holds");
    assert_eq!(all(folder.path()).len(), 1, "nothing is left beside it");

    let before = all(folder.path());
    let refused = backs_up(&school.file, &to).await.expect_err("it is there").to_string();
    assert!(
        refused.contains("is there already") && refused.contains("backup.sqlite3"),
        "{refused}"
    );
    assert!(all(folder.path()) == before, "nothing is overwritten");

    let now = folder.path().join("now.sqlite3");
    let copied = backs_up(&school.file, &now).await.expect("a copy of the end");
    assert_eq!(copied.events, school.session().await.room.with_group(|group| group.seq));
    let restored = opens(&now).await.expect("a server on the copy");
    let session = restored.session(school.group_id, &school.token).await.expect("the teacher");
    assert!(session.room.group() == school.session().await.room.group());
}

#[tokio::test]
async fn a_backup_that_cannot_be_made_leaves_nothing_and_says_why() {
    let school = School::open(Housekeeping::default()).await;
    let folder = tempfile::tempdir().expect("another folder");
    let file = folder.path().join("a.sqlite3");
    let refused = |refused: Result<Checked, CopyError>| refused.expect_err("no copy").to_string();
    let missing = folder.path().join("none/a.sqlite3");
    let said = refused(backs_up(&school.file, &missing).await);
    assert!(said.contains("cannot write the copy") && said.contains("No such file"), "{said}");
    let said = refused(backs_up(&missing, &file).await);
    assert!(said.contains("its folder is not there"), "{said}");
    let said = refused(backs_up(&folder.path().join("none"), &file).await);
    assert!(said.contains("it is not there"), "{said}");
    assert!(all(folder.path()).is_empty());

    std::fs::write(folder.path().join("a.sqlite3.part"), "half").expect("a file");
    let said = refused(backs_up(&school.file, &file).await);
    assert!(said.contains("a.sqlite3.part is there") && said.contains("broken off"), "{said}");
    assert_eq!(all(folder.path()).len(), 1, "what another backup writes is left alone");

    // What one that was killed has left beside what it wrote spoils no other.
    std::fs::remove_file(folder.path().join("a.sqlite3.part")).expect("it goes");
    std::fs::write(folder.path().join("a.sqlite3.part-journal"), [0xd9; 4_096]).expect("a file");
    assert_eq!(backs_up(&school.file, &file).await.expect("a copy").faults, Vec::<String>::new());
    assert_eq!(all(folder.path()).len(), 1);

    let foreign = folder.path().join("foreign.sqlite3");
    does(&foreign, "CREATE TABLE other (program TEXT)").await;
    let said = refused(backs_up(&foreign, &folder.path().join("b.sqlite3")).await);
    assert!(said.contains("none of Handup"), "{said}");
    let said = opens(&foreign).await.map(drop).expect_err("another program's").to_string();
    assert!(said.contains("none of Handup"), "{said}");
}

#[tokio::test]
async fn a_backup_that_is_stopped_leaves_nothing() {
    let school = School::open(Housekeeping::default()).await;
    let folder = tempfile::tempdir().expect("another folder");
    let to = folder.path().join("a.sqlite3");
    let has_begun = tokio::sync::Notify::new();
    let told = |progress| {
        if matches!(progress, Progress::Copied(..)) {
            has_begun.notify_one();
        }
    };
    tokio::select! {
        biased;
        () = has_begun.notified() => {}
        _ = back_up(&school.file, &to, &told) => panic!("it was not stopped"),
    }
    let mut looks = tokio::time::interval(std::time::Duration::from_millis(5));
    while !all(folder.path()).is_empty() {
        looks.tick().await;
    }
}

#[tokio::test]
async fn a_file_that_is_whole_is_said_to_be_and_nothing_is_changed() {
    let (folder, file, copy) = School::left().await;
    let before = all(folder.path());
    let progress = std::sync::Mutex::new(Vec::new());
    let told = |it| progress.lock().expect("the list").push(it);
    let checked = check(&copy, &told).await.expect("it can be read");
    assert_eq!((checked.classes, checked.events, checked.faults), (1, 22, Vec::new()));
    assert_eq!(*progress.lock().expect("the list"), [Progress::Checking, Progress::Read(22, 22)]);
    assert!(all(folder.path()) == before, "nothing is changed, and nothing is left beside it");
    let checked = checks(&file).await.expect("it can be read");
    assert!(!checked.is_older() && !checked.is_newer() && checked.faults.is_empty());

    age(&copy).await;
    assert!(checks(&copy).await.expect("it can be read").is_older());
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum,
                 execution_time) VALUES (9999, 'of a time to come', 1, x'00', 0)";
    does(&copy, newer).await;
    let checked = checks(&copy).await.expect("it can be read");
    assert!(checked.is_newer() && checked.faults.is_empty(), "{checked:?}");
    let refused = checks(&folder.path().join("none.sqlite3")).await.expect_err("none").to_string();
    assert!(refused.contains("it is not there"), "{refused}");
    assert!(!folder.path().join("none.sqlite3").exists());
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_said() {
    for (damage, said) in [
        ("DELETE FROM event WHERE seq = 2", "has no event 2 but an event 3"),
        ("DELETE FROM event WHERE seq = 22", "ends with event 21, not with 22"),
        ("DELETE FROM event WHERE seq = 1", "has no event 1 but an event 2"),
        ("UPDATE event SET body = '{}' WHERE seq = 5", "event 5 of the class"),
        ("UPDATE event SET name = 'onWonder' WHERE seq = 5", "event 5 of the class"),
        ("UPDATE event SET body = replace(body, ':5,', ':6,') WHERE seq = 5", "calls itself 6"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM class", "belong to no class"),
    ] {
        let (_folder, _, copy) = School::left().await;
        does(&copy, damage).await;
        let checked = checks(&copy).await.expect("it can be read");
        let [fault] = &*checked.faults else { panic!("{damage}: {:?}", checked.faults) };
        assert!(fault.contains(said), "{damage}: {fault}");
        // A damaged database is copied all the same: it may be the last there is.
        let again = copy.with_file_name("again.sqlite3");
        assert_eq!(backs_up(&copy, &again).await.expect("a copy").faults, checked.faults);
    }
    let (_folder, _, copy) = School::left().await;
    let mut bytes = std::fs::read(&copy).expect("the copy");
    bytes[5 * 4_096..6 * 4_096].fill(0xa5);
    std::fs::write(&copy, bytes).expect("another one");
    let checked = checks(&copy).await;
    let said = match &checked {
        Ok(checked) => checked.faults.join(" "),
        Err(error) => error.to_string(),
    };
    assert!(said.contains("SQLite finds") || said.contains("the file is corrupt"), "{checked:?}");
}

#[tokio::test]
async fn a_file_of_an_older_handup_is_copied_before_it_is_changed() {
    let (folder, file, copy) = School::left().await;
    age(&file).await;
    drop(opens(&file).await.expect("it is brought up to date"));
    is_left(&file).await;
    let kept = folder.path().join("handup.sqlite3.before-6");
    let checked = checks(&kept).await.expect("a copy of before");
    assert!(checked.is_older() && checked.faults.is_empty(), "{checked:?}");
    assert_eq!((checked.classes, checked.events), (1, 22));
    let mode = std::fs::metadata(&kept).expect("the copy").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(opens(&file).await.expect("it is up to date"));
    is_left(&file).await;
    let copies = || {
        let files = all(folder.path()).into_keys();
        files.filter(|it| it.to_string_lossy().contains(".before-")).count()
    };
    assert_eq!(copies(), 1, "there was nothing to change");

    // Somebody has gone back, and starts the newer one again.
    let bytes = std::fs::read(&kept).expect("the copy");
    age(&file).await;
    let part = folder.path().join("handup.sqlite3.before-6-2.part");
    std::fs::write(part, "of a server that was killed").expect("a file");
    let engine = opens(&file).await.expect("it is brought up to date");
    assert!(std::fs::read(&kept).expect("the copy") == bytes, "no copy is overwritten");
    assert_eq!(copies(), 2);

    let made = std::fs::metadata(&kept).expect("the copy").modified().expect("a time");
    let made = made.duration_since(std::time::UNIX_EPOCH).expect("now").as_millis();
    let made = i64::try_from(made).expect("a moment");
    let after = |millis: i64| Timestamp::from_millis(made + millis);
    engine.remove_old_copies(after(7 * DAY - 1)).await.expect("nothing to do");
    assert_eq!(copies(), 2, "a millisecond before a week is over");
    engine.remove_old_copies(after(8 * DAY)).await.expect("they go");
    assert_eq!(copies(), 0);
    assert!(copy.exists() && file.exists(), "what somebody else has made stays");
}

#[tokio::test]
async fn a_file_is_not_changed_where_it_cannot_be_copied() {
    let (folder, file, _) = School::left().await;
    age(&file).await;
    std::fs::create_dir(folder.path().join("handup.sqlite3.before-6.part")).expect("in the way");
    let refused = opens(&file).await.map(drop).expect_err("no copy").to_string();
    for part in ["is not changed before there is a copy", "before-6.part", "Make room"] {
        assert!(refused.contains(part), "{refused}");
    }
    assert!(checks(&file).await.expect("it can be read").is_older(), "it is as it was");
}
