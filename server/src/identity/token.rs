//! Tokens: the secrets that browsers and programs carry, and the hashes by which the store knows them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::random::random;

/// A secret that stands for a member: 256 bits, in base64url. It has no `Debug` and no `Display`,
/// and cannot be compared: how long that took would tell how far a guess is right. Its hash can, of
/// which nobody chooses the bytes.
///
/// ```
/// assert!(server::Token::new().hash() != server::Token::new().hash());
/// ```
/// ```compile_fail,E0369
/// assert!(server::Token::new() == server::Token::new());
/// ```
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A new token.
    pub fn new() -> Self {
        Self(URL_SAFE_NO_PAD.encode(random::<32>()))
    }

    /// The text as a token, when it could be one.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let decoded = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes);
        (decoded == Ok(32)).then(|| Self(text.to_owned()))
    }

    /// The text, to be handed to its owner and nobody else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the store keeps of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(self.0.as_bytes())
    }
}

impl Default for Token {
    fn default() -> Self {
        Self::new()
    }
}

/// The token that somebody comes into a class with: a new one each time (token rotation), against session
/// fixation.
#[derive(Clone, Copy)]
pub struct Entrance<'a> {
    /// It stands for them in this class.
    pub token: &'a Token,
    /// What their browser carried until then: for whom that one stands in other classes, the new
    /// one stands as well. It does not come to stand for them here, since somebody who had the
    /// machine before may have noted it, and ends soon after the new one is used.
    pub instead_of: Option<&'a Token>,
}

/// A form for starting or joining a class that was given to one browser: the form, sent twice, makes
/// one member. It takes both secrets, so whoever reads the one off the page has nothing.
#[derive(Clone, Copy)]
pub struct Ticket<'a> {
    /// What the form holds.
    pub form: &'a Token,
    /// What the browser holds, in a cookie that no script reads.
    pub browser: &'a Token,
}

impl Ticket<'_> {
    /// What the store keeps of it.
    pub(crate) fn hash(self) -> TokenHash {
        TokenHash::of(format!("{} {}", self.form.0, self.browser.0).as_bytes())
    }
}

impl<'a> From<&'a Token> for Entrance<'a> {
    fn from(token: &'a Token) -> Self {
        Self { token, instead_of: None }
    }
}

/// The SHA-256 of a token. The token's own 256 bits make a slow hash needless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The hash of these bytes as the store keeps them.
    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the store.
    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_256_bits_and_its_text_is_checked() {
        let token = Token::new();
        assert_eq!(token.reveal().len(), 43);
        let again = Token::from_text(token.reveal()).map(|token| token.hash());
        assert_eq!(again, Some(token.hash()));
        assert_ne!(Token::new().hash(), token.hash());
        for text in ["", "abc", &"A".repeat(44), &"A".repeat(42), "not a token at all"] {
            assert!(Token::from_text(text).is_none(), "{text}");
        }
    }
}
