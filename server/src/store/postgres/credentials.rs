//! Queries: tokens and what they open, tickets, links, sessions, and Idempotency-Keys.

use signaling::{GroupId, Timestamp, UserId};
use sqlx::postgres::PgRow;
use sqlx::{PgExecutor, Row};

use super::rows::{hash, held_of, member_of, membership_of, moment, small};
use crate::identity::TokenHash;
use crate::identity::tokens::{BrowserId, Held, Membership};
use crate::store::KEY_LIFETIME_MILLIS;
use crate::store::write::{FirstAnswer, KeysOf};

/// What a token stands for, its end that has come included.
pub async fn token(
    executor: impl PgExecutor<'_>,
    token: TokenHash,
) -> Result<Option<Held>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT browser, generation, replaces, ends_at FROM token WHERE token_hash = $1",
    )
    .bind(token.as_bytes().as_slice())
    .fetch_optional(executor)
    .await?;
    row.as_ref().map(held_of).transpose()
}

/// What a token stands for, and the number of its browser's newest one.
pub async fn token_with_newest(
    executor: impl PgExecutor<'_>,
    token: TokenHash,
) -> Result<Option<(Held, u32)>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT browser, generation, replaces, ends_at,
             (SELECT max(newest.generation) FROM token AS newest
              WHERE newest.browser = token.browser)
         FROM token WHERE token_hash = $1",
    )
    .bind(token.as_bytes().as_slice())
    .fetch_optional(executor)
    .await?;
    row.map(|row| Ok((held_of(&row)?, small(&row, 4)?))).transpose()
}

/// Whom a browser is in a group.
pub async fn memberships(
    executor: impl PgExecutor<'_>,
    browser: BrowserId,
    group_id: GroupId,
) -> Result<Vec<Membership>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT generation, user_id FROM membership WHERE browser = $1 AND group_id = $2",
    )
    .bind(browser.as_bytes().as_slice())
    .bind(group_id.as_bytes().as_slice())
    .fetch_all(executor)
    .await?;
    rows.iter().map(membership_of).collect()
}

/// Whether a token stands for somebody in any other group than this one.
pub async fn is_elsewhere(
    executor: impl PgExecutor<'_>,
    held: Held,
    group_id: GroupId,
) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(
        "SELECT 1 FROM membership WHERE browser = $1 AND generation <= $2 AND group_id <> $3
         LIMIT 1",
    )
    .bind(held.browser.as_bytes().as_slice())
    .bind(i64::from(held.generation))
    .bind(group_id.as_bytes().as_slice())
    .fetch_optional(executor)
    .await?;
    Ok(row.is_some())
}

/// Whom a form with this ticket made a member, within its time.
pub async fn ticket(
    executor: impl PgExecutor<'_>,
    ticket: TokenHash,
    now: Timestamp,
) -> Result<Option<(GroupId, UserId)>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT group_id, user_id FROM ticket WHERE ticket_hash = $1 AND expires_at > $2",
    )
    .bind(ticket.as_bytes().as_slice())
    .bind(now.as_millis())
    .fetch_optional(executor)
    .await?;
    row.as_ref().map(member_of).transpose()
}

/// Whom a handover link that is still good stands for.
pub async fn handover(
    executor: impl PgExecutor<'_>,
    token: TokenHash,
    now: Timestamp,
) -> Result<Option<(GroupId, UserId)>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT group_id, user_id FROM handover WHERE token_hash = $1 AND expires_at > $2",
    )
    .bind(token.as_bytes().as_slice())
    .bind(now.as_millis())
    .fetch_optional(executor)
    .await?;
    row.as_ref().map(member_of).transpose()
}

/// Whether a handover link has not been used yet.
pub async fn has_handover(
    executor: impl PgExecutor<'_>,
    token: TokenHash,
) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("SELECT 1 FROM handover WHERE token_hash = $1")
        .bind(token.as_bytes().as_slice())
        .fetch_optional(executor)
        .await?;
    Ok(row.is_some())
}

/// Whether the token is that of an administrator's session that this password opened.
pub async fn has_session(
    executor: impl PgExecutor<'_>,
    token: TokenHash,
    password: TokenHash,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(
        "SELECT 1 FROM admin_session
         WHERE token_hash = $1 AND password_hash = $2 AND expires_at > $3",
    )
    .bind(token.as_bytes().as_slice())
    .bind(password.as_bytes().as_slice())
    .bind(now.as_millis())
    .fetch_optional(executor)
    .await?;
    Ok(row.is_some())
}

/// The first answer to the request that named this key, within its lifetime.
pub async fn first_answer(
    executor: impl PgExecutor<'_>,
    group_id: GroupId,
    user: UserId,
    key: &str,
    now: Timestamp,
) -> Result<Option<FirstAnswer>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT request_hash, status, kept FROM first_answer
         WHERE group_id = $1 AND user_id = $2 AND key = $3 AND at > $4",
    )
    .bind(group_id.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .bind(key)
    .bind(now.as_millis() - KEY_LIFETIME_MILLIS)
    .fetch_optional(executor)
    .await?;
    let read = |row: PgRow| {
        Ok(FirstAnswer {
            request: hash(&row, 0)?,
            status: u16::try_from(row.try_get::<i32, _>(1)?)
                .map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            kept: serde_json::from_str(row.try_get(2)?)
                .map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
        })
    };
    row.map(read).transpose()
}

/// How many keys of a member are remembered.
pub async fn keys_of(
    executor: impl PgExecutor<'_>,
    group_id: GroupId,
    user: UserId,
) -> Result<KeysOf, sqlx::Error> {
    let row = sqlx::query(
        "SELECT count(*), min(at) FROM first_answer WHERE group_id = $1 AND user_id = $2",
    )
    .bind(group_id.as_bytes().as_slice())
    .bind(user.as_bytes().as_slice())
    .fetch_one(executor)
    .await?;
    Ok(KeysOf { count: small(&row, 0)?, oldest: moment(&row, 1)? })
}
