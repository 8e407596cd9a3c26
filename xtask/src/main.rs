//! Builds, runs and tests Handup.
//!
//! Handup is one program made of two: a server for the host, and WebAssembly
//! for the browser that the server carries inside. Cargo builds either, but
//! not the one into the other; this crate does, and it is the single door to
//! every check and test, for a developer as for CI. `cargo xtask help` lists
//! the commands.

mod browser;
mod check;
mod client_js;
mod cluster;
mod css;
mod exec;
mod fuzz;
mod graph;
mod install;
mod mutants;
mod package;
mod parts;
mod postgres;
mod programs;
mod report;
mod shrink;
mod site;
mod suite;
mod trap;
mod trial;
mod wasm;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::{Parser, Subcommand};

use crate::report::Counts;
use crate::suite::Selection;
use crate::workspace::{Profile, Workspace};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

/// The benchmarks: three of the root package, and one in a browser.
const BENCHES: [&str; 5] = ["peers", "history", "cluster", "voice", "phone"];

#[derive(Subcommand)]
enum Task {
    /// Build everything and serve it on http://127.0.0.1:3000
    Run {
        /// Serve what `build` makes, not the quick development build
        #[arg(long)]
        release: bool,
        /// Arguments for handup itself
        #[arg(last = true)]
        args: Vec<OsString>,
    },
    /// Make the release: one binary with the WASM, CSS and public files inside
    Build,
    /// Make what browsers fetch from the release, and tell what it weighs
    Weigh,
    /// Make the release's packages in `target/package`: an archive, a `.deb`, an image for containers,
    /// the bill of materials, and the checksums of all
    Package,
    /// Check formatting, lints and documentation, for the host and for WASM
    Check,
    /// Draw the module graph of each crate (`check` does too), and fail when files use each other in
    /// a circle
    Graph,
    /// Measure a class beside its peers, the history on a file with a million invitations, voices
    /// beside Janus, and the room on a slow phone
    Bench {
        /// Only this one
        #[arg(value_parser = BENCHES)]
        only: Option<String>,
        /// Arguments for the benchmark, such as `--rounds 1`
        #[arg(last = true)]
        args: Vec<OsString>,
    },
    /// Start PostgreSQL, several servers on it and nginx in front, to try them
    Cluster {
        /// The release build, not the development build
        #[arg(long)]
        release: bool,
        /// How many servers
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=16))]
        nodes: u16,
        /// Arguments for each server
        #[arg(last = true)]
        args: Vec<OsString>,
    },
    /// Kill the release server at random moments, and look from outside whether anything is lost
    Crash {
        /// Arguments for the run, such as `--kills 1000`, `--seed 7`, or `--power` for power losses
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Have members and strangers spend all that they may on the release server, and look whether
    /// anybody else notices
    Attack {
        /// Arguments for the test runner, such as the name of one attack
        #[arg(last = true)]
        args: Vec<OsString>,
    },
    /// Feed anything to whatever reads what comes from outside
    Fuzz {
        /// Only this target
        #[arg(value_parser = fuzz::TARGETS)]
        only: Option<String>,
        /// How long, for all targets together
        #[arg(long, default_value_t = 30)]
        minutes: u32,
        /// Keep what reaches more of the code in `fuzz/corpus`
        #[arg(long)]
        keep: bool,
    },
    /// Change one expression of the pure crates at a time, and fail when no test notices
    Mutants {
        /// Only what has changed since this commit, such as `main`
        #[arg(long)]
        since: Option<String>,
        /// Only these files
        files: Vec<String>,
    },
    /// Let a simulated school live through crashes, failing commits, a bad network and clocks that
    /// are set, and compare it with a model of what must be true; then another one on several nodes,
    /// which are killed, sleep and are cut off
    Simulate {
        /// Only the one on several nodes
        #[arg(long, conflicts_with = "one_server")]
        nodes: bool,
        /// Only the one on one server
        #[arg(long)]
        one_server: bool,
        /// How many seeds to run
        #[arg(long, default_value_t = 1_000)]
        seeds: u64,
        /// The first of them
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// How many steps each seed takes at least
        #[arg(long, default_value_t = 2_000)]
        steps: u64,
    },
    /// Run every check and every test, real browsers included
    Test {
        /// Try the release binary in the browsers, not the development build
        #[arg(long)]
        release: bool,
        /// Leave the browser tests out
        #[arg(long, conflicts_with = "only_browser")]
        no_browser: bool,
        /// Run the browser tests alone
        #[arg(long)]
        only_browser: bool,
        /// Make the packages around the binary, install and run them, and nothing else
        #[arg(long, conflicts_with_all = ["no_browser", "only_browser"])]
        only_packages: bool,
        /// Arguments for Playwright
        #[arg(last = true)]
        args: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match perform(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<()> {
    let workspace = Workspace::locate()?;
    match task {
        Task::Run { release, args } => {
            let server = site::build_server(&workspace, Profile::from_release(release))?;
            exec::replace(exec::command(server).args(args))
        }
        Task::Build => {
            let server = site::build_server(&workspace, Profile::Release)?;
            site::tell_sizes(&workspace, &server)
        }
        Task::Weigh => site::weigh(&workspace),
        Task::Package => package::run(&workspace),
        Task::Bench { only, args } => {
            let server = site::build_server(&workspace, Profile::Release)?;
            for bench in BENCHES {
                if only.as_deref().is_some_and(|only| only != bench) {
                    continue;
                }
                if bench == "phone" {
                    browser::bench(&workspace, &server, &args)?;
                    continue;
                }
                if bench == "peers" {
                    install::peers(&workspace.root)?;
                }
                let postgres = if bench == "cluster" {
                    Some(postgres::Postgres::start(&programs::postgres()?)?)
                } else {
                    None
                };
                let mut run = exec::cargo();
                run.args(["bench", "--package=handup", "--bench", bench, "--"])
                    .args(&args)
                    .env("HANDUP_BIN", &server)
                    .current_dir(&workspace.root);
                if let Some(postgres) = &postgres {
                    run.env("HANDUP_TEST_POSTGRES", postgres.address());
                }
                exec::run(&mut run)?;
            }
            Ok(())
        }
        Task::Cluster { release, nodes, args } => {
            cluster::run(&workspace, Profile::from_release(release), nodes, &args)
        }
        Task::Crash { args } => {
            let server = site::build_server(&workspace, Profile::Release)?;
            let crash = site::build_crash(&workspace)?;
            let is_of_nodes = |arg: &OsString| arg.to_string_lossy().starts_with("--nodes");
            let postgres = if args.iter().any(is_of_nodes) {
                Some(postgres::Postgres::start(&programs::postgres()?)?)
            } else {
                None
            };
            let mut run = exec::command(crash);
            run.args(&args).env("HANDUP_BIN", &server);
            if let Some(postgres) = &postgres {
                run.arg("--database-dies").env("HANDUP_TEST_POSTGRES", postgres.address());
            }
            exec::run(&mut run)
        }
        Task::Attack { args } => {
            let server = site::build_server(&workspace, Profile::Release)?;
            exec::run(
                exec::cargo()
                    .args(["test", "--package=crash", "--test=attacks", "--", "--ignored"])
                    // Each wants the machine for itself, and prints a line of figures.
                    .args(["--nocapture", "--test-threads=1"])
                    .args(&args)
                    .env("HANDUP_BIN", &server)
                    .env("RUST_BACKTRACE", "0")
                    .current_dir(&workspace.root),
            )
        }
        Task::Simulate { nodes, one_server, seeds, from, steps } => {
            if !nodes {
                let test = "whatever_goes_wrong_the_school_agrees_with_its_model";
                simulate(&workspace, test, [seeds, from, steps])?;
            }
            if !one_server {
                let test = "nodes::whatever_goes_wrong_among_nodes_the_log_agrees_with_its_model";
                simulate(&workspace, test, [seeds, from, steps])?;
            }
            Ok(())
        }
        Task::Check => check::run(&workspace),
        Task::Graph => graph::check(&workspace),
        Task::Fuzz { only, minutes, keep } => {
            fuzz::run(&workspace, &fuzz::Wish { only: only.as_deref(), minutes, keep })
        }
        Task::Mutants { since, files } => mutants::run(&workspace, &mutants::Wish { since, files }),
        Task::Test { release, no_browser, only_browser, only_packages, args } => suite::run(
            &workspace,
            &Selection {
                profile: Profile::from_release(release),
                rust: !only_browser && !only_packages,
                packages: !only_browser,
                browser: !no_browser && !only_packages,
                playwright_args: args,
            },
        ),
    }
}

/// Runs one of the simulations: so many seeds from one on, each for so many steps at least.
fn simulate(workspace: &Workspace, test: &str, [seeds, from, steps]: [u64; 3]) -> Result<()> {
    let test = format!("tests::simulation::{test}");
    let mut counts = Counts::default();
    exec::run_watched(
        exec::cargo()
            .args(["test", "--release", "--package=server", "--lib", "--"])
            .args(["--exact", &test, "--nocapture", "--quiet"])
            .env("HANDUP_SIMULATE_SEEDS", seeds.to_string())
            .env("HANDUP_SIMULATE_FROM", from.to_string())
            .env("HANDUP_SIMULATE_STEPS", steps.to_string())
            .env("RUST_BACKTRACE", "0")
            .current_dir(&workspace.root),
        |line| counts += Counts::of_line(line).unwrap_or_default(),
    )?;
    // The test runner is content when no test has the name.
    ensure!(counts.passed > 0, "nothing was simulated: no test is called {test}");
    Ok(())
}
