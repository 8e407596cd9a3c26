//! The seam between the engine and what is built on it: an application may add settings to a class,
//! refuse a command that the rules allow, name the reason of a finish that nobody explained, say what else must happen in
//! the same commit as an event, and read a log as the history of what it is about. Applications of
//! one engine stand beside each other as a pair.

use crate::{
    Command, Event, Group, GroupId, Rejection, Settlement, Switch, Timestamp, apply, decide,
    settlement,
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

/// Reads a group's log as the history of what it is about, event by event.
pub trait LogReader: Send {
    /// Reads the next event.
    fn read(&mut self, event: &Event);

    /// What came of all that was read.
    fn reading(&self) -> Reading;
}

/// What reads the log for an application that has no history.
#[derive(Debug, Clone, Copy, Default)]
struct NoHistory;

impl LogReader for NoHistory {
    fn read(&mut self, _: &Event) {}

    fn reading(&self) -> Reading {
        Reading::default()
    }
}

/// What is built on the engine. It reads `data`; the engine does not.
pub trait Application: Send + Sync + 'static {
    /// The reason recorded when a part of an invitation with this `data` is finished and nobody
    /// gave one; none when the `data` is not this application's.
    fn finish_reason(&self, data: &str) -> Option<&'static str>;

    /// What must follow from the event, in a group that has applied it. The commands are decided
    /// by the same rules as anybody's; one that the rules refuse does not happen.
    fn follow(&self, group: &Group, event: &Event) -> Vec<Command>;

    /// The switches that it adds to the settings of a class. Whatever else is named in a change of
    /// settings is refused before it becomes a command.
    fn switches(&self) -> Vec<Switch> {
        Vec::new()
    }

    /// Why somebody's command, which the engine's rules allow in the group as it is at this moment,
    /// is not to happen all the same: one of the engine's rejections, or a [`Refusal`] of its own.
    ///
    /// [`Refusal`]: crate::Refusal
    fn refuse(&self, _group: &Group, _now: Timestamp, _command: &Command) -> Option<Rejection> {
        None
    }

    /// How long an end of a one-to-one invitation with this `data` may go without a sign of life,
    /// in seconds, before the invitation is over; none when it needs none.
    fn silence(&self, _data: &str) -> Option<u32> {
        None
    }

    /// What reads on in a group's log: `state` is what came of the events before, when there were
    /// any. None when the state is not one that this application can read: then the log is read
    /// from its beginning. An application without a history keeps nothing.
    fn log_reader(&self, _group: GroupId, _state: Option<&str>) -> Option<Box<dyn LogReader>> {
        Some(Box::new(NoHistory))
    }

    /// The number of the form in which readings are kept. Those of another number are made anew.
    fn reading_version(&self) -> u32 {
        0
    }

    /// Whether a reason is the application's own, and no words of somebody's.
    fn knows_reason(&self, _reason: &str) -> bool {
        false
    }

    /// What of a `data` is the application's own and tells nothing about a person; none when the
    /// `data` is not this application's.
    fn keep_when_erased(&self, _data: &str) -> Option<String> {
        None
    }
}

/// Two applications of one engine. What only one can answer, the first is asked first; the history
/// is the first's.
impl<A: Application, B: Application> Application for (A, B) {
    fn finish_reason(&self, data: &str) -> Option<&'static str> {
        self.0.finish_reason(data).or_else(|| self.1.finish_reason(data))
    }

    fn follow(&self, group: &Group, event: &Event) -> Vec<Command> {
        let mut commands = self.0.follow(group, event);
        commands.extend(self.1.follow(group, event));
        commands
    }

    fn switches(&self) -> Vec<Switch> {
        let mut switches = self.0.switches();
        switches.extend(self.1.switches());
        switches
    }

    fn refuse(&self, group: &Group, now: Timestamp, command: &Command) -> Option<Rejection> {
        self.0.refuse(group, now, command).or_else(|| self.1.refuse(group, now, command))
    }

    fn silence(&self, data: &str) -> Option<u32> {
        self.0.silence(data).or_else(|| self.1.silence(data))
    }

    fn log_reader(&self, group: GroupId, state: Option<&str>) -> Option<Box<dyn LogReader>> {
        self.0.log_reader(group, state)
    }

    fn reading_version(&self) -> u32 {
        self.0.reading_version()
    }

    fn knows_reason(&self, reason: &str) -> bool {
        self.0.knows_reason(reason) || self.1.knows_reason(reason)
    }

    fn keep_when_erased(&self, data: &str) -> Option<String> {
        self.0.keep_when_erased(data).or_else(|| self.1.keep_when_erased(data))
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
/// The rules' or the application's rejection; the group is as it was.
pub fn act(
    group: &mut Group,
    now: Timestamp,
    mut command: Command,
    application: &dyn Application,
) -> Result<Outcome, Rejection> {
    if let Command::Finish { invite_id, reason: reason @ None, .. } = &mut command
        && let Some(invitation) = group.invitation(*invite_id)
    {
        *reason = application.finish_reason(&invitation.data).map(str::to_owned);
    }
    let mut events = decide(group, now, &command)?;
    if let Some(rejection) = application.refuse(group, now, &command) {
        return Err(rejection);
    }
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
