//! What the two ends of a one-to-one invitation ask for: that it rings, that words are relayed, that
//! they are still there, and servers on the way to each other. Nothing of it is logged.

use signaling::wire::IceServers;
use signaling::{InviteId, Rejection, other_end};

use crate::engine::Engine;
use crate::engine::sessions::Session;
use crate::error::Error;

impl Engine {
    /// Those servers, for an end of a live one-to-one invitation.
    pub(crate) fn ice_servers(
        &self,
        session: &Session,
        invite_id: InviteId,
    ) -> Result<IceServers, Error> {
        let now = self.now();
        session.room.with_group(|group| {
            other_end(group, now, session.user, invite_id)?;
            // Only what goes on for a while, and has to show that it does, is helped on its way.
            let invitation = group.invitation(invite_id);
            let silence = invitation.and_then(|it| self.shared.application.silence(&it.data));
            silence.map(drop).ok_or(Rejection::NotPermitted)
        })?;
        Ok(self.shared.ice.servers_for(session.user, now, self.carries_voices().is_some()))
    }

    /// The member's device shows the invitation to them.
    pub(crate) fn ring(&self, session: &Session, invite_id: InviteId) -> Result<(), Error> {
        Ok(session.room.ring(session.user, invite_id, self.now())?)
    }

    /// Passes words on to the other end of a live one-to-one invitation.
    pub(crate) fn relay(
        &self,
        session: &Session,
        invite_id: InviteId,
        data: String,
    ) -> Result<(), Error> {
        self.shared.limits.relay(session.user)?;
        Ok(session.room.relay(session.user, invite_id, data, self.now())?)
    }

    /// The member is still there at their end of a live one-to-one invitation.
    pub(crate) fn keep_alive(&self, session: &Session, invite_id: InviteId) -> Result<(), Error> {
        let application = self.shared.application.as_ref();
        Ok(session.room.heard(session.user, invite_id, self.now(), application)?)
    }
}
