//! Members of a group and their roles.

use serde::{Deserialize, Serialize};

use crate::{Alike, Entry, Name, Place, UserId};

/// What a member is in a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Invites anybody, and keeps the class.
    Teacher,
    /// Invites teachers.
    Student,
}

impl Role {
    /// Whom `"*"` means when a member of this role says it.
    pub const fn invites(self) -> Self {
        match self {
            Self::Teacher => Self::Student,
            Self::Student => Self::Teacher,
        }
    }
}

/// Somebody who is in the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Their id.
    pub user_id: UserId,
    /// The name they gave.
    pub name: Name,
    /// What they are here.
    pub role: Role,
    /// What tells them from those before whose names look like theirs.
    pub alike: Option<Alike>,
    /// When they joined, by the event and its moment; of members of a snapshot, which does not tell
    /// it, before everything.
    pub joined: Place,
}

impl Entry for Member {
    fn user_id(&self) -> UserId {
        self.user_id
    }
}
