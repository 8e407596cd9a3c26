//! What tests of the rules and of applications are made of: ids by number, and the commands in short.

use crate::{
    Answers, Application, Command, FinishWhom, GroupId, InviteId, InviteeList, Name, Role,
    Settings, SettingsChange, Timeout, Timestamp, UserId,
};

/// The group that tests are about.
pub const GROUP: GroupId = GroupId::from_bytes([1; 16]);

/// The member of this number.
pub const fn user(number: u8) -> UserId {
    UserId::from_bytes([number; 16])
}

/// The invitation of this number.
pub const fn invite_id(number: u8) -> InviteId {
    InviteId::from_bytes([number; 16])
}

/// The text as a name.
pub fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

/// Somebody begins the group, with the switches of this application.
pub fn begin(teacher: UserId, application: &dyn Application) -> Command {
    let settings = Settings::of_new_class(application.settings());
    Command::Create { name: name("4B"), user: teacher, teacher: name("Teacher"), settings }
}

/// Somebody joins.
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

/// An acceptance without `data`.
pub fn accept(actor: UserId, invite_id: InviteId) -> Command {
    Command::Accept { actor, invite_id, data: String::new() }
}

/// A rejection without `data`.
pub fn reject(actor: UserId, invite_id: InviteId) -> Command {
    Command::Reject { actor, invite_id, data: String::new(), reason: None }
}

/// A cancel without `data`.
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

/// A modification.
pub fn modify(actor: UserId, invite_id: InviteId, data: &str) -> Command {
    Command::Modify { actor, invite_id, data: data.to_owned(), expires_at: None }
}

/// Other terms for what this member's acceptance began.
pub fn modify_part(actor: UserId, invite_id: InviteId, invitee: UserId, data: &str) -> Command {
    Command::ModifyPart { actor, invite_id, invitee, data: data.to_owned() }
}

/// A change of role.
pub fn make(actor: UserId, role: Role, user: UserId) -> Command {
    Command::ChangeRole { actor, user, role }
}

/// Leaving, when the two are one; removing otherwise.
pub fn leave(actor: UserId, user: UserId) -> Command {
    Command::Leave { actor, user }
}

/// A change of settings.
pub fn set(actor: UserId, settings: SettingsChange) -> Command {
    Command::ChangeGroup { actor, name: None, settings }
}

/// The end of the class.
pub fn end(actor: UserId) -> Command {
    Command::End { actor }
}

/// The moment so many milliseconds later.
pub fn later(now: Timestamp, millis: i64) -> Timestamp {
    Timestamp::from_millis(now.as_millis() + millis)
}
