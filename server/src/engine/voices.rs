//! Voices: a member's page connects to the unit that carries them, and leaves it.

use std::net::SocketAddr;
use std::sync::Arc;

use signaling::{Group, InviteId, Rejection};
use voice::{Joined, NotListening, Refused, RoomId, SessionId, Voice};

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

    /// Answers the offer of a member's page: for the class, or for a call among several in which they are.
    ///
    /// # Errors
    /// When voice is off here or in the class, the member is not in the call, or the offer is not answered.
    pub(crate) async fn join_voice(
        &self,
        session: &Session,
        call: Option<InviteId>,
        offer: String,
    ) -> Result<Joined, Error> {
        let (room, application) = (&session.room, self.shared.application.as_ref());
        may_see(session, call)?;
        let voice = self.shared.voice.as_ref().ok_or(Error::CarriesNoVoices)?;
        room.with_group(|group| match call {
            None => application.voices(group).map(drop).ok_or(Error::NoVoice),
            Some(call) => {
                let meetings = application.meetings(group);
                let people = meetings.iter().find(|(it, _)| *it == call).map(|(_, people)| people);
                let is_in = people.is_some_and(|people| people.contains(&session.user));
                if is_in { Ok(()) } else { Err(Refused::NotInCall.into()) }
            }
        })?;
        room.tell_voices(voice, application);
        let place = RoomId { group: room.id(), call };
        let joined = voice.join(place, session.user, offer).await?;
        // Whoever was removed meanwhile had no session yet that could have been ended.
        if room.with_group(|group| group.member(session.user).is_none()) {
            voice.leave(place, session.user, joined.session).await;
            return Err(Rejection::NotSignedIn.into());
        }
        Ok(joined)
    }

    /// Ends a session of a member's page; none the less when there is no such one any more.
    ///
    /// # Errors
    /// When there is no such call.
    pub(crate) async fn leave_voice(
        &self,
        session: &Session,
        call: Option<InviteId>,
        id: Option<SessionId>,
    ) -> Result<(), Error> {
        may_see(session, call)?;
        // What names no session is over, like one that has ended by itself.
        if let (Some(voice), Some(id)) = (&self.shared.voice, id) {
            voice.leave(RoomId { group: session.room.id(), call }, session.user, id).await;
        }
        Ok(())
    }
}

/// A call is there for whoever may see its invitation.
fn may_see(session: &Session, call: Option<InviteId>) -> Result<(), Rejection> {
    let Some(call) = call else { return Ok(()) };
    let is_theirs =
        |group: &Group| group.invitation(call).is_some_and(|it| it.is_visible_to(session.user));
    let is_seen = session.room.with_group(is_theirs);
    if is_seen { Ok(()) } else { Err(Rejection::NoSuchInvitation) }
}
