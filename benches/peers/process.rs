//! A server under measurement: started, asked what it uses, and stopped.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::Result;

pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// Lines on standard error that tell of a commit.
    commits: Arc<AtomicU64>,
    /// From being started until it accepted a connection.
    pub started_in: Duration,
}

impl Drop for Server {
    fn drop(&mut self) {
        for pid in descendants(self.child.id()) {
            // The workers of nginx end with their master, but not at once.
            let _ =
                Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status();
        }
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Starts a program that will listen on the port. When `says` is given, the program has to say it
/// on either output before it listens.
pub fn start(mut command: Command, port: u16, folder: &Path, says: Option<&str>) -> Result<Server> {
    let began = Instant::now();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut child = command
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .stdin(Stdio::null())
        .spawn()?;
    let commits = Arc::new(AtomicU64::new(0));
    let (said, hears) = std::sync::mpsc::channel();
    let out = child.stdout.take().ok_or("no output")?;
    let err = child.stderr.take().ok_or("no errors")?;
    let words = says.unwrap_or_default().to_owned();
    let listen = {
        let (words, said) = (words.clone(), said.clone());
        move |line: &str| {
            if !words.is_empty() && line.contains(&words) {
                let _ = said.send(());
            }
        }
    };
    let count = Arc::clone(&commits);
    let listen_too = listen.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(err).lines().map_while(std::io::Result::ok) {
            if line.contains(" committed ") {
                count.fetch_add(1, Ordering::Relaxed);
            } else {
                listen(&line);
                if line.contains("ERROR") || line.contains("error") {
                    eprintln!("{line}");
                }
            }
        }
    });
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(std::io::Result::ok) {
            listen_too(&line);
        }
    });
    let until = began + Duration::from_secs(60);
    while TcpStream::connect(address).is_err() {
        if let Some(status) = child.try_wait()? {
            return Err(format!("{command:?} ended with {status}").into());
        }
        if Instant::now() > until {
            return Err(format!("{command:?} does not listen").into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let started_in = began.elapsed();
    if says.is_some() {
        hears
            .recv_timeout(Duration::from_secs(10))
            .map_err(|_| format!("{command:?} does not say {words:?}"))?;
    }
    Ok(Server { child, address, commits, started_in })
}

/// What a server has used so far.
#[derive(Clone, Copy)]
pub struct Use {
    pub cpu: Duration,
    pub commits: u64,
    /// Calls of `read` and `pread`, which is how SQLite reads; sockets are read by `recv`.
    pub reads: u64,
}

impl Server {
    /// The number of its process.
    #[allow(dead_code, reason = "one of two benchmarks asks for it")]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    pub fn used(&self) -> Use {
        let pids = descendants(self.child.id());
        Use {
            cpu: pids.iter().map(|pid| cpu_of(*pid)).sum(),
            commits: self.commits.load(Ordering::Relaxed),
            reads: pids.iter().map(|pid| field(&format!("/proc/{pid}/io"), "syscr:")).sum(),
        }
    }

    /// Asks it to stop; tells how long it took until it had ended.
    pub fn stop(mut self) -> Result<Duration> {
        let began = Instant::now();
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        let status = self.child.wait()?;
        if !status.success() {
            return Err(format!("it stopped with {status}").into());
        }
        Ok(began.elapsed())
    }

    /// The memory it holds, in bytes; what several processes share counts once.
    pub fn memory(&self) -> u64 {
        let pids = descendants(self.child.id());
        pids.iter().map(|pid| field(&format!("/proc/{pid}/smaps_rollup"), "Pss:") * 1_024).sum()
    }
}

/// Uses half of the memory that is free, and gives it back. A virtual machine may have returned it to
/// its host; then whoever uses it first waits for each page, which is to be nobody who is measured.
pub fn warm_memory() {
    let bytes = field("/proc/meminfo", "MemAvailable:") * 1_024 / 2;
    let mut memory = vec![0_u8; usize::try_from(bytes).unwrap_or_default()];
    memory.chunks_mut(4_096).for_each(|page| page[0] = 1);
    std::hint::black_box(&memory);
}

fn field(path: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    value.and_then(|value| value.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// The time a process's threads have run, to the nanosecond.
pub fn cpu_of(pid: u32) -> Duration {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Duration::ZERO };
    let nanos = tasks.flatten().filter_map(|task| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

fn descendants(pid: u32) -> Vec<u32> {
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(pid) = found.get(next).copied() {
        let path = format!("/proc/{pid}/task/{pid}/children");
        let children = std::fs::read_to_string(path).unwrap_or_default();
        found.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        next += 1;
    }
    found
}
