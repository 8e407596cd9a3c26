//! A class to try the rules on.

pub use signaling::test_support::*;
use signaling::{Application, Command, Event, Group, Outcome, Rejection, Timestamp, UserId, act};

/// Nothing is built on the engine here.
pub struct Plain;

impl Application for Plain {
    fn finish_reason(&self, _: &str) -> Option<&'static str> {
        None
    }

    fn follow(&self, _: &Group, _: &Event) -> Vec<Command> {
        Vec::new()
    }
}

/// A group, its log, and the moment that its next command is decided at.
#[derive(Debug, Clone)]
pub struct Class {
    pub group: Group,
    pub log: Vec<Event>,
    pub now: Timestamp,
}

impl Class {
    pub fn begun_by(teacher: UserId) -> Self {
        let now = Timestamp::from_millis(1_760_000_000_000);
        let mut class = Self { group: Group::new(GROUP), log: Vec::new(), now };
        class.act(begin(teacher, &Plain)).expect("a class begins");
        class
    }

    pub fn act(&mut self, command: Command) -> Result<Outcome, Rejection> {
        self.act_with(command, &Plain)
    }

    /// The same, with this built on the engine.
    pub fn act_with(
        &mut self,
        command: Command,
        application: &dyn Application,
    ) -> Result<Outcome, Rejection> {
        let outcome = act(&mut self.group, self.now, command, application)?;
        self.log.extend_from_slice(&outcome.events);
        Ok(outcome)
    }

    pub fn wait(&mut self, millis: i64) {
        self.now = later(self.now, millis);
    }
}
