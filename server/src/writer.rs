//! The one writer. It takes whatever waits, decides each request in memory, commits everything in
//! one transaction, then publishes, then answers. The pace is set by the commits in flight.
//!
//! It decides on a copy of each group that is ahead of what is published by at most the batch in
//! hand. When a commit fails the copy is thrown away and nobody has seen anything.

pub(crate) mod chores;
pub(crate) mod job;
pub(crate) mod reply;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use signaling::{
    Application, Command, EventKind, FinishWhom, Group, GroupId, Outcome, Rejection, Role,
    Timestamp, UserId, act, reasons,
};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use self::chores::{ChoreJob, encoded};
use self::job::{Admission, Job, Key, SideEffect, Verdict};
use self::reply::{EncodedAnswer, Reply};
use crate::clock::{Clock, monotonic};
use crate::error::Error;
use crate::identity::tokens::{BrowserId, Held, Membership, Tokens};
use crate::identity::{JoinCode, TokenHash};
use crate::limits::takes;
use crate::limits::weight;
use crate::live::log_tail::invitations;
use crate::live::room::Room;
use crate::live::rooms::Rooms;
use crate::names::looks::Looks;
use crate::store::kept::Kept;
use crate::store::log::{EncodedEvent, Loaded};
use crate::store::write::{Append, FirstAnswer, KeysOf, Write};
use crate::store::{KEY_LIFETIME_MILLIS, StoreWriter};

/// The most requests that share one commit.
const BATCH: usize = 1_024;
/// When what is not used leaves memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Housekeeping {
    /// How long an unused group stays in memory.
    pub idle: Duration,
    /// How often what is idle or has outlived its use is looked for.
    pub sweep: Duration,
    /// How many of a group's newest events stay in memory. A stream that is further behind starts
    /// over from a snapshot.
    pub tail_events: usize,
    /// The longest body of a first answer that is kept as it is, in bytes.
    pub kept_body: usize,
}

impl Default for Housekeeping {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(600),
            sweep: Duration::from_secs(60),
            // The largest class can raise all its hands twice within it.
            tail_events: 16_384,
            kept_body: 1_024,
        }
    }
}

/// How long a form that joins a class may be sent again and makes one member, in seconds.
const TICKET_SECONDS: u32 = 120;
/// How many keys of a member are remembered at a time.
const KEYS_OF_MEMBER: u32 = 10_000;
/// How long after something failed it is tried whether the file can be written again.
const MEND_PACE: Duration = Duration::from_secs(1);
/// The longest the writer sleeps while a deadline is ahead: the wall clock may be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

struct Working {
    group: Group,
    room: Arc<Room>,
    /// What the log takes, in bytes, with what it comes to in memory.
    weight: u64,
    /// How many keys of a member are remembered, of those who named one lately.
    keys: HashMap<UserId, KeysOf>,
    /// How the names of all members look, also of those who left.
    looks: Looks,
}

impl Working {
    /// The next moment at which something times out or has been silent for too long.
    fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        let silent_at = self.room.liveness().next_silence();
        let silent_at = silent_at.map(|at| later(now, at.saturating_duration_since(monotonic())));
        self.group.next_deadline().into_iter().chain(silent_at).min()
    }
}

/// When a group has to be looked at again after these events, as far as its log tells: what needs
/// signs of life may be over as soon as these can have stopped.
fn deadline_after(
    group: &Group,
    events: &[EncodedEvent],
    room: &Room,
    application: &dyn Application,
    now: Timestamp,
) -> Option<Timestamp> {
    let silence = room.liveness().shortest_silence(group, invitations(events), application);
    let silent_at = silence.map(|silence| later(now, silence));
    group.next_deadline().into_iter().chain(silent_at).min()
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    let millis = i64::try_from(by.as_micros().div_ceil(1_000)).unwrap_or(i64::MAX);
    Timestamp::from_millis(now.as_millis().saturating_add(millis))
}

/// What a batch has come to for one group.
struct Pending {
    creates: Option<JoinCode>,
    expected_seq: u64,
    events: Vec<EncodedEvent>,
}

#[derive(Default)]
struct Batch {
    /// In the order in which the groups came up.
    order: Vec<GroupId>,
    pending: HashMap<GroupId, Pending>,
    writes: Vec<(GroupId, Write)>,
    first_answers: HashMap<(GroupId, UserId, String), FirstAnswer>,
    spent: HashSet<TokenHash>,
    /// The tokens that somebody comes in with or came with before, as the store has them or the
    /// batch gives them out.
    tokens: HashMap<TokenHash, Held>,
    /// The number of the newest token of each of their browsers.
    newest: HashMap<BrowserId, u32>,
    tickets: HashMap<TokenHash, (GroupId, UserId)>,
    replies: Vec<(oneshot::Sender<Verdict>, Verdict)>,
}

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

    /// Works until every handle on the engine is gone.
    pub async fn run(mut self) {
        let mut sweep = tokio::time::interval(self.housekeeping.sweep);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut jobs = Vec::new();
        loop {
            let due = self.next_due();
            let (untidy, purge) = (self.untidy_at, self.purge_at);
            let mend = self.next_mend();
            tokio::select! {
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
            }
            self.work(std::mem::take(&mut jobs)).await;
        }
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
            Ok(()) => tracing::warn!("the database can be written again"),
            Err(error) => tracing::debug!(%error, "the database cannot be written yet"),
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
                    // To time out is never refused but when the class has ended.
                    let _ = self.act(&mut batch, group_id, now, Command::Expire);
                    self.part_the_silent(&mut batch, group_id, now);
                    if !batch.pending.contains_key(&group_id) {
                        let deadline = self.working.get(&group_id).and_then(|w| w.next_due(now));
                        self.set_deadline(group_id, deadline);
                    }
                }
                Ok(false) => self.close(group_id),
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

    async fn judge(
        &mut self,
        batch: &mut Batch,
        now: Timestamp,
        mut group_id: GroupId,
        mut command: Option<Command>,
        mut effects: Vec<SideEffect>,
        key: Option<Key>,
    ) -> Verdict {
        for effect in &effects {
            self.know_before(batch, effect).await?;
        }
        let made = self.made_by_form(batch, &effects, now).await?;
        if let Some((class, _)) = made
            && matches!(effects.first(), Some(SideEffect::Begin(_)))
        {
            // The form has begun it already.
            effects.remove(0);
            group_id = class;
        }
        // From here on a group that begins is in the batch.
        if let Some(SideEffect::Begin(code)) = effects.first() {
            let code = self.unused(batch, code.clone()).await?;
            self.begin(batch, group_id, code);
        } else if !self.open(group_id).await? {
            return Err(Error::NoSuchGroup);
        }
        if let Some(key) = &key
            && let Some(first) = self.first_answer(batch, group_id, key, now).await?
        {
            return self.answer_again(group_id, key, command.as_ref(), first).await;
        }
        if let Some(key) = &key {
            self.takes_key(group_id, key.user, now).await?;
        }
        if let Some((_, member)) = made.filter(|(class, _)| *class == group_id) {
            self.comes_in_again(group_id, member, &mut effects)?;
            command = None;
        }
        for effect in &mut effects {
            self.may(batch, group_id, effect, command.is_some()).await?;
        }
        // What is due is settled first, even where the timer was held up.
        let deadline = self.working.get(&group_id).and_then(|w| w.group.next_deadline());
        if deadline.is_some_and(|at| at <= now) {
            let _ = self.act(batch, group_id, now, Command::Expire);
        }
        if let Some(command) = &command
            && let Some(working) = self.working.get(&group_id)
        {
            if working.weight >= self.class_bytes && !weight::only_ends(command) {
                return Err(Error::ClassUsedUp);
            }
            takes(&working.group, command)?;
        }
        if let Some(Command::Join { user, name, alike }) = &mut command
            && let Some(working) = self.working.get(&group_id)
        {
            *alike = working.looks.alike(*user, name);
        }
        let decided = match &command {
            Some(command) => self.act(batch, group_id, now, command.clone()),
            None => Ok(Outcome { events: Vec::new(), settlement: None }),
        };
        let room = self.room(group_id)?;
        let settlement = decided.as_ref().ok().and_then(|outcome| outcome.settlement.clone());
        let decided = match decided {
            Ok(outcome) => {
                let group = &self.working.get(&group_id).ok_or(Error::NoSuchGroup)?.group;
                let join_code = effects.iter().find_map(|effect| match effect {
                    SideEffect::JoinCode(code) => Some(code),
                    _ => None,
                });
                let reply = Reply::of(group, command.as_ref(), &outcome, join_code);
                Self::write_effects(batch, group_id, now, &outcome, effects);
                Ok(reply)
            }
            // With a key a refusal is an answer that is given again.
            Err(rejection) if key.is_some() => Err(rejection),
            Err(rejection) => return Err(rejection.into()),
        };
        if let (Some(Key { user, key, request, encode }), Some(command)) = (key, &command) {
            let answer = encode(&decided);
            let working = self.working.get_mut(&group_id).ok_or(Error::NoSuchGroup)?;
            let longest = self.housekeeping.kept_body;
            let settlement = settlement.as_ref();
            let kept = Kept::of(&answer.body, longest, &working.group, command, settlement);
            let first = FirstAnswer { request, status: answer.status, kept };
            let keys = working.keys.entry(user).or_default();
            keys.count += 1;
            keys.oldest.get_or_insert(now);
            let write = Write::FirstAnswer { user, key: key.clone(), answer: first.clone() };
            batch.writes.push((group_id, write));
            batch.first_answers.insert((group_id, user, key), first);
            return Ok((Reply::Encoded(answer), room));
        }
        Ok((decided?, room))
    }

    /// Reads what the browser of somebody who comes in had before.
    async fn know_before(&mut self, batch: &mut Batch, effect: &SideEffect) -> Result<(), Error> {
        if let SideEffect::Admit { admission, .. } | SideEffect::Take { admission, .. } = effect
            && let Some(before) = admission.instead_of
            && !batch.tokens.contains_key(&before)
            && let Some((held, newest)) = self.store.token(before).await?
        {
            batch.tokens.insert(before, held);
            batch.newest.entry(held.browser).or_insert(newest);
        }
        Ok(())
    }

    /// What the first request with this key was answered with.
    async fn answer_again(
        &mut self,
        group_id: GroupId,
        key: &Key,
        command: Option<&Command>,
        first: FirstAnswer,
    ) -> Verdict {
        if first.request != key.request {
            return Err(Error::KeyReused);
        }
        let group = &self.working.get(&group_id).ok_or(Error::NoSuchGroup)?.group;
        let lacked = match first.kept.lacks(group) {
            Some(seq) => self.store.event(group_id, seq).await?,
            None => None,
        };
        let body = command.and_then(|command| first.kept.body(group, command, lacked.as_ref()));
        let body = body.ok_or(Rejection::NoSuchInvitation)?.into();
        let first = EncodedAnswer { status: first.status, body };
        Ok((Reply::Encoded(first), self.room(group_id)?))
    }

    /// Whether one more key of the member is remembered.
    async fn takes_key(
        &mut self,
        group_id: GroupId,
        user: UserId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let known = self.working.get(&group_id).and_then(|working| working.keys.get(&user));
        let keys = match known {
            Some(keys) => *keys,
            None => {
                let keys = self.store.keys_of(group_id, user).await?;
                if let Some(working) = self.working.get_mut(&group_id) {
                    working.keys.insert(user, keys);
                }
                keys
            }
        };
        match keys.oldest {
            Some(oldest) if keys.count >= KEYS_OF_MEMBER => {
                let until = oldest.as_millis() + KEY_LIFETIME_MILLIS;
                let wait = u64::try_from(until - now.as_millis()).unwrap_or(0);
                Err(Error::TooFast(Duration::from_millis(wait)))
            }
            _ => Ok(()),
        }
    }

    /// Whom the form that this is of has made a member already, and where.
    async fn made_by_form(
        &mut self,
        batch: &Batch,
        effects: &[SideEffect],
        now: Timestamp,
    ) -> Result<Option<(GroupId, UserId)>, Error> {
        let ticket = effects.iter().find_map(|effect| match effect {
            SideEffect::Ticket(ticket) => Some(*ticket),
            _ => None,
        });
        let Some(ticket) = ticket else { return Ok(None) };
        match batch.tickets.get(&ticket) {
            Some(made) => Ok(Some(*made)),
            None => Ok(self.store.ticket(ticket, now).await?),
        }
    }

    /// Has the member whom the form has made be the one who comes in.
    fn comes_in_again(
        &self,
        group_id: GroupId,
        member: UserId,
        effects: &mut [SideEffect],
    ) -> Result<(), Error> {
        let working = self.working.get(&group_id);
        if working.is_none_or(|working| working.group.member(member).is_none()) {
            // They went meanwhile, and a form does not bring them back.
            return Err(Error::NotSignedIn);
        }
        for effect in effects {
            if let SideEffect::Admit { user, .. } = effect {
                *user = member;
            }
        }
        Ok(())
    }

    /// Whether what is beside a command may be done, as the group stands now.
    async fn may(
        &mut self,
        batch: &mut Batch,
        group_id: GroupId,
        effect: &mut SideEffect,
        by_command: bool,
    ) -> Result<(), Error> {
        if let SideEffect::JoinCode(code) = effect {
            *code = self.unused(batch, code.clone()).await?;
        }
        if let SideEffect::ByCode(code) = effect
            && by_command
        {
            let renewed = batch.writes.iter().rev().find_map(|(group, write)| match write {
                Write::JoinCode(code) if *group == group_id => Some(code.clone()),
                _ => None,
            });
            if renewed.unwrap_or(self.room(group_id)?.join_code()) != *code {
                return Err(Error::NoSuchGroup);
            }
        }
        if let SideEffect::Admit { user, .. } = effect
            && !by_command
        {
            let group = self.working.get(&group_id).map(|working| &working.group);
            if group.is_none_or(|group| group.ended || group.member(*user).is_none()) {
                return Err(Error::NotSignedIn);
            }
        }
        if let SideEffect::Take { user, .. } | SideEffect::Handover { user, .. } = effect {
            // They may have gone, or teach no more, since they were looked up.
            let group = self.working.get(&group_id).map(|working| &working.group);
            let teaches = |group: &Group| !group.ended && group.is_teacher(*user);
            if !group.is_some_and(teaches) {
                return Err(Error::NotSignedIn);
            }
        }
        if let SideEffect::Take { handover, .. } = effect {
            let is_spent = !batch.spent.insert(*handover);
            if is_spent || !self.store.has_handover(*handover).await? {
                return Err(Error::NotSignedIn);
            }
        }
        Ok(())
    }

    /// Decides a command on the working copy and gathers its events.
    fn act(
        &mut self,
        batch: &mut Batch,
        group_id: GroupId,
        now: Timestamp,
        command: Command,
    ) -> Result<Outcome, Rejection> {
        let Some(working) = self.working.get_mut(&group_id) else {
            return Err(Rejection::Ended);
        };
        let expected_seq = working.group.seq;
        let outcome = act(&mut working.group, now, command, self.application.as_ref())?;
        for event in &outcome.events {
            working.looks.follow(event);
        }
        if !outcome.events.is_empty() {
            let pending = batch.pending.entry(group_id).or_insert_with(|| {
                batch.order.push(group_id);
                Pending { creates: None, expected_seq, events: Vec::new() }
            });
            let events = encoded(&outcome.events);
            working.weight += weight::of_news(&working.group, &events);
            pending.events.extend(events);
        }
        Ok(outcome)
    }

    /// Ends what is between two of whom one has given no sign of life for too long.
    fn part_the_silent(&mut self, batch: &mut Batch, group_id: GroupId, now: Timestamp) {
        let Some(working) = self.working.get(&group_id) else { return };
        let silent = working.room.liveness().silent(monotonic());
        for (invite_id, user) in silent {
            let finish = Command::Finish {
                actor: user,
                invite_id,
                whom: FinishWhom::Unnamed,
                reason: Some(reasons::DISCONNECTED.to_owned()),
                data: String::new(),
            };
            // Somebody may have ended it in the batch in hand.
            let _ = self.act(batch, group_id, now, finish);
        }
    }

    fn write_effects(
        batch: &mut Batch,
        group_id: GroupId,
        now: Timestamp,
        outcome: &Outcome,
        effects: Vec<SideEffect>,
    ) {
        let joined = effects.iter().find_map(|effect| match effect {
            SideEffect::Admit { user, .. } => Some(*user),
            _ => None,
        });
        for effect in effects {
            match effect {
                SideEffect::Begin(_) | SideEffect::ByCode(_) => {}
                SideEffect::Admit { admission, user } => {
                    admit(batch, group_id, now, admission, user);
                }
                SideEffect::Ticket(ticket) => {
                    let Some(user) = joined else { continue };
                    let expires_at = now.plus_seconds(TICKET_SECONDS);
                    batch.tickets.insert(ticket, (group_id, user));
                    batch.writes.push((group_id, Write::Ticket { ticket, user, expires_at }));
                }
                SideEffect::JoinCode(code) => batch.writes.push((group_id, Write::JoinCode(code))),
                SideEffect::Handover { token, user, expires_at } => {
                    batch.writes.push((group_id, Write::Handover { token, user, expires_at }));
                }
                SideEffect::Take { handover, admission, user } => {
                    batch.writes.push((group_id, Write::SpendHandover(handover)));
                    admit(batch, group_id, now, admission, user);
                }
            }
        }
        for event in &outcome.events {
            let write = match &event.kind {
                EventKind::MemberLeft(left) => Write::Revoke { user: left.user_id },
                EventKind::MemberChanged(changed) if changed.role == Role::Student => {
                    Write::EndHandovers { of: Some(changed.user_id) }
                }
                EventKind::GroupEnded(_) => Write::EndHandovers { of: None },
                _ => continue,
            };
            batch.writes.push((group_id, write));
        }
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
            self.store.commit(now, &appends, &writes).await
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
                    let deadline = working.next_due(now);
                    self.set_deadline(group_id, deadline);
                }
                for (reply, verdict) in replies {
                    // Whoever asked may be gone; what was decided stands.
                    let _ = reply.send(verdict);
                }
            }
            Err(error) => {
                tracing::error!(%error, requests = replies.len(), "commit failed");
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

    /// Gives up the working copy. The next use reads the log again, for a commit that reports a
    /// failure may still have reached the disk.
    fn restore(&mut self, group_id: GroupId, now: Timestamp) {
        if self.working.remove(&group_id).is_some() {
            // A deadline of its own has the log read again soon, whatever came of the commit.
            self.set_deadline(group_id, Some(now.plus_seconds(1)));
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
        let Some(mut loaded) = self.store.load(group_id).await? else { return Ok(false) };
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
        let group = room.group();
        self.rooms.insert(group_id, Arc::clone(&room));
        let weight = rows + weight::of_parts(&group);
        let working = Working { group, room, weight, keys: HashMap::new(), looks };
        let deadline = working.next_due(self.clock.now());
        self.working.insert(group_id, working);
        self.set_deadline(group_id, deadline);
        Ok(true)
    }

    fn begin(&mut self, batch: &mut Batch, group_id: GroupId, code: JoinCode) {
        let loaded = Loaded::empty(code.clone());
        let room = Arc::new(Room::new(group_id, loaded, self.housekeeping.tail_events));
        let (group, keys, looks) = (Group::new(group_id), HashMap::new(), Looks::default());
        self.working.insert(group_id, Working { group, room, weight: 0, keys, looks });
        batch.order.push(group_id);
        let pending = Pending { creates: Some(code), expected_seq: 0, events: Vec::new() };
        batch.pending.insert(group_id, pending);
    }

    /// The code, or another one where a class has it already.
    async fn unused(&mut self, batch: &Batch, mut code: JoinCode) -> Result<JoinCode, Error> {
        loop {
            let in_batch = batch.pending.values().any(|p| p.creates.as_ref() == Some(&code))
                || batch.writes.iter().any(|(_, w)| matches!(w, Write::JoinCode(c) if *c == code));
            if !in_batch && !self.store.has_code(&code).await? {
                return Ok(code);
            }
            code = JoinCode::new();
        }
    }

    async fn first_answer(
        &mut self,
        batch: &Batch,
        group_id: GroupId,
        key: &Key,
        now: Timestamp,
    ) -> Result<Option<FirstAnswer>, Error> {
        let in_batch = batch.first_answers.get(&(group_id, key.user, key.key.clone()));
        if let Some(first) = in_batch {
            return Ok(Some(first.clone()));
        }
        Ok(self.store.first_answer(group_id, key.user, &key.key, now).await?)
    }

    pub(crate) fn sweep(&mut self) {
        self.purge_at = Some(monotonic());
        let idle = self.housekeeping.idle;
        self.tokens.forget_unused(idle);
        let mut rooms = self.rooms.map.write().unwrap_or_else(PoisonError::into_inner);
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

/// Gives a browser its new token, and its place in the group. What the browser is in already comes
/// along by itself, since the token is its next one; where the token that it came with is not its
/// newest, it is taken for another browser, which takes the newest of it along.
fn admit(batch: &mut Batch, group_id: GroupId, now: Timestamp, admission: Admission, user: UserId) {
    let Admission { token, instead_of } = admission;
    let before = instead_of.and_then(|before| batch.tokens.get(&before)).copied();
    let held = match before.filter(|held| !held.has_ended(now)) {
        None => Held::first(token),
        Some(before) if batch.newest.get(&before.browser) == Some(&before.generation) => Held {
            browser: before.browser,
            generation: before.generation + 1,
            replaces: instead_of,
            ends_at: None,
        },
        Some(before) => {
            let held = Held {
                generation: before.generation + 1,
                replaces: instead_of,
                ..Held::first(token)
            };
            let along = Write::TakeAlong { from: before, to: held.browser };
            batch.writes.push((group_id, along));
            held
        }
    };
    let Held { browser, generation, .. } = held;
    batch.tokens.insert(token, held);
    batch.newest.insert(browser, generation);
    batch.writes.push((group_id, Write::Token { token, held }));
    let membership = Membership { generation, user };
    batch.writes.push((group_id, Write::Membership { browser, membership }));
}

fn publish_write(room: &Room, write: Write) {
    match write {
        Write::Membership { browser, membership } => room.admit(browser, membership),
        Write::Revoke { user } => room.revoke(user),
        Write::JoinCode(code) => room.set_join_code(code),
        Write::Token { .. }
        | Write::TakeAlong { .. }
        | Write::Ticket { .. }
        | Write::Handover { .. }
        | Write::SpendHandover(_)
        | Write::EndHandovers { .. }
        | Write::FirstAnswer { .. } => {}
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
