//! What people type, as it is taken and given back: by the forms, by the pages, and by the exports
//! as spreadsheets of more than one country read them.

#![expect(
    clippy::disallowed_methods,
    reason = "a file of an older schema is written by SQL of its own"
)]

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command as Program, Stdio};
use std::sync::Arc;

use app::Zone;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, HOST, LOCATION};
use axum::http::{HeaderMap, Request};
use classroom::{APPLICATIONS, Operation};
use server::{ClassFilter, Config, Engine, Joined, Token, enter_name, new_invite_id};
use signaling::{Answers, Command, InviteId, InviteeList, Name, Timeout, UserId};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use tower::ServiceExt;

use web::router;

struct School {
    folder: TempDir,
    engine: Engine,
    router: Router,
    /// The browser of the one teacher.
    teacher: Token,
}

struct Answer {
    headers: HeaderMap,
    text: String,
}

const SOMEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

fn name(text: &str) -> Name {
    enter_name(text).expect("a name")
}

impl School {
    async fn open(zone: &str) -> Self {
        Self::open_in(tempfile::tempdir().expect("a folder"), zone).await
    }

    async fn open_in(folder: TempDir, zone: &str) -> Self {
        let config = Config::on(folder.path().join("handup.sqlite3"));
        let engine = Engine::open(config, Arc::new(APPLICATIONS)).await;
        let engine = engine.expect("the database");
        let router = router(engine.clone(), Zone::named(zone).expect("a zone"));
        Self { folder, engine, router, teacher: Token::new() }
    }

    async fn begin(&self, class: &str, teacher: &str) -> Joined {
        self.begin_with(&self.teacher, class, teacher).await
    }

    async fn begin_with(&self, token: &Token, class: &str, teacher: &str) -> Joined {
        let begun = self.engine.create_group(SOMEWHERE, name(class), name(teacher), None, token);
        begun.await.expect("a class")
    }

    async fn join(&self, class: &Joined, who: &str) -> UserId {
        let (code, token) = (class.join_code.as_str(), Token::new());
        let joined = self.engine.join(SOMEWHERE, code, name(who), None, &token).await;
        joined.expect("a student").user_id
    }

    async fn command(&self, class: &Joined, command: Command) {
        let done = self.engine.command(class.group_id, SOMEWHERE, command).await;
        done.expect("it is done");
    }

    async fn ask(&self, class: &Joined, question: &str) -> InviteId {
        let invite_id = new_invite_id();
        let ask = Command::InviteInGroup {
            actor: class.user_id,
            invite_id,
            invitee_list: InviteeList::Everyone,
            data: Operation::asks(Some(question.to_owned())).to_data(),
            timeout: Timeout::NEVER,
            answers: Answers::Each,
        };
        self.command(class, ask).await;
        invite_id
    }

    async fn raise(&self, class: &Joined, round: InviteId, who: UserId) {
        let data = String::new();
        self.command(class, Command::Accept { actor: who, invite_id: round, data }).await;
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let mut request = request;
        let host = axum::http::HeaderValue::from_static("handup.test");
        request.headers_mut().entry(HOST).or_insert(host);
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(SOMEWHERE, 4_711)));
        let (head, body) =
            self.router.clone().oneshot(request).await.expect("an answer").into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a whole body");
        Answer { headers: head.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// What the teacher's browser gets of a path.
    async fn look(&self, path: &str) -> String {
        self.look_in(path, "").await
    }

    /// The same where it is read in these languages.
    async fn look_in(&self, path: &str, languages: &str) -> String {
        let request = Request::get(path).header(COOKIE, self.cookie());
        let request = request.header(ACCEPT_LANGUAGE, languages);
        self.send(request.body(Body::empty()).expect("a request")).await.text
    }

    fn cookie(&self) -> String {
        format!("handup={}", self.teacher.reveal())
    }

    /// Where a form leads that a browser without a script sends.
    async fn submit(&self, path: &str, cookie: &str, fields: &str) -> String {
        let request = Request::post(path)
            .header(COOKIE, cookie)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "text/html")
            .header("sec-fetch-site", "same-origin");
        let answer =
            self.send(request.body(Body::from(fields.to_owned())).expect("a request")).await;
        let leads_to = answer.headers.get(LOCATION).and_then(|it| it.to_str().ok());
        leads_to.unwrap_or_default().to_owned()
    }

    async fn csv(&self, class: &Joined) -> String {
        self.look(&format!("/class/{}/history/export.csv", class.group_id)).await
    }
}

/// The cells of a text of CSV, of which none breaks off at its end.
fn rows(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut is_quoted = false;
    let mut chars = csv.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !is_quoted => {}
            c => cell.push(c),
        }
    }
    rows
}

/// The rows of a text of CSV, each cell by the name of its column.
fn table(csv: &str) -> Vec<HashMap<String, String>> {
    let mut rows = rows(csv).into_iter();
    let columns = rows.next().expect("the names of the columns");
    rows.map(|row| columns.iter().cloned().zip(row).collect()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_takes_no_name_that_shows_nothing_and_no_question() {
    let school = School::open("UTC").await;
    let class = school.begin("4B", "Ms Noether").await;
    let code = class.join_code.as_str();
    // The browser has been on the pages of the forms.
    let form = format!("handup-form={}", Token::new().reveal());
    for unseen in ["%E2%80%8B", "%C2%AD", "%E3%85%A4", "%CC%81", "%E2%A0%80"] {
        let leads_to =
            school.submit("/do/join", &form, &format!("code={code}&name={unseen}")).await;
        assert!(leads_to.starts_with("/join?problem=name-strange"), "{leads_to}");
        for fields in [format!("name={unseen}&teacher=T"), format!("name=4C&teacher={unseen}")] {
            let leads_to = school.submit("/do/start", &form, &fields).await;
            assert!(leads_to.starts_with("/start?problem=name-strange"), "{leads_to}");
        }
        let ask = format!("group={}&deed=ask&question={unseen}", class.group_id);
        let leads_to = school.submit("/do/act", &school.cookie(), &ask).await;
        assert_eq!(leads_to, format!("/class/{}", class.group_id));
        let stop = format!("group={}&deed=stopAsking", class.group_id);
        school.submit("/do/act", &school.cookie(), &stop).await;
    }
}

// ---- Finding and ordering ----------------------------------------------------------------------

impl School {
    /// The names of the classes that are found by a search.
    async fn found(&self, name: &str) -> Vec<String> {
        let filter = ClassFilter { name: name.to_owned(), ..ClassFilter::default() };
        let classes = self.engine.classes(&filter, None, 10).await.expect("the classes");
        let (total, _) = self.engine.totals(&filter).await.expect("how many");
        assert_eq!(total, classes.len() as u64);
        classes.into_iter().map(|class| class.name).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_is_found_however_its_name_was_typed() {
    let school = School::open("UTC").await;
    let decomposed = "A\u{308}therchemie";
    school.begin(decomposed, "T").await;
    school.begin_with(&Token::new(), "Straßenkunde 9B", "T").await;
    for typed in ["\u{c4}therchemie", "ätherCHEMIE", "a\u{308}ther", "Ａ\u{308}ther", "Äth\u{ad}er"]
    {
        assert_eq!(school.found(typed).await, [decomposed], "{typed}");
    }
    for typed in ["STRASSENKUNDE", "straßen", "kunde\u{a0}９b"] {
        assert_eq!(school.found(typed).await, ["Straßenkunde 9B"], "{typed}");
    }
    assert_eq!(school.found("Other").await, [""; 0]);
    assert_eq!(school.found("").await.len(), 2);
}

#[tokio::test]
async fn a_class_of_an_older_file_is_found_so_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let all = Migrator::new(Path::new("../migrations/sqlite")).await.expect("migrations");
    let before = all.iter().filter(|it| it.version < 4).cloned().collect();
    let older = Migrator { migrations: before, ..all };
    let path = folder.path().join("handup.sqlite3");
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut file = SqliteConnection::connect_with(&options).await.expect("a file");
    older.run(&mut file).await.expect("the schema of before");
    let class = "INSERT INTO class (group_id, created_at, join_code, seq, name, name_folded)
         VALUES (zeroblob(16), 1, 'ABCDEF', 0, ?, ?)";
    let class = sqlx::query(class).bind("A\u{308}therchemie").bind("a\u{308}therchemie");
    class.execute(&mut file).await.expect("a class");
    file.close().await.expect("it is closed");
    let school = School::open_in(folder, "UTC").await;
    assert_eq!(school.found("\u{e4}therchemie").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_stand_in_the_order_of_the_readers_language() {
    let school = School::open("UTC").await;
    let class = school.begin("4B", "Ms Noether").await;
    for who in ["Zoe", "Łukasz", "Ágnes", "Åke", "A\u{301}da", "mia"] {
        school.join(&class, who).await;
    }
    let history = format!("/class/{}/history", class.group_id);
    for (languages, expected) in [
        ("de-DE,de;q=0.9", ["A\u{301}da", "Ágnes", "Åke", "Łukasz", "mia", "Zoe"]),
        ("", ["A\u{301}da", "Ágnes", "Åke", "Łukasz", "mia", "Zoe"]),
        ("sv,en;q=0.5", ["A\u{301}da", "Ágnes", "Łukasz", "mia", "Zoe", "Åke"]),
    ] {
        let page = school.look_in(&history, languages).await.replace("<!>", "");
        let table = page.split_once("people-table").expect("the table").1;
        let rows = table.split("<th scope=\"row\">").skip(1);
        let names = rows.filter_map(|row| Some(row.split_once("<bdi>")?.1.split_once("</bdi>")?.0));
        assert_eq!(names.collect::<Vec<_>>(), expected, "{languages}");
    }
}

// ---- Names that look alike ---------------------------------------------------------------------

#[tokio::test(flavor = "multi_thread")]
async fn names_that_look_alike_are_told_apart_in_the_history_and_in_every_export() {
    let school = School::open("UTC").await;
    let class = school.begin("4B", "Ms Park").await;
    let mut students = Vec::new();
    for who in ["Ada", "Ada", "\u{410}da", "Ms Park"] {
        students.push(school.join(&class, who).await);
    }
    let round = school.ask(&class, "Why?").await;
    for student in &students {
        school.raise(&class, round, *student).await;
    }
    let told = ["Ada", "Ada (2)", "\u{410}da (3)", "Ms Park (2)"];

    let rows = table(&school.csv(&class).await);
    let cells = |column: &str| rows.iter().map(|row| row[column].clone()).collect::<Vec<_>>();
    assert_eq!(cells("person"), told);
    assert_eq!(cells("person_role"), ["student"; 4]);
    assert_eq!(cells("invited_by"), ["Ms Park"; 4]);

    let history = format!("/class/{}/history", class.group_id);
    let json = school.look(&format!("{history}/export.json")).await;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let people = json["classes"][0]["people"].as_array().expect("people");
    let apart = |person: &serde_json::Value| match person["alike"]["number"].as_u64() {
        Some(number) => format!("{} ({number})", person["name"].as_str().unwrap_or_default()),
        None => person["name"].as_str().unwrap_or_default().to_owned(),
    };
    let in_json: Vec<String> = people.iter().map(apart).collect();
    assert_eq!(in_json, ["Ms Park", "Ada", "Ada (2)", "\u{410}da (3)", "Ms Park (2)"]);
    assert_eq!(people[4]["alike"]["userID"], people[0]["userID"]);

    let page = school.look(&history).await.replace("<!>", "");
    for name in told {
        assert!(page.contains(&format!("<bdi>{name}</bdi>")), "{name}: {page}");
    }
    let marked =
        page.split("<th scope=\"row\">").filter(|row| row.contains("named like a teacher"));
    let marked: Vec<&str> = marked.collect();
    assert!(matches!(marked[..], [row] if row.contains("Ms Park (2)")), "{marked:?}");
    let person = school.look(&format!("{history}/person/{}", students[3])).await;
    assert!(person.replace("<!>", "").contains("The name looks like a teacher"), "{person}");
}

// ---- Spreadsheets ------------------------------------------------------------------------------

/// The numbers of the filter by which LibreOffice reads and writes CSV: commas, quotes, UTF-8, from
/// the first row, nothing said of columns, in the language of the profile, quotes not kept, times
/// and the like recognized, as they are shown.
const FILTER: &str = "44,34,76,1,,0,false,true,true";

/// What a spreadsheet program set up for a country makes of a file, as CSV again.
fn read_by_spreadsheet(folder: &Path, file: &Path, country: &str) -> String {
    let profile = folder.join(format!("profile-{country}"));
    std::fs::create_dir_all(profile.join("user")).expect("a folder");
    let settings = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>{country}</value></prop></item>
</oor:items>"#
    );
    std::fs::write(profile.join("user/registrymodifications.xcu"), settings).expect("settings");
    let output = folder.join(country);
    let converted = Program::new("soffice")
        .arg(format!("-env:UserInstallation=file://{}", profile.display()))
        .args(["--headless", &format!("--infilter=CSV:{FILTER}"), "--convert-to"])
        .arg(format!("csv:Text - txt - csv (StarCalc):{FILTER}"))
        .arg("--outdir")
        .arg(&output)
        .arg(file)
        .stdin(Stdio::null())
        .output()
        .expect("soffice");
    let written: PathBuf = output.join(file.file_name().expect("a name"));
    std::fs::read_to_string(written).unwrap_or_else(|error| {
        panic!("soffice did not convert the export: {error}\n{converted:?}")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn spreadsheets_of_two_countries_read_an_export_alike() {
    // `cargo xtask test` installs it.
    if Program::new("soffice").arg("--version").output().is_err() {
        println!("skipped: there is no soffice, which reads the exports here");
        return;
    }
    let school = School::open("Europe/Berlin").await;
    let class = school.begin("9E2", "1.304").await;
    let mut students = Vec::new();
    for who in ["007", "3/4", "1,5", "12:30", "Ädä", "=1+1", "2026-11-28"] {
        students.push(school.join(&class, who).await);
    }
    let round = school.ask(&class, "1.500").await;
    for student in &students {
        school.raise(&class, round, *student).await;
    }
    let file = school.folder.path().join("export.csv");
    let exported = school.csv(&class).await;
    std::fs::write(&file, &exported).expect("the file");
    let written = table(&exported);
    assert_eq!(written.len(), students.len());
    for row in &written {
        let number = |column: &str| row[column].parse::<u64>().expect("a whole number");
        let millis = number("milliseconds_to_answer");
        assert_eq!(number("seconds_to_answer"), (millis + 500) / 1_000);
    }
    for country in ["en-US", "de-DE"] {
        let read = table(&read_by_spreadsheet(school.folder.path(), &file, country));
        assert_eq!(read.len(), written.len(), "{country}");
        for (read, written) in read.iter().zip(&written) {
            for (column, cell) in written {
                // It is a truth value where the program knows the word.
                let read = if column == "one_to_one" {
                    read[column].to_lowercase()
                } else {
                    read[column].clone()
                };
                assert_eq!(&read, cell, "{column} in {country}");
            }
        }
    }
}
