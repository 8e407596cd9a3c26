//! CSRF check: what changes anything must come from a page of this origin.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;

use crate::engine::Engine;
use crate::error::Error;
use crate::identity::is_same_origin;

/// Refuses what changes anything and was sent by a page of another site.
///
/// # Errors
/// When the request was.
pub async fn same_origin(
    State(engine): State<Engine>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    let is_safe = is_safe(request.method());
    if is_safe || is_same_origin(request.headers(), engine.public_url()) {
        Ok(next.run(request).await)
    } else {
        Err(Error::CrossSite)
    }
}

pub(super) const fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}
