//! What integrations send and are answered, beside what members do.

use serde::{Deserialize, Serialize};

use super::requests::present;
use crate::{GroupId, Name, Role, Timestamp, UserId};

/// `POST /groups/{g}/members`: somebody is brought in under an id of the integration's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BringIn {
    /// The integration's id for them.
    pub id: String,
    /// Their name; of who is in the group already it stays as it is.
    pub name: Name,
    /// Their role; a student's without it.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// The members of a group that were brought in under ids of the integration's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OwnMembers {
    /// They, in the order of these ids.
    pub members: Vec<OwnMember>,
}

/// A member that was brought in under an id of the integration's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OwnMember {
    /// The integration's id for them.
    pub id: String,
    /// Who they are in the group.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// Their name.
    pub name: Name,
    /// Their role.
    pub role: Role,
    /// Whether they are connected.
    pub online: bool,
}

/// What a webhook has not taken in its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeadLetters {
    /// The oldest of them, at most 100.
    pub dead_letters: Vec<DeadLetter>,
}

/// Events in a row that a webhook has not taken in its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// By which it is named.
    #[serde(rename = "deadLetterID")]
    pub dead_letter_id: String,
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// The first of the events.
    pub first_seq: u64,
    /// The last.
    pub last_seq: u64,
    /// What came of the last attempt.
    pub failure: String,
    /// When they were given up.
    pub at: Timestamp,
}
