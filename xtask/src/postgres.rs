//! A PostgreSQL of its own for the tests, in a folder that goes with it: Debian's package, a Unix socket,
//! and nothing of the machine's.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::exec;
use crate::programs::Found;

/// How often it is looked whether it is up, and how many times.
const PACE: Duration = Duration::from_millis(100);
const LOOKS: u32 = 300;

/// Whom Debian's package makes to run it.
const USER: &str = "postgres";

/// A PostgreSQL that runs until this is dropped.
pub struct Postgres {
    server: Child,
    folder: TempDir,
}

impl Postgres {
    /// Starts one; `found` is its server.
    pub fn start(found: &Found) -> Result<Self> {
        let programs = found.path.parent().context("PostgreSQL lies in a folder")?;
        let folder = tempfile::tempdir().context("cannot make a folder for PostgreSQL")?;
        let user = user_to_be()?;
        if let Some((uid, gid)) = user {
            // It refuses to run as root; the user that it runs as has the folder.
            std::os::unix::fs::chown(folder.path(), Some(uid), Some(gid))
                .context("cannot give PostgreSQL its folder")?;
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
        }
        let data = folder.path().join("data");
        let command = |name: &str| {
            let mut command = Command::new(programs.join(name));
            command.current_dir(folder.path());
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            command
        };
        let mut make = command("initdb");
        make.args([
            "--username=handup",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--pgdata",
        ])
        .arg(&data)
        .stdout(Stdio::null());
        exec::run(&mut make)?;
        let log = std::fs::File::create(folder.path().join("log"))?;
        let mut serve = command("postgres");
        serve
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            // Several tests at once have several connections each.
            .args(["-c", "listen_addresses=", "-c", "max_connections=500"])
            .stdout(Stdio::null())
            .stderr(log);
        let server = serve.spawn().context("cannot start PostgreSQL")?;
        let mut started = Self { server, folder };
        started.wait_until_up(&programs.join("pg_isready"))?;
        Ok(started)
    }

    /// The address of a database of it.
    pub fn address(&self) -> String {
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://handup@{socket}/postgres")
    }

    fn wait_until_up(&mut self, is_ready: &Path) -> Result<()> {
        for _ in 0..LOOKS {
            if let Some(status) = self.server.try_wait()? {
                bail!("PostgreSQL has stopped ({status}): {}", self.log());
            }
            let mut ask = Command::new(is_ready);
            ask.arg("-q").arg("-h").arg(self.folder.path());
            if ask.status().context("cannot ask whether PostgreSQL is up")?.success() {
                return Ok(());
            }
            std::thread::sleep(PACE);
        }
        bail!("PostgreSQL does not come up: {}", self.log())
    }

    fn log(&self) -> String {
        let path: PathBuf = self.folder.path().join("log");
        std::fs::read_to_string(path).unwrap_or_default()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // At once, and in order: nobody needs what is in it.
        let asked = Command::new("kill").arg("-QUIT").arg(self.server.id().to_string()).status();
        if asked.is_err() {
            let _ = self.server.kill();
        }
        let _ = self.server.wait();
    }
}

/// Whom it is run as, where this is root: by number, the user's and the group's.
fn user_to_be() -> Result<Option<(u32, u32)>> {
    let number = |args: &[&str]| -> Result<u32> {
        let output = Command::new("id").args(args).output().context("cannot run `id`")?;
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim().parse().with_context(|| format!("there is no user {USER}"))
    };
    if number(&["-u"])? != 0 {
        return Ok(None);
    }
    Ok(Some((number(&["-u", USER])?, number(&["-g", USER])?)))
}
