//! A live stream: a cursor on the group's log. It is woken once per commit, writes all that is new
//! in one go, and holds nothing back: a reader that falls behind the log's tail is cut off, and
//! comes back by its cursor.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::{Arc, Weak};
use std::time::{Duration, UNIX_EPOCH};

use bytes::{Buf, Bytes};
use signaling::UserId;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::identity::jitter;
use crate::listen::WRITE_TIMEOUT;
use crate::room::{Attendance, Room};

/// The seconds between two heartbeats of a stream.
const HEARTBEAT_SECONDS: usize = 15;
/// How many pieces one system call writes.
const PIECES: usize = 8;

/// The heartbeats of all streams. Each stream is given one of as many places as there are seconds
/// between two beats, so that thousands of streams need one timer and do not beat at once.
pub(crate) struct Pulse {
    places: [watch::Sender<()>; HEARTBEAT_SECONDS],
}

impl Pulse {
    /// Beats for as long as it is held.
    pub fn start() -> Arc<Self> {
        let pulse = Arc::new(Self { places: std::array::from_fn(|_| watch::Sender::new(())) });
        tokio::spawn(beat(Arc::downgrade(&pulse)));
        pulse
    }

    fn join(&self) -> watch::Receiver<()> {
        let place = u32::try_from(HEARTBEAT_SECONDS).map_or(0, jitter);
        self.places[place as usize].subscribe()
    }
}

async fn beat(pulse: Weak<Pulse>) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    second.tick().await;
    for place in (0..HEARTBEAT_SECONDS).cycle() {
        second.tick().await;
        let Some(pulse) = pulse.upgrade() else { return };
        pulse.places[place].send_replace(());
    }
}

pub(crate) struct LiveStream {
    room: Arc<Room>,
    clock: Arc<Clock>,
    user: UserId,
    cursor: u64,
    passing_version: u64,
    waiting: VecDeque<Bytes>,
    news: watch::Receiver<()>,
    heartbeat: watch::Receiver<()>,
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
    pulse: &Pulse,
    user: UserId,
    start: Start,
    stopping: CancellationToken,
) -> LiveStream {
    let news = room.subscribe();
    let attendance = room.enter(user);
    let mut stream = LiveStream {
        room,
        clock,
        user,
        cursor: 0,
        passing_version: 0,
        waiting: VecDeque::new(),
        news,
        heartbeat: pulse.join(),
        heartbeat_event: start.heartbeat_event,
        stopping,
        ended: false,
        _attendance: attendance,
    };
    stream.begin(start.after);
    stream
}

impl LiveStream {
    /// The moment it is, as HTTP writes it.
    pub fn date(&self) -> String {
        let millis = u64::try_from(self.clock.now().as_millis()).unwrap_or(0);
        httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(millis))
    }

    /// Sends the beginning of the response and then everything that comes, until the stream ends or
    /// its reader is gone.
    pub async fn run(mut self, mut connection: TcpStream, head: Bytes) {
        self.waiting.push_front(head);
        while self.gather() {
            if write(&connection, &mut self.waiting).await.is_err() {
                return;
            }
            let goes_on = tokio::select! {
                goes_on = self.more() => goes_on,
                () = is_gone(&connection) => return,
            };
            if !goes_on {
                break;
            }
        }
        let _ = connection.shutdown().await;
    }

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

    /// Takes what is new; false when the stream is over: everything was sent, or what the reader has
    /// missed is in memory no more.
    fn gather(&mut self) -> bool {
        if self.ended {
            return !self.waiting.is_empty();
        }
        self.news.borrow_and_update();
        // Looked at before the log and sent after it: what holds only for now may be an answer
        // to what is written there.
        let passing = self.room.passing(self.passing_version, self.user);
        let Some(news) = self.room.news(self.cursor, self.user) else { return false };
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
        !self.ended || !self.waiting.is_empty()
    }

    /// Waits until there is something to send; false when the server stops.
    async fn more(&mut self) -> bool {
        if self.ended {
            return true;
        }
        tokio::select! {
            changed = self.news.changed() => changed.is_ok(),
            beats = self.heartbeat.changed() => {
                self.waiting.push_back(self.beat());
                beats.is_ok()
            }
            () = self.stopping.cancelled() => false,
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

/// Writes all of the pieces, as many as possible with one system call.
async fn write(connection: &TcpStream, pieces: &mut VecDeque<Bytes>) -> io::Result<()> {
    while !pieces.is_empty() {
        match write_some(connection, pieces) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => forget(pieces, written),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                tokio::time::timeout(WRITE_TIMEOUT, connection.writable()).await??;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn write_some(connection: &TcpStream, pieces: &VecDeque<Bytes>) -> io::Result<usize> {
    let mut slices = [IoSlice::new(&[]); PIECES];
    let count = PIECES.min(pieces.len());
    for (slice, piece) in slices.iter_mut().zip(pieces) {
        *slice = IoSlice::new(piece);
    }
    connection.try_write_vectored(&slices[..count])
}

fn forget(pieces: &mut VecDeque<Bytes>, mut written: usize) {
    while let Some(first) = pieces.front_mut() {
        if written < first.len() {
            first.advance(written);
            return;
        }
        written -= first.len();
        pieces.pop_front();
    }
}

/// Waits until the reader has gone away. What it still says is not heard.
async fn is_gone(connection: &TcpStream) {
    let mut said = [0; 64];
    while connection.readable().await.is_ok() {
        match connection.try_read(&mut said) {
            Ok(1..) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(0) | Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::{Stream, StreamExt};
    use signaling::event::{MemberJoined, MemberLeft};
    use signaling::{Event, Name, Role, Timestamp};

    use super::*;
    use crate::identity::{JoinCode, new_group_id, new_user_id};
    use crate::store::{EncodedEvent, Loaded};

    const MORE_THAN_THE_TAIL: u64 = 17_001;

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
        pieces(Arc::clone(room), READER, after, CancellationToken::new())
    }

    /// What a stream sends, a piece at a time.
    fn pieces(
        room: Arc<Room>,
        user: UserId,
        after: Option<u64>,
        stopping: CancellationToken,
    ) -> impl Stream<Item = String> {
        let start = Start { after, heartbeat_event: false };
        let pulse = Pulse::start();
        let live = open(room, Arc::default(), &pulse, user, start, stopping);
        futures::stream::unfold((live, pulse), |(mut live, pulse)| async move {
            while live.waiting.is_empty() {
                if !live.gather() || (live.waiting.is_empty() && !live.more().await) {
                    return None;
                }
            }
            let piece = live.waiting.pop_front()?;
            Some((String::from_utf8_lossy(&piece).into_owned(), (live, pulse)))
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
        for first in (1..MORE_THAN_THE_TAIL).step_by(1_000) {
            room.publish(&joins(first..first + 1_000));
        }
        let last = MORE_THAN_THE_TAIL - 1;
        for after in [Some(1), Some(last + 1), None] {
            let mut stream = Box::pin(live(&room, after));
            let read = read_to(&mut stream, last).await;
            assert!(read.contains("event: snapshot"), "{after:?}");
        }
        let mut stream = Box::pin(live(&room, Some(last - 10)));
        assert!(!read_to(&mut stream, last).await.contains("event: snapshot"));
    }

    #[tokio::test]
    async fn a_reader_that_is_too_slow_is_cut_off() {
        let room = empty_room();
        room.publish(&joins(1..2));
        let mut stream = Box::pin(live(&room, None));
        read_to(&mut stream, 1).await;
        for first in (2..MORE_THAN_THE_TAIL).step_by(1_000) {
            room.publish(&joins(first..first + 1_000));
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
            live(&room, after).count().await;
        }
    }

    #[tokio::test]
    async fn a_stream_ends_when_the_server_stops() {
        let stopping = CancellationToken::new();
        let stream = pieces(empty_room(), new_user_id(), None, stopping.clone());
        let reading = tokio::spawn(stream.count());
        stopping.cancel();
        reading.await.expect("the stream ends");
    }
}
