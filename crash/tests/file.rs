//! The file of a server that runs: a second server on it, copies of it, and what is said about it.

#![expect(
    clippy::disallowed_methods,
    reason = "the file is looked at without the server's own code"
)]

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use crash::client::{Client, Member, Request};
use crash::server::{Program, Running, binary, shim};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use tokio::process::Command;

const NO_SPACE: i32 = 28;

/// A server with a class.
struct School {
    program: Program,
    running: Option<Running>,
    client: Client,
    teacher: Member,
    folder: TempDir,
}

impl School {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = binary().expect("the server");
        let mut program = Program::new(&binary, folder.path()).expect("a program");
        let running = Some(program.start().await.expect("a server"));
        let client = Client::new(program.address).expect("a client");
        let body = json!({ "name": "4B", "teacher": "Ms Noether" });
        let begun = client.send(&Request::new(Method::POST, "/groups").json(body)).await;
        let teacher = Member::of(&begun.expect("an answer").body).expect("a teacher");
        Self { program, running, client, teacher, folder }
    }

    async fn invites(&self, mark: &str) {
        let body = json!({ "inviteeList": "*", "data": mark, "timeout": 0 });
        let request = Request::of(&self.teacher, Method::POST, "/inviteInGroup").json(body);
        let answer = self.client.insist(&request.key(mark)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let cancel =
            format!("/invitations/{}/cancel", answer.body["inviteID"].as_str().expect("an id"));
        let cancel = Request::of(&self.teacher, Method::POST, &cancel).json(json!({}));
        assert_eq!(self.client.insist(&cancel).await.status, 200);
    }

    /// The class, but for the time and who is there.
    async fn snapshot(&self) -> Value {
        let request = Request::of(&self.teacher, Method::GET, "");
        let mut answer = self.client.insist(&request).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["now"].take();
        answer.body["members"][0]["online"].take();
        answer.body
    }

    async fn kill(&mut self) {
        self.running.take().expect("a server").kill().await.expect("it runs");
    }

    async fn stop(&mut self) {
        self.running.take().expect("a server").stop().await.expect("it stops");
    }

    async fn start(&mut self) {
        self.running = Some(self.program.start().await.expect("a server"));
    }

    /// Runs the program for something else than serving; gives whether it did it, and what it said.
    async fn runs(&self, arguments: &[&str], environment: &[(&str, &Path)]) -> (bool, String) {
        let output = Command::new(&self.program.binary)
            .args(arguments)
            .arg("--database")
            .arg(&self.program.database)
            .envs(environment.iter().copied())
            .output()
            .await
            .expect("it runs");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().expect("the folder").join(name)
    }

    fn names(&self) -> BTreeSet<String> {
        let files = std::fs::read_dir(self.folder.path()).expect("the folder");
        let name = |file: std::io::Result<std::fs::DirEntry>| file.expect("an entry").file_name();
        files.map(|file| name(file).to_string_lossy().into_owned()).collect()
    }

    /// The environment in which the disk under this file is full.
    fn full_disk<'a>(
        &self,
        faults: &'a Path,
        shim: &'a Path,
        of: &'a Path,
    ) -> [(&'static str, &'a Path); 3] {
        std::fs::write(faults, format!("write db {NO_SPACE}")).expect("a file");
        [("LD_PRELOAD", shim), ("SHIM_DATABASE", of), ("SHIM_FAULTS", faults)]
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

#[tokio::test]
async fn a_second_server_on_a_file_is_told_who_has_it_and_a_killed_one_has_it_no_more() {
    let mut school = School::open().await;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let log = school.beside("second.log");
    let mut second = Program { address, log, ..school.program.clone() };
    let mut refused = second.spawn().expect("a start");
    assert!(!refused.ends().await.expect("it gives up").success());
    let told = refused.told().expect("a log");
    let process = school.running.as_ref().and_then(Running::id).expect("a process");
    let who = format!("by process {process}, which listens on http://{}", school.program.address);
    assert!(told.contains(&who) && told.contains("Stop that server first"), "{told}");
    school.invites("the first one goes on").await;
    let before = school.snapshot().await;

    school.kill().await;
    school.running = Some(second.start().await.expect("the lock went with its process"));
    school.client = Client::new(second.address).expect("a client");
    assert_eq!(school.snapshot().await, before);
}

#[tokio::test]
async fn what_was_backed_up_is_restored_as_the_readme_says() {
    let mut school = School::open().await;
    for number in 0..40 {
        school.invites(&format!("before {number}")).await;
    }
    let snapshot = school.snapshot().await;
    let backup = school.beside("backup.sqlite3");
    let (done, said) = school.runs(&["backup", text(&backup)], &[]).await;
    assert!(done && said.contains("backup.sqlite3 is an intact copy"), "{said}");
    assert!(said.contains("classes 1, events 82"), "{said}");
    let (done, said) = school.runs(&["backup", text(&backup)], &[]).await;
    assert!(!done && said.contains("nothing is overwritten"), "{said}");
    for number in 0..40 {
        school.invites(&format!("after {number}")).await;
    }
    school.kill().await;

    let of_database =
        |name: &String| name.as_str() == "handup.sqlite3" || name.starts_with("handup.sqlite3-");
    for name in school.names().iter().filter(|name| of_database(name)) {
        std::fs::rename(school.beside(name), school.beside(&format!("away-{name}"))).expect("away");
    }
    std::fs::copy(&backup, &school.program.database).expect("the copy in its place");
    school.start().await;
    assert_eq!(school.snapshot().await, snapshot);
}

#[tokio::test]
async fn a_backup_is_whole_whatever_is_written_meanwhile() {
    let school = School::open().await;
    let invites = async {
        for number in 0..60 {
            school.invites(&format!("{number}")).await;
        }
    };
    let backs_up = async {
        for number in 0..6 {
            let backup = school.beside(&format!("backup-{number}.sqlite3"));
            let (done, said) = school.runs(&["backup", text(&backup)], &[]).await;
            assert!(done, "{said}");
        }
    };
    tokio::join!(invites, backs_up);
    for number in 0..6 {
        let backup = school.beside(&format!("backup-{number}.sqlite3"));
        let (done, said) = school.runs(&["check", text(&backup)], &[]).await;
        assert!(done && said.contains("is intact: classes 1"), "{said}");
    }
    let (done, said) = school.runs(&["check", text(&school.program.database)], &[]).await;
    assert!(done && said.contains("is intact: classes 1, events 122"), "{said}");
}

#[tokio::test]
async fn a_backup_on_a_full_disk_says_so_and_leaves_nothing() {
    let school = School::open().await;
    let (backup, part) = (school.beside("b.sqlite3"), school.beside("b.sqlite3.part"));
    let (faults, shim) = (school.beside("faults"), shim().expect("the shim"));
    let environment = school.full_disk(&faults, &shim, &part);
    let (done, said) = school.runs(&["backup", text(&backup)], &environment).await;
    assert!(!done && said.contains("its disk is full; make room there"), "{said}");
    assert!(!backup.exists() && !part.exists());
    school.invites("the server goes on").await;
}

#[tokio::test]
async fn what_is_wrong_with_a_file_fails_its_check() {
    let mut school = School::open().await;
    school.invites("once").await;
    school.stop().await;
    let beside = school.names().into_iter().filter(|name| name.starts_with("handup.sqlite3-"));
    assert_eq!(beside.collect::<Vec<_>>(), [""; 0], "the file holds everything");
    let (done, said) = school.runs(&["check", text(&school.beside("none"))], &[]).await;
    assert!(!done && said.contains("it is not there"), "{said}");
    let before = school.names();
    let (done, said) = school.runs(&["check", text(&school.program.database)], &[]).await;
    assert!(done, "{said}");
    assert_eq!(school.names(), before, "nothing is left beside it");
    does(&school.program.database, "DELETE FROM event WHERE seq = 2").await;
    let (done, said) = school.runs(&["check", text(&school.program.database)], &[]).await;
    assert!(!done && said.contains("is corrupt") && said.contains("has no event 2"), "{said}");
}

/// Does something to a file that nobody serves.
async fn does(path: &Path, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(path);
    let mut file = SqliteConnection::connect_with(&options).await.expect("a connection");
    sqlx::raw_sql(sql).execute(&mut file).await.expect("it is done");
    file.close().await.expect("it is closed");
}

#[tokio::test]
async fn a_file_is_brought_up_to_date_once_there_is_room_for_a_copy() {
    let mut school = School::open().await;
    school.invites("once").await;
    let snapshot = school.snapshot().await;
    school.stop().await;
    let older = "DROP TABLE dead_letter; DROP TABLE own_id; DROP TABLE integrated_class;
                 DELETE FROM _sqlx_migrations WHERE version = 6";
    does(&school.program.database, older).await;
    let kept = school.beside("handup.sqlite3.before-6");
    let part = school.beside("handup.sqlite3.before-6.part");
    let (faults, shim) = (school.beside("faults"), shim().expect("the shim"));
    let environment = school.full_disk(&faults, &shim, &part);
    let environment = environment.map(|(name, path)| (name.to_owned(), text(path).to_owned()));
    let full = Program { environment: environment.to_vec(), ..school.program.clone() };
    let mut refused = full.spawn().expect("a start");
    assert!(!refused.ends().await.expect("it gives up").success());
    let told = refused.told().expect("a log");
    assert!(told.contains("is not changed before there is a copy"), "{told}");
    assert!(told.contains("its disk is full"), "{told}");
    assert!(!kept.exists() && !part.exists());

    school.start().await;
    assert_eq!(school.snapshot().await, snapshot);
    let (done, said) = school.runs(&["check", text(&kept)], &[]).await;
    assert!(done && said.contains("older Handup") && said.contains("from schema 5 to 6"), "{said}");
}
