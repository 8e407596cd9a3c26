//! Pages of other sites, which a browser lends the member's cookie.

use reqwest::Method;
use serde_json::json;

use crate::support::{Class, Invite, Request, Server};

/// A rename by the cookie alone, to which a browser adds its headers.
fn rename(server: &Server, class: &Class) -> Request {
    let path = format!("/groups/{}", class.teacher.group);
    let request = server.request(Method::PATCH, &path).cookie(&class.teacher.token);
    request.json(json!({ "name": "renamed" }))
}

#[tokio::test]
async fn a_page_of_this_site_acts_for_the_member() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    rename(&server, &class).header("sec-fetch-site", "same-origin").await.with_status(200);
    rename(&server, &class).header("origin", server.origin()).await.with_status(200);
    let both = rename(&server, &class).header("origin", server.origin());
    both.header("sec-fetch-site", "same-origin").await.with_status(200);
    assert_eq!(class.teacher.snapshot().await["name"], "renamed");
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    for site in ["cross-site", "same-site"] {
        rename(&server, &class).header("sec-fetch-site", site).await.refused(403, 8011);
    }
    let origin = server.origin();
    let with_another_port = format!("{origin}0");
    let lookalike = format!("{origin}.example");
    for origin in ["https://evil.example", "null", &with_another_port, &lookalike] {
        rename(&server, &class).header("origin", origin).await.refused(403, 8011);
    }
    let forged = rename(&server, &class).header("origin", origin);
    forged.header("sec-fetch-site", "cross-site").await.refused(403, 8011);
    rename(&server, &class).await.refused(403, 8011);
    assert_eq!(class.teacher.snapshot().await["name"], "4B");
}

#[tokio::test]
async fn every_change_by_cookie_is_guarded() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let call = class.teacher.try_invite(&ada, r#"{"operation":"call"}"#, 0).await;
    let invite = Invite::of(&call);
    let before = class.teacher.snapshot().await["seq"].take();
    for route in crate::support::group_routes(&invite, &ada) {
        let request = route.request(server.endpoint(), &ada.group).cookie(&class.teacher.token);
        let request = request.header("sec-fetch-site", "cross-site");
        if route.is_safe() {
            assert_eq!(request.open().await.status(), 200, "{}", route.name());
        } else {
            request.await.refused(403, 8011);
        }
    }
    assert_eq!(class.teacher.snapshot().await["seq"], before);
}

#[tokio::test]
async fn a_program_that_shows_its_token_may_come_from_anywhere() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let request = class.teacher.patch("", json!({ "name": "renamed" }));
    let request = request.header("origin", "https://tool.example");
    request.header("sec-fetch-site", "cross-site").await.with_status(200);
}
