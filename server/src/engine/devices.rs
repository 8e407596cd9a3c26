//! The devices by which a member is in a class, and the end of one.

use std::net::IpAddr;

use sha2::{Digest, Sha256};
use signaling::GroupId;
use signaling::wire::Device;

use crate::engine::Engine;
use crate::engine::sessions::Session;
use crate::error::Error;
use crate::hex::hex;
use crate::identity::tokens::BrowserId;
use crate::limits::weight;
use crate::writer::job::SideEffect;

/// How a device is named: in each class otherwise, so that two members of two classes cannot be known to
/// use one.
fn name_of(browser: BrowserId, group_id: GroupId) -> String {
    let mut hash = Sha256::new();
    hash.update(group_id.as_bytes());
    hash.update(browser.as_bytes());
    hex(&hash.finalize()[..8])
}

impl Engine {
    /// The devices by which a member is in a class, the oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn devices_of(&self, session: &Session) -> Result<Vec<Device>, Error> {
        let (room, user) = (&session.room, session.user);
        let devices = self.shared.store.devices(room.id(), user).await?;
        let told = |(browser, since)| Device {
            device_id: name_of(browser, room.id()),
            since,
            streams: room.streams_of_device(browser, user),
            current: session.device == Some(browser),
        };
        Ok(devices.into_iter().map(told).collect())
    }

    /// Ends one of them: its token opens the class no more, and its streams end.
    ///
    /// # Errors
    /// When the member has no such device, or the commit failed.
    pub(crate) async fn end_device(
        &self,
        session: &Session,
        address: IpAddr,
        device: &str,
    ) -> Result<(), Error> {
        let (room, user) = (&session.room, session.user);
        let devices = self.shared.store.devices(room.id(), user).await?;
        let found = devices.into_iter().find(|(it, _)| name_of(*it, room.id()) == device);
        let (browser, _) = found.ok_or(Error::NoSuchDevice)?;
        self.shared.limits.write(address, weight::ADMISSION)?;
        self.submit(room.id(), None, vec![SideEffect::EndDevice { browser, user }], None).await?;
        Ok(())
    }
}
