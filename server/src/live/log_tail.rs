//! The tail of a group's log: its newest commits, each encoded once for every stream.
//!
//! Streams keep a cursor and take what lies after it (see `stream`); a commit's bytes are shared by all
//! of them. What has left the tail is only in the store, and a stream that is further behind starts
//! over from a snapshot (slow-consumer eviction).

use std::collections::VecDeque;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use signaling::event::Table;
use signaling::{Audience, Ends, Event, EventKind, Group, InviteId, UserId, apply};

use super::chunk::Chunk;
use crate::names::shown::ShownNames;
use crate::store::log::EncodedEvent;

/// The most bytes of a group's newest events that stay in memory, however few they are, so that
/// events with much `data` do not hold much memory.
const TAIL_BYTES: usize = 4 * 1_024 * 1_024;

/// One event in a commit's bytes.
#[derive(Debug)]
struct Frame {
    seq: u64,
    range: Range<usize>,
    audience: Audience,
    ends: Ends,
}

/// The events of a commit as they are sent.
#[derive(Debug)]
struct Encoded {
    bytes: Bytes,
    /// The same for streams that take events in tables.
    tables: Chunk,
    frames: Vec<Frame>,
    /// Every event is for everyone and ends nobody's stream: the bytes go out as they are.
    is_plain: bool,
}

impl Encoded {
    /// How much memory its bytes take.
    fn size(&self) -> usize {
        let is_shared = self.bytes.as_ptr() == self.tables.bytes().as_ptr();
        self.bytes.len() + if is_shared { 0 } else { self.tables.bytes().len() }
    }
}

/// What one commit added to the group's log, encoded once for every stream; once more for all those
/// from whom names are hidden, when it tells such names.
#[derive(Debug)]
pub(crate) struct Commit {
    whole: Encoded,
    hiding: Option<Encoded>,
    /// Names are told otherwise from this commit on.
    renames: bool,
}

impl Commit {
    /// Has streams that take events in tables sent this chunk instead, where everybody may see all of
    /// the commit.
    pub fn in_tables(&mut self, tables: Chunk) {
        if self.whole.is_plain {
            self.whole.tables = tables;
        }
    }

    fn first(&self) -> u64 {
        self.whole.frames.first().map_or(0, |frame| frame.seq)
    }

    fn last(&self) -> u64 {
        self.whole.frames.last().map_or(0, |frame| frame.seq)
    }

    fn size(&self) -> usize {
        self.whole.size() + self.hiding.as_ref().map_or(0, Encoded::size)
    }

    fn as_seen(&self, names: NamesSeen) -> &Encoded {
        match (names, &self.hiding) {
            (NamesSeen::AsShown, Some(hiding)) => hiding,
            _ => &self.whole,
        }
    }
}

/// Which names a stream tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamesSeen {
    /// All in full.
    InFull,
    /// Those of students as the class has them shown to the others.
    AsShown,
}

/// How a stream encodes events of one kind that follow each other in a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventFormat {
    /// Each by itself.
    Each,
    /// In one message, when the reader has seen nothing of the commit and may see all of it.
    Tables,
}

/// What is new after a place in the log, for one member.
#[derive(Debug)]
pub(crate) struct News {
    pub chunks: Vec<Chunk>,
    /// The place after it.
    pub cursor: u64,
    /// Whether the member's streams end here.
    pub ends: bool,
}

/// The newest commits of a log.
pub(crate) struct LogTail {
    commits: VecDeque<Commit>,
    events: usize,
    bytes: usize,
    /// The most events that it holds.
    limit: usize,
    /// The last event before it.
    before: u64,
    /// The last event before those from which on names are told as they are now.
    renamed: u64,
}

impl LogTail {
    /// The tail of an empty log, which will hold so many events.
    pub const fn new(limit: usize) -> Self {
        Self { commits: VecDeque::new(), events: 0, bytes: 0, limit, before: 0, renamed: 0 }
    }

    /// The most events that it holds.
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// The last event before it, as a stream sees it that tells these names: a cursor before that needs
    /// a snapshot.
    pub fn before(&self, names: NamesSeen) -> u64 {
        match names {
            NamesSeen::InFull => self.before,
            NamesSeen::AsShown => self.before.max(self.renamed),
        }
    }

    pub fn push(&mut self, commit: Commit) {
        if commit.whole.frames.is_empty() {
            return;
        }
        if commit.renames {
            self.renamed = commit.first() - 1;
        }
        self.events += commit.whole.frames.len();
        self.bytes += commit.size();
        self.commits.push_back(commit);
        while self.commits.len() > 1 && (self.events > self.limit || self.bytes > TAIL_BYTES) {
            if let Some(oldest) = self.commits.pop_front() {
                self.events -= oldest.whole.frames.len();
                self.bytes -= oldest.size();
                self.before = oldest.last();
            }
        }
    }

    /// What lies after a cursor that is not before the tail, for one member.
    pub fn after(&self, cursor: u64, user: UserId, format: EventFormat, names: NamesSeen) -> News {
        let mut news = News { chunks: Vec::new(), cursor, ends: false };
        let first = self.commits.partition_point(|commit| commit.last() <= cursor);
        for commit in self.commits.iter().skip(first) {
            let last = commit.last();
            let commit = commit.as_seen(names);
            let is_whole = commit.frames.first().is_some_and(|frame| frame.seq > cursor);
            if commit.is_plain && is_whole {
                news.chunks.push(match format {
                    EventFormat::Each => commit.bytes.clone().into(),
                    EventFormat::Tables => commit.tables.clone(),
                });
                news.cursor = last;
                continue;
            }
            for frame in commit.frames.iter().filter(|frame| frame.seq > cursor) {
                if frame.audience.includes(user) {
                    news.chunks.push(commit.bytes.slice(frame.range.clone()).into());
                }
                news.cursor = frame.seq;
                if frame.ends == Ends::Everyone || frame.ends == Ends::Member(user) {
                    news.ends = true;
                    return news;
                }
            }
        }
        news
    }
}

/// The invitations that these events are about.
pub(crate) fn invitations(events: &[EncodedEvent]) -> impl Iterator<Item = InviteId> {
    events.iter().filter_map(|encoded| encoded.event.invite_id())
}

/// Adds the events of one commit to a group and encodes them for the streams.
pub(crate) fn encode(group: &mut Group, shown: &mut ShownNames, events: &[EncodedEvent]) -> Commit {
    let mut renames = false;
    let mut size = 0;
    let mut audiences = Vec::with_capacity(events.len());
    for EncodedEvent { event, body } in events {
        let before = group.settings.names;
        apply(group, event);
        renames |= group.settings.names != before;
        shown.follow(&event.kind);
        audiences.push(event.audience(group));
        size += body.len() + 80;
    }
    // All names are told once, with the last that could change them.
    let is_change = |it: &EncodedEvent| matches!(it.event.kind, EventKind::GroupChanged(_));
    let last = events.iter().rfind(|it| is_change(it)).filter(|_| renames).map(|it| it.event.seq);
    let told = |encoded: &EncodedEvent| {
        let EncodedEvent { event: Event { seq, at, kind }, .. } = encoded;
        let kind = shown.event(group, kind, Some(*seq) == last)?;
        let event = Event { seq: *seq, at: *at, kind };
        Some(EncodedEvent { body: serde_json::to_string(&event).unwrap_or_default(), event })
    };
    let told = events.iter().enumerate().filter_map(|(place, full)| Some((place, told(full)?)));
    let told: Vec<(usize, EncodedEvent)> = told.collect();
    let hiding = (!told.is_empty()).then(|| {
        let mut either = events.to_vec();
        for (place, told) in told {
            either[place] = told;
        }
        let mut hiding = encoded(&either, &audiences, size);
        if let Some(tables) = tables(&either).filter(|_| hiding.is_plain) {
            hiding.tables = tables.into();
        }
        hiding
    });
    Commit { whole: encoded(events, &audiences, size), hiding, renames }
}

fn encoded(events: &[EncodedEvent], audiences: &[Audience], size: usize) -> Encoded {
    let mut bytes = BytesMut::with_capacity(size);
    let mut frames = Vec::with_capacity(events.len());
    for (EncodedEvent { event, body }, audience) in events.iter().zip(audiences) {
        let start = bytes.len();
        write_frame(&mut bytes, event, body);
        let (ends, audience) = (event.kind.ends(), *audience);
        frames.push(Frame { seq: event.seq, range: start..bytes.len(), audience, ends });
    }
    let is_plain =
        frames.iter().all(|f| f.audience == Audience::Everyone && f.ends == Ends::Nobody);
    let bytes = bytes.freeze();
    Encoded { tables: bytes.clone().into(), bytes, frames, is_plain }
}

/// What streams are sent of a commit that take events in tables; none when no two belong in one.
pub(crate) fn tables(events: &[EncodedEvent]) -> Option<Bytes> {
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
