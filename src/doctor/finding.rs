//! What a check has found, and what there is to do about it.

use serde::Serialize;

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it has to be.
    Ok,
    /// It works, and not as well as it might.
    Warn,
    /// Not as it has to be.
    Fail,
}

/// What one check has found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The check's name.
    pub check: &'static str,
    pub state: State,
    /// What is.
    pub found: String,
    /// What to do; none where nothing is, or what was found says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_do: Option<String>,
}

impl Finding {
    const fn new(check: &'static str, state: State, found: String) -> Self {
        Self { check, state, found, to_do: None }
    }

    pub fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self::new(check, State::Ok, found.into())
    }

    pub fn warn(check: &'static str, found: impl Into<String>) -> Self {
        Self::new(check, State::Warn, found.into())
    }

    pub fn fail(check: &'static str, found: impl Into<String>) -> Self {
        Self::new(check, State::Fail, found.into())
    }

    pub fn advise(self, what: impl Into<String>) -> Self {
        Self { to_do: Some(what.into()), ..self }
    }
}
