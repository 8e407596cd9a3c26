//! The seam between the engine and what is built on it: an application may name the reason of a
//! finish that nobody explained, and say what else must happen in the same commit as an event.

use crate::{Command, Event, Group, Rejection, Settlement, Timestamp, apply, decide, settlement};

/// What is built on the engine. It reads `data`; the engine does not.
pub trait Application: Send + Sync + 'static {
    /// The reason recorded when a part of an invitation with this `data` is finished and nobody
    /// gave one.
    fn finish_reason(&self, data: &str) -> &'static str;

    /// What must follow from the event, in a group that has applied it. The commands are decided
    /// by the same rules as anybody's; one that the rules refuse does not happen.
    fn follow(&self, group: &Group, event: &Event) -> Vec<Command>;
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
