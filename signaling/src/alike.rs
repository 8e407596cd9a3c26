//! What tells members apart whose names look alike.

use serde::{Deserialize, Serialize};

use crate::{Name, UserId};

/// What a member has whose name looks like that of somebody who came before, whether or not that
/// one is still here. It is said when they join and stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Alike {
    /// The first whose name looked so.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// The number that tells them from the others: 2 or more.
    pub number: u32,
}

impl Alike {
    /// The first whose name looked like this member's: themselves where it is unlike all before.
    /// Members have names that look alike when it is the same for both.
    pub fn first(user: UserId, alike: Option<Self>) -> UserId {
        alike.map_or(user, |alike| alike.user_id)
    }
}

impl Name {
    /// The name as it is told from those that look like it: `Ada (2)`.
    pub fn told_apart(&self, alike: Option<Alike>) -> String {
        match alike {
            Some(alike) => format!("{self} ({})", alike.number),
            None => self.to_string(),
        }
    }
}
