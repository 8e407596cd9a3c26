//! The copy that is kept of a file before a newer schema changes it, so that one can go back to the
//! Handup of before. It is kept for some days only, for it holds what is deleted meanwhile.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use signaling::Timestamp;
use sqlx::SqliteConnection;

use super::copy::copy;
use super::errors;
use super::files::beside;
use super::schema::{newest_schema, schema_of};
use crate::store::open_error::OpenError;

/// For how many days the copy is kept: what a new Handup does wrong shows within a week.
const KEPT_DAYS: u32 = 7;
const DAY_MILLIS: i64 = 24 * 3_600 * 1_000;
/// The most copies of one schema: each is of another attempt to bring the file up to date.
const COPIES: u32 = 100;

/// Copies a file that is about to be brought up to date; none where there is nothing to change.
pub async fn keep_copy(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<Option<PathBuf>, OpenError> {
    let error = |error| errors::of_file(path, error);
    let newest = newest_schema();
    let Some(schema) = schema_of(connection).await.map_err(error)? else { return Ok(None) };
    if schema >= newest {
        return Ok(None);
    }
    let first = beside(&real(path), &format!("{MARK}{newest}"));
    let others = (2..=COPIES).map(|number| beside(&first, &format!("-{number}")));
    let free = std::iter::once(first.clone()).chain(others).find(|it| !it.exists());
    let to = free.unwrap_or(first);
    tracing::warn!(
        "the database has an older schema and is upgraded; a copy of it is kept for {KEPT_DAYS} days \
         at {}",
        to.display()
    );
    // Whoever began it was killed: nobody else brings this file up to date at this moment.
    let _ = std::fs::remove_file(beside(&to, ".part"));
    copy(connection, &to, &|_| ()).await.map_err(|source| OpenError::NoCopy {
        path: path.display().to_string(),
        source: Box::new(source),
    })?;
    Ok(Some(to))
}

/// What the end of a copy's name begins with; the number of the schema follows.
const MARK: &str = ".before-";

/// The file itself, by whatever path it is reached.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Whether a copy that was made at a moment has been kept long enough, where classes are kept for so
/// many days after their end.
const fn is_over(made_at: Timestamp, now: Timestamp, keep_days: Option<u32>) -> bool {
    let days = match keep_days {
        Some(days) if days < KEPT_DAYS => days,
        _ => KEPT_DAYS,
    };
    now.as_millis() - made_at.as_millis() >= days as i64 * DAY_MILLIS
}

/// Removes the copies that have been kept long enough.
pub fn remove_old(database: &Path, now: Timestamp, keep_days: Option<u32>) -> std::io::Result<()> {
    let database = real(database);
    let (Some(folder), Some(name)) = (database.parent(), database.file_name()) else {
        return Ok(());
    };
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let file_name = entry.file_name();
        let end = file_name.as_encoded_bytes().strip_prefix(name.as_encoded_bytes());
        if !end.is_some_and(|end| end.starts_with(MARK.as_bytes())) {
            continue;
        }
        let made = entry.metadata()?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let made_at = Timestamp::from_millis(i64::try_from(made.as_millis()).unwrap_or(i64::MAX));
        if is_over(made_at, now, keep_days) {
            std::fs::remove_file(entry.path())?;
            tracing::warn!(
                "removed {}, the copy from before the last upgrade",
                entry.path().display()
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_kept_for_a_week_and_no_longer_than_a_class() {
        let day = |days: i64| Timestamp::from_millis(days * DAY_MILLIS);
        for (days, keep_days, expected) in [
            (6, None, false),
            (7, None, true),
            (6, Some(30), false),
            (7, Some(30), true),
            (1, Some(2), false),
            (2, Some(2), true),
        ] {
            assert_eq!(is_over(day(1), day(1 + days), keep_days), expected, "{days} {keep_days:?}");
        }
        let almost = Timestamp::from_millis(day(8).as_millis() - 1);
        assert!(!is_over(day(1), almost, None));
    }
}
