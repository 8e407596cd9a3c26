//! The programs that are run beside Handup.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take before a test gives it up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a program is: where the environment says, or at one of these paths. None where it is at none of
/// them, and nobody insists.
pub fn program(variable: &str, paths: &[&str]) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Some(path.into());
    }
    let found = paths.iter().map(PathBuf::from).find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: there is no {}; set {variable} to where it is", paths.join(", "));
    }
    found
}

/// Looks until something is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    #[expect(clippy::disallowed_methods, reason = "a test has its patience")]
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain until {what}");
        std::thread::yield_now();
    }
}

/// A process that ends with this.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Makes a certificate for localhost in a folder, and its key; none where there is no openssl.
pub fn make_certificate(folder: &Path) -> Option<()> {
    let openssl = program("OPENSSL", &["/usr/bin/openssl"])?;
    let made = Command::new(openssl)
        .current_dir(folder)
        .args(["req", "-x509", "-days", "2", "-newkey", "ec", "-nodes"])
        .args(["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(())
}

/// nginx with one site, in a folder of its own; none where there is no nginx.
pub fn run_nginx(folder: &Path, site: &str) -> Option<Running> {
    let nginx = program("NGINX", &["/usr/sbin/nginx"])?;
    let place = folder.display();
    let mut temporary = String::new();
    for what in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = write!(temporary, "{what}_temp_path {place}/{what};");
    }
    let configuration = format!(
        // One process: workers would outlive the one that is killed.
        "daemon off; master_process off; pid {place}/nginx.pid; error_log stderr;
         events {{ }}
         http {{ {temporary} access_log off; {site} }}"
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, configuration).expect("a file");
    let child = Command::new(nginx)
        .arg("-p")
        .arg(folder)
        .arg("-c")
        .arg(file)
        .args(["-e", "stderr"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("nginx starts");
    Some(Running(child))
}
