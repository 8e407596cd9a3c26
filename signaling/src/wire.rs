//! The types on the wire beside the events: what requests hold, what they are answered with, and the
//! events that hold only for now. Server, browser and tests use the same.

mod ephemeral;
mod problem;
mod requests;
mod settlement;
mod snapshot;

pub use ephemeral::{JoinCodeChanged, Relay, Ringing, StatusChange, UserStatus};
pub use problem::Problem;
pub use requests::{ChangeSettings, SettingsError};
pub use settlement::Settlement;
pub use snapshot::{MemberView, Snapshot};
