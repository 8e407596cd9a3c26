//! What one commit writes, as one text of SQL: SQLite works on a thread of its own, and each
//! statement that is executed by itself costs two changes of threads while a class waits.

use signaling::{EventKind, GroupId, Timestamp, UserId};
use sqlx::error::BoxDynError;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type};

use super::{Append, Write};
use crate::identity::TokenHash;
use crate::identity::tokens::{ASLEEP, BrowserId, Held, Membership, TAKEN_ALONG};
use crate::names::folding::fold;

/// The most rows that one statement inserts.
const LARGEST_PIECE: usize = 256;

/// Statements that are executed in one go, up to the first that fails.
pub(super) struct Script {
    sql: String,
    values: Result<SqliteArguments, BoxDynError>,
}

impl Script {
    pub fn new() -> Self {
        Self { sql: String::new(), values: Ok(SqliteArguments::default()) }
    }

    /// One more statement, whose values are bound next, in their order.
    pub fn add(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self.sql.push_str(";\n");
        self
    }

    pub fn bind<'t>(&mut self, value: impl Encode<'t, Sqlite> + Type<Sqlite>) -> &mut Self {
        if let Ok(values) = &mut self.values
            && let Err(error) = values.add(value)
        {
            self.values = Err(error);
        }
        self
    }

    fn bind_id(&mut self, group_id: GroupId) -> &mut Self {
        self.bind(group_id.as_bytes().as_slice())
    }

    /// After a failure what was done before it still stands in an open transaction: the connection
    /// has to be given up.
    pub async fn run(self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let values = self.values.map_err(sqlx::Error::Encode)?;
        sqlx::query_with(AssertSqlSafe(self.sql), values).execute(connection).await.map(drop)
    }

    /// Appends to a group's log, which fails where the log does not end as expected.
    pub fn append(&mut self, append: &Append<'_>) {
        let group_id = append.group_id;
        if let Some((code, at)) = &append.creates {
            self.add(
                "INSERT INTO class (group_id, created_at, join_code, seq) VALUES (?, ?, ?, 0)",
            )
            .bind_id(group_id)
            .bind(at.as_millis())
            .bind(code.as_str());
        }
        for events in pieces(append.events) {
            let rows = rows_of(4, events.len());
            self.add(&format!("INSERT INTO event (group_id, seq, name, body) VALUES {rows}"));
            for encoded in events {
                self.bind_id(group_id)
                    .bind(encoded.event.seq.cast_signed())
                    .bind(encoded.event.kind.name())
                    .bind(encoded.body.as_str());
            }
        }
        for encoded in append.events {
            match &encoded.event.kind {
                EventKind::GroupChanged(changed) => self
                    .add("UPDATE class SET name = ?, name_folded = ? WHERE group_id = ?")
                    .bind(changed.name.as_str())
                    .bind(fold(changed.name.as_str())),
                EventKind::GroupEnded(_) => self
                    .add("UPDATE class SET ended_at = ? WHERE group_id = ?")
                    .bind(encoded.event.at.as_millis()),
                EventKind::ReceiveNewInvitation(_)
                | EventKind::InviteeAccepted(_)
                | EventKind::InviteeRejected(_)
                | EventKind::InvitationCancelled(_)
                | EventKind::InvitationTimeout(_)
                | EventKind::InvitationModified(_)
                | EventKind::InviteeFinished(_)
                | EventKind::MemberJoined(_)
                | EventKind::MemberChanged(_)
                | EventKind::MemberLeft(_) => continue,
            }
            .bind_id(group_id);
        }
        let last = append.events.last().map_or(append.expected_seq, |encoded| encoded.event.seq);
        // The column takes no NULL, which is what comes of another number than the expected one.
        self.add(
            "UPDATE class SET seq = CASE seq WHEN ? THEN ? END, next_deadline = ?
             WHERE group_id = ?",
        )
        .bind(append.expected_seq.cast_signed())
        .bind(last.cast_signed())
        .bind(append.next_deadline.map(Timestamp::as_millis))
        .bind_id(group_id);
    }

    /// Many tokens and memberships at once, as a class joins. Whoever joins with a token that was
    /// just given out comes behind it.
    pub fn admit(&mut self, now: Timestamp, admissions: &[(GroupId, Write)]) {
        let tokens: Vec<(TokenHash, Held)> = admissions
            .iter()
            .filter_map(|(_, write)| match write {
                Write::Token { token, held } => Some((*token, *held)),
                _ => None,
            })
            .collect();
        let memberships: Vec<(GroupId, BrowserId, Membership)> = admissions
            .iter()
            .filter_map(|(group_id, write)| match write {
                Write::Membership { browser, membership } => {
                    Some((*group_id, *browser, *membership))
                }
                _ => None,
            })
            .collect();
        for piece in pieces(&tokens) {
            let rows = rows_of(4, piece.len());
            self.add(&format!(
                "INSERT INTO token (token_hash, browser, generation, replaces) VALUES {rows}"
            ));
            for (token, held) in piece {
                self.bind(token.as_bytes().as_slice())
                    .bind(held.browser.as_bytes().as_slice())
                    .bind(held.generation)
                    .bind(held.replaces.as_ref().map(|it| it.as_bytes().as_slice()));
            }
        }
        for piece in pieces(&memberships) {
            let rows = rows_of(5, piece.len());
            self.add(&format!(
                "INSERT INTO membership (browser, group_id, generation, user_id, created_at)
                 VALUES {rows}
                 ON CONFLICT DO UPDATE SET generation = excluded.generation"
            ));
            for (group_id, browser, membership) in piece {
                self.bind(browser.as_bytes().as_slice())
                    .bind_id(*group_id)
                    .bind(membership.generation)
                    .bind(membership.user.as_bytes().as_slice())
                    .bind(now.as_millis());
            }
        }
    }

    /// Everything by which a member could come in again. Whoever their browser was in the group before
    /// is put to sleep, as `tokens::part` does. Tokens go with the last membership of their browser,
    /// by a trigger.
    pub fn revoke(&mut self, group_id: GroupId, user: UserId) {
        self.add(
            "UPDATE membership SET generation = generation + ? WHERE group_id = ?
             AND browser IN (SELECT browser FROM membership WHERE group_id = ? AND user_id = ?)
             AND generation < (SELECT theirs.generation FROM membership AS theirs
                               WHERE theirs.browser = membership.browser
                                 AND theirs.group_id = membership.group_id
                                 AND theirs.user_id = ? AND theirs.generation < ?)",
        )
        .bind(ASLEEP)
        .bind_id(group_id)
        .bind_id(group_id)
        .bind(user.as_bytes().as_slice())
        .bind(user.as_bytes().as_slice())
        .bind(ASLEEP);
        self.add("DELETE FROM membership WHERE group_id = ? AND user_id = ?")
            .bind_id(group_id)
            .bind(user.as_bytes().as_slice());
        self.end_handovers(group_id, Some(user));
        self.add("DELETE FROM ticket WHERE group_id = ? AND user_id = ?")
            .bind_id(group_id)
            .bind(user.as_bytes().as_slice());
    }

    /// The same of all members of a group.
    pub fn revoke_all(&mut self, group_id: GroupId) {
        self.end_handovers(group_id, None);
        self.add("DELETE FROM membership WHERE group_id = ?").bind_id(group_id);
        self.add("DELETE FROM ticket WHERE group_id = ?").bind_id(group_id);
    }

    /// The links of a group, or of one member, for going on with another device.
    fn end_handovers(&mut self, group_id: GroupId, of: Option<UserId>) {
        match of {
            Some(user) => self
                .add("DELETE FROM handover WHERE group_id = ? AND user_id = ?")
                .bind_id(group_id)
                .bind(user.as_bytes().as_slice()),
            None => self.add("DELETE FROM handover WHERE group_id = ?").bind_id(group_id),
        };
    }

    pub fn write(&mut self, now: Timestamp, group_id: GroupId, write: &Write) {
        match write {
            Write::Token { .. } | Write::Membership { .. } => {
                self.admit(now, &[(group_id, write.clone())]);
            }
            Write::TakeAlong { from, to } => {
                self.add(
                    "INSERT INTO membership (browser, group_id, generation, user_id, created_at)
                     SELECT ?, group_id, generation, user_id, created_at FROM membership
                     WHERE browser = ? AND generation <= ? ORDER BY created_at DESC LIMIT ?
                     ON CONFLICT DO NOTHING",
                )
                .bind(to.as_bytes().as_slice())
                .bind(from.browser.as_bytes().as_slice())
                .bind(from.generation)
                .bind(TAKEN_ALONG);
            }
            Write::Ticket { ticket, user, expires_at } => {
                self.add(
                    "INSERT INTO ticket (ticket_hash, group_id, user_id, expires_at)
                     VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                )
                .bind(ticket.as_bytes().as_slice())
                .bind_id(group_id)
                .bind(user.as_bytes().as_slice())
                .bind(expires_at.as_millis());
            }
            Write::Revoke { user } => self.revoke(group_id, *user),
            Write::JoinCode(code) => {
                self.add("UPDATE class SET join_code = ? WHERE group_id = ?")
                    .bind(code.as_str())
                    .bind_id(group_id);
            }
            Write::Handover { token, user, expires_at } => {
                self.end_handovers(group_id, Some(*user));
                self.add(
                    "INSERT INTO handover (token_hash, group_id, user_id, expires_at)
                     VALUES (?, ?, ?, ?)",
                )
                .bind(token.as_bytes().as_slice())
                .bind_id(group_id)
                .bind(user.as_bytes().as_slice())
                .bind(expires_at.as_millis());
            }
            Write::SpendHandover(token) => {
                self.add("DELETE FROM handover WHERE token_hash = ?")
                    .bind(token.as_bytes().as_slice());
            }
            Write::EndHandovers { of } => self.end_handovers(group_id, *of),
            Write::FirstAnswer { user, key, answer } => {
                self.add(
                    "INSERT OR REPLACE INTO first_answer
                     (group_id, user_id, key, request_hash, status, kept, at)
                     VALUES (?, ?, ?, ?, ?, ?, ?)",
                )
                .bind_id(group_id)
                .bind(user.as_bytes().as_slice())
                .bind(key.as_str())
                .bind(answer.request.as_bytes().as_slice())
                .bind(answer.status)
                .bind(serde_json::to_string(&answer.kept).unwrap_or_default())
                .bind(now.as_millis());
            }
        }
    }
}

/// Cuts rows into pieces of few different lengths, so that SQLite knows most texts already.
fn pieces<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let lengths = [LARGEST_PIECE, 64, 16, 4, 1];
        let length = lengths.into_iter().find(|length| *length <= rows.len())?;
        let (piece, rest) = rows.split_at(length);
        rows = rest;
        Some(piece)
    })
}

/// The places of values in a statement that inserts this many rows of so many columns.
fn rows_of(columns: usize, count: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    vec![row; count].join(", ")
}

#[cfg(test)]
mod tests {
    use signaling::event::GroupEnded;
    use signaling::{Event, UserId};

    use super::*;
    use crate::identity::{JoinCode, Token, new_group_id};
    use crate::store::{EncodedEvent, open};

    fn ends(seq: u64) -> [EncodedEvent; 1] {
        let event = Event {
            seq,
            at: Timestamp::default(),
            kind: GroupEnded { reason: String::new() }.into(),
        };
        [EncodedEvent { body: serde_json::to_string(&event).expect("JSON"), event }]
    }

    #[tokio::test]
    async fn what_expects_another_end_of_the_log_is_not_written_nor_what_came_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut store, reader, _) =
            open(&folder.path().join("handup.sqlite3")).await.expect("a store");
        let (group_id, code, now) = (new_group_id(), JoinCode::new(), Timestamp::default());
        let append = |expected_seq, events| Append {
            group_id,
            creates: (expected_seq == 0).then_some((&code, now)),
            expected_seq,
            events,
            next_deadline: None,
        };
        let (first, second, third) = (ends(1), ends(2), ends(3));
        store.commit(now, &[append(0, &first)], &[]).await.expect("the first");
        for (expected, events) in [(2, &third), (1, &first)] {
            let user = UserId::from_bytes([7; 16]);
            let membership = Membership { generation: 0, user };
            let browser = BrowserId::of(Token::new().hash());
            let admission = (group_id, Write::Membership { browser, membership });
            let refused = store.commit(now, &[append(expected, events)], &[admission]).await;
            assert!(refused.is_err(), "after {expected}");
        }
        store.commit(now, &[append(1, &second)], &[]).await.expect("the second");
        let loaded = reader.load(group_id).await.expect("the store").expect("the group");
        let seqs: Vec<u64> = loaded.events.iter().map(|encoded| encoded.event.seq).collect();
        assert_eq!(seqs, [1, 2]);
        assert!(loaded.memberships.is_empty());
    }

    #[test]
    fn rows_are_cut_into_pieces_of_few_lengths_and_none_is_lost() {
        for count in [0, 1, 3, 5, 63, 64, 500, 1_024, 6_001] {
            let rows: Vec<usize> = (0..count).collect();
            let cut: Vec<&[usize]> = pieces(&rows).collect();
            assert_eq!(cut.concat(), rows);
            assert!(cut.iter().all(|piece| [1, 4, 16, 64, 256].contains(&piece.len())));
        }
    }
}
