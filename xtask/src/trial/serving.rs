//! A server that runs in a folder as if that were all there is, until this is dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::exec;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server.
pub struct Serving {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

/// A call of a program in a folder, by a user of this number, with this environment alone.
pub fn command(root: &Path, user: u32, program: &str, environment: &[(String, String)]) -> Command {
    let mut command = exec::command("chroot");
    command.arg(format!("--userspec={user}:{user}")).arg(root).arg(program);
    command.env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

impl Serving {
    /// Starts what serves, and reads from what it prints where it listens.
    pub fn start(command: &mut Command) -> Result<Self> {
        let shown = exec::shown(command);
        exec::say(&shown);
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{shown}`"))?;
        let printed = child.stdout.take().context("it prints")?;
        let mut address = None;
        for line in BufReader::new(printed).lines() {
            let line = line.context("cannot read what it prints")?;
            if let Some(told) = line.strip_prefix("listening on http://") {
                address = Some(told.parse().with_context(|| format!("no address: {told}"))?);
                break;
            }
        }
        let Some(address) = address else {
            let status = child.wait()?;
            bail!("`{shown}` does not listen ({status})");
        };
        Ok(Self { child, address })
    }

    /// Where this machine reaches it.
    pub fn here(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.address.port()))
    }

    /// Asks from outside whether it is ready.
    pub fn is_ready(&self) -> Result<()> {
        let mut stream = TcpStream::connect_timeout(&self.here(), PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(answer.starts_with("HTTP/1.1 200 "), "/readyz answers {answer}");
        Ok(())
    }

    /// Stops it as systemd and containers do, and waits for its end.
    pub fn stop(mut self) -> Result<()> {
        exec::run(exec::command("kill").arg(self.child.id().to_string()))?;
        let status = self.child.wait()?;
        ensure!(status.success(), "told to stop, it ends with {status}");
        Ok(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
