//! What the panel of calls shows, made of the call that goes on and of what this page is doing.

use call::{Call, Media, Stage};
use signaling::{InviteId, UserId};

use crate::room::call::calling::Calling;
use crate::room::call::devices::{DeviceTrouble, Sends};
use crate::room::live::{Connection, Live};
use crate::room::reactive::Source;

/// How much later than its time a call may still ring here: the server tells when it has stopped,
/// but not to a page that is out of touch.
const LATE_SECONDS: u32 = 3;

/// What this page is doing that the class does not know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Local {
    /// Nothing.
    Idle,
    /// It asks for the devices, to call or to answer.
    Preparing(Wanted),
    /// The devices cannot be had.
    Refused(Wanted, DeviceTrouble),
    /// A call is over, and this is told of it.
    Over(Over),
}

/// A call that is to be placed or answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The other one.
    pub who: UserId,
    /// What it is to carry.
    pub media: Media,
    /// The call that is answered; none when one is placed.
    pub answers: Option<InviteId>,
    /// What this page let out in it before it was loaded anew, and comes back to; none when it does
    /// not come back.
    pub comes_back: Option<Sends>,
}

/// What is told of a call that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    /// One sentence.
    pub sentence: String,
    /// How long it lasted, when it was answered.
    pub lasted: Option<String>,
    /// Whose other call is in the way, where this teacher may end it.
    pub engaged: Option<UserId>,
}

/// What the panel shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Nothing.
    Free,
    /// The devices are asked for.
    Preparing(Wanted),
    /// They cannot be had.
    Refused(Wanted, DeviceTrouble),
    /// This page calls, and nobody has answered yet.
    Calling(Call),
    /// Somebody calls.
    Rung(Call),
    /// This page is in a call.
    Talking(Call),
    /// The call is another tab's or device's.
    Elsewhere(Call),
    /// One is over.
    Over(Over),
}

/// The call that goes on, as far as it is one for this page: not when it was ended here, when the
/// class is over, or when it has rung for too long.
pub fn call_here(live: Live, calling: Calling, left: Source<Option<InviteId>>) -> Option<Call> {
    if matches!(live.connection.get(), Connection::Ended | Connection::Removed) {
        return None;
    }
    let call = calling.call.get()?;
    let rings_on = match call.stage {
        Stage::Ringing { until: Some(until) } => live.now.get() < until.plus_seconds(LATE_SECONDS),
        Stage::Ringing { until: None } | Stage::Answered { .. } => true,
    };
    (rings_on && left.get() != Some(call.invite_id)).then_some(call)
}

/// Whether a call is this tab's.
pub fn is_mine(call: &Call, me: UserId, name: &str) -> bool {
    let by = match &call.stage {
        _ if call.caller == me => &call.room,
        Stage::Answered { device, .. } => device,
        Stage::Ringing { .. } => return false,
    };
    by.split('/').next() == Some(name)
}

/// What is shown.
pub fn phase_of(call: Option<Call>, local: Local, me: UserId, name: &str) -> Phase {
    let Some(call) = call else {
        return match local {
            Local::Idle => Phase::Free,
            Local::Preparing(wanted) => Phase::Preparing(wanted),
            Local::Refused(wanted, trouble) => Phase::Refused(wanted, trouble),
            Local::Over(over) => Phase::Over(over),
        };
    };
    let is_here = is_mine(&call, me, name);
    match (local, call.is_ringing()) {
        (Local::Refused(wanted, trouble), ringing)
            if wanted.answers == Some(call.invite_id) && (ringing || is_here) =>
        {
            Phase::Refused(wanted, trouble)
        }
        (Local::Preparing(wanted), true) if wanted.answers == Some(call.invite_id) => {
            Phase::Preparing(wanted)
        }
        (_, true) if call.callee == me => Phase::Rung(call),
        (_, true) if is_here => Phase::Calling(call),
        (_, false) if is_here => Phase::Talking(call),
        (_, _) => Phase::Elsewhere(call),
    }
}
