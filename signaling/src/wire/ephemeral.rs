//! Ephemeral events: they hold only for now, have no number, and stand in no log.

use serde::{Deserialize, Serialize};

use crate::{InviteId, UserId};

/// `onUserStatusChanged`: who came or went. It holds only for now and has no `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatusChange {
    /// Those whose status is told.
    pub users: Vec<UserStatus>,
}

impl StatusChange {
    /// Its name on the wire.
    pub const NAME: &'static str = "onUserStatusChanged";
}

/// Whether one member is online.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserStatus {
    /// The member.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// Whether they are connected, as in [`MemberView`](crate::MemberView).
    pub online: bool,
}

/// `onVoice`: who is heard, by the server's word. It holds only for now and has no `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VoiceChange {
    /// Those who are heard.
    pub heard: Vec<UserId>,
}

impl VoiceChange {
    /// Its name on the wire.
    pub const NAME: &'static str = "onVoice";
}

/// `onJoinCodeChanged`: the code that joins the group, told to teachers. It holds only for now and has
/// no `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct JoinCodeChanged {
    /// The code.
    pub join_code: String,
}

impl JoinCodeChanged {
    /// Its name on the wire.
    pub const NAME: &'static str = "onJoinCodeChanged";
}

/// `onInviteeRinging`: the invitee's device has shown the invitation to them. It holds only for now
/// and has no `seq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ringing {
    /// The invitation.
    #[serde(rename = "inviteID")]
    pub invite_id: InviteId,
    /// Whose device it is.
    pub invitee: UserId,
}

impl Ringing {
    /// Its name on the wire.
    pub const NAME: &'static str = "onInviteeRinging";
}

/// `onRelay`: a word from the other end of a live one-to-one invitation. It holds only for now, has
/// no `seq`, and is written down nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Relay {
    /// The invitation.
    #[serde(rename = "inviteID")]
    pub invite_id: InviteId,
    /// Who sends it.
    pub from: UserId,
    /// The application's string.
    pub data: String,
}

impl Relay {
    /// Its name on the wire.
    pub const NAME: &'static str = "onRelay";
}
