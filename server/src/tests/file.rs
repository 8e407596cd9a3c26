//! The file under the engine: who may serve it.

use std::sync::Arc;

use super::{Bare, School};
use crate::config::Config;
use crate::engine::Engine;
use crate::store::OpenError;
use crate::writer::Housekeeping;

async fn opens(path: &std::path::Path) -> Result<Engine, OpenError> {
    Engine::open(Config::on(path), Arc::new(Bare)).await
}

#[tokio::test]
async fn a_file_has_one_server_by_whatever_path_it_is_reached() {
    let school = School::open(Housekeeping::default()).await;
    let address = "127.0.0.1:3000".parse().expect("an address");
    school.engine.listens_on(address).expect("it is written down");
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
