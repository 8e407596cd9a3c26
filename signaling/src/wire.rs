//! What requests are answered with, and the events that hold only for now.

use serde::{Deserialize, Serialize};

use crate::{
    Alike, Code, Group, GroupId, Invitation, InviteId, Invitee, InviteeState, Member, Name,
    Rejection, Role, Settings, Timestamp, UserId,
};

/// A member as a snapshot lists them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberView {
    /// Their id.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// Their name.
    pub name: Name,
    /// Their role.
    pub role: Role,
    /// Whether a stream of theirs is open, or they follow the group by asking.
    pub online: bool,
    /// What tells them from those before whose names look like theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alike: Option<Alike>,
}

/// A group as one member may see it, at one place of its log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// Its name.
    pub name: Option<Name>,
    /// The last event it contains; the stream goes on after it.
    pub seq: u64,
    /// The server's clock.
    pub now: Timestamp,
    /// The settings.
    pub settings: Settings,
    /// Everybody, in the order in which they joined.
    pub members: Vec<MemberView>,
    /// Every live invitation that the member may see, in the order in which they were made.
    pub invitations: Vec<Invitation>,
    /// The code that joins the group; for teachers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join_code: Option<String>,
}

impl Snapshot {
    /// The group as `user` may see it; `online` tells whose streams are open.
    pub fn of(
        group: &Group,
        user: UserId,
        now: Timestamp,
        online: impl Fn(UserId) -> bool,
    ) -> Self {
        let members = group.members().iter().map(|member| MemberView {
            user_id: member.user_id,
            name: member.name.clone(),
            role: member.role,
            online: online(member.user_id),
            alike: member.alike,
        });
        Self {
            group_id: group.id,
            name: group.name.clone(),
            seq: group.seq,
            now,
            settings: group.settings,
            members: members.collect(),
            invitations: group.live().filter(|i| i.is_visible_to(user)).cloned().collect(),
            join_code: None,
        }
    }
}

/// A group that goes on from a snapshot as its stream's events are applied.
impl From<Snapshot> for Group {
    fn from(snapshot: Snapshot) -> Self {
        let mut group = Self::new(snapshot.group_id);
        group.name = snapshot.name;
        group.settings = snapshot.settings;
        group.seq = snapshot.seq;
        let members = snapshot.members.into_iter().map(|member| Member {
            user_id: member.user_id,
            name: member.name,
            role: member.role,
            alike: member.alike,
        });
        group.restore(members.collect(), snapshot.invitations)
    }
}

/// What a verb on an invitation is answered with: the parts that it settled or found settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settlement {
    /// The invitation.
    #[serde(rename = "inviteID")]
    pub invite_id: InviteId,
    /// The event that settled them.
    pub seq: u64,
    /// The parts.
    pub invitees: Vec<Invitee>,
}

impl Settlement {
    /// Leaves out what the invitees said, and why.
    pub fn leave_words_out(&mut self) {
        for part in &mut self.invitees {
            part.data = None;
            part.reason = None;
        }
    }
}

/// `onUserStatusChanged`: who came or went. It holds only for now and has no `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
pub struct UserStatus {
    /// The member.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// Whether they are connected, as in [`MemberView`].
    pub online: bool,
}

/// `onJoinCodeChanged`: the code that joins the group, told to teachers. It holds only for now and has
/// no `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// An error as the wire tells it: `application/problem+json` (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What kind of problem; always `about:blank`, for `code` tells it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, for a person.
    pub detail: String,
    /// What happened, for a program.
    pub code: Code,
    /// The state that won, where another transition did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<InviteeState>,
}

impl Problem {
    /// A problem with this status, code and sentence.
    pub fn new(status: u16, code: Code, detail: impl Into<String>) -> Self {
        let title = match status {
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            409 => "Conflict",
            410 => "Gone",
            413 => "Content Too Large",
            422 => "Unprocessable Content",
            429 => "Too Many Requests",
            503 => "Service Unavailable",
            _ => "Internal Server Error",
        };
        Self {
            kind: "about:blank".to_owned(),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            code,
            state: None,
        }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        Self {
            state: rejection.state(),
            ..Self::new(rejection.status(), rejection.code(), rejection.to_string())
        }
    }
}
