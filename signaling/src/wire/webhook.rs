//! What the webhook of an integration is sent.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Event, GroupId, UserId};

/// A message: events of one group in a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookMessage {
    /// The integration that began the group.
    pub integration: String,
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// What happened, in its order. Whoever has taken a `seq` of the group before passes over it.
    pub events: Vec<Delivered>,
    /// The integration's own ids of those whom the events name, by their `userID`.
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, String>"))]
    pub ids: BTreeMap<UserId, String>,
    /// Who is asked something by these events, has yet to answer, and was not connected when the message
    /// was made.
    pub offline: Vec<UserId>,
}

/// An event, as streams tell it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Delivered {
    /// Its name.
    pub event: &'static str,
    /// What it says.
    pub data: Event,
}

impl From<&Event> for Delivered {
    fn from(event: &Event) -> Self {
        Self { event: event.kind.name(), data: event.clone() }
    }
}
