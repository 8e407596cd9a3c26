//! A member's or a group's name, checked where it is made.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::MAX_NAME_CHARS;

/// A member's or a group's name: not blank, no control characters, at most
/// [`MAX_NAME_CHARS`] characters, without white space around it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Name(String);

/// Why a text is no [`Name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing but white space.
    #[error("a name must not be empty")]
    Blank,
    /// More than [`MAX_NAME_CHARS`] characters.
    #[error("a name holds at most {MAX_NAME_CHARS} characters")]
    TooLong,
    /// NUL or another control character.
    #[error("a name must not hold control characters")]
    Control,
    /// Nothing of it can be seen. [`Name::new`] takes such a text all the same, for it may stand in
    /// a log; whoever lets names in refuses it.
    #[error("a name must show something")]
    Invisible,
}

impl Name {
    /// Takes the text as a name.
    ///
    /// # Errors
    /// When it is blank, too long, or holds control characters.
    pub fn new(text: &str) -> Result<Self, NameError> {
        if text.chars().any(char::is_control) {
            return Err(NameError::Control);
        }
        let text = text.trim();
        if text.is_empty() {
            return Err(NameError::Blank);
        }
        if text.chars().count() > MAX_NAME_CHARS {
            return Err(NameError::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name of somebody whose own was erased.
    pub fn erased() -> Self {
        Self("Name erased".to_owned())
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
