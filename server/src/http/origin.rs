//! CSRF check: what changes anything must come from a page of this origin.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Method};

use crate::engine::Engine;
use crate::error::Error;

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

/// Whether a browser sent the request from a page of this very site. Every browser that can open
/// Handup says so, in `Sec-Fetch-Site` or in `Origin`.
pub(super) fn is_same_origin(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()) else {
        return false;
    };
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let is_here = headers.get(HOST).is_some_and(|host| host == authority);
    // Where people use https, a page of this host that came without is of whoever is in the network;
    // where nothing says that they do, the connection is plain.
    let (own, own_scheme) = match public_url {
        Some(url) => (url, url.split_once("://").map_or("http", |(scheme, _)| scheme)),
        None => ("", "http"),
    };
    own == origin || (is_here && own_scheme == scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_site_itself_may_change_things_with_a_cookie() {
        let headers = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            pairs
                .iter()
                .map(|(name, value)| {
                    (name.parse().expect("a name"), value.parse().expect("a value"))
                })
                .collect()
        };
        let (https, http) = (Some("https://handup.example"), Some("http://handup.example"));
        for (public_url, pairs, expected) in [
            (https, vec![("sec-fetch-site", "same-origin")], true),
            (https, vec![("sec-fetch-site", "same-site")], false),
            (https, vec![("sec-fetch-site", "cross-site")], false),
            (https, vec![("host", "inner"), ("origin", "https://handup.example")], true),
            (https, vec![("host", "a:1"), ("origin", "https://a:1")], true),
            (https, vec![("host", "a:1"), ("origin", "http://a:1")], false),
            (https, vec![("host", "handup.example"), ("origin", "http://handup.example")], false),
            (https, vec![("host", "a:1"), ("origin", "https://b:1")], false),
            (https, vec![("host", "a:1"), ("origin", "null")], false),
            (https, vec![("host", "a:1")], false),
            (http, vec![("host", "a:1"), ("origin", "http://a:1")], true),
            (http, vec![("host", "a:1"), ("origin", "https://a:1")], false),
            (None, vec![("host", "a:1"), ("origin", "http://a:1")], true),
            (None, vec![("host", "a:1"), ("origin", "https://a:1")], false),
            (None, vec![("host", "a:1"), ("origin", "http://b:1")], false),
            (None, vec![("origin", "http://a:1")], false),
        ] {
            let seen = is_same_origin(&headers(&pairs), public_url);
            assert_eq!(seen, expected, "{pairs:?} at {public_url:?}");
        }
    }
}
