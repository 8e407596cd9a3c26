//! The engine as the HTTP API and the pages use it: every way in goes through here. The methods of
//! [`Engine`] stand in the files below, by what they are about.

pub(crate) mod admin;
mod delivery;
mod devices;
mod ends;
mod groups;
mod handover;
pub(crate) mod history;
pub(crate) mod ice;
pub(crate) mod integrated;
mod observed;
mod quotas;
mod retention;
mod sessions;
mod single_flight;
mod voices;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use futures::stream::try_unfold;
use signaling::{Application, GroupId, InviteId, Timestamp};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use voice::Voice;

pub use self::groups::Joined;
pub use self::handover::Handover;
pub use self::sessions::Session;
use self::single_flight::SingleFlight;
use crate::clock::Clock;
use crate::config::Config;
use crate::engine::admin::Admin;
use crate::engine::delivery::Outgoing;
use crate::engine::ice::IceConfig;
use crate::error::Error;
use crate::http::forwarder::Forwarder;
use crate::identity::cookies::Cookies;
use crate::identity::new_invite_id;
use crate::identity::tokens::Tokens;
use crate::integrations::Integrations;
use crate::limits::Limits;
use crate::limits::bounds::Bounds;
use crate::limits::proxies::Proxies;
use crate::live::rooms::Rooms;
use crate::live::stream::Pulse;
use crate::metrics::Metrics;
use crate::nodes::Home;
use crate::render_queue::{Asking, RenderQueue};
use crate::store::address::Database;
use crate::store::moving::MOVING;
use crate::store::open_error::OpenError;
use crate::store::{StoreReader, StoreWriter, postgres, sqlite};
use crate::writer::chores::{Chore, ChoreJob};
use crate::writer::job::Job;
use crate::writer::{Housekeeping, Writer};

/// The most requests that wait for the writer; more wait outside.
const WAITING_JOBS: usize = 4_096;
/// The most chores that wait for the writer.
const WAITING_CHORES: usize = 64;
/// How long it may take to close the store.
const CLOSE_PATIENCE: Duration = Duration::from_secs(5);

/// The signaling engine of one server. Clones share it.
#[derive(Clone)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub rooms: Arc<Rooms>,
    tokens: Arc<Tokens>,
    loading: SingleFlight,
    bringing_in: SingleFlight,
    pub store: Arc<dyn StoreReader>,
    pub application: Arc<dyn Application>,
    pub admin: Admin,
    jobs: mpsc::Sender<Job>,
    chores: mpsc::Sender<ChoreJob>,
    clock: Arc<Clock>,
    pulse: Arc<Pulse>,
    metrics: Arc<Metrics>,
    renders: RenderQueue,
    public_url: Option<String>,
    operator: Option<String>,
    cookies: Cookies,
    limits: Limits,
    pub proxies: Proxies,
    pub allowed_origins: Vec<String>,
    integrations: Integrations,
    outgoing: Outgoing,
    ice: IceConfig,
    voice: Option<Voice>,
    bounds: Bounds,
    pub still_days: u32,
    stopping: CancellationToken,
    /// Cancelled when the writer is to end, once nothing is served any more.
    closing: CancellationToken,
    /// The writer, until it has closed the store.
    writing: TaskTracker,
    /// Cancelled when another server has taken the store.
    replaced: CancellationToken,
    /// The way to the other servers, where there are any.
    forwarder: Option<Forwarder>,
    /// Where the server listens, once it does.
    listens_on: OnceLock<SocketAddr>,
}

/// What is known of a store when it is opened.
struct Kept {
    /// The id of the database.
    id: String,
    /// Every group in which something is to time out, and when.
    deadlines: Vec<(GroupId, Timestamp)>,
    /// Cancelled when another server has taken the store.
    replaced: CancellationToken,
}

/// Nothing is served of what is only half there.
async fn must_be_whole(store: &impl StoreReader) -> Result<(), OpenError> {
    match store.setting(MOVING).await.map_err(OpenError::Unread)? {
        Some(_) => Err(OpenError::HalfMoved),
        None => Ok(()),
    }
}

impl Engine {
    /// Opens the store, making the file when it is not there, and starts the writer and the threads
    /// that render.
    ///
    /// # Errors
    /// When the store cannot be used, or the system gives no threads.
    pub async fn open(
        config: Config,
        application: Arc<dyn Application>,
    ) -> Result<Self, OpenError> {
        Self::open_with(config, application, Housekeeping::default()).await
    }

    pub(crate) async fn open_with(
        config: Config,
        application: Arc<dyn Application>,
        housekeeping: Housekeeping,
    ) -> Result<Self, OpenError> {
        match &config.database {
            Database::File(path) => {
                let sqlite::open::Opened { writer, reader, id, deadlines } =
                    sqlite::open::open(path).await?;
                // Nobody takes a file whose lock is held.
                let kept = Kept { id, deadlines, replaced: CancellationToken::new() };
                must_be_whole(&reader).await?;
                let (engine, writer) = Self::around(
                    config,
                    application,
                    housekeeping,
                    writer,
                    Arc::new(reader),
                    kept,
                )?;
                engine.shared.writing.spawn(writer.run());
                Ok(engine)
            }
            Database::Postgres(address) => {
                let postgres::open::Opened { writer, reader, id, deadlines, lost } =
                    postgres::open::open(address, config.node.as_ref()).await?;
                let kept = Kept { id, deadlines, replaced: lost };
                must_be_whole(&reader).await?;
                let (engine, writer) = Self::around(
                    config,
                    application,
                    housekeeping,
                    writer,
                    Arc::new(reader),
                    kept,
                )?;
                engine.shared.writing.spawn(writer.run());
                Ok(engine)
            }
        }
    }

    /// Starts everything around a store that is open, but for the writer.
    fn around<S: StoreWriter>(
        config: Config,
        application: Arc<dyn Application>,
        housekeeping: Housekeeping,
        writing: S,
        reading: Arc<dyn StoreReader>,
        Kept { id, deadlines, replaced }: Kept,
    ) -> Result<(Self, Writer<S>), OpenError> {
        let is_https = config.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
        let renders = RenderQueue::start().map_err(OpenError::Threads)?;
        let rooms = Arc::<Rooms>::default();
        let tokens = Arc::<Tokens>::default();
        let clock = Arc::<Clock>::default();
        let voice =
            config.voice.map(|voice| voices::open(voice, Arc::clone(&rooms))).transpose()?;
        let (jobs, receiver) = mpsc::channel(WAITING_JOBS);
        let (chores, chores_to_do) = mpsc::channel(WAITING_CHORES);
        let (quiet, went_quiet) = mpsc::unbounded_channel();
        let writer = Writer::new(
            receiver,
            chores_to_do,
            quiet,
            writing,
            Arc::clone(&rooms),
            Arc::clone(&tokens),
            Arc::clone(&clock),
            Arc::clone(&application),
            housekeeping,
            config.bounds.class_bytes,
            deadlines,
        );
        let metrics = Arc::<Metrics>::default();
        let closing = CancellationToken::new();
        let writer =
            writer.with_voice(voice.clone()).counting(Arc::clone(&metrics)).until(closing.clone());
        let (news, has_news) = mpsc::unbounded_channel();
        let has_webhooks = config.integrations.have_webhooks();
        let writer = if has_webhooks { writer.with_news(news) } else { writer };
        let shared = Shared {
            rooms,
            tokens,
            loading: SingleFlight::default(),
            bringing_in: SingleFlight::default(),
            store: reading,
            application,
            admin: Admin::new(config.admin_password_hash),
            jobs,
            chores,
            clock,
            pulse: Pulse::start(),
            metrics,
            renders,
            limits: Limits::new(&config.bounds),
            proxies: Proxies::new(config.trusted_proxies),
            allowed_origins: config.allowed_origins,
            integrations: config.integrations,
            outgoing: Outgoing::default(),
            cookies: Cookies::new(id, is_https),
            public_url: config.public_url,
            operator: config.operator,
            ice: config.ice,
            voice,
            bounds: config.bounds,
            still_days: config.still_days,
            stopping: CancellationToken::new(),
            closing,
            writing: TaskTracker::new(),
            replaced,
            forwarder: config.node.map(Forwarder::new),
            listens_on: OnceLock::new(),
        };
        let engine = Self { shared: Arc::new(shared) };
        engine.read_what_went_quiet(went_quiet);
        engine.retain_every(housekeeping.sweep);
        engine.stop_when_replaced();
        if has_webhooks {
            engine.deliver(has_news);
        }
        Ok((engine, writer))
    }

    /// A server whose store another one has taken shows nothing more that may be over by now.
    fn stop_when_replaced(&self) {
        let (replaced, stopping) = (self.shared.replaced.clone(), self.shared.stopping.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = replaced.cancelled() => stopping.cancel(),
                () = stopping.cancelled() => {}
            }
        });
    }

    /// The way to the other servers on the same database; none where there are none.
    pub(crate) fn forwarder(&self) -> Option<&Forwarder> {
        self.shared.forwarder.as_ref()
    }

    /// Whether other servers may decide by now on what is in memory here: nothing is told of it then.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.shared.store.is_in_doubt()
    }

    /// How often that has come to be so. What was read from memory before and told after may be of a class that
    /// this server has let go of in between.
    pub(crate) fn doubts(&self) -> u64 {
        self.shared.store.doubts()
    }

    /// Whether a class is in memory here.
    pub(crate) fn is_in_memory(&self, group_id: GroupId) -> bool {
        self.shared.rooms.get(group_id).is_some()
    }

    /// Which server decides on a class.
    pub(crate) async fn home_of(&self, group_id: GroupId) -> Result<Home, Error> {
        if self.is_in_memory(group_id) {
            return Ok(Home::Here);
        }
        Ok(self.shared.store.home(group_id).await?)
    }

    /// Lets go of a class that began here, for another server that is asked for it, and does so once:
    /// where a proxy sends each class to one server, it is there from then on.
    pub(crate) async fn lets_go_of(&self, group_id: GroupId) -> bool {
        let may_go = self.shared.rooms.get(group_id).is_some_and(|room| room.may_go());
        may_go && self.chore(Chore::Release(group_id)).await.is_ok()
    }

    /// Stops: other servers may have its classes at once, and its streams end.
    pub async fn stop(&self) {
        // Where that fails they have them once this one is gone.
        if let Err(error) = self.shared.store.release().await {
            tracing::warn!(%error, "the classes could not be given back");
        }
        self.shared.stopping.cancel();
    }

    /// Closes the store, once nothing is served any more: a database file then holds all that was
    /// written, without the files that SQLite keeps beside it.
    pub async fn close(&self) {
        self.shared.closing.cancel();
        self.shared.writing.close();
        // Nothing is lost where that takes longer: it is done at the next start.
        if tokio::time::timeout(CLOSE_PATIENCE, self.shared.writing.wait()).await.is_err() {
            tracing::warn!("the database is still in use, so its files are left as they are");
        }
    }

    /// Whether another server has taken the store, so that this one stops.
    pub fn is_replaced(&self) -> bool {
        self.shared.replaced.is_cancelled()
    }

    /// Cancelled when the server is to stop; every live stream ends then.
    pub fn stopping(&self) -> &CancellationToken {
        &self.shared.stopping
    }

    /// The server's clock.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    pub(crate) fn clock(&self) -> Arc<Clock> {
        Arc::clone(&self.shared.clock)
    }

    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.shared.metrics
    }

    /// How many requests wait for the writer.
    pub(crate) fn waiting_for_writer(&self) -> usize {
        WAITING_JOBS - self.shared.jobs.capacity()
    }

    /// How many groups are in memory, and how many streams are open in them.
    pub(crate) fn groups_and_streams(&self) -> (usize, usize) {
        let rooms = self.shared.rooms.map.read();
        (rooms.len(), rooms.values().map(|room| room.fanout().count()).sum())
    }

    pub(crate) fn pulse(&self) -> &Pulse {
        &self.shared.pulse
    }

    /// Where what costs much is made.
    pub(crate) fn renders(&self) -> &RenderQueue {
        &self.shared.renders
    }

    /// A body that is made piece by piece, each in the turn of whoever asks for it: `next` makes one
    /// of a state and says how it goes on, until there is none.
    ///
    /// # Errors
    /// When as much is being made for them as may be.
    pub fn made_in_turn<S, F, N>(
        &self,
        asking: Asking,
        state: S,
        next: N,
    ) -> Result<impl Stream<Item = Result<Bytes, Error>> + Send + use<S, F, N>, Error>
    where
        S: Send + 'static,
        F: Future<Output = Result<Option<(Bytes, S)>, Error>> + Send + 'static,
        N: Fn(S) -> F + Send + 'static,
    {
        let slot = Arc::new(self.renders().slot(asking)?);
        Ok(try_unfold((self.clone(), state), move |(engine, state)| {
            let (slot, making) = (Arc::clone(&slot), next(state));
            async move {
                let made = engine.renders().make(&slot, making).await??;
                Ok(made.map(|(piece, state)| (piece, (engine, state))))
            }
        }))
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// The configured origin, when there is one.
    pub fn public_url(&self) -> Option<&str> {
        self.shared.public_url.as_deref()
    }

    /// Who runs the server, where that is configured.
    pub fn operator(&self) -> Option<&str> {
        self.shared.operator.as_deref()
    }

    /// Where the server listens; none until it does.
    pub(crate) fn listens_on(&self) -> Option<SocketAddr> {
        self.shared.listens_on.get().copied()
    }

    /// The server listens there.
    pub fn is_listening_on(&self, address: SocketAddr) {
        // An engine serves one listener.
        let _ = self.shared.listens_on.set(address);
        self.shared.store.announce(address);
    }

    /// The cookies that browsers are given.
    pub fn cookies(&self) -> &Cookies {
        &self.shared.cookies
    }

    /// Whether an address is that of a proxy that is trusted.
    pub(crate) fn is_proxy(&self, address: IpAddr) -> bool {
        self.shared.proxies.trusts(address)
    }

    /// Whether people reach the server over https.
    pub fn is_https(&self) -> bool {
        self.public_url().is_some_and(|url| url.starts_with("https://"))
    }

    /// Answers when the store can be read and the writer works.
    ///
    /// # Errors
    /// When either does not.
    pub async fn check(&self) -> Result<(), Error> {
        if self.shared.jobs.is_closed() {
            return Err(Error::Stopping);
        }
        Ok(self.shared.store.check().await?)
    }

    /// How much of the server one client, one class and one network can take.
    pub fn bounds(&self) -> Bounds {
        self.shared.bounds
    }

    /// A new invitation's id.
    pub fn fresh_invite_id(&self) -> InviteId {
        new_invite_id()
    }

    /// Has the writer do a chore between two batches.
    pub(crate) async fn chore(&self, chore: Chore) -> Result<(), Error> {
        let (reply, done) = oneshot::channel();
        let job = ChoreJob { chore, reply };
        self.shared.chores.send(job).await.map_err(|_| Error::Stopping)?;
        done.await.map_err(|_| Error::Stopping)?
    }

    /// Has the writer do a chore when it comes to it, if it is not busy: nobody waits for it.
    pub(crate) fn chore_some_time(&self, chore: Chore) {
        let (reply, _) = oneshot::channel();
        // With as many chores waiting as there may be, this one is let go.
        let _ = self.shared.chores.try_send(ChoreJob { chore, reply });
    }
}
