//! Pages of other sites that may use the API by a token (CORS), where the operator names them.
//!
//! A cookie is never theirs to use: no answer allows credentials, so that a browser that sends one shows
//! the page nothing, and what changes something by a cookie is refused as from any other site.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::idempotency::IDEMPOTENCY_KEY;

/// How long a browser need not ask again.
const KNOWN_FOR: Duration = Duration::from_secs(600);

/// Lets pages of these origins use the API; none when there are none.
pub(super) fn allowing(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|it| it.parse().ok()).collect();
    if origins.is_empty() {
        return None;
    }
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
            IDEMPOTENCY_KEY,
            HeaderName::from_static("last-event-id"),
        ])
        .expose_headers([header::ETAG, header::LOCATION, header::RETRY_AFTER])
        .max_age(KNOWN_FOR);
    Some(layer)
}
