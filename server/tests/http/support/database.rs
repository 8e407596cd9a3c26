//! Where a test's server keeps its data: a file of its own, or a schema of its own in the PostgreSQL that the
//! environment names.

#![expect(clippy::disallowed_methods, reason = "a test looks at what is stored")]

use std::path::Path;

use server::{Config, Database};
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// The environment variable that names a PostgreSQL, as `cargo xtask test` starts one.
const POSTGRES: &str = "HANDUP_TEST_POSTGRES";

/// Its tables, each after those that it refers to; but for the lease, which is a running server's.
const TABLES: [&str; 10] = [
    "class",
    "event",
    "token",
    "membership",
    "handover",
    "ticket",
    "first_answer",
    "reading",
    "setting",
    "admin_session",
];

/// A place for a test's data.
#[derive(Clone)]
pub enum Place {
    /// In files, in the server's folder.
    Files,
    /// In this schema, at this address.
    Schema { name: String, address: String },
}

impl Place {
    /// A new one, of the kind that is tried.
    pub async fn new() -> Self {
        let Ok(postgres) = std::env::var(POSTGRES) else { return Self::Files };
        let name = format!("test_{}", server::new_group_id().to_string().replace('-', ""));
        let mut connection = PgConnection::connect(&postgres).await.expect("PostgreSQL");
        let make = format!("CREATE SCHEMA {name}");
        sqlx::query(AssertSqlSafe(make)).execute(&mut connection).await.expect("a schema");
        let mark = if postgres.contains('?') { '&' } else { '?' };
        Self::Schema {
            address: format!("{postgres}{mark}options[search_path]={name}&application_name={name}"),
            name,
        }
    }

    /// A new one, with what a crash at this moment would leave of another.
    pub async fn copy(of: &Self, from: &Path, to: &Path) -> Self {
        let Self::Schema { name: source, .. } = of else {
            for name in ["handup.db", "handup.db-wal"] {
                std::fs::copy(from.join(name), to.join(name)).expect("a copy");
            }
            return Self::Files;
        };
        let copy = Self::new().await;
        let mut connection = copy.connect().await;
        let migrations = Migrator::new(Path::new("../migrations/postgres")).await.expect("files");
        migrations.run(&mut connection).await.expect("the tables");
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ";
        let mut transaction = connection.begin_with(begin).await.expect("a transaction");
        for table in TABLES {
            let fill = format!("INSERT INTO {table} SELECT * FROM {source}.{table}");
            sqlx::query(AssertSqlSafe(fill)).execute(&mut *transaction).await.expect("a copy");
        }
        transaction.commit().await.expect("a copy");
        copy
    }

    /// A server's configuration on it.
    pub fn config(&self, folder: &Path) -> Config {
        let config = Config::on(folder.join("handup.db"));
        match self {
            Self::Files => config,
            Self::Schema { address, .. } => {
                let database: Database = address.parse().expect("an address");
                Config { database, ..config }
            }
        }
    }

    /// A connection to it; it has to be a schema.
    pub async fn connect(&self) -> PgConnection {
        let Self::Schema { address, .. } = self else { unreachable!("there are files") };
        PgConnection::connect(address).await.expect("a connection")
    }

    /// Everything that is stored, each file or table by its name: bytes of files, or rows as text.
    pub async fn contents(&self, folder: &Path) -> Vec<(String, Vec<u8>)> {
        if let Self::Files = self {
            let files = std::fs::read_dir(folder).expect("the directory");
            let read = |file: std::io::Result<std::fs::DirEntry>| {
                let path = file.expect("an entry").path();
                (path.display().to_string(), std::fs::read(&path).expect("a file"))
            };
            return files.map(read).collect();
        }
        let mut connection = self.connect().await;
        let mut contents = Vec::new();
        for table in TABLES {
            let all =
                format!("SELECT coalesce(string_agg(one::text, ' '), '') FROM {table} AS one");
            let rows: String = sqlx::query_scalar(AssertSqlSafe(all))
                .fetch_one(&mut connection)
                .await
                .expect("its rows");
            contents.push((table.to_owned(), rows.into_bytes()));
        }
        contents
    }
}
