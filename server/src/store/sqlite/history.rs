//! Queries: classes by age and name, stretches of their logs, and checkpoints of what was read of them.
//!
//! They run on connections of their own and in no long transaction, so that neither a class nor the
//! file's write-ahead log ever waits for them.

use signaling::{Event, GroupId, Reading, Timestamp, UserId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteExecutor};

use super::rows::{browser, bytes, event_of};
use crate::identity::tokens::{BrowserId, Held};
use crate::names::folding::fold;
use crate::store::classes::{Checkpoint, ClassFilter, ClassRow, Place};

/// The order and the filter of the list of classes; `tests` looks at how SQLite goes about it.
const CLASSES: &str = "SELECT group_id, name, created_at, ended_at, seq, edition,
       iif(ended_at IS NULL,
           (SELECT CAST(unixepoch(json_extract(body, '$.at'), 'subsec') * 1000 AS INTEGER) FROM event
            WHERE event.group_id = class.group_id AND event.seq = class.seq),
           NULL) AS last_at
     FROM class
     WHERE deleted_at IS NULL AND (created_at, group_id) < (?1, ?2)
       AND created_at >= ?3 AND created_at < ?4 AND (?5 = '' OR instr(name_folded, ?5) > 0)
       AND (?6 IS NULL OR (ended_at IS NOT NULL) = ?6)
     ORDER BY created_at DESC, group_id DESC LIMIT ?7";
const EVENTS: &str = "SELECT name, body FROM event WHERE group_id = ? AND seq > ? AND seq <= ?
     ORDER BY seq LIMIT ?";
/// What made one person a member, gave them a role, and took them away.
const PERSON_EVENTS: &str = "SELECT name, body FROM event INDEXED BY event_of_person
     WHERE group_id = ? AND json_extract(body, '$.userID') = ?
       AND name IN ('onMemberJoined', 'onMemberChanged', 'onMemberLeft')
     ORDER BY seq";
const MEMBER_EVENTS: &str = "SELECT name, body FROM event INDEXED BY event_of_member
     WHERE group_id = ? AND seq < ?
       AND name IN ('onMemberJoined', 'onMemberChanged', 'onMemberLeft')
     ORDER BY seq";

/// What is younger than the moment has not been still since then.
const FORGOTTEN: &str = "SELECT group_id, seq FROM class
     WHERE ended_at IS NULL AND deleted_at IS NULL AND created_at <= ?1
       AND coalesce(
           (SELECT unixepoch(json_extract(body, '$.at'), 'subsec') * 1000 FROM event
            WHERE event.group_id = class.group_id AND event.seq = class.seq), created_at) <= ?1
     ORDER BY created_at LIMIT ?2";

/// The next classes after a place, newest first.
pub async fn classes(
    executor: impl SqliteExecutor<'_>,
    filter: &ClassFilter,
    after: Option<Place>,
    limit: u32,
) -> Result<Vec<ClassRow>, sqlx::Error> {
    let before = after.map_or(i64::MAX, |place| place.created_at.as_millis());
    let last = after.map_or([u8::MAX; 16], |place| *place.group_id.as_bytes());
    let name = fold(&filter.name);
    let rows = sqlx::query(CLASSES)
        .bind(before)
        .bind(last.as_slice())
        .bind(filter.from.map_or(i64::MIN, Timestamp::as_millis))
        .bind(filter.until.map_or(i64::MAX, Timestamp::as_millis))
        .bind(&name)
        .bind(filter.over)
        .bind(limit)
        .fetch_all(executor)
        .await?;
    let listed = |row: &SqliteRow| {
        let last_at = row.try_get::<Option<i64>, _>("last_at")?.map(Timestamp::from_millis);
        Ok(ClassRow { last_at, ..class_row(row)? })
    };
    rows.iter().map(listed).collect()
}

/// How many classes there are, and how many events their logs hold.
pub async fn totals(
    executor: impl SqliteExecutor<'_>,
    filter: &ClassFilter,
) -> Result<(u64, u64), sqlx::Error> {
    let name = fold(&filter.name);
    let row = sqlx::query(
        "SELECT count(*), coalesce(sum(seq), 0) FROM class
         WHERE deleted_at IS NULL AND created_at >= ?1 AND created_at < ?2
           AND (?3 = '' OR instr(name_folded, ?3) > 0)
           AND (?4 IS NULL OR (ended_at IS NOT NULL) = ?4)",
    )
    .bind(filter.from.map_or(i64::MIN, Timestamp::as_millis))
    .bind(filter.until.map_or(i64::MAX, Timestamp::as_millis))
    .bind(&name)
    .bind(filter.over)
    .fetch_one(executor)
    .await?;
    let number =
        |index: usize| Ok::<u64, sqlx::Error>(row.try_get::<i64, _>(index)?.cast_unsigned());
    Ok((number(0)?, number(1)?))
}

/// One class.
pub async fn class(
    executor: impl SqliteExecutor<'_>,
    group_id: GroupId,
) -> Result<Option<ClassRow>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT group_id, name, created_at, ended_at, seq, edition FROM class
         WHERE group_id = ? AND deleted_at IS NULL",
    )
    .bind(group_id.as_bytes().as_slice())
    .fetch_optional(executor)
    .await?;
    row.as_ref().map(class_row).transpose()
}

/// How far the class was read, with all that is needed to read on.
pub async fn checkpoint(
    executor: impl SqliteExecutor<'_>,
    class: &ClassRow,
    version: u32,
) -> Result<Option<Checkpoint>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT seq, summary, state FROM reading WHERE group_id = ? AND edition = ? AND version = ?",
    )
    .bind(class.group_id.as_bytes().as_slice())
    .bind(class.edition)
    .bind(version)
    .fetch_optional(executor)
    .await?;
    let read = |row: SqliteRow| {
        Ok(Checkpoint {
            seq: row.try_get::<i64, _>(0)?.cast_unsigned(),
            edition: class.edition,
            version,
            reading: Reading { summary: row.try_get(1)?, state: row.try_get(2)? },
        })
    };
    row.map(read).transpose()
}

/// How far the class was read, and how many bytes came of it; none when it has to be read from
/// the beginning.
pub async fn checkpoint_size(
    executor: impl SqliteExecutor<'_>,
    class: &ClassRow,
    version: u32,
) -> Result<Option<(u64, u64)>, sqlx::Error> {
    let row: Option<(i64, i64)> = sqlx::query_as(
        "SELECT seq, length(state) FROM reading
         WHERE group_id = ? AND edition = ? AND version = ? AND state <> ''",
    )
    .bind(class.group_id.as_bytes().as_slice())
    .bind(class.edition)
    .bind(version)
    .fetch_optional(executor)
    .await?;
    Ok(row.map(|(seq, bytes)| (seq.cast_unsigned(), bytes.cast_unsigned())))
}

/// What was made of the class, when it was read as far as this.
pub async fn summary(
    executor: impl SqliteExecutor<'_>,
    class: &ClassRow,
    version: u32,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT summary FROM reading
         WHERE group_id = ? AND seq = ? AND edition = ? AND version = ?",
    )
    .bind(class.group_id.as_bytes().as_slice())
    .bind(class.seq.cast_signed())
    .bind(class.edition)
    .bind(version)
    .fetch_optional(executor)
    .await
}

/// The events after one and up to another, at most so many.
pub async fn events(
    executor: impl SqliteExecutor<'_>,
    group_id: GroupId,
    after: u64,
    through: u64,
    limit: u32,
) -> Result<Vec<Event>, sqlx::Error> {
    let rows = sqlx::query(EVENTS)
        .bind(group_id.as_bytes().as_slice())
        .bind(after.cast_signed())
        .bind(i64::try_from(through).unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(executor)
        .await?;
    events_of(&rows)
}

/// The events before one that are about who is in the class.
pub async fn member_events(
    executor: impl SqliteExecutor<'_>,
    group_id: GroupId,
    before: u64,
) -> Result<Vec<Event>, sqlx::Error> {
    let rows = sqlx::query(MEMBER_EVENTS)
        .bind(group_id.as_bytes().as_slice())
        .bind(before.cast_signed())
        .fetch_all(executor)
        .await?;
    events_of(&rows)
}

/// How many have come into the class, some of them more than once.
pub async fn count_members(
    executor: impl SqliteExecutor<'_>,
    group_id: GroupId,
) -> Result<u32, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT count(*) FROM event INDEXED BY event_of_member
         WHERE group_id = ? AND name IN ('onMemberJoined', 'onMemberChanged', 'onMemberLeft')",
    )
    .bind(group_id.as_bytes().as_slice())
    .fetch_one(executor)
    .await
}

/// The events that are about one person's being in the class.
pub async fn person_events(
    executor: impl SqliteExecutor<'_>,
    group_id: GroupId,
    user: UserId,
) -> Result<Vec<Event>, sqlx::Error> {
    let rows = sqlx::query(PERSON_EVENTS)
        .bind(group_id.as_bytes().as_slice())
        .bind(user.to_string())
        .fetch_all(executor)
        .await?;
    events_of(&rows)
}

/// The classes in which a token stands for somebody, newest first: those that go on, or those
/// that are over.
pub async fn classes_of(
    executor: impl SqliteExecutor<'_>,
    held: Held,
    are_over: bool,
    limit: u32,
) -> Result<Vec<(ClassRow, UserId)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT class.group_id, name, class.created_at, ended_at, seq, edition, user_id,
             max(held.generation)
         FROM membership AS held JOIN class USING (group_id)
         WHERE browser = ? AND held.generation <= ?
           AND deleted_at IS NULL AND (ended_at IS NOT NULL) = ?
         GROUP BY class.group_id
         ORDER BY class.created_at DESC, class.group_id DESC LIMIT ?",
    )
    .bind(held.browser.as_bytes().as_slice())
    .bind(held.generation)
    .bind(are_over)
    .bind(limit)
    .fetch_all(executor)
    .await?;
    let read = |row: &SqliteRow| Ok((class_row(row)?, UserId::from_bytes(bytes(row.try_get(6)?)?)));
    rows.iter().map(read).collect()
}

/// The devices that hold a credential of the member, and since when, the oldest first.
pub async fn devices(
    executor: impl SqliteExecutor<'_>,
    group_id: GroupId,
    user: UserId,
) -> Result<Vec<(BrowserId, Timestamp)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT browser, created_at FROM membership WHERE group_id = ? AND user_id = ?
         ORDER BY created_at, browser",
    )
    .bind(group_id.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .fetch_all(executor)
    .await?;
    let read = |row: &SqliteRow| Ok((browser(row, 0)?, Timestamp::from_millis(row.try_get(1)?)));
    rows.iter().map(read).collect()
}

/// Some classes that go on and in which nothing has happened since this moment, the oldest first,
/// with the number of their last event.
pub async fn still_since(
    executor: impl SqliteExecutor<'_>,
    moment: Timestamp,
    limit: u32,
) -> Result<Vec<(GroupId, u64)>, sqlx::Error> {
    let rows =
        sqlx::query(FORGOTTEN).bind(moment.as_millis()).bind(limit).fetch_all(executor).await?;
    let read = |row: &SqliteRow| {
        let group_id = GroupId::from_bytes(bytes(row.try_get(0)?)?);
        Ok((group_id, row.try_get::<i64, _>(1)?.cast_unsigned()))
    };
    rows.iter().map(read).collect()
}

/// How many classes have ended before this moment.
pub async fn count_ended_before(
    executor: impl SqliteExecutor<'_>,
    moment: Timestamp,
) -> Result<u64, sqlx::Error> {
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM class
         WHERE ended_at IS NOT NULL AND deleted_at IS NULL AND ended_at <= ?",
    )
    .bind(moment.as_millis())
    .fetch_one(executor)
    .await?;
    Ok(count.cast_unsigned())
}

fn class_row(row: &SqliteRow) -> Result<ClassRow, sqlx::Error> {
    Ok(ClassRow {
        group_id: GroupId::from_bytes(bytes(row.try_get(0)?)?),
        name: row.try_get(1)?,
        created_at: Timestamp::from_millis(row.try_get(2)?),
        ended_at: row.try_get::<Option<i64>, _>(3)?.map(Timestamp::from_millis),
        last_at: None,
        seq: row.try_get::<i64, _>(4)?.cast_unsigned(),
        edition: row.try_get(5)?,
    })
}

fn events_of(rows: &[SqliteRow]) -> Result<Vec<Event>, sqlx::Error> {
    rows.iter().map(|row| event_of(row.try_get(0)?, row.try_get(1)?)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

    use super::*;
    use crate::store::sqlite::open::{Opened, open};
    use crate::store::sqlite::reader::SqliteReader;
    use crate::store::sqlite::writer::SqliteWriter;
    use crate::store::write::Append;
    use crate::store::{StoreReader, StoreWriter};

    struct File {
        writer: SqliteWriter,
        reader: SqliteReader,
        folder: tempfile::TempDir,
    }

    impl File {
        async fn open() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let opened = open(&folder.path().join("handup.sqlite3")).await;
            let Opened { writer, reader, .. } = opened.expect("a store");
            Self { writer, reader, folder }
        }

        /// A class that began at this moment.
        async fn add(&mut self, millis: i64) -> GroupId {
            let group_id = crate::identity::new_group_id();
            let code = crate::identity::JoinCode::new();
            let at = Timestamp::from_millis(millis);
            let append = Append {
                group_id,
                creates: Some((&code, at)),
                expected_seq: 0,
                events: &[],
                next_deadline: None,
            };
            self.writer.commit(at, &[append], &[]).await.expect("a commit");
            group_id
        }

        async fn plan(&self, sql: &str) -> String {
            let path = self.folder.path().join("handup.sqlite3");
            let mut connection = SqliteConnection::connect(&format!("sqlite://{}", path.display()))
                .await
                .expect("a connection");
            let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
                .fetch_all(&mut connection)
                .await
                .expect("a plan");
            rows.iter().map(|row| row.get::<String, _>("detail") + "\n").collect()
        }
    }

    #[tokio::test]
    async fn pages_of_classes_of_one_moment_miss_none_and_repeat_none_while_more_arrive() {
        let mut file = File::open().await;
        let mut expected = BTreeSet::new();
        for millis in [1, 5, 5, 5, 5, 5, 5, 5, 9, 9] {
            expected.insert(file.add(millis).await.to_string());
        }
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page =
                file.reader.classes(&ClassFilter::default(), after, 3).await.expect("a page");
            let Some(last) = page.last() else { break };
            after = Some(last.place());
            seen.extend(page);
            // Newer than all: it belongs to a page that was seen already.
            file.add(10).await;
        }
        let moments: Vec<i64> = seen.iter().map(|class| class.created_at.as_millis()).collect();
        assert_eq!(moments, [9, 9, 5, 5, 5, 5, 5, 5, 5, 1]);
        let seen: BTreeSet<String> = seen.iter().map(|class| class.group_id.to_string()).collect();
        assert_eq!(seen, expected);
    }

    #[tokio::test]
    async fn a_range_of_days_begins_with_its_first_moment_and_ends_before_its_last() {
        let mut file = File::open().await;
        for millis in [1, 5, 9] {
            file.add(millis).await;
        }
        let at = |millis| Some(Timestamp::from_millis(millis));
        for (from, until, expected) in
            [(at(5), None, vec![9, 5]), (None, at(5), vec![1]), (at(2), at(9), vec![5])]
        {
            let filter = ClassFilter { from, until, ..ClassFilter::default() };
            let found = file.reader.classes(&filter, None, 10).await.expect("a page");
            let moments: Vec<i64> =
                found.iter().map(|class| class.created_at.as_millis()).collect();
            assert_eq!(moments, expected);
            let total = file.reader.totals(&filter).await.expect("totals");
            assert_eq!(total, (expected.len() as u64, 0));
        }
    }

    #[tokio::test]
    async fn every_reading_goes_by_an_index() {
        let file = File::open().await;
        let classes = file.plan(CLASSES).await;
        assert!(classes.contains("SEARCH class USING INDEX class_by_age"), "{classes}");
        assert!(!classes.contains("TEMP B-TREE"), "{classes}");
        let forgotten = file.plan(FORGOTTEN).await;
        assert!(forgotten.contains("SEARCH class USING INDEX class_that_goes_on"), "{forgotten}");
        assert!(forgotten.contains("SEARCH event USING PRIMARY KEY"), "{forgotten}");
        assert!(!forgotten.contains("TEMP B-TREE"), "{forgotten}");
        let events = file.plan(EVENTS).await;
        assert!(events.contains("SEARCH event USING PRIMARY KEY"), "{events}");
        assert!(!events.contains("TEMP B-TREE"), "{events}");
        let members = file.plan(MEMBER_EVENTS).await;
        assert!(members.contains("USING INDEX event_of_member"), "{members}");
        assert!(!members.contains("TEMP B-TREE"), "{members}");
        let person = file.plan(PERSON_EVENTS).await;
        assert!(person.contains("USING INDEX event_of_person"), "{person}");
        assert!(!person.contains("TEMP B-TREE"), "{person}");
    }
}
