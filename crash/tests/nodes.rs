//! A short run of what `cargo xtask crash --nodes 3` does at length.

use crash::nodes::{NodesPlan, run_nodes};
use crash::server::binary;

/// Without a PostgreSQL to try this has nothing to do; `cargo xtask test` starts one.
#[tokio::test(flavor = "multi_thread")]
async fn of_three_servers_that_are_killed_twenty_times_none_has_lost_anything() {
    let Ok(postgres) = std::env::var("HANDUP_TEST_POSTGRES") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (seed, binary) = (fastrand::u64(..), binary().expect("the server"));
    println!("seed {seed}");
    let folder = folder.path().to_owned();
    // Who has named a database of their own does not want it killed.
    let database_dies = std::env::var_os("HANDUP_TEST_POSTGRES_DIES").is_some();
    let plan = NodesPlan {
        binary,
        nodes: 3,
        kills: 20,
        classes: 6,
        seed,
        folder,
        postgres,
        database_dies,
    };
    let outcome = run_nodes(&plan, |_| ()).await.expect("a run");
    println!("{outcome}");
    assert_eq!(outcome.wrongs, Vec::<String>::new());
    assert!(outcome.kills >= 20 && outcome.promises > 100, "{outcome}");
}
