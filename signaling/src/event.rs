//! What has happened, word for word as the log keeps it and every stream sends it.

use std::mem::{Discriminant, discriminant};

use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    Alike, Answers, GroupId, InviteId, InviteeList, Name, Place, Role, Settings, Timeout,
    Timestamp, UserId,
};

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

/// A member's name as others are told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Named {
    /// The member.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// The name.
    pub name: Name,
    /// What tells them from those before whose names look like theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alike: Option<Alike>,
}

macro_rules! body {
    ($($field:ident = $name:literal: $type:ty,)*) => {
        /// The fields of all events in one: to flatten one struct into another would read every
        /// event twice, and a struct for each costs a browser much code.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub(crate) struct Body {
            $(#[serde(rename = $name, skip_serializing_if = "Option::is_none")]
            pub(crate) $field: Option<$type>,)*
        }

        /// A choice of fields, in their order.
        type Fields = [bool; [$($name),*].len()];

        impl Body {
            const NAMES: [&str; [$($name),*].len()] = [$($name),*];

            /// The fields that it holds.
            fn fields(&self) -> Fields {
                [$(self.$field.is_some()),*]
            }

            /// The fields in which the two are not alike.
            fn unlike(&self, other: &Self) -> Fields {
                [$(self.$field != other.$field),*]
            }

            /// What it holds, and where it holds nothing what the other does.
            pub(crate) fn or(self, other: &Self) -> Self {
                Self { $($field: self.$field.or_else(|| other.$field.clone()),)* }
            }
        }

        impl Serialize for Row<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut row = serializer.serialize_seq(None)?;
                let mut columns = self.columns.iter();
                $(if columns.next() == Some(&true) {
                    row.serialize_element(&self.body.$field)?;
                })*
                row.end()
            }
        }
    };
}

body! {
    seq = "seq": u64,
    at = "at": Timestamp,
    invite_id = "inviteID": InviteId,
    group_id = "groupID": GroupId,
    user_id = "userID": UserId,
    inviter = "inviter": UserId,
    invitee = "invitee": UserId,
    by = "by": UserId,
    invitee_list = "inviteeList": InviteeList,
    data = "data": String,
    timeout = "timeout": Timeout,
    expires_at = "expiresAt": Timestamp,
    answers = "answers": Answers,
    reason = "reason": String,
    name = "name": Name,
    role = "role": Role,
    alike = "alike": Alike,
    settings = "settings": Settings,
    stays = "stays": bool,
    restores = "restores": InviteId,
    place = "place": Place,
    taken_by = "takenBy": UserId,
    first = "first": u64,
    last = "last": u64,
    performed = "performed": u64,
    members = "members": Vec<Named>,
}

/// Events of one kind and of numbers that follow each other, as a stream tells them when it is asked
/// for tables. On the wire it is a list: the first event, the names of the fields in which any of
/// the others is not like it, and for each of these a row, the list of its values of those fields.
/// Numbers are not among them: each is the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    kind: Discriminant<EventKind>,
    first: Body,
    others: Vec<Body>,
    columns: Fields,
}

/// The values of an event in the columns of its table.
struct Row<'a> {
    body: &'a Body,
    columns: &'a Fields,
}

impl Table {
    /// A table of one event.
    pub fn of(first: &Event) -> Self {
        let body = first.body();
        let columns = body.unlike(&body);
        Self { kind: discriminant(&first.kind), first: body, others: Vec::new(), columns }
    }

    /// Adds an event. False when it belongs in no table with the others: it is not of their kind, or
    /// has not their fields, or its number is not the next.
    pub fn add(&mut self, next: &Event) -> bool {
        let place = self.others.len() as u64 + 1;
        let is_next = self.first.seq.and_then(|first| first.checked_add(place)) == Some(next.seq);
        if !is_next || discriminant(&next.kind) != self.kind {
            return false;
        }
        let body = Body { seq: self.first.seq, ..next.body() };
        if body.fields() != self.first.fields() {
            return false;
        }
        for (column, unlike) in self.columns.iter_mut().zip(body.unlike(&self.first)) {
            *column |= unlike;
        }
        self.others.push(body);
        true
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { first, others, columns, .. } = self;
        let named = Body::NAMES.iter().zip(columns).filter(|(_, is_one)| **is_one);
        let names: Vec<&str> = named.map(|(name, _)| *name).collect();
        let mut list = serializer.serialize_seq(Some(2 + others.len()))?;
        list.serialize_element(first)?;
        list.serialize_element(&names)?;
        for body in others {
            list.serialize_element(&Row { body, columns })?;
        }
        list.end()
    }
}

/// A field of an event, made of what its body holds of it; none when it must not be missing.
trait Field<T>: Sized {
    fn of(held: Option<T>) -> Option<Self>;
    fn held(self) -> Option<T>;
}

impl<T> Field<T> for T {
    fn of(held: Option<T>) -> Option<Self> {
        held
    }

    fn held(self) -> Option<T> {
        Some(self)
    }
}

impl<T> Field<T> for Option<T> {
    fn of(held: Option<T>) -> Option<Self> {
        Some(held)
    }

    fn held(self) -> Option<T> {
        self
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
            #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

            /// The schema of what each event says beside its number and its moment, by its name.
            #[cfg(feature = "schema")]
            pub fn schemas(
                generator: &mut schemars::SchemaGenerator,
            ) -> Vec<(&'static str, schemars::Schema)> {
                vec![$(($name, generator.subschema_for::<$kind>())),*]
            }

            /// The event's name on the wire.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $name,)*
                }
            }
        }

        impl Event {
            fn body(&self) -> Body {
                let body = match &self.kind {
                    $(EventKind::$kind(said) => Body {
                        $($field: Field::held(said.$field.clone()),)*
                        ..Body::default()
                    },)*
                };
                Body { seq: Some(self.seq), at: Some(self.at), ..body }
            }

            /// The event that has this name and body, or what that lacks.
            pub(crate) fn of(name: &str, body: Body) -> Result<Self, &'static str> {
                let seq = body.seq.ok_or("seq")?;
                let at = body.at.ok_or("at")?;
                let kind = match name {
                    $($name => $kind {
                        $($field: Field::of(body.$field).ok_or(stringify!($field))?,)*
                    }
                    .into(),)*
                    _ => return Err("an event of this name"),
                };
                Ok(Self { seq, at, kind })
            }
        }
    };
}

impl Event {
    /// Reads the body of the event that has this name.
    ///
    /// # Errors
    /// When no event has the name, or the body is not that event's.
    pub fn decode<'de, D: Deserializer<'de>>(name: &str, body: D) -> Result<Self, D::Error> {
        Self::of(name, Body::deserialize(body)?).map_err(de::Error::missing_field)
    }
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
        #[doc = "True when snapshots go on telling it once it has closed, until it is cleared."]
        #[serde(skip_serializing_if = "Option::is_none")] stays: Option<bool>,
        #[doc = "The invitation of which an undo brings something back in this one."]
        #[serde(skip_serializing_if = "Option::is_none")] restores: Option<InviteId>,
        #[doc = "Its place in the order, where an undo gives it that of the one that it restores."]
        #[serde(skip_serializing_if = "Option::is_none")] place: Option<Place>,
        #[doc = "Whose acceptance had taken the one that it restores; it is closed at once."]
        #[serde(skip_serializing_if = "Option::is_none")] taken_by: Option<UserId>,
    }
    /// An invitee accepted.
    InviteeAccepted = "onInviteeAccepted" {
        #[doc = "The invitation."] #[serde(rename = "inviteID")] invite_id: InviteId,
        #[doc = "Who accepted."] invitee: UserId,
        #[doc = "The application's string."] data: String,
        #[doc = "Who accepted for them, when they did not themselves."]
        #[serde(skip_serializing_if = "Option::is_none")] by: Option<UserId>,
        #[doc = "The place in the order of the acceptance that an undo brings back."]
        #[serde(skip_serializing_if = "Option::is_none")] place: Option<Place>,
    }
    /// An invitee declined.
    InviteeRejected = "onInviteeRejected" {
        #[doc = "The invitation."] #[serde(rename = "inviteID")] invite_id: InviteId,
        #[doc = "Who declined."] invitee: UserId,
        #[doc = "The application's string."] data: String,
        #[doc = "Why, when an application declined for them."]
        #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<String>,
        #[doc = "Who declined for them, when they did not themselves."]
        #[serde(skip_serializing_if = "Option::is_none")] by: Option<UserId>,
    }
    /// Pending parts were closed.
    InvitationCancelled = "onInvitationCancelled" {
        #[doc = "The invitation."] #[serde(rename = "inviteID")] invite_id: InviteId,
        #[doc = "Whose invitation it is."] inviter: UserId,
        #[doc = "Whom it closed; `\"*\"` closes the invitation for all still pending."] invitee_list: InviteeList,
        #[doc = "The application's string."] data: String,
        #[doc = "Why, when it was not simply the inviter's wish."]
        #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<String>,
        #[doc = "Who did it; none in logs of earlier versions, and when a rule did."]
        #[serde(default, skip_serializing_if = "Option::is_none")] by: Option<UserId>,
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
        #[doc = "When it times out now, where that was changed as well."]
        #[serde(default, skip_serializing_if = "Option::is_none")] expires_at: Option<Timestamp>,
    }
    /// What an acceptance began goes on by other terms.
    InviteeModified = "onInviteeModified" {
        #[doc = "The invitation."] #[serde(rename = "inviteID")] invite_id: InviteId,
        #[doc = "Whose acceptance began it."] invitee: UserId,
        #[doc = "Who changed it."] by: UserId,
        #[doc = "The application's string: the terms as they are now."] data: String,
    }
    /// What an acceptance began has ended.
    InviteeFinished = "onInviteeFinished" {
        #[doc = "The invitation."] #[serde(rename = "inviteID")] invite_id: InviteId,
        #[doc = "Whose part ended."] invitee: UserId,
        #[doc = "Who ended it."] by: UserId,
        #[doc = "Why."] reason: String,
        #[doc = "The application's string."] data: String,
    }
    /// An invitation that stayed once it had closed is told in snapshots no more.
    InvitationCleared = "onInvitationCleared" {
        #[doc = "The invitation."] #[serde(rename = "inviteID")] invite_id: InviteId,
        #[doc = "Who cleared it."] by: UserId,
    }
    /// Somebody did several things as one, which can be undone as one.
    Performed = "onPerformed" {
        #[doc = "Who."] by: UserId,
        #[doc = "The application's string: what it was."] data: String,
        #[doc = "The first event that an undo takes back."] first: u64,
        #[doc = "The last of them."] last: u64,
    }
    /// What somebody had performed was taken back; the events before say how.
    Undone = "onUndone" {
        #[doc = "Who took it back."] by: UserId,
        #[doc = "The `onPerformed` that it takes back, by its number."] performed: u64,
    }
    /// Somebody joined.
    MemberJoined = "onMemberJoined" {
        #[doc = "The new member."] #[serde(rename = "userID")] user_id: UserId,
        #[doc = "Their name."] name: Name,
        #[doc = "Their role."] role: Role,
        #[doc = "What tells them from those before whose names look like theirs."]
        #[serde(default, skip_serializing_if = "Option::is_none")] alike: Option<Alike>,
    }
    /// A member's role changed.
    MemberChanged = "onMemberChanged" {
        #[doc = "The member."] #[serde(rename = "userID")] user_id: UserId,
        #[doc = "Their role now."] role: Role,
        #[doc = "Their name as others are told it now; only in the streams of those from whom names are hidden."]
        #[serde(default, skip_serializing_if = "Option::is_none")] name: Option<Name>,
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
        #[doc = "Whose names are told otherwise now; only in the streams of those from whom names are or were hidden."]
        #[serde(default, skip_serializing_if = "Option::is_none")] members: Option<Vec<Named>>,
    }
    /// The class is over.
    GroupEnded = "onGroupEnded" {
        #[doc = "`ended` by a teacher, or `forgotten`."] reason: String,
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
            EventKind::InviteeModified(event) => Some(event.invite_id),
            EventKind::InviteeFinished(event) => Some(event.invite_id),
            EventKind::InvitationCleared(event) => Some(event.invite_id),
            EventKind::Performed(_)
            | EventKind::Undone(_)
            | EventKind::MemberJoined(_)
            | EventKind::MemberChanged(_)
            | EventKind::MemberLeft(_)
            | EventKind::GroupChanged(_)
            | EventKind::GroupEnded(_) => None,
        }
    }
}
