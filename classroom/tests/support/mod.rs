//! A class to try deeds on, run the way the server runs them.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::collections::BTreeSet;

use classroom::{Classroom, Deed, Lesson, Move, Obstacle, Standing, plan};
pub use signaling::test_support::{GROUP, begin, invite_id, join, later, user};
use signaling::{
    Command, Event, EventKind, Group, InviteId, Outcome, Rejection, Role, Timeout, Timestamp,
    UserId, act, next_deadline,
};

/// A teacher asks for hands, within so many seconds where there are any, at once.
pub fn asks_for_hands(question: Option<&str>, seconds: u32, first: bool) -> Deed {
    Deed::Move(Move::Ask {
        question: question.map(str::to_owned),
        timeout: Timeout::new(seconds).expect("a timeout"),
        first,
        think: Timeout::NEVER,
        pair: Timeout::NEVER,
    })
}

/// A teacher closes what is asked.
pub const fn stop_asking() -> Deed {
    Deed::Move(Move::StopAsking {})
}

/// A teacher lowers a student's hand.
pub const fn lower(student: UserId) -> Deed {
    Deed::Move(Move::Lower { student })
}

/// A teacher lowers all hands.
pub const fn lower_all() -> Deed {
    Deed::Move(Move::LowerAll {})
}

/// A teacher ends a student's turn.
pub const fn end_turn(student: UserId) -> Deed {
    Deed::Move(Move::EndTurn { student })
}

/// Why a deed was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It could not become a verb.
    Obstacle(Obstacle),
    /// The rules refused the verb.
    Rejection(Rejection),
}

/// A group, its log, and the moment that its next command is decided at.
#[derive(Debug, Clone)]
pub struct Class {
    pub group: Group,
    pub log: Vec<Event>,
    pub now: Timestamp,
    /// Who is not connected; everybody else is.
    pub away: BTreeSet<UserId>,
    made: u8,
}

impl Class {
    /// Ada and Ben teach; `students` more join.
    pub fn taught_by(ada: UserId, ben: UserId, students: &[UserId]) -> Self {
        let now = Timestamp::from_millis(1_760_000_000_000);
        let (group, log, away) = (Group::new(GROUP), Vec::new(), BTreeSet::new());
        let mut class = Self { group, log, now, away, made: 0 };
        class.act(begin(ada, &Classroom)).expect("a class begins");
        class.act(join(ben)).expect("the class is open");
        class
            .act(Command::ChangeRole { actor: ada, user: ben, role: Role::Teacher })
            .expect("a co-teacher");
        for student in students {
            class.act(join(*student)).expect("the class is open");
        }
        class
    }

    /// Has the command decided by the rules and followed by the classroom. As on the server, what
    /// is due is settled first.
    pub fn act(&mut self, mut command: Command) -> Result<Outcome, Rejection> {
        if next_deadline(&self.group, &Classroom).is_some_and(|at| at <= self.now) {
            let expired = act(&mut self.group, self.now, Command::Expire, &Classroom);
            self.log.extend(expired.expect("the clock is not refused").events);
        }
        if let Command::Perform { here, .. } = &mut command {
            let members = self.group.members().iter().map(|member| member.user_id);
            here.extend(members.filter(|user| !self.away.contains(user)));
        }
        let outcome = act(&mut self.group, self.now, command, &Classroom)?;
        self.log.extend_from_slice(&outcome.events);
        Ok(outcome)
    }

    /// An id that no invitation has.
    pub fn fresh(&mut self) -> InviteId {
        self.made += 1;
        invite_id(self.made)
    }

    /// The id of the invitation made last.
    pub const fn latest(&self) -> InviteId {
        invite_id(self.made)
    }

    /// The verbs that do the deed now.
    pub fn planned(&mut self, actor: UserId, deed: &Deed) -> Result<Vec<Command>, Obstacle> {
        let fresh = self.fresh();
        let commands = plan(&self.group, self.now, actor, deed, fresh);
        let is_used = commands.iter().flatten().any(|command| match command {
            Command::InviteInGroup { invite_id, .. } => *invite_id == fresh,
            Command::Perform { data, .. } => {
                matches!(
                    Move::read(data),
                    Some(
                        Move::Ask { .. }
                            | Move::Next { .. }
                            | Move::Pick { .. }
                            | Move::PickAgain { .. }
                            | Move::Raise { .. }
                    )
                )
            }
            Command::Undo { .. } => true,
            _ => false,
        });
        if !is_used {
            self.made -= 1;
        }
        commands
    }

    /// Runs verbs in their order, until one is refused.
    pub fn run(&mut self, commands: Vec<Command>) -> Result<Vec<Event>, Rejection> {
        let mut events = Vec::new();
        for command in commands {
            events.extend(self.act(command)?.events);
        }
        Ok(events)
    }

    /// Does the deed, or says why not. That it can be undone is not told.
    pub fn tries(&mut self, actor: UserId, deed: &Deed) -> Result<Vec<EventKind>, Refused> {
        let commands = self.planned(actor, deed).map_err(Refused::Obstacle)?;
        let events = self.run(commands).map_err(Refused::Rejection)?;
        let kinds = events.into_iter().map(|event| event.kind);
        Ok(kinds.filter(|kind| !matches!(kind, EventKind::Performed(_))).collect())
    }

    /// The group read as a lesson.
    pub fn lesson(&self) -> Lesson {
        Lesson::of(&self.group)
    }

    /// What matters most to this student.
    pub fn standing(&self, user: UserId) -> Standing {
        self.lesson().standing(&self.group, user)
    }

    pub fn wait(&mut self, millis: i64) {
        self.now = later(self.now, millis);
    }
}
