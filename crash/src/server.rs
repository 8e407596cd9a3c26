//! The server as a program of its own, which can be killed.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::Result;

/// How long the server may take to listen, or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// The shim, built beside this program.
///
/// # Errors
/// When it cannot be built.
pub fn shim() -> Result<PathBuf> {
    build()?;
    beside("libcrash_shim.so")
}

/// The server that the environment names (`HANDUP_BIN`), or the one built beside this program.
///
/// # Errors
/// When it cannot be built.
pub fn binary() -> Result<PathBuf> {
    match std::env::var_os(SERVER) {
        Some(path) => Ok(path.into()),
        None => {
            build()?;
            beside("handup")
        }
    }
}

/// Names the server to test, which whoever sets it has built, with all else that is run here.
const SERVER: &str = "HANDUP_BIN";

/// Has Cargo build what is run here, since it builds no programs of other packages for a test. Only
/// `cargo test` needs that: `cargo xtask crash` has built it.
fn build() -> Result<()> {
    static BUILT: OnceLock<std::result::Result<(), String>> = OnceLock::new();
    let (Some(cargo), None) = (std::env::var_os("CARGO"), std::env::var_os(SERVER)) else {
        return Ok(());
    };
    let built = BUILT.get_or_init(|| {
        let folder = folder().map_err(|error| error.to_string())?;
        let (Some(name), Some(target)) = (folder.file_name(), folder.parent()) else {
            return Err(format!("{} is no folder of Cargo's", folder.display()));
        };
        let profile = if name == "debug" { "dev".as_ref() } else { name };
        // With the features of the workspace, as `cargo test` has just built its crates.
        for what in [&["--workspace", "--bin=handup", "--bin=crash"][..], &["--package=crash-shim"]]
        {
            let status = std::process::Command::new(&cargo)
                .args(["build", "--manifest-path"])
                .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
                .args(what)
                .arg("--profile")
                .arg(profile)
                .arg("--target-dir")
                .arg(target)
                .status()
                .map_err(|error| format!("cannot run cargo: {error}"))?;
            if !status.success() {
                return Err(format!("`cargo build {}` failed", what.join(" ")));
            }
        }
        Ok(())
    });
    Ok(built.clone()?)
}

fn beside(name: &str) -> Result<PathBuf> {
    Ok(folder()?.join(name))
}

/// Where Cargo puts programs. A test is built in a folder of its own within that.
fn folder() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folders = own.ancestors().skip(1);
    let folder = { folders }.find(|folder| !folder.ends_with("deps")).ok_or("no folder")?;
    Ok(folder.to_owned())
}

/// How the server is started, each time on the same file and port.
#[derive(Debug, Clone)]
pub struct Program {
    /// The program.
    pub binary: PathBuf,
    /// Its database.
    pub database: PathBuf,
    /// Where it listens. The first start that succeeds puts the port here, later ones take it again.
    pub address: SocketAddr,
    /// Where the log of every start is written.
    pub log: PathBuf,
    /// More of its environment.
    pub environment: Vec<(String, String)>,
}

/// A server that runs. It is killed when this is dropped.
pub struct Running {
    child: Child,
    output: Lines<BufReader<ChildStdout>>,
    log: PathBuf,
}

impl Program {
    /// The program on a file in this folder, and on whatever port the system gives it.
    ///
    /// # Errors
    /// When there is no such program, or no such folder.
    pub fn new(binary: &Path, folder: &Path) -> Result<Self> {
        if !binary.is_file() {
            return Err(format!("there is no program {}", binary.display()).into());
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let database = folder.canonicalize()?.join("handup.sqlite3");
        let (binary, log) = (binary.to_owned(), database.with_extension("log"));
        Ok(Self { binary, database, address, log, environment: Vec::new() })
    }

    /// With the shim between it and its files.
    ///
    /// # Errors
    /// When there is no such shim.
    pub fn with_shim(mut self, shim: &Path) -> Result<Self> {
        if !shim.is_file() {
            return Err(format!("there is no shim {}", shim.display()).into());
        }
        for (name, path) in [
            ("LD_PRELOAD", shim.to_owned()),
            ("SHIM_DATABASE", self.database.clone()),
            ("SHIM_JOURNAL", self.journal()),
            ("SHIM_FAULTS", self.faults()),
        ] {
            self.environment.push((name.to_owned(), path.display().to_string()));
        }
        Ok(self)
    }

    /// Where the shim writes down what the server does to its files.
    pub fn journal(&self) -> PathBuf {
        self.database.with_extension("journal")
    }

    /// Where the shim is told what is to fail.
    pub fn faults(&self) -> PathBuf {
        self.database.with_extension("faults")
    }

    /// Starts the program and does not wait for it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(&self) -> Result<Running> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut child = Command::new(&self.binary)
            .arg("--listen")
            .arg(self.address.to_string())
            // What the environment of a run names comes before it.
            .env("HANDUP_DATABASE", &self.database)
            .env("RUST_LOG", "warn")
            .env("RUST_BACKTRACE", "1")
            .env("NO_COLOR", "1")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let output = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        Ok(Running { child, output, log: self.log.clone() })
    }

    /// Starts the program and waits until it says that it listens. A connection that is accepted
    /// would not do: another program may listen on a port that was free a moment ago.
    ///
    /// # Errors
    /// When it ends before, or never listens.
    pub async fn start(&mut self) -> Result<Running> {
        let mut running = self.spawn()?;
        let listens = tokio::time::timeout(PATIENCE, running.listens()).await;
        self.address = listens.map_err(|_| "the server does not listen")??;
        Ok(running)
    }
}

impl Running {
    /// Waits until it says where it listens.
    async fn listens(&mut self) -> Result<SocketAddr> {
        while let Some(line) = self.output.next_line().await? {
            if let Some(address) = line.strip_prefix("listening on http://") {
                return Ok(address.parse()?);
            }
        }
        let status = self.child.wait().await?;
        Err(format!("the server ended with {status}\n{}", self.told()?).into())
    }

    /// The number of its process; none when it has ended.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Kills it, as the system does when memory runs out: it does not hear of it.
    ///
    /// # Errors
    /// When there is nothing to kill.
    pub async fn kill(mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            return Err(format!("the server had ended with {status}\n{}", self.told()?).into());
        }
        self.child.kill().await?;
        Ok(())
    }

    /// Asks it to stop, and waits until it has.
    ///
    /// # Errors
    /// When it does not stop.
    pub async fn stop(mut self) -> Result<()> {
        let id = self.child.id().ok_or("the server has ended")?;
        let asked = Command::new("kill").arg(id.to_string()).status().await?;
        if !asked.success() {
            return Err("the server cannot be asked to stop".into());
        }
        let status = self.ends().await?;
        if status.success() { Ok(()) } else { Err(format!("it stops with {status}").into()) }
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ends(&mut self) -> Result<ExitStatus> {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        Ok(ended.map_err(|_| "the server does not end")??)
    }

    /// What servers on this file have written to their log.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn told(&self) -> Result<String> {
        Ok(std::fs::read_to_string(&self.log)?)
    }
}
