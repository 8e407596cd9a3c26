//! The one writer (group commit). It takes whatever waits, decides each request in memory, commits
//! everything in one transaction, then publishes, then answers. While it commits, the next batch
//! gathers: the commits in flight set the pace.
//!
//! It decides on a copy of each group that is ahead of what is published by at most the batch in
//! hand. When a commit fails the copy is thrown away and nobody has seen anything.

mod act;
mod batch;
pub(crate) mod chores;
mod housekeeping;
pub(crate) mod job;
mod judge;
pub(crate) mod reply;
mod working;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use signaling::{Application, Command, EventKind, GroupId, Timestamp};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use voice::Voice;

use self::batch::Batch;
use self::chores::ChoreJob;
pub(crate) use self::housekeeping::Housekeeping;
use self::job::Job;
use self::working::{Working, deadline_after};
use crate::clock::{Clock, monotonic};
use crate::error::Error;
use crate::identity::tokens::Tokens;
use crate::limits::weight;
use crate::live::room::Room;
use crate::live::rooms::Rooms;
use crate::metrics::Metrics;
use crate::names::looks::Looks;
use crate::store::StoreWriter;
use crate::store::log::EncodedEvent;
use crate::store::write::{Append, Write};

/// The most requests that share one commit.
const BATCH: usize = 1_024;
/// How long after something failed it is tried whether the file can be written again.
const MEND_PACE: Duration = Duration::from_secs(1);
/// How often it is looked which classes are whose, where several servers serve one database.
const TEND_PACE: Duration = Duration::from_secs(1);
/// How long what is known of a token is not read anew there: another server may have ended it.
const TOKENS_KNOWN_FOR: Duration = Duration::from_secs(60);
/// The longest the writer sleeps while a deadline is ahead: the wall clock may be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

pub(crate) struct Writer<S> {
    pub jobs: mpsc::Receiver<Job>,
    chores: mpsc::Receiver<ChoreJob>,
    /// Is told of classes in which nothing happens any more.
    quiet: mpsc::UnboundedSender<GroupId>,
    store: S,
    rooms: Arc<Rooms>,
    tokens: Arc<Tokens>,
    clock: Arc<Clock>,
    application: Arc<dyn Application>,
    housekeeping: Housekeeping,
    /// What carries voices, where anything does.
    voice: Option<Voice>,
    /// Is told of classes of integrations in which something has happened.
    news: Option<mpsc::UnboundedSender<GroupId>>,
    metrics: Arc<Metrics>,
    /// Cancelled once nothing is asked of it any more.
    closing: CancellationToken,
    /// How many bytes a class may come to.
    class_bytes: u64,
    working: HashMap<GroupId, Working>,
    deadlines: BTreeSet<(Timestamp, GroupId)>,
    deadline_of: HashMap<GroupId, Timestamp>,
    /// When there is to be tidied up after a deletion; none when nothing is to do.
    untidy_at: Option<Instant>,
    /// When some of what has outlived its use is to be forgotten; none when nothing is known of.
    purge_at: Option<Instant>,
    /// When it is to be tried whether the file can be written again; none while it can.
    mend_at: Option<Instant>,
}

impl<S: StoreWriter> Writer<S> {
    #[expect(clippy::too_many_arguments, reason = "each is a part of the one writer")]
    pub fn new(
        jobs: mpsc::Receiver<Job>,
        chores: mpsc::Receiver<ChoreJob>,
        quiet: mpsc::UnboundedSender<GroupId>,
        store: S,
        rooms: Arc<Rooms>,
        tokens: Arc<Tokens>,
        clock: Arc<Clock>,
        application: Arc<dyn Application>,
        housekeeping: Housekeeping,
        class_bytes: u64,
        deadlines: Vec<(GroupId, Timestamp)>,
    ) -> Self {
        Self {
            jobs,
            chores,
            quiet,
            store,
            rooms,
            tokens,
            clock,
            application,
            housekeeping,
            voice: None,
            news: None,
            metrics: Arc::default(),
            closing: CancellationToken::new(),
            class_bytes,
            working: HashMap::new(),
            deadlines: deadlines.iter().map(|(group_id, at)| (*at, *group_id)).collect(),
            deadline_of: deadlines.into_iter().collect(),
            // A deletion may have been cut short.
            untidy_at: Some(monotonic()),
            purge_at: None,
            mend_at: None,
        }
    }

    /// Tells this unit who may be heard.
    pub fn with_voice(self, voice: Option<Voice>) -> Self {
        Self { voice, ..self }
    }

    /// Tells there of classes of integrations in which something has happened.
    pub fn with_news(self, news: mpsc::UnboundedSender<GroupId>) -> Self {
        Self { news: Some(news), ..self }
    }

    /// Counts what it does there.
    pub fn counting(self, metrics: Arc<Metrics>) -> Self {
        Self { metrics, ..self }
    }

    /// Ends when this is cancelled.
    pub fn until(self, closing: CancellationToken) -> Self {
        Self { closing, ..self }
    }

    /// Works until it is told to end or every handle on the engine is gone, and closes the store.
    pub async fn run(mut self) {
        let mut sweep = tokio::time::interval(self.housekeeping.sweep);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut tending = tokio::time::interval(TEND_PACE);
        tending.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut jobs = Vec::new();
        loop {
            let due = self.next_due();
            let (untidy, purge) = (self.untidy_at, self.purge_at);
            let mend = self.next_mend();
            tokio::select! {
                () = self.closing.cancelled() => break,
                received = self.jobs.recv_many(&mut jobs, BATCH) => {
                    if received == 0 {
                        break;
                    }
                }
                () = sleep_until(due) => {}
                Some(chore) = self.chores.recv() => self.do_chore(chore).await,
                () = sleep_until(untidy) => self.tidy().await,
                () = sleep_until(purge) => self.purge().await,
                () = sleep_until(mend) => self.mend().await,
                _ = sweep.tick() => self.sweep(),
                _ = tending.tick(), if self.store.is_shared() => self.tend().await,
            }
            self.work(std::mem::take(&mut jobs)).await;
        }
        self.store.close().await;
    }

    pub(crate) fn next_due(&self) -> Option<Instant> {
        let (at, _) = self.deadlines.first()?;
        let millis = u64::try_from(at.millis_since(self.clock.now())).unwrap_or(0);
        Some(monotonic() + Duration::from_millis(millis).min(LONGEST_SLEEP))
    }

    fn next_mend(&mut self) -> Option<Instant> {
        if self.store.is_healthy() {
            self.mend_at = None;
        } else {
            self.mend_at.get_or_insert_with(|| monotonic() + MEND_PACE);
        }
        self.mend_at
    }

    /// Nobody may write for a while, and whoever asks is to know when it works again.
    async fn mend(&mut self) {
        self.mend_at = None;
        match self.store.probe().await {
            Ok(()) => tracing::warn!("the database is writable again"),
            Err(error) => tracing::debug!(%error, "the database is still not writable"),
        }
    }

    pub(crate) async fn work(&mut self, jobs: Vec<Job>) {
        let now = self.clock.now();
        let mut batch = Batch::default();
        let due: Vec<GroupId> = self
            .deadlines
            .iter()
            .take_while(|(at, _)| *at <= now)
            .map(|(_, group_id)| *group_id)
            .collect();
        for group_id in due {
            match self.open(group_id).await {
                Ok(true) => {
                    let now = self.moment(now);
                    // To time out is never refused but when the class has ended.
                    let _ = self.act(&mut batch, group_id, now, Command::Expire);
                    self.part_the_silent(&mut batch, group_id, now);
                    if !batch.pending.contains_key(&group_id) {
                        let application = self.application.as_ref();
                        let working = self.working.get(&group_id);
                        let deadline = working.and_then(|w| w.next_due(application, now));
                        self.set_deadline(group_id, deadline);
                    }
                }
                Ok(false) => self.close(group_id),
                // Its home looks after it.
                Err(Error::Elsewhere) => {}
                Err(error) => {
                    error.log();
                    self.set_deadline(group_id, Some(now.plus_seconds(5)));
                }
            }
        }
        for job in jobs {
            let Job { group_id, command, effects, key, reply } = job;
            let verdict = self.judge(&mut batch, now, group_id, command, effects, key).await;
            batch.replies.push((reply, verdict));
        }
        self.finish(now, batch).await;
    }

    /// Commits, then publishes, then answers.
    async fn finish(&mut self, now: Timestamp, batch: Batch) {
        let Batch { order, mut pending, writes, replies, .. } = batch;
        let committed = if order.is_empty() && writes.is_empty() {
            Ok(())
        } else {
            let appends: Vec<Append<'_>> = order
                .iter()
                .filter_map(|group_id| {
                    let pending = pending.get(group_id)?;
                    let Working { group, room, .. } = self.working.get(group_id)?;
                    let application = self.application.as_ref();
                    Some(Append {
                        group_id: *group_id,
                        creates: pending.creates.as_ref().map(|code| (code, now)),
                        expected_seq: pending.expected_seq,
                        events: &pending.events,
                        next_deadline: deadline_after(
                            group,
                            &pending.events,
                            room,
                            application,
                            now,
                        ),
                    })
                })
                .collect();
            let (began, events) = (monotonic(), appends.iter().map(|it| it.events.len()).sum());
            let committed = self.store.commit(now, &appends, &writes).await;
            match &committed {
                Ok(()) => self.metrics.committed(began.elapsed(), events),
                Err(_) => self.metrics.failed_to_commit(),
            }
            committed
        };
        match committed {
            Ok(()) => {
                if !order.is_empty() {
                    tracing::debug!(requests = replies.len(), classes = order.len(), "committed");
                }
                for (group_id, write) in writes {
                    if let Write::Token { token, held } = write {
                        self.tokens.learn([(token, held)]);
                    } else if let Some(working) = self.working.get(&group_id) {
                        if let (Some(voice), Write::EndDevice { user, .. }) = (&self.voice, &write)
                        {
                            // Their other devices come back by themselves.
                            voice.part(group_id, *user);
                        }
                        publish_write(&working.room, write);
                    }
                }
                for group_id in order {
                    let Some(pending) = pending.remove(&group_id) else { continue };
                    let Some(working) = self.working.get(&group_id) else { continue };
                    if pending.creates.is_some() {
                        self.rooms.insert(group_id, Arc::clone(&working.room));
                    }
                    working.room.publish(&pending.events);
                    if working.group.ended {
                        let _ = self.quiet.send(group_id);
                    }
                    working.room.watch(&pending.events, self.application.as_ref());
                    self.tell_voices(&working.room, &pending.events);
                    self.tell_integrations(&working.room);
                    let deadline = working.next_due(self.application.as_ref(), now);
                    self.set_deadline(group_id, deadline);
                }
                for (reply, verdict) in replies {
                    // Whoever asked may be gone; what was decided stands.
                    let _ = reply.send(verdict);
                }
            }
            Err(error) => {
                tracing::error!(%error, requests = replies.len(), "commit failed; its requests were refused, and their groups are read again");
                let written = writes.into_iter().map(|(group_id, _)| group_id);
                for group_id in order.into_iter().chain(written) {
                    self.restore(group_id, now);
                }
                for (reply, _) in replies {
                    let _ = reply.send(Err(Error::NotCommitted));
                }
            }
        }
    }

    /// Has the log of a class read again that this server may be the home of: nobody else looks after what
    /// is due in it.
    fn look_after(&mut self, group_id: GroupId) {
        self.set_deadline(group_id, Some(self.clock.now().plus_seconds(5)));
    }

    /// Gives up the working copy. The next use reads the log again, for a commit that reports a
    /// failure may still have reached the disk.
    fn restore(&mut self, group_id: GroupId, now: Timestamp) {
        if self.working.remove(&group_id).is_some() {
            // A deadline of its own has the log read again soon, whatever came of the commit.
            self.set_deadline(group_id, Some(now.plus_seconds(1)));
        }
    }

    /// Tells the unit that carries voices what these events have changed for it.
    pub(super) fn tell_voices(&self, room: &Room, events: &[EncodedEvent]) {
        let Some(voice) = &self.voice else { return };
        room.tell_voices(voice, self.application.as_ref());
        for EncodedEvent { event, .. } in events {
            if let EventKind::MemberLeft(left) = &event.kind {
                voice.part(room.id(), left.user_id);
            }
        }
    }

    /// Tells whoever delivers to integrations that something has happened in a class.
    pub(super) fn tell_integrations(&self, room: &Room) {
        if let Some(news) = self.news.as_ref().filter(|_| room.integration().is_some()) {
            let _ = news.send(room.id());
        }
    }

    fn set_deadline(&mut self, group_id: GroupId, deadline: Option<Timestamp>) {
        if let Some(before) = self.deadline_of.remove(&group_id) {
            self.deadlines.remove(&(before, group_id));
        }
        if let Some(at) = deadline {
            self.deadline_of.insert(group_id, at);
            self.deadlines.insert((at, group_id));
        }
    }

    fn room(&self, group_id: GroupId) -> Result<Arc<Room>, Error> {
        let working = self.working.get(&group_id).ok_or(Error::NoSuchGroup)?;
        Ok(Arc::clone(&working.room))
    }

    /// Brings a group into memory; false when there is none.
    async fn open(&mut self, group_id: GroupId) -> Result<bool, Error> {
        if self.working.contains_key(&group_id) {
            return Ok(true);
        }
        let mut loaded = match self.store.load(group_id).await {
            Ok(Some(loaded)) => {
                self.metrics.loaded.inc();
                loaded
            }
            Ok(None) => return Ok(false),
            Err(failure) => {
                let error = Error::from(failure);
                if matches!(error, Error::Elsewhere) {
                    self.leave(group_id);
                } else if self.store.is_shared() {
                    self.look_after(group_id);
                }
                return Err(error);
            }
        };
        if self.store.is_shared()
            && let Some(last) = loaded.events.last()
        {
            self.clock.not_before(last.event.at);
        }
        self.tokens.learn(loaded.tokens.drain(..));
        let rows = weight::of_rows(&loaded.events);
        let looks = Looks::of(loaded.events.iter().map(|encoded| &encoded.event));
        let room = match self.rooms.get(group_id) {
            Some(room) => {
                room.catch_up(loaded);
                room
            }
            None => Arc::new(Room::new(group_id, loaded, self.housekeeping.tail_events)),
        };
        room.watch_all(self.application.as_ref());
        self.tell_voices(&room, &[]);
        let group = room.group();
        self.rooms.insert(group_id, Arc::clone(&room));
        let weight = rows + weight::of_parts(&group);
        let working = Working { group, room, weight, keys: HashMap::new(), looks };
        let deadline = working.next_due(self.application.as_ref(), self.clock.now());
        self.working.insert(group_id, working);
        self.set_deadline(group_id, deadline);
        Ok(true)
    }

    /// The moment at which something is decided of a class that is in memory, in a batch of this one. Where
    /// several servers serve one database the class may just have been read, and its log have come further
    /// by another server's clock.
    pub(super) fn moment(&self, of_batch: Timestamp) -> Timestamp {
        if self.store.is_shared() { self.clock.now() } else { of_batch }
    }

    /// Looks which classes are whose, where several servers serve one database.
    pub(crate) async fn tend(&mut self) {
        self.tokens.forget_older(TOKENS_KNOWN_FOR);
        let tended = match self.store.tend(self.clock.now()).await {
            Ok(tended) => tended,
            Err(error) => {
                tracing::warn!(%error, "cannot look which classes are whose");
                return;
            }
        };
        for (group_id, at) in tended.orphans {
            if !self.deadline_of.contains_key(&group_id) {
                self.set_deadline(group_id, Some(at));
            }
        }
        let Some(homes) = tended.homes else {
            self.store.has_tended(tended.late);
            return;
        };
        let homes: HashSet<GroupId> = homes.into_iter().collect();
        let known: Vec<GroupId> = self.rooms.map.read().keys().copied().collect();
        for group_id in known.into_iter().filter(|group_id| !homes.contains(group_id)) {
            // Where no other server is its home when something is due, it is this one's to look after again.
            let due = self.deadline_of.get(&group_id).copied();
            self.leave(group_id);
            self.set_deadline(group_id, due);
        }
        self.store.has_tended(tended.late);
    }

    /// Lets go of a class that another server decides on.
    pub(super) fn leave(&mut self, group_id: GroupId) {
        self.set_deadline(group_id, None);
        self.working.remove(&group_id);
        let room = self.rooms.map.write().remove(&group_id);
        if let Some(room) = room {
            room.left().cancel();
            if let Some(voice) = &self.voice {
                voice.hear(group_id, None, Vec::new());
            }
        }
    }

    pub(crate) fn sweep(&mut self) {
        self.purge_at = Some(monotonic());
        let idle = self.housekeeping.idle;
        self.tokens.forget_unused(idle);
        let mut rooms = self.rooms.map.write();
        self.working.retain(|group_id, working| {
            // Two owners are this map and the rooms': nobody else can come by the room meanwhile.
            let is_unused = working.room.is_idle(idle) && Arc::strong_count(&working.room) == 2;
            // Keys that were remembered are forgotten: they are counted anew.
            working.keys.clear();
            if is_unused {
                rooms.remove(group_id);
                let _ = self.quiet.send(*group_id);
            }
            !is_unused
        });
    }
}

fn publish_write(room: &Room, write: Write) {
    match write {
        Write::Membership { browser, membership } => room.admit(browser, membership),
        Write::Revoke { user } => room.revoke(user),
        Write::JoinCode(code) => room.set_join_code(code),
        Write::EndDevice { browser, user } => room.end_device(browser, user),
        Write::Token { .. }
        | Write::TakeAlong { .. }
        | Write::Ticket { .. }
        | Write::Handover { .. }
        | Write::SpendHandover(_)
        | Write::EndHandovers { .. }
        | Write::Integrated { .. }
        | Write::OwnId { .. }
        | Write::FirstAnswer { .. } => {}
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
