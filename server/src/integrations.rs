//! Integrations: programs of the operator's, such as a learning platform, that begin classes by a key,
//! bring members in under ids of their own, act on their behalf, and are told of every event by a
//! webhook.
//!
//! Which there are stands in a file that the operator writes (see [`file`]): a key opens all classes
//! that its integration has begun, and no other; where a webhook leads, the operator decides and nobody
//! who has only the key.

pub(crate) mod file;
mod key;
pub(crate) mod sender;
pub(crate) mod webhook;

use std::sync::Arc;

pub use self::file::{IntegrationsError, read};
pub use self::key::IntegrationKey;
pub use self::webhook::{Webhook, WebhookSecret};
use crate::identity::TokenHash;

/// The longest id that an integration may have for a member, in bytes.
pub const LONGEST_OWN_ID: usize = 128;

/// A program of the operator's.
#[derive(Debug, Clone)]
pub struct Integration {
    /// Its name, which stands with the classes that it has begun.
    pub name: String,
    /// The hash of its key.
    pub(crate) key: TokenHash,
    /// Where events of its classes are delivered; none where it is not told.
    pub webhook: Option<Webhook>,
}

impl Integration {
    /// An integration that has this key.
    pub fn new(name: impl Into<String>, key: &IntegrationKey, webhook: Option<Webhook>) -> Self {
        Self { name: name.into(), key: key.hash(), webhook }
    }
}

/// All integrations of a server. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Integrations(Vec<Arc<Integration>>);

impl Integrations {
    /// Their names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|integration| integration.name.as_str())
    }

    /// The one that has this key.
    pub(crate) fn with_key(&self, key: &IntegrationKey) -> Option<&Arc<Integration>> {
        let hash = key.hash();
        self.0.iter().find(|integration| integration.key == hash)
    }

    /// The webhook of the integration of this name; none where it has none, or is not there any more.
    pub(crate) fn webhook(&self, name: &str) -> Option<&Webhook> {
        self.0.iter().find(|integration| integration.name == name)?.webhook.as_ref()
    }

    /// Whether any of them is told of events.
    pub(crate) fn have_webhooks(&self) -> bool {
        self.0.iter().any(|integration| integration.webhook.is_some())
    }
}

impl FromIterator<Integration> for Integrations {
    fn from_iter<I: IntoIterator<Item = Integration>>(integrations: I) -> Self {
        Self(integrations.into_iter().map(Arc::new).collect())
    }
}

/// Whether a text can be the name of an integration: it is the head of a section, and stands in messages.
pub fn is_integration_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Whether a text can be an integration's id for a member: visible ASCII, so that it can stand in a
/// header.
pub(crate) fn is_own_id(text: &str) -> bool {
    (1..=LONGEST_OWN_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
