//! Short runs of what `cargo xtask crash` does at length.

use crash::Result;
use crash::run::{Outcome, Plan, Power, run};
use crash::server::{binary, shim};

async fn killed(kills: u64, power: Option<Power>) -> Outcome {
    let outcome = try_killed(kills, power).await;
    let outcome = outcome.expect("a run");
    println!("{outcome}");
    outcome
}

async fn try_killed(kills: u64, power: Option<Power>) -> Result<Outcome> {
    let folder = tempfile::tempdir().expect("a folder");
    let (seed, binary) = (fastrand::u64(..), binary().expect("the server"));
    println!("seed {seed}");
    let plan = Plan { binary, kills, seed, folder: folder.path().to_owned(), power };
    run(&plan, |_| ()).await
}

fn power() -> Power {
    Power { shim: shim().expect("the shim"), disk_lies: false, disk_fails: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_twenty_times_has_lost_nothing() {
    let outcome = killed(20, None).await;
    assert_eq!(outcome.wrongs, Vec::<String>::new());
    assert!(outcome.kills >= 20 && outcome.promises > 100, "{outcome}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_power_goes_has_lost_nothing() {
    // Whether a disk has anything that is not synced when the power goes is a matter of luck.
    for _ in 0..8 {
        let outcome = killed(12, Some(power())).await;
        assert_eq!(outcome.wrongs, Vec::<String>::new());
        assert!(outcome.power_losses > 0, "{outcome}");
        if outcome.not_synced > 0 {
            return;
        }
    }
    panic!("whenever the power went, everything was synced");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_disk_fails_before_its_power_goes_has_lost_nothing() {
    let outcome = killed(10, Some(Power { disk_fails: true, ..power() })).await;
    assert_eq!(outcome.wrongs, Vec::<String>::new());
    assert!(outcome.faults > 0, "{outcome}");
}

/// What finds nothing wrong has to be able to.
#[tokio::test(flavor = "multi_thread")]
async fn on_a_disk_that_lies_about_syncing_something_is_found_lost() {
    match try_killed(50, Some(Power { disk_lies: true, ..power() })).await {
        Ok(outcome) => assert_ne!(outcome.wrongs, Vec::<String>::new()),
        // What is left may be no database any more.
        Err(error) => assert!(error.to_string().contains("cannot use the database"), "{error}"),
    }
}
