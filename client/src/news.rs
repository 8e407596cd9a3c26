//! What somebody who follows a group is told.

use signaling::wire::{JoinCodeChanged, Relay, Ringing, StatusChange, VoiceChange};
use signaling::{Event, Snapshot};

/// What somebody who follows a group is told.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// The group from here on: at first, and whenever events may have been missed.
    Snapshot(Box<Snapshot>),
    /// What happened.
    Event(Event),
    /// Who came or went.
    Status(StatusChange),
    /// An invitee's device shows an invitation of one's own.
    Ringing(Ringing),
    /// A word from the other end of a one-to-one invitation.
    Relay(Relay),
    /// Who is heard.
    Voice(VoiceChange),
    /// The code that joins the group; for teachers.
    JoinCode(JoinCodeChanged),
}
