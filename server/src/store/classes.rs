//! Classes as the history lists and reads them.

use signaling::{GroupId, Reading, Timestamp};

/// Which classes are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassFilter {
    /// What the name contains, in any case and however it is composed; everything when empty.
    pub name: String,
    /// Those begun at this moment or later.
    pub from: Option<Timestamp>,
    /// Those begun before this moment.
    pub until: Option<Timestamp>,
    /// Those that are over, or those that go on; both when it does not say.
    pub over: Option<bool>,
}

/// A class as the list of all classes has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassRow {
    /// The class.
    pub group_id: GroupId,
    /// Its name.
    pub name: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended, when it has.
    pub ended_at: Option<Timestamp>,
    /// When its last event was, in the list of all classes, for those that go on.
    pub last_at: Option<Timestamp>,
    /// How many events its log holds.
    pub seq: u64,
    /// How often its log was written anew to erase somebody, which invalidates what was read of it.
    pub(crate) edition: u32,
}

impl ClassRow {
    /// Its place in the list.
    pub const fn place(&self) -> Place {
        Place { created_at: self.created_at, group_id: self.group_id }
    }
}

/// A place in the list of classes, newest first. Classes of the same moment have an order too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// When the class there began.
    pub created_at: Timestamp,
    /// The class there.
    pub group_id: GroupId,
}

/// A checkpoint of a class's projection: how far its log was read, and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub seq: u64,
    /// The edition of the log that was read.
    pub edition: u32,
    /// The form of the reading.
    pub version: u32,
    pub reading: Reading,
}
