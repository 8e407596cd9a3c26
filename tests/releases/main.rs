//! Upgrades. Of each release a small file is kept beside this, with what it told of its history then: today's
//! program opens it, tells the same, and takes the tokens of then.
//!
//! The file of a new release is made by
//!
//! ```text
//! cargo test --test releases -- --ignored makes_the_file
//! ```
//!
//! once its version stands in Cargo.toml; `HANDUP_BIN` and `HANDUP_RELEASE` name another program and its
//! version.

#![expect(clippy::disallowed_methods, reason = "files are made ready behind the server's back")]

mod lesson;
mod program;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use lesson::hold;
use program::Program;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/releases")
}

/// Every release of which there is a file, and what is known of it.
fn releases() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(folder()).expect("the folder");
    let files = files.map(|file| file.expect("an entry").path());
    let kept = files.filter(|path| path.extension().is_some_and(|it| it == "json"));
    let read = |path: PathBuf| {
        let release = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a text");
        (release, serde_json::from_str(&text).expect("JSON"))
    };
    kept.map(read).collect()
}

/// A place with the file of a release.
fn place_of(release: &str) -> tempfile::TempDir {
    let place = tempfile::tempdir().expect("a folder");
    let file = place.path().join("handup.sqlite3");
    std::fs::copy(folder().join(format!("{release}.db")), file).expect("a copy");
    place
}

async fn does(file: &Path, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(file);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("a connection");
    sqlx::raw_sql(sql).execute(&mut connection).await.expect("it is done");
    connection.close().await.expect("it is closed");
}

async fn schema_of(file: &Path) -> i64 {
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("a connection");
    let query = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations");
    query.fetch_one(&mut connection).await.expect("a number")
}

/// The bytes of a file, but for the two counters by which SQLite sees that somebody opened it to write.
fn contents(file: &Path) -> Vec<u8> {
    let mut bytes = std::fs::read(file).expect("the file");
    bytes[24..28].fill(0);
    bytes[92..96].fill(0);
    bytes
}

/// Whatever was told is told, in the same words; there may be more beside it.
fn is_still_told(then: &Value, now: &Value, place: &str) {
    match (then, now) {
        (Value::Object(then), Value::Object(now)) => {
            for (key, value) in then {
                let there = now.get(key).unwrap_or_else(|| panic!("{place}.{key} is gone"));
                is_still_told(value, there, &format!("{place}.{key}"));
            }
        }
        (Value::Array(then), Value::Array(now)) => {
            assert_eq!(then.len(), now.len(), "{place}: {now:?}");
            for (index, (then, now)) in then.iter().zip(now).enumerate() {
                is_still_told(then, now, &format!("{place}[{index}]"));
            }
        }
        _ => assert_eq!(then, now, "{place}"),
    }
}

#[tokio::test]
async fn a_file_of_every_release_is_opened_and_tells_the_same_history() {
    let releases = releases();
    let names: Vec<&str> = releases.iter().map(|(release, _)| release.as_str()).collect();
    for release in ["0.1.0", env!("CARGO_PKG_VERSION")] {
        assert!(names.contains(&release), "of {release} there is no file among {names:?}");
    }
    for (release, known) in &releases {
        let place = place_of(release);
        let file = place.path().join("handup.sqlite3");
        let schema = schema_of(&file).await;
        let program = Program::start(&[], place.path()).await;
        let token = |who: &str| known["tokens"][who].as_str().expect("a token");
        let class = |which: &str| known["classes"][which].as_str().expect("an id");

        for which in ["ended", "open"] {
            let path = format!("/class/{}/history/export.json", class(which));
            let teacher = if which == "open" { "teacherOfOpen" } else { "teacher" };
            let told = program.get(&path, token(teacher)).await;
            is_still_told(&known["history"][which], &told, &format!("{release} {which}"));
        }
        // The class that went on goes on, for those who were in it.
        let group = format!("/api/v1/groups/{}", class("open"));
        let before = program.get(&group, token("student")).await;
        assert_eq!(before["members"].as_array().map(Vec::len), Some(2), "{release}: {before}");
        let round = known["round"].as_str().expect("an id");
        let accept = format!("{group}/invitations/{round}/accept");
        let raised = program.post(&accept, token("student"), json!({})).await;
        assert_eq!(raised.0, 200, "{release}: {raised:?}");

        program.stop().await;
        let newest = schema_of(&file).await;
        let copy = place.path().join(format!("handup.sqlite3.before-{newest}"));
        assert_eq!(copy.exists(), schema < newest, "{release} has schema {schema}");
        if copy.exists() {
            assert_eq!(schema_of(&copy).await, schema, "it is as {release} left it");
        }
    }
}

#[tokio::test]
async fn a_newer_file_is_refused_by_the_name_of_the_version_that_it_needs() {
    let place = place_of(env!("CARGO_PKG_VERSION"));
    let file = place.path().join("handup.sqlite3");
    does(
        &file,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9998, 'of a time to come', 1, x'00', 0), (9999, 'of a later one', 1, x'00', 0);
         INSERT INTO setting VALUES ('release_of_schema_9998', '9.8.0'),
             ('release_of_schema_9999', '9.9.0');
         PRAGMA wal_checkpoint(TRUNCATE)",
    )
    .await;
    let before = contents(&file);
    let name = file.to_str().expect("a path");
    for arguments in [vec!["--listen", "127.0.0.1:0"], vec!["check", name], vec!["doctor"]] {
        let (is_well, said) = program::say(&arguments, place.path());
        assert!(!is_well, "{arguments:?}: {said}");
        assert!(said.contains("Handup 9.9.0 or newer"), "{arguments:?}: {said}");
        assert!(said.contains("9999"), "{arguments:?}: {said}");
    }
    assert!(contents(&file) == before, "nothing is changed");
    let copies = std::fs::read_dir(place.path()).expect("the folder");
    let copies = copies.filter(|it| {
        it.as_ref().expect("an entry").file_name().to_string_lossy().contains("before")
    });
    assert_eq!(copies.count(), 0);

    // One whose program did not write down its version.
    does(&file, "DELETE FROM setting WHERE name LIKE 'release_of_schema_99%'").await;
    let (is_well, said) = program::say(&["--listen", "127.0.0.1:0"], place.path());
    assert!(!is_well && said.contains("Start the newer one"), "{said}");
}

#[tokio::test]
#[ignore = "it makes what is kept of a release"]
async fn makes_the_file_of_this_release() {
    let release = std::env::var("HANDUP_RELEASE");
    let release = release.unwrap_or_else(|_| env!("CARGO_PKG_VERSION").to_owned());
    let to = folder().join(format!("{release}.db"));
    assert!(!to.exists(), "{} is there: what a release has left is not changed", to.display());
    let place = tempfile::tempdir().expect("a folder");
    let file = place.path().join("handup.sqlite3");
    let program = Program::start(&[], place.path()).await;
    let known = hold(&program).await;
    program.stop().await;
    does(&file, "PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA wal_checkpoint(TRUNCATE)").await;
    std::fs::copy(file, &to).expect("a copy");
    let known = serde_json::to_string_pretty(&known).expect("JSON") + "\n";
    std::fs::write(to.with_extension("json"), known).expect("a file");
}
