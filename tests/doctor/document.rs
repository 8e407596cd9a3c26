//! The lines of docs/PROXY.md, run as they stand there but for the names and places of this machine.

use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::beside::{Running, make_certificate, program, run_nginx, until};

/// A proxy of which the document has lines.
#[derive(Debug, Clone, Copy)]
pub enum Proxy {
    Nginx,
    Caddy,
}

/// One that runs.
pub struct Proxying {
    _running: Running,
    folder: TempDir,
}

/// The lines that stand below a heading of the document.
pub fn lines_for(proxy: Proxy) -> String {
    let document = include_str!("../../docs/PROXY.md");
    let heading = match proxy {
        Proxy::Nginx => "\n## nginx\n",
        Proxy::Caddy => "\n## Caddy\n",
    };
    let (_, below) = document.split_once(heading).expect("the heading");
    let (below, _) = below.split_once("\n## ").expect("the next heading");
    let lines = below.lines().filter_map(|line| line.strip_prefix("    "));
    lines.collect::<Vec<_>>().join("\n")
}

/// The text with something in the place of what stands there.
fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "no {from} in\n{text}");
    text.replace(from, to)
}

impl Proxy {
    /// Runs it by these lines before a server, by https for localhost; none where it is not installed.
    pub fn start(self, lines: &str, port: u16, upstream: &str) -> Option<Proxying> {
        let folder = tempfile::tempdir().expect("a folder");
        make_certificate(folder.path())?;
        let place = folder.path().display();
        let lines = with(lines, "127.0.0.1:3000", upstream);
        let running = match self {
            Self::Nginx => {
                let lines = with(&lines, "listen 443 ssl", &format!("listen 127.0.0.1:{port} ssl"));
                let lines = with(&lines, "/etc/ssl/class.example.org", &place.to_string());
                let site = with(&lines, "server_name class.example.org", "server_name localhost");
                run_nginx(folder.path(), &site)?
            }
            Self::Caddy => {
                let caddy = program("CADDY", &["/usr/bin/caddy"])?;
                let named = format!(
                    "localhost:{port} {{\n    tls {place}/cert.pem {place}/key.pem\n    bind 127.0.0.1"
                );
                let lines = with(&lines, "class.example.org {", &named);
                let file = folder.path().join("Caddyfile");
                // Several may run on this machine, and each has a port of its own for its administration.
                let global = "{\n    admin off\n";
                let lines = format!("{global}{}", lines.strip_prefix("{\n").expect("its options"));
                std::fs::write(&file, lines).expect("a file");
                let child = Command::new(caddy)
                    .args(["run", "--adapter", "caddyfile", "--config"])
                    .arg(file)
                    .env("HOME", folder.path())
                    .env("XDG_CONFIG_HOME", folder.path())
                    .env("XDG_DATA_HOME", folder.path())
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .expect("Caddy starts");
                Running(child)
            }
        };
        until(&format!("{self:?} listens"), || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(Proxying { _running: running, folder })
    }
}

impl Proxying {
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }
}
