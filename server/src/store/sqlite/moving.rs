//! Rows of the file as they are moved into another store, or come from one.

use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Connection, Row, Sqlite};

use super::writer::SqliteWriter;
use crate::store::Failure;
use crate::store::moving::{Cell, Kind, MOVING, Movable, Table};

type Asked<'q> = Query<'q, Sqlite, SqliteArguments>;

impl Movable for SqliteWriter {
    async fn rows(
        &mut self,
        table: &Table,
        after: Option<&[Cell]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell>>, Failure> {
        let (columns, keys) = (table.names().join(", "), table.keys().join(", "));
        let places = vec!["?"; table.key].join(", ");
        let behind = after.map_or("true".to_owned(), |_| format!("({keys}) > ({places})"));
        let sql = format!(
            "SELECT {columns} FROM {} WHERE {behind} AND {} ORDER BY {keys} LIMIT ?",
            table.name,
            table.condition()
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for cell in after.unwrap_or_default() {
            query = bind(query, cell.clone());
        }
        let rows = query.bind(limit).fetch_all(self.connection().await?).await?;
        let read = |row: &SqliteRow| {
            let cell = |(at, (_, kind)): (usize, &(&str, Kind))| {
                Ok(match kind {
                    Kind::Integer => Cell::Integer(row.try_get(at)?),
                    Kind::Text => Cell::Text(row.try_get(at)?),
                    Kind::Blob => Cell::Blob(row.try_get(at)?),
                })
            };
            table.columns.iter().enumerate().map(cell).collect::<Result<Vec<Cell>, sqlx::Error>>()
        };
        Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
    }

    async fn put_rows(&mut self, table: &Table, rows: Vec<Vec<Cell>>) -> Result<(), Failure> {
        let columns = table.names().join(", ");
        let places = vec!["?"; table.columns.len()].join(", ");
        let verb = if table.name == "setting" { "INSERT OR REPLACE" } else { "INSERT OR IGNORE" };
        let sql = format!("{verb} INTO {} ({columns}) VALUES ({places})", table.name);
        let mut transaction = self.connection().await?.begin_with("BEGIN IMMEDIATE").await?;
        for row in rows {
            let mut query = sqlx::query(AssertSqlSafe(sql.clone()));
            for cell in row {
                query = bind(query, cell);
            }
            query.execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn count(&mut self, table: &Table) -> Result<u64, Failure> {
        let sql = format!("SELECT count(*) FROM {} WHERE {}", table.name, table.condition());
        let count: i64 =
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(self.connection().await?).await?;
        Ok(count.cast_unsigned())
    }

    async fn moving(&mut self) -> Result<Option<String>, Failure> {
        let read = sqlx::query_scalar("SELECT value FROM setting WHERE name = ?").bind(MOVING);
        Ok(read.fetch_optional(self.connection().await?).await?)
    }

    async fn set_moving(&mut self, of: Option<&str>) -> Result<(), Failure> {
        let query = match of {
            Some(id) => sqlx::query("INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)")
                .bind(MOVING)
                .bind(id),
            None => sqlx::query("DELETE FROM setting WHERE name = ?").bind(MOVING),
        };
        Ok(query.execute(self.connection().await?).await.map(drop)?)
    }
}

fn bind<'q>(query: Asked<'q>, cell: Cell) -> Asked<'q> {
    match cell {
        Cell::Integer(value) => query.bind(value),
        Cell::Text(value) => query.bind(value),
        Cell::Blob(value) => query.bind(value),
    }
}
