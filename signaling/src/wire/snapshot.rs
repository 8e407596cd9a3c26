//! A group as one member may see it.

use serde::{Deserialize, Serialize};

use crate::{
    Alike, Group, GroupId, Invitation, Member, Name, Performed, Place, Role, Settings, Timestamp,
    UserId,
};

/// A member as a snapshot lists them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// Its name.
    #[cfg_attr(feature = "schema", schemars(with = "Name"))]
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
    /// What somebody performed last, while it can be undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performed: Option<Performed>,
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
            settings: group.settings.clone(),
            members: members.collect(),
            invitations: group.live().filter(|i| i.is_visible_to(user)).cloned().collect(),
            performed: group.performed.clone().filter(|it| it.can_be_undone(now)),
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
        group.performed = snapshot.performed;
        let members = snapshot.members.into_iter().map(|member| Member {
            user_id: member.user_id,
            name: member.name,
            role: member.role,
            alike: member.alike,
            joined: Place::default(),
        });
        group.restore(members.collect(), snapshot.invitations)
    }
}
