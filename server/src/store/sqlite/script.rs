//! What one commit writes, as one text of SQL: SQLite works on a thread of its own, and each
//! statement that is executed by itself costs two changes of threads while a class waits.

use signaling::{EventKind, GroupId, Timestamp, UserId};
use sqlx::error::BoxDynError;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type};

use crate::identity::TokenHash;
use crate::identity::tokens::{ASLEEP, BrowserId, Held, Membership, TAKEN_ALONG};
use crate::names::folding::fold;
use crate::store::write::{Append, Write};

/// The most rows that one statement inserts.
const LARGEST_PIECE: usize = 256;

/// Statements that are executed in one go, up to the first that fails. Their text is of this program
/// alone, and every value is bound.
pub struct Script {
    sql: String,
    values: Result<SqliteArguments, BoxDynError>,
    /// How many values the text has places for, and how many were bound.
    places: usize,
    bound: usize,
}

impl Script {
    pub fn new() -> Self {
        let values = Ok(SqliteArguments::default());
        Self { sql: String::new(), values, places: 0, bound: 0 }
    }

    /// One more statement, whose values are bound next, in their order.
    pub fn add(&mut self, sql: &'static str) -> &mut Self {
        self.places += sql.matches('?').count();
        self.sql.push_str(sql);
        self.sql.push_str(";\n");
        self
    }

    /// One more statement that inserts this many rows of so many columns.
    fn insert(
        &mut self,
        into: &'static str,
        columns: usize,
        rows: usize,
        on_conflict: &'static str,
    ) -> &mut Self {
        self.places += columns * rows;
        let row = format!("({})", vec!["?"; columns].join(", "));
        for part in [into, " VALUES ", &vec![row; rows].join(", "), on_conflict, ";\n"] {
            self.sql.push_str(part);
        }
        self
    }

    pub fn bind<'t>(&mut self, value: impl Encode<'t, Sqlite> + Type<Sqlite>) -> &mut Self {
        self.bound += 1;
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
        if self.places != self.bound {
            // sqlx binds NULL where a value is missing, without an error.
            let (places, bound) = (self.places, self.bound);
            let error = format!("the script has places for {places} values, and {bound} are bound");
            return Err(sqlx::Error::Encode(error.into()));
        }
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
            self.insert("INSERT INTO event (group_id, seq, name, body)", 4, events.len(), "");
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
                // The class's row repeats its name and its end alone.
                _ => continue,
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
            let into = "INSERT INTO token (token_hash, browser, generation, replaces)";
            self.insert(into, 4, piece.len(), "");
            for (token, held) in piece {
                self.bind(token.as_bytes().as_slice())
                    .bind(held.browser.as_bytes().as_slice())
                    .bind(held.generation)
                    .bind(held.replaces.as_ref().map(|it| it.as_bytes().as_slice()));
            }
        }
        for piece in pieces(&memberships) {
            self.insert(
                "INSERT INTO membership (browser, group_id, generation, user_id, created_at)",
                5,
                piece.len(),
                " ON CONFLICT DO UPDATE SET generation = excluded.generation",
            );
            for (group_id, browser, membership) in piece {
                self.bind(browser.as_bytes().as_slice())
                    .bind_id(*group_id)
                    .bind(membership.generation)
                    .bind(membership.user.as_bytes().as_slice())
                    .bind(now.as_millis());
            }
        }
    }

    /// Everything by which a member could come in again. Tokens go with the last membership of their
    /// browser, by a trigger.
    pub fn revoke(&mut self, group_id: GroupId, user: UserId) {
        self.part(group_id, user, None);
        self.end_handovers(group_id, Some(user));
        self.add("DELETE FROM ticket WHERE group_id = ? AND user_id = ?")
            .bind_id(group_id)
            .bind(user.as_bytes().as_slice());
    }

    /// One browser, or each where none is named, is not this member any more. Whoever it was in the group
    /// before is put to sleep, as `tokens::part` does.
    fn part(&mut self, group_id: GroupId, user: UserId, browser: Option<BrowserId>) {
        let user = user.as_bytes().as_slice();
        let browser = browser.as_ref().map(|it| it.as_bytes().as_slice());
        self.add(
            "UPDATE membership SET generation = generation + ? WHERE group_id = ?
             AND browser IN (SELECT browser FROM membership
                             WHERE group_id = ? AND user_id = ? AND browser = coalesce(?, browser))
             AND generation < (SELECT theirs.generation FROM membership AS theirs
                               WHERE theirs.browser = membership.browser
                                 AND theirs.group_id = membership.group_id
                                 AND theirs.user_id = ? AND theirs.generation < ?)",
        )
        .bind(ASLEEP)
        .bind_id(group_id)
        .bind_id(group_id)
        .bind(user)
        .bind(browser)
        .bind(user)
        .bind(ASLEEP);
        self.add(
            "DELETE FROM membership
             WHERE group_id = ? AND user_id = ? AND browser = coalesce(?, browser)",
        )
        .bind_id(group_id)
        .bind(user)
        .bind(browser);
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
            Write::Integrated { integration } => {
                self.add("INSERT INTO integrated_class (group_id, integration) VALUES (?, ?)")
                    .bind_id(group_id)
                    .bind(integration.as_str());
            }
            Write::OwnId { id, user } => {
                self.add("INSERT OR REPLACE INTO own_id (group_id, id, user_id) VALUES (?, ?, ?)")
                    .bind_id(group_id)
                    .bind(id.as_str())
                    .bind(user.as_bytes().as_slice());
            }
            Write::EndDevice { browser, user } => self.part(group_id, *user, Some(*browser)),
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

#[cfg(test)]
mod tests {
    use signaling::event::GroupEnded;
    use signaling::{Event, UserId};
    use sqlx::Connection;

    use super::*;
    use crate::identity::{JoinCode, Token, new_group_id};
    use crate::store::StoreWriter;
    use crate::store::log::EncodedEvent;
    use crate::store::sqlite::open::{Opened, open};

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
        let Opened { writer: mut store, reader, .. } =
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

    #[tokio::test]
    async fn a_script_that_lacks_a_value_or_has_one_too_many_is_not_run() {
        let mut connection =
            SqliteConnection::connect("sqlite::memory:").await.expect("a database");
        for (values, is_whole) in [(1_u8, false), (2, true), (3, false)] {
            let mut script = Script::new();
            script.add("CREATE TABLE IF NOT EXISTS pair (one, other)");
            script.add("INSERT INTO pair (one, other) VALUES (?, ?)");
            for value in 0..values {
                script.bind(i64::from(value));
            }
            assert_eq!(script.run(&mut connection).await.is_ok(), is_whole, "{values} values");
        }
        let rows: Vec<(i64, i64)> =
            sqlx::query_as("SELECT * FROM pair").fetch_all(&mut connection).await.expect("rows");
        assert_eq!(rows, [(0, 1)]);
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
