//! Runs the server and its deaths, with a bar that shows how far it is.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use crash::Result;
use crash::nodes::{NodesPlan, run_nodes};
use crash::run::{Outcome, Plan, Power, run};
use crash::server::shim;
use indicatif::{ProgressBar, ProgressStyle};
use tempfile::TempDir;

/// How many classes go on at once on several servers.
const CLASSES: usize = 30;

/// Kill the server at random moments, and look whether anything is lost.
#[derive(Parser)]
struct Options {
    /// How often to kill it
    #[arg(long, default_value_t = 1_000)]
    kills: u64,
    /// What the people do and how long the server lives [default: another one each time]
    #[arg(long)]
    seed: Option<u64>,
    /// Take the power away too, most times: what was not synced is lost or torn
    #[arg(long)]
    power: bool,
    /// Have the disk fail now and then as well: full, I/O errors, failed syncs
    #[arg(long)]
    faults: bool,
    /// So many servers on one PostgreSQL, of which any is killed, sleeps or stops
    #[arg(long)]
    nodes: Option<usize>,
    /// That PostgreSQL, such as `cargo xtask crash` starts
    #[arg(long, env = "HANDUP_TEST_POSTGRES", hide_env_values = true)]
    postgres: Option<String>,
    /// Nobody else needs that PostgreSQL, which is on this machine: it dies and sleeps too
    #[arg(long)]
    database_dies: bool,
    /// The server's program
    #[arg(long, env = "HANDUP_BIN")]
    server: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    match perform(Options::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn perform(options: Options) -> Result<bool> {
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}");
    let folder = tempfile::tempdir()?;
    if let Some(nodes) = options.nodes {
        let postgres = options.postgres.ok_or("--nodes needs --postgres")?;
        let plan = NodesPlan {
            binary: options.server,
            nodes: nodes.max(1),
            kills: options.kills,
            classes: CLASSES,
            seed,
            folder: folder.path().into(),
            postgres,
            database_dies: options.database_dies,
        };
        let bar = bar(plan.kills)?;
        let outcome = run_nodes(&plan, |outcome| tell(&bar, outcome)).await?;
        bar.finish_and_clear();
        return Ok(told(&outcome, seed, folder));
    }
    let power = Power { shim: shim()?, disk_lies: false, disk_fails: options.faults };
    let power = (options.power || options.faults).then_some(power);
    let plan = Plan {
        binary: options.server,
        kills: options.kills,
        seed,
        folder: folder.path().into(),
        power,
    };
    let bar = bar(plan.kills)?;
    let outcome = run(&plan, |outcome| tell(&bar, outcome)).await?;
    bar.finish_and_clear();
    Ok(told(&outcome, seed, folder))
}

fn bar(kills: u64) -> Result<ProgressBar> {
    Ok(ProgressBar::new(kills).with_style(ProgressStyle::with_template(
        "{bar:40} {pos}/{len} kills, {msg} [{elapsed} of about {duration}]",
    )?))
}

fn tell(bar: &ProgressBar, outcome: &Outcome) {
    bar.set_position(outcome.kills);
    bar.set_message(format!("{} requests answered", outcome.answered));
    if bar.is_hidden() && outcome.kills.is_multiple_of(100) {
        println!("{} kills, {} requests answered", outcome.kills, outcome.answered);
    }
}

/// Tells what a run has come to, and keeps its files where something is wrong; whether nothing is.
fn told(outcome: &Outcome, seed: u64, folder: TempDir) -> bool {
    println!("{outcome}");
    let is_well = outcome.wrongs.is_empty();
    if !is_well {
        println!("seed {seed}; the files are in {}", folder.keep().display());
    }
    is_well
}
