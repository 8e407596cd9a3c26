//! The engine as the HTTP API and the pages use it: every way in goes through here.

pub(crate) mod admin;
pub(crate) mod history;
pub(crate) mod ice;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures::Stream;
use futures::stream::try_unfold;
use signaling::{
    Application, Command, GroupId, InviteId, Name, Rejection, Role, Settings, Timestamp, UserId,
    other_end,
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::engine::admin::Admin;
use crate::engine::ice::{IceConfig, IceServers};
use crate::error::Error;
use crate::identity::cookies::Cookies;
use crate::identity::tokens::{GRACE_SECONDS, Held, Tokens};
use crate::identity::{
    Entrance, JoinCode, Ticket, Token, TokenHash, new_group_id, new_invite_id, new_user_id,
};
use crate::limits::Limits;
use crate::limits::bounds::Bounds;
use crate::limits::proxies::Proxies;
use crate::limits::weight;
use crate::live::room::Room;
use crate::live::rooms::Rooms;
use crate::live::stream::Pulse;
use crate::render_queue::{Asker, Asking, Party, RenderQueue};
use crate::store::StoreReader;
use crate::store::classes::ClassRow;
use crate::store::open_error::OpenError;
use crate::store::put::Put;
use crate::store::sqlite;
use crate::writer::chores::{Chore, ChoreJob};
use crate::writer::job::{Admission, Job, Key, SideEffect, Verdict};
use crate::writer::reply::Reply;
use crate::writer::{Housekeeping, Writer};

/// The most requests that wait for the writer; more wait outside.
const WAITING_JOBS: usize = 4_096;
/// How long a link to go on with another device is good for, in seconds.
const HANDOVER_SECONDS: u32 = 15 * 60;
/// What a page of the history costs beside its people, in rows.
const ROWS_OF_HISTORY: u32 = 1_000;
/// What each person of a class costs who looks at its history, in rows.
const ROWS_OF_PERSON: u32 = 4;
/// The most chores that wait for the writer.
const WAITING_CHORES: usize = 64;

/// Doors at which those wait who need a group that is being read. Two groups may share one.
struct Doors([tokio::sync::Mutex<()>; 64]);

impl Doors {
    fn of(&self, group_id: GroupId) -> &tokio::sync::Mutex<()> {
        // Any byte of an id is as random as the others, but for those that tell its version.
        let [first, ..] = group_id.as_bytes();
        &self.0[usize::from(first % 64)]
    }
}

/// The signaling engine of one server. Clones share it.
#[derive(Clone)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub rooms: Arc<Rooms>,
    tokens: Arc<Tokens>,
    doors: Doors,
    pub store: Arc<dyn StoreReader>,
    pub application: Arc<dyn Application>,
    pub admin: Admin,
    jobs: mpsc::Sender<Job>,
    chores: mpsc::Sender<ChoreJob>,
    clock: Arc<Clock>,
    pulse: Arc<Pulse>,
    renders: RenderQueue,
    public_url: Option<String>,
    cookies: Cookies,
    limits: Limits,
    pub proxies: Proxies,
    ice: IceConfig,
    bounds: Bounds,
    pub still_days: u32,
    stopping: CancellationToken,
    /// Where the server listens, once it does.
    listens_on: OnceLock<SocketAddr>,
}

/// A member who has shown their credential.
#[derive(Clone)]
pub struct Session {
    /// The room of their group.
    pub room: Arc<Room>,
    /// Who they are.
    pub user: UserId,
}

impl Session {
    /// The member's role; none when they are gone.
    pub fn role(&self) -> Option<Role> {
        self.room.with_group(|group| group.member(self.user).map(|member| member.role))
    }
}

/// Somebody who has just come to be a member.
pub struct Joined {
    /// The group.
    pub group_id: GroupId,
    /// Who they are in it.
    pub user_id: UserId,
    /// The code that joins the group.
    pub join_code: JoinCode,
}

/// A link by which a teacher goes on with another device, once.
pub struct Handover {
    /// The secret of the link.
    pub token: Token,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

impl Engine {
    /// Opens the store, making the file when it is not there, and starts the writer and the threads
    /// that render.
    ///
    /// # Errors
    /// When the file cannot be used, or the system gives no threads.
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
        let (writing, reading) = sqlite::open::open(&config.database).await?;
        let deadlines = reading.deadlines().await.map_err(OpenError::Unreadable)?;
        let id = reading.id().await.map_err(OpenError::Unreadable)?;
        let is_https = config.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
        let renders = RenderQueue::start().map_err(OpenError::Threads)?;
        let rooms = Arc::<Rooms>::default();
        let tokens = Arc::<Tokens>::default();
        let clock = Arc::<Clock>::default();
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
        tokio::spawn(writer.run());
        let shared = Shared {
            rooms,
            tokens,
            doors: Doors(std::array::from_fn(|_| tokio::sync::Mutex::default())),
            store: Arc::new(reading),
            application,
            admin: Admin::new(config.admin_password_hash),
            jobs,
            chores,
            clock,
            pulse: Pulse::start(),
            renders,
            limits: Limits::new(&config.bounds),
            proxies: Proxies::new(config.trusted_proxies),
            cookies: Cookies::new(id, is_https),
            public_url: config.public_url,
            ice: config.ice,
            bounds: config.bounds,
            still_days: config.still_days,
            stopping: CancellationToken::new(),
            listens_on: OnceLock::new(),
        };
        let engine = Self { shared: Arc::new(shared) };
        engine.read_what_went_quiet(went_quiet);
        engine.retain_every(housekeeping.sweep);
        Ok(engine)
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

    /// Begins a group; its teacher comes in by `entrance`. Two requests with the same `ticket`, a
    /// form that was sent twice within two minutes, begin one.
    ///
    /// # Errors
    /// When groups are begun too fast from this address, the commit failed, or whom the form made a
    /// teacher is gone.
    pub async fn create_group(
        &self,
        address: IpAddr,
        name: Name,
        teacher: Name,
        ticket: Option<Ticket<'_>>,
        entrance: impl Into<Entrance<'_>>,
    ) -> Result<Joined, Error> {
        self.shared.limits.begin(address)?;
        let (group_id, user_id) = (new_group_id(), new_user_id());
        let settings = Settings::of_new_class(self.shared.application.switches());
        let command = Command::Create { name, user: user_id, teacher, settings };
        let admission = self.admission(entrance.into()).await?;
        let admit = SideEffect::Admit { admission, user: user_id };
        let mut effects = vec![SideEffect::Begin(JoinCode::new()), admit];
        effects.extend(ticket.map(|ticket| SideEffect::Ticket(ticket.hash())));
        let (_, room) = self.submit(group_id, Some(command), effects, None).await?;
        Ok(Joined { group_id: room.id(), user_id, join_code: room.join_code() })
    }

    /// The group that a code joins. Wrong codes are counted against the address.
    ///
    /// # Errors
    /// When no class has the code, or too many wrong ones came from this address.
    pub async fn group_of_code(&self, address: IpAddr, code: &str) -> Result<GroupId, Error> {
        let code = JoinCode::from_text(code).ok_or(Error::NoSuchGroup)?;
        self.shared.limits.may_try_code(address)?;
        let found = self.shared.store.group_of_code(&code).await?;
        // Of those that were tried at once, no more are told than one after the other.
        self.shared.limits.may_try_code(address)?;
        found.ok_or_else(|| {
            self.shared.limits.wrong_code(address);
            Error::NoSuchGroup
        })
    }

    /// Joins the group of the code as a student, who comes in by `entrance`. Two requests with the
    /// same `ticket`, a form that was sent twice within two minutes, join as one student.
    ///
    /// # Errors
    /// When no class has the code, the class takes nobody, or whom the form made a student is gone.
    pub async fn join(
        &self,
        address: IpAddr,
        code: &str,
        name: Name,
        ticket: Option<Ticket<'_>>,
        entrance: impl Into<Entrance<'_>>,
    ) -> Result<Joined, Error> {
        let group_id = self.group_of_code(address, code).await?;
        let coming = self.shared.rooms.get(group_id);
        let coming = coming
            .map_or(0, |room| room.with_group(|group| weight::of_coming(group, Role::Student)));
        self.shared.limits.join(address, weight::EVENT + weight::ADMISSION + coming)?;
        let user_id = new_user_id();
        let command = Command::Join { user: user_id, name, alike: None };
        let admission = self.admission(entrance.into()).await?;
        let mut effects = vec![SideEffect::Admit { admission, user: user_id }];
        effects.extend(JoinCode::from_text(code).map(SideEffect::ByCode));
        effects.extend(ticket.map(|ticket| SideEffect::Ticket(ticket.hash())));
        let (_, room) = self.submit(group_id, Some(command), effects, None).await?;
        Ok(Joined { group_id, user_id, join_code: room.join_code() })
    }

    /// The room of a group, read back when it is not in memory.
    ///
    /// # Errors
    /// When there is no such group.
    pub async fn room(&self, group_id: GroupId) -> Result<Arc<Room>, Error> {
        if let Some(room) = self.shared.rooms.get(group_id) {
            return Ok(room);
        }
        let (_, room) = self.submit(group_id, None, Vec::new(), None).await?;
        Ok(room)
    }

    /// The member of the group for whom the token stands.
    ///
    /// # Errors
    /// When there is no such group, or the token stands for nobody in it.
    pub async fn session(&self, group_id: GroupId, token: &Token) -> Result<Session, Error> {
        let hash = token.hash();
        let room = match self.shared.rooms.get(group_id) {
            Some(room) => Some(room),
            None => self.first_room(group_id, hash).await?,
        };
        if let Some(room) = room
            && let Some(user) = self.holder(&room, hash).await?
        {
            return Ok(Session { room, user });
        }
        Err(self.why_not(group_id, hash).await?)
    }

    /// The room of a group that is not in memory, for one of its members. After a restart a whole
    /// class comes at once: who comes first reads the group, and the others wait for it and read
    /// nothing.
    async fn first_room(
        &self,
        group_id: GroupId,
        hash: TokenHash,
    ) -> Result<Option<Arc<Room>>, Error> {
        let _in_turn = self.shared.doors.of(group_id).lock().await;
        if let Some(room) = self.shared.rooms.get(group_id) {
            return Ok(Some(room));
        }
        // Only who belongs to the group can have it read.
        match self.user_of(group_id, hash).await? {
            Some(_) => Ok(Some(self.room(group_id).await?)),
            None => Ok(None),
        }
    }

    /// For whom the token stands in a group, by the store: no room is opened for it.
    pub(crate) async fn user_of(
        &self,
        group_id: GroupId,
        hash: TokenHash,
    ) -> Result<Option<UserId>, Error> {
        let Some(held) = self.held(hash).await? else { return Ok(None) };
        Ok(held.stands_for(&self.shared.store.memberships(held.browser, group_id).await?))
    }

    /// The member for whom the token stands in a room.
    async fn holder(&self, room: &Room, hash: TokenHash) -> Result<Option<UserId>, Error> {
        let Some(held) = self.held(hash).await? else { return Ok(None) };
        if let Some(user) = room.holder(held) {
            return Ok(Some(user));
        }
        // It may have come along with its browser while the room was in memory.
        for found in self.shared.store.memberships(held.browser, room.id()).await? {
            room.admit(held.browser, found);
        }
        Ok(room.holder(held))
    }

    /// As whom else the token's browser may go on in the group: every member as whom it has come in,
    /// but the one for whom the token stands.
    ///
    /// # Errors
    /// When there is no such group.
    pub async fn others(&self, group_id: GroupId, token: &Token) -> Result<Vec<UserId>, Error> {
        let Some(held) = self.held(token.hash()).await? else { return Ok(Vec::new()) };
        let memberships = self.shared.store.memberships(held.browser, group_id).await?;
        if memberships.is_empty() {
            return Ok(Vec::new());
        }
        let room = self.room(group_id).await?;
        // Some may have come along with their browser while the room was in memory.
        for found in memberships {
            room.admit(held.browser, found);
        }
        Ok(room.others(held))
    }

    /// Goes on in the group as another of those as whom the browser has come in, by `entrance`. The
    /// others stay in.
    ///
    /// # Errors
    /// When the browser has not come in as that member, they are gone, or too many come in from this
    /// address.
    pub async fn go_on_as(
        &self,
        address: IpAddr,
        group_id: GroupId,
        user: UserId,
        entrance: Entrance<'_>,
    ) -> Result<(), Error> {
        let before = entrance.instead_of.ok_or(Error::NotSignedIn)?;
        if !self.others(group_id, before).await?.contains(&user) {
            return Err(Error::NotSignedIn);
        }
        self.shared.limits.join(address, weight::ADMISSION)?;
        let admission = self.admission(entrance).await?;
        self.submit(group_id, None, vec![SideEffect::Admit { admission, user }], None).await?;
        Ok(())
    }

    /// What a token stands for, while it is good. With that it is used: the token that it replaced
    /// has no long life any more.
    pub(crate) async fn held(&self, hash: TokenHash) -> Result<Option<Held>, Error> {
        let known = match self.shared.tokens.get(hash) {
            Some(held) => Some(held),
            None => {
                let stored = self.shared.store.token(hash).await?;
                self.shared.tokens.learn(stored.map(|held| (hash, held)));
                self.shared.tokens.get(hash)
            }
        };
        let now = self.now();
        let Some(held) = known.filter(|held| !held.has_ended(now)) else { return Ok(None) };
        if held.replaces.is_some()
            && let Some(token) = self.shared.tokens.take_replaced(hash)
        {
            let ends_at = now.plus_seconds(GRACE_SECONDS);
            self.shared.tokens.end(token, ends_at);
            self.chore_some_time(Chore::Put(Put::Replaced { token, by: hash, ends_at }));
        }
        Ok(Some(held))
    }

    /// What the writer has to know of somebody who comes in. The token that their browser came with
    /// is used by that.
    async fn admission(&self, entrance: Entrance<'_>) -> Result<Admission, Error> {
        let instead_of = entrance.instead_of.map(Token::hash);
        if let Some(before) = instead_of {
            self.held(before).await?;
        }
        Ok(Admission { token: entrance.token.hash(), instead_of })
    }

    /// Who asks for a page, of a class or of none, and with whom they share what is made for them.
    /// A member is charged for a look.
    ///
    /// # Errors
    /// When the member is too fast, or the store cannot be read.
    pub(crate) async fn asking(
        &self,
        group_id: Option<GroupId>,
        token: Option<&Token>,
        address: IpAddr,
    ) -> Result<Asking, Error> {
        let stranger = Asking::of_stranger(address);
        let Some(token) = token else { return Ok(stranger) };
        let Some(held) = self.held(token.hash()).await? else { return Ok(stranger) };
        let known = Asking { asker: Asker::Browser(token.hash()), ..stranger };
        let Some(group_id) = group_id else { return Ok(known) };
        let member = match self.shared.rooms.get(group_id) {
            Some(room) => room.holder(held),
            None => self.user_of(group_id, token.hash()).await?,
        };
        let Some(user) = member else { return Ok(known) };
        self.shared.limits.look(group_id, user)?;
        Ok(Asking { party: Party::Class(group_id), ..known })
    }

    pub(crate) async fn why_not(&self, group_id: GroupId, hash: TokenHash) -> Result<Error, Error> {
        if !self.shared.store.has_group(group_id).await? {
            return Ok(Error::NoSuchGroup);
        }
        let is_elsewhere = match self.held(hash).await? {
            Some(held) => self.shared.store.is_elsewhere(held, group_id).await?,
            None => false,
        };
        Ok(if is_elsewhere { Error::OtherGroup } else { Error::NotSignedIn })
    }

    /// One deed of a member, which may consist of several commands.
    ///
    /// # Errors
    /// When the member is too fast.
    pub fn may_act(&self, session: &Session) -> Result<(), Error> {
        self.shared.limits.verb(session.user)
    }

    /// One look of a member at their class.
    ///
    /// # Errors
    /// When the member is too fast.
    pub(crate) fn may_look(&self, session: &Session) -> Result<(), Error> {
        self.shared.limits.look(session.room.id(), session.user)
    }

    /// So many members and rows that a look of a member has to go through beside that.
    ///
    /// # Errors
    /// When the member, or all of the class together, have looked at too much.
    pub fn may_look_at(&self, group_id: GroupId, user: UserId, rows: u32) -> Result<(), Error> {
        self.shared.limits.look_at(group_id, user, rows)
    }

    /// One look of a member at the history of a class, before any of it is read: who is or was in it
    /// is gone through several times.
    ///
    /// # Errors
    /// When the member, or all of the class together, have looked at too much, or the store cannot
    /// be read.
    pub async fn may_look_back(&self, class: &ClassRow, user: UserId) -> Result<(), Error> {
        let members = self.shared.store.count_members(class.group_id).await?;
        let unread = self.rows_to_read(class).await?;
        let rows = ROWS_OF_HISTORY + ROWS_OF_PERSON * members;
        self.may_look_at(class.group_id, user, rows.saturating_add(unread))
    }

    /// One export of a class by a member, in which so many events are read.
    ///
    /// # Errors
    /// When the member is too fast.
    pub fn may_export(&self, group_id: GroupId, user: UserId, events: u64) -> Result<(), Error> {
        self.shared.limits.export(user)?;
        self.shared.limits.look(group_id, user)?;
        self.may_look_at(group_id, user, u32::try_from(events).unwrap_or(u32::MAX))
    }

    /// Has a command decided, committed and published.
    ///
    /// # Errors
    /// When the rules refuse it, or the commit failed.
    pub async fn command(
        &self,
        group_id: GroupId,
        address: IpAddr,
        command: Command,
    ) -> Result<(), Error> {
        self.may_change(group_id, address, &command, None)?;
        self.submit(group_id, Some(command), Vec::new(), None).await.map(drop)
    }

    /// The same for a request that may name an Idempotency-Key: a repeated one gets the first
    /// answer again, a refusal included.
    pub(crate) async fn keyed_command(
        &self,
        group_id: GroupId,
        address: IpAddr,
        command: Command,
        key: Option<Key>,
    ) -> Result<Reply, Error> {
        self.may_change(group_id, address, &command, key.as_ref())?;
        let effects = match command {
            Command::RenewJoinCode { .. } => vec![SideEffect::JoinCode(JoinCode::new())],
            _ => Vec::new(),
        };
        let (reply, _) = self.submit(group_id, Some(command), effects, key).await?;
        Ok(reply)
    }

    fn may_change(
        &self,
        group_id: GroupId,
        address: IpAddr,
        command: &Command,
        key: Option<&Key>,
    ) -> Result<(), Error> {
        let room = self.shared.rooms.get(group_id);
        let ends = weight::only_ends(command);
        let (words, told, ended) = room.map_or((0, None, 0), |room| {
            room.with_group(|group| {
                let words = weight::of_command(group, command);
                let ended = if ends { weight::of_end(group, command) } else { 0 };
                (words, weight::of_answer(group, command), ended)
            })
        });
        if let Some((actor, parts)) = told {
            self.may_look_at(group_id, actor, parts)?;
        }
        let words = words + key.map_or(0, |_| weight::KEY);
        if ends {
            // Whoever has written too much may still end things.
            let _ = self.shared.limits.write(address, ended + words);
        } else {
            self.shared.limits.write(address, weight::EVENT + words)?;
        }
        self.shared.limits.change(group_id, words)
    }

    /// Gives the class a new code; the old one is dead.
    ///
    /// # Errors
    /// When the member is no teacher.
    pub async fn renew_join_code(&self, session: &Session, address: IpAddr) -> Result<(), Error> {
        let command = Command::RenewJoinCode { actor: session.user };
        self.keyed_command(session.room.id(), address, command, None).await.map(drop)
    }

    /// A link for the teacher to go on with another device: good once, for fifteen minutes, and
    /// until they ask for another one or teach the class no more.
    ///
    /// # Errors
    /// When the member is no teacher.
    pub async fn hand_over(&self, session: &Session, address: IpAddr) -> Result<Handover, Error> {
        if session.room.with_group(|group| group.ended) {
            return Err(Rejection::Ended.into());
        }
        if session.role() != Some(Role::Teacher) {
            return Err(Rejection::NotPermitted.into());
        }
        self.shared.limits.take_over(address)?;
        let token = Token::new();
        let expires_at = self.now().plus_seconds(HANDOVER_SECONDS);
        let effect = SideEffect::Handover { token: token.hash(), user: session.user, expires_at };
        self.submit(session.room.id(), None, vec![effect], None).await?;
        Ok(Handover { token, expires_at })
    }

    /// The group into which a handover link leads, and its teacher, while it is good.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn handover_leads_to(
        &self,
        handover: &Token,
    ) -> Result<Option<(GroupId, UserId)>, Error> {
        Ok(self.shared.store.handover(handover.hash(), self.now()).await?)
    }

    /// Uses a handover link up: its teacher comes in by `entrance`.
    ///
    /// # Errors
    /// When the link was used before or is too old, its teacher is none any more, or too many links
    /// were used from this address.
    pub async fn take_over(
        &self,
        address: IpAddr,
        handover: &Token,
        entrance: Entrance<'_>,
    ) -> Result<GroupId, Error> {
        let hash = handover.hash();
        let found = self.shared.store.handover(hash, self.now()).await?;
        let (group_id, user) = found.ok_or(Error::NotSignedIn)?;
        self.shared.limits.take_over(address)?;
        let admission = self.admission(entrance).await?;
        let effects = vec![SideEffect::Take { handover: hash, admission, user }];
        self.submit(group_id, None, effects, None).await?;
        Ok(group_id)
    }

    /// How much of the server one client, one class and one network can take.
    pub fn bounds(&self) -> Bounds {
        self.shared.bounds
    }

    /// Those servers, for an end of a live one-to-one invitation.
    pub(crate) fn ice_servers(
        &self,
        session: &Session,
        invite_id: InviteId,
    ) -> Result<IceServers, Error> {
        let now = self.now();
        session.room.with_group(|group| {
            other_end(group, now, session.user, invite_id)?;
            // Only what goes on for a while, and has to show that it does, is helped on its way.
            let invitation = group.invitation(invite_id);
            let silence = invitation.and_then(|it| self.shared.application.silence(&it.data));
            silence.map(drop).ok_or(Rejection::NotPermitted)
        })?;
        Ok(self.shared.ice.servers_for(session.user, now))
    }

    /// The member's device shows the invitation to them.
    pub(crate) fn ring(&self, session: &Session, invite_id: InviteId) -> Result<(), Error> {
        Ok(session.room.ring(session.user, invite_id, self.now())?)
    }

    /// Passes words on to the other end of a live one-to-one invitation.
    pub(crate) fn relay(
        &self,
        session: &Session,
        invite_id: InviteId,
        data: String,
    ) -> Result<(), Error> {
        self.shared.limits.relay(session.user)?;
        Ok(session.room.relay(session.user, invite_id, data, self.now())?)
    }

    /// The member is still there at their end of a live one-to-one invitation.
    pub(crate) fn keep_alive(&self, session: &Session, invite_id: InviteId) -> Result<(), Error> {
        Ok(session.room.heard(session.user, invite_id, self.now())?)
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

    /// Ends a class that was forgotten, unless something has happened since this event.
    pub(crate) async fn end_forgotten_class(
        &self,
        group_id: GroupId,
        seq: u64,
    ) -> Result<(), Error> {
        let end = Command::EndForgotten { seq };
        self.submit(group_id, Some(end), Vec::new(), None).await.map(drop)
    }

    async fn submit(
        &self,
        group_id: GroupId,
        command: Option<Command>,
        effects: Vec<SideEffect>,
        key: Option<Key>,
    ) -> Verdict {
        let (reply, answered) = oneshot::channel();
        let job = Job { group_id, command, effects, key, reply };
        self.shared.jobs.send(job).await.map_err(|_| Error::Stopping)?;
        answered.await.map_err(|_| Error::Stopping)?
    }
}
