//! What a member can ask of a group, with every value checked before it gets this far.

use std::collections::BTreeSet;

use crate::{
    Alike, Answers, InviteId, InviteeList, Name, Role, Settings, SettingsChange, Timeout,
    Timestamp, UserId,
};

/// Whose accepted parts a `finish` ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishWhom {
    /// Nobody was named: the inviter or a teacher ends everyone's, an invitee their own.
    Unnamed,
    /// This member's.
    Member(UserId),
}

/// What somebody, or the clock, asks of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Begin the group, with its first teacher.
    Create {
        /// The group's name.
        name: Name,
        /// The teacher's new id.
        user: UserId,
        /// The teacher's name.
        teacher: Name,
        /// The settings that it begins with.
        settings: Settings,
    },
    /// Join as a student.
    Join {
        /// The new member's id.
        user: UserId,
        /// Their name.
        name: Name,
        /// What tells them from those before whose names look like theirs. What looks alike, the
        /// rules do not know.
        alike: Option<Alike>,
    },
    /// Invite one member, one-to-one.
    Invite {
        /// Who invites.
        actor: UserId,
        /// The new invitation's id.
        invite_id: InviteId,
        /// Whom.
        invitee: UserId,
        /// The application's string.
        data: String,
        /// Seconds to answer in.
        timeout: Timeout,
    },
    /// Invite members in front of the whole group.
    InviteInGroup {
        /// Who invites.
        actor: UserId,
        /// The new invitation's id.
        invite_id: InviteId,
        /// Whom.
        invitee_list: InviteeList,
        /// The application's string.
        data: String,
        /// Seconds to answer in.
        timeout: Timeout,
        /// Whether each answers or the first takes it.
        answers: Answers,
    },
    /// Close an invitation for all still pending.
    Cancel {
        /// Who cancels.
        actor: UserId,
        /// The invitation.
        invite_id: InviteId,
        /// The application's string.
        data: String,
        /// Why, when an application cancels.
        reason: Option<String>,
    },
    /// Take one's own part.
    Accept {
        /// The invitee.
        actor: UserId,
        /// The invitation.
        invite_id: InviteId,
        /// The application's string.
        data: String,
    },
    /// Decline one's own part.
    Reject {
        /// The invitee.
        actor: UserId,
        /// The invitation.
        invite_id: InviteId,
        /// The application's string.
        data: String,
        /// Why, when an application declines.
        reason: Option<String>,
    },
    /// Take or decline the part of somebody else who is silent, in a teacher's invitation to the
    /// group.
    AnswerFor {
        /// The teacher who answers.
        actor: UserId,
        /// The invitation.
        invite_id: InviteId,
        /// For whom.
        invitee: UserId,
        /// Whether the part is accepted or declined.
        accepts: bool,
        /// The application's string.
        data: String,
        /// Why, when it is declined.
        reason: Option<String>,
    },
    /// Have snapshots tell an invitation no more that stays once it has closed.
    Clear {
        /// Who clears it.
        actor: UserId,
        /// The invitation.
        invite_id: InviteId,
    },
    /// Do what an application makes of a string, several things as one.
    Perform {
        /// Who does it.
        actor: UserId,
        /// The application's string: what is done.
        data: String,
        /// The first of the new ids for the invitations that it may make.
        fresh: InviteId,
        /// Which members are connected, as the server knew when it was asked.
        here: BTreeSet<UserId>,
    },
    /// Take back what was performed last.
    Undo {
        /// Who takes it back.
        actor: UserId,
        /// The `onPerformed` to take back, by its number.
        performed: u64,
        /// The first of the new ids for the invitations that it may make.
        fresh: InviteId,
    },
    /// End what acceptances began.
    Finish {
        /// Who ends it.
        actor: UserId,
        /// The invitation.
        invite_id: InviteId,
        /// Whose.
        whom: FinishWhom,
        /// Why; the application's default when none is given.
        reason: Option<String>,
        /// The application's string.
        data: String,
    },
    /// Change the terms by which goes on what an acceptance began. Only applications do.
    ModifyPart {
        /// Who changes them.
        actor: UserId,
        /// The invitation.
        invite_id: InviteId,
        /// Whose part.
        invitee: UserId,
        /// The application's string: the new terms.
        data: String,
    },
    /// Change the application's string of an open invitation.
    Modify {
        /// Who changes it.
        actor: UserId,
        /// The invitation.
        invite_id: InviteId,
        /// The new string.
        data: String,
        /// The new deadline, when an application moves that of an invitation which has one.
        expires_at: Option<Timestamp>,
    },
    /// Rename the group or change its settings; what is none stays.
    ChangeGroup {
        /// Who changes it.
        actor: UserId,
        /// The new name.
        name: Option<Name>,
        /// The new settings.
        settings: SettingsChange,
    },
    /// Ask whether this member may renew the join code; makes no event.
    RenewJoinCode {
        /// Who renews it.
        actor: UserId,
    },
    /// Make a member a co-teacher, or a student again.
    ChangeRole {
        /// Who decides.
        actor: UserId,
        /// Whose role.
        user: UserId,
        /// The role.
        role: Role,
    },
    /// Leave, or remove somebody.
    Leave {
        /// Who says so.
        actor: UserId,
        /// Who goes.
        user: UserId,
    },
    /// End the class.
    End {
        /// Who ends it.
        actor: UserId,
    },
    /// End a class that was forgotten, if nothing has happened in it since its event of this number.
    EndForgotten {
        /// The last event, when the class was found to be forgotten.
        seq: u64,
    },
    /// Time out what is due.
    Expire,
}

impl Command {
    /// The `data` that it brings; empty where it has none.
    pub fn data(&self) -> &str {
        match self {
            Self::Invite { data, .. }
            | Self::InviteInGroup { data, .. }
            | Self::Cancel { data, .. }
            | Self::Accept { data, .. }
            | Self::Reject { data, .. }
            | Self::AnswerFor { data, .. }
            | Self::Perform { data, .. }
            | Self::Finish { data, .. }
            | Self::ModifyPart { data, .. }
            | Self::Modify { data, .. } => data,
            Self::Create { .. }
            | Self::Join { .. }
            | Self::Clear { .. }
            | Self::Undo { .. }
            | Self::ChangeGroup { .. }
            | Self::RenewJoinCode { .. }
            | Self::ChangeRole { .. }
            | Self::Leave { .. }
            | Self::End { .. }
            | Self::EndForgotten { .. }
            | Self::Expire => "",
        }
    }
}
