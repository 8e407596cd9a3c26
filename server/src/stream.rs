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
    passing_version: u64,
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
        passing_version: 0,
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
        let (passing_version, status) = self.room.status();
        self.passing_version = passing_version;
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
        self.waiting.extend(self.room.ringing(self.user));
        if self.heartbeat_event {
            // The page sets its clock by it, and knows that it has seen what it missed.
            self.waiting.push_back(self.beat());
        }
        // Who was removed, or whose class ended, while the stream was being opened.
        self.ended |= self.room.with_group(|group| {
            let is_over = group.ended || group.member(self.user).is_none();
            is_over && self.cursor >= group.seq
        });
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
            // Looked at before the log and sent after it: what holds only for now may be an answer
            // to what is written there.
            let passing = self.room.passing(self.passing_version, self.user);
            let news = self.room.news(self.cursor, self.user)?;
            self.waiting.extend(news.bytes);
            self.cursor = news.cursor;
            self.ended = news.ends;
            match passing {
                Some((version, events)) => {
                    self.passing_version = version;
                    self.waiting.extend(events);
                }
                None => {
                    let (version, status) = self.room.status();
                    self.passing_version = version;
                    self.waiting.push_back(status);
                    self.waiting.extend(self.room.ringing(self.user));
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
        let body = serde_json::json!({ "now": self.clock.now() });
        Bytes::from(format!(": heartbeat\nevent: heartbeat\ndata: {body}\n\n"))
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;
    use signaling::event::{MemberJoined, MemberLeft};
    use signaling::{Event, Name, Role, Timestamp};

    use super::*;
    use crate::identity::{JoinCode, new_group_id, new_user_id};
    use crate::store::{EncodedEvent, Loaded};

    /// The first to join each room, and whoever reads its streams.
    const READER: UserId = UserId::from_bytes([7; 16]);

    fn empty_room() -> Arc<Room> {
        let loaded =
            Loaded { join_code: JoinCode::new(), events: Vec::new(), credentials: Vec::new() };
        Arc::new(Room::new(new_group_id(), loaded))
    }

    fn joins(seqs: std::ops::Range<u64>) -> Vec<EncodedEvent> {
        let join = |seq| {
            let joined = MemberJoined {
                user_id: if seq == 1 { READER } else { new_user_id() },
                name: Name::new("Ada").expect("a name"),
                role: Role::Student,
            };
            let event = Event { seq, at: Timestamp::default(), kind: joined.into() };
            EncodedEvent { body: serde_json::to_string(&event).expect("JSON"), event }
        };
        seqs.map(join).collect()
    }

    fn live(room: &Arc<Room>, after: Option<u64>) -> impl Stream<Item = String> + use<> {
        let start = Start { after, heartbeat_event: false };
        let stream =
            open(Arc::clone(room), Arc::default(), READER, start, CancellationToken::new());
        stream.map(|bytes| {
            let Ok(bytes) = bytes;
            String::from_utf8_lossy(&bytes).into_owned()
        })
    }

    /// What the stream sends up to and with the event of this number.
    async fn read_to(stream: &mut (impl Stream<Item = String> + Unpin), seq: u64) -> String {
        let mut read = String::new();
        while !read.contains(&format!("id: {seq}\n")) {
            read += &stream.next().await.expect("the stream goes on");
        }
        read
    }

    #[tokio::test]
    async fn a_stream_goes_on_after_its_cursor_and_sends_a_commit_in_one_piece() {
        let room = empty_room();
        room.publish(&joins(1..4));
        let mut stream = Box::pin(live(&room, Some(2)));
        let read = read_to(&mut stream, 3).await;
        assert!(!read.contains("id: 2\n"), "{read}");
        // The statuses as of now come before what happens next.
        stream.next().await.expect("the statuses");
        room.publish(&joins(4..504));
        let piece = stream.next().await.expect("the commit");
        assert_eq!(piece.matches("event: onMemberJoined").count(), 500);
    }

    #[tokio::test]
    async fn a_cursor_that_is_too_far_back_or_ahead_of_the_log_begins_with_a_snapshot() {
        let room = empty_room();
        for first in (1..5_001).step_by(100) {
            room.publish(&joins(first..first + 100));
        }
        for after in [Some(1), Some(5_001), None] {
            let mut stream = Box::pin(live(&room, after));
            let read = read_to(&mut stream, 5_000).await;
            assert!(read.contains("event: snapshot"), "{after:?}");
        }
        let mut stream = Box::pin(live(&room, Some(4_990)));
        assert!(!read_to(&mut stream, 5_000).await.contains("event: snapshot"));
    }

    #[tokio::test]
    async fn a_reader_that_is_too_slow_is_cut_off() {
        let room = empty_room();
        room.publish(&joins(1..2));
        let mut stream = Box::pin(live(&room, None));
        read_to(&mut stream, 1).await;
        for first in (2..5_002).step_by(100) {
            room.publish(&joins(first..first + 100));
        }
        assert_eq!(stream.next().await, None, "what it missed is not in memory any more");
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_and_goes_while_a_stream_is_opened_is_told_as_gone() {
        let room = empty_room();
        room.publish(&joins(1..3));
        let ada = room.with_group(|group| group.members()[1].user_id);
        let attendance = room.enter(ada);
        let mut stream = Box::pin(live(&room, Some(2)));
        let mut read = String::new();
        while !read.contains(&format!("{{\"userID\":\"{ada}\",\"online\":true}}")) {
            read += &stream.next().await.expect("the statuses as of now");
        }
        drop(attendance);
        while !read.contains(&format!("{{\"userID\":\"{ada}\",\"online\":false}}")) {
            assert!(!read.contains(": heartbeat"), "it is told before long");
            read += &stream.next().await.expect("the change");
        }
    }

    #[tokio::test]
    async fn a_stream_that_is_opened_as_its_member_is_removed_ends() {
        let room = empty_room();
        room.publish(&joins(1..2));
        let left = MemberLeft { user_id: READER, reason: "removed".to_owned() };
        let event = Event { seq: 2, at: Timestamp::default(), kind: left.into() };
        let body = serde_json::to_string(&event).expect("JSON");
        room.publish(&[EncodedEvent { event, body }]);
        for after in [None, Some(1), Some(2), Some(9)] {
            let start = Start { after, heartbeat_event: false };
            let stopping = CancellationToken::new();
            open(Arc::clone(&room), Arc::default(), READER, start, stopping).count().await;
        }
    }

    #[tokio::test]
    async fn a_stream_ends_when_the_server_stops() {
        let stopping = CancellationToken::new();
        let start = Start { after: None, heartbeat_event: false };
        let stream = open(empty_room(), Arc::default(), new_user_id(), start, stopping.clone());
        let reading = tokio::spawn(stream.count());
        stopping.cancel();
        reading.await.expect("the stream ends");
    }
}
