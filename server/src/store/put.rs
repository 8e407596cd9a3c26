//! What is stored beside the classes: settings, sessions, ends of tokens, checkpoints, how far
//! webhooks have come.

use signaling::{GroupId, Timestamp};

use super::classes::Checkpoint;
use super::integrations::Progress;
use crate::identity::TokenHash;

/// One thing that is stored beside the classes.
#[derive(Debug)]
pub(crate) enum Put {
    Setting {
        name: &'static str,
        value: Option<String>,
    },
    Session {
        token: TokenHash,
        password: TokenHash,
        expires_at: Timestamp,
    },
    EndSession(TokenHash),
    /// A token was used for the first time, so the one that it replaced ends at this moment.
    Replaced {
        token: TokenHash,
        by: TokenHash,
        ends_at: Timestamp,
    },
    Checkpoint(GroupId, Checkpoint),
    /// What came of an attempt to deliver to a webhook.
    Delivery(GroupId, Progress),
}
