//! A class to try the rules on, and the verbs in short.

use signaling::{
    Answers, Application, Command, Event, FinishWhom, Group, GroupId, InviteId, InviteeList, Name,
    Outcome, Rejection, Role, Settings, SettingsChange, Timeout, Timestamp, UserId, act,
};

pub const GROUP: GroupId = GroupId::from_bytes([1; 16]);

pub const fn user(number: u8) -> UserId {
    UserId::from_bytes([number; 16])
}

pub const fn invite_id(number: u8) -> InviteId {
    InviteId::from_bytes([number; 16])
}

pub fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

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
        let create = Command::Create {
            name: name("4B"),
            user: teacher,
            teacher: name("Teacher"),
            settings: Settings::default(),
        };
        class.act(create).expect("a class begins");
        class
    }

    pub fn act(&mut self, command: Command) -> Result<Outcome, Rejection> {
        let outcome = act(&mut self.group, self.now, command, &Plain)?;
        self.log.extend_from_slice(&outcome.events);
        Ok(outcome)
    }

    pub fn wait(&mut self, millis: i64) {
        self.now = Timestamp::from_millis(self.now.as_millis() + millis);
    }
}

pub fn join(user: UserId) -> Command {
    Command::Join { user, name: name("Somebody"), alike: None }
}

/// A one-to-one invitation without a deadline.
pub fn invite(actor: UserId, invite_id: InviteId, invitee: UserId) -> Command {
    Command::Invite { actor, invite_id, invitee, data: String::new(), timeout: Timeout::NEVER }
}

/// A group invitation without a deadline that each answers for themselves.
pub fn invite_in_group(actor: UserId, invite_id: InviteId, invitee_list: InviteeList) -> Command {
    let (timeout, answers) = (Timeout::NEVER, Answers::Each);
    let data = String::new();
    Command::InviteInGroup { actor, invite_id, invitee_list, data, timeout, answers }
}

/// The same invitation with so many seconds to answer in.
pub fn within(seconds: u32, mut invitation: Command) -> Command {
    if let Command::Invite { timeout, .. } | Command::InviteInGroup { timeout, .. } =
        &mut invitation
    {
        *timeout = Timeout::new(seconds).expect("a timeout");
    }
    invitation
}

/// The same invitation, taken by the first who accepts.
pub fn first(mut invitation: Command) -> Command {
    if let Command::InviteInGroup { answers, .. } = &mut invitation {
        *answers = Answers::First;
    }
    invitation
}

pub fn accept(actor: UserId, invite_id: InviteId) -> Command {
    Command::Accept { actor, invite_id, data: String::new() }
}

pub fn reject(actor: UserId, invite_id: InviteId) -> Command {
    Command::Reject { actor, invite_id, data: String::new(), reason: None }
}

pub fn cancel(actor: UserId, invite_id: InviteId) -> Command {
    Command::Cancel { actor, invite_id, data: String::new(), reason: None }
}

/// A finish that names nobody.
pub fn finish(actor: UserId, invite_id: InviteId) -> Command {
    finish_whom(actor, invite_id, FinishWhom::Unnamed)
}

/// A finish of this member's part.
pub fn finish_of(actor: UserId, invite_id: InviteId, user: UserId) -> Command {
    finish_whom(actor, invite_id, FinishWhom::Member(user))
}

fn finish_whom(actor: UserId, invite_id: InviteId, whom: FinishWhom) -> Command {
    Command::Finish { actor, invite_id, whom, reason: None, data: String::new() }
}

pub fn modify(actor: UserId, invite_id: InviteId, data: &str) -> Command {
    Command::Modify { actor, invite_id, data: data.to_owned() }
}

pub fn make(actor: UserId, role: Role, user: UserId) -> Command {
    Command::ChangeRole { actor, user, role }
}

/// Leaving, when the two are one; removing otherwise.
pub fn leave(actor: UserId, user: UserId) -> Command {
    Command::Leave { actor, user }
}

pub fn set(actor: UserId, settings: SettingsChange) -> Command {
    Command::ChangeGroup { actor, name: None, settings }
}

pub fn end(actor: UserId) -> Command {
    Command::End { actor }
}
