//! What a person holds in their hand: a page that folds what its stream brings, and the line on
//! which it comes. The page follows as the browser's does (`app/src/room/follow.rs`): it goes on
//! after the last event it has folded, and takes a snapshot for the truth.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use signaling::{
    Event, EventKind, Group, Relay, Ringing, Snapshot, StatusChange, UserId, UserStatus, apply,
    json,
};

use super::disk::Row;
use super::model::{Model, Verdict, must};
use crate::identity::TokenHash;
use crate::live::stream::LiveStream;

/// Whether somebody is in the class, as far as their device knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has answered yet.
    Outside,
    Inside,
    /// They left, were removed, or the class is over.
    Gone,
}

pub struct Device {
    /// The place of its class among all classes.
    pub class: usize,
    pub user: UserId,
    pub token: TokenHash,
    pub standing: Standing,
    /// The device of another class whose browser this is too: its token is to stand for both.
    pub carries: Option<usize>,
    /// The token that this one's browser had before.
    pub replaces: Option<TokenHash>,
    /// Whether its browser has become somebody else in the class.
    pub is_replaced: bool,
    pub page: Option<Group>,
    pub line: Option<Line>,
    /// Whether a request to come in, for the page or for a stream is under way.
    pub is_asking: bool,
    /// A laptop that is closed.
    pub is_asleep: bool,
}

/// How many pieces a connection holds before the server has to wait.
const HOLDS: usize = 12;

/// A connection on which a stream comes.
pub struct Line {
    /// The server's end, while it is open.
    pub stream: Option<LiveStream>,
    /// How often the room had told of something new when this was last looked at.
    pub wakes: Option<u64>,
    /// What was sent and has not arrived.
    pub under_way: VecDeque<Bytes>,
    /// What has arrived of a frame that is not whole yet.
    heard: Vec<u8>,
}

impl Line {
    pub fn new(stream: LiveStream) -> Self {
        let (under_way, heard) = (VecDeque::new(), Vec::new());
        Self { stream: Some(stream), wakes: None, under_way, heard }
    }

    /// Sends what is new: tells its text, and whether the stream goes on. None where nothing is new, or too much
    /// is under way.
    pub fn send_on(&mut self) -> Result<Option<(String, bool)>, String> {
        let Some(stream) = &mut self.stream else { return Ok(None) };
        if self.under_way.len() > HOLDS {
            return Ok(None);
        }
        let wakes = stream.room().fanout().wakes.load(Ordering::SeqCst);
        if self.wakes == Some(wakes) && !stream.ended() {
            return Ok(None);
        }
        self.wakes = Some(wakes);
        let goes_on = stream.gather();
        let pieces = std::mem::take(stream.waiting());
        if !goes_on {
            self.stream = None;
        }
        let mut sent = Vec::new();
        for piece in pieces {
            sent.extend_from_slice(piece.bytes());
            self.under_way.push_back(piece.bytes().clone());
        }
        let sent = String::from_utf8(sent).map_err(|_| "a stream is no text".to_owned())?;
        Ok(Some((sent, goes_on)))
    }
}

/// One frame of a stream.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    pub id: Option<u64>,
    pub name: &'a str,
    pub data: &'a str,
}

impl<'a> Frame<'a> {
    /// Reads a frame; none when it is no event.
    pub fn read(text: &'a str) -> Option<Self> {
        let field = |name| text.lines().find_map(|line: &str| line.strip_prefix(name));
        let id = field("id: ").and_then(|id| id.parse().ok());
        Some(Self { id, name: field("event: ")?, data: field("data: ")? })
    }

    /// The events of the log that it tells, in a table or not: their numbers and bodies.
    pub fn events(&self) -> Result<Vec<(u64, Cow<'a, str>)>, String> {
        match self.id.filter(|_| self.name != "snapshot") {
            Some(_) if self.data.starts_with('[') => {
                let events = json::read_events(self.name, self.data).map_err(|e| e.to_string())?;
                let body = |event: &Event| serde_json::to_string(event).map_err(|e| e.to_string());
                events.iter().map(|event| Ok((event.seq, body(event)?.into()))).collect()
            }
            Some(seq) => Ok(vec![(seq, self.data.into())]),
            None => Ok(Vec::new()),
        }
    }

    /// Whether what the server is about to send is this member's to see, and has a place in the log.
    pub fn may_be_sent(&self, user: UserId, model: &Model) -> Verdict {
        match (self.name, self.id) {
            ("snapshot", _) => {
                let snapshot = serde_json::from_str(self.data).map_err(|e| e.to_string())?;
                may_be_shown(user, &snapshot, model)?;
            }
            (_, Some(_)) => {
                for (seq, body) in self.events()? {
                    model.tells_no_hidden_name(user, seq, &body)?;
                    must!(model.may_see(user, seq), "{user} is sent {seq}, which is not theirs");
                    let is_gone = model.gone.get(&user).is_some_and(|gone| *gone < seq);
                    must!(!is_gone, "{user} is sent {seq} and is gone");
                }
            }
            (Relay::NAME, None) => {
                let relay: Relay = serde_json::from_str(self.data).map_err(|e| e.to_string())?;
                let is_theirs = relay.from != user && model.may_know(user, relay.invite_id);
                must!(is_theirs, "{user} is sent the words of {}", relay.from);
            }
            (Ringing::NAME, None) => {
                let ringing: Ringing =
                    serde_json::from_str(self.data).map_err(|e| e.to_string())?;
                let sent = model.invitations.get(&ringing.invite_id);
                let is_theirs = sent.is_some_and(|sent| sent.inviter == user);
                must!(is_theirs, "{user} is told that {} rings", ringing.invite_id);
            }
            (StatusChange::NAME, None) => {
                let change: StatusChange =
                    serde_json::from_str(self.data).map_err(|e| e.to_string())?;
                let is_of_them = |it: &UserStatus| {
                    model.members.contains_key(&it.user_id) || model.gone.contains_key(&it.user_id)
                };
                must!(change.users.iter().all(is_of_them), "the status of a stranger is told");
            }
            (_, None) => {}
        }
        Ok(())
    }
}

impl Frame<'_> {
    /// Whether what it tells of the log lies there, but for what was erased since.
    pub fn is_of_log<'r>(
        &self,
        user: UserId,
        model: &Model,
        row_of: impl Fn(u64) -> Option<&'r Row>,
    ) -> Verdict {
        for (seq, told) in self.events()? {
            // A stream may still send what was erased while it did.
            let is_same = |body: &str| {
                *body == *told
                    // Which names they are told is looked at where they are shown.
                    || nameless(body) == nameless(&told)
                    || (!model.erased.is_empty() && wordless(body) == wordless(&told))
            };
            let is_there =
                row_of(seq).is_some_and(|row| row.name == self.name && is_same(&row.body));
            must!(is_there, "{user} is sent {seq}, which is not on the disk");
        }
        Ok(())
    }
}

/// Whether a snapshot is one of this member's class as far as it is durable.
pub fn may_be_shown(user: UserId, snapshot: &Snapshot, model: &Model) -> Verdict {
    let seq = snapshot.seq;
    must!(seq <= model.seq, "a snapshot is ahead of the log");
    let is_gone = model.gone.get(&user).is_some_and(|gone| *gone <= seq);
    must!(!is_gone, "{user} is shown {seq} and is gone");
    for invitation in &snapshot.invitations {
        let is_theirs = model.may_know(user, invitation.invite_id);
        must!(is_theirs, "{user} is shown {}", invitation.invite_id);
    }
    model.is_shown(user, snapshot)
}

/// The frames in what a stream sends, each with its text.
pub fn frames(text: &str) -> impl Iterator<Item = Frame<'_>> {
    text.split("\n\n").filter_map(Frame::read)
}

impl Device {
    pub fn new(class: usize, user: UserId, token: TokenHash) -> Self {
        let standing = Standing::Outside;
        Self {
            class,
            user,
            token,
            standing,
            carries: None,
            replaces: None,
            is_replaced: false,
            page: None,
            line: None,
            is_asking: false,
            is_asleep: false,
        }
    }

    /// Lets some of what is under way arrive; tells how many events were folded.
    pub fn hear(&mut self, bytes: &[u8], model: &Model, is_deleted: bool) -> Result<usize, String> {
        let Some(line) = &mut self.line else { return Ok(0) };
        line.heard.extend_from_slice(bytes);
        let whole = line.heard.windows(2).rposition(|pair| pair == b"\n\n");
        let Some(end) = whole.map(|end| end + 2) else { return Ok(0) };
        let text: Vec<u8> = line.heard.drain(..end).collect();
        let text = String::from_utf8(text).map_err(|_| "a stream is no text".to_owned())?;
        let mut folded = 0;
        for frame in frames(&text) {
            folded += usize::from(self.fold(&frame, model, is_deleted)?);
            // Whoever has another role sees other names, and asks for the class anew.
            if self.standing == Standing::Gone || self.page.is_none() {
                self.line = None;
                break;
            }
        }
        Ok(folded)
    }

    fn fold(&mut self, frame: &Frame<'_>, model: &Model, is_deleted: bool) -> Result<bool, String> {
        let Some(seq) = frame.id else { return Ok(false) };
        if frame.name == "snapshot" {
            let snapshot: Snapshot = serde_json::from_str(frame.data).map_err(|e| e.to_string())?;
            self.page = Some(Group::from(snapshot));
            return Ok(true);
        }
        let events = json::read_events(frame.name, frame.data).map_err(|e| e.to_string())?;
        must!(
            events.last().is_some_and(|event| event.seq == seq),
            "what is told as {seq} is {events:?}"
        );
        for event in events {
            let seq = event.seq;
            let page = self.page.as_mut().ok_or("a stream came before its page")?;
            let next = model.next_for(self.user, page.seq);
            must!(
                next == Some(seq) || is_deleted,
                "{} has folded {}, should come to {next:?} and comes to {seq}",
                self.user,
                page.seq
            );
            let own = page.member(self.user).map(|member| (member.name.clone(), member.alike));
            apply(page, &event);
            if let Some((name, alike)) = own {
                page.rename(self.user, name, alike);
            }
            match event.kind {
                EventKind::MemberChanged(changed) if changed.user_id == self.user => {
                    self.page = None;
                    return Ok(true);
                }
                EventKind::GroupEnded(_) => self.standing = Standing::Gone,
                EventKind::MemberLeft(left) if left.user_id == self.user => {
                    self.standing = Standing::Gone;
                }
                _ => {}
            }
        }
        Ok(true)
    }
}

/// The body of an event without anybody's name.
fn nameless(body: &str) -> Option<serde_json::Value> {
    let mut body: serde_json::Value = serde_json::from_str(body).ok()?;
    body.as_object_mut()?
        .retain(|field, _| !matches!(field.as_str(), "name" | "alike" | "members"));
    Some(body)
}

/// The body of an event without names and words.
fn wordless(body: &str) -> Option<serde_json::Value> {
    let mut body: serde_json::Value = serde_json::from_str(body).ok()?;
    let fields = body.as_object_mut()?;
    fields.retain(|field, _| !matches!(field.as_str(), "name" | "data" | "reason" | "members"));
    Some(body)
}
