//! Why something was not answered with what it asked for.

use std::time::Duration;

use signaling::{Code, Problem};

/// Why something was not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server refuses it: `code` says why to a program, `detail` to a person.
    #[error("{}", .problem.detail)]
    Refused {
        /// What the server says.
        problem: Box<Problem>,
        /// After how long it is worth another try, where the server says so.
        retry_after: Option<Duration>,
    },
    /// The server was not reached, or its answer did not come whole.
    #[error("the server cannot be reached: {0}")]
    Unreached(#[from] reqwest::Error),
    /// The answer is not one of Handup's.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
    /// The address of the server is none.
    #[error("{0} is no address of a server")]
    NoAddress(String),
}

impl Error {
    /// The status of the answer, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { problem, .. } => Some(problem.status),
            Self::Unreached(_) | Self::Unreadable(_) | Self::NoAddress(_) => None,
        }
    }

    /// Whether nothing will come of asking again, by the server's own word: the credential is good for
    /// nothing (401, 403), or the group is over (410) or gone (404).
    pub fn is_final(&self) -> bool {
        let Self::Refused { problem, .. } = self else { return false };
        // What is between may refuse as well; that may pass.
        let is_own = problem.code != Code::Internal;
        is_own && (400..500).contains(&problem.status) && !matches!(problem.status, 408 | 429)
    }

    /// Whether the same request may be answered in a while.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Refused { problem, retry_after } => {
                problem.status == 503 || problem.status == 429 && retry_after.is_some()
            }
            Self::Unreached(error) => !error.is_builder(),
            Self::Unreadable(_) | Self::NoAddress(_) => false,
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}
