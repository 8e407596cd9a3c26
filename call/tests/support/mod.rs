//! A class in which people call each other.

#![allow(dead_code, reason = "each suite uses its part")]

use call::{Calls, Media, Offer, RING_SECONDS, STUDENTS_MAY_CALL};
use signaling::test_support::{GROUP, begin, invite_id, join, later, set, user};
#[allow(unused_imports, reason = "each suite uses its part")]
pub use signaling::test_support::{cancel, finish, make, modify};
use signaling::{
    Command, Event, Group, InviteId, InviteeState, Rejection, Role, STUDENTS_INVITE_STUDENTS,
    SettingsChange, Timeout, Timestamp, UserId, act,
};

pub const ADA: UserId = user(1);
pub const BEN: UserId = user(2);
pub const CLEO: UserId = user(3);
pub const DAN: UserId = user(4);
pub const CALL: InviteId = invite_id(11);
pub const OTHER: InviteId = invite_id(12);

#[derive(Debug, Clone)]
pub struct Class {
    pub group: Group,
    pub now: Timestamp,
}

impl Class {
    /// Ada and Ben teach, Cleo and Dan are students.
    pub fn lesson() -> Self {
        let now = Timestamp::from_millis(1_760_000_000_000);
        let mut class = Self { group: Group::new(GROUP), now };
        class.does(begin(ADA, &Calls));
        for user in [BEN, CLEO, DAN] {
            class.does(join(user));
        }
        class.does(make(ADA, Role::Teacher, BEN));
        class
    }

    pub fn act(&mut self, command: Command) -> Result<Vec<Event>, Rejection> {
        act(&mut self.group, self.now, command, &Calls).map(|outcome| outcome.events)
    }

    pub fn does(&mut self, command: Command) -> Vec<Event> {
        let said = format!("{command:?}");
        self.act(command).unwrap_or_else(|rejection| panic!("{rejection}: {said}"))
    }

    pub fn wait(&mut self, millis: i64) {
        self.now = later(self.now, millis);
    }

    pub fn expire(&mut self) {
        self.does(Command::Expire);
    }

    /// What the callee's part has come to.
    pub fn came_to(&self, invite_id: InviteId) -> (InviteeState, Option<String>) {
        let invitation = self.group.invitation(invite_id).expect("it was made");
        let part = &invitation.parts()[0];
        (part.state, part.reason.clone())
    }
}

pub fn offer(room: &str) -> String {
    Offer { media: Media::Video, room: room.to_owned() }.to_data()
}

pub fn invite(actor: UserId, invite_id: InviteId, invitee: UserId, room: &str) -> Command {
    invite_with(actor, invite_id, invitee, &offer(room))
}

pub fn invite_with(actor: UserId, invite_id: InviteId, invitee: UserId, data: &str) -> Command {
    let timeout = Timeout::new(RING_SECONDS).expect("a timeout");
    Command::Invite { actor, invite_id, invitee, data: data.to_owned(), timeout }
}

pub fn accept(actor: UserId, invite_id: InviteId, data: &str) -> Command {
    Command::Accept { actor, invite_id, data: data.to_owned() }
}

/// Ada lets students call, or not.
pub fn let_call(allow: bool) -> Command {
    let settings = SettingsChange::set(STUDENTS_MAY_CALL, allow);
    set(ADA, settings)
}

/// Ada lets students invite each other, or not.
pub fn let_students_invite(allow: bool) -> Command {
    set(ADA, SettingsChange::set(STUDENTS_INVITE_STUDENTS, allow))
}
