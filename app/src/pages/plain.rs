//! Pages made of next to nothing: of somebody who has to wait, sent when making pages is too much,
//! and of somebody whose form came from a page of another address.

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, RETRY_AFTER};
use axum::response::{Html, IntoResponse, Response};
use leptos::prelude::*;
use server::Error;

use crate::document::head;
use crate::failure::{Failure, status};
use crate::trouble::Trouble;
use crate::words::page;

/// They load the style sheet and nothing else.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; img-src 'self'; style-src 'self'";

/// Why there is no page, in words, with the style sheet from this folder.
pub fn wait_page(error: Error, folder: &str) -> Response {
    let failure = Failure::from(error);
    failure.log();
    let again = Way { href: String::new(), says: page::try_again().to_owned() };
    let mut response = bare(page::wait_title(), failure.trouble(), again, folder);
    if let Some(seconds) = failure.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// Why a form was refused that came from a page of another address, with the way to the right one:
/// whoever opened this very server by an address that it is not for is told so.
pub fn other_address_page(public_url: Option<&str>, folder: &str) -> Response {
    let href = format!("{}/", public_url.unwrap_or_default());
    let says = public_url.map_or_else(|| page::to_start().to_owned(), page::go_to);
    bare(page::not_from_here(), Trouble::OtherAddress, Way { href, says }, folder)
}

/// A link on.
struct Way {
    href: String,
    says: String,
}

fn bare(title: &'static str, trouble: Trouble, way: Way, folder: &str) -> Response {
    let Way { href, says } = way;
    let page = view! {
        <!DOCTYPE html>
        <html lang=page::lang()>
            <head>
                {head(folder)}
                <title>{title} " · Handup"</title>
            </head>
            <body>
                <div class="plain">
                    <main>
                        <section class="card one">
                            <h1>{title}</h1>
                            <p>{trouble.sentence()}</p>
                            <a class="button primary" href=href>
                                {says}
                            </a>
                        </section>
                    </main>
                </div>
            </body>
        </html>
    };
    let page = Owner::new().with(|| page.into_view().to_html());
    let mut response = (status(trouble), Html(page)).into_response();
    let policy = HeaderValue::from_static(POLICY);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}
