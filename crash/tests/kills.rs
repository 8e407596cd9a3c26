//! A short run of what `cargo xtask crash` does at length.

use std::path::PathBuf;

use crash::run::{Plan, run};

/// The server that is killed: the one that was named, or the one that was built beside this test.
fn server() -> PathBuf {
    let beside = || {
        let test = std::env::current_exe().expect("a test has a path");
        test.ancestors().nth(2).expect("a folder of builds").join("handup")
    };
    std::env::var_os("HANDUP_BIN").map_or_else(beside, PathBuf::from)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_twenty_times_has_lost_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let plan = Plan { binary: server(), kills: 20, seed, folder: folder.path().to_owned() };
    let outcome = run(&plan, |_| ()).await.expect("`cargo xtask test` builds what is run here");
    println!("{outcome}");
    assert_eq!(outcome.wrongs, Vec::<String>::new());
    assert!(outcome.kills >= 20 && outcome.promises > 1_000, "{outcome}");
}
