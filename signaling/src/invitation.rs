//! An invitation and the part that each invitee has in it.

use std::fmt;

use serde::de::value::{SeqAccessDeserializer, StrDeserializer};
use serde::de::{SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Entry, GroupId, InviteId, Reason, Roll, Timeout, Timestamp, UserId, json};

/// Whom an invitation asks to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Answers {
    /// Every invitee answers for themselves.
    #[default]
    Each,
    /// The first acceptance takes the invitation.
    First,
}

/// The state of one invitee in one invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum InviteeState {
    /// Not answered yet.
    Pending,
    /// Accepted, and what the acceptance began goes on.
    Accepted,
    /// Declined by the invitee.
    Rejected,
    /// Closed by the inviter, by another's taking, or by leaving.
    Cancelled,
    /// Not answered before the deadline.
    TimedOut,
    /// What the acceptance began has ended.
    Finished,
}

impl InviteeState {
    /// The state of this name on the wire.
    pub fn read(name: &str) -> Option<Self> {
        let name = StrDeserializer::<de::value::Error>::new(name);
        Self::deserialize(name).ok()
    }
}

/// Whom an invitation names: members, or everyone whom its inviter may invite. On the wire a list
/// of ids, or `"*"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InviteeList {
    /// `"*"`: those the rules allow, and whoever comes to be one of them while it is open.
    Everyone,
    /// These members.
    Members(Vec<UserId>),
}

impl Serialize for InviteeList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Everyone => serializer.serialize_str("*"),
            Self::Members(members) => members.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for InviteeList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whom;

        impl<'de> Visitor<'de> for Whom {
            type Value = InviteeList;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of ids or \"*\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<InviteeList, E> {
                if text == "*" {
                    Ok(InviteeList::Everyone)
                } else {
                    Err(E::invalid_value(Unexpected::Str(text), &self))
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, members: A) -> Result<InviteeList, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(members)).map(InviteeList::Members)
            }
        }

        deserializer.deserialize_any(Whom)
    }
}

/// A place in the order of a group, where an undo brings something back to the one that it had: the
/// number and the moment of the event that first brought it about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Place {
    /// The event's number.
    pub seq: u64,
    /// The event's moment.
    pub at: Timestamp,
}

/// An acceptance that is over: when it was, and what came with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Accepted {
    /// The event that brought it about, or the one that an undo had brought back.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// The application's string that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

impl Accepted {
    /// Its place in the order: an undo of the end brings it back to it.
    pub const fn place(&self) -> Place {
        Place { seq: self.seq, at: self.at }
    }
}

/// How an invitation was closed as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Closing {
    /// When.
    pub at: Timestamp,
    /// Who did; none when it was its deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// Why, where the event said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The application's string that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

/// One invitee's part in an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Invitee {
    /// Whose part it is.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// The state of the part.
    pub state: InviteeState,
    /// When the state was reached.
    pub at: Timestamp,
    /// The event that brought the state about.
    pub seq: u64,
    /// Why it was rejected, cancelled or finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The application's string that came with the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// The application's string: by which terms goes on what the acceptance began, where they were
    /// changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
    /// The place of an acceptance that an undo has brought back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The acceptance, once what it began is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Box<Accepted>>,
}

impl Invitee {
    pub(crate) const fn pending(user_id: UserId, at: Timestamp, seq: u64) -> Self {
        Self::settled(user_id, InviteeState::Pending, at, seq, None)
    }

    /// The part of a user that came to this state, and the string that came with it.
    pub const fn settled(
        user_id: UserId,
        state: InviteeState,
        at: Timestamp,
        seq: u64,
        data: Option<String>,
    ) -> Self {
        let (reason, terms, place, accepted) = (None, None, None, None);
        Self { user_id, state, at, seq, reason, data, terms, place, accepted }
    }

    /// Its place in the order: that of the event which brought the state about, or of the one that
    /// an undo has brought back.
    pub fn place(&self) -> Place {
        self.place.unwrap_or(Place { seq: self.seq, at: self.at })
    }

    /// The place of its acceptance, whether what that began goes on or is over; none when it was not
    /// accepted.
    pub fn taken(&self) -> Option<Place> {
        match self.state {
            InviteeState::Accepted => Some(self.place()),
            InviteeState::Finished => self.accepted.as_ref().map(|accepted| accepted.place()),
            InviteeState::Pending
            | InviteeState::Rejected
            | InviteeState::Cancelled
            | InviteeState::TimedOut => None,
        }
    }
}

impl Invitee {
    /// Whether it was cancelled for its owner held another role for a while.
    pub(crate) fn went_with_role(&self) -> bool {
        self.state == InviteeState::Cancelled
            && self.reason.as_deref() == Some(Reason::RoleChanged.text())
    }

    /// How many bytes of JSON the strings come to that lie with it.
    pub fn count_words(&self) -> usize {
        self.words().map(|(_, data)| json::length(data)).sum()
    }

    /// The strings that lie with it, each with whether the invitee said it: an answer is theirs, an end
    /// the inviter's.
    pub(crate) fn words(&self) -> impl Iterator<Item = (bool, &str)> {
        let is_answer = matches!(self.state, InviteeState::Accepted | InviteeState::Rejected);
        let said = self.data.as_deref().map(|data| (is_answer, data));
        let accepted = self.accepted.as_ref().and_then(|it| it.data.as_deref());
        said.into_iter().chain(accepted.map(|data| (true, data)))
    }
}

impl Entry for Invitee {
    fn user_id(&self) -> UserId {
        self.user_id
    }
}

/// An invitation as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// The invitation's id.
    #[serde(rename = "inviteID")]
    pub invite_id: InviteId,
    /// The group it was sent in; none when it is one-to-one.
    #[serde(rename = "groupID")]
    pub group_id: Option<GroupId>,
    /// Who invites.
    pub inviter: UserId,
    /// Who was named.
    pub invitee_list: InviteeList,
    /// The event that began it.
    pub seq: u64,
    /// The application's string, never read by the engine.
    pub data: String,
    /// Seconds to answer in; 0 for no limit.
    pub timeout: Timeout,
    /// Whether each answers, or the first takes it.
    pub answers: Answers,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it times out; none when it never does.
    pub expires_at: Option<Timestamp>,
    /// Whether it can still be answered (one to `"*"`: also by somebody who is yet to come).
    pub open: bool,
    /// What closed it as a whole: its taking, its cancel or its deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<InviteeState>,
    /// How that came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<Box<Closing>>,
    /// Whether snapshots go on telling it once it has closed, until it is cleared.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stays: bool,
    /// The invitation of which an undo has brought something back in this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<InviteId>,
    /// Its place in the order, where an undo has given it that of the one that it restores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Whose acceptance had taken the one that it restores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<UserId>,
    /// Whether a student sent it.
    #[serde(skip)]
    pub(crate) by_student: bool,
    /// The events that closed and that cleared it.
    #[serde(skip)]
    pub(crate) ends: Ends,
    /// Every part, in the order in which they came to be invited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitees: Option<Roll<Invitee>>,
}

/// The numbers of the events that closed an invitation and that cleared it; 0 where none did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ends {
    pub closed: u64,
    pub cleared: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl Invitation {
    /// Its place in the order: that of the event which began it, or of the one that an undo has
    /// brought back.
    pub fn place(&self) -> Place {
        self.place.unwrap_or(Place { seq: self.seq, at: self.created_at })
    }

    /// Whose acceptance took it, or the one that it restores, of one which the first takes.
    pub fn taker(&self) -> Option<UserId> {
        let took = |state| matches!(state, InviteeState::Accepted | InviteeState::Finished);
        let own = || self.parts().iter().find(|part| took(part.state)).map(|part| part.user_id);
        self.taken_by.or_else(own).filter(|_| self.answers == Answers::First)
    }

    /// Every part; none when the invitation was answered without them.
    pub fn parts(&self) -> &[Invitee] {
        self.invitees.as_deref().unwrap_or_default()
    }

    pub(crate) fn parts_mut(&mut self) -> &mut Roll<Invitee> {
        self.invitees.get_or_insert_default()
    }

    /// The part of this user, when they have one.
    pub fn part(&self, user: UserId) -> Option<&Invitee> {
        self.invitees.as_ref()?.of(user)
    }

    /// How many bytes of JSON its `data` and that of its parts comes to.
    pub fn count_words(&self) -> usize {
        let of_parts = self.parts().iter().flat_map(Invitee::words);
        let of_parts = of_parts.map(|(_, data)| json::length(data)).sum::<usize>();
        json::length(&self.data) + self.count_closing_words() + of_parts
    }

    /// How many bytes of JSON came to with what closed it.
    pub(crate) fn count_closing_words(&self) -> usize {
        self.closing.as_ref().and_then(|it| it.data.as_deref()).map_or(0, json::length)
    }

    /// Whose part is in this state, in order.
    pub fn in_state(&self, state: InviteeState) -> impl Iterator<Item = UserId> + '_ {
        self.parts().iter().filter(move |part| part.state == state).map(|part| part.user_id)
    }

    /// Whether it is open, or something that an acceptance began goes on, or it stays once it has
    /// closed: for everyone whom it asked, or as long as somebody has declined it.
    pub fn is_live(&self) -> bool {
        let has_declined = || self.in_state(InviteeState::Rejected).next().is_some();
        self.goes_on()
            || self.stays && (self.invitee_list == InviteeList::Everyone || has_declined())
    }

    /// Whether it is open or something that an acceptance began goes on.
    pub fn goes_on(&self) -> bool {
        self.open || self.in_state(InviteeState::Accepted).next().is_some()
    }

    /// Whether the deadline has come by this moment, its timeout event written or not.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.open && self.expires_at.is_some_and(|deadline| deadline <= now)
    }

    /// Whether this user may know of it: everyone of a group invitation, of a one-to-one
    /// invitation its two people alone.
    pub fn is_visible_to(&self, user: UserId) -> bool {
        self.group_id.is_some() || self.inviter == user || self.part(user).is_some()
    }

    /// The same without its parts, as the inviting verbs answer it.
    #[must_use]
    pub fn without_invitees(&self) -> Self {
        Self { invitees: None, ..self.clone() }
    }
}
