//! A class on one of the servers: how its pages are opened and what they are sent.
//!
//! Whoever joins and sends here is measured, on the same raw lines as with every peer; so this does not
//! go by `client/`, which would bring connections, keys and repetitions of its own.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use signaling::Name;
use signaling::wire::{self, CreateGroup, Join};

use crate::client::{Board, Client, HAND, Line, frame, mark, request};
use crate::process::{self, Server};
use crate::{Result, millis};

/// What is measured, and what beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    Handup,
    /// Handup, whose pages do not ask for tables of events.
    HandupEach,
    /// Handup, where students are told no names of each other.
    HandupHiding,
    /// Handup, whose metrics are read every second.
    HandupMeasured,
    Floor,
    Nchan,
    SocketIo,
    SseEach,
    SseBatched,
}

impl Peer {
    pub const ALL: [Self; 9] = [
        Self::Handup,
        Self::HandupEach,
        Self::HandupHiding,
        Self::HandupMeasured,
        Self::Floor,
        Self::Nchan,
        Self::SocketIo,
        Self::SseEach,
        Self::SseBatched,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Handup => "Handup",
            Self::HandupEach => "Handup, each event by itself",
            Self::HandupHiding => "Handup, names hidden",
            Self::HandupMeasured => "Handup, with metrics",
            Self::Floor => "the floor: no server at all",
            Self::Nchan => "nginx + nchan, not durable",
            Self::SocketIo => "Socket.IO + better-sqlite3",
            Self::SseEach => "better-sse + better-sqlite3",
            Self::SseBatched => "better-sse + better-sqlite3, batched",
        }
    }

    /// Whether it is Handup, however it is run.
    pub const fn is_handup(self) -> bool {
        matches!(self, Self::Handup | Self::HandupEach | Self::HandupHiding | Self::HandupMeasured)
    }

    /// Starts the server in an empty folder.
    pub fn start(self, places: &Places, folder: &Path) -> Result<Server> {
        let port = process::free_port()?;
        self.start_on(port, places, folder)
    }

    /// Starts the server on what the folder holds.
    pub fn start_on(self, port: u16, places: &Places, folder: &Path) -> Result<Server> {
        let node = |script: &str, argument: &str| {
            let mut command = Command::new("node");
            command.arg(places.peers.join(script)).arg(folder.join("log.sqlite3"));
            command.args([&port.to_string(), argument]);
            command
        };
        // Both SQLite peers and Handup say what they asked SQLite itself.
        let durable = Some("journal_mode=wal synchronous=2");
        match self {
            Self::Handup | Self::HandupEach | Self::HandupHiding | Self::HandupMeasured => {
                let mut command = Command::new(&places.handup);
                command.arg("--listen").arg(format!("127.0.0.1:{port}"));
                command.arg("--database").arg(folder.join("log.sqlite3"));
                // All connections of a school are opened before the first of them asks for anything.
                command.args(["--header-timeout", "600"]);
                command.env("RUST_LOG", "warn,server::store=info,server::writer=debug");
                command.env("NO_COLOR", "1");
                if self != Self::HandupMeasured {
                    return process::start(command, port, folder, durable);
                }
                let metrics = format!("127.0.0.1:{}", process::free_port()?);
                command.args(["--metrics-listen", &metrics]);
                let server = process::start(command, port, folder, durable)?;
                std::thread::spawn(move || while read_metrics(&metrics).is_ok() {});
                Ok(server)
            }
            Self::Floor => {
                let mut command = Command::new(std::env::current_exe()?);
                command.args(["--floor", &port.to_string()]);
                process::start(command, port, folder, None)
            }
            Self::Nchan => {
                let conf = std::fs::read_to_string(places.peers.join("nginx.conf"))?;
                let file = folder.join("nginx.conf");
                std::fs::write(&file, conf.replace("PORT", &port.to_string()))?;
                // As root nginx gives its workers to another user, who cannot come by the folder.
                let mut command = Command::new("nginx");
                command.arg("-p").arg(folder).arg("-c").arg(&file);
                if std::fs::metadata("/proc/self").is_ok_and(|meta| owner(&meta) == 0) {
                    command.args(["-g", "user root;"]);
                }
                command.env("PATH", format!("{}:/usr/sbin", env_path()));
                process::start(command, port, folder, None)
            }
            Self::SocketIo => process::start(node("socketio.js", ""), port, folder, durable),
            Self::SseEach => process::start(node("sse.js", "each"), port, folder, durable),
            Self::SseBatched => process::start(node("sse.js", "batched"), port, folder, durable),
        }
    }
}

/// Reads the metrics as Prometheus does, and waits a second.
fn read_metrics(address: &str) -> std::io::Result<()> {
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: handup\r\nConnection: close\r\n\r\n")?;
    let mut told = String::new();
    stream.read_to_string(&mut told)?;
    std::thread::sleep(Duration::from_secs(1));
    Ok(())
}

fn owner(meta: &std::fs::Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::uid(meta)
}

fn env_path() -> String {
    std::env::var("PATH").unwrap_or_default()
}

/// Where things are.
pub struct Places {
    pub handup: PathBuf,
    pub peers: PathBuf,
    /// On the disk whose syncing is measured.
    pub scratch: PathBuf,
}

/// A member of a class of Handup.
pub struct Credential {
    pub group: String,
    pub token: String,
    pub code: String,
}

impl Credential {
    fn of(body: &[u8]) -> Result<Self> {
        let wire::Credential { group_id, token, join_code, .. } = serde_json::from_slice(body)
            .map_err(|_| format!("no credential: {}", String::from_utf8_lossy(body)))?;
        Ok(Self { group: group_id.to_string(), token, code: join_code.unwrap_or_default() })
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/groups/{}{rest}", self.group)
    }

    /// A request of this member to a place in their class.
    pub fn request(&self, method: &str, rest: &str, body: Option<&Value>) -> Vec<u8> {
        let body = body.map(Value::to_string);
        request(method, &self.path(rest), Some(&self.token), body.as_deref())
    }

    /// What this member's page asks for to go on after an event (`app/src/room/tabs.js`).
    pub fn page(&self, seen: u64) -> Vec<u8> {
        self.request("GET", &format!("/events?after={seen}&events=tables"), None)
    }
}

/// Begins a class of Handup.
pub fn begin(client: &mut Client, line: Line) -> Result<Credential> {
    let body =
        CreateGroup { name: Name::new("Biology")?, teacher: Name::new("Ada")?, teacher_id: None };
    let body = serde_json::to_string(&body)?;
    Credential::of(&client.ask(line, &request("POST", "/api/v1/groups", None, Some(&body)))?)
}

/// The last event of a class of Handup.
pub fn snapshot_seq(client: &mut Client, line: Line, member: &Credential) -> Result<u64> {
    let body = client.ask(line, &member.request("GET", "", None))?;
    let snapshot: Value = serde_json::from_slice(&body)?;
    Ok(snapshot["seq"].as_u64().unwrap_or_default())
}

/// Joins a class of Handup, all at once, each on a line of their own; tells how long it took until
/// the last was answered.
pub fn join(
    client: &mut Client,
    teacher: &Credential,
    lines: &[Line],
) -> Result<(Vec<Credential>, Duration)> {
    client.start();
    let began = Instant::now();
    for (number, line) in lines.iter().enumerate() {
        let name = Name::new(&format!("Student {number}"))?;
        let body = serde_json::to_string(&Join { join_code: teacher.code.clone(), name })?;
        client.send(*line, &request("POST", "/api/v1/join", None, Some(&body)))?;
    }
    client.wait("all have joined", |board| board.answers.len() == lines.len())?;
    let took = began.elapsed();
    let students = lines.iter().map(|line| Credential::of(client.body(*line)));
    Ok((students.collect::<Result<_>>()?, took))
}

/// A class whose pages are open.
pub struct Class {
    peer: Peer,
    /// The pages, one for each student.
    pub pages: Vec<Line>,
    /// On which each student sends.
    lines: Vec<Line>,
    teacher_line: Line,
    teacher: Option<Credential>,
    students: Vec<Credential>,
    /// How long it took until everybody had joined, where one joins.
    pub joined_in: Option<Duration>,
}

/// What a storm came to.
pub struct Storm {
    /// From the first acceptance sent until the last page has the last one.
    pub last_page: Duration,
    /// How long the answers took, sorted.
    pub answers: Vec<Duration>,
    pub deliveries: u64,
    pub bytes: u64,
    pub server_cpu: Duration,
    pub client_cpu: Duration,
    pub commits: u64,
}

impl Storm {
    /// The answer time that this part of all is not above, in milliseconds.
    pub fn answered(&self, part: f64) -> f64 {
        let place = (self.answers.len() as f64 * part).ceil() as usize;
        millis(self.answers[place.clamp(1, self.answers.len()) - 1])
    }

    /// Whether the client was busy most of the time, so that a faster server would not be seen.
    pub fn is_client_bound(&self) -> bool {
        self.client_cpu.as_secs_f64() > 0.8 * self.last_page.as_secs_f64()
    }
}

impl Class {
    /// Opens a class with this many students, who join and send on as many lines.
    pub fn open(peer: Peer, client: &mut Client, students: usize) -> Result<Self> {
        Self::open_over(peer, client, students, students)
    }

    /// The same over fewer lines: memory that many lines have used would be used again by pages.
    pub fn open_over(
        peer: Peer,
        client: &mut Client,
        students: usize,
        lines: usize,
    ) -> Result<Self> {
        let teacher_line = client.lines(1)?[0];
        let mut class = Self {
            peer,
            pages: Vec::new(),
            lines: Vec::new(),
            teacher_line,
            teacher: None,
            students: Vec::new(),
            joined_in: None,
        };
        match peer {
            Peer::Handup | Peer::HandupEach | Peer::HandupHiding | Peer::HandupMeasured => {
                class.lines = client.lines(lines)?;
                let teacher = begin(client, teacher_line)?;
                if peer == Peer::HandupHiding {
                    let hide = json!({ "settings": { "names": "initials" } });
                    client.ask(teacher_line, &teacher.request("PATCH", "", Some(&hide)))?;
                }
                while class.students.len() < students {
                    let (joined, took) = join(client, &teacher, &class.lines)?;
                    class.students.extend(joined);
                    class.joined_in = Some(took);
                }
                class.teacher = Some(teacher);
            }
            Peer::SocketIo => {}
            Peer::Floor | Peer::Nchan | Peer::SseEach | Peer::SseBatched => {
                class.lines = client.lines(lines)?;
            }
        }
        Ok(class)
    }

    /// Opens the pages of some of the students.
    pub fn open_pages(&mut self, client: &mut Client, which: std::ops::Range<usize>) -> Result<()> {
        let requests: Vec<Vec<u8>> = match self.peer {
            Peer::Handup | Peer::HandupEach | Peer::HandupHiding | Peer::HandupMeasured => {
                client.reopen(std::slice::from_mut(&mut self.teacher_line))?;
                let teacher = self.teacher.as_ref().ok_or("no teacher")?;
                let seen = snapshot_seq(client, self.teacher_line, teacher)?;
                let students = self.students[which].iter();
                if self.peer != Peer::HandupEach {
                    students.map(|student| student.page(seen)).collect()
                } else {
                    let rest = format!("/events?after={seen}");
                    students.map(|student| student.request("GET", &rest, None)).collect()
                }
            }
            Peer::Nchan => {
                let head = "GET /subscribe HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\n\r\n";
                which.map(|_| head.as_bytes().to_vec()).collect()
            }
            Peer::SocketIo => {
                let head = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n\
                    host: 127.0.0.1\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
                    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
                which.map(|_| head.as_bytes().to_vec()).collect()
            }
            Peer::Floor | Peer::SseEach | Peer::SseBatched => {
                which.map(|_| request("GET", "/", None, None)).collect()
            }
        };
        let pages = client.pages(&requests)?;
        if self.peer == Peer::SocketIo {
            for page in &pages {
                client.send(*page, &frame("40"))?;
            }
            let count = self.pages.len() + pages.len();
            client.wait("all are greeted", |board| board.welcomed == count)?;
            self.lines.extend(&pages);
        }
        self.pages.extend(pages);
        Ok(())
    }

    fn post(&self, name: &str, invitee: &str, data: &str) -> Vec<u8> {
        let post = |path: &str, body: &Value| request("POST", path, None, Some(&body.to_string()));
        match self.peer {
            Peer::SocketIo => {
                let body = json!(["accept", { "name": name, "invitee": invitee, "data": data }]);
                frame(&format!("420{body}"))
            }
            Peer::SseEach | Peer::SseBatched => {
                post("/", &json!({ "name": name, "invitee": invitee, "data": data }))
            }
            // As long as what Handup sends for an acceptance beside others.
            Peer::Floor => post("/", &json!([invitee, data])),
            Peer::Nchan
            | Peer::Handup
            | Peer::HandupEach
            | Peer::HandupHiding
            | Peer::HandupMeasured => {
                // As long as an event of Handup.
                let body = json!({
                    "seq": 4242, "at": "2026-11-25T08:00:00.000Z",
                    "inviteID": "5f1c3a52-5b0e-4c3c-9a55-8d2f2a6a0b11",
                    "invitee": invitee, "data": data,
                });
                post("/publish", &body)
            }
        }
    }

    /// Sends one invitation; tells how long it takes until the last page has it, and its id where
    /// invitations have one.
    pub fn invite(&mut self, client: &mut Client) -> Result<(Duration, String)> {
        client.reopen(std::slice::from_mut(&mut self.teacher_line))?;
        let news = client.expect_news();
        let bytes = match &self.teacher {
            Some(teacher) => {
                let body = json!({ "inviteeList": "*", "data": news, "timeout": 0 });
                teacher.request("POST", "/inviteInGroup", Some(&body))
            }
            None => self.post("invited", "c0ffee00-5b0e-4c3c-9a55-8d2f2a6a0b11", &news),
        };
        let line = if self.peer == Peer::SocketIo { self.lines[0] } else { self.teacher_line };
        let (pages, answered) = (self.pages.len(), client.board.answers.len());
        let began = Instant::now();
        client.send(line, &bytes)?;
        client.wait("all are invited", |board| board.informed == pages)?;
        let took = began.elapsed();
        if self.peer != Peer::SocketIo {
            client.wait("the invitation is answered", |board| board.answers.len() > answered)?;
        }
        if self.teacher.is_none() {
            return Ok((took, String::new()));
        }
        let body: Value = serde_json::from_slice(client.body(line))?;
        Ok((took, body["inviteID"].as_str().unwrap_or_default().to_owned()))
    }

    /// All students accept at once. Storms of one class have different numbers.
    pub fn storm(&mut self, client: &mut Client, server: &Server, number: usize) -> Result<Storm> {
        let (_, invitation) = self.invite(client)?;
        if self.peer != Peer::SocketIo {
            client.reopen(&mut self.lines)?;
        }
        let everybody = self.pages.len();
        let hands: Vec<Vec<u8>> = (0..everybody)
            .map(|student| {
                let data = mark(HAND, number * everybody + student);
                match self.students.get(student) {
                    Some(student) => student.request(
                        "POST",
                        &format!("/invitations/{invitation}/accept"),
                        Some(&json!({ "data": data })),
                    ),
                    None => self.post("accepted", "c0ffee00-5b0e-4c3c-9a55-8d2f2a6a0b11", &data),
                }
            })
            .collect();
        client.start();
        client.time_acknowledgements();
        let (before, client_before) = (server.used(), process::cpu_of(std::process::id()));
        let began = Instant::now();
        for (line, hand) in self.lines.iter().zip(&hands) {
            client.send(*line, hand)?;
        }
        let deliveries = (everybody * everybody) as u64;
        client.wait("the last page has the last hand", |board| board.hands == deliveries)?;
        let last_page = began.elapsed();
        let client_after = process::cpu_of(std::process::id());
        client.wait("everybody is answered", |board| board.answers.len() >= everybody)?;
        let after = server.used();
        let Board { answers, bytes, .. } = &mut client.board;
        let (mut answers, bytes) = (std::mem::take(answers), *bytes);
        answers.sort_unstable();
        if let Some(teacher) = &self.teacher {
            let rest = format!("/invitations/{invitation}/finish");
            client.ask(self.teacher_line, &teacher.request("POST", &rest, None))?;
        }
        // What comes after everything else would show a hand that was delivered twice.
        self.invite(client)?;
        Ok(Storm {
            last_page,
            answers,
            deliveries,
            bytes,
            server_cpu: after.cpu.saturating_sub(before.cpu),
            client_cpu: client_after.saturating_sub(client_before),
            commits: after.commits - before.commits,
        })
    }

    /// The students of a class of Handup.
    pub fn students(&self) -> &[Credential] {
        &self.students
    }

    /// On which the students send.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }
}
