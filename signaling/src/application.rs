//! The seam between the engine and what is built on it: an application may add settings to a class,
//! refuse a command that the rules allow, name the reason of a finish that nobody explained, say what else must happen in
//! the same commit as an event, and read a log as the history of what it is about. Applications of
//! one engine stand beside each other as a pair.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::event::{Performed, ReceiveNewInvitation};
use crate::{
    Command, Event, EventKind, Group, GroupId, Invitation, InviteId, Rejection, Setting,
    Settlement, Timestamp, UserId, apply, decide, settlement,
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

/// What somebody performs, and what is known at that moment beside the group.
#[derive(Debug, Clone, Copy)]
pub struct Performing<'a> {
    /// When it is decided.
    pub now: Timestamp,
    /// Who performs it.
    pub actor: UserId,
    /// The application's string.
    pub data: &'a str,
    /// The first of the new ids for invitations.
    pub fresh: InviteId,
    /// Which members are connected.
    pub here: &'a BTreeSet<UserId>,
}

/// What an application makes of a string that somebody performs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Performance {
    /// The commands, in order. One that the rules refuse does not happen, as somebody else was
    /// first; when nothing happens at all the first refusal is that of the whole.
    pub commands: Vec<Command>,
    /// Which of them can be undone, together.
    pub undoable: Range<usize>,
    /// What they were, as `onPerformed` tells it.
    pub data: String,
}

/// What is built on the engine. It reads `data`; the engine does not.
pub trait Application: Send + Sync + 'static {
    /// The reason recorded when a part of an invitation with this `data` is finished and nobody
    /// gave one; none when the `data` is not this application's.
    fn finish_reason(&self, data: &str) -> Option<&'static str>;

    /// What must follow from the event, in a group that has applied it. The commands are decided
    /// by the same rules as anybody's; one that the rules refuse does not happen.
    fn follow(&self, group: &Group, event: &Event) -> Vec<Command>;

    /// Whether snapshots go on telling an invitation once it has closed, until it is cleared.
    fn stays(&self, _group: &Group, _new: &ReceiveNewInvitation) -> bool {
        false
    }

    /// What a string means as something that a member performs, in the group as it is at this moment;
    /// none when it is not this application's.
    fn perform(
        &self,
        _group: &Group,
        _performing: &Performing<'_>,
    ) -> Option<Result<Performance, Rejection>> {
        None
    }

    /// What it adds to the settings of a class. Whatever else is named in a change of settings is
    /// refused before it becomes a command.
    fn settings(&self) -> Vec<Setting> {
        Vec::new()
    }

    /// The next moment at which it ends something by itself; none when there is nothing to end. It is
    /// asked with each commit.
    fn deadline(&self, _group: &Group) -> Option<Timestamp> {
        None
    }

    /// The commands that end what is to end by this moment. Whatever they are about must have no
    /// [`deadline`](Self::deadline) after them.
    fn expire(&self, _group: &Group, _now: Timestamp) -> Vec<Command> {
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

    /// Who is at an end of what an invitation began and has to give signs of life as often as
    /// [`silence`](Self::silence) says. Without a word of the application's that is nobody but the two
    /// of a one-to-one invitation that was accepted.
    fn ends(&self, _group: &Group, _invitation: &Invitation) -> Vec<UserId> {
        Vec::new()
    }

    /// The commands that end it for one of several [`ends`](Self::ends) who has been silent for too long.
    fn lost(&self, _group: &Group, _invitation: &Invitation, _user: UserId) -> Vec<Command> {
        Vec::new()
    }

    /// The invitations by which members hear and see each other over the server, each with those
    /// who do. It is asked with each commit.
    fn meetings(&self, _group: &Group) -> Vec<(InviteId, Vec<UserId>)> {
        Vec::new()
    }

    /// Who of the group may be heard by all of it, those first who are heard before others; none when
    /// the group has no voice, and nobody is heard or listens. It is asked with each commit.
    fn voices(&self, _group: &Group) -> Option<Vec<UserId>> {
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

    fn stays(&self, group: &Group, new: &ReceiveNewInvitation) -> bool {
        self.0.stays(group, new) || self.1.stays(group, new)
    }

    fn perform(
        &self,
        group: &Group,
        performing: &Performing<'_>,
    ) -> Option<Result<Performance, Rejection>> {
        self.0.perform(group, performing).or_else(|| self.1.perform(group, performing))
    }

    fn settings(&self) -> Vec<Setting> {
        let mut settings = self.0.settings();
        settings.extend(self.1.settings());
        settings
    }

    fn deadline(&self, group: &Group) -> Option<Timestamp> {
        self.0.deadline(group).into_iter().chain(self.1.deadline(group)).min()
    }

    fn expire(&self, group: &Group, now: Timestamp) -> Vec<Command> {
        let mut commands = self.0.expire(group, now);
        commands.extend(self.1.expire(group, now));
        commands
    }

    fn refuse(&self, group: &Group, now: Timestamp, command: &Command) -> Option<Rejection> {
        self.0.refuse(group, now, command).or_else(|| self.1.refuse(group, now, command))
    }

    fn silence(&self, data: &str) -> Option<u32> {
        self.0.silence(data).or_else(|| self.1.silence(data))
    }

    fn ends(&self, group: &Group, invitation: &Invitation) -> Vec<UserId> {
        let ends = self.0.ends(group, invitation);
        if ends.is_empty() { self.1.ends(group, invitation) } else { ends }
    }

    fn lost(&self, group: &Group, invitation: &Invitation, user: UserId) -> Vec<Command> {
        let mut commands = self.0.lost(group, invitation, user);
        commands.extend(self.1.lost(group, invitation, user));
        commands
    }

    fn meetings(&self, group: &Group) -> Vec<(InviteId, Vec<UserId>)> {
        let mut meetings = self.0.meetings(group);
        meetings.extend(self.1.meetings(group));
        meetings
    }

    fn voices(&self, group: &Group) -> Option<Vec<UserId>> {
        self.0.voices(group).or_else(|| self.1.voices(group))
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
    command: Command,
    application: &dyn Application,
) -> Result<Outcome, Rejection> {
    let mut events = Vec::new();
    let settlement = carry_out(group, now, command.clone(), application, &mut events)?;
    if let Command::Perform { actor, data, fresh, here } = &command {
        let performing = Performing { now, actor: *actor, data, fresh: *fresh, here };
        let performance = application.perform(group, &performing);
        let performance = performance.unwrap_or(Err(Rejection::NothingToPerform))?;
        perform(group, now, *actor, performance, application, &mut events)?;
    }
    if command == Command::Expire {
        for command in application.expire(group, now) {
            // Another one may have ended it in this commit.
            let _ = carry_out(group, now, command, application, &mut events);
        }
    }
    Ok(Outcome { events, settlement })
}

/// The next moment at which something times out in a group, or ends by itself.
pub fn next_deadline(group: &Group, application: &dyn Application) -> Option<Timestamp> {
    group.next_deadline().into_iter().chain(application.deadline(group)).min()
}

/// Decides a command, applies it and what follows, and adds the events to those that there are.
fn carry_out(
    group: &mut Group,
    now: Timestamp,
    mut command: Command,
    application: &dyn Application,
    events: &mut Vec<Event>,
) -> Result<Option<Settlement>, Rejection> {
    if let Command::Finish { invite_id, reason: reason @ None, .. } = &mut command
        && let Some(invitation) = group.invitation(*invite_id)
    {
        *reason = application.finish_reason(&invitation.data).map(str::to_owned);
    }
    let decided = decided(group, now, &command, application)?;
    if let Some(rejection) = application.refuse(group, now, &command) {
        return Err(rejection);
    }
    for event in &decided {
        apply(group, event);
    }
    let settlement = settlement(group, &command, &decided);
    let mut next = events.len();
    events.extend(decided);
    while let Some(event) = events.get(next) {
        for following in application.follow(group, event) {
            if let Ok(more) = self::decided(group, now, &following, application) {
                for event in &more {
                    apply(group, event);
                }
                events.extend(more);
            }
        }
        next += 1;
    }
    Ok(settlement)
}

/// What a command makes happen, with what the application says of the invitations that it makes.
fn decided(
    group: &Group,
    now: Timestamp,
    command: &Command,
    application: &dyn Application,
) -> Result<Vec<Event>, Rejection> {
    let mut events = decide(group, now, command)?;
    for event in &mut events {
        if let EventKind::ReceiveNewInvitation(new) = &mut event.kind {
            new.stays = application.stays(group, new).then_some(true);
        }
    }
    Ok(events)
}

/// Carries out several commands as one.
fn perform(
    group: &mut Group,
    now: Timestamp,
    actor: UserId,
    performance: Performance,
    application: &dyn Application,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let Performance { commands, undoable, data } = performance;
    let mut refused = None;
    let mut done: Option<(u64, u64)> = None;
    for (place, command) in commands.into_iter().enumerate() {
        let before = group.seq;
        if let Err(rejection) = carry_out(group, now, command, application, events) {
            refused.get_or_insert(rejection);
        }
        if undoable.contains(&place) && group.seq > before {
            let first = done.map_or(before + 1, |(first, _)| first);
            done = Some((first, group.seq));
        }
    }
    if let Some(rejection) = refused.filter(|_| events.is_empty()) {
        return Err(rejection);
    }
    if let Some((first, last)) = done {
        let kind = Performed { by: actor, data, first, last }.into();
        let event = Event { seq: group.seq + 1, at: now, kind };
        apply(group, &event);
        events.push(event);
    }
    Ok(())
}
