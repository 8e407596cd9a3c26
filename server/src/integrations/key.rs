//! The key of an integration: told from a member's token at sight, so that neither is taken for the
//! other.

use crate::identity::{Token, TokenHash};

/// What each key begins with. Scanners for leaked secrets can look for it.
const PREFIX: &str = "handup_key_";

/// A key: 256 bits from the operating system. Only its hash is kept.
#[derive(Clone)]
pub struct IntegrationKey(Token);

impl IntegrationKey {
    /// A new key.
    pub fn new() -> Self {
        Self(Token::new())
    }

    /// The text as a key, when it could be one.
    pub fn from_text(text: &str) -> Option<Self> {
        text.strip_prefix(PREFIX).and_then(Token::from_text).map(Self)
    }

    /// The text, to be handed to the operator and nobody else.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", self.0.reveal())
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> TokenHash {
        self.0.hash()
    }
}

impl Default for IntegrationKey {
    fn default() -> Self {
        Self::new()
    }
}
