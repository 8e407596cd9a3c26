//! Several servers on one PostgreSQL, with a link before each and one from each to the database.

#![expect(
    clippy::disallowed_methods,
    reason = "the database is looked at without the server's own code"
)]

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::process::Command;

use crate::Result;
use crate::link::{Link, Target};
use crate::server::{Program, Running};

/// What the nodes know.
const SECRET: &str = "what all nodes of a run know";

/// The servers.
pub struct Cluster {
    /// Each of them.
    pub nodes: Vec<Node>,
    /// The database as it is reached past all links, with the schema of the run.
    pub database: String,
}

/// One of the servers.
pub struct Node {
    program: Program,
    running: Option<Running>,
    /// From it to the database.
    pub to_database: Link,
    /// From the other servers to it.
    pub from_others: Link,
}

impl Cluster {
    /// So many servers, which are not started yet, on a new schema of the PostgreSQL at this address. They
    /// write their logs into the folder.
    ///
    /// # Errors
    /// When there is no such program, folder or database.
    pub async fn new(nodes: usize, binary: &Path, folder: &Path, postgres: &str) -> Result<Self> {
        let database = with_schema(postgres).await?;
        let mut all = Vec::new();
        for number in 0..nodes {
            all.push(Node::new(number, binary, folder, &database).await?);
        }
        Ok(Self { nodes: all, database })
    }

    /// Starts those that do not run.
    ///
    /// # Errors
    /// When one does not start.
    pub async fn start(&mut self) -> Result<()> {
        for node in &mut self.nodes {
            if node.running.is_none() {
                node.running = Some(node.program.start().await?);
            }
        }
        Ok(())
    }

    /// Where each is reached.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| node.program.address).collect()
    }

    /// Holds back what the servers say to each other, or lets it pass.
    pub fn silence(&self, is_silent: bool) {
        self.nodes.iter().for_each(|node| node.from_others.silence(is_silent));
    }
}

impl Node {
    async fn new(number: usize, binary: &Path, folder: &Path, database: &str) -> Result<Self> {
        let mut program = Program::new(binary, folder)?;
        // The address has to be known before it is taken.
        program.address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        program.log = folder.join(format!("node-{number}.log"));
        let to_database = Link::to(target(database)?).await?;
        let from_others = Link::to(Target::Tcp(program.address)).await?;
        program.environment.extend(
            [
                ("HANDUP_DATABASE", over(database, to_database.address)?),
                ("HANDUP_NODE_ADDRESS", format!("http://{}", from_others.address)),
                ("HANDUP_NODE_SECRET", SECRET.to_owned()),
                ("HANDUP_TRUSTED_PROXIES", "127.0.0.1".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        Ok(Self { program, running: None, to_database, from_others })
    }

    /// Kills it; false when it does not run.
    ///
    /// # Errors
    /// When it has ended by itself.
    pub async fn kill(&mut self) -> Result<bool> {
        let Some(running) = self.running.take() else { return Ok(false) };
        running.kill().await?;
        Ok(true)
    }

    /// Stops it in order; false when it does not run.
    ///
    /// # Errors
    /// When it does not stop, or has ended by itself.
    pub async fn stop(&mut self) -> Result<bool> {
        let Some(running) = self.running.take() else { return Ok(false) };
        running.stop().await?;
        Ok(true)
    }

    /// Has it sleep for a while, as a machine does, and wake up.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn sleep(&self, duration: Duration) -> Result<()> {
        let id = self.running.as_ref().and_then(Running::id).ok_or("the server does not run")?;
        for (signal, duration) in [("-STOP", duration), ("-CONT", Duration::ZERO)] {
            if !Command::new("kill").arg(signal).arg(id.to_string()).status().await?.success() {
                return Err("a server cannot be put to sleep".into());
            }
            tokio::time::sleep(duration).await;
        }
        Ok(())
    }

    /// What it has written to its log, in all its lives.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn told(&self) -> Result<String> {
        Ok(std::fs::read_to_string(&self.program.log)?)
    }
}

/// Makes a schema of its own for a run, and tells the address of it.
async fn with_schema(postgres: &str) -> Result<String> {
    let name = format!("crash_{:016x}", fastrand::u64(..));
    let mut connection = PgConnection::connect(postgres).await?;
    let make = format!("CREATE SCHEMA {name}");
    sqlx::query(AssertSqlSafe(make)).execute(&mut connection).await?;
    let mark = if postgres.contains('?') { '&' } else { '?' };
    Ok(format!("{postgres}{mark}options[search_path]={name}"))
}

/// Where a database of this address is reached.
fn target(database: &str) -> Result<Target> {
    let options = PgConnectOptions::from_str(database)?;
    let (host, port) = (options.get_host(), options.get_port());
    let socket = options.get_socket().map(|folder| folder.join(format!(".s.PGSQL.{port}")));
    match socket {
        Some(socket) => Ok(Target::Unix(socket)),
        None if host == "localhost" => Ok(Target::Tcp(SocketAddr::from(([127, 0, 0, 1], port)))),
        None => Ok(Target::Tcp(SocketAddr::new(host.parse()?, port))),
    }
}

/// The address of the same database over a link.
fn over(database: &str, link: SocketAddr) -> Result<String> {
    let parts = || {
        let (scheme, rest) = database.split_once("://")?;
        let (authority, rest) = rest.split_once('/')?;
        let user = authority.rsplit_once('@').map(|(user, _)| format!("{user}@"));
        Some(format!("{scheme}://{}{link}/{rest}", user.unwrap_or_default()))
    };
    parts().ok_or_else(|| format!("{database} is no address of a database").into())
}
