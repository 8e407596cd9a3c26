//! What is stored about somebody in a class, for themselves: an export as JSON that tells of nobody else.

use classroom::history::{Chronicle, Kind, Part, Person};
use server::ClassRow;
use signaling::UserId;

use super::json::Json;
use super::writer::{Context, Rest, Writer, Written};

/// Writes of one person what the export of a class tells of all.
pub struct Own {
    /// Who it is.
    me: UserId,
    json: Json,
}

impl Own {
    /// What is stored about this member.
    pub fn of(me: UserId) -> Self {
        Self { me, json: Json::default() }
    }
}

impl Writer for Own {
    fn begin(&mut self, bytes: &mut Vec<u8>) {
        self.json.begin(bytes);
    }

    fn begin_class(&mut self, class: &ClassRow, bytes: &mut Vec<u8>) {
        self.json.begin_class(class, bytes);
    }

    fn record(&mut self, rest: Rest, context: &Context<'_>, bytes: &mut Vec<u8>) -> Written {
        let Rest { mut record, parts } = rest;
        if !record.concerns(self.me) {
            return Written { rows: 0, rest: None };
        }
        // One's own parts, those by which one had the floor, and the other end of one's calls.
        let all = std::mem::take(&mut record.parts).into_iter();
        let is_told = |part: &Part| {
            let speaks = record.speaker(part.user) == Some(self.me);
            speaks || part.user == self.me || record.kind == Kind::Call
        };
        let told = all.filter(is_told).collect();
        record.parts = told;
        self.json.record(Rest { record, parts }, context, bytes)
    }

    fn end_class(&mut self, chronicle: &Chronicle, bytes: &mut Vec<u8>) {
        self.json.end_invitations(bytes);
        // Whose name looks like theirs is not told: others may be known by a number alone.
        let person = chronicle.person(self.me).cloned();
        let person = person.map(|person| Person { alike: None, ..person });
        self.json.field("person", &person, bytes);
        self.json.end_object(bytes);
    }

    fn pause(&mut self, bytes: &mut Vec<u8>) {
        bytes.push(b'\n');
    }

    fn end(&mut self, bytes: &mut Vec<u8>) {
        self.json.end(bytes);
    }
}
