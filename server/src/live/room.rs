//! A group while it is in memory: its state as of the last commit with the tail of its log, both of
//! which can be read again from the store, and what is ephemeral: presence, liveness, what rings.
//!
//! The writer decides on a working copy of the group and publishes here what was committed (double
//! buffering). Locks are taken in the order of the fields of [`Room`], and none is held while a stream
//! is written to.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
use signaling::wire::ToldInvitation;
use signaling::{
    Application, Group, GroupId, Invitation, InviteId, MemberView, Rejection, Role, Snapshot,
    Timestamp, UserId, may_ring, other_end,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use voice::Voice;

use super::chunk::{Chunk, LONG, MemFile};
use super::ephemeral::{
    EphemeralQueue, join_code_frame, relay_frame, ringing_frame, status_frame, voice_frame,
};
use super::fanout::Fanout;
use super::liveness::Liveness;
use super::log_tail::{EventFormat, LogTail, NamesSeen, News, encode, invitations, tables};
use super::memberships::Memberships;
use super::presence::{ANNOUNCEMENT_PACE, Presence};
use crate::clock::monotonic;
use crate::identity::JoinCode;
use crate::identity::tokens::{BrowserId, Held, Membership};
use crate::limits::weight::BYTES_OF_ROW;
use crate::names::shown::ShownNames;
use crate::store::log::{EncodedEvent, Loaded};

/// How many members who are online are worth a file for a long commit.
const MANY_ONLINE: usize = 64;
/// How long a member who follows by asking is connected after each time that they ask.
const ASKED_LATELY: Duration = Duration::from_secs(15);
/// The same of somebody who looks at a page; a page that is live is known by what it does then.
const LOOKED_LATELY: Duration = Duration::from_secs(60);

struct State {
    group: Group,
    join_code: JoinCode,
    memberships: Memberships,
    tail: LogTail,
    /// What the other students are told of each name.
    shown: ShownNames,
}

/// Everybody's status at a place in the ephemeral events.
struct Status {
    version: u64,
    at: Instant,
    bytes: Bytes,
}

/// A group in memory.
pub struct Room {
    id: GroupId,
    /// The integration that began it; none when people did.
    integration: Option<String>,
    /// Makes tags that no other reading of the group has made, such as one of before a restart.
    tags: RandomState,
    status: Mutex<Option<Status>>,
    state: RwLock<State>,
    liveness: Mutex<Liveness>,
    /// Who is heard, once anybody has been.
    heard: Mutex<Option<Vec<UserId>>>,
    presence: Mutex<Presence>,
    ephemeral: Mutex<EphemeralQueue>,
    /// Browsers that are no more who they were since somebody ended them.
    ended_devices: RwLock<HashSet<(BrowserId, UserId)>>,
    streams_of_devices: Mutex<HashMap<(BrowserId, UserId), u32>>,
    fanout: Fanout,
    /// Cancelled when another server decides on the group: streams end, and come back there.
    left: CancellationToken,
    /// Whether it began in this server and nobody has followed it here yet.
    is_new_here: AtomicBool,
    used_at: Mutex<Instant>,
}

/// How many rows so many with so many bytes of words come to.
fn rows(rows: usize, words: usize) -> u32 {
    u32::try_from(rows + words / BYTES_OF_ROW).unwrap_or(u32::MAX)
}

impl State {
    fn read_back(id: GroupId, loaded: Loaded, tail_limit: usize) -> Self {
        let mut state = Self {
            group: Group::new(id),
            join_code: loaded.join_code,
            memberships: Memberships::default(),
            tail: LogTail::new(tail_limit),
            shown: ShownNames::default(),
        };
        for (browser, membership) in loaded.memberships {
            state.memberships.admit(browser, membership);
        }
        for events in loaded.events.chunks(64) {
            let commit = encode(&mut state.group, &mut state.shown, events);
            state.tail.push(commit);
        }
        state
    }

    /// What lies after the cursor; none when the tail does not reach back that far, or the cursor
    /// lies ahead of the log.
    fn after(
        &self,
        cursor: u64,
        user: UserId,
        format: EventFormat,
        as_shown: bool,
    ) -> Option<News> {
        // A stream that has come as far as this is told of names by the event that changes them.
        if !self.reaches(cursor, NamesSeen::InFull) {
            return None;
        }
        let news = self.tail.after(cursor, user, format, self.seen_by(user, as_shown));
        if !news.ends && self.group.member(user).is_none() {
            // They went before the place that they name.
            return Some(News { chunks: Vec::new(), cursor, ends: true });
        }
        Some(news)
    }

    /// Whether a stream can go on after this place without a snapshot.
    fn reaches(&self, cursor: u64, names: NamesSeen) -> bool {
        (self.tail.before(names)..=self.group.seq).contains(&cursor)
    }

    /// Tells the names in a list of members as this one sees them. Their own is theirs in full.
    fn tell_names(&self, user: UserId, as_shown: bool, members: &mut [MemberView]) {
        if self.seen_by(user, as_shown) == NamesSeen::AsShown {
            self.shown.tell(&self.group, Some(user), members);
        }
    }

    /// Which names a member sees, who may ask to see those that all others do.
    fn seen_by(&self, user: UserId, as_shown: bool) -> NamesSeen {
        if as_shown || !self.group.is_teacher(user) {
            NamesSeen::AsShown
        } else {
            NamesSeen::InFull
        }
    }
}

impl Room {
    /// The room of a new group, or of one that was read back.
    pub(crate) fn new(id: GroupId, loaded: Loaded, tail_limit: usize) -> Self {
        let integration = loaded.integration.clone();
        let state = State::read_back(id, loaded, tail_limit);
        Self {
            id,
            integration,
            tags: RandomState::new(),
            status: Mutex::default(),
            state: RwLock::new(state),
            liveness: Mutex::default(),
            heard: Mutex::default(),
            presence: Mutex::default(),
            ephemeral: Mutex::default(),
            ended_devices: RwLock::default(),
            streams_of_devices: Mutex::default(),
            fanout: Fanout::default(),
            left: CancellationToken::new(),
            is_new_here: AtomicBool::new(false),
            used_at: Mutex::new(monotonic()),
        }
    }

    /// It begins here.
    pub(crate) fn begins_here(&self) {
        self.is_new_here.store(true, Ordering::Relaxed);
    }

    /// Whether it began in this server and nobody has followed it here, so that another may as well be its
    /// home; told once.
    pub(crate) fn may_go(&self) -> bool {
        self.is_new_here.swap(false, Ordering::Relaxed)
    }

    /// Cancelled when another server decides on the group.
    pub(crate) const fn left(&self) -> &CancellationToken {
        &self.left
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read()
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write()
    }

    fn presence(&self) -> MutexGuard<'_, Presence> {
        self.presence.lock()
    }

    fn queue(&self) -> MutexGuard<'_, EphemeralQueue> {
        self.ephemeral.lock()
    }

    pub(crate) fn liveness(&self) -> MutexGuard<'_, Liveness> {
        self.liveness.lock()
    }

    /// The group's id.
    pub const fn id(&self) -> GroupId {
        self.id
    }

    /// The integration that began it; none when people did.
    pub(crate) fn integration(&self) -> Option<&str> {
        self.integration.as_deref()
    }

    /// A copy of the group as of the last commit.
    pub fn group(&self) -> Group {
        self.read().group.clone()
    }

    /// Looks at the group as of the last commit.
    pub fn with_group<T>(&self, look: impl FnOnce(&Group) -> T) -> T {
        look(&self.read().group)
    }

    /// Looks at the group as of the last commit, and at who is online.
    pub fn look<T>(&self, look: impl FnOnce(&Group, &dyn Fn(UserId) -> bool) -> T) -> T {
        let state = self.read();
        let presence = self.presence();
        look(&state.group, &|user| presence.is_online(user))
    }

    /// Who is online.
    pub(crate) fn online(&self) -> BTreeSet<UserId> {
        self.presence().online()
    }

    /// The code that joins the class.
    pub fn join_code(&self) -> JoinCode {
        self.read().join_code.clone()
    }

    /// The member for whom the token stands here.
    pub(crate) fn holder(&self, held: Held) -> Option<UserId> {
        let state = self.read();
        state.memberships.holder(held, &state.group)
    }

    /// Every other member as whom the token's browser may go on, whoever came last first.
    pub(crate) fn others(&self, held: Held) -> Vec<UserId> {
        let state = self.read();
        state.memberships.others(held, &state.group)
    }

    /// The group as a member may see it; none when they are a member no more. `as_shown` is a teacher's
    /// wish to see the names that students see of each other.
    pub fn snapshot(&self, user: UserId, now: Timestamp, as_shown: bool) -> Option<Snapshot> {
        let state = self.read();
        state.group.member(user)?;
        let presence = self.presence();
        let mut snapshot = Snapshot::of(&state.group, user, now, |user| presence.is_online(user));
        state.tell_names(user, as_shown, &mut snapshot.members);
        let code = || state.join_code.as_str().to_owned();
        Some(Snapshot { join_code: state.group.is_teacher(user).then(code), ..snapshot })
    }

    /// Tells the names in a list of members as this one sees them.
    pub fn tell_names(&self, user: UserId, as_shown: bool, members: &mut [MemberView]) {
        self.read().tell_names(user, as_shown, members);
    }

    /// What tells a member's snapshot from another one, but for the time that it is.
    pub(crate) fn tag_of_snapshot(&self, user: UserId, as_shown: bool) -> String {
        let state = self.read();
        let (seq, present) = (state.group.seq, self.presence().version());
        // The code is the one thing that changes without an event.
        let rest = self.tags.hash_one((user, as_shown, state.join_code.as_str()));
        format!("\"{seq}-{present}-{rest:x}\"")
    }

    /// How many rows a snapshot comes to: members, invitations and parts, and what words they hold.
    pub fn rows_of_snapshot(&self) -> u32 {
        let state = self.read();
        rows(state.group.count_rows(), state.group.count_words())
    }

    /// The same of an invitation that the member may see.
    pub(crate) fn rows_of_invitation(&self, invite_id: InviteId, user: UserId) -> Option<u32> {
        let state = self.read();
        let invitation = state.group.invitation(invite_id).filter(|it| it.is_visible_to(user))?;
        Some(rows(invitation.parts().len(), invitation.count_words()))
    }

    /// How many events lie after this place in the log, as far as a stream can go on after it; none
    /// when it needs a snapshot.
    pub(crate) fn missed(&self, after: Option<u64>, user: UserId, as_shown: bool) -> Option<u32> {
        let state = self.read();
        let names = state.seen_by(user, as_shown);
        let after = after.filter(|after| state.reaches(*after, names))?;
        Some(u32::try_from(state.group.seq - after).unwrap_or(u32::MAX))
    }

    /// An invitation that the member may see, as it is told to them.
    pub(crate) fn told_invitation(
        &self,
        invite_id: InviteId,
        user: UserId,
    ) -> Option<ToldInvitation> {
        let state = self.read();
        let invitation = state.group.invitation(invite_id).filter(|it| it.is_visible_to(user))?;
        Some(ToldInvitation::of(invitation, user))
    }

    /// Takes over what was committed, and has every stream send it.
    pub(crate) fn publish(&self, events: &[EncodedEvent]) {
        let tables = tables(events);
        let file = tables.as_ref().and_then(|bytes| self.file_of(bytes));
        let mut state = self.write();
        let State { group, shown, .. } = &mut *state;
        let mut commit = encode(group, shown, events);
        if let Some(bytes) = tables {
            commit.in_tables(match &file {
                Some(file) => Chunk::in_file(bytes, file),
                None => bytes.into(),
            });
        }
        state.tail.push(commit);
        drop(state);
        self.fanout.wake(file.as_ref());
    }

    /// A file for bytes that go to many; none where these are few, or the system has none to give.
    fn file_of(&self, bytes: &Bytes) -> Option<Arc<MemFile>> {
        let is_worth_it = bytes.len() >= LONG && self.presence().len() >= MANY_ONLINE;
        is_worth_it.then(|| MemFile::of(bytes).ok()).flatten().map(Arc::new)
    }

    /// Takes over what the log holds, which may be more than was published, or no longer all of it.
    pub(crate) fn catch_up(&self, loaded: Loaded) {
        let mut state = self.write();
        *state = State::read_back(self.id, loaded, state.tail.limit());
        drop(state);
        self.fanout.wake(None);
    }

    pub(crate) fn admit(&self, browser: BrowserId, membership: Membership) {
        self.ended_devices.write().remove(&(browser, membership.user));
        self.write().memberships.admit(browser, membership);
    }

    pub(crate) fn revoke(&self, user: UserId) {
        self.write().memberships.revoke(user);
    }

    /// One browser is not this member any more: its streams end.
    pub(crate) fn end_device(&self, browser: BrowserId, user: UserId) {
        self.write().memberships.end_device(browser, user);
        self.ended_devices.write().insert((browser, user));
        self.fanout.wake(None);
    }

    /// Whether a browser was this member, and is so no more since somebody ended it.
    pub(crate) fn is_ended(&self, browser: BrowserId, user: UserId) -> bool {
        self.ended_devices.read().contains(&(browser, user))
    }

    /// One more stream of a browser, as this member.
    fn stream_begins(&self, browser: BrowserId, user: UserId) {
        *self.streams_of_devices.lock().entry((browser, user)).or_default() += 1;
    }

    /// One less.
    fn stream_ends(&self, browser: BrowserId, user: UserId) {
        let mut streams = self.streams_of_devices.lock();
        if let Some(count) = streams.get_mut(&(browser, user)) {
            *count -= 1;
            if *count == 0 {
                streams.remove(&(browser, user));
            }
        }
    }

    /// How many streams a browser has open as this member.
    pub(crate) fn streams_of_device(&self, browser: BrowserId, user: UserId) -> u32 {
        self.streams_of_devices.lock().get(&(browser, user)).copied().unwrap_or_default()
    }

    pub(crate) fn set_join_code(&self, code: JoinCode) {
        let frame = join_code_frame(&code);
        let mut state = self.write();
        state.join_code = code;
        let teachers: Vec<UserId> =
            state.group.with_role(Role::Teacher).map(|member| member.user_id).collect();
        drop(state);
        for teacher in teachers {
            self.send(Some(teacher), frame.clone());
        }
    }

    /// The code that joins the class, as a stream tells it; for teachers.
    pub(crate) fn code_for(&self, user: UserId) -> Option<Bytes> {
        let state = self.read();
        state.group.is_teacher(user).then(|| join_code_frame(&state.join_code))
    }

    /// What is new for a member after a place in the log; none when a snapshot has to stand for it.
    pub(crate) fn news(
        &self,
        cursor: u64,
        user: UserId,
        format: EventFormat,
        as_shown: bool,
    ) -> Option<News> {
        self.read().after(cursor, user, format, as_shown)
    }

    /// The same for a stream that goes on where another one, or the member's page, has been.
    pub(crate) fn news_since(
        &self,
        cursor: u64,
        user: UserId,
        format: EventFormat,
        as_shown: bool,
    ) -> Option<News> {
        let state = self.read();
        let reaches = state.reaches(cursor, state.seen_by(user, as_shown));
        reaches.then(|| state.after(cursor, user, format, as_shown)).flatten()
    }

    /// The streams that are open.
    pub(crate) const fn fanout(&self) -> &Fanout {
        &self.fanout
    }

    /// Notes that the room is in use.
    pub(crate) fn touch(&self) {
        *self.used_at.lock() = monotonic();
    }

    /// Whether nobody has used the room for this long and no stream is open.
    pub(crate) fn is_idle(&self, for_at_least: Duration) -> bool {
        let used_at = *self.used_at.lock();
        self.presence().is_empty() && monotonic() - used_at >= for_at_least
    }

    /// Counts a member's stream until the guard is dropped.
    pub(crate) fn enter(self: &Arc<Self>, user: UserId, device: Option<BrowserId>) -> Attendance {
        self.presence().enter(user);
        if let Some(device) = device {
            self.stream_begins(device, user);
        }
        self.is_new_here.store(false, Ordering::Relaxed);
        self.announce_soon();
        Attendance { room: Arc::clone(self), user, device }
    }

    /// Counts a member in for a while who follows the group by asking for it.
    pub(crate) fn asked(self: &Arc<Self>, user: UserId) {
        self.is_there(user, ASKED_LATELY);
    }

    /// Counts a member in for a while who looks at a page of the group.
    pub fn looked(self: &Arc<Self>, user: UserId) {
        self.is_there(user, LOOKED_LATELY);
    }

    fn is_there(self: &Arc<Self>, user: UserId, lately: Duration) {
        let until = monotonic() + lately;
        let known = self.presence().ask(user, until);
        self.announce_soon();
        // Who waits for the end wakes up at the time that was known.
        if known.is_none_or(|known| until < known) {
            let room = Arc::clone(self);
            tokio::spawn(async move {
                loop {
                    let until = room.presence().asks_until(user, monotonic());
                    let Some(until) = until else { break };
                    tokio::time::sleep_until(until).await;
                }
                room.touch();
                room.announce_soon();
            });
        }
    }

    /// A member does not follow the group by asking any more.
    pub(crate) fn follows_otherwise(self: &Arc<Self>, user: UserId) {
        self.presence().stop_asking(user);
        self.announce_soon();
    }

    /// How many streams a member has open.
    pub(crate) fn streams_of(&self, user: UserId) -> usize {
        self.presence().connections_of(user)
    }

    /// The place in the ephemeral events that a stream begins at, with everybody's status as of it.
    /// When a class comes back at once its streams share one: what has changed since is sent again.
    pub(crate) fn status(&self) -> (u64, Bytes) {
        let mut latest = self.status.lock();
        let now = monotonic();
        if let Some(status) = latest.as_ref().filter(|status| self.is_current(status, now)) {
            return (status.version, status.bytes.clone());
        }
        let members: Vec<UserId> =
            self.with_group(|group| group.members().iter().map(|member| member.user_id).collect());
        // The place comes first: what changes meanwhile is sent again.
        let version = self.queue().version();
        let presence = self.presence();
        let users = members.into_iter().map(|user| presence.status_of(user)).collect();
        drop(presence);
        let bytes = status_frame(users);
        *latest = Some(Status { version, at: now, bytes: bytes.clone() });
        (version, bytes)
    }

    fn is_current(&self, status: &Status, now: Instant) -> bool {
        now - status.at < ANNOUNCEMENT_PACE && self.queue().version() == status.version
    }

    /// The place in the ephemeral events.
    pub(crate) fn ephemeral_version(&self) -> u64 {
        self.queue().version()
    }

    /// The ephemeral events after a place, for one member; none when they do not reach back that far.
    pub(crate) fn ephemeral(&self, after: u64, user: UserId) -> Option<(u64, Vec<Bytes>)> {
        let queue = self.queue();
        Some((queue.version(), queue.after(after, user)?))
    }

    fn send(&self, to: Option<UserId>, bytes: Bytes) {
        self.queue().push(to, bytes, monotonic());
        self.fanout.wake(None);
    }

    /// Takes over whose signs of life are waited for, as the group stands.
    pub(crate) fn watch_all(&self, application: &dyn Application) {
        let state = self.read();
        self.liveness().follow_all(&state.group, application, monotonic());
    }

    /// The same of what these events are about.
    pub(crate) fn watch(&self, events: &[EncodedEvent], application: &dyn Application) {
        let state = self.read();
        let invitations = invitations(events);
        self.liveness().follow(&state.group, invitations, application, monotonic());
    }

    /// Tells the unit that carries voices who may be heard, as the group stands.
    pub(crate) fn tell_voices(&self, voice: &Voice, application: &dyn Application) {
        let state = self.read();
        // Before the state can be another one: the newest is told last.
        let (voices, calls) =
            (application.voices(&state.group), application.meetings(&state.group));
        voice.hear(self.id, voices, calls);
    }

    /// Others are heard from now on: everybody is told.
    pub(crate) fn hears(&self, heard: Vec<UserId>) {
        let frame = voice_frame(heard.clone());
        *self.heard.lock() = Some(heard);
        self.send(None, frame);
    }

    /// Who is heard, as a stream tells it that begins.
    pub(crate) fn heard_now(&self) -> Option<Bytes> {
        self.heard.lock().clone().map(voice_frame)
    }

    /// The member's device shows the invitation to them: its inviter is told.
    pub(crate) fn ring(
        &self,
        user: UserId,
        invite_id: InviteId,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        let state = self.read();
        may_ring(&state.group, now, user, invite_id)?;
        let Some(invitation) = state.group.invitation(invite_id) else { return Ok(()) };
        if self.liveness().ring(invite_id) {
            self.send(Some(invitation.inviter), ringing_frame(invitation));
        }
        Ok(())
    }

    /// What rings at the other end of this member's invitations.
    pub(crate) fn ringing(&self, user: UserId) -> Vec<Bytes> {
        let state = self.read();
        let liveness = self.liveness();
        let ringing = liveness.ringing().filter_map(|invite_id| state.group.invitation(invite_id));
        let mut ringing: Vec<&Invitation> =
            ringing.filter(|invitation| invitation.inviter == user && invitation.open).collect();
        ringing.sort_unstable_by_key(|invitation| invitation.seq);
        ringing.into_iter().map(ringing_frame).collect()
    }

    /// Passes a member's words on to the other end of a live one-to-one invitation, and keeps none.
    pub(crate) fn relay(
        &self,
        user: UserId,
        invite_id: InviteId,
        data: String,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        let other = self.with_group(|group| other_end(group, now, user, invite_id))?;
        if data.len() > signaling::MAX_DATA_BYTES {
            return Err(Rejection::DataTooLarge);
        }
        self.send(Some(other), relay_frame(invite_id, user, data));
        Ok(())
    }

    /// A member is still there at their end of a live one-to-one invitation, or of what one to the group
    /// began among several.
    pub(crate) fn heard(
        &self,
        user: UserId,
        invite_id: InviteId,
        now: Timestamp,
        application: &dyn Application,
    ) -> Result<(), Rejection> {
        self.with_group(|group| {
            let to_group = group.invitation(invite_id).filter(|it| it.group_id.is_some());
            let is_end = to_group.is_some_and(|it| application.ends(group, it).contains(&user));
            if is_end { Ok(()) } else { other_end(group, now, user, invite_id).map(drop) }
        })?;
        self.liveness().heard(invite_id, user, monotonic());
        Ok(())
    }

    /// Sees to it that changed statuses are announced, merged, and not faster than the pace.
    fn announce_soon(self: &Arc<Self>) {
        let Some(at) = self.presence().next_announcement(monotonic()) else { return };
        let room = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep_until(at).await;
            if let Some(room) = room.upgrade() {
                room.announce();
            }
        });
    }

    fn announce(&self) {
        let users = self.presence().announce(monotonic());
        if !users.is_empty() {
            self.send(None, status_frame(users));
        }
    }
}

/// A member's open stream; they are online while one exists.
pub(crate) struct Attendance {
    room: Arc<Room>,
    user: UserId,
    device: Option<BrowserId>,
}

impl Drop for Attendance {
    fn drop(&mut self) {
        if let Some(device) = self.device {
            self.room.stream_ends(device, self.user);
        }
        self.room.presence().leave(self.user);
        self.room.touch();
        // Outside a runtime the server is being torn down and nobody is left to hear of it.
        if tokio::runtime::Handle::try_current().is_ok() {
            self.room.announce_soon();
        }
    }
}
