//! What is the same in all packages of one release: its version, for which machine it is, and its moment.

use anyhow::{Context, Result, bail};

use crate::exec;
use crate::workspace::Workspace;

/// One release.
pub struct Release {
    /// The version of every crate of the workspace.
    pub version: &'static str,
    /// The machine as Rust and the kernel name it, such as `x86_64`.
    pub machine: &'static str,
    /// The machine as Debian and images name it, such as `amd64`.
    pub architecture: &'static str,
    /// The moment that stands in all packages, in seconds since 1970.
    pub epoch: u64,
}

/// How much time to spend on making packages small.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// As much as it takes: they are downloaded.
    Release,
    /// Little: they are tried once.
    Trial,
}

impl Release {
    /// The release that this checkout is. Its moment is `SOURCE_DATE_EPOCH`, or that of the last commit: the
    /// same sources give the same packages.
    pub fn of(workspace: &Workspace) -> Result<Self> {
        let machine = std::env::consts::ARCH;
        let architecture = match machine {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => bail!("packages are made on x86_64 and aarch64, and this is {other}"),
        };
        let epoch = match std::env::var("SOURCE_DATE_EPOCH") {
            Ok(told) => told.parse().with_context(|| {
                format!("SOURCE_DATE_EPOCH is no number of seconds since 1970: {told}")
            })?,
            Err(_) => {
                let git = &mut exec::command("git");
                git.args(["log", "-1", "--format=%ct"]).current_dir(&workspace.root);
                let told = exec::read(git).context(
                    "git does not tell the moment of the last commit: set SOURCE_DATE_EPOCH to the \
                     seconds since 1970 that packages are to bear",
                )?;
                told.trim().parse().context("git tells no moment")?
            }
        };
        Ok(Self { version: env!("CARGO_PKG_VERSION"), machine, architecture, epoch })
    }

    /// Its moment in UTC, in a form of `date`'s.
    pub fn date(&self, form: &str) -> Result<String> {
        let mut date = exec::command("date");
        date.args(["--utc", "--date", &format!("@{}", self.epoch), form]).env("LC_ALL", "C");
        Ok(exec::read(&mut date)?.trim().to_owned())
    }
}
