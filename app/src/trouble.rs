//! What can go wrong for a person, as one sentence that says what happened and what to do.

use std::fmt;
use std::str::FromStr;

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

macro_rules! troubles {
    ($($(#[$doc:meta])* $name:ident = $key:literal, $sentence:literal;)*) => {
        /// Why something a person did came to nothing.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
        pub enum Trouble {
            $($(#[$doc])* #[error($sentence)] $name,)*
        }

        impl Trouble {
            /// The word that stands for it in an address.
            pub const fn key(self) -> &'static str {
                match self {
                    $(Self::$name => $key,)*
                }
            }
        }

        impl FromStr for Trouble {
            type Err = UnknownTrouble;

            fn from_str(key: &str) -> Result<Self, UnknownTrouble> {
                match key {
                    $($key => Ok(Self::$name),)*
                    _ => Err(UnknownTrouble),
                }
            }
        }
    };
}

/// The word stands for no trouble.
#[derive(Debug)]
pub struct UnknownTrouble;

impl fmt::Display for UnknownTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the word stands for no trouble")
    }
}

troubles! {
    /// No class has the code.
    NoSuchCode = "code", "That code doesn't match a class. Check it with your teacher.";
    /// The class is locked.
    Locked = "locked", "The class is locked, so nobody new can join. Ask your teacher to open it.";
    /// The class is full.
    Full = "full", "The class is full. Ask your teacher what to do.";
    /// The class's name was left empty.
    ClassNameEmpty = "class-name", "Give your class a name, like “Biology 9B”.";
    /// The class's name is too long.
    ClassNameLong = "class-name-long", "That name is too long. Keep it to 64 characters.";
    /// One's own name was left empty.
    NameEmpty = "name", "Type your name, so that the class knows who you are.";
    /// One's own name is too long.
    NameLong = "name-long", "That name is too long for the list. Keep it to 64 characters.";
    /// The name holds characters that nobody can see.
    NameStrange = "name-strange", "That name holds characters that can't be shown. Type it again.";
    /// The question is too long.
    QuestionLong = "question-long", "That question is too long. Shorten it and ask again.";
    /// Somebody else's move came first.
    Settled = "settled", "That was already settled. The list shows how things stand now.";
    /// The floor is closed.
    FloorClosed = "floor-closed", "Hands are not being taken right now. Wait until your teacher asks.";
    /// A teacher's deed by a student, or the like.
    NotAllowed = "not-allowed", "Only a teacher of this class can do that.";
    /// The last teacher wants to go.
    LastTeacher = "last-teacher", "A class needs a teacher. Make somebody a co-teacher first, or end the class.";
    /// The class has ended.
    Ended = "ended", "This class has ended.";
    /// The browser holds no credential for the class.
    NotHere = "not-here", "You are not in this class any more. Join again with the code.";
    /// The browser sent no cookie with a form, which the form's page had given it.
    NoCookie = "no-cookie", "Your browser sent no cookie of Handup, so nothing was done. Allow cookies for this site, then try again.";
    /// The browser had lost the cookie of a form's page, and keeps the one that it was given since.
    CookieLost = "cookie-lost", "Your browser had lost the cookie of this page, so nothing was done. It has a new one: try again.";
    /// A form came from a page of another address.
    OtherAddress = "other-address", "That form was sent from a page of another address, so nothing was done.";
    /// The browser goes on as somebody else than the page shows.
    OtherPerson = "other-person", "This browser goes on as somebody else in this class. Reload the page to see as whom.";
    /// The link for another device is used up or too old.
    LinkUsed = "link-used", "This link was used already or is too old. Get a new one in your class, under “Class”.";
    /// The browser holds no credential by which anything could be told.
    NothingKept = "nothing-kept", "Nothing is kept for you here. It may have been erased or deleted, or you joined in another browser.";
    /// Not signed in as an administrator.
    NotAdmin = "not-admin", "Only an administrator sees this. Sign in first.";
    /// The administrator's password is wrong.
    WrongPassword = "password", "That password is not right. Try again.";
    /// A new password is too short.
    PasswordShort = "password-short", "That password is too short. Use 12 characters or more.";
    /// A new password is too long.
    PasswordLong = "password-long", "That password is too long. Keep it to 256 characters.";
    /// The set-up link is used up.
    LinkOver = "link-over", "This link was used already or is an old one. The server prints a new one when it starts, as long as no password is set.";
    /// No class with the id, or no more.
    NoSuchClass = "no-class", "That class is not there. It may have been deleted.";
    /// No person with the id in the class.
    NoSuchPerson = "no-person", "That person is not in this class and never was.";
    /// No invitation that the event began, or none that is about whoever looks.
    NoSuchInvitation = "no-invitation", "That is not in this class and never was.";
    /// Not a number of days.
    DaysStrange = "days", "Type a whole number of days, from 1 to 36 500, or leave it empty.";
    /// Too many attempts.
    TooFast = "too-fast", "That was too many tries. Wait a few seconds, then try again.";
    /// What waits to be made is as much as may wait.
    Busy = "busy", "The server has much to do. Wait a few seconds, then try again.";
    /// The class has come to as many bytes as one may.
    ClassUsedUp = "class-used-up", "This class has used up its room on the server. End it, and begin a new one.";
    /// The server failed.
    Failed = "failed", "Something went wrong on our side. Look at the list, then try again.";
}

impl FromServerFnError for Trouble {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self::Failed
    }
}

#[cfg(feature = "ssr")]
mod from_server {
    use axum::http::StatusCode;
    use classroom::Obstacle;
    use server::Error;
    use signaling::{NameError, Rejection};

    use super::Trouble;
    use crate::actions::ssr::come_back_in;

    impl From<Rejection> for Trouble {
        fn from(rejection: Rejection) -> Self {
            match rejection {
                Rejection::Locked => Self::Locked,
                Rejection::Full => Self::Full,
                Rejection::DataTooLarge => Self::QuestionLong,
                Rejection::NotSignedIn => Self::NotHere,
                Rejection::LastTeacher => Self::LastTeacher,
                Rejection::Ended => Self::Ended,
                Rejection::NotPermitted => Self::NotAllowed,
                Rejection::NoSuchInvitation
                | Rejection::AlreadyProcessed(_)
                | Rejection::NotAMember
                | Rejection::NoSuchMember
                | Rejection::NobodyInvited
                | Rejection::DuplicateInvitee
                | Rejection::InvitesOneself
                | Rejection::Application(_) => Self::Settled,
            }
        }
    }

    impl From<Error> for Trouble {
        fn from(error: Error) -> Self {
            error.log();
            if let Some(seconds) = error.retry_after() {
                come_back_in(seconds);
            }
            match error {
                Error::Rejected(rejection) => rejection.into(),
                Error::NoSuchGroup => Self::NoSuchCode,
                Error::NotSignedIn | Error::OtherGroup => Self::NotHere,
                Error::TooFast(_) | Error::TooManyStreams | Error::TooManyInvitations => {
                    Self::TooFast
                }
                Error::Busy(_) => Self::Busy,
                Error::CrossSite => Self::OtherAddress,
                Error::ClassUsedUp => Self::ClassUsedUp,
                Error::Malformed(_)
                | Error::NoHost
                | Error::BodyTooLarge
                | Error::BodyTooSlow
                | Error::NoSuchPath
                | Error::NoSuchMethod
                | Error::KeyReused
                | Error::Stopping
                | Error::TooManyConnections
                | Error::Internal(_)
                | Error::NotCommitted => Self::Failed,
            }
        }
    }

    impl From<Obstacle> for Trouble {
        fn from(obstacle: Obstacle) -> Self {
            match obstacle {
                Obstacle::FloorClosed => Self::FloorClosed,
                Obstacle::Settled => Self::Settled,
            }
        }
    }

    impl Trouble {
        /// The HTTP status that goes with it.
        pub(crate) const fn status(self) -> StatusCode {
            match self {
                Self::NoSuchCode
                | Self::NoSuchClass
                | Self::NoSuchPerson
                | Self::NoSuchInvitation => StatusCode::NOT_FOUND,
                Self::Locked
                | Self::NotAllowed
                | Self::FloorClosed
                | Self::NoCookie
                | Self::CookieLost
                | Self::OtherAddress => StatusCode::FORBIDDEN,
                Self::NotHere | Self::NothingKept | Self::NotAdmin | Self::WrongPassword => {
                    StatusCode::UNAUTHORIZED
                }
                Self::Full | Self::Settled | Self::LastTeacher | Self::OtherPerson => {
                    StatusCode::CONFLICT
                }
                Self::Ended | Self::LinkUsed | Self::LinkOver => StatusCode::GONE,
                Self::TooFast => StatusCode::TOO_MANY_REQUESTS,
                Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
                Self::ClassUsedUp => StatusCode::INSUFFICIENT_STORAGE,
                Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
                Self::ClassNameEmpty
                | Self::ClassNameLong
                | Self::NameEmpty
                | Self::NameLong
                | Self::NameStrange
                | Self::PasswordShort
                | Self::PasswordLong
                | Self::DaysStrange
                | Self::QuestionLong => StatusCode::UNPROCESSABLE_ENTITY,
            }
        }

        /// What is wrong with a class's name.
        pub(crate) const fn of_class_name(error: NameError) -> Self {
            match error {
                NameError::Blank => Self::ClassNameEmpty,
                NameError::TooLong => Self::ClassNameLong,
                NameError::Control | NameError::Invisible => Self::NameStrange,
            }
        }

        /// What is wrong with a person's name.
        pub(crate) const fn of_name(error: NameError) -> Self {
            match error {
                NameError::Blank => Self::NameEmpty,
                NameError::TooLong => Self::NameLong,
                NameError::Control | NameError::Invisible => Self::NameStrange,
            }
        }
    }
}
