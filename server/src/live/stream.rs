//! A live stream: a cursor on the group's log. After each commit it takes all that is new in one go,
//! and holds nothing back: a reader that falls behind the log's tail is cut off, and comes back by
//! its cursor.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Weak};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use signaling::{Timestamp, UserId};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::chunk::{Chunk, send};
use super::log_tail::EventFormat;
use super::room::{Attendance, Room};
use crate::clock::Clock;
use crate::identity::jitter;
use crate::identity::tokens::BrowserId;
use crate::metrics::Metrics;

/// The seconds between two heartbeats of a stream.
const HEARTBEAT_SECONDS: usize = 15;

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

    /// One that never beats.
    #[cfg(test)]
    pub fn still() -> Arc<Self> {
        Arc::new(Self { places: std::array::from_fn(|_| watch::Sender::new(())) })
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
    device: Option<BrowserId>,
    cursor: u64,
    ephemeral_version: u64,
    waiting: VecDeque<Chunk>,
    metrics: Arc<Metrics>,
    heartbeat: watch::Receiver<()>,
    heartbeat_event: bool,
    format: EventFormat,
    names_as_shown: bool,
    stopping: CancellationToken,
    ended: bool,
    _attendance: Attendance,
}

/// A snapshot as a stream sends it first.
pub(crate) struct FirstSnapshot {
    as_of: AsOf,
    frame: Bytes,
}

/// As of when a snapshot is.
pub(crate) struct AsOf {
    seq: u64,
    /// The place in what holds only for now.
    ephemeral_version: u64,
}

impl FirstSnapshot {
    /// What a member may see; none when they are a member no more.
    pub fn of(room: &Room, user: UserId, now: Timestamp, names_as_shown: bool) -> Option<Self> {
        // The place comes first: what changes meanwhile is told again.
        let ephemeral_version = room.ephemeral_version();
        let snapshot = room.snapshot(user, now, names_as_shown)?;
        let seq = snapshot.seq;
        let body = serde_json::to_string(&snapshot).unwrap_or_default();
        let frame = format!("id: {seq}\nevent: snapshot\ndata: {body}\n\n").into();
        Some(Self { as_of: AsOf { seq, ephemeral_version }, frame })
    }

    /// Its bytes, and the rest of it.
    pub fn into_parts(self) -> (AsOf, Bytes) {
        (self.as_of, self.frame)
    }

    /// The same, of its parts.
    pub fn from_parts((as_of, frame): (AsOf, Bytes)) -> Self {
        Self { as_of, frame }
    }
}

/// How a stream begins.
pub(crate) struct Start {
    /// The browser whose it is; none of an integration's.
    pub device: Option<BrowserId>,
    /// The last event the client has seen, when it says so.
    pub after: Option<u64>,
    /// What it begins with where the log in memory does not reach back that far.
    pub snapshot: Option<FirstSnapshot>,
    /// Whether each heartbeat is an event too, for pages, which cannot see comments.
    pub heartbeat_event: bool,
    /// How events are told that follow each other.
    pub format: EventFormat,
    /// Whether a teacher asks for the names that students see of each other.
    pub names_as_shown: bool,
}

#[cfg(test)]
impl Start {
    /// One that goes on after a place, or begins, and asks for nothing more.
    pub const fn after(after: Option<u64>, format: EventFormat) -> Self {
        Self {
            device: None,
            after,
            snapshot: None,
            heartbeat_event: false,
            format,
            names_as_shown: false,
        }
    }
}

/// The member's stream of the room, until it ends or the server stops.
pub(crate) fn open(
    room: Arc<Room>,
    clock: Arc<Clock>,
    (pulse, metrics): (&Pulse, &Arc<Metrics>),
    user: UserId,
    start: Start,
    stopping: CancellationToken,
) -> LiveStream {
    let attendance = room.enter(user, start.device);
    room.follows_otherwise(user);
    let mut stream = LiveStream {
        room,
        clock,
        user,
        device: start.device,
        cursor: 0,
        ephemeral_version: 0,
        waiting: VecDeque::new(),
        heartbeat: pulse.join(),
        metrics: Arc::clone(metrics),
        heartbeat_event: start.heartbeat_event,
        format: start.format,
        names_as_shown: start.names_as_shown,
        stopping,
        ended: false,
        _attendance: attendance,
    };
    stream.begin(start.after, start.snapshot);
    stream
}

impl LiveStream {
    /// The moment it is, as HTTP writes it.
    pub fn date(&self) -> String {
        let millis = u64::try_from(self.clock.now().as_millis()).unwrap_or(0);
        httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(millis))
    }

    pub fn room(&self) -> Arc<Room> {
        Arc::clone(&self.room)
    }

    /// Notes that its reader took nothing for too long.
    pub fn gave_up(&self) {
        self.metrics.evicted.inc();
    }

    /// Sends what waits, as much of it as the socket takes; whether that was all.
    pub fn send(&mut self, connection: &TcpStream) -> io::Result<bool> {
        send(&mut self.waiting, connection, &self.metrics.stream_bytes)
    }

    /// What has to be sent next.
    pub fn waiting(&mut self) -> &mut VecDeque<Chunk> {
        &mut self.waiting
    }

    /// Whether nothing comes after what is waiting.
    pub const fn ended(&self) -> bool {
        self.ended
    }

    /// What tells of the next heartbeat, and that the server stops.
    pub fn signals(&self) -> (watch::Receiver<()>, CancellationToken) {
        (self.heartbeat.clone(), self.stopping.clone())
    }

    fn begin(&mut self, after: Option<u64>, snapshot: Option<FirstSnapshot>) {
        let retry = 1_000 + jitter(2_000);
        self.waiting.push_back(Bytes::from(format!("retry: {retry}\n\n")).into());
        let (ephemeral_version, status) = self.room.status();
        let since =
            |after| self.room.news_since(after, self.user, self.format, self.names_as_shown);
        match after.and_then(since) {
            Some(news) => {
                self.waiting.extend(news.chunks);
                self.cursor = news.cursor;
                self.ephemeral_version = ephemeral_version;
                self.ended = news.ends;
                self.waiting.push_back(status.into());
                self.waiting.extend(self.room.code_for(self.user).map(Chunk::from));
            }
            None => {
                let now = self.clock.now();
                let made = snapshot
                    .or_else(|| FirstSnapshot::of(&self.room, self.user, now, self.names_as_shown));
                let Some(FirstSnapshot { as_of: AsOf { seq, ephemeral_version }, frame }) = made
                else {
                    // Who was removed while the stream was being opened.
                    self.ended = true;
                    return;
                };
                self.cursor = seq;
                self.ephemeral_version = ephemeral_version;
                self.waiting.push_back(frame.into());
            }
        }
        self.waiting.extend(self.room.ringing(self.user).into_iter().map(Chunk::from));
        self.waiting.extend(self.room.heard_now().map(Chunk::from));
        if self.heartbeat_event {
            // The page sets its clock by it, and knows that it has seen what it missed.
            self.beat();
        }
        // Whose class ended while the stream was being opened.
        self.ended |= self.room.with_group(|group| group.ended && self.cursor >= group.seq);
    }

    /// Takes what is new; false when the stream is over: everything was sent, or what the reader has
    /// missed is in memory no more.
    pub fn gather(&mut self) -> bool {
        if self.device.is_some_and(|device| self.room.is_ended(device, self.user)) {
            // Whoever has it is told nothing more.
            return false;
        }
        if self.ended {
            return !self.waiting.is_empty();
        }
        // Looked at before the log and sent after it: what holds only for now may be an answer
        // to what is written there.
        let ephemeral = self.room.ephemeral(self.ephemeral_version, self.user);
        let news = self.room.news(self.cursor, self.user, self.format, self.names_as_shown);
        let Some(news) = news else {
            self.metrics.evicted.inc();
            return false;
        };
        self.waiting.extend(news.chunks);
        self.cursor = news.cursor;
        self.ended = news.ends;
        match ephemeral {
            Some((version, events)) => {
                self.ephemeral_version = version;
                self.waiting.extend(events.into_iter().map(Chunk::from));
            }
            None => {
                let (version, status) = self.room.status();
                self.ephemeral_version = version;
                self.waiting.push_back(status.into());
                self.waiting.extend(self.room.code_for(self.user).map(Chunk::from));
                self.waiting.extend(self.room.ringing(self.user).into_iter().map(Chunk::from));
                self.waiting.extend(self.room.heard_now().map(Chunk::from));
            }
        }
        !self.ended || !self.waiting.is_empty()
    }

    /// One heartbeat to be sent.
    pub fn beat(&mut self) {
        let beat = self.heartbeat();
        self.waiting.push_back(beat.into());
    }

    fn heartbeat(&self) -> Bytes {
        if !self.heartbeat_event {
            return Bytes::from_static(b": heartbeat\n\n");
        }
        let body = serde_json::json!({ "now": self.clock.now() });
        Bytes::from(format!(": heartbeat\nevent: heartbeat\ndata: {body}\n\n"))
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, Stream, StreamExt};
    use signaling::event::{MemberJoined, MemberLeft};
    use signaling::{Event, Name, Role, json};
    use tokio::io::AsyncReadExt;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::identity::{JoinCode, new_group_id, new_user_id};
    use crate::live::outlet;
    use crate::store::log::{EncodedEvent, Loaded};
    use crate::writer::Housekeeping;

    const MORE_THAN_THE_TAIL: u64 = 17_001;

    /// The first to join each room, and whoever reads its streams.
    const READER: UserId = UserId::from_bytes([7; 16]);

    fn empty_room() -> Arc<Room> {
        let loaded = Loaded::empty(JoinCode::new(), None);
        Arc::new(Room::new(new_group_id(), loaded, Housekeeping::default().tail_events))
    }

    fn joins(seqs: std::ops::Range<u64>) -> Vec<EncodedEvent> {
        let join = |seq| {
            let joined = MemberJoined {
                user_id: if seq == 1 { READER } else { new_user_id() },
                name: Name::new("Ada").expect("a name"),
                role: Role::Student,
                alike: None,
            };
            let event = Event { seq, at: Timestamp::default(), kind: joined.into() };
            EncodedEvent { body: serde_json::to_string(&event).expect("JSON"), event }
        };
        seqs.map(join).collect()
    }

    fn live(room: &Arc<Room>, after: Option<u64>) -> impl Stream<Item = String> + use<> {
        chunks(
            Arc::clone(room),
            READER,
            Start::after(after, EventFormat::Each),
            CancellationToken::new(),
        )
    }

    /// What a stream sends, as it comes out of a socket.
    fn chunks(
        room: Arc<Room>,
        user: UserId,
        start: Start,
        stopping: CancellationToken,
    ) -> impl Stream<Item = String> {
        let pulse = Pulse::start();
        let live = open(room, Arc::default(), (&pulse, &Arc::default()), user, start, stopping);
        let reading = async move {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
            let address = listener.local_addr().expect("its address");
            let reader = TcpStream::connect(address).await.expect("a reader");
            let (connection, _) = listener.accept().await.expect("its connection");
            tokio::spawn(outlet::run(live, connection, Bytes::new(), Duration::from_secs(30)));
            futures::stream::unfold((reader, pulse), |(mut reader, pulse)| async move {
                let mut bytes = [0; 4_096];
                let read = reader.read(&mut bytes).await.expect("the stream");
                let chunk = String::from_utf8_lossy(&bytes[..read]).into_owned();
                (read > 0).then_some((chunk, (reader, pulse)))
            })
        };
        reading.into_stream().flatten()
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
    async fn a_stream_goes_on_after_its_cursor() {
        let room = empty_room();
        room.publish(&joins(1..4));
        let mut stream = Box::pin(live(&room, Some(2)));
        let read = read_to(&mut stream, 3).await;
        assert!(!read.contains("id: 2\n"), "{read}");
        room.publish(&joins(4..504));
        let read = read_to(&mut stream, 503).await;
        assert_eq!(read.matches("event: onMemberJoined").count(), 500);
    }

    #[tokio::test]
    async fn a_long_commit_comes_to_each_of_many_as_it_comes_to_one() {
        let room = empty_room();
        room.publish(&joins(1..101));
        let in_tables = |user| {
            let start = Start::after(Some(100), EventFormat::Tables);
            Box::pin(chunks(Arc::clone(&room), user, start, CancellationToken::new()))
        };
        let members: Vec<UserId> =
            room.with_group(|group| group.members().iter().map(|m| m.user_id).collect());
        let mut streams: Vec<_> = members.into_iter().map(in_tables).collect();
        for stream in &mut streams {
            let mut read = String::new();
            while !read.contains("onUserStatusChanged") {
                read += &stream.next().await.expect("the stream begins");
            }
        }
        let commits =
            [joins(101..1_101), joins(1_101..1_103), joins(1_103..2_103), joins(2_103..2_104)];
        for commit in &commits {
            room.publish(commit);
        }
        let in_file = || {
            let news = room.news(100, READER, EventFormat::Tables, false).expect("it is in memory");
            news.chunks.iter().filter(|chunk| chunk.has_file()).count()
        };
        assert_eq!(in_file(), 2, "the long ones, until all have them");
        let mut alone = in_tables(READER);
        let alone = read_to(&mut alone, 2_103).await;
        let of_commits = |read: &str| {
            let begins = read.find("id: 1100\n").expect("the first commit");
            let ends = read.find("id: 2103\n").expect("the last commit");
            read[begins..ends].to_owned()
        };
        for stream in &mut streams {
            let read = read_to(stream, 2_103).await;
            let read = of_commits(&read);
            let data = read.lines().filter_map(|line| line.strip_prefix("data: "));
            let joined = data.filter_map(|data| json::read_events("onMemberJoined", data).ok());
            assert_eq!(joined.map(|events| events.len()).sum::<usize>(), 2_002);
            assert!(read == of_commits(&alone), "what many read and what one reads");
        }
        while in_file() > 0 {
            tokio::task::yield_now().await;
        }
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

    #[tokio::test]
    async fn who_comes_and_goes_while_a_stream_is_opened_is_told_as_gone() {
        let room = empty_room();
        room.publish(&joins(1..3));
        let ada = room.with_group(|group| group.members()[1].user_id);
        let attendance = room.enter(ada, None);
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
    async fn a_stream_that_is_opened_as_its_member_is_removed_tells_that_and_ends() {
        let room = empty_room();
        room.publish(&joins(1..2));
        let left = MemberLeft { user_id: READER, reason: "removed".to_owned() };
        let event = Event { seq: 2, at: Timestamp::default(), kind: left.into() };
        let body = serde_json::to_string(&event).expect("JSON");
        room.publish(&[EncodedEvent { event, body }]);
        room.publish(&joins(3..6));
        for (after, is_told) in
            [(None, false), (Some(1), true), (Some(2), false), (Some(4), false), (Some(9), false)]
        {
            let read: String = live(&room, after).collect().await;
            assert_eq!(read.contains("event: onMemberLeft"), is_told, "{after:?}: {read}");
            let is_shown_more = read.contains("event: snapshot") || read.contains("id: 4");
            assert!(!is_shown_more, "{after:?}: {read}");
        }
    }

    #[tokio::test]
    async fn a_stream_ends_when_the_server_stops() {
        let stopping = CancellationToken::new();
        let room = empty_room();
        room.publish(&joins(1..2));
        let stream = chunks(room, READER, Start::after(None, EventFormat::Each), stopping.clone());
        let reading = tokio::spawn(stream.count());
        stopping.cancel();
        reading.await.expect("the stream ends");
    }
}
