//! What becomes of the server, and of those in its classes, when its file or disk fails.

#![expect(
    clippy::disallowed_methods,
    reason = "the file is looked at without the server's own code"
)]

use std::path::Path;
use std::time::Duration;

use crash::client::{Answer, Client, Event, Member, Request, Stream};
use crash::disk::{Disk, Reached};
use crash::server::{Program, Running, binary, shim};
use fastrand::Rng;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;

const NO_SPACE: i32 = 28;
const IO: i32 = 5;
const READ_ONLY: i32 = 30;

/// How long anything may take before a test gives it up.
const PATIENCE: Duration = Duration::from_secs(30);

fn program(folder: &Path) -> Program {
    let binary = binary().expect("the server");
    let program = Program::new(&binary, folder).expect("a program");
    program.with_shim(&shim().expect("the shim")).expect("a shim")
}

/// A server with a class in which somebody follows everything.
struct School {
    program: Program,
    running: Option<Running>,
    client: Client,
    teacher: Member,
    student: Member,
    stream: Stream,
    _folder: TempDir,
}

impl School {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut program = program(folder.path());
        let running = program.start().await.expect("a server");
        let client = Client::new(program.address).expect("a client");
        let body = json!({ "name": "4B", "teacher": "Ms Noether" });
        let begun = client.send(&Request::new(Method::POST, "/groups").json(body)).await;
        let begun = begun.expect("an answer").body;
        let teacher = Member::of(&begun).expect("a teacher");
        let body = json!({ "joinCode": begun["joinCode"], "name": "Ada" });
        let joined = client.send(&Request::new(Method::POST, "/join").json(body)).await;
        let student = Member::of(&joined.expect("an answer").body).expect("a student");
        let stream = client.stream(&teacher, 0).await.expect("a stream");
        let mut school = Self {
            program,
            running: Some(running),
            client,
            teacher,
            student,
            stream,
            _folder: folder,
        };
        while school.hears().await.seq < school.snapshot().await["seq"].as_u64().expect("a seq") {}
        school
    }

    fn fails(&self, faults: &str) {
        std::fs::write(self.program.faults(), faults).expect("a file");
    }

    async fn kill(&mut self) {
        self.running.take().expect("a server").kill().await.expect("it runs");
    }

    async fn start(&mut self) {
        self.running = Some(self.program.start().await.expect("a server"));
    }

    async fn stop(&mut self) {
        self.running.take().expect("a server").stop().await.expect("it stops");
    }

    async fn invite(&self, mark: &str) -> Answer {
        let body = json!({ "inviteeList": "*", "data": mark, "timeout": 0 });
        let key = mark.get(..20).unwrap_or(mark);
        let request = Request::of(&self.teacher, Method::POST, "/inviteInGroup");
        self.client.send(&request.json(body).key(key)).await.expect("an answer")
    }

    async fn try_snapshot(&self) -> Answer {
        let request = Request::of(&self.student, Method::GET, "");
        self.client.send(&request).await.expect("an answer")
    }

    /// The class as the student sees it, but for the time and who is there.
    async fn snapshot(&self) -> Value {
        let mut answer = self.try_snapshot().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["now"].take();
        for member in answer.body["members"].as_array_mut().expect("members") {
            member["online"].take();
        }
        answer.body
    }

    async fn hears(&mut self) -> Event {
        let next = tokio::time::timeout(PATIENCE, self.stream.next()).await;
        next.expect("an event in time").expect("an event").expect("the stream goes on")
    }

    async fn is_well_again(&self) {
        let well = async {
            while self.client.health().await.expect("an answer").0 != 200 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, well).await.expect("it is well by itself");
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.program.log).unwrap_or_default()
    }

    /// A connection beside the server's.
    async fn other_program(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(&self.program.database);
        let options = options.busy_timeout(Duration::from_secs(10));
        SqliteConnection::connect_with(&options).await.expect("another connection")
    }
}

/// Checks that an answer says no more than that the server has failed.
#[track_caller]
fn tells_nothing_internal(answer: &Answer) {
    assert_eq!((answer.status, &answer.body["status"]), (503, &json!(503)), "{answer:?}");
    let text = answer.body.to_string().to_lowercase();
    for word in ["sql", "disk", "i/o", "database", "handup", "/tmp", "(code", "corrupt", "panic"] {
        assert!(!text.contains(word), "{text} tells of {word}");
    }
}

#[tokio::test]
async fn while_nothing_can_be_written_nobody_is_told_otherwise_and_then_it_goes_on() {
    for fault in [
        format!("write -wal {NO_SPACE}"),
        format!("write -wal {IO}"),
        format!("write * {READ_ONLY}"),
        format!("sync -wal {IO}"),
    ] {
        println!("{fault}");
        let mut school = School::open().await;
        assert_eq!(school.invite("before").await.status, 201);
        let before = school.hears().await;
        let snapshot = school.snapshot().await;
        school.fails(&fault);
        for _ in 0..2 {
            tells_nothing_internal(&school.invite("meanwhile").await);
            assert_eq!(school.snapshot().await, snapshot, "nothing has changed");
        }
        let (status, text) = school.client.health().await.expect("an answer");
        assert_eq!(status, 503, "{text}");
        school.fails("");
        school.is_well_again().await;
        let done = school.invite("meanwhile").await;
        assert_eq!((done.status, &done.body["seq"]), (201, &json!(before.seq + 1)), "{done:?}");
        let heard = school.hears().await;
        assert_eq!(heard.seq, before.seq + 1, "{heard:?}");
        assert!(heard.text.contains("meanwhile"), "{heard:?}");
        school.stop().await;
        let log = school.log();
        assert!(log.contains("failed error=") && !log.contains("panicked"), "{log}");
    }
}

#[tokio::test]
async fn what_is_answered_after_a_failed_sync_survives_the_loss_of_power() {
    for fault in ["sync -wal 5 1", "sync db 5 1", "sync -wal 5 2", "sync * 5 3", "write db 28 3"] {
        println!("{fault}");
        let mut school = School::open().await;
        school.stop().await;
        let _ = std::fs::remove_file(school.program.journal());
        let disk = Disk::of(&school.program.database).expect("a disk");
        school.start().await;
        // So much that the write-ahead log is taken over into the database meanwhile.
        let much = "much ".repeat(1_000);
        let mut answered = Vec::new();
        for round in 0..300 {
            if round == 120 {
                school.fails(fault);
            }
            let mark = format!("{round} {much}");
            let request = Request::of(&school.teacher, Method::POST, "/inviteInGroup");
            let body = json!({ "inviteeList": [school.student.user], "data": mark, "timeout": 0 });
            let request = request.json(body).key(&round.to_string());
            let answer = school.client.insist(&request).await;
            assert_eq!(answer.status, 201, "{answer:?}");
            answered.push(answer.body["seq"].as_u64().expect("a seq"));
        }
        school.kill().await;
        school.fails("");
        let journal = std::fs::read(school.program.journal()).expect("a journal");
        disk.cut(&journal, Reached::Nothing, &mut Rng::with_seed(1)).expect("a cut");
        std::fs::remove_file(school.program.journal()).expect("a journal");
        school.start().await;
        let mut stream = school.client.stream(&school.teacher, answered[0] - 1).await.expect("one");
        for (round, seq) in answered.into_iter().enumerate() {
            let event = stream.next().await.expect("an event").expect("the stream goes on");
            assert_eq!(event.seq, seq);
            assert!(event.text.contains(&format!("\"{round} much")), "{round}");
        }
        assert!(!school.log().contains("panicked"), "{}", school.log());
    }
}

#[tokio::test]
async fn what_is_shown_after_a_kill_is_on_the_disk_by_then() {
    let mut school = School::open().await;
    let _ = school.stop().await;
    std::fs::remove_file(school.program.journal()).expect("a journal");
    let disk = Disk::of(&school.program.database).expect("a disk");
    school.start().await;
    // The head of the write-ahead log is synced before anything is written behind it.
    assert_eq!(school.invite("before").await.status, 201);
    // It is written, and the sync that would make it last never comes back.
    school.fails("sync -wal 0");
    let asked = tokio::time::timeout(Duration::from_millis(500), school.invite("in between")).await;
    assert!(asked.is_err(), "nothing is answered: {asked:?}");
    school.kill().await;
    school.fails("");
    school.start().await;
    let shown = school.snapshot().await;
    school.kill().await;
    let journal = std::fs::read(school.program.journal()).expect("a journal");
    disk.cut(&journal, Reached::Nothing, &mut Rng::with_seed(1)).expect("a cut");
    std::fs::remove_file(school.program.journal()).expect("a journal");
    school.start().await;
    assert!(shown.to_string().contains("in between"), "it had been written: {shown}");
    assert_eq!(school.snapshot().await, shown);
}

#[tokio::test]
async fn a_class_that_cannot_be_read_is_there_again_when_it_can() {
    let mut school = School::open().await;
    assert_eq!(school.invite("before").await.status, 201);
    let snapshot = school.snapshot().await;
    school.stop().await;
    school.start().await;
    school.fails(&format!("read * {IO}"));
    tells_nothing_internal(&school.try_snapshot().await);
    school.fails("");
    assert_eq!(school.snapshot().await, snapshot);
    assert_eq!(school.invite("after").await.status, 201);
    school.is_well_again().await;
    assert!(!school.log().contains("panicked"), "{}", school.log());
}

#[tokio::test]
async fn a_database_that_another_program_has_locked_can_be_read_and_then_written_again() {
    let mut school = School::open().await;
    let snapshot = school.snapshot().await;
    let mut other = school.other_program().await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("the lock");
    tells_nothing_internal(&school.invite("meanwhile").await);
    assert_eq!(school.snapshot().await, snapshot);
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("the end of the lock");
    assert_eq!(school.invite("meanwhile").await.status, 201);
    school.is_well_again().await;
    assert!(school.hears().await.text.contains("meanwhile"));
}

#[tokio::test]
async fn a_class_whose_log_is_damaged_leaves_the_others_alone() {
    let mut school = School::open().await;
    // The pages in the middle of so many are the class's alone.
    for number in 0..60 {
        let mark = format!("page {number} ").repeat(60);
        assert_eq!(school.invite(&mark).await.status, 201);
    }
    let body = json!({ "name": "5C", "teacher": "Mr Hilbert" });
    let begun = school.client.send(&Request::new(Method::POST, "/groups").json(body)).await;
    let other = Member::of(&begun.expect("an answer").body).expect("a teacher");
    let rename = |number: u32| {
        let name = format!("5C {}", number.to_string().repeat(50).get(..50).unwrap_or_default());
        Request::of(&other, Method::PATCH, "").json(json!({ "name": name }))
    };
    for number in 0..100 {
        assert_eq!(school.client.insist(&rename(number)).await.status, 200);
    }
    school.stop().await;
    take_over(&school.program.database).await;
    let mut bytes = std::fs::read(&school.program.database).expect("the file");
    let text = b"page 30 page 30 ";
    let places: Vec<usize> = (0..bytes.len() - text.len())
        .filter(|place| bytes[*place..].starts_with(text))
        .map(|place| place / 4_096)
        .collect();
    assert!(!places.is_empty() && !places.contains(&0));
    for page in places {
        bytes[page * 4_096..][..4_096].fill(0xa5);
    }
    std::fs::write(&school.program.database, bytes).expect("the file");
    school.start().await;
    tells_nothing_internal(&school.try_snapshot().await);
    for number in 200..203 {
        assert_eq!(school.client.insist(&rename(number)).await.status, 200);
    }
    tells_nothing_internal(&school.try_snapshot().await);
    let log = school.log();
    assert!(log.contains("malformed") && !log.contains("panicked"), "{log}");
}

/// Starts the server on what was made of its file, and gives what it says when it gives up.
async fn refuses(make: impl AsyncFnOnce(&mut Program)) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = program(folder.path());
    make(&mut program).await;
    let mut running = program.spawn().expect("a start");
    let status = running.ends().await.expect("it gives up");
    assert!(!status.success(), "{status}");
    let told = running.told().expect("a log");
    assert!(!told.contains("panicked"), "{told}");
    let last = told.lines().last().unwrap_or_default().to_owned();
    assert!(last.starts_with("handup: "), "{told}");
    last
}

/// A file that a server has left in order, with nothing beside it.
async fn left_behind(program: &mut Program) {
    program.start().await.expect("a server").stop().await.expect("it stops");
    take_over(&program.database).await;
}

/// Takes what the write-ahead log holds over into the database.
async fn take_over(database: &Path) {
    let options = SqliteConnectOptions::new().filename(database);
    let mut file = SqliteConnection::connect_with(&options).await.expect("a connection");
    let take_over = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)");
    take_over.execute(&mut file).await.expect("it is taken over");
    file.close().await.expect("it is closed");
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_said_so_at_the_start() {
    let write = |program: &Program, bytes: &[u8]| std::fs::write(&program.database, bytes);
    let text = refuses(async |it| write(it, &b"no database at all".repeat(500)).expect("a file"));
    assert!(text.await.contains("it is no SQLite database"));

    let truncated = refuses(async |it| {
        left_behind(it).await;
        let bytes = std::fs::read(&it.database).expect("the file");
        write(it, &bytes[..bytes.len() / 2 / 4_096 * 4_096]).expect("a file");
    });
    assert!(truncated.await.contains("the file is corrupt; restore a backup"));

    let garbled = refuses(async |it| {
        left_behind(it).await;
        let mut bytes = std::fs::read(&it.database).expect("the file");
        bytes[100..4_096].fill(0xa5);
        write(it, &bytes).expect("a file");
    });
    assert!(garbled.await.contains("the file is corrupt; restore a backup"));

    let folder = refuses(async |it| std::fs::create_dir(&it.database).expect("a folder"));
    assert!(folder.await.contains("it is a folder"));

    let missing =
        refuses(async |it| it.database = it.database.with_file_name("none/handup.sqlite3"));
    assert!(missing.await.contains("its folder is not there"));
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_said_so_at_the_start() {
    for new in [true, false] {
        let read_only = refuses(async |it| {
            if !new {
                left_behind(it).await;
            }
            std::fs::write(it.faults(), format!("open db {READ_ONLY}")).expect("a file");
        });
        let said = read_only.await;
        assert!(
            said.contains("it is read-only") || new && said.contains("may not open it"),
            "{said}"
        );
        let full = refuses(async |it| {
            if !new {
                left_behind(it).await;
            }
            std::fs::write(it.faults(), format!("write * {NO_SPACE}")).expect("a file");
        });
        assert!(full.await.contains("its disk is full"));
        let broken = refuses(async |it| {
            if !new {
                left_behind(it).await;
            }
            std::fs::write(it.faults(), format!("sync * {IO}")).expect("a file");
        });
        assert!(broken.await.contains("its disk fails"));
    }
}

#[tokio::test]
async fn a_file_that_another_program_has_locked_is_said_so_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = program(folder.path());
    left_behind(&mut program).await;
    let options = SqliteConnectOptions::new().filename(&program.database);
    let mut other = SqliteConnection::connect_with(&options).await.expect("a connection");
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.expect("the lock");
    let mut running = program.spawn().expect("a start");
    assert!(!running.ends().await.expect("it gives up").success());
    let told = running.told().expect("a log");
    assert!(told.contains("another program") && !told.contains("panicked"), "{told}");
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("the end of the lock");
    left_behind(&mut program).await;
}

/// A file of the oldest schema, with nothing in it.
async fn of_the_oldest_schema(path: &Path) -> SqliteConnection {
    let all = Migrator::new(Path::new("../migrations/sqlite")).await.expect("migrations");
    let first = all.iter().next().expect("a migration").clone();
    let oldest = Migrator::with_migrations(vec![first]);
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut file = SqliteConnection::connect_with(&options).await.expect("a file");
    oldest.run(&mut file).await.expect("the oldest schema");
    file
}

/// Each class's name, its name to search by and its end; and all there is in the logs.
type Kept = (Vec<(String, String, Option<i64>)>, Vec<(Vec<u8>, i64, String, String)>);

async fn kept(database: &Path) -> Kept {
    let options = SqliteConnectOptions::new().filename(database);
    let mut file = SqliteConnection::connect_with(&options).await.expect("a connection");
    let classes = "SELECT name, name_folded, ended_at FROM class ORDER BY group_id";
    let classes = sqlx::query_as(classes).fetch_all(&mut file).await.expect("the classes");
    let events = "SELECT group_id, seq, name, body FROM event ORDER BY group_id, seq";
    let events = sqlx::query_as(events).fetch_all(&mut file).await.expect("the logs");
    file.close().await.expect("it is closed");
    (classes, events)
}

#[tokio::test]
async fn classes_of_an_older_schema_keep_their_names_their_ends_and_their_logs() {
    let mut school = School::open().await;
    assert_eq!(school.invite("before").await.status, 201);
    let body = json!({ "name": "5C", "teacher": "Mr Hilbert" });
    let begun = school.client.send(&Request::new(Method::POST, "/groups").json(body)).await;
    let other = Member::of(&begun.expect("an answer").body).expect("a teacher");
    let rename = Request::of(&other, Method::PATCH, "").json(json!({ "name": "Öffentlich 5C" }));
    assert_eq!(school.client.insist(&rename).await.status, 200);
    assert_eq!(school.client.insist(&Request::of(&other, Method::POST, "/end")).await.status, 200);
    let once = json!({ "inviteeList": "*", "data": "once", "timeout": 0 });
    let once = Request::of(&school.teacher, Method::POST, "/inviteInGroup").json(once).key("once");
    let first = school.client.insist(&once).await;
    assert_eq!(first.status, 201);
    let snapshot = school.snapshot().await;
    school.stop().await;

    let database = school.program.database.clone();
    take_over(&database).await;
    let before = kept(&database).await;
    let ended: Vec<_> = before.0.iter().filter(|(_, _, ended_at)| ended_at.is_some()).collect();
    assert!(matches!(ended[..], [(name, _, _)] if name == "Öffentlich 5C"), "{:?}", before.0);
    let older = database.with_file_name("older.sqlite3");
    let mut file = of_the_oldest_schema(&older).await;
    for copy in [
        &*format!("ATTACH '{}' AS newer", database.display()),
        "INSERT INTO class (group_id, created_at, join_code, seq, next_deadline)
         SELECT group_id, created_at, join_code, seq, next_deadline FROM newer.class",
        "INSERT INTO event SELECT * FROM newer.event",
        "INSERT INTO credential SELECT token_hash, group_id, user_id, created_at
         FROM newer.token JOIN newer.membership USING (browser)",
        "INSERT INTO first_answer SELECT group_id, user_id, key, request_hash, status,
             CAST(json_extract(kept, '$.body') AS BLOB), at FROM newer.first_answer",
    ] {
        sqlx::query(sqlx::AssertSqlSafe(copy)).execute(&mut file).await.expect("a copy");
    }
    file.close().await.expect("it is closed");
    std::fs::rename(&older, &database).expect("the older one in its place");

    school.start().await;
    assert_eq!(kept(&database).await, before);
    assert_eq!(school.snapshot().await, snapshot);
    assert_eq!(school.client.insist(&once).await.body, first.body, "it is not done again");
    assert_eq!(school.invite("after").await.status, 201);
    let page = format!("http://{}/class/{}/history", school.program.address, other.group);
    let page = reqwest::Client::new().get(page).header("cookie", format!("handup={}", other.token));
    let page = page.send().await.expect("an answer").text().await.expect("a page");
    assert!(page.contains("Öffentlich 5C") && page.contains("Mr Hilbert"), "{page}");
}

#[tokio::test]
async fn an_older_schema_is_brought_up_to_date_and_a_newer_one_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = program(folder.path());
    let mut file = of_the_oldest_schema(&program.database).await;
    left_behind(&mut program).await;

    let newer =
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9999, 'of a time to come', 1, x'00', 0)";
    sqlx::query(newer).execute(&mut file).await.expect("a newer schema");
    let mut running = program.spawn().expect("a start");
    assert!(!running.ends().await.expect("it gives up").success());
    let told = running.told().expect("a log");
    assert!(told.contains("written by a newer Handup") && told.contains("9999"), "{told}");
}
