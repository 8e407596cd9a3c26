//! An export as JSON: the classes, each with its invitations, its figures and its people.

use call::Outcome;
use classroom::history::{Chronicle, Record};
use serde::Serialize;
use server::ClassRow;
use signaling::Reason;

use super::writer::{Context, Rest, Writer, Written};

/// A record as it is written.
#[derive(Serialize)]
struct Invitation<'a> {
    #[serde(flatten)]
    record: &'a Record,
    /// What came of it, when it is a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
}

/// Writes JSON, of which an object or a list may be open from one piece to the next.
#[derive(Default)]
pub struct Json {
    /// Whether what is open has anything in it yet.
    has_begun: bool,
}

impl Json {
    fn open(&mut self, bracket: u8, bytes: &mut Vec<u8>) {
        bytes.push(bracket);
        self.has_begun = false;
    }

    fn close(&mut self, bracket: u8, bytes: &mut Vec<u8>) {
        bytes.push(bracket);
        self.has_begun = true;
    }

    /// The comma before what is not the first.
    fn next(&mut self, bytes: &mut Vec<u8>) {
        if std::mem::replace(&mut self.has_begun, true) {
            bytes.push(b',');
        }
    }

    fn key(&mut self, name: &str, bytes: &mut Vec<u8>) {
        self.next(bytes);
        write(name, bytes);
        bytes.push(b':');
    }

    /// Ends the invitations of a class; what else there is to tell of it may follow.
    pub fn end_invitations(&mut self, bytes: &mut Vec<u8>) {
        self.close(b']', bytes);
    }

    /// Ends a class.
    pub fn end_object(&mut self, bytes: &mut Vec<u8>) {
        self.close(b'}', bytes);
    }

    pub fn field(&mut self, name: &str, value: &impl Serialize, bytes: &mut Vec<u8>) {
        self.key(name, bytes);
        write(value, bytes);
    }
}

/// Writing into memory does not fail.
fn write(value: &(impl Serialize + ?Sized), bytes: &mut Vec<u8>) {
    let _ = serde_json::to_writer(bytes, value);
}

impl Writer for Json {
    fn begin(&mut self, bytes: &mut Vec<u8>) {
        self.open(b'{', bytes);
        self.key("classes", bytes);
        self.open(b'[', bytes);
    }

    fn begin_class(&mut self, class: &ClassRow, bytes: &mut Vec<u8>) {
        self.next(bytes);
        self.open(b'{', bytes);
        self.field("classID", &class.group_id, bytes);
        self.field("name", &class.name, bytes);
        self.field("createdAt", &class.created_at, bytes);
        self.field("endedAt", &class.ended_at, bytes);
        self.key("invitations", bytes);
        self.open(b'[', bytes);
    }

    fn record(&mut self, rest: Rest, _: &Context<'_>, bytes: &mut Vec<u8>) -> Written {
        let Rest { record, .. } = rest;
        self.next(bytes);
        // Of a call among several each part says what came of it.
        let part = record.parts.first().filter(|_| record.is_private);
        let outcome = part.and_then(|part| record.call_outcome(part));
        write(&Invitation { record: &record, outcome }, bytes);
        Written { rows: record.parts.len().max(1), rest: None }
    }

    fn end_class(&mut self, chronicle: &Chronicle, bytes: &mut Vec<u8>) {
        let is_forgotten = chronicle.forgotten_millis().is_some();
        let reason = if is_forgotten { Reason::Forgotten } else { Reason::Ended };
        self.end_invitations(bytes);
        // Why the class ended, as its last event says.
        self.field("endReason", &chronicle.has_ended().then_some(reason.text()), bytes);
        self.field("summary", &chronicle.summary(), bytes);
        self.field("lessons", &chronicle.lessons(), bytes);
        self.field("people", &chronicle.people(), bytes);
        self.end_object(bytes);
    }

    fn end(&mut self, bytes: &mut Vec<u8>) {
        self.close(b']', bytes);
        self.close(b'}', bytes);
    }
}
