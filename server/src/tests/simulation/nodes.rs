//! Several nodes on one database: the real writer, rooms, streams and applications of each, on a database and
//! on wires that do what a seed says, beside the model of what must be true.
//!
//! What is simulated is the database with its leases, homes and fence (`database`), the way there (`wire`), what
//! `store/postgres` does on a node's side of it (`lease`, `store`), and the doors of HTTP, which forward
//! (`doors`). A message comes late, or not at all, or when whoever sent it has given it up; a node is killed,
//! sleeps and wakes with what it remembers, is cut off, or stops in order; no two clocks agree.

mod calm;
mod checks;
mod database;
mod doors;
mod lease;
mod node;
mod people;
mod school;
mod step;
mod store;
mod wire;

use self::database::Defect;
use self::school::{School, Tally};
use super::plan::{Plan, agrees, is_found_out, replayable};
use super::trace::Broken;

/// Runs one seed.
fn simulate(seed: u64, steps: u64, defect: Defect) -> Result<Tally, Broken> {
    replayable(School::live(seed, steps, defect))
}

#[test]
fn whatever_goes_wrong_among_nodes_the_log_agrees_with_its_model() {
    let plan = Plan { from: 1, seeds: 60, steps: 3_000 }.asked_for();
    agrees(plan, |seed| simulate(seed, plan.steps, Defect::None), |tally| tally.steps);
}

#[test]
fn a_seed_of_nodes_replays_exactly() {
    for seed in [1, 2, 3] {
        let once = simulate(seed, 2_000, Defect::None).expect("it agrees");
        let again = simulate(seed, 2_000, Defect::None).expect("it agrees");
        assert_eq!(once, again, "seed {seed}");
    }
}

/// Has a database do something wrong until it is found.
fn finds(defect: Defect, within: u64) {
    is_found_out(defect, within, |seed| simulate(seed, 3_000, defect));
}

#[test]
fn a_database_without_its_fence_is_found_out() {
    finds(Defect::NoFence, 100);
    finds(Defect::AnyHome, 100);
}

#[test]
fn a_database_that_takes_what_is_late_or_hides_something_is_found_out() {
    finds(Defect::AnyEpoch, 4_000);
    finds(Defect::NoOrphans, 4_000);
    finds(Defect::HidesRenewals, 4_000);
}
