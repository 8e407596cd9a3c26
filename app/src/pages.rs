//! The pages around the class room, and the room's own frame.

mod handover;
mod join;
mod landing;
mod not_found;
pub(crate) mod room;

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

pub use self::handover::HandoverPage;
pub use self::join::JoinPage;
pub use self::landing::LandingPage;
pub use self::not_found::NotFoundPage;
pub use self::room::RoomPage;
use crate::trouble::Trouble;

/// Whether the page that is asked for has an island. Only the room has.
pub fn is_live() -> bool {
    #[cfg(feature = "ssr")]
    {
        path().strip_prefix("/class/").is_some_and(|group| !group.contains('/'))
    }
    #[cfg(not(feature = "ssr"))]
    false
}

/// A value of the address's query; empty when it is not there.
pub(crate) fn query(name: &str) -> String {
    use_query_map().read_untracked().get(name).unwrap_or_default()
}

/// A part of the address's path.
pub(crate) fn param(name: &str) -> String {
    use_params_map().read_untracked().get(name).unwrap_or_default()
}

/// The path of the address.
#[cfg(feature = "ssr")]
pub(crate) fn path() -> String {
    use_context::<axum::http::request::Parts>()
        .map(|parts| parts.uri.path().to_owned())
        .unwrap_or_default()
}

/// What the last form came to, when it came to nothing.
pub(crate) fn trouble() -> Option<Trouble> {
    // Leptos says by this that a form could not be read at all.
    let unread = (!query("__err").is_empty()).then_some(Trouble::Failed);
    unread.or_else(|| query("problem").parse().ok())
}

/// What a trouble is told in, with the way out of it where that is a link.
pub(crate) fn words(problem: Trouble) -> impl IntoView {
    let (problem, address) = match problem {
        Trouble::NoCookie => no_cookie(),
        other => (other, None),
    };
    let way = address.map(|address| {
        view! {
            " The address of this Handup is "
            <a href=address.clone()>{address.clone()}</a>
            "."
        }
    });
    view! {
        {problem.to_string()}
        {way}
    }
}

/// Why a form came without a cookie, and where else its browser would send one.
fn no_cookie() -> (Trouble, Option<String>) {
    #[cfg(feature = "ssr")]
    {
        match crate::actions::ssr::cookie_came_back() {
            Ok(()) => (Trouble::CookieLost, None),
            Err(None) => (Trouble::NoCookie, None),
            Err(Some(origin)) => {
                let code = server::JoinCode::from_text(&query("code"));
                let page = match code {
                    Some(code) => format!("/join/{}", code.as_str()),
                    None => path(),
                };
                (Trouble::NoCookie, Some(origin + &page))
            }
        }
    }
    #[cfg(not(feature = "ssr"))]
    (Trouble::NoCookie, None)
}

/// What stands above a page: where one is, the way to the start, and what else the page has there.
#[component]
pub(crate) fn Brand(#[prop(optional)] children: Option<Children>) -> impl IntoView {
    view! {
        <header class="brand">
            <a href="/">
                <img src="/favicon.svg" alt="" width="32" height="32" />
                "Handup"
            </a>
            {children.map(|children| children())}
        </header>
    }
}

/// The frame of a page that is about one thing.
#[component]
pub(crate) fn Plain(children: Children) -> impl IntoView {
    view! {
        <div class="plain">
            <Brand />
            <main>{children()}</main>
        </div>
    }
}

/// A text field with its label, and beside it what is wrong with what was typed.
#[component]
fn Field(
    /// The field's name in the form.
    name: &'static str,
    /// What the field is for.
    label: &'static str,
    /// What was typed before.
    value: String,
    /// What is wrong with it.
    problem: Option<Trouble>,
    /// A word for the browser's memory.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// A class of its own.
    #[prop(default = "")]
    class: &'static str,
    /// The most UTF-16 units, which is how browsers count; the server counts characters.
    #[prop(default = "128")]
    maxlength: &'static str,
    /// Sets the field apart from another of the same name on the page.
    #[prop(default = "")]
    id_prefix: &'static str,
) -> impl IntoView {
    let id = format!("{id_prefix}{name}");
    let problem_id = format!("{id}-problem");
    let described_by = problem.map(|_| problem_id.clone());
    view! {
        <div class="field" class:wrong=problem.is_some()>
            <label for=id.clone()>{label}</label>
            {problem.map(|problem| {
                view! {
                    <p class="problem" id=problem_id role="alert">
                        {words(problem)}
                    </p>
                }
            })}
            <input
                id=id
                name=name
                class=class
                value=value
                required
                maxlength=maxlength
                autocomplete=autocomplete
                autocapitalize=if name == "code" { "characters" } else { "words" }
                spellcheck="false"
                aria-invalid=problem.map(|_| "true")
                aria-describedby=described_by
                autofocus=problem.is_some()
            />
        </div>
    }
}
