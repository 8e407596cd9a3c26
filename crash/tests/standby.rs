//! A standby of PostgreSQL that takes the place of the first one, which is gone for good. A synchronous one has
//! everything that was answered; where an asynchronous one lacks the end, pages are told what there is.

#![expect(
    clippy::disallowed_methods,
    reason = "the databases are set up without the server's own code"
)]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crash::cluster::Cluster;
use crash::link::Target;
use crash::server::binary;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use self::support::Lesson;

/// The ports by which the sockets of the two are named.
const FIRST: u16 = 5_501;
const STANDBY: u16 = 5_502;

/// Two PostgreSQLs in a folder, the second following the first.
struct Pair {
    programs: PathBuf,
    folder: tempfile::TempDir,
    running: Vec<(u16, Child)>,
}

impl Pair {
    /// Without the program of a PostgreSQL there is none; `cargo xtask test` names Debian's.
    async fn start() -> Option<Self> {
        let program = PathBuf::from(std::env::var_os("HANDUP_TEST_POSTGRES_PROGRAM")?);
        let folder = tempfile::tempdir().expect("a folder");
        let mut pair = Self {
            programs: program.parent().expect("a folder").to_owned(),
            folder,
            running: Vec::new(),
        };
        if is_root() {
            // PostgreSQL refuses to run as root.
            let path = pair.folder.path();
            assert!(done(Command::new("chown").arg("postgres").arg(path)), "a folder of its own");
        }
        let first = pair.folder.path().join(FIRST.to_string());
        pair.run(
            "initdb",
            &["-U", "handup", "--auth=trust", "-E", "UTF8", "--locale=C", "-D"],
            &first,
        );
        pair.serve(FIRST).await;
        let (host, port) = (pair.folder.path().display().to_string(), FIRST.to_string());
        let standby = pair.folder.path().join(STANDBY.to_string());
        let follows = ["-U", "handup", "-h", &host, "-p", &port, "-c", "fast", "-R", "-D"];
        pair.run("pg_basebackup", &follows, &standby);
        pair.serve(STANDBY).await;
        Some(pair)
    }

    fn command(&self, program: &str) -> Command {
        let path = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    fn run(&self, program: &str, args: &[&str], data: &Path) {
        let mut command = self.command(program);
        assert!(done(command.args(args).arg(data).stderr(Stdio::null())), "{program} fails");
    }

    async fn serve(&mut self, port: u16) {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.folder.path().join(port.to_string()));
        command.arg("-k").arg(self.folder.path());
        command.args(["-c", "listen_addresses=", "-c", &format!("port={port}")]);
        let child = command.stderr(Stdio::null()).spawn().expect("PostgreSQL");
        self.running.push((port, child));
        for _ in 0..600 {
            if PgConnection::connect(&self.address(port)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("PostgreSQL does not come up on {port}");
    }

    fn address(&self, port: u16) -> String {
        let folder = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://handup@{folder}:{port}/postgres")
    }

    async fn says(&self, port: u16, statements: &[&str]) {
        let mut connection =
            PgConnection::connect(&self.address(port)).await.expect("a connection");
        for statement in statements {
            let said = sqlx::query(AssertSqlSafe(*statement)).execute(&mut connection).await;
            said.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
    }

    /// Waits until this is so.
    async fn comes_to(&self, port: u16, question: &str) {
        let mut connection =
            PgConnection::connect(&self.address(port)).await.expect("a connection");
        for _ in 0..600 {
            let asked = sqlx::query_scalar(AssertSqlSafe(question)).fetch_one(&mut connection);
            if asked.await.expect("an answer") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it never comes to {question}");
    }

    /// The first is gone for good, and the standby takes its place, for all servers.
    async fn fails_over(&mut self, cluster: &Cluster) {
        // The first process is the one by whose end all others end.
        let file = self.folder.path().join(FIRST.to_string()).join("postmaster.pid");
        let file = std::fs::read_to_string(file).expect("its process");
        let process = file.lines().next().expect("a number");
        assert!(done(Command::new("kill").args(["-KILL", process])), "it is killed");
        self.says(STANDBY, &["SELECT pg_promote()"]).await;
        let socket = self.folder.path().join(format!(".s.PGSQL.{STANDBY}"));
        for node in &cluster.nodes {
            node.to_database.lead_to(Target::Unix(socket.clone()));
        }
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        for (port, child) in &mut self.running {
            let file = self.folder.path().join(port.to_string()).join("postmaster.pid");
            if let Ok(file) = std::fs::read_to_string(file)
                && let Some(process) = file.lines().next()
            {
                done(Command::new("kill").args(["-QUIT", process]).stderr(Stdio::null()));
            }
            drop(child.wait());
        }
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id");
    id.stdout.trim_ascii() == b"0"
}

fn done(command: &mut Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}

/// Two servers on the first of a pair, and a class.
async fn school(pair: &Pair) -> (Cluster, Lesson, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let binary = binary().expect("the server");
    let cluster = Cluster::new(2, &binary, folder.path(), &pair.address(FIRST)).await;
    let mut cluster = cluster.expect("a cluster");
    cluster.start().await.expect("servers");
    let lesson = Lesson::on(&cluster.addresses()).await;
    (cluster, lesson, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_synchronous_standby_that_takes_over_has_everything_that_was_answered() {
    let Some(mut pair) = Pair::start().await else { return };
    let synchronous =
        ["ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"];
    pair.says(FIRST, &synchronous).await;
    pair.comes_to(
        FIRST,
        "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')",
    )
    .await;
    let (cluster, lesson, _folder) = school(&pair).await;
    let mut asked = Vec::new();
    for number in 0..40 {
        let data = format!("ask {number}");
        lesson.asks(number % 2, &data).await;
        asked.push(data);
    }
    pair.fails_over(&cluster).await;
    for node in [0, 1] {
        let data = format!("afterwards {node}");
        lesson.asks(node, &data).await;
        asked.push(data);
    }
    for node in [0, 1] {
        assert_eq!(lesson.log(node).await, asked);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_asynchronous_standby_lacks_is_told_with_a_snapshot() {
    let Some(mut pair) = Pair::start().await else { return };
    let (cluster, lesson, _folder) = school(&pair).await;
    lesson.asks(0, "before").await;
    pair.comes_to(
        FIRST,
        "SELECT bool_and(replay_lsn = pg_current_wal_lsn()) FROM pg_stat_replication",
    )
    .await;
    // From here on the standby gets nothing.
    let alone = ["ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()"];
    pair.says(STANDBY, &alone).await;
    pair.comes_to(FIRST, "SELECT NOT EXISTS (SELECT FROM pg_stat_replication)").await;
    for number in 0..3 {
        lesson.asks(0, &format!("lost {number}")).await;
    }
    let seen = lesson.last(0).await;
    pair.fails_over(&cluster).await;
    for (node, data) in ["after", "later"].into_iter().enumerate() {
        lesson.asks(node, data).await;
    }
    for node in [0, 1] {
        assert_eq!(lesson.log(node).await, ["before", "after", "later"]);
        // Whoever had seen what is lost is told what there is.
        let stream = lesson.clients[node].stream(&lesson.teacher, seen).await;
        let first = stream.expect("a stream").next().await.expect("an event").expect("an event");
        assert_eq!(first.name, "snapshot", "{first:?}");
    }
}
