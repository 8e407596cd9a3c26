//! What can go wrong for a person. Each is told in one sentence that says what happened and what to do
//! (the group `trouble` of the catalogue).

#[cfg(feature = "ssr")]
use std::str::FromStr;

#[cfg(feature = "ssr")]
use leptos::server_fn::codec::JsonEncoding;
#[cfg(feature = "ssr")]
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
#[cfg(feature = "ssr")]
use signaling::NameError;

use crate::words::trouble as words;

macro_rules! troubles {
    ($($(#[$doc:meta])* $name:ident = $key:literal, $words:ident;)*) => {
        /// Why something a person did came to nothing.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Trouble {
            $($(#[$doc])* $name,)*
        }

        impl Trouble {
            /// The sentence that tells it.
            pub fn sentence(self) -> &'static str {
                match self {
                    $(Self::$name => words::$words(),)*
                }
            }

            /// The word that stands for it in an address.
            #[cfg(feature = "ssr")]
            pub const fn key(self) -> &'static str {
                match self {
                    $(Self::$name => $key,)*
                }
            }
        }

        #[cfg(feature = "ssr")]
        impl FromStr for Trouble {
            type Err = ();

            fn from_str(key: &str) -> Result<Self, ()> {
                match key {
                    $($key => Ok(Self::$name),)*
                    _ => Err(()),
                }
            }
        }
    };
}

troubles! {
    /// No class has the code.
    NoSuchCode = "code", no_such_code;
    /// The class is locked.
    Locked = "locked", locked;
    /// The class is full.
    Full = "full", full;
    /// The class's name was left empty.
    ClassNameEmpty = "class-name", class_name_empty;
    /// The class's name is too long.
    ClassNameLong = "class-name-long", class_name_long;
    /// One's own name was left empty.
    NameEmpty = "name", name_empty;
    /// One's own name is too long.
    NameLong = "name-long", name_long;
    /// The name holds characters that nobody can see.
    NameStrange = "name-strange", name_strange;
    /// The question is too long.
    QuestionLong = "question-long", question_long;
    /// Somebody else's move came first.
    Settled = "settled", settled;
    /// Hands cannot go up yet.
    TooEarly = "too-early", too_early;
    /// A pick finds nobody.
    NobodyToPick = "nobody-to-pick", nobody_to_pick;
    /// The floor is closed.
    FloorClosed = "floor-closed", floor_closed;
    /// A teacher's deed by a student, or the like.
    NotAllowed = "not-allowed", not_allowed;
    /// The last teacher wants to go.
    LastTeacher = "last-teacher", last_teacher;
    /// The class has ended.
    Ended = "ended", ended;
    /// The browser holds no credential for the class.
    NotHere = "not-here", not_here;
    /// The browser sent no cookie with a form, which the form's page had given it.
    NoCookie = "no-cookie", no_cookie;
    /// The browser had lost the cookie of a form's page, and keeps the one that it was given since.
    CookieLost = "cookie-lost", cookie_lost;
    /// A form came from a page of another address.
    OtherAddress = "other-address", other_address;
    /// The browser goes on as somebody else than the page shows.
    OtherPerson = "other-person", other_person;
    /// The link for another device is used up or too old.
    LinkUsed = "link-used", link_used;
    /// The browser holds no credential by which anything could be told.
    NothingKept = "nothing-kept", nothing_kept;
    /// Not signed in as an administrator.
    NotAdmin = "not-admin", not_admin;
    /// The administrator's password is wrong.
    WrongPassword = "password", wrong_password;
    /// A new password is too short.
    PasswordShort = "password-short", password_short;
    /// A new password is too long.
    PasswordLong = "password-long", password_long;
    /// The set-up link is used up.
    LinkOver = "link-over", link_over;
    /// No class with the id, or no more.
    NoSuchClass = "no-class", no_such_class;
    /// No person with the id in the class.
    NoSuchPerson = "no-person", no_such_person;
    /// No invitation that the event began, or none that is about whoever looks.
    NoSuchInvitation = "no-invitation", no_such_invitation;
    /// Not a number of days.
    DaysStrange = "days", days_strange;
    /// Too many attempts.
    TooFast = "too-fast", too_fast;
    /// What waits to be made is as much as may wait.
    Busy = "busy", busy;
    /// The class has come to as many bytes as one may.
    ClassUsedUp = "class-used-up", class_used_up;
    /// The server failed.
    Failed = "failed", failed;
}

#[cfg(feature = "ssr")]
impl FromServerFnError for Trouble {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self::Failed
    }
}

impl Trouble {
    /// What is wrong with a class's name.
    #[cfg(feature = "ssr")]
    pub(crate) const fn of_class_name(error: NameError) -> Self {
        match error {
            NameError::Blank => Self::ClassNameEmpty,
            NameError::TooLong => Self::ClassNameLong,
            NameError::Control | NameError::Invisible => Self::NameStrange,
        }
    }

    /// What is wrong with a person's name.
    #[cfg(feature = "ssr")]
    pub(crate) const fn of_name(error: NameError) -> Self {
        match error {
            NameError::Blank => Self::NameEmpty,
            NameError::TooLong => Self::NameLong,
            NameError::Control | NameError::Invisible => Self::NameStrange,
        }
    }
}
