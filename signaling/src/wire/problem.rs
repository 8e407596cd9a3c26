//! An error as the wire tells it: `application/problem+json` (RFC 9457).

use serde::{Deserialize, Serialize};

use crate::{Code, InviteeState, Rejection};

/// An error as the wire tells it: `application/problem+json` (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// What kind of problem; always `about:blank`, for `code` tells it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, for a person.
    pub detail: String,
    /// What happened, for a program.
    pub code: Code,
    /// The state that won, where another transition did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<InviteeState>,
    /// The field of the request that is wrong, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl Problem {
    /// A problem with this status, code and sentence.
    pub fn new(status: u16, code: Code, detail: impl Into<String>) -> Self {
        let title = match status {
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            408 => "Request Timeout",
            409 => "Conflict",
            410 => "Gone",
            413 => "Content Too Large",
            422 => "Unprocessable Content",
            429 => "Too Many Requests",
            503 => "Service Unavailable",
            507 => "Insufficient Storage",
            _ => "Internal Server Error",
        };
        Self {
            kind: "about:blank".to_owned(),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            code,
            state: None,
            field: None,
        }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        Self {
            state: rejection.state(),
            ..Self::new(rejection.status(), rejection.code(), rejection.to_string())
        }
    }
}
