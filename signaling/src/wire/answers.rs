//! What requests are answered with, beside what the group itself tells.

use serde::{Deserialize, Serialize};

use crate::{GroupId, Invitation, Invitee, Name, Role, Settings, Timestamp, UserId};

/// A new membership, with the token that is handed out but this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// The code that joins it, for whoever began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join_code: Option<String>,
    /// The page that joins it, for whoever began it.
    #[serde(rename = "joinURL", default, skip_serializing_if = "Option::is_none")]
    pub join_url: Option<String>,
    /// Who one is in it.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// The token of the membership.
    pub token: String,
}

/// An invitation that was just made, without its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Invited {
    /// The invitation.
    #[serde(flatten)]
    pub invitation: Invitation,
    /// The parts that were settled with it, by a rule: of who is in another call, say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<Invitee>,
}

/// An invitation as it is told to one member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ToldInvitation {
    /// The invitation.
    #[serde(flatten)]
    pub invitation: Invitation,
    /// Their own part; none when they have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub you: Option<Invitee>,
}

impl ToldInvitation {
    /// An invitation as it is told to this member, with all its parts.
    pub fn of(invitation: &Invitation, user: UserId) -> Self {
        Self { invitation: invitation.clone(), you: invitation.part(user).cloned() }
    }
}

impl ToldInvitation {
    /// How many bytes of JSON the strings come to that it tells.
    pub fn count_words(&self) -> usize {
        self.invitation.count_words() + self.you.as_ref().map_or(0, Invitee::count_words)
    }
}

/// A page of a member's invitations, in the order in which they were made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvitationPage {
    /// The invitations; those to the group without their parts.
    pub invitations: Vec<ToldInvitation>,
    /// After which event the next page begins; none when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// The group's name and settings after a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GroupNow {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// Its name.
    #[cfg_attr(feature = "schema", schemars(with = "Name"))]
    pub name: Option<Name>,
    /// The event that made it so.
    pub seq: u64,
    /// All its settings.
    pub settings: Settings,
}

/// A group after somebody performed something in it, or took it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PerformedNow {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// Its last event.
    pub seq: u64,
    /// The number by which what was performed can be undone; none when nothing was that can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performed: Option<u64>,
}

/// A member's role after a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberNow {
    /// Their name.
    pub name: Name,
    /// Their role.
    pub role: Role,
    /// The event that made it so.
    pub seq: u64,
    /// The member.
    #[serde(rename = "userID")]
    pub user_id: UserId,
}

/// The end of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroupEnd {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// The event that ended it.
    pub seq: u64,
}

/// A code that joins the group from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewJoinCode {
    /// The code.
    pub join_code: String,
    /// The page that joins by it.
    #[serde(rename = "joinURL", default, skip_serializing_if = "Option::is_none")]
    pub join_url: Option<String>,
}

/// A link by which a teacher goes on in another browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HandoverLink {
    /// The link.
    #[serde(rename = "handoverURL")]
    pub url: String,
    /// Until when it is good.
    #[serde(rename = "expiresAt")]
    pub expires_at: Timestamp,
}

/// The servers that help two browsers find a way to each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct IceServers {
    /// The servers.
    pub ice_servers: Vec<IceServer>,
    /// Until when their credentials are good; none when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Whether two who find no way to each other all the same can go over the server itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub over_server: bool,
}

/// One of them, in the words of WebRTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IceServer {
    /// Its addresses.
    pub urls: Vec<String>,
    /// The name to sign in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The password to sign in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// The devices by which a member is in the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Devices {
    /// They, the oldest first.
    pub devices: Vec<Device>,
}

/// A browser or program by which a member is in the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Device {
    /// By which it is named. Of one device it is another one in each group.
    #[serde(rename = "deviceID")]
    pub device_id: String,
    /// Since when it is one of the member's.
    pub since: Timestamp,
    /// How many live streams it has open.
    pub streams: u32,
    /// Whether it is the one that asks.
    pub current: bool,
}
