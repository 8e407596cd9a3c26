//! The files that go with the pages, from inside the binary, and the headers that every response
//! carries.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

/// The site as `cargo xtask` lays it out; a debug build reads it from the disk.
#[derive(Embed)]
#[folder = "target/site"]
#[allow_missing = true]
struct Site;

/// The file at this path, or that the browser's copy is still good; none when there is no such
/// file.
pub fn find(path: &str, headers: &HeaderMap) -> Option<Response> {
    let file: EmbeddedFile = Site::get(path.strip_prefix('/')?)?;
    let tag: String = file
        .metadata
        .sha256_hash()
        .iter()
        .take(12)
        .fold(String::with_capacity(26), |tag, byte| format!("{tag}{byte:02x}"));
    let tag = format!("\"{tag}\"");
    let is_same = headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let headers = [(ETAG, tag.clone()), (CACHE_CONTROL, "no-cache".to_owned())];
    if is_same.is_some_and(|known| known.contains(&tag)) {
        return Some((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let content_type = [(CONTENT_TYPE, file.metadata.mimetype().to_owned())];
    Some((headers, content_type, Body::from(file.data)).into_response())
}

/// No frame, no plugin, no form to another site, no other base.
const POLICY: &str =
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// Keeps pages out of frames, addresses out of other sites' hands, and types as they are said.
pub async fn guard_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Pages say themselves what they load, and one that is made for a frame where that may be.
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.entry(X_FRAME_OPTIONS).or_insert(HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
