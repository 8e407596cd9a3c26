//! The types on the wire beside the events: what requests hold, what they are answered with, and the
//! events that hold only for now. Server, browser and tests use the same.

mod answers;
mod change_settings;
mod ephemeral;
mod integration;
mod problem;
mod requests;
mod settlement;
mod snapshot;
mod webhook;

pub use answers::{
    Credential, Device, Devices, GroupEnd, GroupNow, HandoverLink, IceServer, IceServers,
    InvitationPage, Invited, MemberNow, NewJoinCode, PerformedNow, ToldInvitation,
};
pub use change_settings::{ChangeSettings, SettingsError};
pub use ephemeral::{JoinCodeChanged, Relay, Ringing, StatusChange, UserStatus, VoiceChange};
pub use integration::{BringIn, DeadLetter, DeadLetters, OwnMember, OwnMembers};
pub use problem::Problem;
pub use requests::{
    ChangeGroup, ChangeRole, CreateGroup, Data, Decline, Empty, Finish, Invite, InviteInGroup,
    Invitees, Join, OptionalData, Respond, Undo,
};
pub use settlement::Settlement;
pub use snapshot::{MemberView, Snapshot};
pub use webhook::{Delivered, WebhookMessage};
