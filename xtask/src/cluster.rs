//! Several servers to try: PostgreSQL, nodes, and nginx in front, in a folder that goes with them.

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::exec::{self, say};
use crate::postgres::Postgres;
use crate::programs::{self, Found};
use crate::site;
use crate::workspace::{Profile, Workspace};

/// What the nodes of a trial know.
const SECRET: &str = "the secret of a trial, known to all";
/// How long a node may take to begin, in looks.
const LOOKS: u32 = 200;
const PACE: Duration = Duration::from_millis(50);

/// A program that ends with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts PostgreSQL, so many nodes and nginx, and waits until somebody stops them.
pub fn run(workspace: &Workspace, profile: Profile, nodes: u16, args: &[OsString]) -> Result<()> {
    let server = site::build_server(workspace, profile)?;
    let postgres = Postgres::start(&programs::postgres()?)?;
    let nginx = programs::nginx()?;
    let folder = tempfile::tempdir().context("cannot make a folder")?;
    let mut ports = Vec::new();
    let mut running = Vec::new();
    for _ in 0..nodes {
        let port = free_port()?;
        let node = exec::command(&server)
            .arg("--listen")
            .arg(format!("127.0.0.1:{port}"))
            .args(["--trusted-proxy", "127.0.0.1"])
            .args(args)
            .env("HANDUP_DATABASE", postgres.address())
            .env("HANDUP_NODE_ADDRESS", format!("http://127.0.0.1:{port}"))
            .env("HANDUP_NODE_SECRET", SECRET)
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start a node")?;
        let mut node = Running(node);
        wait_for(port, &mut node)?;
        say(format_args!(
            "node {} (process {}) at http://127.0.0.1:{port}",
            ports.len() + 1,
            node.0.id()
        ));
        ports.push(port);
        running.push(node);
    }
    let port = free_port()?;
    let mut front = Running(start_nginx(&nginx, folder.path(), port, &ports)?);
    wait_for(port, &mut front)?;
    say(format_args!(
        "nginx at http://127.0.0.1:{port}; a node may be killed and the rest goes on"
    ));
    say("ctrl-c stops all of it");
    front.0.wait().context("cannot wait for nginx")?;
    Ok(())
}

/// The front: a class always goes to the same node.
fn start_nginx(nginx: &Found, folder: &Path, port: u16, nodes: &[u16]) -> Result<Child> {
    let nodes: String = nodes
        .iter()
        .map(|node| format!("        server 127.0.0.1:{node} max_fails=1 fail_timeout=2s;\n"))
        .collect();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("    {kind}_temp_path {}/{kind};\n", folder.display()));
    let configuration = format!(
        "daemon off;\npid {folder}/pid;\nerror_log stderr;\nuser root;\nevents {{ worker_connections 4096; }}\n\
         http {{\n    access_log off;\n{temporary}\
         \x20   map $uri $class {{\n\
         \x20       ~^/(?:class|api/v1/groups)/(?<group>[^/]+) $group;\n\
         \x20       default $remote_addr;\n    }}\n\
         \x20   upstream nodes {{\n        hash $class consistent;\n{nodes}        keepalive 64;\n    }}\n\
         \x20   server {{\n        listen 127.0.0.1:{port};\n        location / {{\n\
         \x20           proxy_pass http://nodes;\n            proxy_http_version 1.1;\n\
         \x20           proxy_set_header Connection \"\";\n            proxy_set_header Host $http_host;\n\
         \x20           proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n        }}\n    }}\n}}\n",
        folder = folder.display(),
        temporary = temporary.concat(),
    );
    let path = folder.join("nginx.conf");
    exec::write_file(&path, configuration)?;
    exec::command(&nginx.path)
        .arg("-e")
        .arg("stderr")
        .arg("-c")
        .arg(&path)
        .spawn()
        .context("cannot start nginx")
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot find a port")?;
    Ok(listener.local_addr()?.port())
}

fn wait_for(port: u16, program: &mut Running) -> Result<()> {
    for _ in 0..LOOKS {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(());
        }
        if let Some(status) = program.0.try_wait()? {
            bail!("a program of the cluster has stopped: {status}");
        }
        std::thread::sleep(PACE);
    }
    bail!("nothing listens on port {port}")
}
