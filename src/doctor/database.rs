//! The database: whether this version can serve it, whether it is whole, and that it keeps what is committed.

use server::{Database, Examined, examine};

use super::finding::Finding;

const CHECK: &str = "database";

/// What was found, and the words for it.
pub async fn look(database: &Database) -> (Option<Examined>, Vec<Finding>) {
    let examined = match examine(database).await {
        Ok(examined) => examined,
        // What to do is in the words that the server has for it.
        Err(error) => return (None, vec![Finding::fail(CHECK, error.to_string())]),
    };
    let durability = Finding::ok("durability", &*examined.keeper);
    let findings = vec![found(database, &examined), durability];
    (Some(examined), findings)
}

fn found(database: &Database, examined: &Examined) -> Finding {
    let place = match database {
        Database::File(path) => path.display().to_string(),
        Database::Postgres(address) => address.to_string(),
    };
    let Examined { schema, newest_schema, served_by, faults, .. } = examined;
    let Some(schema) = schema else {
        return Finding::ok(
            CHECK,
            format!("{place} holds nothing yet, and is made ready when a server starts"),
        );
    };
    if let Some(fault) = faults.as_ref().and_then(|faults| faults.first()) {
        return Finding::fail(CHECK, format!("{place} is corrupt: {fault}"))
            .advise("restore a backup, as docs/BACKUP.md says");
    }
    if schema < newest_schema {
        let copies = match database {
            Database::File(_) => "it keeps a copy of before for a week",
            Database::Postgres(_) => "make a copy by pg_dump first",
        };
        return Finding::warn(
            CHECK,
            format!(
                "{place} is of an older Handup: schema {schema}, where {newest_schema} is today's"
            ),
        )
        .advise(format!("the server upgrades it when it starts; {copies}"));
    }
    let whole = if faults.is_some() { ", intact" } else { "" };
    let by = match served_by {
        Some(by) => format!("served by {by}"),
        None => "no server serves it now".to_owned(),
    };
    Finding::ok(CHECK, format!("{place}, schema {schema}{whole}; {by}"))
}
