//! A live stream: a cursor on the group's log. It is woken once per commit, writes all that is new
//! in one go, and holds nothing back: a reader that falls behind the log's tail is cut off, and
//! comes back by its cursor.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use signaling::UserId;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::identity::jitter;
use crate::room::{Attendance, Room};

/// The time between two heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(15);

struct LiveStream {
    room: Arc<Room>,
    clock: Arc<Clock>,
    user: UserId,
    cursor: u64,
    status_version: u64,
    waiting: VecDeque<Bytes>,
    news: watch::Receiver<()>,
    heartbeat: Interval,
    heartbeat_event: bool,
    stopping: CancellationToken,
    ended: bool,
    _attendance: Attendance,
}

/// How a stream begins.
pub(crate) struct Start {
    /// The last event the client has seen, when it says so.
    pub after: Option<u64>,
    /// Whether each heartbeat is an event too, for pages, which cannot see comments.
    pub heartbeat_event: bool,
}

/// The member's stream of the room, until it ends or the server stops.
pub(crate) fn open(
    room: Arc<Room>,
    clock: Arc<Clock>,
    user: UserId,
    start: Start,
    stopping: CancellationToken,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
    let news = room.subscribe();
    let attendance = room.enter(user);
    let mut heartbeat = tokio::time::interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stream = LiveStream {
        room,
        clock,
        user,
        cursor: 0,
        status_version: 0,
        waiting: VecDeque::new(),
        news,
        heartbeat,
        heartbeat_event: start.heartbeat_event,
        stopping,
        ended: false,
        _attendance: attendance,
    };
    stream.begin(start.after);
    futures::stream::unfold(stream, |mut stream| async move {
        let bytes = stream.next().await?;
        Some((Ok(bytes), stream))
    })
}

impl LiveStream {
    fn begin(&mut self, after: Option<u64>) {
        let retry = 1_000 + jitter(2_000);
        self.waiting.push_back(Bytes::from(format!("retry: {retry}\n\n")));
        let (status_version, status) = self.room.status();
        self.status_version = status_version;
        match after.and_then(|after| self.room.news(after, self.user)) {
            Some(news) => {
                self.waiting.extend(news.bytes);
                self.cursor = news.cursor;
                self.ended = news.ends;
                self.waiting.push_back(status);
            }
            None => {
                let snapshot = self.room.snapshot(self.user, self.clock.now());
                self.cursor = snapshot.seq;
                let body = serde_json::to_string(&snapshot).unwrap_or_default();
                let frame = format!("id: {}\nevent: snapshot\ndata: {body}\n\n", snapshot.seq);
                self.waiting.push_back(Bytes::from(frame));
            }
        }
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.waiting.pop_front() {
                return Some(bytes);
            }
            if self.ended {
                return None;
            }
            self.news.borrow_and_update();
            let news = self.room.news(self.cursor, self.user)?;
            self.waiting.extend(news.bytes);
            self.cursor = news.cursor;
            self.ended = news.ends;
            match self.room.status_changes(self.status_version) {
                Some((version, changes)) => {
                    self.status_version = version;
                    self.waiting.extend(changes);
                }
                None => {
                    let (version, status) = self.room.status();
                    self.status_version = version;
                    self.waiting.push_back(status);
                }
            }
            if !self.waiting.is_empty() || self.ended {
                continue;
            }
            tokio::select! {
                changed = self.news.changed() => changed.ok()?,
                _ = self.heartbeat.tick() => return Some(self.beat()),
                () = self.stopping.cancelled() => return None,
            }
        }
    }

    fn beat(&self) -> Bytes {
        if !self.heartbeat_event {
            return Bytes::from_static(b": heartbeat\n\n");
        }
        let body = serde_json::json!({ "seq": self.cursor, "now": self.clock.now() });
        Bytes::from(format!(": heartbeat\nevent: heartbeat\ndata: {body}\n\n"))
    }
}
