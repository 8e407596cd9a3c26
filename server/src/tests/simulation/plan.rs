//! Which seeds are run, and running them on all processors.

use std::fmt::Debug;
use std::ops::AddAssign;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::trace::Broken;

/// What `cargo test` runs, and what of it `cargo xtask simulate` asks for.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub from: u64,
    pub seeds: u64,
    pub steps: u64,
}

impl Plan {
    /// This one, but for what is asked for.
    pub fn asked_for(self) -> Self {
        let number = |name: &str| std::env::var(name).ok()?.parse().ok();
        Self {
            from: number("HANDUP_SIMULATE_FROM").unwrap_or(self.from),
            seeds: number("HANDUP_SIMULATE_SEEDS").unwrap_or(self.seeds),
            steps: number("HANDUP_SIMULATE_STEPS").unwrap_or(self.steps),
        }
    }
}

/// Runs a seed on one thread, whose time passes only while everybody waits: what happens is the same
/// whenever it is run.
pub fn replayable<T>(life: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(life)
}

/// Runs all seeds of a plan, none of which may find a disagreement with the model.
pub fn agrees<T: Debug + Default + AddAssign + Send>(
    plan: Plan,
    simulate: impl Fn(u64) -> Result<T, Broken> + Sync,
    steps_of: impl Fn(&T) -> u64 + Sync,
) {
    match run_all(plan, simulate, steps_of) {
        Ok(tally) => println!("{plan:?}: {tally:?}"),
        Err(broken) => panic!("{broken}"),
    }
}

/// Runs seeds with a defect until one finds it, which then has to fail again in the same way.
pub fn is_found_out<T: Debug>(
    defect: impl Debug,
    within: u64,
    simulate: impl Fn(u64) -> Result<T, Broken>,
) {
    let found = (1..=within).find_map(|seed| simulate(seed).err());
    let found = found.unwrap_or_else(|| panic!("nobody has noticed {defect:?}"));
    println!("{defect:?}: {found}");
    let again = simulate(found.seed).expect_err("it fails again");
    assert_eq!(found, again, "a seed that fails replays exactly");
}

/// Runs all seeds of a plan on all processors, up to the first that fails.
fn run_all<T: Default + AddAssign + Send>(
    plan: Plan,
    simulate: impl Fn(u64) -> Result<T, Broken> + Sync,
    steps_of: impl Fn(&T) -> u64 + Sync,
) -> Result<T, Broken> {
    let bar = indicatif::ProgressBar::new(plan.seeds).with_style(
        indicatif::ProgressStyle::with_template(
            "{bar:40} {pos}/{len} seeds, {msg} steps, {elapsed} of {duration}",
        )
        .unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()),
    );
    let next = AtomicU64::new(plan.from);
    let is_over = AtomicBool::new(false);
    let sum = Mutex::new((T::default(), None::<Broken>));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= plan.from + plan.seeds {
                        break;
                    }
                    let outcome = simulate(seed);
                    let mut sum = sum.lock();
                    match outcome {
                        Ok(tally) => sum.0 += tally,
                        Err(broken) => {
                            is_over.store(true, Ordering::Relaxed);
                            sum.1.get_or_insert(broken);
                        }
                    }
                    bar.set_message(steps_of(&sum.0).to_string());
                    bar.inc(1);
                }
            });
        }
    });
    bar.finish();
    match sum.into_inner() {
        (_, Some(broken)) => Err(broken),
        (tally, None) => Ok(tally),
    }
}
