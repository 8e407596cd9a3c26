//! Rows of the database as they are moved into another store, or come from one.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Row};

use super::batch::person;
use super::rows::event_of;
use super::writer::PostgresWriter;
use crate::store::Failure;
use crate::store::moving::{Cell, Kind, MOVING, Movable, Table};

type Asked<'q> = Query<'q, Postgres, PgArguments>;

impl Movable for PostgresWriter {
    async fn rows(
        &mut self,
        table: &Table,
        after: Option<&[Cell]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell>>, Failure> {
        self.ask(async |connection, _| rows(connection, table, after, limit).await).await
    }

    async fn put_rows(&mut self, table: &Table, rows: Vec<Vec<Cell>>) -> Result<(), Failure> {
        self.ask(async |connection, _| put_rows(connection, table, rows).await).await
    }

    async fn count(&mut self, table: &Table) -> Result<u64, Failure> {
        let sql = format!("SELECT count(*) FROM {} WHERE {}", table.name, table.condition());
        let count: i64 = self
            .ask(async |connection, _| {
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await
            })
            .await?;
        Ok(count.cast_unsigned())
    }

    async fn moving(&mut self) -> Result<Option<String>, Failure> {
        self.ask(async |connection, _| super::settings::setting(connection, MOVING).await).await
    }

    async fn set_moving(&mut self, of: Option<&str>) -> Result<(), Failure> {
        self.ask(async |connection, _| {
            let query = match of {
                Some(id) => sqlx::query(
                    "INSERT INTO setting (name, value) VALUES ($1, $2)
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                )
                .bind(MOVING)
                .bind(id),
                None => sqlx::query("DELETE FROM setting WHERE name = $1").bind(MOVING),
            };
            query.execute(connection).await.map(drop)
        })
        .await
    }
}

async fn rows(
    connection: &mut PgConnection,
    table: &Table,
    after: Option<&[Cell]>,
    limit: u32,
) -> Result<Vec<Vec<Cell>>, sqlx::Error> {
    let column = |(name, kind): &(&str, Kind)| match kind {
        // Some are narrower.
        Kind::Integer => format!("{name}::bigint"),
        Kind::Text | Kind::Blob => (*name).to_owned(),
    };
    let columns: Vec<String> = table.columns.iter().map(column).collect();
    let keys = table.keys().join(", ");
    let places: Vec<String> = (2..2 + table.key).map(|place| format!("${place}")).collect();
    let behind = after.map_or("true".to_owned(), |_| format!("({keys}) > ({})", places.join(", ")));
    let sql = format!(
        "SELECT {} FROM {} WHERE {behind} AND {} ORDER BY {keys} LIMIT $1",
        columns.join(", "),
        table.name,
        table.condition()
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(i64::from(limit));
    for cell in after.unwrap_or_default() {
        query = bind(query, cell.clone());
    }
    let read = |row: &PgRow| {
        let cell = |(at, (_, kind)): (usize, &(&str, Kind))| {
            Ok(match kind {
                Kind::Integer => Cell::Integer(row.try_get(at)?),
                Kind::Text => Cell::Text(row.try_get(at)?),
                Kind::Blob => Cell::Blob(row.try_get(at)?),
            })
        };
        table.columns.iter().enumerate().map(cell).collect()
    };
    query.fetch_all(connection).await?.iter().map(read).collect()
}

async fn put_rows(
    connection: &mut PgConnection,
    table: &Table,
    mut rows: Vec<Vec<Cell>>,
) -> Result<(), sqlx::Error> {
    let mut columns = table.names();
    if table.name == "event" {
        columns.extend(["at", "person"]);
        for row in &mut rows {
            let [_, _, Cell::Text(Some(name)), Cell::Text(Some(body))] = row.as_slice() else {
                continue;
            };
            let event = event_of(name, body)?;
            let person = person(&event.kind).map(|user| user.as_bytes().to_vec());
            row.extend([Cell::Integer(Some(event.at.as_millis())), Cell::Blob(person)]);
        }
    }
    let mut place = 0;
    let mut next = || {
        place += 1;
        format!("${place}")
    };
    let one = |next: &mut dyn FnMut() -> String| {
        let places: Vec<String> = columns.iter().map(|_| next()).collect();
        format!("({})", places.join(", "))
    };
    let values: Vec<String> = rows.iter().map(|_| one(&mut next)).collect();
    let on_conflict = if table.name == "setting" {
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    } else {
        "ON CONFLICT DO NOTHING"
    };
    let (into, columns) = (table.name, columns.join(", "));
    let values = values.join(", ");
    let sql = format!("INSERT INTO {into} ({columns}) VALUES {values} {on_conflict}");
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for cell in rows.into_iter().flatten() {
        query = bind(query, cell);
    }
    query.execute(connection).await.map(drop)
}

fn bind<'q>(query: Asked<'q>, cell: Cell) -> Asked<'q> {
    match cell {
        Cell::Integer(value) => query.bind(value),
        Cell::Text(value) => query.bind(value),
        Cell::Blob(value) => query.bind(value),
    }
}
