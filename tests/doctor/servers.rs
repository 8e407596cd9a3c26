//! What the doctor looks at: Handup, nginx before it, and coturn.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::beside::{Running, make_certificate, program, run_nginx, until};

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}

/// A server on a file of its own.
pub struct Handup {
    running: Running,
    folder: TempDir,
    address: String,
    flags: Vec<String>,
}

impl Handup {
    pub fn start(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let child = Command::new(env!("CARGO_BIN_EXE_handup"))
            .current_dir(folder.path())
            .args(["--listen", "127.0.0.1:0"])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut running = Running(child);
        let printed = BufReader::new(running.0.stdout.take().expect("its output"));
        let address = printed
            .lines()
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("listening on http://")?.to_owned()))
            .expect("it listens");
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Self { running, folder, address, flags }
    }

    pub fn address(&self) -> String {
        self.address.clone()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn process(&self) -> u32 {
        self.running.0.id()
    }

    /// What it was started with.
    pub fn flags(&self) -> Vec<&str> {
        self.flags.iter().map(String::as_str).collect()
    }
}

/// nginx before a server, with the lines of docs/PROXY.md and some more.
pub struct Nginx {
    _running: Running,
    folder: TempDir,
}

impl Nginx {
    /// None where there is no nginx, which is said.
    pub fn start(port: u16, upstream: String, lines: &str) -> Option<Self> {
        Self::run(port, &upstream, lines, false)
    }

    /// One with a certificate for localhost that nobody knows.
    pub fn start_with_tls(port: u16, upstream: String) -> Option<Self> {
        Self::run(port, &upstream, "", true)
    }

    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    fn run(port: u16, upstream: &str, lines: &str, tls: bool) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().display();
        let mut listen = format!("listen 127.0.0.1:{port};");
        if tls {
            make_certificate(folder.path())?;
            listen = format!("listen 127.0.0.1:{port} ssl;");
            for (name, file) in [("", "cert.pem"), ("_key", "key.pem")] {
                let _ = write!(listen, "ssl_certificate{name} {place}/{file};");
            }
        }
        let site = format!(
            "server {{ {listen}
               location / {{
                 proxy_pass http://{upstream};
                 proxy_set_header Host $http_host;
                 proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                 {lines} }} }}"
        );
        let running = run_nginx(folder.path(), &site)?;
        until("nginx listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(Self { _running: running, folder })
    }
}

/// A TURN server that shares a secret.
pub struct Coturn {
    _running: Running,
    _folder: TempDir,
    port: u16,
}

impl Coturn {
    /// None where there is no coturn, which is said.
    pub fn start(secret: &str) -> Option<Self> {
        let coturn = program("TURNSERVER", &["/usr/bin/turnserver"])?;
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let child = Command::new(coturn)
            .current_dir(folder.path())
            .args(["-n", "--log-file", "stdout", "--pidfile", "pid", "--userdb", "users"])
            .args(["--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1"])
            .args(["--listening-port", &port.to_string()])
            .args(["--no-tls", "--no-dtls", "--no-cli", "--realm", "school"])
            .args(["--use-auth-secret", "--static-auth-secret", secret])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("coturn starts");
        let running = Running(child);
        until("coturn listens", || {
            TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), Duration::from_secs(1))
                .is_ok()
        });
        Some(Self { _running: running, _folder: folder, port })
    }

    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}:127.0.0.1:{}", self.port)
    }
}
