//! Slack: the bytes of a page of the file that belong to no row. When SQLite moves rows between
//! pages, copies of them stay there, also with `secure_delete`, which overwrites only what is deleted
//! itself. So the slack of every page is overwritten after a deletion.
//!
//! Pages are read and written through `sqlite_dbpage`, within a transaction like everything else.

use std::ops::Range;

use sqlx::{Connection, Row, SqliteConnection};

/// How many pages are looked at in one go: others wait for no longer than that takes.
const PAGES_AT_ONCE: u32 = 256;
/// A file of so many pages (128 GiB) is left as it is: the number of the next page, with which some
/// pages begin, could be taken for the mark of a page of rows.
const TOO_MANY_PAGES: u32 = 1 << 25;
/// Where the header of the file ends, which stands before that of its first page.
const FILE_HEADER: usize = 100;

/// The file as it lies in pages.
#[derive(Debug, Clone, Copy)]
struct Layout {
    pages: u32,
    page_size: u32,
    /// Whether some pages only tell of which others a page is a part.
    has_maps: bool,
}

impl Layout {
    async fn of(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let pages = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *connection).await?;
        let page_size = sqlx::query_scalar("PRAGMA page_size").fetch_one(&mut *connection).await?;
        let auto_vacuum: u32 =
            sqlx::query_scalar("PRAGMA auto_vacuum").fetch_one(&mut *connection).await?;
        Ok(Self { pages, page_size, has_maps: auto_vacuum != 0 })
    }

    /// Whether a page is one of those that tell of others: the second, and after as many as fit into
    /// it, at five bytes each, the next.
    const fn is_map(self, page: u32) -> bool {
        self.has_maps && page >= 2 && (page - 2).is_multiple_of(self.page_size / 5 + 1)
    }
}

/// Overwrites the slack of some pages, of which this is the first; tells the first of the next ones,
/// or none after the last.
pub async fn clear(
    connection: &mut SqliteConnection,
    first: u32,
) -> Result<Option<u32>, sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let layout = Layout::of(&mut transaction).await?;
    let end = (first + PAGES_AT_ONCE).min(layout.pages + 1);
    if first >= end || layout.pages >= TOO_MANY_PAGES {
        return Ok(None);
    }
    let rows = sqlx::query(
        "WITH RECURSIVE page (number) AS
             (VALUES (?1) UNION ALL SELECT number + 1 FROM page WHERE number + 1 < ?2)
         SELECT page.number, sqlite_dbpage.data
         FROM page CROSS JOIN sqlite_dbpage ON sqlite_dbpage.pgno = page.number",
    )
    .bind(first)
    .bind(end)
    .fetch_all(&mut *transaction)
    .await?;
    for row in rows {
        let number: u32 = row.try_get(0)?;
        if layout.is_map(number) {
            continue;
        }
        let page: &[u8] = row.try_get(1)?;
        let header = if number == 1 { FILE_HEADER } else { 0 };
        let Some(slack) = slack(page, header) else { continue };
        if page.get(slack.clone()).is_some_and(|bytes| bytes.iter().any(|byte| *byte != 0)) {
            let mut page = page.to_vec();
            if let Some(bytes) = page.get_mut(slack) {
                bytes.fill(0);
            }
            sqlx::query("UPDATE sqlite_dbpage SET data = ? WHERE pgno = ?")
                .bind(page)
                .bind(number)
                .execute(&mut *transaction)
                .await?;
        }
    }
    transaction.commit().await?;
    Ok(Some(end))
}

/// Where the slack of a page lies: between the places of its rows, after its header, and the rows
/// themselves, at its end. None when the page is none of rows.
fn slack(page: &[u8], header: usize) -> Option<Range<usize>> {
    let number = |at: usize| {
        let bytes = page.get(at..at + 2)?.try_into().ok()?;
        Some(usize::from(u16::from_be_bytes(bytes)))
    };
    let places = match page.get(header)? {
        // An inner page of an index or of a table, which names one page more than it has rows.
        2 | 5 => header + 12,
        // A leaf of an index or of a table.
        10 | 13 => header + 8,
        _ => return None,
    };
    let rows = number(header + 3)?;
    let content = match number(header + 5)? {
        0 => 1 << 16,
        content => content,
    };
    let slack = places + 2 * rows..content;
    let is_content = |at: usize| (content..page.len()).contains(&at);
    let is_page = slack.start <= slack.end
        && slack.end <= page.len()
        && (0..rows).all(|row| number(places + 2 * row).is_some_and(is_content));
    is_page.then_some(slack)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sqlx::sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode};

    use super::*;

    /// A file in which the rows of twenty classes were written in any order, and those of every
    /// second deleted.
    async fn written(path: &Path) -> SqliteConnection {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .auto_vacuum(SqliteAutoVacuum::Incremental)
            .pragma("secure_delete", "ON");
        let mut connection = SqliteConnection::connect_with(&options).await.expect("a file");
        let table = "CREATE TABLE kept (class INTEGER NOT NULL, key INTEGER NOT NULL,
                     words TEXT NOT NULL, PRIMARY KEY (class, key)) STRICT, WITHOUT ROWID";
        sqlx::query(table).execute(&mut connection).await.expect("a table");
        sqlx::query("BEGIN").execute(&mut connection).await.expect("a transaction");
        let mut random = fastrand::Rng::with_seed(7);
        for number in 0..10_000 {
            let class = random.i64(0..20);
            let mark = if class % 2 == 0 { "stays" } else { "goes" };
            let words = format!("{mark} {number}").repeat(random.usize(1..30));
            sqlx::query("INSERT INTO kept VALUES (?, ?, ?)")
                .bind(class)
                .bind(random.i64(..))
                .bind(words)
                .execute(&mut connection)
                .await
                .expect("a row");
        }
        sqlx::query("COMMIT").execute(&mut connection).await.expect("it is committed");
        let delete = "DELETE FROM kept WHERE class % 2 = 1";
        sqlx::query(delete).execute(&mut connection).await.expect("it is deleted");
        connection
    }

    async fn rows(connection: &mut SqliteConnection) -> Vec<(i64, i64, String)> {
        let all = "SELECT class, key, words FROM kept ORDER BY class, key";
        sqlx::query_as(all).fetch_all(connection).await.expect("the rows")
    }

    async fn is_on_disk(connection: &mut SqliteConnection, path: &Path, text: &str) -> bool {
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        sqlx::query(checkpoint).execute(connection).await.expect("the log is emptied");
        let bytes = std::fs::read(path).expect("the file");
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    }

    #[tokio::test]
    async fn copies_of_what_was_deleted_leave_the_file_and_nothing_else_does() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("slack.db");
        let mut connection = written(&path).await;
        let before = rows(&mut connection).await;
        assert!(
            is_on_disk(&mut connection, &path, "goes ").await,
            "SQLite clears its slack itself"
        );
        let (mut next, mut steps) = (Some(1), 0);
        while let Some(first) = next {
            next = clear(&mut connection, first).await.expect("they are cleared");
            steps += 1;
        }
        assert!(steps > 2, "all of it in one go");
        assert!(!is_on_disk(&mut connection, &path, "goes ").await);
        assert!(is_on_disk(&mut connection, &path, "stays ").await);
        assert_eq!(rows(&mut connection).await, before);
        let verdict: String = sqlx::query_scalar("PRAGMA integrity_check")
            .fetch_one(&mut connection)
            .await
            .expect("a verdict");
        assert_eq!(verdict, "ok");
    }

    #[test]
    fn a_page_that_is_none_of_rows_has_no_slack() {
        let mut page = [0; 512];
        assert_eq!(slack(&page, 0), None, "an overflow page");
        page[0] = 13;
        page[5..7].copy_from_slice(&500_u16.to_be_bytes());
        assert_eq!(slack(&page, 0), Some(8..500), "a leaf without rows");
        page[3..5].copy_from_slice(&1_u16.to_be_bytes());
        assert_eq!(slack(&page, 0), None, "its row lies outside of what it holds");
        page[8..10].copy_from_slice(&500_u16.to_be_bytes());
        assert_eq!(slack(&page, 0), Some(10..500));
        page[3..5].copy_from_slice(&u16::MAX.to_be_bytes());
        assert_eq!(slack(&page, 0), None, "more rows than fit");
        assert_eq!(slack(&[10], 0), None);
        assert_eq!(slack(&[], 100), None);
    }

    #[test]
    fn pages_that_tell_of_others_are_told_apart() {
        let layout = Layout { pages: 2_000, page_size: 4_096, has_maps: true };
        let maps: Vec<u32> = (1..2_000).filter(|page| layout.is_map(*page)).collect();
        assert_eq!(maps, [2, 822, 1_642]);
        assert!(!Layout { has_maps: false, ..layout }.is_map(2));
    }
}
