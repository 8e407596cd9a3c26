//! The files that go with the pages, from inside the binary, and the headers that every response
//! carries.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use mime_guess::MimeGuess;
use rust_embed::Embed;

/// The site as `cargo xtask` lays it out; a debug build reads it from the disk.
#[derive(Embed)]
#[folder = "../target/site"]
#[allow_missing = true]
struct Site;

/// The folder of what is built: its files refer to each other, and belong to one build.
const PKG: &str = "pkg/";
/// What a file's name has more when it is packed with brotli, as `cargo xtask build` does. It is there in the
/// place of the file, not beside it: nearly every browser takes it so.
const PACKED: &str = ".br";
/// For a year, without asking again: another build has other addresses.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// Where pages find what is built, without slashes at its ends. The name tells builds apart, so
/// that a browser keeps the files for good.
pub fn place() -> &'static str {
    static PLACE: LazyLock<String> = LazyLock::new(|| {
        let mut files: Vec<_> = Site::iter().filter(|path| path.starts_with(PKG)).collect();
        files.sort_unstable();
        let mut build = DefaultHasher::new();
        for path in &files {
            path.hash(&mut build);
            Site::get(path).map(|file| file.metadata.sha256_hash()).hash(&mut build);
        }
        format!("{PKG}{:016x}", build.finish())
    });
    &PLACE
}

/// A path in the site, and whether what is there stays the same for good. In the place of another
/// build, of which a page may still be open, is what this one has.
fn resolve(path: &str) -> (Cow<'_, str>, bool) {
    let build = path.strip_prefix(PKG).and_then(|path| path.split_once('/'));
    match build {
        Some((build, name)) if build.len() == 16 => {
            (format!("{PKG}{name}").into(), path.starts_with(place()))
        }
        _ => (path.into(), false),
    }
}

/// What is packed, unpacked: for browsers that do not take it as it is, as they do not from an address without
/// TLS. It is a megabyte, of which most servers never have need.
fn unpacked(path: &str) -> Option<Bytes> {
    static UNPACKED: LazyLock<HashMap<String, Bytes>> = LazyLock::new(|| {
        let packed = Site::iter().filter_map(|path| {
            let name = path.strip_suffix(PACKED)?;
            let packed = Site::get(&path)?.data;
            let mut unpacked = Vec::new();
            brotli_decompressor::BrotliDecompress(&mut &*packed, &mut unpacked).ok()?;
            Some((name.to_owned(), unpacked.into()))
        });
        packed.collect()
    });
    UNPACKED.get(path).cloned()
}

fn takes_brotli(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|coding| {
        let (coding, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
        coding.trim().eq_ignore_ascii_case("br") && !is_refused
    })
}

/// The type as it is told: of text also how it is written.
fn content_type(path: &str) -> String {
    let mimetype = MimeGuess::from_path(path).first_or_octet_stream();
    let mimetype = mimetype.essence_str();
    let is_text = mimetype.starts_with("text/");
    if is_text { format!("{mimetype}; charset=utf-8") } else { mimetype.to_owned() }
}

/// The file at this path, or that the browser's copy is still good; none when there is no such
/// file.
pub fn find(path: &str, headers: &HeaderMap) -> Option<Response> {
    let (path, is_for_good) = resolve(path.strip_prefix('/')?);
    if path.ends_with(PACKED) {
        return None;
    }
    let plain = Site::get(&path);
    let is_packed = plain.is_none();
    let file = plain.or_else(|| Site::get(&format!("{path}{PACKED}")))?;
    let hash = file.metadata.sha256_hash();
    let hash = hash[..12].iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
    // Weak: packed or not, it is the same file.
    let tag = format!("W/\"{hash}\"");
    let caching = if is_for_good { FOR_GOOD } else { "no-cache" };
    let mut response = Response::new(Body::empty());
    if is_packed {
        response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    let is_same = headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let told = [(ETAG, tag.clone()), (CACHE_CONTROL, caching.to_owned())];
    if is_same.is_some_and(|known| known.contains(&tag)) {
        return Some((StatusCode::NOT_MODIFIED, told, response).into_response());
    }
    let content_type = [(CONTENT_TYPE, content_type(&path))];
    if path.ends_with(".js") {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(OF_WORKER));
    }
    *response.body_mut() = if !is_packed {
        Body::from(file.data)
    } else if takes_brotli(headers) {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
        Body::from(file.data)
    } else {
        Body::from(unpacked(&path)?)
    };
    Some((told, content_type, response).into_response())
}

/// What is no page loads nothing and is shown in no frame.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; object-src 'none'";
/// A script's own policy is a worker's, such as the one that holds the live streams; in a page it is
/// the page's that counts.
const OF_WORKER: &str = "default-src 'none'; base-uri 'none'; connect-src 'self'; form-action 'none'; \
                         frame-ancestors 'none'; object-src 'none'";
/// What a page of this site may ask of a device: a microphone and a camera, for calls.
const FEATURES: &str =
    "camera=(self), microphone=(self), display-capture=(), geolocation=(), payment=(), usb=()";
/// A year, as long as browsers that came once over https come back only so. Other hosts below this
/// one are not this server's to decide about.
const HTTPS_ONLY: &str = "max-age=31536000";

/// Keeps pages out of frames, addresses out of other sites' hands, and types as they are said.
pub fn guard_headers(is_https: bool, headers: &mut HeaderMap) {
    // Pages say themselves what they load, and one that is made for a frame where that may be.
    for (name, value) in
        [(CONTENT_SECURITY_POLICY, POLICY), (X_FRAME_OPTIONS, "DENY"), (CACHE_CONTROL, "no-store")]
    {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), FEATURES),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HTTPS_ONLY));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_text_it_is_told_how_it_is_written() {
        assert_eq!(content_type("pkg/handup.css"), "text/css; charset=utf-8");
        assert_eq!(content_type("pkg/handup.js"), "text/javascript; charset=utf-8");
        assert_eq!(content_type("pkg/handup.wasm"), "application/wasm");
        assert_eq!(content_type("favicon.svg"), "image/svg+xml");
    }
}
