//! Those who want to hold up everybody else, each with a thread of their own, until they are told to
//! stop. They are paced: what their own work takes from the two cores is not the server's doing.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;

use crate::class::Credential;
use crate::client::request;

/// What the attackers were told, by the first digit of the status, and how often they were cut off.
#[derive(Default)]
pub struct Told {
    pub accepted: AtomicU64,
    pub refused: AtomicU64,
    pub cut_off: AtomicU64,
}

pub struct Attack {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    pub told: Arc<Told>,
}

/// Somebody who sends the same request again and again on connections that are kept open.
fn repeat(
    address: SocketAddr,
    bytes: Vec<u8>,
    per_second: u32,
    stop: &Arc<AtomicBool>,
    told: &Arc<Told>,
) -> JoinHandle<()> {
    let (stop, told) = (Arc::clone(stop), Arc::clone(told));
    std::thread::spawn(move || {
        let mut connection: Option<TcpStream> = None;
        while !stop.load(Ordering::Relaxed) {
            let status =
                connection.take().or_else(|| connect(address)).and_then(|open| ask(open, &bytes));
            match status {
                Some((open, status)) => {
                    let count = if status < 400 { &told.accepted } else { &told.refused };
                    count.fetch_add(1, Ordering::Relaxed);
                    connection = open;
                }
                None => {
                    told.cut_off.fetch_add(1, Ordering::Relaxed);
                }
            }
            std::thread::sleep(Duration::from_secs(1) / per_second);
        }
    })
}

fn connect(address: SocketAddr) -> Option<TcpStream> {
    let open = TcpStream::connect(address).ok()?;
    open.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    open.set_write_timeout(Some(Duration::from_secs(5))).ok()?;
    Some(open)
}

/// The status of an answer, and the connection as long as the answer was short: then it came whole.
fn ask(mut open: TcpStream, bytes: &[u8]) -> Option<(Option<TcpStream>, u16)> {
    // The answer may come, and the connection end, before everything was sent.
    let _ = open.write_all(bytes);
    let mut answer = [0; 4_096];
    let read = open.read(&mut answer).ok().filter(|read| *read > 12)?;
    let status = std::str::from_utf8(&answer[9..12]).ok()?.parse().ok()?;
    Some(((read < answer.len()).then_some(open), status))
}

/// Connections on which nothing goes on as it should, all from one thread.
fn hold(
    address: SocketAddr,
    count: usize,
    first: Vec<u8>,
    then: &'static [u8],
    stop: &Arc<AtomicBool>,
    told: &Arc<Told>,
) -> JoinHandle<()> {
    let (stop, told) = (Arc::clone(stop), Arc::clone(told));
    std::thread::spawn(move || {
        let mut held: Vec<TcpStream> = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            while held.len() < count {
                let Some(mut open) = connect(address) else { break };
                let _ = open.write_all(&first);
                held.push(open);
            }
            std::thread::sleep(Duration::from_millis(500));
            let before = held.len();
            held.retain_mut(|open| then.is_empty() || open.write_all(then).is_ok());
            told.cut_off.fetch_add((before - held.len()) as u64, Ordering::Relaxed);
        }
    })
}

impl Attack {
    /// Begins: `insider` is a student, and `teacher` a teacher, of a class that is watched too;
    /// `crowd` teaches a class of the attackers' own, of two thousand.
    pub fn begin(
        address: SocketAddr,
        teacher: &Credential,
        insider: &Credential,
        crowd: &Credential,
    ) -> Self {
        let (stop, told) = (Arc::default(), Arc::default());
        let text = |value: serde_json::Value| Some(value.to_string());
        let long = "🙋".repeat(3_000);
        let wrong = text(json!({ "joinCode": "AAAAAA", "name": "Mallory" }));
        let right = text(json!({ "joinCode": teacher.code, "name": "Mallory" }));
        let cookie = format!(
            "GET /healthz HTTP/1.1\r\nhost: a\r\ncookie: handup={}\r\n\r\n",
            "a".repeat(1_000_000)
        );
        // All that looking at a class may cost, by whoever teaches it.
        let look = |path: &str| {
            let Credential { group, token, .. } = crowd;
            format!(
                "GET /class/{group}{path} HTTP/1.1\r\nhost: a\r\ncookie: handup={token}\r\n\r\n"
            )
            .into_bytes()
        };
        let again = |bytes, per_second| repeat(address, bytes, per_second, &stop, &told);
        let held = |count, first, then| hold(address, count, first, then, &stop, &told);
        let threads = vec![
            again(request("POST", "/api/v1/join", None, wrong.as_deref()), 200),
            again(request("POST", "/api/v1/join", None, right.as_deref()), 50),
            // What the rules refuse, and what they do not.
            again(
                insider.request(
                    "POST",
                    "/inviteInGroup",
                    Some(&json!({ "inviteeList": "*", "data": "", "timeout": 0 })),
                ),
                400,
            ),
            again(teacher.request("PATCH", "", Some(&json!({ "name": "Biology" }))), 100),
            again(
                teacher.request(
                    "POST",
                    "/inviteInGroup",
                    Some(&json!({ "inviteeList": "*", "data": long, "timeout": 1 })),
                ),
                10,
            ),
            again(cookie.into_bytes(), 10),
            // Pages, the history, a snapshot and a file of a large class.
            again(look(""), 200),
            again(look("/history"), 200),
            again(look("/history/export.csv"), 50),
            again(crowd.request("GET", "", None), 200),
            // A page that is none, and links for other devices.
            again(look("/nothing"), 100),
            again(crowd.request("POST", "/handover", None), 100),
            // Headers without an end, a byte at a time.
            held(500, b"GET /healthz HTTP/1.1\r\nhost: a\r\nx: ".to_vec(), b"a"),
            // More streams than a member may have, of which none is read.
            held(50, insider.request("GET", "/events", None), b""),
            // Connections on which nothing is asked.
            held(1_000, Vec::new(), b""),
        ];
        Self { stop, threads, told }
    }

    pub fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            let _ = thread.join();
        }
    }
}
