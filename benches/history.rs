//! How quickly the history answers when a school has used Handup for years: a file with a million
//! invitations, every page and the export measured on the release server, beside what the machine
//! does without Handup (a bare request, a bare reading of the same rows) in the same rounds.
//!
//! `cargo xtask bench` runs it. The file is made once, by the rules themselves, and kept in
//! `target/bench`.

#![expect(
    clippy::disallowed_methods,
    reason = "what the machine does without Handup is measured too"
)]

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use classroom::{APPLICATIONS, Operation};
use futures::{StreamExt, TryStreamExt};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{Client, header};
use serde_json::{Value, json};
use server::{ClassFilter, Config, Engine, hash_password};
use signaling::wire::{Credential, Join};
use signaling::{
    Answers, Application as _, Command as Verb, Event, FinishWhom, Group, GroupId, InviteId,
    InviteeList, Name, Settings, Timeout, Timestamp, UserId, act,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Row};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const PASSWORD: &str = "correct horse battery";
const CLASSES: u64 = 4_160;
/// Rounds of a class; each makes six invitations.
const ROUNDS: u64 = 40;
/// A class that was used for a whole year, among all the others.
const LONG_ROUNDS: u64 = 2_000;
const STUDENTS: u64 = 25;
const BATCHES: usize = 5;
/// Requests of one kind in one batch.
const REQUESTS: usize = 40;
/// The pages must answer within this, at the median.
const MUST_MILLIS: f64 = 50.0;
/// How often the server is killed and started.
const STARTS: usize = 11;
/// It must answer within this after a start, at the median.
const MUST_START_MILLIS: f64 = 1_000.0;
/// Rows that an export must make in a second.
const MUST_ROWS: f64 = 50_000.0;

#[tokio::main]
async fn main() -> Result<()> {
    // Cargo passes `--bench`; nothing here is chosen by arguments.
    let binary = PathBuf::from(std::env::var_os("HANDUP_BIN").ok_or("HANDUP_BIN is not set")?);
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("history.sqlite3");
    let mark = folder.join("history.filled");
    let wanted = format!("{CLASSES} {ROUNDS} {LONG_ROUNDS} {STUDENTS}");
    if std::fs::read_to_string(&mark).is_ok_and(|filled| filled == wanted) && file.exists() {
        println!("using {}", file.display());
    } else {
        fill(&file).await?;
        std::fs::write(&mark, wanted)?;
    }
    measure(&binary, &file).await
}

// ---- The file ----------------------------------------------------------------------------------

fn progress(words: &'static str, length: u64) -> Result<ProgressBar> {
    let style = "{msg:24} {wide_bar} {pos}/{len} {eta}";
    let bar = ProgressBar::new(length).with_style(ProgressStyle::with_template(style)?);
    bar.set_message(words);
    Ok(bar)
}

/// Ids that differ and are the same in every run.
struct Ids(u64);

impl Ids {
    fn next(&mut self) -> [u8; 16] {
        self.0 += 1;
        // The constant of splitmix64: neighbours in time do not become neighbours in the file.
        let spread = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut id = [0; 16];
        id[..8].copy_from_slice(&spread.to_be_bytes());
        id[8..].copy_from_slice(&self.0.to_be_bytes());
        id
    }
}

struct Lesson {
    group: Group,
    now: Timestamp,
    log: Vec<Event>,
}

impl Lesson {
    fn does(&mut self, verb: Verb) {
        self.now = Timestamp::from_millis(self.now.as_millis() + 1_700);
        if let Ok(outcome) = act(&mut self.group, self.now, verb, &APPLICATIONS) {
            self.log.extend(outcome.events);
        }
    }
}

fn name(text: &str) -> Result<Name> {
    Ok(Name::new(text)?)
}

/// A lesson by the rules: rounds, hands, turns, passes, unprompted hands, and its end.
fn lesson(ids: &mut Ids, number: u64, rounds: u64, at: Timestamp) -> Result<(GroupId, Vec<Event>)> {
    let group_id = GroupId::from_bytes(ids.next());
    let mut it = Lesson { group: Group::new(group_id), now: at, log: Vec::new() };
    let teacher = UserId::from_bytes(ids.next());
    let class = format!("Biology {} {}", number % 13, ["Oak", "Elm", "Ash"][(number % 3) as usize]);
    it.does(Verb::Create {
        name: name(&class)?,
        user: teacher,
        teacher: name(&format!("Teacher {}", number % 97))?,
        settings: Settings::of_new_class(APPLICATIONS.settings()),
    });
    let students: Vec<UserId> = (0..STUDENTS).map(|_| UserId::from_bytes(ids.next())).collect();
    for (place, user) in students.iter().enumerate() {
        it.does(Verb::Join { user: *user, name: name(&format!("Student {place}"))?, alike: None });
    }
    let question = Some("Why is the sky blue, and the evening red?".to_owned());
    for round in 0..rounds {
        let invite_id = InviteId::from_bytes(ids.next());
        it.does(Verb::InviteInGroup {
            actor: teacher,
            invite_id,
            invitee_list: InviteeList::Everyone,
            data: Operation::asks(question.clone()).to_data(),
            timeout: Timeout::NEVER,
            answers: Answers::Each,
        });
        let data = String::new;
        let some = |offset: u64| students[((round * 7 + offset) % STUDENTS) as usize];
        for offset in 0..5 {
            it.does(Verb::Accept { actor: some(offset), invite_id, data: data() });
        }
        it.does(Verb::Reject { actor: some(5), invite_id, data: data(), reason: None });
        for offset in 0..3 {
            let turn = InviteId::from_bytes(ids.next());
            it.does(Verb::InviteInGroup {
                actor: teacher,
                invite_id: turn,
                invitee_list: InviteeList::Members(vec![some(offset)]),
                data: Operation::CALL.to_data(),
                timeout: Timeout::NEVER,
                answers: Answers::Each,
            });
            it.does(Verb::Accept { actor: some(offset), invite_id: turn, data: data() });
            let whom = FinishWhom::Unnamed;
            it.does(Verb::Finish {
                actor: teacher,
                invite_id: turn,
                whom,
                reason: None,
                data: data(),
            });
        }
        it.does(Verb::Cancel { actor: teacher, invite_id, data: data(), reason: None });
        let whom = FinishWhom::Unnamed;
        it.does(Verb::Finish { actor: teacher, invite_id, whom, reason: None, data: data() });
        for offset in 6..8 {
            let ask = InviteId::from_bytes(ids.next());
            let actor = some(offset);
            it.does(Verb::InviteInGroup {
                actor,
                invite_id: ask,
                invitee_list: InviteeList::Everyone,
                data: Operation::SpeechApplication.to_data(),
                timeout: Timeout::NEVER,
                answers: Answers::First,
            });
            it.does(Verb::Cancel { actor, invite_id: ask, data: data(), reason: None });
        }
    }
    it.does(Verb::End { actor: teacher });
    Ok((group_id, it.log))
}

/// Makes the file. The schema is the server's own; the rows are what the store would have written.
async fn fill(file: &Path) -> Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let mut path = file.as_os_str().to_owned();
        path.push(ending);
        if let Err(error) = std::fs::remove_file(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(error.into());
        }
    }
    drop(Engine::open(Config::on(file), Arc::new(APPLICATIONS)).await?);
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Off);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let bar = progress("lessons by the rules", CLASSES)?;
    let mut ids = Ids(0);
    let start = 1_760_000_000_000_i64;
    for number in 0..CLASSES {
        // Some classes of the same moment, as when a bell rings.
        let at = Timestamp::from_millis(start + i64::try_from(number / 4)? * 1_800_000);
        let rounds = if number == CLASSES / 2 { LONG_ROUNDS } else { ROUNDS };
        let (group_id, log) = lesson(&mut ids, number, rounds, at)?;
        write(&mut connection, number, group_id, at, &log).await?;
        bar.inc(1);
    }
    bar.finish();
    sqlx::query("ANALYZE").execute(&mut connection).await?;
    connection.close().await?;

    // As a server has read them by then, each when it had gone quiet.
    let engine = Engine::open(Config::on(file), Arc::new(APPLICATIONS)).await?;
    let bar = progress("reading them", CLASSES)?;
    let mut after = None;
    loop {
        let classes = engine.classes(&ClassFilter::default(), after, 100).await?;
        let Some(last) = classes.last() else { break };
        after = Some(last.place());
        for class in &classes {
            engine.keep_reading(class).await?;
            bar.inc(1);
        }
    }
    bar.finish();
    Ok(())
}

async fn write(
    connection: &mut SqliteConnection,
    number: u64,
    group_id: GroupId,
    at: Timestamp,
    log: &[Event],
) -> Result<()> {
    let mut transaction = connection.begin().await?;
    let name = format!("Biology {} {}", number % 13, ["Oak", "Elm", "Ash"][(number % 3) as usize]);
    let last = log.last().ok_or("a lesson has events")?;
    sqlx::query(
        "INSERT INTO class (group_id, created_at, join_code, seq, name, name_folded, ended_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(group_id.as_bytes().as_slice())
    .bind(at.as_millis())
    .bind(format!("bench-{number}"))
    .bind(last.seq.cast_signed())
    .bind(&name)
    .bind(name.to_lowercase())
    .bind(last.at.as_millis())
    .execute(&mut *transaction)
    .await?;
    for event in log {
        sqlx::query("INSERT INTO event (group_id, seq, name, body) VALUES (?, ?, ?, ?)")
            .bind(group_id.as_bytes().as_slice())
            .bind(event.seq.cast_signed())
            .bind(event.kind.name())
            .bind(serde_json::to_string(event)?)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

// ---- The server --------------------------------------------------------------------------------

struct Served {
    child: Child,
    origin: String,
    http: Client,
    cookie: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        // It is the benchmark's own; nothing is lost with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    /// Starts the server, and tells how long it took until it answered.
    async fn start(binary: &Path, file: &Path) -> Result<(Self, Duration)> {
        let hash = hash_password(PASSWORD)?;
        let http =
            Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        let began = Instant::now();
        let mut child = Command::new(binary)
            .args(["--listen", "127.0.0.1:0", "--admin-password-hash"])
            .arg(hash)
            .arg("--database")
            .arg(file)
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the server has an output")?;
        let origin = BufReader::new(stdout)
            .lines()
            .map_while(std::result::Result::ok)
            .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned))
            .ok_or("the server did not listen")?;
        let served = Self { child, origin, http, cookie: String::new() };
        served.get("/healthz").await?.bytes().await?;
        Ok((served, began.elapsed()))
    }

    async fn sign_in(&mut self) -> Result<()> {
        let origin = &self.origin;
        let cookie = |answer: &reqwest::Response| {
            let cookie = answer.headers().get(header::SET_COOKIE)?.to_str().ok()?;
            Some(cookie.split(';').next().unwrap_or_default().to_owned())
        };
        let page = self.http.get(format!("{origin}/admin")).send().await?;
        let of_form = cookie(&page).ok_or("no cookie for the form")?;
        let signed_in = self
            .http
            .post(format!("{origin}/do/sign-in"))
            .header(header::COOKIE, of_form)
            .header(header::ORIGIN, origin)
            .header(header::ACCEPT, "text/html")
            .form(&[("password", PASSWORD)])
            .send()
            .await?;
        self.cookie = cookie(&signed_in).ok_or("no session")?;
        Ok(())
    }

    async fn get(&self, path: &str) -> Result<reqwest::Response> {
        let url = format!("{}{path}", self.origin);
        let answer = self.http.get(url).header(header::COOKIE, &self.cookie).send().await?;
        Ok(answer.error_for_status()?)
    }

    async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Result<Value> {
        let mut request = self.http.post(format!("{}/api/v1{path}", self.origin)).json(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    /// The most memory that the server has had, in MiB.
    fn peak_memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib: u64 =
            peak.and_then(|peak| peak.trim().split(' ').next()?.parse().ok()).unwrap_or(0);
        Ok(kib / 1_024)
    }
}

// ---- The measures ------------------------------------------------------------------------------

struct Measure {
    words: String,
    values: Vec<f64>,
}

impl Measure {
    fn new(words: impl Into<String>) -> Self {
        Self { words: words.into(), values: Vec::new() }
    }

    fn at(&self, share: f64) -> f64 {
        let mut sorted = self.values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place in a short list"
        )]
        let place = ((sorted.len().saturating_sub(1)) as f64 * share).round() as usize;
        sorted.get(place).copied().unwrap_or(f64::NAN)
    }
}

/// The path of a page, for the request of a number.
type Address<'a> = Box<dyn Fn(usize) -> String + 'a>;

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

async fn measure(binary: &Path, file: &Path) -> Result<()> {
    let engine = Engine::open(Config::on(file), Arc::new(APPLICATIONS)).await?;
    let (count, events) = engine.totals(&ClassFilter::default()).await?;
    let mut classes = Vec::new();
    let mut after = None;
    loop {
        let page = engine.classes(&ClassFilter::default(), after, 500).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.place());
        classes.extend(page);
    }
    let long = classes.iter().max_by_key(|class| class.seq).ok_or("no classes")?.clone();
    let chronicle = engine.reading(&long).await?;
    let chronicle = classroom::history::Chronicle::restore(&chronicle).ok_or("no reading")?;
    let middle = chronicle.pages()[chronicle.pages().len() / 2].from;
    let student = chronicle.people()[7].user;
    drop(engine);
    let invitations = (CLASSES - 1) * ROUNDS * 6 + LONG_ROUNDS * 6;
    println!("{count} classes, {events} events, {invitations} invitations");

    let [mut first_answer, mut first_class] =
        ["killed and started: the first answer", "killed and started: a class begun"]
            .map(Measure::new);
    for _ in 0..STARTS {
        let began = Instant::now();
        let (served, started) = Served::start(binary, file).await?;
        first_answer.values.push(started.as_secs_f64() * 1e3);
        served.post("/groups", None, &json!({ "name": "5B", "teacher": "Ms Park" })).await?;
        first_class.values.push(millis(began));
    }
    let (mut served, _) = Served::start(binary, file).await?;
    served.sign_in().await?;
    let some = |number: usize| &classes[number * 7_919 % classes.len()];
    let deep = some(3);
    let pages: Vec<(&str, Address<'_>)> = vec![
        ("a bare request (/healthz)", Box::new(|_| "/healthz".to_owned())),
        ("classes, newest", Box::new(|_| "/admin".to_owned())),
        (
            "classes, a page in the depth",
            Box::new(|_| format!("/admin?after={}.{}", deep.created_at.as_millis(), deep.group_id)),
        ),
        ("classes by name, many", Box::new(|_| "/admin?name=oak".to_owned())),
        ("classes by name, none", Box::new(|_| "/admin?name=chemistry".to_owned())),
        ("classes by date", Box::new(|_| "/admin?from=2025-11-01&until=2025-11-03".to_owned())),
        ("a class", Box::new(|number| format!("/admin/class/{}", some(number).group_id))),
        ("a class of a year", Box::new(|_| format!("/admin/class/{}", long.group_id))),
        (
            "a class of a year, its middle",
            Box::new(|_| format!("/admin/class/{}?from={middle}", long.group_id)),
        ),
        (
            "a person in a class of a year",
            Box::new(|_| format!("/admin/class/{}/person/{student}", long.group_id)),
        ),
    ];
    let mut measures: Vec<Measure> = pages.iter().map(|(words, _)| Measure::new(*words)).collect();
    let mut csv = Measure::new("export as CSV");
    let mut bare = Measure::new("the same events, read and dropped");
    let mut alone = Measure::new("a hand, with nobody reading");
    let mut beside = Measure::new("a hand, beside two exports");
    let before = served.peak_memory()?;
    let bar = progress("measuring", BATCHES as u64)?;
    for batch in 0..BATCHES {
        for turn in 0..pages.len() {
            let place = (turn + batch) % pages.len();
            for number in 0..REQUESTS {
                let path = pages[place].1(batch * REQUESTS + number);
                let began = Instant::now();
                served.get(&path).await?.bytes().await?;
                measures[place].values.push(millis(began));
            }
        }
        // A month of exports, and the same rows by a bare reading.
        let began = Instant::now();
        let rows = rows_of(&served, "/admin/export.csv?name=oak").await?;
        #[expect(clippy::cast_precision_loss, reason = "a few million rows")]
        csv.values.push(rows as f64 / began.elapsed().as_secs_f64());
        let began = Instant::now();
        let read = bare_reading(file).await?;
        #[expect(clippy::cast_precision_loss, reason = "a few million rows")]
        bare.values.push(read as f64 / began.elapsed().as_secs_f64());
        hands(&served, &mut alone).await?;
        let stop = Arc::new(AtomicBool::new(false));
        let exports = [0, 1].map(|_| {
            let url = format!("{}/admin/export.json", served.origin);
            let request = served.http.get(url).header(header::COOKIE, &served.cookie);
            let stop = Arc::clone(&stop);
            tokio::spawn(async move {
                let Ok(answer) = request.send().await else { return };
                let mut stream = answer.bytes_stream();
                while let Some(Ok(_)) = stream.next().await {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                }
            })
        });
        hands(&served, &mut beside).await?;
        stop.store(true, Ordering::Relaxed);
        for export in exports {
            export.await?;
        }
        bar.inc(1);
    }
    bar.finish();
    tell(&measures, &csv, &bare, &alone, &beside);
    for start in [&first_answer, &first_class] {
        let (median, high) = (start.at(0.5), start.at(1.0));
        let met = if median <= MUST_START_MILLIS { "met" } else { "MISSED" };
        println!(
            "{}: {median:.0} ms, {high:.0} at most, of {STARTS} starts; must be ≤ \
             {MUST_START_MILLIS:.0} ms: {met}",
            start.words
        );
    }
    println!("server's memory: {before} MiB before, {} MiB at most", served.peak_memory()?);
    Ok(())
}

async fn rows_of(served: &Served, path: &str) -> Result<usize> {
    let mut stream = served.get(path).await?.bytes_stream();
    let mut rows = 0;
    while let Some(bytes) = stream.try_next().await? {
        rows += bytes.iter().filter(|byte| **byte == b'\n').count();
    }
    Ok(rows)
}

/// Reads the events of as many classes as the export has, and nothing else.
async fn bare_reading(file: &Path) -> Result<usize> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let mut rows = sqlx::query(
        "SELECT event.name, event.body FROM class JOIN event USING (group_id)
         WHERE instr(class.name_folded, 'oak') > 0",
    )
    .fetch(&mut connection);
    let mut read = 0;
    while let Some(row) = rows.try_next().await? {
        let body: &str = row.try_get(1)?;
        read += usize::from(!body.is_empty());
    }
    Ok(read)
}

/// A student raises and lowers a hand, again and again; each is answered when it is on disk.
async fn hands(served: &Served, measure: &mut Measure) -> Result<()> {
    let begun =
        served.post("/groups", None, &json!({ "name": "5B", "teacher": "Ms Park" })).await?;
    let Credential { group_id: group, join_code, .. } = serde_json::from_value(begun)?;
    let join = Join { join_code: join_code.unwrap_or_default(), name: name("Ada")? };
    let joined = served.post("/join", None, &serde_json::to_value(join)?).await?;
    let Credential { token, .. } = serde_json::from_value(joined)?;
    let data = Operation::SpeechApplication.to_data();
    for _ in 0..REQUESTS * 2 {
        let began = Instant::now();
        let raise = json!({ "inviteeList": "*", "data": data, "timeout": 0 });
        let path = format!("/groups/{group}/inviteInGroup");
        let raised = served.post(&path, Some(&token), &raise).await?;
        measure.values.push(millis(began));
        let path = format!(
            "/groups/{group}/invitations/{}/cancel",
            raised["inviteID"].as_str().unwrap_or_default()
        );
        served.post(&path, Some(&token), &json!({})).await?;
    }
    Ok(())
}

fn tell(pages: &[Measure], csv: &Measure, bare: &Measure, alone: &Measure, beside: &Measure) {
    println!("\n| measure | median | p99 | must | |\n|---|---|---|---|---|");
    for page in pages {
        let (median, high) = (page.at(0.5), page.at(0.99));
        let met = if median <= MUST_MILLIS { "met" } else { "MISSED" };
        println!(
            "| {} | {median:.1} ms | {high:.1} ms | ≤ {MUST_MILLIS:.0} ms | {met} |",
            page.words
        );
    }
    let met = if csv.at(0.5) >= MUST_ROWS { "met" } else { "MISSED" };
    println!(
        "| {} | {:.0} rows/s | {:.0} to {:.0} | ≥ {MUST_ROWS:.0} rows/s | {met} |",
        csv.words,
        csv.at(0.5),
        csv.at(0.0),
        csv.at(1.0)
    );
    println!("| {} | {:.0} events/s | | | |", bare.words, bare.at(0.5));
    for hand in [alone, beside] {
        println!("| {} | {:.1} ms | {:.1} ms | | |", hand.words, hand.at(0.5), hand.at(0.99));
    }
    println!(
        "\nA hand beside two exports takes {:.2} times as long at the median, {:.2} times at the 99th \
         percentile.",
        beside.at(0.5) / alone.at(0.5),
        beside.at(0.99) / alone.at(0.99)
    );
}
