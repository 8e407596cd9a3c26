//! The server itself, in this process, on a port and a file of its own.

use std::net::SocketAddr;
use std::sync::Arc;

use classroom::APPLICATIONS;
use handup_client::{Event, Following, Handup, News};
use server::{Config, Engine, Integration};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// A server that can be stopped and started at the same address.
pub struct Server {
    folder: TempDir,
    address: SocketAddr,
    engine: Engine,
    serving: JoinHandle<()>,
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(None).await
    }

    /// One that knows an integration.
    pub async fn start_with(integration: Option<Integration>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::on(folder, any, integration).await
    }

    async fn on(folder: TempDir, address: SocketAddr, integration: Option<Integration>) -> Self {
        let mut config = Config::on(folder.path().join("handup.sqlite3"));
        config.integrations = integration.into_iter().collect();
        let engine = Engine::open(config, Arc::new(APPLICATIONS)).await.expect("the database");
        let listener = server::listen(address).expect("the port");
        let address = listener.local_addr().expect("its address");
        let serving = server::serve(listener, server::api(engine.clone()), engine.clone());
        Self { folder, address, engine, serving: tokio::spawn(serving) }
    }

    /// Stops it; its file and its address stay.
    pub async fn stop(self) -> (TempDir, SocketAddr) {
        let Self { folder, address, engine, serving } = self;
        engine.stop().await;
        // Its file is free once the last of it is gone.
        drop(engine);
        serving.await.expect("it stops");
        (folder, address)
    }

    /// Stops it, and starts it once more on its file.
    pub async fn restart(self) -> Self {
        let (folder, address) = self.stop().await;
        Self::on(folder, address, None).await
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn handup(&self) -> Handup {
        Handup::at(&self.origin()).expect("an address")
    }
}

/// The events up to the first of this name.
pub async fn until(following: &mut Following, name: &str) -> Vec<Event> {
    let mut events = Vec::new();
    loop {
        if let News::Event(event) = following.next().await.expect("it goes on").expect("news") {
            let is_it = event.kind.name() == name;
            events.push(event);
            if is_it {
                return events;
            }
        }
    }
}
