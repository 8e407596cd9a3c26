//! Idempotency keys: a request that is repeated with the same key gets the first answer again.

use axum::extract::OriginalUri;
use http::HeaderName;
use http::request::Parts;
use sha2::{Digest, Sha256};
use signaling::UserId;

use crate::error::Error;
use crate::http::reply::encode;
use crate::identity::TokenHash;
use crate::writer::job::Key;

pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest Idempotency-Key, in bytes.
pub(super) const MAX_KEY_BYTES: usize = 128;
pub(super) struct RequestKey {
    key: String,
    request: TokenHash,
}

impl RequestKey {
    pub fn of(user: UserId, key: Option<Self>) -> Option<Key> {
        key.map(|Self { key, request }| Key { user, key, request, encode })
    }
}

pub(super) fn idempotency_key(parts: &Parts, body: &[u8]) -> Result<Option<RequestKey>, Error> {
    let Some(key) = parts.headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let wrong =
        || Error::Malformed(format!("An Idempotency-Key is text of 1 to {MAX_KEY_BYTES} bytes."));
    let key = std::str::from_utf8(key.as_bytes()).map_err(|_| wrong())?;
    if !(1..=MAX_KEY_BYTES).contains(&key.len()) {
        return Err(wrong());
    }
    let mut hash = Sha256::new();
    // Nested routes see only their own part of the path.
    let path = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |uri| &uri.0).path();
    for part in [parts.method.as_str().as_bytes(), path.as_bytes(), body] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let request = TokenHash::from_bytes(hash.finalize().into());
    Ok(Some(RequestKey { key: key.to_owned(), request }))
}
