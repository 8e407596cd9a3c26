//! What the rules and the applications refuse, and the numbers under which the wire tells it.

use serde::{Deserialize, Serialize};

use crate::InviteeState;

/// The chat SDKs' error numbers, as a problem's `code` carries them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u16", try_from = "u16")]
#[repr(u16)]
pub enum Code {
    /// The request does not have the right shape or values.
    InvalidParameter = 6017,
    /// No credential, or a bad one.
    NotSignedIn = 6014,
    /// Too fast.
    TooFast = 7008,
    /// Too large.
    TooLarge = 8001,
    /// No such invitation, or it has been processed.
    Invitation = 8010,
    /// Not permitted.
    NotPermitted = 8011,
    /// A second one of what a member may have one of.
    HasOne = 8012,
    /// There is nobody whom it could be about.
    Nobody = 8013,
    /// It cannot be done yet.
    TooEarly = 8014,
    /// The server failed.
    Internal = 10002,
    /// The group does not allow it: locked, or it would be without a teacher.
    GroupRefuses = 10007,
    /// No such group, or it has ended.
    Group = 10010,
    /// The class is full.
    Full = 10014,
}

impl Code {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::InvalidParameter,
        Self::NotSignedIn,
        Self::TooFast,
        Self::TooLarge,
        Self::Invitation,
        Self::NotPermitted,
        Self::HasOne,
        Self::Nobody,
        Self::TooEarly,
        Self::Internal,
        Self::GroupRefuses,
        Self::Group,
        Self::Full,
    ];
}

impl From<Code> for u16 {
    fn from(code: Code) -> Self {
        code as Self
    }
}

impl TryFrom<u16> for Code {
    type Error = &'static str;

    fn try_from(number: u16) -> Result<Self, Self::Error> {
        let code = Self::ALL.into_iter().find(|code| u16::from(*code) == number);
        code.ok_or("no code has this number")
    }
}

/// Why the rules refuse a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// An invitee list with nobody in it.
    #[error("The inviteeList is empty.")]
    NobodyInvited,
    /// The same member twice in an invitee list.
    #[error("The inviteeList names somebody twice.")]
    DuplicateInvitee,
    /// The inviter among the invitees.
    #[error("Nobody can invite themselves.")]
    InvitesOneself,
    /// `data` over [`MAX_DATA_BYTES`](crate::MAX_DATA_BYTES).
    #[error("The data holds more than 12 288 bytes.")]
    DataTooLarge,
    /// The actor is not a member.
    #[error("This credential does not belong to a member of the class.")]
    NotSignedIn,
    /// The class is locked.
    #[error("The class is locked: nobody new can join.")]
    Locked,
    /// The class holds [`MAX_MEMBERS`](crate::MAX_MEMBERS).
    #[error("The class is full.")]
    Full,
    /// The class does not allow it.
    #[error("You are not allowed to do this.")]
    NotPermitted,
    /// It is for teachers, and the actor is none.
    #[error("Only a teacher may do this.")]
    TeachersOnly,
    /// A student invites somebody who is no teacher.
    #[error("Students invite teachers alone.")]
    InvitesTeachersOnly,
    /// The actor has no part in the invitation.
    #[error("This invitation does not ask you.")]
    NotInvited,
    /// It is for the inviter.
    #[error("Only its inviter may do this, or a teacher where a teacher invited.")]
    NotTheInviter,
    /// It can be done between two alone.
    #[error(
        "This is an invitation to the group. Only the two of an invitation to one may do this."
    )]
    NotBetweenTwo,
    /// Nobody answers for others what is between two, nor what a student asks.
    #[error("One answers for others only what a teacher asks before the group.")]
    AnswersForNobody,
    /// No such invitation, or not this member's to see.
    #[error("There is no such invitation.")]
    NoSuchInvitation,
    /// Somebody named is not a member.
    #[error("Somebody named here is not a member of the class.")]
    NotAMember,
    /// The member of the path is not there.
    #[error("There is no such member.")]
    NoSuchMember,
    /// Another transition won.
    #[error("This has already been settled.")]
    AlreadyProcessed(
        /// The state that won.
        InviteeState,
    ),
    /// There is nothing to end: it can still be answered.
    #[error("Nobody has accepted this yet. It can be cancelled or answered.")]
    NotAcceptedYet,
    /// No application knows what the `data` asks for.
    #[error("No application knows what this data asks for.")]
    NothingToPerform,
    /// Nothing that was performed has this number, or it is not the last, or too long ago.
    #[error("There is nothing to undo any more.")]
    NothingToUndo,
    /// The class would be left without a teacher.
    #[error("A class keeps at least one teacher.")]
    LastTeacher,
    /// The class is over.
    #[error("The class has ended.")]
    Ended,
    /// A rule of an application, which says how it is told.
    #[error("{}", .0.text)]
    Application(Refusal),
}

/// Why an application refuses what the rules allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status that tells it.
    pub status: u16,
    /// The number that tells it.
    pub code: Code,
    /// The sentence that tells it.
    pub text: &'static str,
}

impl Rejection {
    /// The HTTP status that tells it.
    pub const fn status(self) -> u16 {
        match self {
            Self::NobodyInvited | Self::DuplicateInvitee | Self::InvitesOneself => 400,
            Self::NotSignedIn => 401,
            Self::Locked
            | Self::NotPermitted
            | Self::TeachersOnly
            | Self::InvitesTeachersOnly
            | Self::NotInvited
            | Self::NotTheInviter
            | Self::NotBetweenTwo
            | Self::AnswersForNobody => 403,
            Self::NoSuchInvitation | Self::NoSuchMember => 404,
            Self::AlreadyProcessed(_)
            | Self::NotAcceptedYet
            | Self::NothingToUndo
            | Self::Full
            | Self::LastTeacher => 409,
            Self::Ended => 410,
            Self::DataTooLarge => 413,
            Self::NotAMember | Self::NothingToPerform => 422,
            Self::Application(refusal) => refusal.status,
        }
    }

    /// The number that tells it.
    pub const fn code(self) -> Code {
        match self {
            Self::NobodyInvited
            | Self::DuplicateInvitee
            | Self::InvitesOneself
            | Self::NoSuchMember
            | Self::NotAMember
            | Self::NothingToPerform => Code::InvalidParameter,
            Self::NotSignedIn => Code::NotSignedIn,
            Self::Locked | Self::LastTeacher => Code::GroupRefuses,
            Self::NotPermitted
            | Self::TeachersOnly
            | Self::InvitesTeachersOnly
            | Self::NotInvited
            | Self::NotTheInviter
            | Self::NotBetweenTwo
            | Self::AnswersForNobody => Code::NotPermitted,
            Self::NoSuchInvitation
            | Self::AlreadyProcessed(_)
            | Self::NotAcceptedYet
            | Self::NothingToUndo => Code::Invitation,
            Self::Full => Code::Full,
            Self::Ended => Code::Group,
            Self::DataTooLarge => Code::TooLarge,
            Self::Application(refusal) => refusal.code,
        }
    }

    /// The state that won, where another transition did.
    pub const fn state(self) -> Option<InviteeState> {
        match self {
            Self::AlreadyProcessed(state) => Some(state),
            Self::NotAcceptedYet => Some(InviteeState::Pending),
            Self::NobodyInvited
            | Self::DuplicateInvitee
            | Self::InvitesOneself
            | Self::DataTooLarge
            | Self::NotSignedIn
            | Self::Locked
            | Self::Full
            | Self::NotPermitted
            | Self::TeachersOnly
            | Self::InvitesTeachersOnly
            | Self::NotInvited
            | Self::NotTheInviter
            | Self::NotBetweenTwo
            | Self::AnswersForNobody
            | Self::NoSuchInvitation
            | Self::NotAMember
            | Self::NoSuchMember
            | Self::NothingToPerform
            | Self::NothingToUndo
            | Self::LastTeacher
            | Self::Ended
            | Self::Application(_) => None,
        }
    }
}
