//! Delivery of events to the webhooks of integrations: a reading of the log, as streams are, that is
//! pushed. Each message is delivered at least once, those of one class in their order.
//!
//! The writer says which classes have news; what was left over from before is looked for at the start
//! and now and then, which also finds the classes of a server that is gone. A class is delivered by its
//! home, one message at a time; a receiver that takes nothing is tried again with a growing pause, and
//! what it has not taken in its time is put down as a dead letter.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use signaling::wire::{Delivered, WebhookMessage};
use signaling::{Event, EventKind, GroupId, InviteeState, Timestamp, UserId};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::engine::Engine;
use crate::error::Error;
use crate::identity::jitter;
use crate::integrations::Webhook;
use crate::integrations::sender::{NotTaken, Sender};
use crate::nodes::Home;
use crate::store::integrations::{DeadLetter, Outbox, Progress};
use crate::store::put::Put;
use crate::writer::chores::Chore;

/// How many events one message holds at most.
const EVENTS_AT_ONCE: u32 = 100;
/// How many bytes of events, but one event in any case.
const BYTES_AT_ONCE: usize = 256 << 10;
/// How many messages are under way at a time.
const UNDER_WAY: usize = 16;
/// How often it is looked for classes that nobody has told of.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How many of them are read at once.
const LOOKED_AT_ONCE: u32 = 500;
/// The first pause after an attempt that failed, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// What all deliveries of a server share, made when there is one.
#[derive(Default)]
pub(super) struct Outgoing(OnceLock<(Sender, Semaphore)>);

impl Outgoing {
    /// Sends a message as soon as fewer than so many are under way.
    async fn send(
        &self,
        webhook: &Webhook,
        id: &str,
        now: Timestamp,
        body: Bytes,
    ) -> Result<Result<(), NotTaken>, Error> {
        let (sender, under_way) = self.0.get_or_init(|| (Sender::new(), Semaphore::new(UNDER_WAY)));
        let _permit = under_way.acquire().await.map_err(|_| Error::Stopping)?;
        Ok(sender.send(webhook, id, now, body).await)
    }
}

impl Engine {
    /// Delivers until the server stops; `news` names the classes of integrations in which something has
    /// happened.
    pub(super) fn deliver(&self, mut news: mpsc::UnboundedReceiver<GroupId>) {
        let (engine, stopping) = (self.clone(), self.shared.stopping.clone());
        tokio::spawn(async move {
            let mut look = tokio::time::interval(LOOK_EVERY);
            let mut tasks = JoinSet::new();
            // Those that are being delivered, and whether there is news of them by now.
            let mut classes: HashMap<GroupId, bool> = HashMap::new();
            loop {
                let mut found = Vec::new();
                tokio::select! {
                    Some(group_id) = news.recv() => found.push(group_id),
                    _ = look.tick() => found = engine.undelivered().await,
                    Some(done) = tasks.join_next() => {
                        let done: Result<GroupId, _> = done;
                        let Ok(group_id) = done else { continue };
                        if classes.remove(&group_id) == Some(true) {
                            found.push(group_id);
                        }
                    }
                    () = stopping.cancelled() => break,
                }
                for group_id in found {
                    if let Some(has_news) = classes.get_mut(&group_id) {
                        *has_news = true;
                        continue;
                    }
                    classes.insert(group_id, false);
                    let engine = engine.clone();
                    tasks.spawn(async move {
                        if let Err(error) = engine.deliver_class(group_id).await {
                            // It is looked for again.
                            error.log();
                        }
                        group_id
                    });
                }
            }
        });
    }

    /// Delivers the events of a dead letter once more, and forgets it when they are taken.
    pub(super) async fn redeliver(
        &self,
        letter: &DeadLetter,
        webhook: &Webhook,
    ) -> Result<(), Error> {
        let mut after = letter.first - 1;
        while after < letter.last {
            let events =
                self.shared.store.events(letter.group_id, after, letter.last, EVENTS_AT_ONCE);
            let events = fitting(events.await?);
            let Some(last) = events.last().map(|event| event.seq) else { break };
            let outbox = self.shared.store.outbox(letter.group_id).await?;
            let Some(outbox) = outbox else { return Err(Error::NoSuchLetter) };
            let sent = self.send_message(letter.group_id, &outbox, webhook, &events).await?;
            sent.map_err(|failure| Error::NotDelivered(failure.to_string()))?;
            after = last;
        }
        self.note_delivery(letter.group_id, Progress::Settled(letter.first)).await
    }

    /// Classes in which something was not delivered.
    async fn undelivered(&self) -> Vec<GroupId> {
        let store = &self.shared.store;
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            match store.undelivered(after, LOOKED_AT_ONCE).await {
                Ok(some) => {
                    after = some.last().copied();
                    found.extend(some);
                    if after.is_none() {
                        return found;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot look what webhooks have not been told");
                    return found;
                }
            }
        }
    }

    /// Whether this server is the one that delivers a class.
    async fn delivers(&self, group_id: GroupId) -> Result<bool, Error> {
        match self.home_of(group_id).await? {
            Home::Here => Ok(true),
            // Whoever reads it becomes its home.
            Home::Nobody => Ok(self.room(group_id).await.is_ok()),
            Home::At(_) => Ok(false),
        }
    }

    /// Delivers what is new in a class, until all is taken or the class is another server's.
    async fn deliver_class(&self, group_id: GroupId) -> Result<(), Error> {
        let store = &self.shared.store;
        let mut failures = 0_u32;
        loop {
            let Some(outbox) = store.outbox(group_id).await? else { return Ok(()) };
            let webhook = self.shared.integrations.webhook(&outbox.integration);
            let Some(webhook) = webhook else { return Ok(()) };
            let events = store.events(group_id, outbox.delivered, u64::MAX, EVENTS_AT_ONCE).await?;
            let events = fitting(events);
            let Some(last) = events.last().map(|event| event.seq) else { return Ok(()) };
            if !self.delivers(group_id).await? {
                return Ok(());
            }
            match self.send_message(group_id, &outbox, webhook, &events).await? {
                Ok(()) => {
                    failures = 0;
                    self.note_delivery(group_id, Progress::Taken(last)).await?;
                    self.metrics().delivered.inc();
                }
                Err(failure) => {
                    failures += 1;
                    self.metrics().not_delivered.inc();
                    let integration = &outbox.integration;
                    tracing::debug!(integration, %failure, failures, "a webhook took nothing");
                    let now = self.now();
                    if outbox.failing_since.is_none() {
                        tracing::warn!(integration, %failure, "a webhook takes nothing; it is tried again");
                        self.note_delivery(group_id, Progress::FailingSince(now)).await?;
                    } else if let Some(letter) =
                        given_up(group_id, &outbox, webhook, &events, &failure, now)
                    {
                        tracing::warn!(
                            integration,
                            first = letter.first,
                            last = letter.last,
                            "events were not delivered in time; they are dead letters now"
                        );
                        self.note_delivery(group_id, Progress::GivenUp(letter)).await?;
                        self.metrics().given_up.inc();
                    }
                    tokio::time::sleep(pause(failures, &failure)).await;
                }
            }
        }
    }

    pub(super) async fn note_delivery(
        &self,
        group_id: GroupId,
        progress: Progress,
    ) -> Result<(), Error> {
        self.chore(Chore::Put(Put::Delivery(group_id, progress))).await
    }

    /// Sends one message.
    async fn send_message(
        &self,
        group_id: GroupId,
        outbox: &Outbox,
        webhook: &Webhook,
        events: &[Event],
    ) -> Result<Result<(), NotTaken>, Error> {
        let message = self.message(group_id, outbox, events).await?;
        let body = Bytes::from(serde_json::to_vec(&message).unwrap_or_default());
        let (first, last) =
            (events.first().map_or(0, |it| it.seq), events.last().map_or(0, |it| it.seq));
        let id = format!("{group_id}-{first}-{last}");
        self.shared.outgoing.send(webhook, &id, self.now(), body).await
    }

    /// What a message says: the events, the own ids of whom they name, and who of those that are asked
    /// something was not connected.
    async fn message(
        &self,
        group_id: GroupId,
        outbox: &Outbox,
        events: &[Event],
    ) -> Result<WebhookMessage, Error> {
        let told: Vec<Delivered> = events.iter().map(Delivered::from).collect();
        let text = serde_json::to_string(&told).unwrap_or_default();
        let own = self.shared.store.own_ids(group_id).await?;
        let ids: BTreeMap<UserId, String> = own
            .into_iter()
            .filter(|(_, user)| text.contains(&user.to_string()))
            .map(|(id, user)| (user, id))
            .collect();
        let room = self.room(group_id).await?;
        let offline = room.look(|group, is_online| {
            let asked = events
                .iter()
                .filter(|event| matches!(event.kind, EventKind::ReceiveNewInvitation(_)));
            let invitations = asked.filter_map(|event| group.invitation(event.invite_id()?));
            let mut offline: Vec<UserId> = invitations
                .flat_map(|invitation| invitation.in_state(InviteeState::Pending))
                .filter(|user| !is_online(*user))
                .collect();
            offline.sort_unstable();
            offline.dedup();
            offline
        });
        let integration = outbox.integration.clone();
        Ok(WebhookMessage { integration, group_id, events: told, ids, offline })
    }
}

/// As many of the events as one message holds.
fn fitting(mut events: Vec<Event>) -> Vec<Event> {
    let mut bytes = 0;
    let fit = events.iter().take_while(|event| {
        bytes += serde_json::to_vec(event).map_or(0, |body| body.len());
        bytes <= BYTES_AT_ONCE
    });
    let fit = fit.count().max(1);
    events.truncate(fit);
    events
}

/// What is given up of these events: those that happened so long ago, where nothing was taken for as
/// long.
fn given_up(
    group_id: GroupId,
    outbox: &Outbox,
    webhook: &Webhook,
    events: &[Event],
    failure: &NotTaken,
    now: Timestamp,
) -> Option<DeadLetter> {
    let retry_for = i64::try_from(webhook.retry_for.as_millis()).unwrap_or(i64::MAX);
    let is_over = |since: Timestamp| now.millis_since(since) >= retry_for;
    outbox.failing_since.filter(|since| is_over(*since))?;
    let first = events.first()?.seq;
    let last = events.iter().take_while(|event| is_over(event.at)).last()?.seq;
    Some(DeadLetter { group_id, first, last, failure: failure.to_string(), at: now })
}

/// How long to wait after so many failures in a row: exponential backoff with jitter, or as long as the
/// receiver asks for.
fn pause(failures: u32, failure: &NotTaken) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let pause = doubled.min(LONGEST_PAUSE);
    let half = u32::try_from(pause.as_millis() / 2).unwrap_or(u32::MAX);
    let pause = pause / 2 + Duration::from_millis(u64::from(jitter(half)));
    failure.wait().map_or(pause, |wait| pause.max(wait))
}

#[cfg(test)]
mod tests {
    use signaling::event::GroupEnded;

    use super::*;

    const HOUR: i64 = 3_600_000;

    fn event(seq: u64, hours: i64) -> Event {
        let at = Timestamp::from_millis(hours * HOUR);
        Event { seq, at, kind: GroupEnded { reason: String::new() }.into() }
    }

    #[test]
    fn an_event_is_given_up_once_it_and_the_failure_are_old_enough() {
        let (group_id, failure) = (GroupId::from_bytes([1; 16]), NotTaken::TooSlow);
        let webhook = Webhook {
            url: "https://a.example".parse().expect("an address"),
            secret: crate::integrations::WebhookSecret::new(),
            retry_for: Duration::from_secs(24 * 3_600),
        };
        let events = [event(5, 0), event(6, 1), event(7, 30)];
        for (failing_since, now, last) in [
            (None, 100, None),
            (Some(2), 25, None),
            (Some(2), 26, Some(6)),
            // A server that was away for long tries again before it gives up.
            (Some(90), 100, None),
            (Some(2), 60, Some(7)),
        ] {
            let since = failing_since.map(|hours: i64| Timestamp::from_millis(hours * HOUR));
            let outbox = Outbox { integration: "a".to_owned(), delivered: 4, failing_since: since };
            let now = Timestamp::from_millis(now * HOUR);
            let letter = given_up(group_id, &outbox, &webhook, &events, &failure, now);
            let expected = last.map(|last| (5, last));
            assert_eq!(letter.map(|it| (it.first, it.last)), expected, "{failing_since:?} {now:?}");
        }
    }

    #[test]
    fn pauses_grow_and_end_and_a_receiver_may_ask_for_longer() {
        let failure = NotTaken::TooSlow;
        for (failures, least, most) in [(1, 500, 1_000), (4, 4_000, 8_000), (40, 300_000, 600_000)]
        {
            let pause = pause(failures, &failure).as_millis();
            assert!((least..=most).contains(&pause), "{failures}: {pause}");
        }
        let wait = Some(Duration::from_secs(90));
        let status = http::StatusCode::SERVICE_UNAVAILABLE;
        let asks = NotTaken::Answered { status, wait };
        assert_eq!(pause(1, &asks), Duration::from_secs(90));
    }
}
