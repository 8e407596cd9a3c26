//! The response to a page or a form: its status, its cookies, where it leads to, and its Content
//! Security Policy.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::failure::{Failure, status};
use crate::request::is_plain;
use crate::trouble::Trouble;

/// Logs the error behind a failure and says in the response when it is worth another try. Answers with
/// what its person is told.
pub fn report(failure: Failure) -> Trouble {
    failure.log();
    if let Some(seconds) = failure.retry_after() {
        come_back_in(seconds);
    }
    failure.trouble()
}

/// The same, and the response has the status that goes with it.
pub fn refuse(failure: Failure) -> Trouble {
    let trouble = report(failure);
    set_status(status(trouble));
    trouble
}

/// Sends a plain form on to where it leads, or to where its trouble is told. A page that is alive gets
/// the bare result.
pub fn lead(
    done: Result<String, Failure>,
    on_trouble: impl FnOnce(Trouble) -> String,
) -> Result<(), Trouble> {
    if !is_plain() {
        return done.map(drop).map_err(refuse);
    }
    match done {
        Ok(address) => go_to(&address),
        Err(failure) => go_to(&on_trouble(report(failure))),
    }
    Ok(())
}

/// Answers with a redirect.
fn go_to(address: &str) {
    if let (Some(response), Ok(location)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(address))
    {
        // Whoever is led on is to go at once.
        if let Ok(mut parts) = response.0.write() {
            parts.headers.remove(RETRY_AFTER);
        }
        response.insert_header(LOCATION, location);
        response.set_status(StatusCode::SEE_OTHER);
    }
}

/// Says with a refusal after how many seconds it is worth another try.
fn come_back_in(seconds: u64) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(RETRY_AFTER, seconds.into());
    }
}

/// Answers with this status.
pub fn set_status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}

/// Has the browser keep a cookie.
pub fn give_cookie(cookie: &str) {
    if let (Some(response), Ok(cookie)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(cookie))
    {
        response.append_header(SET_COOKIE, cookie);
    }
}

/// Says what the page may load: itself, and of scripts those that Leptos wrote into it, which
/// carry the response's nonce. Nothing that somebody put into a name can run.
pub fn set_policy(is_live: bool) {
    let nonce = use_nonce().map(|nonce| format!("'nonce-{nonce}'")).unwrap_or_default();
    let of_island = if is_live {
        "; script-src-elem 'self' NONCE; script-src 'self' 'wasm-unsafe-eval' NONCE"
    } else {
        "; script-src NONCE"
    };
    let policy = format!(
        "default-src 'none'; base-uri 'none'; connect-src 'self'; form-action 'self'; \
         frame-ancestors 'none'; frame-src 'self'; img-src 'self' data:; object-src 'none'; \
         style-src 'self'{}",
        of_island.replace("NONCE", &nonce)
    );
    if let (Some(response), Ok(policy)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(&policy))
    {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}
