//! The page of somebody who has to wait, made of next to nothing: it is what is sent when making
//! pages is too much.

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, RETRY_AFTER};
use axum::response::{Html, IntoResponse, Response};
use leptos::prelude::*;
use server::Error;

use crate::head;
use crate::trouble::Trouble;

/// It loads the style sheet and nothing else.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; img-src 'self'; style-src 'self'";

/// Why there is no page, in words, with the style sheet from this folder.
pub fn wait_page(error: Error, folder: &str) -> Response {
    let seconds = error.retry_after();
    let trouble = Trouble::from(error);
    let page = view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                {head(folder)}
                <title>"Wait a moment · Handup"</title>
            </head>
            <body>
                <div class="plain">
                    <main>
                        <section class="card one">
                            <h1>"Wait a moment"</h1>
                            <p>{trouble.to_string()}</p>
                            <a class="button primary" href="">
                                "Try again"
                            </a>
                        </section>
                    </main>
                </div>
            </body>
        </html>
    };
    let page = Owner::new().with(|| page.into_view().to_html());
    let mut response = (trouble.status(), Html(page)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    if let Some(seconds) = seconds {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    response
}
