//! Why a form or a page comes to nothing on the server: what its person is told, and the error behind it.

use axum::http::StatusCode;
use classroom::Obstacle;
use server::Error;
use signaling::{Code, Rejection};

use crate::trouble::Trouble;

/// Why a form or a page comes to nothing.
pub struct Failure {
    trouble: Trouble,
    error: Option<Error>,
}

impl Failure {
    /// What its person is told.
    pub const fn trouble(&self) -> Trouble {
        self.trouble
    }

    /// After how many seconds it is worth another try, where that is known.
    pub fn retry_after(&self) -> Option<u64> {
        self.error.as_ref()?.retry_after()
    }

    /// Logs the error behind it, where there is one that an operator has to know of.
    pub fn log(&self) {
        if let Some(error) = &self.error {
            error.log();
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self { trouble, error: None }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { trouble: Trouble::from(&error), error: Some(error) }
    }
}

impl From<Obstacle> for Failure {
    fn from(obstacle: Obstacle) -> Self {
        Trouble::from(obstacle).into()
    }
}

impl From<&Error> for Trouble {
    fn from(error: &Error) -> Self {
        match error {
            Error::Rejected(rejection) => (*rejection).into(),
            Error::NoSuchGroup => Self::NoSuchCode,
            Error::NotSignedIn | Error::OtherGroup => Self::NotHere,
            Error::TooFast(_) | Error::TooManyStreams | Error::TooManyInvitations => Self::TooFast,
            Error::Busy(_) | Error::Elsewhere => Self::Busy,
            Error::CrossSite => Self::OtherAddress,
            Error::ClassUsedUp => Self::ClassUsedUp,
            Error::Malformed(_)
            | Error::WrongField { .. }
            | Error::NoHost
            | Error::BodyTooLarge
            | Error::BodyTooSlow
            | Error::NoSuchPath
            | Error::NoSuchMethod
            | Error::KeyReused
            | Error::Stopping
            | Error::TooManyConnections
            | Error::NoVoice
            | Error::CarriesNoVoices
            | Error::VoiceRefused(_)
            | Error::IntegrationsOnly
            | Error::NoSuchDevice
            | Error::NoSuchLetter
            | Error::NotDelivered(_)
            | Error::Internal(_)
            | Error::NotCommitted => Self::Failed,
        }
    }
}

impl From<Rejection> for Trouble {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Locked => Self::Locked,
            Rejection::Full => Self::Full,
            Rejection::DataTooLarge => Self::QuestionLong,
            Rejection::NotSignedIn => Self::NotHere,
            Rejection::LastTeacher => Self::LastTeacher,
            Rejection::Ended => Self::Ended,
            Rejection::NotPermitted
            | Rejection::TeachersOnly
            | Rejection::InvitesTeachersOnly
            | Rejection::NotInvited
            | Rejection::NotTheInviter
            | Rejection::NotBetweenTwo
            | Rejection::AnswersForNobody => Self::NotAllowed,
            Rejection::Application(refusal) if refusal.code == Code::NotPermitted => {
                Self::NotAllowed
            }
            Rejection::Application(refusal) if refusal.code == Code::Nobody => Self::NobodyToPick,
            Rejection::Application(refusal) if refusal.code == Code::TooEarly => Self::TooEarly,
            Rejection::NoSuchInvitation
            | Rejection::AlreadyProcessed(_)
            | Rejection::NotAcceptedYet
            | Rejection::NotAMember
            | Rejection::NoSuchMember
            | Rejection::NothingToPerform
            | Rejection::NothingToUndo
            | Rejection::NobodyInvited
            | Rejection::DuplicateInvitee
            | Rejection::InvitesOneself
            | Rejection::Application(_) => Self::Settled,
        }
    }
}

impl From<Obstacle> for Trouble {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle {
            Obstacle::FloorClosed => Self::FloorClosed,
            Obstacle::TooEarly => Self::TooEarly,
            Obstacle::Settled => Self::Settled,
        }
    }
}

/// The HTTP status that goes with a trouble.
pub const fn status(trouble: Trouble) -> StatusCode {
    match trouble {
        Trouble::NoSuchCode
        | Trouble::NoSuchClass
        | Trouble::NoSuchPerson
        | Trouble::NoSuchInvitation => StatusCode::NOT_FOUND,
        Trouble::Locked
        | Trouble::NotAllowed
        | Trouble::FloorClosed
        | Trouble::NoCookie
        | Trouble::CookieLost
        | Trouble::OtherAddress => StatusCode::FORBIDDEN,
        Trouble::NotHere | Trouble::NothingKept | Trouble::NotAdmin | Trouble::WrongPassword => {
            StatusCode::UNAUTHORIZED
        }
        Trouble::Full
        | Trouble::Settled
        | Trouble::NobodyToPick
        | Trouble::TooEarly
        | Trouble::LastTeacher
        | Trouble::OtherPerson => StatusCode::CONFLICT,
        Trouble::Ended | Trouble::LinkUsed | Trouble::LinkOver => StatusCode::GONE,
        Trouble::TooFast => StatusCode::TOO_MANY_REQUESTS,
        Trouble::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Trouble::ClassUsedUp => StatusCode::INSUFFICIENT_STORAGE,
        Trouble::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        Trouble::ClassNameEmpty
        | Trouble::ClassNameLong
        | Trouble::NameEmpty
        | Trouble::NameLong
        | Trouble::NameStrange
        | Trouble::PasswordShort
        | Trouble::PasswordLong
        | Trouble::DaysStrange
        | Trouble::QuestionLong => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
