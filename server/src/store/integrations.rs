//! What the store keeps for integrations: which classes are theirs, the ids that they have for members,
//! and how far their webhooks have taken the log (a transactional outbox: the log itself is what is
//! delivered, and the store notes up to where).

use async_trait::async_trait;
use signaling::{GroupId, Timestamp, UserId};

use super::Failure;

/// How far a webhook has taken the log of a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outbox {
    /// Whose class it is.
    pub integration: String,
    /// The last event that was taken, or given up.
    pub delivered: u64,
    /// Since when nothing was taken; none while all is.
    pub failing_since: Option<Timestamp>,
}

/// What came of an attempt to deliver, as it is noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    /// All events up to this one were taken.
    Taken(u64),
    /// Nothing is taken since this moment.
    FailingSince(Timestamp),
    /// These events were given up.
    GivenUp(DeadLetter),
    /// A dead letter that begins with this event is not kept any more.
    Settled(u64),
}

/// Events in a row that a webhook did not take in the time it has: which, not what they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeadLetter {
    pub group_id: GroupId,
    pub first: u64,
    pub last: u64,
    /// What came of the last attempt.
    pub failure: String,
    pub at: Timestamp,
}

/// The reading side of it.
#[async_trait]
pub(crate) trait IntegrationReader: Send + Sync {
    /// The integration that began a class; none when people did, or there is no such class.
    async fn integration_of(&self, group_id: GroupId) -> Result<Option<String>, Failure>;

    /// For whom an integration's own id stands in a class.
    async fn member_of_own_id(
        &self,
        group_id: GroupId,
        id: &str,
    ) -> Result<Option<UserId>, Failure>;

    /// All own ids of a class, each with whom it stands for.
    async fn own_ids(&self, group_id: GroupId) -> Result<Vec<(String, UserId)>, Failure>;

    /// How far a class was delivered; none when it is no integration's.
    async fn outbox(&self, group_id: GroupId) -> Result<Option<Outbox>, Failure>;

    /// Some classes of integrations whose logs hold more than was delivered, in the order of their ids,
    /// after one of them.
    async fn undelivered(
        &self,
        after: Option<GroupId>,
        limit: u32,
    ) -> Result<Vec<GroupId>, Failure>;

    /// The dead letters of an integration, the oldest first, at most so many.
    async fn dead_letters(&self, integration: &str, limit: u32)
    -> Result<Vec<DeadLetter>, Failure>;

    /// One of them, with the integration whose it is.
    async fn dead_letter(
        &self,
        group_id: GroupId,
        first: u64,
    ) -> Result<Option<(String, DeadLetter)>, Failure>;
}
