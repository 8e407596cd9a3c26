//! The rules of invitation signaling, pure: no input or output, no clock, no randomness, no async.
//!
//! A [`Group`] is the aggregate. [`decide`] says what a [`Command`] would make happen at a moment
//! that is given to it, as [`Event`]s or as a [`Rejection`]; [`apply`] folds an event into the
//! group. The server and the browser fold with the same `apply`, and every type that crosses the
//! wire is defined here once.

mod alike;
mod application;
mod audience;
mod between;
mod command;
mod decide;
mod erase;
pub mod event;
mod group;
mod ids;
mod invitation;
pub mod json;
mod live;
mod member;
mod name;
mod performed;
mod problem;
mod reason;
mod roll;
#[cfg(feature = "schema")]
mod schema;
mod settings;
mod sorted;
#[cfg(feature = "test-support")]
pub mod test_support;
mod time;
mod timeout;
mod undo;
pub mod wire;

pub use alike::Alike;
pub use application::{
    Application, LogReader, Outcome, Performance, Performing, Reading, act, next_deadline,
};
pub use audience::{Audience, Ends};
pub use between::{may_ring, other_end};
pub use command::{Command, FinishWhom};
pub use decide::{decide, settled_again, settlement};
pub use erase::Eraser;
pub use event::{Event, EventKind};
pub use group::{Group, apply};
pub use ids::{GroupId, IdError, InviteId, UserId};
pub use invitation::{
    Accepted, Answers, Closing, Invitation, Invitee, InviteeList, InviteeState, Place,
};
pub use member::{Member, Role};
pub use name::{Name, NameError};
pub use performed::{Performed, UNDO_SECONDS};
pub use problem::{Code, Refusal, Rejection};
pub use reason::Reason;
pub use roll::{Entry, Roll};
pub use settings::{
    Amount, NamesShown, STUDENTS_INVITE_STUDENTS, Setting, Settings, SettingsChange, Switch,
};
pub use sorted::Sorted;
pub use time::{Timestamp, TimestampError};
pub use timeout::{Timeout, TimeoutError};
pub use wire::{
    JoinCodeChanged, MemberView, Problem, Relay, Ringing, Settlement, Snapshot, StatusChange,
    UserStatus, VoiceChange,
};

/// The most bytes of UTF-8 that a `data` field may hold.
pub const MAX_DATA_BYTES: usize = 12_288;
/// The most bytes that a `cancel` or a `finish` may come to which says its `data` to many: each keeps
/// it with their part, and is told it with each answer and snapshot.
pub const MAX_SAID_TO_ALL_BYTES: usize = 64 * MAX_DATA_BYTES;
/// The longest timeout of an invitation, in seconds.
pub const MAX_TIMEOUT_SECONDS: u32 = 86_400;
/// The most characters a member's or a group's name may hold.
pub const MAX_NAME_CHARS: usize = 64;
/// The most members one group may hold.
pub const MAX_MEMBERS: usize = 6_000;
