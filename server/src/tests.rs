//! Tests of the engine from within, on a real file.

#![expect(clippy::disallowed_methods, reason = "tests look into the file by SQL of their own")]

mod coming_in;
mod engine;
mod file;
mod keeping;
mod migrations;
mod simulation;

use std::net::IpAddr;
use std::sync::Arc;

use signaling::{
    Application, Command, Event, EventKind, GroupId, LogReader, Name, Reading, Role, UserId,
};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

use crate::config::Config;
use crate::engine::{Engine, Session};
use crate::identity::Token;
use crate::limits::bounds::Bounds;
use crate::writer::Housekeeping;

/// Where everybody is.
const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

struct Bare;

impl Application for Bare {
    fn finish_reason(&self, _: &str) -> Option<&'static str> {
        None
    }

    fn follow(&self, _: &signaling::Group, _: &Event) -> Vec<Command> {
        Vec::new()
    }

    fn log_reader(&self, _: GroupId, state: Option<&str>) -> Option<Box<dyn LogReader>> {
        Some(Box::new(Said(state.unwrap_or_default().to_owned())))
    }
}

/// All that was ever said in invitations.
struct Said(String);

impl LogReader for Said {
    fn read(&mut self, event: &Event) {
        if let EventKind::ReceiveNewInvitation(new) = &event.kind {
            self.0.push_str(&new.data);
        }
    }

    fn reading(&self) -> Reading {
        Reading { summary: self.0.len().to_string(), state: self.0.clone() }
    }
}

fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

struct School {
    engine: Engine,
    group_id: GroupId,
    /// The teacher's.
    token: Token,
    file: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

impl School {
    async fn open(housekeeping: Housekeeping) -> Self {
        Self::open_within(Bounds::default(), housekeeping).await
    }

    async fn open_within(bounds: Bounds, housekeeping: Housekeeping) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("handup.sqlite3");
        let config = Config { bounds, ..Config::on(&file) };
        let engine = Engine::open_with(config, Arc::new(Bare), housekeeping).await;
        let (engine, token) = (engine.expect("an engine"), Token::new());
        let begun = engine.create_group(HERE, name("Biology"), name("Noor"), None, &token).await;
        let group_id = begun.expect("a group").group_id;
        Self { engine, group_id, token, file, _folder: folder }
    }

    async fn session(&self) -> Session {
        self.engine.session(self.group_id, &self.token).await.expect("a session")
    }

    /// A student, with a token of their own.
    async fn student(&self) -> (UserId, Token) {
        let (token, code) = (Token::new(), self.session().await.room.join_code());
        let joined = self.engine.join(HERE, code.as_str(), name("Ada"), None, &token).await;
        (joined.expect("a student").user_id, token)
    }

    /// Has the teacher make a teacher or a student of somebody.
    async fn appoint(&self, user: UserId, role: Role) {
        let actor = self.session().await.user;
        let appoint = Command::ChangeRole { actor, user, role };
        self.engine.command(self.group_id, HERE, appoint).await.expect("another role");
    }

    fn is_in_memory(&self) -> bool {
        let rooms = self.engine.shared.rooms.map.read();
        rooms.contains_key(&self.group_id)
    }

    /// How many rows a table has.
    async fn rows(&self, table: &str) -> i64 {
        let url = format!("sqlite://{}", self.file.display());
        let mut file = SqliteConnection::connect(&url).await.expect("a connection");
        let count = format!("SELECT count(*) FROM {table}");
        sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut file).await.expect("a number")
    }
}
