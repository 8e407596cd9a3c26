//! Whoever spends all that they may harms nobody else: each attack beside a class that is watched.
//!
//! Each test prints a line of figures, which `--nocapture` shows, before it says what is wrong with
//! them. Those who are watched have a thread of their own, so that they do not wait for those who
//! attack.

#![expect(
    clippy::disallowed_methods,
    reason = "the file is looked at without the server's own code"
)]

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crash::client::{Client, Member, Request};
use crash::server::{Program, Running, binary};
use futures::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// The attacks want the machine for themselves.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

const CALM: Duration = Duration::from_secs(5);
const ATTACK: Duration = Duration::from_secs(20);
/// How often the class that is watched does something.
const PACE: Duration = Duration::from_millis(20);
/// After how long an answer does not come any more.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long making a class ready may take.
const PREPARATION: Duration = Duration::from_secs(300);
/// How long an attacker waits who was refused: what its own work takes from the two cores is not
/// the server's doing.
const PAUSE: Duration = Duration::from_millis(5);

/// A verb that is slower than this at the 99th percentile is noticed.
const SLOWEST: Duration = Duration::from_millis(100);
/// A verb that is faster than this is well, however fast it was in the calm.
const NOISE: Duration = Duration::from_millis(20);
const LONGEST_GAP: Duration = Duration::from_secs(1);
const MIB: u64 = 1_048_576;
const MEMORY_MEANWHILE: u64 = 256 * MIB;
const MEMORY_AFTERWARDS: u64 = 64 * MIB;
const RECOVERY: Duration = Duration::from_secs(60);
const FILES: u64 = 16 * MIB;

/// A request as it goes over the wire.
fn request(method: &str, path: &str, fields: &[(&str, &str)], body: Option<&str>) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
    for (name, value) in fields {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body.unwrap_or_default());
    text.into_bytes()
}

/// A member's request to a path of their class.
fn of(member: &Member, method: &str, path: &str, body: Option<Value>) -> Vec<u8> {
    let path = format!("/api/v1/groups/{}{path}", member.group);
    let bearer = format!("Bearer {}", member.token);
    let fields = [("authorization", &*bearer), ("content-type", "application/json")];
    request(method, &path, &fields, body.map(|body| body.to_string()).as_deref())
}

/// A look of a member's browser at a page of their class.
fn page(member: &Member, path: &str) -> Vec<u8> {
    let path = format!("/class/{}{path}", member.group);
    let cookie = format!("handup={}", member.token);
    request("GET", &path, &[("cookie", &cookie), ("accept", "text/html")], None)
}

/// A form that a browser sends, with the cookie that it has.
fn form(path: &str, cookie: &str, body: &str) -> Vec<u8> {
    let fields = [
        ("sec-fetch-site", "same-origin"),
        ("accept", "text/html"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("cookie", cookie),
    ];
    request("POST", path, &fields, Some(body))
}

/// What is done with the body of an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    Kept,
    ThrownAway,
}

/// What came back.
#[derive(Default)]
struct Reply {
    status: u16,
    /// The browser's cookie, when one is set.
    cookie: Option<String>,
    /// The one without which a form is refused, when it is set.
    of_form: Option<String>,
    closes: bool,
    body: Vec<u8>,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// How long a body is said to be.
enum Length {
    Bytes(usize),
    Chunked,
}

/// A connection on which one request follows another, from a client that costs as little as can be.
struct Wire {
    open: BufReader<TcpStream>,
    line: String,
}

impl Wire {
    async fn open(address: SocketAddr) -> io::Result<Self> {
        let open = TcpStream::connect(address).await?;
        open.set_nodelay(true)?;
        Ok(Self { open: BufReader::with_capacity(65_536, open), line: String::new() })
    }

    async fn ask(&mut self, request: &[u8], body: Body) -> io::Result<Reply> {
        self.open.write_all(request).await?;
        let (mut reply, length) = self.head().await?;
        match length {
            Length::Bytes(count) => self.pass(count, body, &mut reply.body).await?,
            Length::Chunked => self.pass_chunks(body, &mut reply.body).await?,
        }
        Ok(reply)
    }

    async fn line(&mut self) -> io::Result<&str> {
        self.line.clear();
        if self.open.read_line(&mut self.line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(self.line.trim_end())
    }

    async fn head(&mut self) -> io::Result<(Reply, Length)> {
        let status = self.line().await?.get(9..12).and_then(|status| status.parse().ok());
        let status = status.ok_or(io::ErrorKind::InvalidData)?;
        let (mut reply, mut length) = (Reply { status, ..Reply::default() }, Length::Bytes(0));
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(": ") else { return Ok((reply, length)) };
            match &*name.to_ascii_lowercase() {
                "content-length" => {
                    let count = value.parse().map_err(|_| io::ErrorKind::InvalidData)?;
                    length = Length::Bytes(count);
                }
                "transfer-encoding" => length = Length::Chunked,
                "connection" => reply.closes = value.eq_ignore_ascii_case("close"),
                "set-cookie" => {
                    let pair = value.split(';').next().unwrap_or_default();
                    // The cookie of forms is told from the one that stands for the browser.
                    if pair.starts_with("handup-form-") {
                        reply.of_form = Some(pair.to_owned());
                    } else if pair.starts_with("handup-") {
                        reply.cookie = Some(pair.to_owned());
                    }
                }
                _ => {}
            }
        }
    }

    async fn pass(&mut self, mut count: usize, body: Body, kept: &mut Vec<u8>) -> io::Result<()> {
        while count > 0 {
            let bytes = self.open.fill_buf().await?;
            if bytes.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let passed = bytes.len().min(count);
            if body == Body::Kept {
                kept.extend_from_slice(&bytes[..passed]);
            }
            self.open.consume(passed);
            count -= passed;
        }
        Ok(())
    }

    async fn pass_chunks(&mut self, body: Body, kept: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let count = usize::from_str_radix(self.line().await?, 16);
            let count = count.map_err(|_| io::ErrorKind::InvalidData)?;
            self.pass(count, body, kept).await?;
            self.line().await?;
            if count == 0 {
                return Ok(());
            }
        }
    }

    /// Waits for more of an answer that has no end, and throws it away.
    async fn more(&mut self) -> io::Result<()> {
        let received = self.open.fill_buf().await?.len();
        self.open.consume(received);
        if received == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }
}

/// How much was asked, and how often which answer came.
#[derive(Default)]
struct Told {
    asked: AtomicU64,
    answers: Mutex<BTreeMap<String, u64>>,
}

impl Told {
    fn ask(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
    }

    fn note(&self, answer: &str) {
        let mut answers = self.answers.lock().expect("nobody panics in between");
        match answers.get_mut(answer) {
            Some(count) => *count += 1,
            None => drop(answers.insert(answer.to_owned(), 1)),
        }
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Whether something was answered, and always so.
    fn is_always(&self, answer: &str) -> bool {
        let answers = self.answers.lock().expect("nobody panics in between");
        !answers.is_empty() && answers.keys().all(|name| name == answer)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answers = self.answers.lock().expect("nobody panics in between");
        write!(to, "{} requests", self.asked())?;
        answers.iter().try_for_each(|(answer, count)| write!(to, ", {answer}: {count}"))
    }
}

/// Somebody who sends one request after the other, on a connection that is kept open.
struct Attacker {
    address: SocketAddr,
    wire: Option<Wire>,
    told: Arc<Told>,
}

impl Attacker {
    async fn try_ask(&mut self, request: &[u8], body: Body) -> io::Result<Reply> {
        let mut wire = match self.wire.take() {
            Some(wire) => wire,
            None => Wire::open(self.address).await?,
        };
        let reply = wire.ask(request, body).await?;
        self.wire = Some(wire).filter(|_| !reply.closes);
        Ok(reply)
    }

    /// The answer if it is one that grants something.
    async fn ask(&mut self, request: &[u8], body: Body) -> Option<Reply> {
        self.told.ask();
        let reply = self.try_ask(request, body).await;
        let granted = match &reply {
            Ok(Reply { status: 303, cookie: None, .. }) => {
                self.told.note("303 without a cookie");
                false
            }
            Ok(reply) => {
                self.told.note(&reply.status.to_string());
                reply.status < 400
            }
            Err(_) => {
                self.told.note("broken off");
                false
            }
        };
        if !granted {
            sleep(PAUSE).await;
        }
        reply.ok().filter(|_| granted)
    }

    /// Sends these in turn, as fast as they are answered.
    async fn repeat(mut self, requests: Vec<Vec<u8>>) {
        for request in requests.iter().cycle() {
            self.ask(request, Body::ThrownAway).await;
        }
    }
}

/// All who attack, until this is dropped.
struct Attackers {
    address: SocketAddr,
    told: Arc<Told>,
    tasks: JoinSet<()>,
}

impl Attackers {
    fn one(&self) -> Attacker {
        Attacker { address: self.address, wire: None, told: Arc::clone(&self.told) }
    }

    fn repeat(&mut self, requests: Vec<Vec<u8>>) {
        let one = self.one();
        self.tasks.spawn(one.repeat(requests));
    }
}

/// A verb that was asked for.
struct Verb {
    asked: Instant,
    took: Duration,
    /// None when no answer came.
    status: Option<u16>,
}

impl Verb {
    /// When it was answered or given up. What the attack caught on its way belongs to the attack.
    fn answered(&self) -> Instant {
        self.asked + self.took
    }
}

/// What those who are watched have met.
#[derive(Default)]
struct Seen {
    is_over: AtomicBool,
    verbs: Mutex<Vec<Verb>>,
    /// When something came on the stream.
    pieces: Mutex<Vec<Instant>>,
    /// When the stream broke off.
    breaks: Mutex<Vec<Instant>>,
    /// The highest that the server's memory was.
    peak: Mutex<u64>,
}

fn add<T>(to: &Mutex<Vec<T>>, item: T) {
    to.lock().expect("nobody panics in between").push(item);
}

/// A class that goes on as always: its teacher gives its student the floor, again and again.
struct Class {
    address: SocketAddr,
    teacher: Member,
    student: Member,
    seen: Arc<Seen>,
    wire: Option<Wire>,
}

impl Class {
    async fn go_on(mut self) {
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.seen.is_over.load(Ordering::Relaxed) {
            self.turn(&mut pace).await;
        }
    }

    async fn turn(&mut self, pace: &mut tokio::time::Interval) -> Option<()> {
        let body = json!({
            "inviteeList": [self.student.user],
            "data": "{\"operation\":\"speaking\"}",
            "timeout": 0,
        });
        pace.tick().await;
        let invited = of(&self.teacher, "POST", "/inviteInGroup", Some(body));
        let invited = self.verb(&invited).await?.json();
        let path = format!("/invitations/{}", invited["inviteID"].as_str()?);
        pace.tick().await;
        let accept = of(&self.student, "POST", &format!("{path}/accept"), Some(json!({})));
        self.verb(&accept).await?;
        pace.tick().await;
        let finish = of(&self.teacher, "POST", &format!("{path}/finish"), Some(json!({})));
        self.verb(&finish).await.map(drop)
    }

    async fn verb(&mut self, request: &[u8]) -> Option<Reply> {
        let asked = Instant::now();
        let reply = timeout(PATIENCE, self.try_verb(request)).await;
        let reply = reply.ok().and_then(Result::ok);
        let status = reply.as_ref().map(|reply| reply.status);
        add(&self.seen.verbs, Verb { asked, took: asked.elapsed(), status });
        reply
    }

    async fn try_verb(&mut self, request: &[u8]) -> io::Result<Reply> {
        let mut wire = match self.wire.take() {
            Some(wire) => wire,
            None => Wire::open(self.address).await?,
        };
        let reply = wire.ask(request, Body::Kept).await?;
        self.wire = Some(wire).filter(|_| !reply.closes);
        Ok(reply)
    }
}

/// Reads a member's stream, and opens it again when it breaks off.
async fn follow(address: SocketAddr, member: Member, seen: Arc<Seen>) {
    loop {
        let Err(_broken) = read_stream(address, &member, &seen).await;
        add(&seen.breaks, Instant::now());
        sleep(PACE).await;
    }
}

async fn read_stream(
    address: SocketAddr,
    member: &Member,
    seen: &Seen,
) -> io::Result<std::convert::Infallible> {
    let mut wire = Wire::open(address).await?;
    wire.open.write_all(&of(member, "GET", "/events", None)).await?;
    let (reply, _) = wire.head().await?;
    if reply.status != 200 {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    loop {
        wire.more().await?;
        add(&seen.pieces, Instant::now());
    }
}

/// Opens a connection five times a second, and looks at the class over it.
async fn come_anew(address: SocketAddr, member: Member, told: Arc<Told>) {
    let mut pace = interval(Duration::from_millis(200));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let look = of(&member, "GET", "", None);
    loop {
        pace.tick().await;
        told.ask();
        let asked = async { Wire::open(address).await?.ask(&look, Body::ThrownAway).await };
        match timeout(PATIENCE, asked).await {
            Ok(Ok(reply)) => told.note(&reply.status.to_string()),
            Ok(Err(_)) => told.note("broken off"),
            Err(_) => told.note("no answer"),
        }
    }
}

/// What a process holds in memory, in bytes.
fn memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib * 1_024)
}

/// What a process has taken of the processors, in hundredths of a second.
fn effort(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}

/// Looks at a process's memory ten times a second.
async fn weigh(process: u32, seen: Arc<Seen>) {
    let mut pace = interval(Duration::from_millis(100));
    loop {
        pace.tick().await;
        if let Some(memory) = memory(process) {
            let mut peak = seen.peak.lock().expect("nobody panics in between");
            *peak = memory.max(*peak);
        }
    }
}

/// What a process holds once it is no more than this, or after all patience; and how long it took.
async fn settled(process: u32, most: u64) -> (u64, Duration) {
    let since = Instant::now();
    let mut pace = interval(Duration::from_millis(100));
    loop {
        pace.tick().await;
        let memory = memory(process).expect("the server runs");
        if memory <= most || since.elapsed() > RECOVERY {
            return (memory, since.elapsed());
        }
    }
}

/// The size of the database and its write-ahead log.
fn on_disk(database: &Path) -> u64 {
    let log = database.with_extension("sqlite3-wal");
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    size(database) + size(&log)
}

/// A thread of its own for those who are watched.
struct Apart(Option<Runtime>);

impl Apart {
    fn new() -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        Self(Some(builder.worker_threads(1).enable_all().build().expect("a thread")))
    }

    fn handle(&self) -> &tokio::runtime::Handle {
        self.0.as_ref().expect("it is there until it is dropped").handle()
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// A class and its members, as somebody needs them who attacks with it.
struct Crowd {
    teacher: Member,
    students: Vec<Member>,
}

/// A server with a class that is watched.
struct School {
    program: Program,
    running: Running,
    teacher: Member,
    student: Member,
    apart: Apart,
    _folder: TempDir,
}

impl School {
    async fn open(environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = binary().expect("the server");
        let program = Program::new(&binary, folder.path());
        let mut program = program.expect("`cargo xtask test` builds the server");
        let more = environment.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        program.environment.extend(more);
        let running = program.start().await.expect("a server");
        let Crowd { teacher, students } = crowd(program.address, 2).await;
        let student = students.into_iter().next().expect("a student");
        Self { program, running, teacher, student, apart: Apart::new(), _folder: folder }
    }

    fn process(&self) -> u32 {
        self.running.id().expect("the server runs")
    }

    /// Watches the class in the calm, under attack and afterwards.
    async fn under(&self, begin: impl FnOnce(&mut Attackers)) -> Figures {
        let (address, seen, apart) = (self.program.address, Arc::default(), self.apart.handle());
        let (teacher, student) = (self.teacher.clone(), self.student.clone());
        let class = Class { address, teacher, student, seen: Arc::clone(&seen), wire: None };
        let class = apart.spawn(class.go_on());
        apart.spawn(follow(address, self.student.clone(), Arc::clone(&seen)));
        sleep(CALM).await;

        let (process, own) = (self.process(), std::process::id());
        let memory_before = memory(process).expect("the server runs");
        let (files, work) = (on_disk(&self.program.database), effort(process));
        let own_work = effort(own);
        apart.spawn(weigh(process, Arc::clone(&seen)));
        let mut attackers = Attackers { address, told: Arc::default(), tasks: JoinSet::new() };
        let attacked = Instant::now();
        begin(&mut attackers);
        sleep(ATTACK).await;
        let over = Instant::now();
        attackers.tasks.shutdown().await;
        let (server_effort, own_effort) = (effort(process) - work, effort(own) - own_work);
        seen.is_over.store(true, Ordering::Relaxed);
        class.await.expect("the class goes on");
        let files = on_disk(&self.program.database).saturating_sub(files);

        let most = memory_before + MEMORY_AFTERWARDS;
        let (memory_after, settled_in) = settled(process, most).await;
        let peak = *seen.peak.lock().expect("nobody panics in between");
        let verbs = seen.verbs.lock().expect("nobody panics in between");
        Figures {
            calm: Times::of(&verbs, |verb| verb.answered() < attacked),
            attack: Times::of(&verbs, |verb| verb.answered() >= attacked && verb.asked < over),
            gap: longest_gap(&seen, attacked, over),
            breaks: between(&seen.breaks, attacked, over).len(),
            memory: [memory_before, peak, memory_after],
            settled_in,
            files,
            effort: [server_effort, own_effort],
            told: attackers.told,
        }
    }
}

/// A class of so many members. Whoever comes too fast is patient.
async fn crowd(address: SocketAddr, size: usize) -> Crowd {
    let client = Client::new(address).expect("a client");
    let made = async {
        let body = json!({ "name": "Assembly", "teacher": "Ms Noether" });
        let begun = client.insist(&Request::new(Method::POST, "/groups").json(body)).await.body;
        let join = |number: usize| {
            let name = format!("Student {number}");
            let body = json!({ "joinCode": begun["joinCode"], "name": name });
            Request::new(Method::POST, "/join").json(body)
        };
        let students = at_once((1..size).map(join), |request| {
            let client = &client;
            async move { Member::of(&client.insist(&request).await.body).expect("a student") }
        });
        Crowd { teacher: Member::of(&begun).expect("a teacher"), students: students.await }
    };
    timeout(PREPARATION, made).await.expect("a class in time")
}

/// Does this with all of them, 64 at once.
async fn at_once<I, T, F: Future<Output = T>>(
    items: impl Iterator<Item = I>,
    act: impl Fn(I) -> F,
) -> Vec<T> {
    futures::stream::iter(items).map(act).buffer_unordered(64).collect().await
}

/// Asks everybody in the class for their hand.
async fn ask_for_hands(client: &Client, teacher: &Member) -> String {
    let body = json!({
        "inviteeList": "*",
        "data": "{\"operation\":\"hand_raising\",\"question\":\"Why is the sky blue?\"}",
        "timeout": 0,
    });
    let request = Request::of(teacher, Method::POST, "/inviteInGroup").json(body);
    let invited = client.insist(&request).await;
    invited.body["inviteID"].as_str().expect("an invitation").to_owned()
}

/// Has every second of a class raise their hand.
async fn raise_hands(address: SocketAddr, crowd: &Crowd) {
    let client = Client::new(address).expect("a client");
    let raised = async {
        let path = format!("/invitations/{}/accept", ask_for_hands(&client, &crowd.teacher).await);
        let accept = |student| Request::of(student, Method::POST, &path).json(json!({}));
        at_once(crowd.students.iter().step_by(2).map(accept), |request| {
            let client = &client;
            async move {
                let answer = client.insist(&request).await;
                assert!(answer.is_done(), "{answer:?}");
            }
        })
        .await
    };
    timeout(PREPARATION, raised).await.expect("hands in time");
}

/// The moments within a time.
fn between(moments: &Mutex<Vec<Instant>>, from: Instant, until: Instant) -> Vec<Instant> {
    let moments = moments.lock().expect("nobody panics in between");
    moments.iter().copied().filter(|moment| (from..until).contains(moment)).collect()
}

/// The longest time for which nothing came on the stream.
fn longest_gap(seen: &Seen, from: Instant, until: Instant) -> Duration {
    let pieces = between(&seen.pieces, from, until);
    let moments: Vec<_> = [from].into_iter().chain(pieces).chain([until]).collect();
    moments.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
}

/// How long the verbs of a time took.
struct Times {
    sorted: Vec<Duration>,
    unanswered: usize,
    refused: usize,
}

impl Times {
    fn of(verbs: &[Verb], counts: impl Fn(&Verb) -> bool) -> Self {
        let asked: Vec<_> = verbs.iter().filter(|verb| counts(verb)).collect();
        let count = |is: fn(&Option<u16>) -> bool| asked.iter().filter(|it| is(&it.status)).count();
        let mut sorted: Vec<_> = asked.iter().map(|verb| verb.took).collect();
        sorted.sort_unstable();
        Self {
            unanswered: count(Option::is_none),
            refused: count(|status| status.is_some_and(|status| !(200..300).contains(&status))),
            sorted,
        }
    }

    fn quantile(&self, percent: usize) -> Duration {
        let last = self.sorted.len().saturating_sub(1);
        self.sorted.get((last * percent).div_ceil(100)).copied().unwrap_or(PATIENCE)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |percent| self.quantile(percent).as_secs_f64() * 1e3;
        write!(to, "{:.1} / {:.1} ms of {}", ms(50), ms(99), self.sorted.len())
    }
}

/// What an attack did to others.
struct Figures {
    calm: Times,
    attack: Times,
    gap: Duration,
    breaks: usize,
    /// Before, at its highest, and afterwards.
    memory: [u64; 3],
    settled_in: Duration,
    /// What the files grew by.
    files: u64,
    /// Of the server, and of all who are here.
    effort: [u64; 2],
    told: Arc<Told>,
}

impl fmt::Display for Figures {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: u64| bytes as f64 / MIB as f64;
        let [before, peak, after] = self.memory.map(mib);
        let [server, own] = self.effort.map(|ticks| ticks as f64 / 100.0);
        write!(to, "verb (median / p99) calm {}, attack {}", self.calm, self.attack)?;
        write!(to, " ({} unanswered, {} refused)", self.attack.unanswered, self.attack.refused)?;
        write!(to, "; gap {:.2} s, {} breaks", self.gap.as_secs_f64(), self.breaks)?;
        write!(to, "; memory {before:.0} MiB, peak {peak:.0}, after {after:.0}")?;
        write!(to, " in {:.1} s", self.settled_in.as_secs_f64())?;
        write!(to, "; files +{:.1} MiB", mib(self.files))?;
        write!(to, "; processor server {server:.1} s, client {own:.1} s; {}", self.told)
    }
}

impl Figures {
    /// What others noticed of the attack, beside what was found already.
    fn wrongs(&self, found: impl IntoIterator<Item = (bool, String)>) -> Vec<String> {
        let (calm, p99) = (self.calm.quantile(99), self.attack.quantile(99));
        let slowest = SLOWEST.min(NOISE.max(calm * 5));
        let [before, peak, after] = self.memory;
        let (unanswered, refused) = (self.attack.unanswered, self.attack.refused);
        let own = [
            (self.calm.unanswered + self.calm.refused > 0, "the calm is none".to_owned()),
            (unanswered > 0, format!("{unanswered} verbs were not answered in {PATIENCE:?}")),
            (refused > 0, format!("{refused} verbs were refused")),
            (p99 > slowest, format!("a verb took {p99:?} at p99, more than {slowest:?}")),
            (self.gap > LONGEST_GAP, format!("nothing came on the stream for {:?}", self.gap)),
            (self.breaks > 0, format!("the stream broke off {} times", self.breaks)),
            (peak > before + MEMORY_MEANWHILE, "the memory grew by more than 256 MiB".to_owned()),
            (after > before + MEMORY_AFTERWARDS, "the memory stays in use".to_owned()),
            (self.told.asked() == 0, "nobody attacked".to_owned()),
        ];
        own.into_iter().chain(found).filter(|(is_so, _)| *is_so).map(|(_, wrong)| wrong).collect()
    }

    fn files_grew(&self) -> (bool, String) {
        (self.files >= FILES, format!("the files grew by {} bytes", self.files))
    }
}

#[track_caller]
fn nobody_else_notices(wrongs: &[String]) {
    assert!(wrongs.is_empty(), "others noticed:\n{}", wrongs.join("\n"));
}

/// The pages, histories and snapshots of a class of so many, by its teacher and 24 students.
async fn pages(size: usize) {
    let _alone = ONE_AT_A_TIME.lock().await;
    let school = School::open(&[]).await;
    let crowd = crowd(school.program.address, size).await;
    raise_hands(school.program.address, &crowd).await;
    let figures = school.under(|attackers| {
        let teacher = &crowd.teacher;
        for _ in 0..150 {
            attackers.repeat(vec![
                page(teacher, ""),
                page(teacher, "/history"),
                of(teacher, "GET", "", None),
                page(teacher, "/history/export.csv"),
            ]);
        }
        for student in crowd.students.iter().take(24) {
            attackers.repeat(vec![page(student, ""), of(student, "GET", "", None)]);
        }
    });
    let figures = figures.await;
    println!("pages_{size}: {figures}");
    nobody_else_notices(&figures.wrongs([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a release server in HANDUP_BIN: a debug build is too slow for the bounds"]
async fn pages_2000() {
    pages(2_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a release server in HANDUP_BIN: a debug build is too slow for the bounds"]
async fn pages_6000() {
    pages(6_000).await;
}

/// How many rows stand for a browser in a class.
async fn credentials(database: &Path) -> i64 {
    let options = SqliteConnectOptions::new().filename(database).read_only(true);
    let mut file = SqliteConnection::connect_with(&options).await.expect("a connection");
    let tables = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'credential'";
    let known: i64 = sqlx::query_scalar(tables).fetch_one(&mut file).await.expect("a schema");
    let count = if known > 0 {
        "SELECT count(*) FROM credential"
    } else {
        "SELECT (SELECT count(*) FROM token) + (SELECT count(*) FROM membership)"
    };
    let counted = sqlx::query_scalar(count).fetch_one(&mut file).await.expect("a count");
    file.close().await.expect("it is closed");
    counted
}

/// A browser that starts so many classes; its cookie.
async fn browser(address: SocketAddr, classes: usize) -> String {
    let mut wire = Wire::open(address).await.expect("a connection");
    let page = request("GET", "/", &[("accept", "text/html")], None);
    let page = wire.ask(&page, Body::ThrownAway).await.expect("a page");
    let of_form = page.of_form.expect("a cookie for its forms");
    let mut cookie = of_form.clone();
    for number in 0..classes {
        let start = form("/do/start", &cookie, &format!("name=Class+{number}&teacher=Mallory"));
        let reply = wire.ask(&start, Body::Kept).await.expect("an answer");
        cookie = format!("{of_form}; {}", reply.cookie.expect("a class is started"));
    }
    cookie
}

/// Makes links for another device and takes them over with one browser, again and again.
async fn come_in(mut attacker: Attacker, teacher: Member, cookie: Arc<Mutex<String>>) {
    loop {
        let link = of(&teacher, "POST", "/handover", None);
        let Some(link) = attacker.ask(&link, Body::Kept).await else { continue };
        let url = link.json()["handoverURL"].as_str().expect("a link").to_owned();
        let token = url.rsplit('/').next().unwrap_or_default();
        let known = cookie.lock().expect("nobody panics in between").clone();
        let take_over = form("/do/take-over", &known, &format!("token={token}"));
        let taken = attacker.ask(&take_over, Body::Kept).await;
        if let Some(fresh) = taken.and_then(|reply| reply.cookie) {
            let of_form = known.split("; ").next().unwrap_or_default();
            *cookie.lock().expect("nobody panics in between") = format!("{of_form}; {fresh}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a release server in HANDUP_BIN: a debug build is too slow for the bounds"]
async fn coming_in() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let school = School::open(&[]).await;
    let cookie = Arc::new(Mutex::new(browser(school.program.address, 500).await));
    let mut teachers = Vec::new();
    for _ in 0..16 {
        teachers.push(crowd(school.program.address, 1).await.teacher);
    }
    let before = credentials(&school.program.database).await;
    let figures = school.under(|attackers| {
        for teacher in teachers {
            let one = attackers.one();
            attackers.tasks.spawn(come_in(one, teacher, Arc::clone(&cookie)));
        }
    });
    let figures = figures.await;
    let rows = credentials(&school.program.database).await - before;
    println!("coming_in: {figures}; credentials {before}, +{rows} rows");
    let too_many = (rows >= 20_000, format!("coming in made {rows} rows"));
    nobody_else_notices(&figures.wrongs([figures.files_grew(), too_many]));
}

/// Repeats one request with another key each time.
async fn use_keys(mut attacker: Attacker, member: Member, path: String, number: usize) {
    let path = format!("/api/v1/groups/{}{path}", member.group);
    let bearer = format!("Bearer {}", member.token);
    for round in 0_u64.. {
        let key = format!("{number} {round}");
        let fields = [("authorization", &*bearer), ("idempotency-key", &*key)];
        attacker.ask(&request("POST", &path, &fields, Some("")), Body::ThrownAway).await;
    }
}

/// The answer to a cancel in a class of so many, kept under ever other keys.
async fn keys(size: usize) {
    let _alone = ONE_AT_A_TIME.lock().await;
    let school = School::open(&[]).await;
    let Crowd { teacher, .. } = crowd(school.program.address, size).await;
    let client = Client::new(school.program.address).expect("a client");
    let path = format!("/invitations/{}/cancel", ask_for_hands(&client, &teacher).await);
    let cancelled = client.insist(&Request::of(&teacher, Method::POST, &path)).await;
    assert!(cancelled.is_done(), "{cancelled:?}");
    drop(client);
    let figures = school.under(|attackers| {
        for number in 0..8 {
            let one = attackers.one();
            let (teacher, path) = (teacher.clone(), path.clone());
            attackers.tasks.spawn(use_keys(one, teacher, path, number));
        }
    });
    let figures = figures.await;
    println!("keys_{size}: {figures}");
    nobody_else_notices(&figures.wrongs([figures.files_grew()]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a release server in HANDUP_BIN: a debug build is too slow for the bounds"]
async fn keys_2000() {
    keys(2_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a release server in HANDUP_BIN: a debug build is too slow for the bounds"]
async fn keys_6000() {
    keys(6_000).await;
}

/// Sends half a request, and waits for what becomes of it.
async fn half_a_request(address: SocketAddr, from: IpAddr) -> io::Result<String> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(from, 0))?;
    let mut open = socket.connect(address).await?;
    open.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nx: ").await?;
    let mut answer = [0; 4_096];
    let received = open.read(&mut answer).await?;
    let status = std::str::from_utf8(&answer[..received]).ok().and_then(|text| text.get(9..12));
    Ok(status.unwrap_or("closed").to_owned())
}

/// A turn every millisecond, which many share.
#[derive(Clone, Default)]
struct Pace(Arc<tokio::sync::Mutex<()>>);

impl Pace {
    async fn turn(&self) {
        let _turn = self.0.lock().await;
        sleep(Duration::from_millis(1)).await;
    }
}

/// Keeps a half-sent request open, and sends another when it is given up.
async fn hold_on(address: SocketAddr, from: IpAddr, told: Arc<Told>, pace: Pace) {
    loop {
        pace.turn().await;
        told.ask();
        match half_a_request(address, from).await {
            Ok(became) => told.note(&became),
            Err(error) => told.note(&format!("{:?}", error.kind())),
        }
    }
}

/// As many half-sent requests as there may be connections, from one address.
async fn half_sent(name: &str, from: Ipv4Addr) {
    const CONNECTIONS: usize = 500;
    let _alone = ONE_AT_A_TIME.lock().await;
    let most = CONNECTIONS.to_string();
    let school = School::open(&[("HANDUP_MAX_CONNECTIONS", &most)]).await;
    let address = school.program.address;
    let anew: Arc<Told> = Arc::default();
    let figures = school.under(|attackers| {
        // No more than 2 000 a second are opened.
        for _ in 0..2 {
            let pace = Pace::default();
            for _ in 0..CONNECTIONS / 2 {
                let told = Arc::clone(&attackers.told);
                attackers.tasks.spawn(hold_on(address, from.into(), told, pace.clone()));
            }
        }
        let member = come_anew(address, school.student.clone(), Arc::clone(&anew));
        attackers.tasks.spawn_on(member, school.apart.handle());
    });
    let figures = figures.await;
    println!("{name}: {figures}; a member anew: {anew}");
    let shut_out = (!anew.is_always("200"), format!("a member was shut out: {anew}"));
    nobody_else_notices(&figures.wrongs([shut_out]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a release server in HANDUP_BIN: a debug build is too slow for the bounds"]
async fn half_sent_from_the_same_address() {
    half_sent("half_sent", Ipv4Addr::LOCALHOST).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a release server in HANDUP_BIN: a debug build is too slow for the bounds"]
async fn half_sent_from_another_address() {
    half_sent("half_sent (127.0.0.2)", Ipv4Addr::new(127, 0, 0, 2)).await;
}

/// Asks and reads nothing of the answer, for a while; then anew.
async fn read_nothing(address: SocketAddr, requests: Vec<Vec<u8>>, told: Arc<Told>) {
    for request in requests.iter().cycle() {
        told.ask();
        let asked = async {
            let mut wire = Wire::open(address).await?;
            wire.open.write_all(request).await?;
            sleep(ATTACK / 4).await;
            wire.head().await.map(|(reply, _)| reply)
        };
        match asked.await {
            Ok(reply) => told.note(&reply.status.to_string()),
            Err(_) => told.note("broken off"),
        }
        sleep(PAUSE).await;
    }
}

/// As many words as may be live in a class of ten, which are looked at by who reads nothing and by
/// who reads what became of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a release server in HANDUP_BIN: a debug build is too slow for the bounds"]
async fn words() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let school = School::open(&[]).await;
    let address = school.program.address;
    let crowd = crowd(address, 10).await;
    let client = Client::new(address).expect("a client");
    // Each says as much as they may. In JSON it is six bytes each.
    let data = "\u{1}".repeat(10_600);
    for member in crowd.students.iter().chain([&crowd.teacher]) {
        let to =
            if member.user == crowd.teacher.user { &crowd.students[0] } else { &crowd.teacher };
        let body = json!({ "invitee": to.user, "data": data, "timeout": 0 });
        for _ in 0..500 {
            let request = Request::of(member, Method::POST, "/invite").json(body.clone());
            let answer = client.send(&request).await;
            if !answer.is_ok_and(|answer| answer.is_done()) {
                break;
            }
        }
    }
    let figures = school.under(|attackers| {
        for member in crowd.students.iter().chain([&crowd.teacher]) {
            let looks = [of(member, "GET", "", None), of(member, "GET", "/events", None)];
            for look in looks.into_iter().chain([page(member, "")]).cycle().take(16) {
                let told = Arc::clone(&attackers.told);
                attackers.tasks.spawn(read_nothing(address, vec![look], told));
            }
        }
        for _ in 0..8 {
            attackers.repeat(vec![page(&crowd.teacher, "/history")]);
        }
    });
    let figures = figures.await;
    println!("words: {figures}");
    nobody_else_notices(&figures.wrongs([figures.files_grew()]));
}

/// Ten thousand live invitations, one of which changes all the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a release server in HANDUP_BIN: a debug build is too slow for the bounds"]
async fn live_invitations() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let school = School::open(&[]).await;
    let address = school.program.address;
    let Crowd { teacher, students } = crowd(address, 60).await;
    let client = Client::new(address).expect("a client");
    let (teachers, invited) = students.split_at(20);
    for student in teachers {
        let path = format!("/members/{}", student.user);
        let role = Request::of(&teacher, Method::PATCH, &path).json(json!({ "role": "teacher" }));
        assert!(client.insist(&role).await.is_done());
    }
    let invite = |number: usize| {
        let to = &invited[number % invited.len()].user;
        let body = json!({ "invitee": to, "data": "{}", "timeout": 0 });
        Request::of(&teachers[number % teachers.len()], Method::POST, "/invite").json(body)
    };
    let made = at_once((0..10_000).map(invite), |request| {
        let client = &client;
        async move { client.insist(&request).await }
    });
    let made = timeout(PREPARATION, made).await.expect("invitations in time");
    assert!(made.iter().all(|answer| answer.is_done()));
    let figures = school.under(|attackers| {
        for teacher in teachers {
            let theirs = made.iter().find(|it| it.body["inviter"] == teacher.user.as_str());
            let id = theirs.expect("one of theirs").body["inviteID"].to_string();
            let path = format!("/invitations/{}", id.trim_matches('"'));
            let change = |data: &str| of(teacher, "PATCH", &path, Some(json!({ "data": data })));
            attackers.repeat(vec![change("one"), change("other")]);
        }
    });
    let figures = figures.await;
    println!("live_invitations: {figures}");
    nobody_else_notices(&figures.wrongs([]));
}
