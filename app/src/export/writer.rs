//! What writes the records of classes into a file, in one of the formats.

use classroom::history::{Chronicle, Record};
use server::ClassRow;
use signaling::Timestamp;

use crate::history::names::Names;
use crate::zone::Zone;

/// About how many bytes are sent at once.
pub const AT_ONCE: usize = 32 * 1_024;

/// What a record is written with.
pub struct Context<'a> {
    /// The class.
    pub class: &'a ClassRow,
    /// The names of its people, as far as the log was read.
    pub names: &'a Names,
    /// The time zone of the server.
    pub zone: &'a Zone,
    /// The moment up to which what goes on is counted.
    pub now: Timestamp,
}

/// How far a record has been written.
pub struct Written {
    /// How many rows were.
    pub rows: usize,
    /// The record, when there is more of it to write.
    pub rest: Option<Rest>,
}

/// A record of which some rows are written.
pub struct Rest {
    /// The record.
    pub record: Record,
    /// How many of its parts are written.
    pub parts: usize,
}

/// Writes a file piece by piece. Writing into memory does not fail.
pub trait Writer: Send {
    /// What stands before all classes.
    fn begin(&mut self, bytes: &mut Vec<u8>);

    /// What stands before the records of a class.
    fn begin_class(&mut self, class: &ClassRow, bytes: &mut Vec<u8>);

    /// A record, or as much of what is left of it as is to be sent at once.
    fn record(&mut self, rest: Rest, context: &Context<'_>, bytes: &mut Vec<u8>) -> Written;

    /// What stands behind them.
    fn end_class(&mut self, chronicle: &Chronicle, bytes: &mut Vec<u8>);

    /// What may stand between two pieces of which the first tells nothing; nothing where nothing may.
    fn pause(&mut self, _: &mut Vec<u8>) {}

    /// What stands behind all classes.
    fn end(&mut self, bytes: &mut Vec<u8>);
}
