//! A reader of `text/event-stream`, as strict as the contract.
//!
//! It is not the client that programs use: that passes over what it does not know, comes back by itself
//! and keeps no text. Tests here look at just these: a line that is no field, the bytes of an event, an id
//! that is missing, and where a stream ends.

use std::cell::OnceCell;
use std::io;
use std::ops::Index;
use std::pin::Pin;

use futures::TryStreamExt;
use serde_json::{Value, json};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, Lines};
use tokio_util::io::StreamReader;

use super::within_patience;

/// One event as it came.
#[derive(Debug, Clone)]
pub struct Event {
    pub id: Option<u64>,
    pub name: String,
    /// The data, not parsed: it says whether two streams saw the very same.
    pub text: String,
    body: OnceCell<Value>,
}

impl Event {
    pub fn body(&self) -> &Value {
        self.body.get_or_init(|| serde_json::from_str(&self.text).expect("data is JSON"))
    }

    /// The id of an event that has one.
    #[track_caller]
    pub fn seq(&self) -> u64 {
        self.id.unwrap_or_else(|| panic!("{self:?} has no id"))
    }

    /// The bodies of all that it tells, where events may be told in tables: after the first come the
    /// names of what is not alike in all, and a row of that for each of the others.
    pub fn bodies(&self) -> Vec<Value> {
        let Value::Array(table) = self.body() else { return vec![self.body().clone()] };
        let list = |value: &Value| value.as_array().expect("a list").clone();
        let (first, columns) = (&table[0], list(&table[1]));
        let seqs = first["seq"].as_u64().expect("a seq") + 1..;
        let others = table[2..].iter().zip(seqs).map(|(row, seq)| {
            let mut body = first.clone();
            body["seq"] = json!(seq);
            assert_eq!(list(row).len(), columns.len(), "{row}");
            for (column, value) in columns.iter().zip(list(row)) {
                body[column.as_str().expect("a name")] = value;
            }
            body
        });
        std::iter::once(first.clone()).chain(others).collect()
    }

    /// The body of an event that must have this name.
    #[track_caller]
    pub fn named(&self, name: &str) -> &Value {
        assert_eq!(self.name, name, "{self:?}");
        self.body()
    }
}

/// Two events are one when every byte of them is.
impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        (self.id, &self.name, &self.text) == (other.id, &other.name, &other.text)
    }
}

impl Index<&str> for Event {
    type Output = Value;

    fn index(&self, field: &str) -> &Value {
        &self.body()[field]
    }
}

pub struct EventStream {
    lines: Lines<Pin<Box<dyn AsyncBufRead + Send>>>,
}

impl EventStream {
    #[track_caller]
    pub fn of(response: reqwest::Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let bytes = response.bytes_stream().map_err(io::Error::other);
        let reader: Pin<Box<dyn AsyncBufRead + Send>> = Box::pin(StreamReader::new(bytes));
        Self { lines: reader.lines() }
    }

    /// Whatever comes next, with an id or without; none when the stream has ended.
    pub async fn next(&mut self) -> Option<Event> {
        within_patience("an event", self.read()).await
    }

    async fn read(&mut self) -> Option<Event> {
        let (mut id, mut name, mut data) = (None, String::new(), Vec::new());
        while let Some(line) = self.lines.next_line().await.expect("the stream holds") {
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => id = Some(value.parse().expect("an id is a number")),
                "event" => value.clone_into(&mut name),
                "data" => data.push(value.to_owned()),
                "" if line.is_empty() && !data.is_empty() => {
                    return Some(Event { id, name, text: data.join("\n"), body: OnceCell::new() });
                }
                // A comment, the end of something that is no event, or the reconnection time.
                "" | "retry" => {}
                _ => panic!("a stream has no line {line:?}"),
            }
        }
        None
    }

    /// The next event that has an id: a durable one, or a snapshot.
    pub async fn next_event(&mut self) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.id.is_some() {
                return event;
            }
        }
    }

    /// The snapshot that must come first of all.
    pub async fn snapshot(&mut self) -> Event {
        let event = self.next().await.expect("the stream goes on");
        assert_eq!(event.name, "snapshot", "{event:?}");
        event
    }

    /// The next event of this name; others are passed over.
    pub async fn until(&mut self, name: &str) -> Event {
        loop {
            let event = self.next_event().await;
            if event.name == name {
                return event;
            }
        }
    }

    /// The next so many events that have ids.
    pub async fn take(&mut self, count: usize) -> Vec<Event> {
        let mut events = Vec::with_capacity(count);
        while events.len() < count {
            events.push(self.next_event().await);
        }
        events
    }

    /// The durable events up to this one, which the reader must be allowed to see.
    pub async fn through(&mut self, seq: u64) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let event = self.next_event().await;
            assert!(event.seq() <= seq, "{seq} never came, but {event:?}");
            let is_last = event.seq() == seq;
            events.push(event);
            if is_last {
                return events;
            }
        }
    }

    /// Every event with an id until the stream ends, as it must.
    pub async fn until_the_end(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            if event.id.is_some() {
                events.push(event);
            }
        }
        events
    }

    /// The next event of this name, which has no id; others are passed over.
    pub async fn until_passing(&mut self, name: &str) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.name == name {
                assert_eq!(event.id, None, "{event:?}");
                return event;
            }
        }
    }

    /// Waits until the stream tells this of a member.
    pub async fn until_online(&mut self, user: &str, online: bool) {
        loop {
            let event = self.next().await.expect("the stream goes on");
            let told = event["users"].as_array().into_iter().flatten();
            let mut of_user = told.filter(|status| status["userID"] == user);
            if of_user.any(|status| status["online"] == online) {
                return;
            }
        }
    }
}
