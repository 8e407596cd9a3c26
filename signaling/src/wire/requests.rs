//! The bodies of requests. A field that is not known is refused, and so is null for one that may be
//! left out. Who is named by an id is any text here: one that nobody can have names nobody, which is
//! a refusal like others and no wrong type.

use serde::{Deserialize, Deserializer, Serialize};

use super::ChangeSettings;
use crate::{Answers, InviteeList, Name, Role, Timeout};

/// A field that may be left out but not be null.
pub(super) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// `POST /groups`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateGroup {
    /// The group's name.
    pub name: Name,
    /// The name of its first teacher.
    pub teacher: Name,
    /// An integration's own id for them.
    #[serde(
        rename = "teacherID",
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub teacher_id: Option<String>,
}

/// `POST /join`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Join {
    /// The group's join code, however it is written.
    pub join_code: String,
    /// The new member's name.
    pub name: Name,
}

/// `PATCH /groups/{g}`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeGroup {
    /// The new name.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// The settings that change.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub settings: Option<ChangeSettings>,
}

/// `PATCH /groups/{g}/members/{u}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeRole {
    /// The new role.
    pub role: Role,
}

/// `POST /groups/{g}/invite`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Invite {
    /// Whom.
    pub invitee: String,
    /// The application's string.
    pub data: String,
    /// Seconds to answer in.
    pub timeout: Timeout,
}

/// `POST /groups/{g}/inviteInGroup`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InviteInGroup {
    /// Whom.
    #[cfg_attr(feature = "schema", schemars(with = "InviteeList"))]
    pub invitee_list: Invitees,
    /// The application's string.
    pub data: String,
    /// Seconds to answer in.
    pub timeout: Timeout,
    /// Whether each answers or the first takes it.
    #[serde(default)]
    pub answers: Answers,
}

/// An invitee list as it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Invitees {
    /// `"*"`, or what is no list.
    Text(String),
    /// Those named.
    Named(Vec<String>),
}

impl From<InviteeList> for Invitees {
    fn from(list: InviteeList) -> Self {
        match list {
            InviteeList::Everyone => Self::Text("*".to_owned()),
            InviteeList::Members(members) => {
                Self::Named(members.iter().map(ToString::to_string).collect())
            }
        }
    }
}

/// `PATCH …/{i}` and `POST …/{i}/relay`: the application's string.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The string.
    pub data: String,
}

/// `POST /groups/{g}/undo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// The `onPerformed` to take back, by its number.
    pub performed: u64,
}

/// `POST …/{i}/accept`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Respond {
    /// For whom a teacher answers; none for oneself.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub invitee: Option<String>,
    /// The string; empty for none.
    #[serde(default)]
    pub data: String,
}

/// `POST …/{i}/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Decline {
    /// For whom a teacher answers; none for oneself.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub invitee: Option<String>,
    /// Why.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The string; empty for none.
    #[serde(default)]
    pub data: String,
}

/// `POST …/{i}/cancel`: the application's string, where there is one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OptionalData {
    /// The string; empty for none.
    #[serde(default)]
    pub data: String,
}

/// `POST …/{i}/finish`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Finish {
    /// Whose part; none for one's own, or everybody's.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub invitee: Option<String>,
    /// Why.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The application's string; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub data: String,
}

/// A body that holds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Empty {}
