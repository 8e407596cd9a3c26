//! Queries: classes by age and name, stretches of their logs, and checkpoints of what was read of them.

use signaling::{Event, GroupId, Reading, Timestamp, UserId};
use sqlx::postgres::PgRow;
use sqlx::{PgExecutor, Row};

use super::rows::{browser, event_of, group, moment, seq, small, user};
use crate::identity::tokens::{BrowserId, Held};
use crate::names::folding::fold;
use crate::store::classes::{Checkpoint, ClassFilter, ClassRow, Place};

const CLASSES: &str = "SELECT group_id, name, created_at, ended_at, seq, edition,
       CASE WHEN ended_at IS NULL THEN
           (SELECT at FROM event WHERE event.group_id = class.group_id AND event.seq = class.seq)
       END
     FROM class
     WHERE deleted_at IS NULL AND (created_at, group_id) < ($1, $2)
       AND created_at >= $3 AND created_at < $4 AND ($5 = '' OR strpos(name_folded, $5) > 0)
       AND ($6::boolean IS NULL OR (ended_at IS NOT NULL) = $6)
     ORDER BY created_at DESC, group_id DESC LIMIT $7";

/// What is younger than the moment has not been still since then.
const FORGOTTEN: &str = "SELECT group_id, seq FROM class
     WHERE ended_at IS NULL AND deleted_at IS NULL AND created_at <= $1
       AND coalesce(
           (SELECT at FROM event WHERE event.group_id = class.group_id AND event.seq = class.seq),
           created_at) <= $1
     ORDER BY created_at LIMIT $2";

/// The next classes after a place, newest first.
pub async fn classes(
    executor: impl PgExecutor<'_>,
    filter: &ClassFilter,
    after: Option<Place>,
    limit: u32,
) -> Result<Vec<ClassRow>, sqlx::Error> {
    let before = after.map_or(i64::MAX, |place| place.created_at.as_millis());
    let last = after.map_or([u8::MAX; 16], |place| *place.group_id.as_bytes());
    let rows = sqlx::query(CLASSES)
        .bind(before)
        .bind(last.as_slice())
        .bind(filter.from.map_or(i64::MIN, Timestamp::as_millis))
        .bind(filter.until.map_or(i64::MAX, Timestamp::as_millis))
        .bind(fold(&filter.name))
        .bind(filter.over)
        .bind(i64::from(limit))
        .fetch_all(executor)
        .await?;
    let listed = |row: &PgRow| Ok(ClassRow { last_at: moment(row, 6)?, ..class_row(row)? });
    rows.iter().map(listed).collect()
}

/// How many classes there are, and how many events their logs hold.
pub async fn totals(
    executor: impl PgExecutor<'_>,
    filter: &ClassFilter,
) -> Result<(u64, u64), sqlx::Error> {
    let row = sqlx::query(
        "SELECT count(*), coalesce(sum(seq), 0)::bigint FROM class
         WHERE deleted_at IS NULL AND created_at >= $1 AND created_at < $2
           AND ($3 = '' OR strpos(name_folded, $3) > 0)
           AND ($4::boolean IS NULL OR (ended_at IS NOT NULL) = $4)",
    )
    .bind(filter.from.map_or(i64::MIN, Timestamp::as_millis))
    .bind(filter.until.map_or(i64::MAX, Timestamp::as_millis))
    .bind(fold(&filter.name))
    .bind(filter.over)
    .fetch_one(executor)
    .await?;
    Ok((seq(&row, 0)?, seq(&row, 1)?))
}

/// One class.
pub async fn class(
    executor: impl PgExecutor<'_>,
    group_id: GroupId,
) -> Result<Option<ClassRow>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT group_id, name, created_at, ended_at, seq, edition FROM class
         WHERE group_id = $1 AND deleted_at IS NULL",
    )
    .bind(group_id.as_bytes().as_slice())
    .fetch_optional(executor)
    .await?;
    row.as_ref().map(class_row).transpose()
}

/// How far the class was read, with all that is needed to read on.
pub async fn checkpoint(
    executor: impl PgExecutor<'_>,
    class: &ClassRow,
    version: u32,
) -> Result<Option<Checkpoint>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT seq, summary, state FROM reading
         WHERE group_id = $1 AND edition = $2 AND version = $3",
    )
    .bind(class.group_id.as_bytes().as_slice())
    .bind(class.edition.cast_signed())
    .bind(i64::from(version))
    .fetch_optional(executor)
    .await?;
    let read = |row: PgRow| {
        Ok(Checkpoint {
            seq: seq(&row, 0)?,
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
    executor: impl PgExecutor<'_>,
    class: &ClassRow,
    version: u32,
) -> Result<Option<(u64, u64)>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT seq, length(state)::bigint FROM reading
         WHERE group_id = $1 AND edition = $2 AND version = $3 AND state <> ''",
    )
    .bind(class.group_id.as_bytes().as_slice())
    .bind(class.edition.cast_signed())
    .bind(i64::from(version))
    .fetch_optional(executor)
    .await?;
    row.map(|row| Ok((seq(&row, 0)?, seq(&row, 1)?))).transpose()
}

/// What was made of the class, when it was read as far as this.
pub async fn summary(
    executor: impl PgExecutor<'_>,
    class: &ClassRow,
    version: u32,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT summary FROM reading
         WHERE group_id = $1 AND seq = $2 AND edition = $3 AND version = $4",
    )
    .bind(class.group_id.as_bytes().as_slice())
    .bind(class.seq.cast_signed())
    .bind(class.edition.cast_signed())
    .bind(i64::from(version))
    .fetch_optional(executor)
    .await
}

/// The events after one and up to another, at most so many.
pub async fn events(
    executor: impl PgExecutor<'_>,
    group_id: GroupId,
    after: u64,
    through: u64,
    limit: u32,
) -> Result<Vec<Event>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT name, body FROM event WHERE group_id = $1 AND seq > $2 AND seq <= $3
         ORDER BY seq LIMIT $4",
    )
    .bind(group_id.as_bytes().as_slice())
    .bind(after.cast_signed())
    .bind(i64::try_from(through).unwrap_or(i64::MAX))
    .bind(i64::from(limit))
    .fetch_all(executor)
    .await?;
    events_of(&rows)
}

/// The events before one that are about who is in the class.
pub async fn member_events(
    executor: impl PgExecutor<'_>,
    group_id: GroupId,
    before: u64,
) -> Result<Vec<Event>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT name, body FROM event
         WHERE group_id = $1 AND person IS NOT NULL AND seq < $2 ORDER BY seq",
    )
    .bind(group_id.as_bytes().as_slice())
    .bind(before.cast_signed())
    .fetch_all(executor)
    .await?;
    events_of(&rows)
}

/// How many have come into the class, some of them more than once.
pub async fn count_members(
    executor: impl PgExecutor<'_>,
    group_id: GroupId,
) -> Result<u32, sqlx::Error> {
    let row = sqlx::query("SELECT count(*) FROM event WHERE group_id = $1 AND person IS NOT NULL")
        .bind(group_id.as_bytes().as_slice())
        .fetch_one(executor)
        .await?;
    small(&row, 0)
}

/// The events that are about one person's being in the class.
pub async fn person_events(
    executor: impl PgExecutor<'_>,
    group_id: GroupId,
    user: UserId,
) -> Result<Vec<Event>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT name, body FROM event WHERE group_id = $1 AND person = $2 ORDER BY seq",
    )
    .bind(group_id.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .fetch_all(executor)
    .await?;
    events_of(&rows)
}

/// The classes in which a token stands for somebody, newest first: those that go on, or those
/// that are over.
pub async fn classes_of(
    executor: impl PgExecutor<'_>,
    held: Held,
    are_over: bool,
    limit: u32,
) -> Result<Vec<(ClassRow, UserId)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT class.group_id, name, created_at, ended_at, seq, edition, user_id
         FROM class JOIN (
             SELECT DISTINCT ON (group_id) group_id, user_id FROM membership
             WHERE browser = $1 AND generation <= $2 ORDER BY group_id, generation DESC
         ) AS held USING (group_id)
         WHERE deleted_at IS NULL AND (ended_at IS NOT NULL) = $3
         ORDER BY created_at DESC, group_id DESC LIMIT $4",
    )
    .bind(held.browser.as_bytes().as_slice())
    .bind(i64::from(held.generation))
    .bind(are_over)
    .bind(i64::from(limit))
    .fetch_all(executor)
    .await?;
    rows.iter().map(|row| Ok((class_row(row)?, user(row, 6)?))).collect()
}

/// The devices that hold a credential of the member, and since when, the oldest first.
pub async fn devices(
    executor: impl PgExecutor<'_>,
    group_id: GroupId,
    user: UserId,
) -> Result<Vec<(BrowserId, Timestamp)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT browser, created_at FROM membership WHERE group_id = $1 AND user_id = $2
         ORDER BY created_at, browser",
    )
    .bind(group_id.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .fetch_all(executor)
    .await?;
    let read = |row: &PgRow| Ok((browser(row, 0)?, Timestamp::from_millis(row.try_get(1)?)));
    rows.iter().map(read).collect()
}

/// Some classes that go on and in which nothing has happened since this moment, the oldest first,
/// with the number of their last event.
pub async fn still_since(
    executor: impl PgExecutor<'_>,
    moment: Timestamp,
    limit: u32,
) -> Result<Vec<(GroupId, u64)>, sqlx::Error> {
    let rows = sqlx::query(FORGOTTEN)
        .bind(moment.as_millis())
        .bind(i64::from(limit))
        .fetch_all(executor)
        .await?;
    rows.iter().map(|row| Ok((group(row, 0)?, seq(row, 1)?))).collect()
}

/// How many classes have ended before this moment.
pub async fn count_ended_before(
    executor: impl PgExecutor<'_>,
    moment: Timestamp,
) -> Result<u64, sqlx::Error> {
    let row = sqlx::query(
        "SELECT count(*) FROM class
         WHERE ended_at IS NOT NULL AND deleted_at IS NULL AND ended_at <= $1",
    )
    .bind(moment.as_millis())
    .fetch_one(executor)
    .await?;
    seq(&row, 0)
}

fn class_row(row: &PgRow) -> Result<ClassRow, sqlx::Error> {
    Ok(ClassRow {
        group_id: group(row, 0)?,
        name: row.try_get(1)?,
        created_at: Timestamp::from_millis(row.try_get(2)?),
        ended_at: moment(row, 3)?,
        last_at: None,
        seq: seq(row, 4)?,
        edition: row.try_get::<i32, _>(5)?.cast_unsigned(),
    })
}

fn events_of(rows: &[PgRow]) -> Result<Vec<Event>, sqlx::Error> {
    rows.iter().map(|row| event_of(row.try_get(0)?, row.try_get(1)?)).collect()
}
