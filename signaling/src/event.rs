//! What has happened, word for word as the log keeps it and every stream sends it.

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{
    Answers, Group, GroupId, InviteId, InviteeList, Name, Role, Settings, Timeout, Timestamp,
    UserId,
};

/// The reasons that the engine itself gives.
pub mod reasons {
    /// Another invitee took an invitation that asked for the first answer.
    pub const ANSWERED_ELSEWHERE: &str = "answeredElsewhere";
    /// The member left of their own will.
    pub const LEFT: &str = "left";
    /// A teacher removed the member.
    pub const REMOVED: &str = "removed";
    /// The member's role changed, and with it whom `"*"` means.
    pub const ROLE_CHANGED: &str = "roleChanged";
    /// The class ended.
    pub const ENDED: &str = "ended";
    /// An acceptance was finished and nobody said why.
    pub const FINISHED: &str = "finished";
    /// An end of it gave no sign of life for too long.
    pub const DISCONNECTED: &str = "disconnected";
    /// All of them.
    pub const ALL: [&str; 7] =
        [ANSWERED_ELSEWHERE, LEFT, REMOVED, ROLE_CHANGED, ENDED, FINISHED, DISCONNECTED];
}

/// One durable event of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Its place in the group's log, from 1.
    pub seq: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// The fields of all events in one: to flatten one struct into another would read every event
/// twice, and a struct for each costs a browser much code.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    seq: u64,
    at: Timestamp,
    #[serde(rename = "inviteID")]
    invite_id: Option<InviteId>,
    #[serde(rename = "groupID")]
    group_id: Option<GroupId>,
    #[serde(rename = "userID")]
    user_id: Option<UserId>,
    inviter: Option<UserId>,
    invitee: Option<UserId>,
    by: Option<UserId>,
    invitee_list: Option<InviteeList>,
    data: Option<String>,
    timeout: Option<Timeout>,
    expires_at: Option<Timestamp>,
    answers: Option<Answers>,
    reason: Option<String>,
    name: Option<Name>,
    role: Option<Role>,
    settings: Option<Settings>,
}

/// A field of an event, made of what its body holds of it; none when it must not be missing.
trait Field<T>: Sized {
    fn of(held: Option<T>) -> Option<Self>;
}

impl<T> Field<T> for T {
    fn of(held: Option<T>) -> Option<Self> {
        held
    }
}

impl<T> Field<T> for Option<T> {
    fn of(held: Option<T>) -> Option<Self> {
        Some(held)
    }
}

macro_rules! event_kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal { $($(#[$field_attribute:meta])* $field:ident: $type:ty,)* })*) => {
        /// What an event says.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum EventKind {
            $($(#[$doc])* $kind($kind),)*
        }

        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
            #[serde(rename_all = "camelCase")]
            pub struct $kind {
                $($(#[$field_attribute])* pub $field: $type,)*
            }

            impl From<$kind> for EventKind {
                fn from(kind: $kind) -> Self {
                    Self::$kind(kind)
                }
            }
        )*

        impl EventKind {
            /// The names of all events, as they stand on the wire.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// The event's name on the wire.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $name,)*
                }
            }
        }

        impl Event {
            /// Reads the body of the event that has this name.
            ///
            /// # Errors
            /// When no event has the name, or the body is not that event's.
            pub fn decode<'de, D: Deserializer<'de>>(name: &str, body: D) -> Result<Self, D::Error> {
                let body = Body::deserialize(body)?;
                let kind = match name {
                    $($name => $kind {
                        $($field: Field::of(body.$field)
                            .ok_or_else(|| de::Error::missing_field(stringify!($field)))?,)*
                    }
                    .into(),)*
                    _ => return Err(de::Error::custom("no event has this name")),
                };
                Ok(Self { seq: body.seq, at: body.at, kind })
            }
        }
    };
}

event_kinds! {
    /// Somebody invites.
    ReceiveNewInvitation = "onReceiveNewInvitation" {
        #[doc = "The invitation."] #[serde(rename = "inviteID")] invite_id: InviteId,
        #[doc = "Who invites."] inviter: UserId,
        #[doc = "The group; none when one-to-one."] #[serde(rename = "groupID")] group_id: Option<GroupId>,
        #[doc = "Whom it asks."] invitee_list: InviteeList,
        #[doc = "The application's string."] data: String,
        #[doc = "Seconds to answer in; 0 for no limit."] timeout: Timeout,
        #[doc = "The deadline."] expires_at: Option<Timestamp>,
        #[doc = "Whether each answers or the first takes it."] answers: Answers,
    }
    /// An invitee accepted.
    InviteeAccepted = "onInviteeAccepted" {
        #[doc = "The invitation."] #[serde(rename = "inviteID")] invite_id: InviteId,
        #[doc = "Who accepted."] invitee: UserId,
        #[doc = "The application's string."] data: String,
    }
    /// An invitee declined.
    InviteeRejected = "onInviteeRejected" {
        #[doc = "The invitation."] #[serde(rename = "inviteID")] invite_id: InviteId,
        #[doc = "Who declined."] invitee: UserId,
        #[doc = "The application's string."] data: String,
        #[doc = "Why, when an application declined for them."]
        #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<String>,
    }
    /// Pending parts were closed.
    InvitationCancelled = "onInvitationCancelled" {
        #[doc = "The invitation."] #[serde(rename = "inviteID")] invite_id: InviteId,
        #[doc = "Whose invitation it is."] inviter: UserId,
        #[doc = "Whom it closed; `\"*\"` closes the invitation for all still pending."] invitee_list: InviteeList,
        #[doc = "The application's string."] data: String,
        #[doc = "Why, when it was not simply the inviter's wish."]
        #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<String>,
    }
    /// The deadline passed for those still pending.
    InvitationTimeout = "onInvitationTimeout" {
        #[doc = "The invitation."] #[serde(rename = "inviteID")] invite_id: InviteId,
        #[doc = "For whom it passed."] invitee_list: InviteeList,
    }
    /// The inviter changed the application's string.
    InvitationModified = "onInvitationModified" {
        #[doc = "The invitation."] #[serde(rename = "inviteID")] invite_id: InviteId,
        #[doc = "The string as it is now."] data: String,
    }
    /// What an acceptance began has ended.
    InviteeFinished = "onInviteeFinished" {
        #[doc = "The invitation."] #[serde(rename = "inviteID")] invite_id: InviteId,
        #[doc = "Whose part ended."] invitee: UserId,
        #[doc = "Who ended it."] by: UserId,
        #[doc = "Why."] reason: String,
        #[doc = "The application's string."] data: String,
    }
    /// Somebody joined.
    MemberJoined = "onMemberJoined" {
        #[doc = "The new member."] #[serde(rename = "userID")] user_id: UserId,
        #[doc = "Their name."] name: Name,
        #[doc = "Their role."] role: Role,
    }
    /// A member's role changed.
    MemberChanged = "onMemberChanged" {
        #[doc = "The member."] #[serde(rename = "userID")] user_id: UserId,
        #[doc = "Their role now."] role: Role,
    }
    /// A member left or was removed.
    MemberLeft = "onMemberLeft" {
        #[doc = "Who is gone."] #[serde(rename = "userID")] user_id: UserId,
        #[doc = "`left` or `removed`."] reason: String,
    }
    /// The group's name or settings are these now.
    GroupChanged = "onGroupChanged" {
        #[doc = "The name."] name: Name,
        #[doc = "All settings."] settings: Settings,
    }
    /// The class is over.
    GroupEnded = "onGroupEnded" {
        #[doc = "Why."] reason: String,
    }
}

/// Who may see an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Every member of the group.
    Everyone,
    /// The two people of a one-to-one invitation.
    Pair(UserId, UserId),
}

impl Audience {
    /// Whether this user belongs to the audience.
    pub fn includes(self, user: UserId) -> bool {
        match self {
            Self::Everyone => true,
            Self::Pair(one, other) => user == one || user == other,
        }
    }
}

impl Event {
    /// The invitation that the event is about, when it is about one.
    pub fn invite_id(&self) -> Option<InviteId> {
        match &self.kind {
            EventKind::ReceiveNewInvitation(event) => Some(event.invite_id),
            EventKind::InviteeAccepted(event) => Some(event.invite_id),
            EventKind::InviteeRejected(event) => Some(event.invite_id),
            EventKind::InvitationCancelled(event) => Some(event.invite_id),
            EventKind::InvitationTimeout(event) => Some(event.invite_id),
            EventKind::InvitationModified(event) => Some(event.invite_id),
            EventKind::InviteeFinished(event) => Some(event.invite_id),
            EventKind::MemberJoined(_)
            | EventKind::MemberChanged(_)
            | EventKind::MemberLeft(_)
            | EventKind::GroupChanged(_)
            | EventKind::GroupEnded(_) => None,
        }
    }

    /// Who may see the event, in a group that has applied it.
    pub fn audience(&self, group: &Group) -> Audience {
        let invitation = self.invite_id().and_then(|invite_id| group.invitation(invite_id));
        match invitation {
            Some(invitation) if invitation.group_id.is_none() => {
                let invitee = invitation.parts().first().map(|part| part.user_id);
                Audience::Pair(invitation.inviter, invitee.unwrap_or(invitation.inviter))
            }
            _ => Audience::Everyone,
        }
    }
}
