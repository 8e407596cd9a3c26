//! The server as it runs for people, in this process, on a port and a file of its own.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use classroom::APPLICATIONS;
use reqwest::Method;
use serde_json::{Value, json};
use server::{Bounds, Config};
use signaling::Application;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

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
    stopping: CancellationToken,
    serving: JoinHandle<()>,
}

pub struct Server {
    directory: TempDir,
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
        Self::start_in(tempfile::tempdir().expect("a directory"), application, Bounds::default())
            .await
    }

    /// A server that gives less than usual.
    pub async fn start_within(bounds: Bounds) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        Self::start_in(directory, Arc::new(APPLICATIONS), bounds).await
    }

    /// Another server, on what a crash at this moment would leave of this one's files.
    pub async fn start_after_a_crash_of(crashed: &Self) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        for name in ["handup.db", "handup.db-wal"] {
            let from = crashed.directory.path().join(name);
            std::fs::copy(from, directory.path().join(name)).expect("a copy");
        }
        Self::start_in(directory, Arc::clone(&crashed.application), crashed.config.bounds).await
    }

    async fn start_in(
        directory: TempDir,
        application: Arc<dyn Application>,
        bounds: Bounds,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a nonblocking listener");
        let address = listener.local_addr().expect("an address");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let endpoint = Endpoint { origin: format!("http://{address}"), http };
        let database = directory.path().join("handup.db");
        let config = Config { bounds, ..Config::on(database) };
        let mut server = Self { directory, listener, running: None, endpoint, application, config };
        server.start_again().await;
        server
    }

    /// Starts again with another configuration.
    pub async fn restart_configured(&mut self, configure: impl FnOnce(&mut Config)) {
        configure(&mut self.config);
        self.restart().await;
    }

    /// Stops as the program does on a signal, and lets go of everything in memory.
    pub async fn stop(&mut self) {
        let Running { engine, stopping, serving } = self.running.take().expect("a running server");
        drop(engine);
        stopping.cancel();
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
        let stopping = engine.stopping().clone();
        let api = server::api(engine.clone());
        let serving = server::serve(listener, api, engine.clone());
        self.running = Some(Running { engine, stopping, serving: tokio::spawn(serving) });
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
                found = self.find_on_disk(texts);
                if found.is_none() {
                    break;
                }
            }
        };
        let forgotten = tokio::time::timeout(super::PATIENCE, forgotten).await;
        assert!(forgotten.is_ok(), "still on the disk: {found:?}");
    }

    /// Which file holds one of these texts, where, and what is written around it.
    fn find_on_disk(&self, texts: &[&str]) -> Option<(PathBuf, usize, String)> {
        let files = std::fs::read_dir(self.directory.path()).expect("the directory");
        files.map(|file| file.expect("an entry").path()).find_map(|path| {
            let bytes = std::fs::read(&path).expect("a file");
            let of = |text: &&str| bytes.windows(text.len()).position(|w| w == text.as_bytes());
            let at = texts.iter().find_map(of)?;
            let around = &bytes[at.saturating_sub(200)..bytes.len().min(at + 200)];
            Some((path, at, String::from_utf8_lossy(around).into_owned()))
        })
    }

    /// The database's files by name, and who may read or write each.
    pub fn modes_on_disk(&self) -> Vec<(String, u32)> {
        let files = std::fs::read_dir(self.directory.path()).expect("the directory");
        let mode = |file: std::io::Result<std::fs::DirEntry>| {
            let file = file.expect("an entry");
            let mode = file.metadata().expect("a file").permissions().mode();
            (file.file_name().to_string_lossy().into_owned(), mode & 0o777)
        };
        files.map(mode).collect()
    }

    /// Every byte of the database, its write-ahead log included.
    pub fn bytes_on_disk(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.directory.path()).expect("the directory");
        let read = |file: std::io::Result<std::fs::DirEntry>| {
            std::fs::read(file.expect("an entry").path()).expect("a file")
        };
        files.flat_map(read).collect()
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
