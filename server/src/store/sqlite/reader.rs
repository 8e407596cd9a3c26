//! The reading side of the SQLite file: pools of connections that never block the writer.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use signaling::{Event, GroupId, Timestamp, UserId};
use sqlx::sqlite::SqlitePool;

use super::lock::Lock;
use super::{before, credentials, history, integrations, log, settings};
use crate::identity::tokens::{BrowserId, Held, Membership};
use crate::identity::{JoinCode, TokenHash};
use crate::store::classes::{Checkpoint, ClassFilter, ClassRow, Place};
use crate::store::integrations::{DeadLetter, IntegrationReader, Outbox};
use crate::store::log::Loaded;
use crate::store::{Failure, StoreReader};

/// The pools. Clones share them.
#[derive(Clone)]
pub(crate) struct SqliteReader {
    /// For classes that go on.
    pub(super) live: SqlitePool,
    /// For the history, which reads longer.
    pub(super) history: SqlitePool,
    /// Whether nothing has failed since something was written.
    pub(super) is_healthy: Arc<AtomicBool>,
    pub(super) path: PathBuf,
    pub(super) lock: Arc<Lock>,
}

impl SqliteReader {
    /// The group's log, code and credentials; none when there is no such group.
    pub async fn load(&self, group_id: GroupId) -> Result<Option<Loaded>, sqlx::Error> {
        log::load(&mut *self.live.acquire().await?, group_id).await
    }

    /// All events of the group's log after one.
    pub async fn events_after(
        &self,
        group_id: GroupId,
        seq: u64,
    ) -> Result<Vec<Event>, sqlx::Error> {
        history::events(&self.history, group_id, seq, u64::MAX, u32::MAX).await
    }
}

#[async_trait]
impl StoreReader for SqliteReader {
    async fn check(&self) -> Result<(), Failure> {
        if !self.is_healthy.load(Ordering::Relaxed) {
            return Err("the last write failed".into());
        }
        Ok(sqlx::query("SELECT 1 FROM class LIMIT 1").execute(&self.live).await.map(drop)?)
    }

    fn announce(&self, address: SocketAddr) {
        // Without it the server is only harder to find for whoever starts a second one.
        let _ = self.lock.note(Some(address));
    }

    async fn remove_old_copies(
        &self,
        now: Timestamp,
        keep_days: Option<u32>,
    ) -> Result<(), Failure> {
        Ok(before::remove_old(&self.path, now, keep_days)?)
    }

    async fn group_of_code(&self, code: &JoinCode) -> Result<Option<GroupId>, Failure> {
        Ok(log::group_of_code(&self.live, code).await?)
    }

    async fn has_group(&self, group_id: GroupId) -> Result<bool, Failure> {
        Ok(log::has_group(&self.live, group_id).await?)
    }

    async fn token(&self, token: TokenHash) -> Result<Option<Held>, Failure> {
        Ok(credentials::token(&self.live, token).await?)
    }

    async fn memberships(
        &self,
        browser: BrowserId,
        group_id: GroupId,
    ) -> Result<Vec<Membership>, Failure> {
        Ok(credentials::memberships(&self.live, browser, group_id).await?)
    }

    async fn is_elsewhere(&self, held: Held, group_id: GroupId) -> Result<bool, Failure> {
        Ok(credentials::is_elsewhere(&self.live, held, group_id).await?)
    }

    async fn handover(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> Result<Option<(GroupId, UserId)>, Failure> {
        Ok(credentials::handover(&self.live, token, now).await?)
    }

    async fn setting(&self, name: &str) -> Result<Option<String>, Failure> {
        Ok(settings::setting(&self.live, name).await?)
    }

    async fn has_session(
        &self,
        token: TokenHash,
        password: TokenHash,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        Ok(credentials::has_session(&self.live, token, password, now).await?)
    }

    async fn classes(
        &self,
        filter: &ClassFilter,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<ClassRow>, Failure> {
        Ok(history::classes(&self.history, filter, after, limit).await?)
    }

    async fn totals(&self, filter: &ClassFilter) -> Result<(u64, u64), Failure> {
        Ok(history::totals(&self.history, filter).await?)
    }

    async fn class(&self, group_id: GroupId) -> Result<Option<ClassRow>, Failure> {
        Ok(history::class(&self.history, group_id).await?)
    }

    async fn classes_of(
        &self,
        held: Held,
        are_over: bool,
        limit: u32,
    ) -> Result<Vec<(ClassRow, UserId)>, Failure> {
        Ok(history::classes_of(&self.history, held, are_over, limit).await?)
    }

    async fn checkpoint(
        &self,
        class: &ClassRow,
        version: u32,
    ) -> Result<Option<Checkpoint>, Failure> {
        Ok(history::checkpoint(&self.history, class, version).await?)
    }

    async fn checkpoint_size(
        &self,
        class: &ClassRow,
        version: u32,
    ) -> Result<Option<(u64, u64)>, Failure> {
        Ok(history::checkpoint_size(&self.history, class, version).await?)
    }

    async fn summary(&self, class: &ClassRow, version: u32) -> Result<Option<String>, Failure> {
        Ok(history::summary(&self.history, class, version).await?)
    }

    async fn events(
        &self,
        group_id: GroupId,
        after: u64,
        through: u64,
        limit: u32,
    ) -> Result<Vec<Event>, Failure> {
        Ok(history::events(&self.history, group_id, after, through, limit).await?)
    }

    async fn member_events(&self, group_id: GroupId, before: u64) -> Result<Vec<Event>, Failure> {
        Ok(history::member_events(&self.history, group_id, before).await?)
    }

    async fn count_members(&self, group_id: GroupId) -> Result<u32, Failure> {
        Ok(history::count_members(&self.history, group_id).await?)
    }

    async fn person_events(&self, group_id: GroupId, user: UserId) -> Result<Vec<Event>, Failure> {
        Ok(history::person_events(&self.history, group_id, user).await?)
    }

    async fn devices(
        &self,
        group_id: GroupId,
        user: UserId,
    ) -> Result<Vec<(BrowserId, Timestamp)>, Failure> {
        Ok(history::devices(&self.history, group_id, user).await?)
    }

    async fn still_since(
        &self,
        moment: Timestamp,
        limit: u32,
    ) -> Result<Vec<(GroupId, u64)>, Failure> {
        Ok(history::still_since(&self.history, moment, limit).await?)
    }

    async fn ended_before(&self, moment: Timestamp) -> Result<u64, Failure> {
        Ok(history::count_ended_before(&self.history, moment).await?)
    }
}

#[async_trait]
impl IntegrationReader for SqliteReader {
    async fn integration_of(&self, group_id: GroupId) -> Result<Option<String>, Failure> {
        Ok(integrations::integration_of(&self.live, group_id).await?)
    }

    async fn member_of_own_id(
        &self,
        group_id: GroupId,
        id: &str,
    ) -> Result<Option<UserId>, Failure> {
        Ok(integrations::member_of_own_id(&self.live, group_id, id).await?)
    }

    async fn own_ids(&self, group_id: GroupId) -> Result<Vec<(String, UserId)>, Failure> {
        Ok(integrations::own_ids(&self.live, group_id).await?)
    }

    async fn outbox(&self, group_id: GroupId) -> Result<Option<Outbox>, Failure> {
        Ok(integrations::outbox(&self.live, group_id).await?)
    }

    async fn undelivered(
        &self,
        after: Option<GroupId>,
        limit: u32,
    ) -> Result<Vec<GroupId>, Failure> {
        Ok(integrations::undelivered(&self.history, after, limit).await?)
    }

    async fn dead_letters(
        &self,
        integration: &str,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, Failure> {
        Ok(integrations::dead_letters(&self.history, integration, limit).await?)
    }

    async fn dead_letter(
        &self,
        group_id: GroupId,
        first: u64,
    ) -> Result<Option<(String, DeadLetter)>, Failure> {
        Ok(integrations::dead_letter(&self.live, group_id, first).await?)
    }
}
