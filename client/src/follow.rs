//! Following a group: its events one after the other, whatever becomes of connections.
//!
//! A stream that breaks is opened again after its last event (resume cursor), after a backoff with
//! jitter. Silence of more than two heartbeats counts as broken. Where something in between holds
//! streams back, so that nothing comes at all, the snapshot is polled, and a stream is tried again now and
//! then.

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use futures::{Stream, StreamExt};
use http::{Method, StatusCode, header};
use signaling::wire::{JoinCodeChanged, Relay, Ringing, StatusChange, VoiceChange};
use signaling::{EventKind, Group, apply, json};
use sse_stream::{Sse, SseStream};
use tokio::time::Sleep;

use crate::handup::{ANSWER, answered};
use crate::news::News;
use crate::{Error, Member};

/// How long a stream may say nothing: two heartbeats, and some more.
const SILENCE: Duration = Duration::from_secs(40);
/// How long a stream may take to say its first word, which a server sends at once.
const FIRST_WORD: Duration = Duration::from_secs(10);
/// How often the snapshot is asked for where streams are held back.
const POLL: Duration = Duration::from_secs(3);
/// After how many polls a stream is tried again.
const POLLS: u32 = 20;

type Messages = Pin<Box<dyn Stream<Item = Result<Sse, sse_stream::Error>> + Send>>;

type Wait = Pin<Box<Sleep>>;

fn wait(so_long: Duration) -> Wait {
    Box::pin(tokio::time::sleep(so_long))
}

/// Where what is told comes from. Whatever is waited for is kept here, so that whoever drops a
/// [`next`](Following::next) and asks again waits no longer for it.
enum From {
    /// Nothing, until this is over.
    Nowhere(Option<Wait>),
    /// A stream, which is broken when this is over.
    Stream(Messages, Wait),
    /// Streams are held back: the next poll, and how many are left before a stream is tried again.
    Polls(Wait, u32),
}

/// Follows a group: [`next`](Self::next) tells what comes, one after the other.
pub struct Following {
    member: Member,
    group: Option<Group>,
    from: From,
    waiting: VecDeque<News>,
    tag: Option<String>,
    /// How often in a row a connection came to nothing.
    failed: u32,
    /// How many heartbeats the stream has had: the first comes at once.
    beats: u32,
    /// What the server asks to wait before one comes again.
    asked: Duration,
    is_over: bool,
}

impl Member {
    /// Follows the group from how it stands now.
    pub fn follow(&self) -> Following {
        Following {
            member: self.clone(),
            group: None,
            from: From::Nowhere(None),
            waiting: VecDeque::new(),
            tag: None,
            failed: 0,
            beats: 0,
            asked: Duration::ZERO,
            is_over: false,
        }
    }
}

impl Following {
    /// The group as of what was told last, and so each invitation with everybody's part in it; none
    /// before the first snapshot.
    pub const fn group(&self) -> Option<&Group> {
        self.group.as_ref()
    }

    /// What comes next; none after the end of the group, or when the member is gone.
    ///
    /// # Errors
    /// What is [final](Error::is_final), such as a credential that is good for nothing (401), or a group
    /// that was over before it was followed (410). Everything else is tried again, for ever.
    pub async fn next(&mut self) -> Option<Result<News, Error>> {
        loop {
            if let Some(news) = self.waiting.pop_front() {
                self.fold(&news);
                return Some(Ok(news));
            }
            if self.is_over {
                return None;
            }
            let Err(error) = self.gather().await else { continue };
            if error.status() == Some(410) && self.group.is_some() {
                // Of an end that was not told yet a stream tells, and is over then.
                self.is_over = !matches!(self.from, From::Polls(..));
                self.from = From::Nowhere(None);
            } else if error.is_final() {
                self.is_over = true;
                return Some(Err(error));
            } else {
                self.failed += 1;
                let backoff = self.member.handup().retry().backoff(self.failed, &error);
                self.from = From::Nowhere(Some(wait(self.asked + backoff)));
            }
        }
    }

    /// Everything as a stream of news.
    pub fn into_stream(self) -> impl Stream<Item = Result<News, Error>> + Send {
        futures::stream::unfold(self, |mut following| async move {
            following.next().await.map(|news| (news, following))
        })
    }

    fn fold(&mut self, news: &News) {
        match (news, &mut self.group) {
            (News::Snapshot(snapshot), group) => *group = Some(Group::from((**snapshot).clone())),
            (News::Event(event), Some(group)) => {
                apply(group, event);
                let is_own = matches!(
                    &event.kind,
                    EventKind::MemberLeft(left) if left.user_id == self.member.user_id()
                );
                self.is_over |= is_own || group.ended;
            }
            _ => {}
        }
    }

    /// Waits for something to tell.
    async fn gather(&mut self) -> Result<(), Error> {
        match &mut self.from {
            From::Nowhere(until) => {
                if let Some(until) = until {
                    until.await;
                }
                self.open().await
            }
            From::Stream(messages, silence) => {
                let next = tokio::select! {
                    next = messages.next() => next,
                    () = &mut *silence => return Err(broken("the stream fell silent")),
                };
                *silence = wait(SILENCE);
                self.read(next)
            }
            From::Polls(_, 0) => {
                self.from = From::Nowhere(None);
                Ok(())
            }
            From::Polls(until, left) => {
                until.as_mut().await;
                (*until, *left) = (wait(POLL), *left - 1);
                self.poll().await
            }
        }
    }

    async fn open(&mut self) -> Result<(), Error> {
        let mut request = self.member.request(Method::GET, "/events?heartbeat=event");
        if let Some(group) = &self.group {
            request = request.header("last-event-id", group.seq);
        }
        let opened = async { answered(request.send().await?).await };
        let opened = tokio::time::timeout(ANSWER, opened).await;
        let stream = opened.map_err(|_| broken("no stream was opened"))??;
        let mut messages: Messages = Box::pin(SseStream::from_bytes_stream(stream.bytes_stream()));
        self.beats = 0;
        // With a heartbeat of its own each stream has something to say at once.
        match tokio::time::timeout(FIRST_WORD, messages.next()).await {
            Ok(first) => {
                self.from = From::Stream(messages, wait(SILENCE));
                self.read(first)
            }
            Err(_) => {
                self.from = From::Polls(wait(POLL), POLLS);
                self.poll().await
            }
        }
    }

    async fn poll(&mut self) -> Result<(), Error> {
        let mut request = self.member.request(Method::GET, "?follow=asking").timeout(ANSWER);
        if let Some(tag) = &self.tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        let answer = answered(request.send().await?).await?;
        if answer.status() != StatusCode::NOT_MODIFIED {
            let tag = answer.headers().get(header::ETAG);
            self.tag = tag.and_then(|tag| tag.to_str().ok()).map(str::to_owned);
            let snapshot = serde_json::from_slice(&answer.bytes().await?)?;
            self.waiting.push_back(News::Snapshot(Box::new(snapshot)));
        }
        Ok(())
    }

    /// Takes what comes of a stream.
    fn read(&mut self, next: Option<Result<Sse, sse_stream::Error>>) -> Result<(), Error> {
        let message = next.ok_or_else(|| broken("the stream ended"))?;
        let message = message.map_err(|error| Error::Unreadable(error.to_string()))?;
        if let Some(asked) = message.retry {
            self.asked = Duration::from_millis(asked).min(POLL);
        }
        let taken = self.take(&message);
        if taken.is_err() {
            // It would be as unreadable after the same cursor; a snapshot stands for it.
            self.group = None;
        }
        taken
    }

    /// Takes what a message tells. What has another name is of a newer server, and passed over.
    fn take(&mut self, message: &Sse) -> Result<(), Error> {
        let (Some(name), Some(data)) = (message.event.as_deref(), message.data.as_deref()) else {
            return Ok(());
        };
        let news = match name {
            "snapshot" => News::Snapshot(Box::new(serde_json::from_str(data)?)),
            StatusChange::NAME => News::Status(serde_json::from_str(data)?),
            Ringing::NAME => News::Ringing(serde_json::from_str(data)?),
            Relay::NAME => News::Relay(serde_json::from_str(data)?),
            VoiceChange::NAME => News::Voice(serde_json::from_str(data)?),
            JoinCodeChanged::NAME => News::JoinCode(serde_json::from_str(data)?),
            name if EventKind::NAMES.contains(&name) => {
                let unreadable = |_| Error::Unreadable(format!("{name}: {data}"));
                let events = json::read_events(name, data).map_err(unreadable)?;
                self.waiting.extend(events.into_iter().map(News::Event));
                self.failed = 0;
                return Ok(());
            }
            "heartbeat" => {
                // A stream that lives as long as to beat again is a good one.
                self.beats += 1;
                if self.beats > 1 {
                    self.failed = 0;
                }
                return Ok(());
            }
            _ => return Ok(()),
        };
        self.waiting.push_back(news);
        Ok(())
    }
}

impl std::fmt::Debug for Following {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seq = self.group.as_ref().map(|group| group.seq);
        f.debug_struct("Following")
            .field("member", &self.member.user_id())
            .field("seq", &seq)
            .finish()
    }
}

/// A connection that is of no use any more; it is opened again.
fn broken(why: &str) -> Error {
    Error::Unreadable(why.to_owned())
}
