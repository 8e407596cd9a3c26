//! The engine as the HTTP API and the pages use it: every way in goes through here.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use ipnet::IpNet;
use signaling::{
    Application, Command, GroupId, InviteId, Name, Rejection, Role, Timestamp, UserId, other_end,
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::admin::Admin;
use crate::answer::Answer;
use crate::bounds::Bounds;
use crate::clock::Clock;
use crate::error::Error;
use crate::ice::{IceConfig, IceServers};
use crate::identity::{
    Entrance, JoinCode, Token, TokenHash, new_group_id, new_invite_id, new_user_id,
};
use crate::limits::Limits;
use crate::proxies::Proxies;
use crate::room::Room;
use crate::store::history::HistoryReader;
use crate::store::seam::Sqlite;
use crate::store::{self, OpenError, Reader};
use crate::stream::Pulse;
use crate::writer::chores::{Chore, ChoreJob};
use crate::writer::{Beside, Housekeeping, Job, Key, Writer};

/// The most requests that wait for the writer; more wait outside.
const WAITING_JOBS: usize = 4_096;
/// How long a link to go on with another device is good for, in seconds.
const HANDOVER_SECONDS: u32 = 15 * 60;
/// The most chores that wait for the writer.
const WAITING_CHORES: usize = 64;

/// The groups that are in memory.
#[derive(Default)]
pub(crate) struct Rooms {
    pub map: RwLock<HashMap<GroupId, Arc<Room>>>,
}

impl Rooms {
    pub fn get(&self, group_id: GroupId) -> Option<Arc<Room>> {
        let rooms = self.map.read().unwrap_or_else(PoisonError::into_inner);
        let room = rooms.get(&group_id)?;
        room.touch();
        Some(Arc::clone(room))
    }

    pub fn insert(&self, group_id: GroupId, room: Arc<Room>) {
        self.map.write().unwrap_or_else(PoisonError::into_inner).insert(group_id, room);
    }

    pub fn carry(&self, from: TokenHash, to: TokenHash) {
        let rooms = self.map.read().unwrap_or_else(PoisonError::into_inner);
        rooms.values().for_each(|room| room.carry(from, to));
    }
}

/// Doors at which those wait who need a group that is being read. Two groups may share one.
struct Doors([tokio::sync::Mutex<()>; 64]);

impl Doors {
    fn of(&self, group_id: GroupId) -> &tokio::sync::Mutex<()> {
        // Any byte of an id is as random as the others, but for those that tell its version.
        let [first, ..] = group_id.as_bytes();
        &self.0[usize::from(first % 64)]
    }
}

/// The credential of somebody who comes in, and what it takes over.
fn admit(entrance: Entrance<'_>, user: UserId) -> impl Iterator<Item = Beside> {
    let grant = Beside::Grant { token: entrance.token.hash(), user };
    [grant].into_iter().chain(carried(entrance))
}

fn carried(entrance: Entrance<'_>) -> Option<Beside> {
    let from = entrance.instead_of?.hash();
    Some(Beside::Carry { from, to: entrance.token.hash() })
}

/// The signaling engine of one server. Clones share it.
#[derive(Clone)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    rooms: Arc<Rooms>,
    doors: Doors,
    pub reader: Reader,
    pub history: HistoryReader,
    pub application: Arc<dyn Application>,
    pub admin: Admin,
    jobs: mpsc::Sender<Job>,
    chores: mpsc::Sender<ChoreJob>,
    clock: Arc<Clock>,
    pulse: Arc<Pulse>,
    public_url: Option<String>,
    limits: Limits,
    pub proxies: Proxies,
    ice: OnceLock<IceConfig>,
    bounds: OnceLock<Bounds>,
    stopping: CancellationToken,
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
    /// Opens the store, making the file when it is not there, and starts the writer. `public_url`
    /// is the origin under which people reach the server, without a slash at its end.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub async fn open(
        database: &Path,
        public_url: Option<String>,
        application: Arc<dyn Application>,
    ) -> Result<Self, OpenError> {
        Self::open_with(database, public_url, application, Housekeeping::default()).await
    }

    async fn open_with(
        database: &Path,
        public_url: Option<String>,
        application: Arc<dyn Application>,
        housekeeping: Housekeeping,
    ) -> Result<Self, OpenError> {
        let (store, reader, history) = store::open(database).await?;
        let deadlines = reader
            .deadlines()
            .await
            .map_err(|source| OpenError::File { path: database.display().to_string(), source })?;
        let rooms = Arc::<Rooms>::default();
        let clock = Arc::<Clock>::default();
        let (jobs, receiver) = mpsc::channel(WAITING_JOBS);
        let (chores, chores_to_do) = mpsc::channel(WAITING_CHORES);
        let (quiet, went_quiet) = mpsc::unbounded_channel();
        let writer = Writer::new(
            receiver,
            chores_to_do,
            quiet,
            Sqlite { writer: store, reader: reader.clone(), history: history.clone() },
            Arc::clone(&rooms),
            Arc::clone(&clock),
            Arc::clone(&application),
            housekeeping,
            deadlines,
        );
        tokio::spawn(writer.run());
        let shared = Shared {
            rooms,
            doors: Doors(std::array::from_fn(|_| tokio::sync::Mutex::default())),
            reader,
            history,
            application,
            admin: Admin::default(),
            jobs,
            chores,
            clock,
            pulse: Pulse::start(),
            public_url,
            limits: Limits::new(),
            proxies: Proxies::default(),
            ice: OnceLock::new(),
            bounds: OnceLock::new(),
            stopping: CancellationToken::new(),
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

    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// The configured origin, when there is one.
    pub fn public_url(&self) -> Option<&str> {
        self.shared.public_url.as_deref()
    }

    /// Takes the networks of the proxies that are believed, before the server listens.
    pub fn trust_proxies(&self, networks: Vec<IpNet>) {
        self.shared.proxies.trust(networks);
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
        Ok(self.shared.reader.check().await?)
    }

    /// Begins a group; its teacher comes in by `entrance`.
    ///
    /// # Errors
    /// When groups are begun too fast from this address, or the commit failed.
    pub async fn create_group(
        &self,
        address: IpAddr,
        name: Name,
        teacher: Name,
        entrance: impl Into<Entrance<'_>>,
    ) -> Result<Joined, Error> {
        self.shared.limits.begin(address)?;
        let (group_id, user_id) = (new_group_id(), new_user_id());
        let command = Command::Create { name, user: user_id, teacher };
        let mut beside = vec![Beside::Begin(JoinCode::new())];
        beside.extend(admit(entrance.into(), user_id));
        let (_, room) = self.submit(group_id, Some(command), beside, None).await?;
        Ok(Joined { group_id, user_id, join_code: room.join_code() })
    }

    /// The group that a code joins. Wrong codes are counted against the address.
    ///
    /// # Errors
    /// When no class has the code, or too many wrong ones came from this address.
    pub async fn group_of_code(&self, address: IpAddr, code: &str) -> Result<GroupId, Error> {
        let code = JoinCode::from_text(code).ok_or(Error::NoSuchGroup)?;
        self.shared.limits.may_try_code(address)?;
        let found = self.shared.reader.group_of_code(&code).await?;
        // Of those that were tried at once, no more are told than one after the other.
        self.shared.limits.may_try_code(address)?;
        found.ok_or_else(|| {
            self.shared.limits.wrong_code(address);
            Error::NoSuchGroup
        })
    }

    /// Joins the group of the code as a student, who comes in by `entrance`. Two requests with the
    /// same `ticket`, a form that was sent twice, join as one student.
    ///
    /// # Errors
    /// When no class has the code, or the class takes nobody.
    pub async fn join(
        &self,
        address: IpAddr,
        code: &str,
        name: Name,
        ticket: Option<&Token>,
        entrance: impl Into<Entrance<'_>>,
    ) -> Result<Joined, Error> {
        let group_id = self.group_of_code(address, code).await?;
        self.shared.limits.join(address)?;
        let user_id = ticket.map_or_else(new_user_id, Token::user_id);
        let command = Command::Join { user: user_id, name };
        let mut beside: Vec<Beside> = admit(entrance.into(), user_id).collect();
        beside.extend(JoinCode::from_text(code).map(Beside::ByCode));
        let (_, room) = self.submit(group_id, Some(command), beside, None).await?;
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
        if let Some(room) = self.shared.rooms.get(group_id) {
            if let Some(user) = room.holder(hash) {
                return Ok(Session { room, user });
            }
            return Err(self.why_not(group_id, hash).await?);
        }
        self.first_session(group_id, hash).await
    }

    /// The same for a group that is not in memory. After a restart a whole class comes at once: who
    /// comes first reads the group, and the others wait for it and read nothing.
    async fn first_session(&self, group_id: GroupId, hash: TokenHash) -> Result<Session, Error> {
        let in_turn = self.shared.doors.of(group_id).lock().await;
        let room = match self.shared.rooms.get(group_id) {
            Some(room) => Some(room),
            // Only who belongs to the group can have it read.
            None if self.shared.reader.groups_of(hash).await?.contains(&group_id) => {
                Some(self.room(group_id).await?)
            }
            None => None,
        };
        drop(in_turn);
        match room.and_then(|room| Some((room.holder(hash)?, room))) {
            Some((user, room)) => Ok(Session { room, user }),
            None => Err(self.why_not(group_id, hash).await?),
        }
    }

    pub(crate) async fn why_not(&self, group_id: GroupId, hash: TokenHash) -> Result<Error, Error> {
        if !self.shared.reader.has_group(group_id).await? {
            return Ok(Error::NoSuchGroup);
        }
        let groups = self.shared.reader.groups_of(hash).await?;
        let is_elsewhere = groups.iter().any(|other| *other != group_id);
        Ok(if is_elsewhere { Error::OtherGroup } else { Error::NotSignedIn })
    }

    /// One deed of a member, which may consist of several commands.
    ///
    /// # Errors
    /// When the member is too fast.
    pub fn may_act(&self, session: &Session) -> Result<(), Error> {
        self.shared.limits.verb(session.user)
    }

    /// One look of a member at the page of their class.
    ///
    /// # Errors
    /// When the member is too fast.
    pub fn may_look(&self, session: &Session) -> Result<(), Error> {
        self.shared.limits.read(session.user)
    }

    /// One export of a class by a member.
    ///
    /// # Errors
    /// When the member is too fast.
    pub fn may_export(&self, user: UserId) -> Result<(), Error> {
        self.shared.limits.export(user)
    }

    /// Has a command decided, committed and published.
    ///
    /// # Errors
    /// When the rules refuse it, or the commit failed.
    pub async fn command(&self, group_id: GroupId, command: Command) -> Result<Answer, Error> {
        self.shared.limits.change(group_id, command.data().len())?;
        let (answer, _) = self.submit(group_id, Some(command), Vec::new(), None).await?;
        Ok(answer)
    }

    /// The same for a request that may name an Idempotency-Key: a repeated one gets the first
    /// answer again, a refusal included.
    pub(crate) async fn keyed_command(
        &self,
        group_id: GroupId,
        command: Command,
        key: Option<Key>,
    ) -> Result<Answer, Error> {
        self.shared.limits.change(group_id, command.data().len())?;
        let beside = match command {
            Command::RenewJoinCode { .. } => vec![Beside::JoinCode(JoinCode::new())],
            _ => Vec::new(),
        };
        let (answer, _) = self.submit(group_id, Some(command), beside, key).await?;
        Ok(answer)
    }

    /// Gives the class a new code; the old one is dead.
    ///
    /// # Errors
    /// When the member is no teacher.
    pub async fn renew_join_code(&self, session: &Session) -> Result<(), Error> {
        let command = Command::RenewJoinCode { actor: session.user };
        self.keyed_command(session.room.id(), command, None).await.map(drop)
    }

    /// A link for the teacher to go on with another device: good once, for fifteen minutes.
    ///
    /// # Errors
    /// When the member is no teacher.
    pub async fn hand_over(&self, session: &Session) -> Result<Handover, Error> {
        if session.room.with_group(|group| group.ended) {
            return Err(Rejection::Ended.into());
        }
        if session.role() != Some(Role::Teacher) {
            return Err(Rejection::NotPermitted.into());
        }
        let token = Token::new();
        let expires_at = self.now().plus_seconds(HANDOVER_SECONDS);
        let beside = Beside::Handover { token: token.hash(), user: session.user, expires_at };
        self.submit(session.room.id(), None, vec![beside], None).await?;
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
        Ok(self.shared.reader.handover(handover.hash(), self.now()).await?)
    }

    /// Uses a handover link up: `token` becomes a credential of its teacher.
    ///
    /// # Errors
    /// When the link was used before or is too old.
    pub async fn take_over(
        &self,
        handover: &Token,
        entrance: Entrance<'_>,
    ) -> Result<GroupId, Error> {
        let hash = handover.hash();
        let found = self.shared.reader.handover(hash, self.now()).await?;
        let (group_id, user) = found.ok_or(Error::NotSignedIn)?;
        let mut beside = vec![Beside::Take { handover: hash, token: entrance.token.hash(), user }];
        beside.extend(carried(entrance));
        self.submit(group_id, None, beside, None).await?;
        Ok(group_id)
    }

    /// An invitation as the member may see it.
    pub(crate) fn invitation(
        &self,
        session: &Session,
        invite_id: InviteId,
    ) -> Result<signaling::Invitation, Error> {
        let found = session.room.invitation(invite_id, session.user);
        found.ok_or_else(|| Rejection::NoSuchInvitation.into())
    }

    /// Sets the bounds of connections and streams, before the server listens.
    pub fn set_bounds(&self, bounds: Bounds) {
        // Only the first configuration counts, and there is but one.
        let _ = self.shared.bounds.set(bounds);
    }

    /// The bounds of connections and streams.
    pub fn bounds(&self) -> Bounds {
        self.shared.bounds.get().copied().unwrap_or_default()
    }

    /// Tells which servers help two browsers to find a way to each other.
    pub fn configure_ice(&self, config: IceConfig) {
        // Only the first configuration counts, and there is but one.
        let _ = self.shared.ice.set(config);
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
        let none = IceConfig::default();
        Ok(self.shared.ice.get().unwrap_or(&none).servers_for(session.user, now))
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

    async fn submit(
        &self,
        group_id: GroupId,
        command: Option<Command>,
        beside: Vec<Beside>,
        key: Option<Key>,
    ) -> Result<(Answer, Arc<Room>), Error> {
        let (reply, answered) = oneshot::channel();
        let job = Job { group_id, command, beside, key, reply };
        self.shared.jobs.send(job).await.map_err(|_| Error::Stopping)?;
        answered.await.map_err(|_| Error::Stopping)?
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::future::join_all;
    use signaling::{Event, Reading, Settings, SettingsChange};
    use sqlx::{Connection, SqliteConnection};

    use super::*;
    use crate::store::history::ReadSoFar;
    use crate::store::keep::Keep;

    struct Bare;

    impl Application for Bare {
        fn finish_reason(&self, _: &str) -> Option<&'static str> {
            None
        }

        fn follow(&self, _: &signaling::Group, _: &Event) -> Vec<Command> {
            Vec::new()
        }
    }

    fn name(text: &str) -> Name {
        Name::new(text).expect("a name")
    }

    struct School {
        engine: Engine,
        group_id: GroupId,
        token: Token,
        file: std::path::PathBuf,
        _folder: tempfile::TempDir,
    }

    impl School {
        async fn open(housekeeping: Housekeeping) -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("handup.sqlite3");
            let engine = Engine::open_with(&file, None, Arc::new(Bare), housekeeping)
                .await
                .expect("an engine");
            let token = Token::new();
            let home = IpAddr::from([127, 0, 0, 1]);
            let begun = engine.create_group(home, name("Biology"), name("Noor"), &token).await;
            let group_id = begun.expect("a group").group_id;
            Self { engine, group_id, token, file, _folder: folder }
        }

        async fn session(&self) -> Session {
            self.engine.session(self.group_id, &self.token).await.expect("a session")
        }

        fn is_in_memory(&self) -> bool {
            let rooms = self.engine.shared.rooms.map.read().expect("the rooms");
            rooms.contains_key(&self.group_id)
        }
    }

    #[tokio::test]
    async fn an_unused_group_leaves_memory_and_comes_back_as_it_was() {
        let at_once = Housekeeping {
            idle: Duration::ZERO,
            sweep: Duration::from_millis(5),
            ..Default::default()
        };
        let school = School::open(at_once).await;
        let session = school.session().await;
        let before = session.room.group();
        let stream = session.room.enter(session.user);
        drop(session);
        let mut sweeps = tokio::time::interval(Duration::from_millis(5));
        for _ in 0..20 {
            sweeps.tick().await;
            assert!(school.is_in_memory(), "a stream is open");
        }
        drop(stream);
        while school.is_in_memory() {
            sweeps.tick().await;
        }
        assert!(school.session().await.room.group() == before);
    }

    #[tokio::test]
    async fn what_was_read_before_somebody_was_erased_is_not_kept_after() {
        let school = School::open(Housekeeping::default()).await;
        let (engine, group_id) = (&school.engine, school.group_id);
        let home = IpAddr::from([127, 0, 0, 1]);
        let code = school.session().await.room.join_code();
        let joined = engine.join(home, code.as_str(), name("Ada"), None, &Token::new()).await;
        let ada = joined.expect("a student").user_id;
        let class = engine.class(group_id).await.expect("the class");
        let read = |edition| ReadSoFar {
            seq: class.seq,
            edition,
            version: 0,
            reading: Reading { summary: "Ada".to_owned(), state: "Ada".to_owned() },
        };
        let keep = async |edition| {
            let keep = Chore::Keep(Keep::Read(group_id, read(edition)));
            engine.chore(keep).await.expect("a commit");
        };
        let kept = async || {
            let class = engine.class(group_id).await.expect("the class");
            engine.shared.history.read_so_far(&class, 0).await.expect("the store")
        };
        keep(0).await;
        assert_eq!(kept().await, Some(read(0)));
        engine.erase_person(group_id, ada).await.expect("it is erased");
        assert_eq!(kept().await, None);
        keep(0).await;
        assert_eq!(kept().await, None, "it holds what was erased");
        keep(1).await;
        assert_eq!(kept().await, Some(read(1)));
    }

    #[tokio::test]
    async fn an_administrators_session_ends_after_twelve_hours() {
        let school = School::open(Housekeeping::default()).await;
        let engine = &school.engine;
        let link = engine.begin_set_up().await.expect("the store").expect("a link");
        let before = engine.now();
        let opened = engine.set_up(&link, "correct horse battery".to_owned()).await;
        let token = opened.expect("the store").expect("a password").expect("a session").hash();
        let after = engine.now();
        let hash = engine.shared.reader.setting("admin_password").await.expect("the store");
        let password = TokenHash::of(hash.expect("a password").as_bytes());
        let lasts = async |at| {
            let found = engine.shared.reader.has_session(token, password, at).await;
            found.expect("the store")
        };
        let (hours, second) = (12 * 3_600, 1);
        assert!(lasts(before.plus_seconds(hours - second)).await);
        assert!(!lasts(after.plus_seconds(hours)).await);
    }

    #[tokio::test]
    async fn a_link_for_another_device_is_good_for_fifteen_minutes() {
        let school = School::open(Housekeeping::default()).await;
        let engine = &school.engine;
        let before = engine.now();
        let link = engine.hand_over(&school.session().await).await.expect("a link").token.hash();
        let after = engine.now();
        let leads =
            async |at| engine.shared.reader.handover(link, at).await.expect("the store").is_some();
        let (minutes, second) = (15 * 60, 1);
        assert!(leads(before.plus_seconds(minutes - second)).await);
        assert!(!leads(after.plus_seconds(minutes)).await);
    }

    #[tokio::test]
    async fn a_link_for_another_device_is_good_once() {
        let school = School::open(Housekeeping::default()).await;
        let engine = &school.engine;
        // Again and again: of some that come at once all have looked before any is answered.
        for _ in 0..20 {
            let link = engine.hand_over(&school.session().await).await.expect("a link").token;
            let devices: Vec<Token> = (0..4).map(|_| Token::new()).collect();
            let at_once = devices.iter().map(|device| engine.take_over(&link, device.into()));
            let taken = join_all(at_once).await;
            assert_eq!(taken.iter().filter(|it| it.is_ok()).count(), 1);
            let late = Token::new();
            let refused = engine.take_over(&link, (&late).into()).await;
            assert!(matches!(refused, Err(Error::NotSignedIn)), "{refused:?}");
            assert!(engine.session(school.group_id, &late).await.is_err());
            assert_eq!(engine.handover_leads_to(&link).await.expect("the store"), None);
        }
    }

    #[tokio::test]
    async fn a_link_for_another_device_goes_with_its_teacher() {
        let school = School::open(Housekeeping::default()).await;
        let (engine, group_id) = (&school.engine, school.group_id);
        let teacher = school.session().await;
        let [token, new] = [Token::new(), Token::new()];
        let code = teacher.room.join_code();
        let here = IpAddr::from([192, 0, 2, 1]);
        let name = Name::new("Ada").expect("a name");
        let joined = engine.join(here, code.as_str(), name, None, &token).await.expect("a student");
        let (actor, user) = (teacher.user, joined.user_id);
        let appoint = Command::ChangeRole { actor, user, role: Role::Teacher };
        engine.command(group_id, appoint).await.expect("a co-teacher");
        let theirs = engine.session(group_id, &token).await.expect("their session");
        let link = engine.hand_over(&theirs).await.expect("a link").token;
        engine.command(group_id, Command::Leave { actor, user }).await.expect("a removal");
        assert_eq!(engine.handover_leads_to(&link).await.expect("the store"), None);
        assert!(matches!(engine.take_over(&link, (&new).into()).await, Err(Error::NotSignedIn)));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_commit_that_fails_changes_nothing_and_the_next_one_works() {
        let school = School::open(Housekeeping::default()).await;
        let (engine, group_id) = (&school.engine, school.group_id);
        let session = school.session().await;
        let before = session.room.group();
        let lock = Command::ChangeGroup {
            actor: session.user,
            name: None,
            settings: SettingsChange { locked: Some(true), ..Default::default() },
        };

        let url = format!("sqlite://{}", school.file.display());
        let mut other = SqliteConnection::connect(&url).await.expect("another connection");
        sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("the write lock");
        let refused = engine.command(group_id, lock.clone()).await;
        assert!(matches!(refused, Err(Error::NotCommitted)), "{refused:?}");
        assert!(session.room.group() == before, "nobody has seen what was not committed");
        sqlx::query("ROLLBACK").execute(&mut other).await.expect("the lock's end");

        engine.command(group_id, lock).await.expect("the next commit");
        let after = session.room.group();
        assert_eq!(after.settings, Settings { locked: true, ..before.settings });
        assert_eq!(after.seq, before.seq + 1, "no number is lost or taken twice");
    }
}
