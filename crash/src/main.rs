//! Runs the server and its deaths, with a bar that shows how far it is.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use crash::Result;
use crash::run::{Outcome, Plan, Power, run};
use crash::server::shim;
use indicatif::{ProgressBar, ProgressStyle};

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
    let power = Power { shim: shim()?, disk_lies: false, disk_fails: options.faults };
    let power = (options.power || options.faults).then_some(power);
    let plan = Plan {
        binary: options.server,
        kills: options.kills,
        seed,
        folder: folder.path().into(),
        power,
    };
    let bar = ProgressBar::new(plan.kills).with_style(ProgressStyle::with_template(
        "{bar:40} {pos}/{len} kills, {msg} [{elapsed} of about {duration}]",
    )?);
    let outcome = run(&plan, |outcome: &Outcome| {
        bar.set_position(outcome.kills);
        bar.set_message(format!("{} requests answered", outcome.answered));
        if bar.is_hidden() && outcome.kills.is_multiple_of(100) {
            println!("{} kills, {} requests answered", outcome.kills, outcome.answered);
        }
    })
    .await?;
    bar.finish_and_clear();
    println!("{outcome}");
    let is_well = outcome.wrongs.is_empty();
    if !is_well {
        println!("seed {seed}; the files are in {}", folder.keep().display());
    }
    Ok(is_well)
}
