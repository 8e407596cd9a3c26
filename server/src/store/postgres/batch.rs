//! What one commit writes, as the arguments of the database's function `commit_batch`: all that waits goes
//! in one statement, and so in one round trip.

use serde_json::{Value, json};
use signaling::{EventKind, GroupId, Timestamp, UserId};
use sqlx::PgConnection;

use super::lease::Hold;
use crate::hex::hex;
use crate::identity::tokens::{ASLEEP, TAKEN_ALONG};
use crate::names::folding::fold;
use crate::store::write::{Append, Write};

/// The columns of some appends, of their events, and what is written beside them.
#[derive(Debug, Default)]
pub struct Batch {
    groups: Vec<Vec<u8>>,
    expected_seqs: Vec<i64>,
    last_seqs: Vec<i64>,
    deadlines: Vec<Option<i64>>,
    codes: Vec<Option<String>>,
    begun_at: Vec<Option<i64>>,
    names: Vec<Option<String>>,
    names_folded: Vec<Option<String>>,
    ends_at: Vec<Option<i64>>,
    event_groups: Vec<Vec<u8>>,
    event_seqs: Vec<i64>,
    event_ats: Vec<i64>,
    event_names: Vec<&'static str>,
    event_persons: Vec<Option<Vec<u8>>>,
    event_bodies: Vec<String>,
    guarded: Vec<Vec<u8>>,
    writes: Vec<Value>,
}

impl Batch {
    /// Appends to a group's log, which fails where the log does not end as expected.
    pub fn append(&mut self, append: &Append<'_>) {
        let (mut name, mut ends_at) = (None, None);
        for encoded in append.events {
            let event = &encoded.event;
            match &event.kind {
                EventKind::GroupChanged(changed) => name = Some(changed.name.as_str().to_owned()),
                EventKind::GroupEnded(_) => ends_at = Some(event.at.as_millis()),
                // The class's row repeats its name and its end alone.
                _ => {}
            }
            self.event_groups.push(append.group_id.as_bytes().to_vec());
            self.event_seqs.push(event.seq.cast_signed());
            self.event_ats.push(event.at.as_millis());
            self.event_names.push(event.kind.name());
            self.event_persons.push(person(&event.kind).map(|user| user.as_bytes().to_vec()));
            self.event_bodies.push(encoded.body.clone());
        }
        let last = append.events.last().map_or(append.expected_seq, |encoded| encoded.event.seq);
        self.groups.push(append.group_id.as_bytes().to_vec());
        self.expected_seqs.push(append.expected_seq.cast_signed());
        self.last_seqs.push(last.cast_signed());
        self.deadlines.push(append.next_deadline.map(Timestamp::as_millis));
        self.codes.push(append.creates.map(|(code, _)| code.as_str().to_owned()));
        self.begun_at.push(append.creates.map(|(_, at)| at.as_millis()));
        self.names_folded.push(name.as_deref().map(fold));
        self.names.push(name);
        self.ends_at.push(ends_at);
    }

    /// Adds writes, in their order. Those by which a class joins are written together.
    pub fn write(&mut self, writes: &[(GroupId, Write)]) {
        for (group_id, _) in writes {
            let group = group_id.as_bytes().as_slice();
            if !self.groups.iter().chain(&self.guarded).any(|it| it == group) {
                self.guarded.push(group.to_vec());
            }
        }
        for alike in writes.chunk_by(|one, next| one.1.is_admission() && next.1.is_admission()) {
            self.writes.push(match alike {
                [(group_id, write)] if !write.is_admission() => of(*group_id, write),
                admissions => admit(admissions),
            });
        }
    }

    /// Commits all of it, or fails and commits nothing.
    pub async fn commit(
        self,
        connection: &mut PgConnection,
        hold: Hold,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "SELECT commit_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
                                 $15, $16, $17, $18, $19, $20::text::jsonb)",
        )
        .bind(hold.holder.as_slice())
        .bind(hold.epoch)
        .bind(now.as_millis())
        .bind(self.groups)
        .bind(self.expected_seqs)
        .bind(self.last_seqs)
        .bind(self.deadlines)
        .bind(self.codes)
        .bind(self.begun_at)
        .bind(self.names)
        .bind(self.names_folded)
        .bind(self.ends_at)
        .bind(self.event_groups)
        .bind(self.event_seqs)
        .bind(self.event_ats)
        .bind(self.event_names)
        .bind(self.event_persons)
        .bind(self.event_bodies)
        .bind(self.guarded)
        .bind(Value::Array(self.writes).to_string())
        .execute(connection)
        .await
        .map(drop)
    }
}

/// Whose being in the class an event is about.
pub const fn person(kind: &EventKind) -> Option<UserId> {
    match kind {
        EventKind::MemberJoined(it) => Some(it.user_id),
        EventKind::MemberChanged(it) => Some(it.user_id),
        EventKind::MemberLeft(it) => Some(it.user_id),
        _ => None,
    }
}

/// Many tokens and memberships at once, as a class joins.
fn admit(admissions: &[(GroupId, Write)]) -> Value {
    let token = |(_, write): &(GroupId, Write)| match write {
        Write::Token { token, held } => Some(json!({
            "token": hex(token.as_bytes()),
            "browser": hex(held.browser.as_bytes()),
            "generation": held.generation,
            "replaces": held.replaces.map(|it| hex(it.as_bytes())),
        })),
        _ => None,
    };
    let membership = |(group_id, write): &(GroupId, Write)| match write {
        Write::Membership { browser, membership } => Some(json!({
            "browser": hex(browser.as_bytes()),
            "group": hex(group_id.as_bytes()),
            "generation": membership.generation,
            "user": hex(membership.user.as_bytes()),
        })),
        _ => None,
    };
    json!({
        "is": "admit",
        "tokens": admissions.iter().filter_map(token).collect::<Vec<_>>(),
        "memberships": admissions.iter().filter_map(membership).collect::<Vec<_>>(),
    })
}

/// Any other write.
fn of(group_id: GroupId, write: &Write) -> Value {
    let group = hex(group_id.as_bytes());
    let user = |user: &UserId| hex(user.as_bytes());
    match write {
        Write::Token { .. } | Write::Membership { .. } => admit(&[(group_id, write.clone())]),
        Write::TakeAlong { from, to } => json!({
            "is": "takeAlong",
            "from": hex(from.browser.as_bytes()),
            "generation": from.generation,
            "to": hex(to.as_bytes()),
            "most": TAKEN_ALONG,
        }),
        Write::Ticket { ticket, user: theirs, expires_at } => json!({
            "is": "ticket",
            "group": group,
            "user": user(theirs),
            "token": hex(ticket.as_bytes()),
            "expiresAt": expires_at.as_millis(),
        }),
        Write::Revoke { user: theirs } => {
            json!({ "is": "revoke", "group": group, "user": user(theirs), "asleep": ASLEEP })
        }
        Write::JoinCode(code) => {
            json!({ "is": "joinCode", "group": group, "code": code.as_str() })
        }
        Write::Handover { token, user: theirs, expires_at } => json!({
            "is": "handover",
            "group": group,
            "user": user(theirs),
            "token": hex(token.as_bytes()),
            "expiresAt": expires_at.as_millis(),
        }),
        Write::SpendHandover(token) => {
            json!({ "is": "spendHandover", "token": hex(token.as_bytes()) })
        }
        Write::EndHandovers { of } => {
            json!({ "is": "endHandovers", "group": group, "user": of.as_ref().map(user) })
        }
        Write::Integrated { integration } => {
            json!({ "is": "integrated", "group": group, "integration": integration })
        }
        Write::OwnId { id, user: theirs } => {
            json!({ "is": "ownId", "group": group, "user": user(theirs), "id": id })
        }
        Write::EndDevice { browser, user: theirs } => json!({
            "is": "endDevice",
            "group": group,
            "user": user(theirs),
            "browser": hex(browser.as_bytes()),
            "asleep": ASLEEP,
        }),
        Write::FirstAnswer { user: theirs, key, answer } => json!({
            "is": "firstAnswer",
            "group": group,
            "user": user(theirs),
            "key": key,
            "request": hex(answer.request.as_bytes()),
            "status": answer.status,
            "kept": serde_json::to_string(&answer.kept).unwrap_or_default(),
        }),
    }
}
