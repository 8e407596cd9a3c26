//! Pages of other sites that the operator has named use the API by a token, and never by a cookie.

use reqwest::Method;
use serde_json::json;

use crate::support::{Class, Server};

const ALLOWED: &str = "https://school.example";

async fn allowing() -> Server {
    let mut server = Server::start().await;
    server.restart_configured(|config| config.allowed_origins = vec![ALLOWED.to_owned()]).await;
    server
}

#[tokio::test]
async fn a_page_of_an_allowed_site_uses_the_api_by_its_token() {
    let server = allowing().await;
    let class = Class::start(&server).await;
    let asks = server.request(Method::OPTIONS, "/join").header("origin", ALLOWED);
    let asks = asks.header("access-control-request-method", "POST");
    let asked = asks.header("access-control-request-headers", "authorization").await;
    assert_eq!((asked.status, asked.header("access-control-allow-origin")), (200, ALLOWED));
    assert!(asked.header("access-control-allow-headers").contains("idempotency-key"));
    let read = class.teacher.get("").header("origin", ALLOWED).await;
    assert_eq!((read.status, read.header("access-control-allow-origin")), (200, ALLOWED));
    assert_eq!(read.header("access-control-allow-credentials"), "", "no cookie is theirs");
    assert!(read.header("access-control-expose-headers").contains("etag"));
    let stream = class.teacher.get("/events").header("origin", ALLOWED).open().await;
    assert_eq!(stream.headers()["access-control-allow-origin"], ALLOWED);
    let renamed = class.teacher.patch("", json!({ "name": "5B" })).header("origin", ALLOWED).await;
    assert_eq!((renamed.status, renamed.header("access-control-allow-origin")), (200, ALLOWED));
}

#[tokio::test]
async fn a_cookie_is_of_no_use_to_an_allowed_site() {
    let server = allowing().await;
    let class = Class::start(&server).await;
    let path = format!("/groups/{}", class.teacher.group);
    let change = server.request(Method::PATCH, &path).cookie(&class.teacher.token);
    let change = change.json(json!({ "name": "renamed" })).header("origin", ALLOWED);
    let refused = change.header("sec-fetch-site", "cross-site").await;
    refused.refused(403, 8011);
    assert_eq!(refused.header("access-control-allow-credentials"), "");
    let read = server.request(Method::GET, &path).cookie(&class.teacher.token);
    let read = read.header("origin", ALLOWED).await;
    // A browser shows no page an answer to a request with a cookie that does not allow that.
    assert_eq!(read.header("access-control-allow-credentials"), "");
}

#[tokio::test]
async fn no_other_site_is_told_anything() {
    let (closed, open) = (Server::start().await, allowing().await);
    for (server, origin) in [
        (&closed, ALLOWED),
        (&open, "https://evil.example"),
        (&open, "http://school.example"),
        (&open, "https://school.example.evil.example"),
        (&open, "null"),
    ] {
        let class = Class::start(server).await;
        let read = class.teacher.get("").header("origin", origin).await;
        assert_eq!(
            (read.status, read.header("access-control-allow-origin")),
            (200, ""),
            "{origin}"
        );
        let asks = server.request(Method::OPTIONS, "/join").header("origin", origin);
        let asked = asks.header("access-control-request-method", "POST").await;
        assert_eq!(asked.header("access-control-allow-origin"), "", "{origin}");
    }
}
