//! What the last form came to, when it came to nothing.

use leptos::prelude::*;
use server::JoinCode;

use crate::request::{path, query};
use crate::trouble::Trouble;
use crate::visitor::cookie_came_back;
use crate::words;

/// What the last form came to, when it came to nothing.
pub fn trouble() -> Option<Trouble> {
    // Leptos says by this that a form could not be read at all.
    let unread = (!query("__err").is_empty()).then_some(Trouble::Failed);
    unread.or_else(|| query("problem").parse().ok())
}

/// A problem that is no single field's.
#[component]
pub fn Problem(problem: Option<Trouble>) -> impl IntoView {
    problem.map(|problem| {
        view! {
            <p class="problem wide" role="alert">
                {explained(problem)}
            </p>
        }
    })
}

/// What a trouble is explained in, with the way out of it where that is a link.
pub fn explained(problem: Trouble) -> impl IntoView {
    let (problem, address) = match problem {
        Trouble::NoCookie => no_cookie(),
        other => (other, None),
    };
    let way = address.map(|address| {
        let link = view! { <a href=address.clone()>{address.clone()}</a> };
        view! { " " {words::page::right_address(link)} }
    });
    view! {
        {problem.sentence()}
        {way}
    }
}

/// Why a form came without a cookie, and where else its browser would send one.
fn no_cookie() -> (Trouble, Option<String>) {
    match cookie_came_back() {
        Ok(()) => (Trouble::CookieLost, None),
        Err(None) => (Trouble::NoCookie, None),
        Err(Some(origin)) => {
            let code = JoinCode::from_text(&query("code"));
            let page = match code {
                Some(code) => format!("/join/{}", code.as_str()),
                None => path(),
            };
            (Trouble::NoCookie, Some(origin + &page))
        }
    }
}
