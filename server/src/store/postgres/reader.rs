//! The reading side of the PostgreSQL database: a pool for classes that go on, and one for the history.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use signaling::{Event, GroupId, Timestamp, UserId};
use sqlx::PgPool;

use super::deadline::within;
use super::lease::Lease;
use super::{credentials, history, homes, integrations, log, settings};
use crate::identity::tokens::{BrowserId, Held, Membership};
use crate::identity::{JoinCode, TokenHash};
use crate::nodes::Home;
use crate::store::classes::{Checkpoint, ClassFilter, ClassRow, Place};
use crate::store::integrations::{DeadLetter, IntegrationReader, Outbox};
use crate::store::{Failure, StoreReader};

/// The pools. Clones share them.
#[derive(Clone)]
pub(crate) struct PostgresReader {
    /// For classes that go on.
    pub(super) live: PgPool,
    /// For the history, which reads longer.
    pub(super) history: PgPool,
    /// Whether nothing has failed since something was written.
    pub(super) is_healthy: Arc<AtomicBool>,
    pub(super) lease: Arc<Lease>,
}

#[async_trait]
impl StoreReader for PostgresReader {
    async fn check(&self) -> Result<(), Failure> {
        if !self.is_healthy.load(Ordering::Relaxed) {
            return Err("the last write failed".into());
        }
        if self.lease.is_in_doubt() {
            return Err("the lease on the database has run out".into());
        }
        let ask = sqlx::query("SELECT 1 FROM class LIMIT 1").execute(&self.live);
        Ok(within(ask).await.map(drop)?)
    }

    async fn home(&self, group_id: GroupId) -> Result<Home, Failure> {
        if !self.lease.is_shared() {
            return Ok(Home::Here);
        }
        Ok(within(homes::home(&self.live, self.lease.hold(), group_id)).await?)
    }

    fn is_in_doubt(&self) -> bool {
        self.lease.is_in_doubt()
    }

    fn doubts(&self) -> u64 {
        self.lease.late()
    }

    async fn release(&self) -> Result<(), Failure> {
        if self.lease.is_shared() {
            Ok(within(self.lease.release(&self.live)).await?)
        } else {
            Ok(())
        }
    }

    fn announce(&self, address: SocketAddr) {
        self.lease.note(address);
    }

    async fn remove_old_copies(&self, _: Timestamp, _: Option<u32>) -> Result<(), Failure> {
        // Copies of a database are made by whoever runs PostgreSQL.
        Ok(())
    }

    async fn group_of_code(&self, code: &JoinCode) -> Result<Option<GroupId>, Failure> {
        Ok(within(log::group_of_code(&self.live, code)).await?)
    }

    async fn has_group(&self, group_id: GroupId) -> Result<bool, Failure> {
        Ok(within(log::has_group(&self.live, group_id)).await?)
    }

    async fn token(&self, token: TokenHash) -> Result<Option<Held>, Failure> {
        Ok(within(credentials::token(&self.live, token)).await?)
    }

    async fn memberships(
        &self,
        browser: BrowserId,
        group_id: GroupId,
    ) -> Result<Vec<Membership>, Failure> {
        Ok(within(credentials::memberships(&self.live, browser, group_id)).await?)
    }

    async fn is_elsewhere(&self, held: Held, group_id: GroupId) -> Result<bool, Failure> {
        Ok(within(credentials::is_elsewhere(&self.live, held, group_id)).await?)
    }

    async fn handover(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> Result<Option<(GroupId, UserId)>, Failure> {
        Ok(within(credentials::handover(&self.live, token, now)).await?)
    }

    async fn setting(&self, name: &str) -> Result<Option<String>, Failure> {
        Ok(within(settings::setting(&self.live, name)).await?)
    }

    async fn has_session(
        &self,
        token: TokenHash,
        password: TokenHash,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        Ok(within(credentials::has_session(&self.live, token, password, now)).await?)
    }

    async fn classes(
        &self,
        filter: &ClassFilter,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<ClassRow>, Failure> {
        Ok(within(history::classes(&self.history, filter, after, limit)).await?)
    }

    async fn totals(&self, filter: &ClassFilter) -> Result<(u64, u64), Failure> {
        Ok(within(history::totals(&self.history, filter)).await?)
    }

    async fn class(&self, group_id: GroupId) -> Result<Option<ClassRow>, Failure> {
        Ok(within(history::class(&self.history, group_id)).await?)
    }

    async fn classes_of(
        &self,
        held: Held,
        are_over: bool,
        limit: u32,
    ) -> Result<Vec<(ClassRow, UserId)>, Failure> {
        Ok(within(history::classes_of(&self.history, held, are_over, limit)).await?)
    }

    async fn checkpoint(
        &self,
        class: &ClassRow,
        version: u32,
    ) -> Result<Option<Checkpoint>, Failure> {
        Ok(within(history::checkpoint(&self.history, class, version)).await?)
    }

    async fn checkpoint_size(
        &self,
        class: &ClassRow,
        version: u32,
    ) -> Result<Option<(u64, u64)>, Failure> {
        Ok(within(history::checkpoint_size(&self.history, class, version)).await?)
    }

    async fn summary(&self, class: &ClassRow, version: u32) -> Result<Option<String>, Failure> {
        Ok(within(history::summary(&self.history, class, version)).await?)
    }

    async fn events(
        &self,
        group_id: GroupId,
        after: u64,
        through: u64,
        limit: u32,
    ) -> Result<Vec<Event>, Failure> {
        Ok(within(history::events(&self.history, group_id, after, through, limit)).await?)
    }

    async fn member_events(&self, group_id: GroupId, before: u64) -> Result<Vec<Event>, Failure> {
        Ok(within(history::member_events(&self.history, group_id, before)).await?)
    }

    async fn count_members(&self, group_id: GroupId) -> Result<u32, Failure> {
        Ok(within(history::count_members(&self.history, group_id)).await?)
    }

    async fn person_events(&self, group_id: GroupId, user: UserId) -> Result<Vec<Event>, Failure> {
        Ok(within(history::person_events(&self.history, group_id, user)).await?)
    }

    async fn devices(
        &self,
        group_id: GroupId,
        user: UserId,
    ) -> Result<Vec<(BrowserId, Timestamp)>, Failure> {
        Ok(within(history::devices(&self.history, group_id, user)).await?)
    }

    async fn still_since(
        &self,
        moment: Timestamp,
        limit: u32,
    ) -> Result<Vec<(GroupId, u64)>, Failure> {
        Ok(within(history::still_since(&self.history, moment, limit)).await?)
    }

    async fn ended_before(&self, moment: Timestamp) -> Result<u64, Failure> {
        Ok(within(history::count_ended_before(&self.history, moment)).await?)
    }
}

#[async_trait]
impl IntegrationReader for PostgresReader {
    async fn integration_of(&self, group_id: GroupId) -> Result<Option<String>, Failure> {
        Ok(within(integrations::integration_of(&self.live, group_id)).await?)
    }

    async fn member_of_own_id(
        &self,
        group_id: GroupId,
        id: &str,
    ) -> Result<Option<UserId>, Failure> {
        Ok(within(integrations::member_of_own_id(&self.live, group_id, id)).await?)
    }

    async fn own_ids(&self, group_id: GroupId) -> Result<Vec<(String, UserId)>, Failure> {
        Ok(within(integrations::own_ids(&self.live, group_id)).await?)
    }

    async fn outbox(&self, group_id: GroupId) -> Result<Option<Outbox>, Failure> {
        Ok(within(integrations::outbox(&self.live, group_id)).await?)
    }

    async fn undelivered(
        &self,
        after: Option<GroupId>,
        limit: u32,
    ) -> Result<Vec<GroupId>, Failure> {
        Ok(within(integrations::undelivered(&self.history, after, limit)).await?)
    }

    async fn dead_letters(
        &self,
        integration: &str,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, Failure> {
        Ok(within(integrations::dead_letters(&self.history, integration, limit)).await?)
    }

    async fn dead_letter(
        &self,
        group_id: GroupId,
        first: u64,
    ) -> Result<Option<(String, DeadLetter)>, Failure> {
        Ok(within(integrations::dead_letter(&self.live, group_id, first)).await?)
    }
}
