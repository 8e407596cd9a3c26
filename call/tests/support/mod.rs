//! A class in which people call each other.

#![allow(dead_code, reason = "each suite uses its part")]

use call::{Calls, Media, Offer, RING_SECONDS, STUDENTS_MAY_CALL};
use signaling::{
    Application, Command, Event, FinishWhom, Group, GroupId, InviteId, InviteeState, Name,
    Rejection, Role, Settings, SettingsChange, Timeout, Timestamp, UserId, act,
};

pub const ADA: UserId = UserId::from_bytes([1; 16]);
pub const BEN: UserId = UserId::from_bytes([2; 16]);
pub const CLEO: UserId = UserId::from_bytes([3; 16]);
pub const DAN: UserId = UserId::from_bytes([4; 16]);
pub const CALL: InviteId = InviteId::from_bytes([11; 16]);
pub const OTHER: InviteId = InviteId::from_bytes([12; 16]);

#[derive(Debug, Clone)]
pub struct Class {
    pub group: Group,
    pub now: Timestamp,
}

impl Class {
    /// Ada and Ben teach, Cleo and Dan are students.
    pub fn lesson() -> Self {
        let now = Timestamp::from_millis(1_760_000_000_000);
        let mut class = Self { group: Group::new(GroupId::from_bytes([9; 16])), now };
        let name = |text| Name::new(text).expect("a name");
        class.does(Command::Create {
            name: name("4B"),
            user: ADA,
            teacher: name("Ada"),
            settings: Settings::of_new_class(Calls.switches()),
        });
        for (user, text) in [(BEN, "Ben"), (CLEO, "Cleo"), (DAN, "Dan")] {
            class.does(Command::Join { user, name: name(text), alike: None });
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
        self.now = Timestamp::from_millis(self.now.as_millis() + millis);
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

pub fn reject(actor: UserId, invite_id: InviteId) -> Command {
    Command::Reject { actor, invite_id, data: String::new(), reason: None }
}

pub fn cancel(actor: UserId, invite_id: InviteId) -> Command {
    Command::Cancel { actor, invite_id, data: String::new(), reason: None }
}

pub fn finish(actor: UserId, invite_id: InviteId) -> Command {
    let (whom, data) = (FinishWhom::Unnamed, String::new());
    Command::Finish { actor, invite_id, whom, reason: None, data }
}

pub fn modify(actor: UserId, invite_id: InviteId, data: &str) -> Command {
    Command::Modify { actor, invite_id, data: data.to_owned() }
}

pub fn make(actor: UserId, role: Role, user: UserId) -> Command {
    Command::ChangeRole { actor, user, role }
}

/// Ada lets students call, or not.
pub fn let_call(allow: bool) -> Command {
    let settings = SettingsChange::set(STUDENTS_MAY_CALL, allow);
    Command::ChangeGroup { actor: ADA, name: None, settings }
}
