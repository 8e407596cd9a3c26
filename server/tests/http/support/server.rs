//! The server as it runs for people, in this process, on a port and a file of its own.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use classroom::APPLICATIONS;
use reqwest::Method;
use serde_json::{Value, json};
use server::{Bounds, Config, Node};
use signaling::Application;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::database::Place;
use super::{Answer, Request, within_patience};

/// Where a server is reached; it stays the same when the server starts again.
#[derive(Clone)]
pub struct Endpoint {
    origin: String,
    http: reqwest::Client,
}

impl Endpoint {
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// A request to a path under `/api/v1`.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let url = format!("{}/api/v1{path}", self.origin);
        Request::new(self.http.request(method, url))
    }
}

struct Running {
    engine: server::Engine,
    serving: JoinHandle<()>,
}

pub struct Server {
    directory: TempDir,
    place: Place,
    /// Kept while the server is down, so that nobody else gets the port.
    listener: TcpListener,
    running: Option<Running>,
    endpoint: Endpoint,
    application: Arc<dyn Application>,
    config: Config,
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(Arc::new(APPLICATIONS)).await
    }

    /// A server on which something else is built than usual.
    pub async fn start_with(application: Arc<dyn Application>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        Self::start_in(directory, Place::new().await, application, Bounds::default()).await
    }

    /// A server that gives less than usual.
    pub async fn start_within(bounds: Bounds) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        Self::start_in(directory, Place::new().await, Arc::new(APPLICATIONS), bounds).await
    }

    /// Another server, on what a crash at this moment would leave of this one's files.
    pub async fn start_after_a_crash_of(crashed: &Self) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let (from, to) = (crashed.directory.path(), directory.path());
        let place = Place::copy(&crashed.place, from, to).await;
        let application = Arc::clone(&crashed.application);
        Self::start_in(directory, place, application, crashed.config.bounds).await
    }

    /// One of several servers on a database; none without PostgreSQL.
    pub async fn start_as_node() -> Option<Self> {
        let directory = tempfile::tempdir().expect("a directory");
        let place = Place::new().await;
        match place {
            Place::Files => None,
            Place::Schema { .. } => Some(Self::start_node(directory, place).await),
        }
    }

    /// A server on files, whatever else is tried.
    pub async fn start_on_files() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let application = Arc::new(APPLICATIONS);
        Self::start_in(directory, Place::Files, application, Bounds::default()).await
    }

    /// Goes on with what lies at another place from the next start on.
    pub fn go_to(&mut self, database: server::Database) {
        self.config.database = database;
    }

    /// One more server on the database of this one.
    pub async fn start_beside(&self) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        Self::start_node(directory, self.place.clone()).await
    }

    async fn start_node(directory: TempDir, place: Place) -> Self {
        let mut server = Self::new(directory, place, Arc::new(APPLICATIONS), Bounds::default());
        server.config.node = Some(Node {
            address: server.origin().parse().expect("an address"),
            secret: "what all nodes of a test know".parse().expect("a secret"),
        });
        server.start_again().await;
        server
    }

    async fn start_in(
        directory: TempDir,
        place: Place,
        application: Arc<dyn Application>,
        bounds: Bounds,
    ) -> Self {
        let mut server = Self::new(directory, place, application, bounds);
        server.start_again().await;
        server
    }

    /// One that does not run yet.
    fn new(
        directory: TempDir,
        place: Place,
        application: Arc<dyn Application>,
        bounds: Bounds,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a nonblocking listener");
        let address = listener.local_addr().expect("an address");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let endpoint = Endpoint { origin: format!("http://{address}"), http };
        let config = Config { bounds, ..place.config(directory.path()) };
        Self { directory, place, listener, running: None, endpoint, application, config }
    }

    /// Starts again with another configuration.
    pub async fn restart_configured(&mut self, configure: impl FnOnce(&mut Config)) {
        configure(&mut self.config);
        self.restart().await;
    }

    /// Stops as the program does on a signal, and lets go of everything in memory.
    pub async fn stop(&mut self) {
        let Running { engine, serving } = self.running.take().expect("a running server");
        engine.stop().await;
        drop(engine);
        within_patience("the server to stop", serving).await.expect("serving ends in order");
    }

    /// Starts on the file and the port of before.
    pub async fn start_again(&mut self) {
        let application = Arc::clone(&self.application);
        let engine = server::Engine::open(self.config.clone(), application)
            .await
            .expect("the database opens");
        let listener = self.listener.try_clone().expect("the listener again");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        let api = server::forwarding(server::api(engine.clone()), &engine);
        let serving = server::serve(listener, api, engine.clone());
        self.running = Some(Running { engine, serving: tokio::spawn(serving) });
    }

    pub async fn restart(&mut self) {
        self.stop().await;
        self.start_again().await;
    }

    /// The engine of the running server.
    pub fn engine(&self) -> &server::Engine {
        &self.running.as_ref().expect("a running server").engine
    }

    /// Waits until none of these texts is in any byte of the database.
    pub async fn forgets(&self, texts: &[&str]) {
        let mut looks = tokio::time::interval(std::time::Duration::from_millis(20));
        let mut found = None;
        let forgotten = async {
            loop {
                looks.tick().await;
                found = self.find_stored(texts).await;
                if found.is_none() {
                    break;
                }
            }
        };
        let forgotten = tokio::time::timeout(super::PATIENCE, forgotten).await;
        assert!(forgotten.is_ok(), "still on the disk: {found:?}");
    }

    /// Which file or table holds one of these texts, where, and what is written around it.
    async fn find_stored(&self, texts: &[&str]) -> Option<(String, usize, String)> {
        let contents = self.place.contents(self.directory.path()).await;
        contents.into_iter().find_map(|(name, bytes)| {
            let of = |text: &&str| bytes.windows(text.len()).position(|w| w == text.as_bytes());
            let at = texts.iter().find_map(of)?;
            let around = &bytes[at.saturating_sub(200)..bytes.len().min(at + 200)];
            Some((name, at, String::from_utf8_lossy(around).into_owned()))
        })
    }

    /// The database's files by name, and who may read or write each; none where it is in no files of
    /// the server's.
    pub fn modes_on_disk(&self) -> Option<Vec<(String, u32)>> {
        let Place::Files = self.place else { return None };
        let files = std::fs::read_dir(self.directory.path()).expect("the directory");
        let mode = |file: std::io::Result<std::fs::DirEntry>| {
            let file = file.expect("an entry");
            let mode = file.metadata().expect("a file").permissions().mode();
            (file.file_name().to_string_lossy().into_owned(), mode & 0o777)
        };
        Some(files.map(mode).collect())
    }

    /// Every byte of the database's files, the write-ahead log included, or of its rows.
    pub async fn bytes_stored(&self) -> Vec<u8> {
        let contents = self.place.contents(self.directory.path()).await;
        contents.into_iter().flat_map(|(_, bytes)| bytes).collect()
    }

    /// A connection to its database; none where it is in files.
    pub async fn database(&self) -> Option<sqlx::PgConnection> {
        match &self.place {
            Place::Files => None,
            place @ Place::Schema { .. } => Some(place.connect().await),
        }
    }

    pub const fn config(&self) -> &Config {
        &self.config
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub fn origin(&self) -> &str {
        self.endpoint.origin()
    }

    /// A request by nobody in particular.
    pub fn request(&self, method: Method, path: &str) -> Request {
        self.endpoint.request(method, path)
    }

    pub async fn begin_class(&self, body: Value) -> Answer {
        self.request(Method::POST, "/groups").json(body).await
    }

    pub async fn join(&self, join_code: &str, name: &str) -> Answer {
        let body = json!({ "joinCode": join_code, "name": name });
        self.request(Method::POST, "/join").json(body).await
    }
}
