//! The seam between the engine and what is built on it: an application may name the reason of a
//! finish that nobody explained, say what else must happen in the same commit as an event, and
//! read a log as the history of what it is about.

use crate::{
    Command, Event, Group, GroupId, Rejection, Settlement, Timestamp, apply, decide, settlement,
};

/// What an application makes of a group's log, as far as it was read. The engine keeps both texts
/// and reads neither.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The group in a few figures, for a list of many.
    pub summary: String,
    /// All that is needed to read on.
    pub state: String,
}

/// What is built on the engine. It reads `data`; the engine does not.
pub trait Application: Send + Sync + 'static {
    /// The reason recorded when a part of an invitation with this `data` is finished and nobody
    /// gave one.
    fn finish_reason(&self, data: &str) -> &'static str;

    /// What must follow from the event, in a group that has applied it. The commands are decided
    /// by the same rules as anybody's; one that the rules refuse does not happen.
    fn follow(&self, group: &Group, event: &Event) -> Vec<Command>;

    /// Reads on in a group's log: `state` is what came of the events before these, when there were
    /// any. None when the state is not one that this application can read: then the log is read
    /// from its beginning. An application without a history keeps nothing.
    fn read_on(&self, _group: GroupId, _state: Option<&str>, _events: &[Event]) -> Option<Reading> {
        Some(Reading::default())
    }

    /// The number of the form in which readings are kept. Those of another number are made anew.
    fn reading_version(&self) -> u32 {
        0
    }

    /// Whether a reason is the application's own, and no words of somebody's.
    fn knows_reason(&self, _reason: &str) -> bool {
        false
    }

    /// What of a `data` is the application's own and tells nothing about a person.
    fn keep_when_erased(&self, _data: &str) -> String {
        String::new()
    }
}

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The events, the application's included, already applied and in order.
    pub events: Vec<Event>,
    /// The parts the verb settled or found settled, when it was a verb on an invitation.
    pub settlement: Option<Settlement>,
}

/// Decides a command, applies what it makes happen, and then whatever the application says
/// follows.
///
/// # Errors
/// The rules' rejection; the group is as it was.
pub fn act(
    group: &mut Group,
    now: Timestamp,
    mut command: Command,
    application: &dyn Application,
) -> Result<Outcome, Rejection> {
    if let Command::Finish { invite_id, reason: reason @ None, .. } = &mut command
        && let Some(invitation) = group.invitation(*invite_id)
    {
        *reason = Some(application.finish_reason(&invitation.data).to_owned());
    }
    let mut events = decide(group, now, &command)?;
    for event in &events {
        apply(group, event);
    }
    let settlement = settlement(group, &command, &events);
    let mut next = 0;
    while let Some(event) = events.get(next) {
        for following in application.follow(group, event) {
            if let Ok(more) = decide(group, now, &following) {
                for event in &more {
                    apply(group, event);
                }
                events.extend(more);
            }
        }
        next += 1;
    }
    Ok(Outcome { events, settlement })
}
