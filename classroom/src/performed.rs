//! What a teacher did as one and can take back, as `onPerformed` tells it in its `data`.

use serde::{Deserialize, Serialize};
use signaling::{Command, Group, Performance, Timestamp, UserId, json};

/// What can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoneDeed {
    /// One hand was lowered.
    Lower,
    /// All hands were lowered.
    LowerAll,
    /// A new question lowered the hands that answered an earlier one.
    EarlierHands,
    /// A turn was ended.
    EndTurn,
    /// The next one was called, and a turn ended for it.
    Next,
    /// The question was closed.
    StopAsking,
    /// The question was taken off every screen.
    Clear,
}

/// The `data` of `onPerformed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    /// What was done.
    pub operation: UndoneDeed,
    /// To whom, where it was about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub student: Option<UserId>,
    /// How many hands came down.
    #[serde(default)]
    pub count: usize,
}

impl Account {
    pub fn to_data(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

/// Commands that are undone together, about one student where it names one.
pub(crate) fn undoable(
    commands: Vec<Command>,
    deed: UndoneDeed,
    student: Option<UserId>,
) -> Performance {
    let data = account(deed, student, usize::from(student.is_some()));
    Performance { undoable: 0..commands.len(), commands, data }
}

/// What `onPerformed` tells of a deed that so many hands came down by.
pub(crate) fn account(operation: UndoneDeed, student: Option<UserId>, count: usize) -> String {
    Account { operation, student, count }.to_data()
}

/// What was done last and can be taken back, for 30 seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// The number by which it is undone.
    pub seq: u64,
    /// Who did it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// What it was.
    pub deed: UndoneDeed,
    /// To whom, where it was about one.
    pub who: Option<UserId>,
    /// How many hands came down.
    pub count: usize,
}

impl Undo {
    /// What the group says was performed last; none when it is not the classroom's.
    pub(crate) fn of(group: &Group) -> Option<Self> {
        let performed = group.performed.as_ref()?;
        let Account { operation, student, count } = json::read(&performed.data).ok()?;
        let (seq, by, at) = (performed.seq, performed.by, performed.at);
        Some(Self { seq, by, at, deed: operation, who: student, count })
    }
}
