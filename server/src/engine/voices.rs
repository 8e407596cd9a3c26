//! Voices: a member's page connects to the unit that carries them, and leaves it.

use std::net::SocketAddr;
use std::sync::Arc;

use voice::{Joined, NotListening, SessionId, Voice};

use crate::config::VoiceConfig;
use crate::engine::Engine;
use crate::engine::sessions::Session;
use crate::error::Error;
use crate::live::rooms::Rooms;

/// Starts the unit. Who is heard in a group is told to whoever follows it.
pub(super) fn open(
    VoiceConfig { listening, limits }: VoiceConfig,
    rooms: Arc<Rooms>,
) -> Result<Voice, NotListening> {
    Voice::open(listening, limits, move |group, users| {
        // Nobody follows a group that is not in memory.
        if let Some(room) = rooms.get(group) {
            room.hears(users);
        }
    })
}

impl Engine {
    /// Where pages connect by voice; none where the server carries no voices.
    pub fn carries_voices(&self) -> Option<SocketAddr> {
        self.shared.voice.as_ref().map(Voice::address)
    }

    /// Answers the offer of a member's page.
    ///
    /// # Errors
    /// When voice is off here or in the class, or the offer is not answered.
    pub(crate) async fn join_voice(
        &self,
        session: &Session,
        offer: String,
    ) -> Result<Joined, Error> {
        let voice = self.shared.voice.as_ref().ok_or(Error::CarriesNoVoices)?;
        let room = &session.room;
        if room.with_group(|group| self.shared.application.voices(group).is_none()) {
            return Err(Error::NoVoice);
        }
        room.tell_voices(voice, self.shared.application.as_ref());
        Ok(voice.join(room.id(), session.user, offer).await?)
    }

    /// Ends a session of a member's page; none the less when there is no such one any more.
    pub(crate) async fn leave_voice(&self, session: &Session, id: SessionId) {
        if let Some(voice) = &self.shared.voice {
            voice.leave(session.room.id(), session.user, id).await;
        }
    }
}
