//! Deletion: a class, one person's data, and what has outlived its use.
//!
//! PostgreSQL overwrites nothing by itself: what was deleted stays in its files until it vacuums, and in its
//! write-ahead log, standbys and backups for as long as those keep it. After a deletion it is asked to
//! vacuum at once.

use signaling::{GroupId, Timestamp, UserId};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, PgExecutor};

use super::batch::Batch;
use super::homes;
use super::lease::Hold;
use super::rows::group;
use crate::store::KEY_LIFETIME_MILLIS;
use crate::store::cleanup::Cleanup;
use crate::store::write::{Append, Write};

/// How many rows that have outlived their use go in one commit: others wait for no longer than that
/// takes.
const PURGED_AT_ONCE: i64 = 500;

/// How many events of a deleted class go in one commit.
const CLEARED_AT_ONCE: i64 = 2_000;

/// The setting that says that something was deleted since PostgreSQL was asked to vacuum last.
const UNTIDY: &str = "untidy";

/// Whether a class has ended; none when there is none.
pub async fn has_ended(
    executor: impl PgExecutor<'_>,
    group_id: GroupId,
) -> Result<Option<bool>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT ended_at IS NOT NULL FROM class WHERE group_id = $1 AND deleted_at IS NULL",
    )
    .bind(group_id.as_bytes().as_slice())
    .fetch_optional(executor)
    .await
}

/// A class that ended at this moment or before, the longest ago.
pub async fn ended_before(
    executor: impl PgExecutor<'_>,
    moment: Timestamp,
) -> Result<Option<GroupId>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT group_id FROM class
         WHERE ended_at IS NOT NULL AND deleted_at IS NULL AND ended_at <= $1
         ORDER BY ended_at LIMIT 1",
    )
    .bind(moment.as_millis())
    .fetch_optional(executor)
    .await?;
    row.map(|row| group(&row, 0)).transpose()
}

/// Takes a class away from everybody, in one commit: after it there is no such class, whatever
/// becomes of the server. Its log is left to [`clean_up`].
pub async fn soft_delete(
    connection: &mut PgConnection,
    hold: Hold,
    group_id: GroupId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let id = group_id.as_bytes().as_slice();
    let mut transaction = connection.begin().await?;
    homes::claim(&mut *transaction, hold, group_id).await?;
    for delete in [
        "DELETE FROM handover WHERE group_id = $1",
        "DELETE FROM membership WHERE group_id = $1",
        "DELETE FROM ticket WHERE group_id = $1",
        "DELETE FROM first_answer WHERE group_id = $1",
        "DELETE FROM reading WHERE group_id = $1",
        "DELETE FROM dead_letter WHERE group_id = $1",
        "DELETE FROM own_id WHERE group_id = $1",
        "DELETE FROM integrated_class WHERE group_id = $1",
    ] {
        sqlx::query(delete).bind(id).execute(&mut *transaction).await?;
    }
    is_untidy(&mut transaction).await?;
    // A code is unique, and this is none that anybody could type.
    sqlx::query(
        "UPDATE class SET deleted_at = $2, join_code = 'deleted-' || encode(group_id, 'hex'),
             name = '', name_folded = '', next_deadline = NULL
         WHERE group_id = $1",
    )
    .bind(id)
    .bind(now.as_millis())
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

/// Appends what it takes for a person to leave, writes events anew from which they were erased,
/// and forgets what else is kept of them, in one commit.
pub async fn rewrite(
    connection: &mut PgConnection,
    hold: Hold,
    append: &Append<'_>,
    user: UserId,
    events: &[(u64, String)],
) -> Result<(), sqlx::Error> {
    let group_id = append.group_id;
    let id = group_id.as_bytes().as_slice();
    let mut transaction = connection.begin().await?;
    homes::claim(&mut *transaction, hold, group_id).await?;
    let mut batch = Batch::default();
    if !append.events.is_empty() {
        batch.append(append);
    }
    batch.write(&[(group_id, Write::Revoke { user })]);
    batch.commit(&mut transaction, hold, Timestamp::default()).await?;
    let (seqs, bodies): (Vec<i64>, Vec<&str>) =
        events.iter().map(|(seq, body)| (seq.cast_signed(), body.as_str())).unzip();
    sqlx::query(
        "UPDATE event SET body = anew.body FROM unnest($2::bigint[], $3::text[]) AS anew (seq, body)
         WHERE event.group_id = $1 AND event.seq = anew.seq",
    )
    .bind(id)
    .bind(seqs)
    .bind(bodies)
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "DELETE FROM first_answer WHERE group_id = $1 AND (user_id = $2 OR strpos(kept, $3) > 0)",
    )
    .bind(id)
    .bind(user.as_bytes().as_slice())
    .bind(user.to_string())
    .execute(&mut *transaction)
    .await?;
    sqlx::query("DELETE FROM own_id WHERE group_id = $1 AND user_id = $2")
        .bind(id)
        .bind(user.as_bytes().as_slice())
        .execute(&mut *transaction)
        .await?;
    for change in [
        "DELETE FROM reading WHERE group_id = $1",
        "UPDATE class SET edition = edition + 1 WHERE group_id = $1",
    ] {
        sqlx::query(change).bind(id).execute(&mut *transaction).await?;
    }
    is_untidy(&mut transaction).await?;
    transaction.commit().await
}

/// Forgets a little of what has outlived its use; whether there is more of it.
pub async fn purge(connection: &mut PgConnection, now: Timestamp) -> Result<bool, sqlx::Error> {
    let forgotten = now.as_millis() - KEY_LIFETIME_MILLIS;
    let now = now.as_millis();
    let mut has_more = false;
    for (delete, moment) in [
        (
            "DELETE FROM first_answer WHERE ctid = ANY (ARRAY
                 (SELECT ctid FROM first_answer WHERE at <= $1 LIMIT $2))",
            forgotten,
        ),
        (
            "DELETE FROM handover WHERE ctid = ANY (ARRAY
                 (SELECT ctid FROM handover WHERE expires_at <= $1 LIMIT $2))",
            now,
        ),
        (
            "DELETE FROM ticket WHERE ctid = ANY (ARRAY
                 (SELECT ctid FROM ticket WHERE expires_at <= $1 LIMIT $2))",
            now,
        ),
        (
            "DELETE FROM token WHERE ctid = ANY (ARRAY
                 (SELECT ctid FROM token WHERE ends_at <= $1 LIMIT $2))",
            now,
        ),
        (
            "DELETE FROM admin_session WHERE ctid = ANY (ARRAY
                 (SELECT ctid FROM admin_session WHERE expires_at <= $1 LIMIT $2))",
            now,
        ),
    ] {
        let deleted =
            sqlx::query(delete).bind(moment).bind(PURGED_AT_ONCE).execute(&mut *connection).await?;
        has_more |= deleted.rows_affected() >= PURGED_AT_ONCE.cast_unsigned();
    }
    Ok(has_more)
}

/// Does a little of what a deletion leaves behind: events of a class that was taken away. After the last
/// of them PostgreSQL is asked to vacuum, on a connection of its own, for that may take a while.
pub async fn clean_up(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
) -> Result<Cleanup, sqlx::Error> {
    let waiting: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT group_id FROM class WHERE deleted_at IS NOT NULL ORDER BY deleted_at LIMIT 1",
    )
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(group_id) = waiting {
        clear_some(connection, &group_id).await?;
        return Ok(Cleanup::More);
    }
    let noted = sqlx::query("DELETE FROM setting WHERE name = $1")
        .bind(UNTIDY)
        .execute(&mut *connection)
        .await?;
    if noted.rows_affected() > 0 {
        tokio::spawn(vacuum(options.clone()));
    }
    Ok(Cleanup::Done)
}

/// Has PostgreSQL give up what was deleted. Where that fails it does so by itself, later.
async fn vacuum(options: PgConnectOptions) {
    let vacuumed = async {
        let mut connection = options.connect().await?;
        let tables = "VACUUM event, class, membership, token, first_answer, reading, handover, ticket, own_id";
        sqlx::query(tables).execute(&mut connection).await?;
        connection.close().await
    };
    if let Err(error) = vacuumed.await {
        tracing::warn!("cannot have PostgreSQL vacuum after a deletion: {error}");
    }
}

/// Notes that something was deleted.
async fn is_untidy(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO setting (name, value) VALUES ($1, '1') ON CONFLICT DO NOTHING")
        .bind(UNTIDY)
        .execute(connection)
        .await
        .map(drop)
}

async fn clear_some(connection: &mut PgConnection, group_id: &[u8]) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let deleted = sqlx::query(
        "DELETE FROM event WHERE group_id = $1 AND seq IN
             (SELECT seq FROM event WHERE group_id = $1 ORDER BY seq LIMIT $2)",
    )
    .bind(group_id)
    .bind(CLEARED_AT_ONCE)
    .execute(&mut *transaction)
    .await?;
    if deleted.rows_affected() < CLEARED_AT_ONCE.cast_unsigned() {
        sqlx::query("DELETE FROM class WHERE group_id = $1")
            .bind(group_id)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}
