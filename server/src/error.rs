//! The one error of the server. A rule's rejection and a misuse of the wire become a problem that
//! names what to do; anything internal is logged once, here, and never sent.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use signaling::{Code, Problem, Rejection};
use voice::Refused;

use crate::metrics::ByLimit;
use crate::nodes::Elsewhere;
use crate::store::Failure;

/// Why a request is not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules refuse it.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The request does not have the right shape; the sentence says how.
    #[error("{0}")]
    Malformed(String),
    /// A field of the request does not have the right shape; the sentence says how.
    #[error("{detail}")]
    WrongField {
        /// Which.
        field: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The body is over the limit.
    #[error("The request is larger than 64 KiB.")]
    BodyTooLarge,
    /// The body did not come in time.
    #[error("The request did not arrive in time.")]
    BodyTooSlow,
    /// No credential, or one that nobody holds.
    #[error("No valid credential came with the request.")]
    NotSignedIn,
    /// The credential belongs to another group.
    #[error("This credential belongs to another class.")]
    OtherGroup,
    /// It is for the integration that began the class.
    #[error("Only the integration that began this class may do this, by its key.")]
    IntegrationsOnly,
    /// The member has no such device.
    #[error("You have no such device here.")]
    NoSuchDevice,
    /// The integration has no such dead letter.
    #[error("There is no such dead letter.")]
    NoSuchLetter,
    /// A webhook has not taken what was sent once more.
    #[error("The webhook has not taken it: {0}.")]
    NotDelivered(
        /// What came of it.
        String,
    ),
    /// A state-changing request that a cookie authenticates, sent from another site.
    #[error("This request came from another site.")]
    CrossSite,
    /// No such group or join code.
    #[error("There is no such class.")]
    NoSuchGroup,
    /// No such path.
    #[error("There is nothing here.")]
    NoSuchPath,
    /// The path has no such method.
    #[error("This cannot be done here.")]
    NoSuchMethod,
    /// An Idempotency-Key that came with another request before.
    #[error("This Idempotency-Key was used for another request.")]
    KeyReused,
    /// Too many requests.
    #[error("Too many requests. Wait a moment and try again.")]
    TooFast(
        /// How long to wait.
        Duration,
    ),
    /// As many live streams of the member are open as there may be.
    #[error("You have this class open too often. Close it somewhere else.")]
    TooManyStreams,
    /// As many invitations of the member, or of the class, are live as there may be.
    #[error("Too much is open or going on here. Cancel or finish some of it first.")]
    TooManyInvitations,
    /// What costs much is asked for more than can be made.
    #[error("The server has much to do. Try again in a moment.")]
    Busy(
        /// How long what waits takes.
        Duration,
    ),
    /// The class has come to as many bytes as one may.
    #[error("This class has used up its room on the server. End it, and begin a new one.")]
    ClassUsedUp,
    /// The class has no voice.
    #[error("Voice is off in this class.")]
    NoVoice,
    /// The server carries no voices.
    #[error("This server carries no voices.")]
    CarriesNoVoices,
    /// An offer of a connection by voice is not answered.
    #[error(transparent)]
    VoiceRefused(#[from] Refused),
    /// Neither one name of the server in the request, nor several, but just one.
    #[error("A request names the server once, in its Host header.")]
    NoHost,
    /// As many connections are open as there may be.
    #[error("Too many people are here at once. Try again in a moment.")]
    TooManyConnections,
    /// The server is stopping.
    #[error("The server is restarting. Try again in a moment.")]
    Stopping,
    /// Something failed that is not the client's to mend.
    #[error("Something went wrong on the server. Try again in a moment.")]
    Internal(
        /// What failed, for the log.
        #[source]
        Box<dyn std::error::Error + Send + Sync>,
    ),
    /// Another server is the class's home just now.
    #[error("The class is on its way to another server. Try again in a moment.")]
    Elsewhere,
    /// The commit that this request was part of failed; logged where it failed.
    #[error("Something went wrong on the server. Try again in a moment.")]
    NotCommitted,
}

impl Error {
    /// A field of the request that is wrong in the way that the sentence says.
    pub(crate) fn wrong_field(field: &str, detail: &str) -> Self {
        Self::WrongField { field: field.to_owned(), detail: detail.to_owned() }
    }

    /// The problem that tells it to the client.
    pub fn problem(&self) -> Problem {
        let (status, code) = match self {
            Self::Rejected(rejection) => return (*rejection).into(),
            Self::WrongField { field, detail } => {
                let problem = Problem::new(400, Code::InvalidParameter, detail);
                return Problem { field: Some(field.clone()), ..problem };
            }
            Self::Malformed(_)
            | Self::NoHost
            | Self::VoiceRefused(Refused::Malformed | Refused::OtherMedia) => {
                (400, Code::InvalidParameter)
            }
            Self::NoVoice | Self::CarriesNoVoices => (409, Code::GroupRefuses),
            Self::VoiceRefused(Refused::NotInCall) => (403, Code::NotPermitted),
            Self::VoiceRefused(Refused::Full) => (503, Code::Full),
            Self::ClassUsedUp => (507, Code::Full),
            Self::BodyTooSlow => (408, Code::InvalidParameter),
            Self::BodyTooLarge => (413, Code::TooLarge),
            Self::NotSignedIn => (401, Code::NotSignedIn),
            Self::OtherGroup | Self::CrossSite | Self::IntegrationsOnly => {
                (403, Code::NotPermitted)
            }
            Self::NoSuchGroup | Self::NoSuchPath => (404, Code::Group),
            Self::NoSuchDevice | Self::NoSuchLetter => (404, Code::InvalidParameter),
            Self::NotDelivered(_) => (502, Code::Internal),
            Self::NoSuchMethod => (405, Code::InvalidParameter),
            Self::KeyReused => (422, Code::InvalidParameter),
            Self::TooFast(_) | Self::TooManyStreams | Self::TooManyInvitations => {
                (429, Code::TooFast)
            }
            // What fails inside is the file or its disk, and works again when these do.
            Self::Stopping
            | Self::Elsewhere
            | Self::Busy(_)
            | Self::TooManyConnections
            | Self::VoiceRefused(Refused::Unavailable)
            | Self::Internal(_)
            | Self::NotCommitted => (503, Code::Internal),
        };
        Problem::new(status, code, self.to_string())
    }

    /// After how many seconds it is worth another try, where that is known.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooFast(wait) | Self::Busy(wait) => {
                Some((wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1))
            }
            Self::TooManyStreams => Some(10),
            Self::VoiceRefused(Refused::Full | Refused::Unavailable) => Some(2),
            Self::Elsewhere => Some(1),
            _ => None,
        }
    }

    /// The limit that it is refused by, where it is one.
    fn limit(&self) -> Option<ByLimit> {
        Some(ByLimit(match self {
            Self::TooFast(_) => "rate",
            Self::TooManyStreams => "streams",
            Self::TooManyInvitations => "live_invitations",
            Self::Busy(_) => "rendering",
            Self::TooManyConnections => "connections",
            Self::ClassUsedUp => "class_bytes",
            Self::BodyTooLarge => "body",
            _ => return None,
        }))
    }

    /// Writes what is internal to the log.
    pub fn log(&self) {
        if let Self::Internal(source) = self {
            tracing::error!(error = %source, "request failed");
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        if failure.is::<Elsewhere>() { Self::Elsewhere } else { Self::Internal(failure) }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.log();
        let mut response = problem_response(&self.problem());
        if let Some(limit) = self.limit() {
            response.extensions_mut().insert(limit);
        }
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if matches!(self, Self::NotSignedIn) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The problem as a response.
fn problem_response(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_string(problem).unwrap_or_default();
    (status, [PROBLEM_TYPE, NO_STORE], body).into_response()
}

/// The media type of RFC 9457.
pub(crate) const PROBLEM_TYPE: (HeaderName, &str) =
    (header::CONTENT_TYPE, "application/problem+json");
/// What is one member's is nobody's to keep.
pub(crate) const NO_STORE: (HeaderName, &str) = (header::CACHE_CONTROL, "no-store");
