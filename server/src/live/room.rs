//! A group while it is in memory: its state as of the last commit and the newest part of its log,
//! ready to be sent, both of which can be read again from the store; and what holds only for now:
//! who is online, what rings, and what the two ends of an invitation tell each other.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use serde::Serialize;
use signaling::event::Table;
use signaling::{
    Application, Audience, Event, EventKind, Group, GroupId, Invitation, InviteId, JoinCodeChanged,
    Rejection, Relay, Ringing, Role, Snapshot, StatusChange, Timestamp, UserId, UserStatus, apply,
    may_ring, other_end,
};
use tokio::time::Instant;

use crate::identity::JoinCode;
use crate::identity::tokens::{BrowserId, Held, Membership, part};
use crate::limits::weight::BYTES_OF_ROW;
use crate::live::fanout::Rows;
use crate::live::piece::{LONG, Pages, Piece};
use crate::live::signs::Signs;
use crate::store::{EncodedEvent, Loaded};

/// The most bytes of a group's newest events that stay in memory, however few they are, so that
/// events with much `data` do not hold much memory.
const TAIL_BYTES: usize = 4 * 1_024 * 1_024;
/// How many members who are online are worth pages for a long commit.
const MANY_ONLINE: usize = 64;
/// How much of what holds only for now stays in memory: streams send it on at once, or never.
const PASSING_EVENTS: usize = 256;
/// The same in bytes.
const PASSING_BYTES: usize = 1_024 * 1_024;
/// How long it stays at most, while more comes.
const PASSES: Duration = Duration::from_secs(30);
/// How long a member who follows by asking is connected after each time that they ask.
const ASKED_LATELY: Duration = Duration::from_secs(15);
/// The same of somebody who looks at a page; a page that is live is known by what it does then.
const LOOKED_LATELY: Duration = Duration::from_secs(60);
/// The least time between two merged status changes of a group.
const STATUS_PACE: Duration = Duration::from_secs(1);

/// Whose streams end with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Nobody,
    Member(UserId),
    Everyone,
}

/// One event in a commit's bytes.
#[derive(Debug)]
struct Frame {
    seq: u64,
    range: Range<usize>,
    audience: Audience,
    ends: Ends,
}

/// What one commit added to the group's log, encoded once for every stream.
#[derive(Debug)]
struct Commit {
    bytes: Bytes,
    /// The same for streams that tell events in tables.
    tables: Piece,
    frames: Vec<Frame>,
    /// Every event is for everyone and ends nobody's stream: the bytes go out as they are.
    is_plain: bool,
}

impl Commit {
    fn last(&self) -> u64 {
        self.frames.last().map_or(0, |frame| frame.seq)
    }

    /// How much memory its bytes take.
    fn size(&self) -> usize {
        let is_shared = self.bytes.as_ptr() == self.tables.bytes().as_ptr();
        self.bytes.len() + if is_shared { 0 } else { self.tables.bytes().len() }
    }
}

/// How a stream tells events of one kind that follow each other in a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    /// Each by itself.
    Each,
    /// In one message, when the reader has seen nothing of the commit and may see all of it.
    Tables,
}

/// What is new after a place in the log, for one member.
#[derive(Debug)]
pub(crate) struct News {
    pub pieces: Vec<Piece>,
    /// The place after it.
    pub cursor: u64,
    /// Whether the member's streams end here.
    pub ends: bool,
}

struct State {
    group: Group,
    join_code: JoinCode,
    memberships: HashMap<BrowserId, Vec<Membership>>,
    tail: VecDeque<Commit>,
    tail_events: usize,
    tail_bytes: usize,
    /// The most events that the tail holds.
    tail_limit: usize,
    /// The last event before the tail.
    before_tail: u64,
}

#[derive(Default)]
struct Presence {
    streams: HashMap<UserId, usize>,
    /// Until when those are connected who follow the group without a stream.
    asking: HashMap<UserId, (Instant, Attendance)>,
    /// How many times somebody came or went.
    version: u64,
    /// Who came or went since the streams were last told.
    changed: BTreeSet<UserId>,
    is_telling: bool,
    told_at: Option<Instant>,
}

impl Presence {
    fn is_online(&self, user: UserId) -> bool {
        self.streams.contains_key(&user)
    }

    fn came_or_went(&mut self, user: UserId) {
        self.version += 1;
        self.changed.insert(user);
    }
}

/// One event that holds only for now.
struct Passing {
    version: u64,
    at: Instant,
    /// Whose streams send it; everybody's when none.
    to: Option<UserId>,
    bytes: Bytes,
}

/// The newest of the events that hold only for now. They are numbered, so that a stream knows what
/// it has sent; what one has missed is not kept for it.
#[derive(Default)]
struct Passage {
    version: u64,
    events: VecDeque<Passing>,
    bytes: usize,
}

impl Passage {
    fn push(&mut self, to: Option<UserId>, bytes: Bytes) {
        self.version += 1;
        self.bytes += bytes.len();
        let at = Instant::now();
        self.events.push_back(Passing { version: self.version, at, to, bytes });
        while let Some(oldest) = self.events.front() {
            let is_much = self.events.len() > PASSING_EVENTS || self.bytes > PASSING_BYTES;
            if !is_much && at - oldest.at < PASSES {
                break;
            }
            self.bytes -= oldest.bytes.len();
            self.events.pop_front();
        }
    }
}

/// Everybody's status at a place in the changes.
struct Status {
    version: u64,
    at: Instant,
    bytes: Bytes,
}

/// A group in memory.
pub struct Room {
    id: GroupId,
    /// Makes tags that no other reading of the group has made, such as one of before a restart.
    tags: RandomState,
    state: RwLock<State>,
    presence: Mutex<Presence>,
    passage: Mutex<Passage>,
    status: Mutex<Option<Status>>,
    signs: Mutex<Signs>,
    rows: Rows,
    used_at: Mutex<Instant>,
}

/// How many rows so many with so many bytes of words come to.
fn rows(rows: usize, words: usize) -> u32 {
    u32::try_from(rows + words / BYTES_OF_ROW).unwrap_or(u32::MAX)
}

/// The invitations that these events are about.
pub(crate) fn invitations(events: &[EncodedEvent]) -> impl Iterator<Item = InviteId> {
    events.iter().filter_map(|encoded| encoded.event.invite_id())
}

/// Adds the events of one commit to a group and encodes them for the streams.
fn encode(group: &mut Group, events: &[EncodedEvent]) -> Commit {
    let size = events.iter().map(|encoded| encoded.body.len() + 80).sum();
    let mut bytes = BytesMut::with_capacity(size);
    let mut frames = Vec::with_capacity(events.len());
    for EncodedEvent { event, body } in events {
        apply(group, event);
        let start = bytes.len();
        write_frame(&mut bytes, event, body);
        let ends = match &event.kind {
            EventKind::MemberLeft(left) => Ends::Member(left.user_id),
            EventKind::GroupEnded(_) => Ends::Everyone,
            EventKind::ReceiveNewInvitation(_)
            | EventKind::InviteeAccepted(_)
            | EventKind::InviteeRejected(_)
            | EventKind::InvitationCancelled(_)
            | EventKind::InvitationTimeout(_)
            | EventKind::InvitationModified(_)
            | EventKind::InviteeFinished(_)
            | EventKind::MemberJoined(_)
            | EventKind::MemberChanged(_)
            | EventKind::GroupChanged(_) => Ends::Nobody,
        };
        let audience = event.audience(group);
        frames.push(Frame { seq: event.seq, range: start..bytes.len(), audience, ends });
    }
    let is_plain =
        frames.iter().all(|f| f.audience == Audience::Everyone && f.ends == Ends::Nobody);
    let bytes = bytes.freeze();
    Commit { tables: bytes.clone().into(), bytes, frames, is_plain }
}

/// What streams are told of a commit that tell events in tables; none when no two belong in one.
fn tables(events: &[EncodedEvent]) -> Option<Bytes> {
    if events.len() < 2 {
        return None;
    }
    let mut bytes = BytesMut::new();
    let mut is_shorter = false;
    let mut rest = events.iter().peekable();
    while let Some(EncodedEvent { event: first, body }) = rest.next() {
        let mut table = Table::of(first);
        let added = std::iter::from_fn(|| rest.next_if(|next| table.add(&next.event)));
        match added.last() {
            Some(EncodedEvent { event: last, .. }) => {
                let table = serde_json::to_string(&table).unwrap_or_default();
                write_frame(&mut bytes, last, &table);
                is_shorter = true;
            }
            None => write_frame(&mut bytes, first, body),
        }
    }
    is_shorter.then(|| bytes.freeze())
}

fn write_frame(bytes: &mut BytesMut, event: &Event, data: &str) {
    let head = format!("id: {}\nevent: {}\ndata: ", event.seq, event.kind.name());
    bytes.extend_from_slice(head.as_bytes());
    bytes.extend_from_slice(data.as_bytes());
    bytes.extend_from_slice(b"\n\n");
}

impl State {
    fn read_back(id: GroupId, loaded: Loaded, tail_limit: usize) -> Self {
        let mut state = Self {
            group: Group::new(id),
            join_code: loaded.join_code,
            memberships: HashMap::new(),
            tail: VecDeque::new(),
            tail_events: 0,
            tail_bytes: 0,
            tail_limit,
            before_tail: 0,
        };
        for (browser, membership) in loaded.memberships {
            state.admit(browser, membership);
        }
        for events in loaded.events.chunks(64) {
            let commit = encode(&mut state.group, events);
            state.push(commit);
        }
        state
    }

    fn admit(&mut self, browser: BrowserId, membership: Membership) {
        let held = self.memberships.entry(browser).or_default();
        // What is read of the store may be older than what was published meanwhile.
        if held.iter().any(|it| it.user == membership.user && it.is_later_than(&membership)) {
            return;
        }
        held.retain(|it| it.user != membership.user);
        held.push(membership);
    }

    fn push(&mut self, commit: Commit) {
        if commit.frames.is_empty() {
            return;
        }
        self.tail_events += commit.frames.len();
        self.tail_bytes += commit.size();
        self.tail.push_back(commit);
        while self.tail.len() > 1
            && (self.tail_events > self.tail_limit || self.tail_bytes > TAIL_BYTES)
        {
            if let Some(oldest) = self.tail.pop_front() {
                self.tail_events -= oldest.frames.len();
                self.tail_bytes -= oldest.size();
                self.before_tail = oldest.last();
            }
        }
    }

    /// What lies after the cursor; none when the tail does not reach back that far, or the cursor
    /// lies ahead of the log.
    fn after(&self, cursor: u64, user: UserId, telling: Telling) -> Option<News> {
        if cursor < self.before_tail || cursor > self.group.seq {
            return None;
        }
        let mut news = News { pieces: Vec::new(), cursor, ends: false };
        let first = self.tail.partition_point(|commit| commit.last() <= cursor);
        for commit in self.tail.iter().skip(first) {
            let is_whole = commit.frames.first().is_some_and(|frame| frame.seq > cursor);
            if commit.is_plain && is_whole {
                news.pieces.push(match telling {
                    Telling::Each => commit.bytes.clone().into(),
                    Telling::Tables => commit.tables.clone(),
                });
                news.cursor = commit.last();
                continue;
            }
            for frame in commit.frames.iter().filter(|frame| frame.seq > cursor) {
                if frame.audience.includes(user) {
                    news.pieces.push(commit.bytes.slice(frame.range.clone()).into());
                }
                news.cursor = frame.seq;
                if frame.ends == Ends::Everyone || frame.ends == Ends::Member(user) {
                    news.ends = true;
                    return Some(news);
                }
            }
        }
        if self.group.member(user).is_none() {
            // They went before the place that they name.
            return Some(News { pieces: Vec::new(), cursor, ends: true });
        }
        Some(news)
    }
}

impl Room {
    /// The room of a new group, or of one that was read back.
    pub(crate) fn new(id: GroupId, loaded: Loaded, tail_limit: usize) -> Self {
        let state = State::read_back(id, loaded, tail_limit);
        Self {
            id,
            tags: RandomState::new(),
            state: RwLock::new(state),
            presence: Mutex::default(),
            passage: Mutex::default(),
            status: Mutex::default(),
            signs: Mutex::default(),
            rows: Rows::default(),
            used_at: Mutex::new(Instant::now()),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn presence(&self) -> std::sync::MutexGuard<'_, Presence> {
        self.presence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn passage(&self) -> std::sync::MutexGuard<'_, Passage> {
        self.passage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn signs(&self) -> std::sync::MutexGuard<'_, Signs> {
        self.signs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The group's id.
    pub const fn id(&self) -> GroupId {
        self.id
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

    /// The code that joins the class.
    pub fn join_code(&self) -> JoinCode {
        self.read().join_code.clone()
    }

    /// The member for whom the token stands here.
    pub(crate) fn holder(&self, held: Held) -> Option<UserId> {
        let state = self.read();
        let user = held.stands_for(state.memberships.get(&held.browser)?)?;
        state.group.member(user).map(|member| member.user_id)
    }

    /// Every other member as whom the token's browser may go on, whoever came last first.
    pub(crate) fn others(&self, held: Held) -> Vec<UserId> {
        let me = self.holder(held);
        let state = self.read();
        let Some(memberships) = state.memberships.get(&held.browser) else { return Vec::new() };
        let is_other = |it: &&Membership| {
            held.may_open(it) && Some(it.user) != me && state.group.member(it.user).is_some()
        };
        let mut others: Vec<Membership> = memberships.iter().filter(is_other).copied().collect();
        others.sort_unstable_by_key(|membership| Reverse(membership.number()));
        others.into_iter().map(|membership| membership.user).collect()
    }

    /// The group as a member may see it; none when they are a member no more.
    pub fn snapshot(&self, user: UserId, now: Timestamp) -> Option<Snapshot> {
        let state = self.read();
        state.group.member(user)?;
        let presence = self.presence();
        let snapshot = Snapshot::of(&state.group, user, now, |user| presence.is_online(user));
        let code = || state.join_code.as_str().to_owned();
        Some(Snapshot { join_code: is_teacher(&state.group, user).then(code), ..snapshot })
    }

    /// What tells a member's snapshot from another one, but for the time that it is.
    pub(crate) fn tag_of_snapshot(&self, user: UserId) -> String {
        let state = self.read();
        let (seq, present) = (state.group.seq, self.presence().version);
        // The code is the one thing that changes without an event.
        let rest = self.tags.hash_one((user, state.join_code.as_str()));
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
    pub(crate) fn missed(&self, after: Option<u64>) -> Option<u32> {
        let state = self.read();
        let is_there = |after: &u64| (state.before_tail..=state.group.seq).contains(after);
        let after = after.filter(is_there)?;
        Some(u32::try_from(state.group.seq - after).unwrap_or(u32::MAX))
    }

    /// An invitation that the member may see.
    pub(crate) fn invitation(&self, invite_id: InviteId, user: UserId) -> Option<Invitation> {
        let state = self.read();
        state.group.invitation(invite_id).filter(|i| i.is_visible_to(user)).cloned()
    }

    /// Takes over what was committed, and has every stream send it.
    pub(crate) fn publish(&self, events: &[EncodedEvent]) {
        let tables = tables(events);
        let pages = tables.as_ref().and_then(|bytes| self.pages(bytes));
        let mut state = self.write();
        let mut commit = encode(&mut state.group, events);
        if let Some(bytes) = tables.filter(|_| commit.is_plain) {
            commit.tables = match &pages {
                Some(pages) => Piece::in_pages(bytes, pages),
                None => bytes.into(),
            };
        }
        state.push(commit);
        drop(state);
        self.rows.wake(pages.as_ref());
    }

    /// Pages for bytes that go to many; none where these are few, or the system has none to give.
    fn pages(&self, bytes: &Bytes) -> Option<Arc<Pages>> {
        let are_worth_it = bytes.len() >= LONG && self.presence().streams.len() >= MANY_ONLINE;
        are_worth_it.then(|| Pages::of(bytes).ok()).flatten().map(Arc::new)
    }

    /// Takes over what the log holds, which may be more than was published, or no longer all of it.
    pub(crate) fn catch_up(&self, loaded: Loaded) {
        let mut state = self.write();
        *state = State::read_back(self.id, loaded, state.tail_limit);
        drop(state);
        self.rows.wake(None);
    }

    pub(crate) fn admit(&self, browser: BrowserId, membership: Membership) {
        self.write().admit(browser, membership);
    }

    pub(crate) fn revoke(&self, user: UserId) {
        self.write().memberships.retain(|_, held| {
            part(held, user);
            !held.is_empty()
        });
    }

    pub(crate) fn set_join_code(&self, code: JoinCode) {
        let told = join_code_frame(&code);
        let mut state = self.write();
        state.join_code = code;
        let teachers: Vec<UserId> =
            state.group.with_role(Role::Teacher).map(|member| member.user_id).collect();
        drop(state);
        for teacher in teachers {
            self.pass(Some(teacher), told.clone());
        }
    }

    /// The code that joins the class, as a stream tells it; for teachers.
    pub(crate) fn code_for(&self, user: UserId) -> Option<Bytes> {
        let state = self.read();
        is_teacher(&state.group, user).then(|| join_code_frame(&state.join_code))
    }

    /// What is new for a member after a place in the log; none when a snapshot has to stand for it.
    pub(crate) fn news(&self, cursor: u64, user: UserId, telling: Telling) -> Option<News> {
        self.read().after(cursor, user, telling)
    }

    /// The streams that are open.
    pub(crate) const fn rows(&self) -> &Rows {
        &self.rows
    }

    /// Notes that the room is in use.
    pub(crate) fn touch(&self) {
        *self.used_at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Whether nobody has used the room for this long and no stream is open.
    pub(crate) fn is_idle(&self, for_at_least: Duration) -> bool {
        let used_at = *self.used_at.lock().unwrap_or_else(PoisonError::into_inner);
        self.presence().streams.is_empty() && used_at.elapsed() >= for_at_least
    }

    /// Counts a member's stream until the guard is dropped.
    pub(crate) fn enter(self: &Arc<Self>, user: UserId) -> Attendance {
        let mut presence = self.presence();
        let streams = presence.streams.entry(user).or_default();
        *streams += 1;
        if *streams == 1 {
            presence.came_or_went(user);
        }
        drop(presence);
        self.tell_soon();
        Attendance { room: Arc::clone(self), user }
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
        let until = Instant::now() + lately;
        let known = self.presence().asking.get_mut(&user).map(|(known, _)| {
            let before = *known;
            *known = until;
            before
        });
        if known.is_none() {
            let attendance = self.enter(user);
            let before = self.presence().asking.insert(user, (until, attendance));
            drop(before);
        }
        // Who waits for the end wakes up at the time that was known.
        if known.is_none_or(|known| until < known) {
            let room = Arc::clone(self);
            tokio::spawn(async move {
                while let Some(until) = room.is_there_until(user) {
                    tokio::time::sleep_until(until).await;
                }
            });
        }
    }

    /// Until when a member is connected who has no stream; none when that time is over, and ends it
    /// then.
    fn is_there_until(&self, user: UserId) -> Option<Instant> {
        let mut presence = self.presence();
        let until = presence.asking.get(&user).map(|(until, _)| *until)?;
        if until > Instant::now() {
            return Some(until);
        }
        let over = presence.asking.remove(&user);
        // Outside the lock, which the end of an attendance takes.
        drop(presence);
        drop(over);
        None
    }

    /// A member does not follow the group by asking any more.
    pub(crate) fn follows_otherwise(&self, user: UserId) {
        // Outside the lock, which the end of an attendance takes.
        let ended = self.presence().asking.remove(&user);
        drop(ended);
    }

    /// How many streams a member has open.
    pub(crate) fn streams_of(&self, user: UserId) -> usize {
        self.presence().streams.get(&user).copied().unwrap_or_default()
    }

    /// The place in the status changes that a stream begins at, with everybody's status as of it.
    /// When a class comes back at once its streams share one: what has changed since is told again.
    pub(crate) fn status(&self) -> (u64, Bytes) {
        let mut told = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(status) = told.as_ref().filter(|status| self.is_current(status)) {
            return (status.version, status.bytes.clone());
        }
        let members: Vec<UserId> =
            self.with_group(|group| group.members().iter().map(|member| member.user_id).collect());
        // The place comes first: what changes meanwhile is told again.
        let version = self.passage().version;
        let presence = self.presence();
        let users = members
            .into_iter()
            .map(|user_id| UserStatus { user_id, online: presence.is_online(user_id) });
        let bytes = status_frame(users.collect());
        drop(presence);
        *told = Some(Status { version, at: Instant::now(), bytes: bytes.clone() });
        (version, bytes)
    }

    /// The place in what holds only for now.
    pub(crate) fn passing_version(&self) -> u64 {
        self.passage().version
    }

    fn is_current(&self, status: &Status) -> bool {
        status.at.elapsed() < STATUS_PACE && self.passage().version == status.version
    }

    /// What holds only for now and came after a place, for one member; none when it does not reach
    /// back that far.
    pub(crate) fn passing(&self, after: u64, user: UserId) -> Option<(u64, Vec<Bytes>)> {
        let passage = self.passage();
        let oldest = passage.events.front().map_or(passage.version + 1, |event| event.version);
        if after + 1 < oldest {
            return None;
        }
        let is_theirs = |event: &&Passing| event.to.is_none_or(|to| to == user);
        let seen = usize::try_from(after + 1 - oldest).unwrap_or(usize::MAX);
        let events = passage.events.iter().skip(seen).filter(is_theirs);
        Some((passage.version, events.map(|event| event.bytes.clone()).collect()))
    }

    fn pass(&self, to: Option<UserId>, bytes: Bytes) {
        self.passage().push(to, bytes);
        self.rows.wake(None);
    }

    /// Takes over whose signs of life are waited for, as the group stands.
    pub(crate) fn watch_all(&self, application: &dyn Application) {
        let state = self.read();
        self.signs().follow_all(&state.group, application, Instant::now());
    }

    /// The same of what these events are about.
    pub(crate) fn watch(&self, events: &[EncodedEvent], application: &dyn Application) {
        let state = self.read();
        let invitations = invitations(events);
        self.signs().follow(&state.group, invitations, application, Instant::now());
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
        if self.signs().ring(invite_id) {
            self.pass(Some(invitation.inviter), ringing_frame(invitation));
        }
        Ok(())
    }

    /// What rings at the other end of this member's invitations.
    pub(crate) fn ringing(&self, user: UserId) -> Vec<Bytes> {
        let state = self.read();
        let signs = self.signs();
        let ringing = signs.ringing().filter_map(|invite_id| state.group.invitation(invite_id));
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
        self.pass(Some(other), frame(Relay::NAME, &Relay { invite_id, from: user, data }));
        Ok(())
    }

    /// A member is still there at their end of a live one-to-one invitation.
    pub(crate) fn heard(
        &self,
        user: UserId,
        invite_id: InviteId,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        self.with_group(|group| other_end(group, now, user, invite_id))?;
        self.signs().heard(invite_id, user, Instant::now());
        Ok(())
    }

    /// Sees to it that changed statuses are told, merged, and not faster than the pace.
    fn tell_soon(self: &Arc<Self>) {
        let mut presence = self.presence();
        if presence.is_telling || presence.changed.is_empty() {
            return;
        }
        presence.is_telling = true;
        let merge = Duration::from_millis(100);
        let at = presence.told_at.map_or_else(
            || Instant::now() + merge,
            |t| (t + STATUS_PACE).max(Instant::now() + merge),
        );
        drop(presence);
        let room = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep_until(at).await;
            if let Some(room) = room.upgrade() {
                room.tell();
            }
        });
    }

    fn tell(&self) {
        let mut presence = self.presence();
        presence.is_telling = false;
        presence.told_at = Some(Instant::now());
        let changed = std::mem::take(&mut presence.changed);
        let users: Vec<UserStatus> = changed
            .into_iter()
            .map(|user_id| UserStatus { user_id, online: presence.is_online(user_id) })
            .collect();
        if users.is_empty() {
            return;
        }
        drop(presence);
        self.pass(None, status_frame(users));
    }
}

/// An event that holds only for now and so has no id.
fn frame(name: &str, body: &impl Serialize) -> Bytes {
    let body = serde_json::to_string(body).unwrap_or_default();
    Bytes::from(format!("event: {name}\ndata: {body}\n\n"))
}

fn status_frame(users: Vec<UserStatus>) -> Bytes {
    frame(StatusChange::NAME, &StatusChange { users })
}

fn join_code_frame(code: &JoinCode) -> Bytes {
    let join_code = code.as_str().to_owned();
    frame(JoinCodeChanged::NAME, &JoinCodeChanged { join_code })
}

fn is_teacher(group: &Group, user: UserId) -> bool {
    group.member(user).is_some_and(|member| member.role == Role::Teacher)
}

fn ringing_frame(invitation: &Invitation) -> Bytes {
    let invitee = invitation.parts().first().map_or(invitation.inviter, |part| part.user_id);
    frame(Ringing::NAME, &Ringing { invite_id: invitation.invite_id, invitee })
}

/// A member's open stream; they are online while one exists.
pub(crate) struct Attendance {
    room: Arc<Room>,
    user: UserId,
}

impl Drop for Attendance {
    fn drop(&mut self) {
        let mut presence = self.room.presence();
        if let Some(streams) = presence.streams.get_mut(&self.user) {
            *streams -= 1;
            if *streams == 0 {
                presence.streams.remove(&self.user);
                presence.came_or_went(self.user);
            }
        }
        drop(presence);
        self.room.touch();
        // Outside a runtime the server is being torn down and nobody is left to be told.
        if tokio::runtime::Handle::try_current().is_ok() {
            self.room.tell_soon();
        }
    }
}
