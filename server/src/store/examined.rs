//! What is found of the place of the data by a look at it.

use signaling::Timestamp;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// The program that keeps the data, with its version, and how it makes it durable.
    pub keeper: String,
    /// The number of the schema; none where a server makes it when it starts.
    pub schema: Option<i64>,
    /// The number of the newest schema that this program knows.
    pub newest_schema: i64,
    /// The id of the database, where it has one.
    pub id: Option<String>,
    /// Who serves it at this moment, as they wrote it down.
    pub served_by: Option<String>,
    /// What is wrong with what is in it; none where that was not looked for.
    pub faults: Option<Vec<String>>,
    /// What time it is for it, where it has a clock of its own.
    pub now: Option<Timestamp>,
}
