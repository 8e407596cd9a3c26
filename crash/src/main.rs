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
    let power = if options.power { Some(Power { shim: shim()?, disk_lies: false }) } else { None };
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
