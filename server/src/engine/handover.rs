//! Links by which a teacher goes on with another device: good once, for a quarter of an hour.

use std::net::IpAddr;

use signaling::{GroupId, Rejection, Role, Timestamp, UserId};

use crate::engine::Engine;
use crate::engine::sessions::Session;
use crate::error::Error;
use crate::identity::{Entrance, Token};
use crate::writer::job::SideEffect;

/// How long a link to go on with another device is good for, in seconds.
const HANDOVER_SECONDS: u32 = 15 * 60;

/// A link by which a teacher goes on with another device, once.
pub struct Handover {
    /// The secret of the link.
    pub token: Token,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

impl Engine {
    /// A link for the teacher to go on with another device: good once, for fifteen minutes, and
    /// until they ask for another one or teach the class no more.
    ///
    /// # Errors
    /// When the member is no teacher.
    pub async fn hand_over(&self, session: &Session, address: IpAddr) -> Result<Handover, Error> {
        if session.room.with_group(|group| group.ended) {
            return Err(Rejection::Ended.into());
        }
        if session.role() != Some(Role::Teacher) {
            return Err(Rejection::TeachersOnly.into());
        }
        self.shared.limits.take_over(address)?;
        let token = Token::new();
        let expires_at = self.now().plus_seconds(HANDOVER_SECONDS);
        let effect = SideEffect::Handover { token: token.hash(), user: session.user, expires_at };
        self.submit(session.room.id(), None, vec![effect], None).await?;
        Ok(Handover { token, expires_at })
    }

    /// The group into which a handover link leads, and its teacher, while it is good.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn handover_leads_to(
        &self,
        handover: &Token,
    ) -> Result<Option<(GroupId, UserId)>, Error> {
        Ok(self.shared.store.handover(handover.hash(), self.now()).await?)
    }

    /// Uses a handover link up: its teacher comes in by `entrance`.
    ///
    /// # Errors
    /// When the link was used before or is too old, its teacher is none any more, or too many links
    /// were used from this address.
    pub async fn take_over(
        &self,
        address: IpAddr,
        handover: &Token,
        entrance: Entrance<'_>,
    ) -> Result<GroupId, Error> {
        let hash = handover.hash();
        let found = self.shared.store.handover(hash, self.now()).await?;
        let (group_id, user) = found.ok_or(Error::NotSignedIn)?;
        self.shared.limits.take_over(address)?;
        let admission = self.admission(entrance).await?;
        let effects = vec![SideEffect::Take { handover: hash, admission, user }];
        self.submit(group_id, None, effects, None).await?;
        Ok(group_id)
    }
}
