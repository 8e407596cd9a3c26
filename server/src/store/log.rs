//! A group's log as it is written and read back.

use signaling::Event;

use crate::identity::tokens::{BrowserId, Held, Membership};
use crate::identity::{JoinCode, TokenHash};

/// An event and its body, encoded once.
#[derive(Debug, Clone)]
pub(crate) struct EncodedEvent {
    pub event: Event,
    pub body: String,
}

/// A group as it is read back.
pub(crate) struct Loaded {
    pub join_code: JoinCode,
    pub events: Vec<EncodedEvent>,
    pub memberships: Vec<(BrowserId, Membership)>,
    /// The tokens of these browsers.
    pub tokens: Vec<(TokenHash, Held)>,
    /// The integration that began it; none when people did.
    pub integration: Option<String>,
}

impl Loaded {
    /// A group in which nothing has happened.
    pub const fn empty(join_code: JoinCode, integration: Option<String>) -> Self {
        Self {
            join_code,
            events: Vec::new(),
            memberships: Vec::new(),
            tokens: Vec::new(),
            integration,
        }
    }
}
