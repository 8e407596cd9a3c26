//! The request that a page or a form is made for: its address, its headers and its cookies.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, ACCEPT_LANGUAGE};
use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use server::{Engine, Presented, Token};

use crate::trouble::Trouble;

/// The engine that serves the class.
pub fn engine() -> Result<Engine, Trouble> {
    use_context::<Engine>().ok_or(Trouble::Failed)
}

/// Its headers.
pub fn headers() -> HeaderMap {
    use_context::<Parts>().map(|parts| parts.headers).unwrap_or_default()
}

/// A value of the address's query; empty when it is not there.
pub fn query(name: &str) -> String {
    use_query_map().read_untracked().get(name).unwrap_or_default()
}

/// A part of the address's path.
pub fn param(name: &str) -> String {
    use_params_map().read_untracked().get(name).unwrap_or_default()
}

/// The path of the address.
pub fn path() -> String {
    use_context::<Parts>().map(|parts| parts.uri.path().to_owned()).unwrap_or_default()
}

/// Whether the answer is for a browser that shows it as a page, not for a script.
pub fn is_plain() -> bool {
    let accept = headers().get(ACCEPT).cloned();
    accept.is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html")))
}

/// The cookie of the browser that a form goes to and comes from; none when it sent none.
pub fn form_cookie(engine: &Engine) -> Option<Token> {
    engine.cookies().presented_with_form(&headers())
}

/// The cookie of an administrator's session, whether or not it is still good.
pub fn admin_cookie(engine: &Engine) -> Option<Token> {
    engine.cookies().presented_by_admin(&headers())
}

/// The languages that the browser says it is read in.
pub fn languages() -> String {
    let headers = headers();
    let languages = headers.get(ACCEPT_LANGUAGE).and_then(|languages| languages.to_str().ok());
    languages.unwrap_or_default().to_owned()
}

/// The address of the client, where no trusted proxy names another.
pub fn peer() -> Result<IpAddr, Trouble> {
    let parts = use_context::<Parts>().ok_or(Trouble::Failed)?;
    Ok(engine()?.client_address(&parts.extensions, &parts.headers))
}

/// The token of the browser, which stands for its memberships.
pub fn browser_token(engine: &Engine) -> Option<Token> {
    match engine.cookies().presented(&headers())? {
        Presented::Cookie(token) => Some(token),
        Presented::Bearer(_) => None,
    }
}

/// A path with a query, of which what is empty is left out.
pub fn address(path: &str, query: &[(&str, &str)]) -> String {
    let given = query.iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    format!("{path}?{query}")
}
