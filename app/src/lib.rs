//! The pages of Handup. All of them are rendered on the server and work as plain forms; the class
//! room is made anew by the browser, which then follows the class.

mod actions;
#[cfg(feature = "ssr")]
mod admin;
#[cfg(feature = "ssr")]
mod bare;
#[cfg(feature = "ssr")]
mod history;
#[cfg(all(test, feature = "ssr"))]
mod largest;
mod pages;
mod room;
mod trouble;

use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{ParamSegment, SsrMode, StaticSegment};

#[cfg(feature = "ssr")]
use crate::admin::{AdminPage, SetUpPage};
#[cfg(feature = "ssr")]
pub use crate::bare::{other_address_page, wait_page};
#[cfg(feature = "ssr")]
use crate::history::{
    ClassPage, ExportPage, InvitationPage, MyDataPage, MyInvitationPage, PersonPage,
};
#[cfg(feature = "ssr")]
pub use crate::history::{Zone, export_routes, exports};
// No island is on these pages: the browser's half never makes them.
use crate::pages::{HandoverPage, JoinPage, LandingPage, NotFoundPage, RoomPage};
#[cfg(not(feature = "ssr"))]
use crate::pages::{
    NotFoundPage as AdminPage, NotFoundPage as SetUpPage, NotFoundPage as ClassPage,
    NotFoundPage as ExportPage, NotFoundPage as InvitationPage, NotFoundPage as MyDataPage,
    NotFoundPage as MyInvitationPage, NotFoundPage as PersonPage,
};
#[cfg(feature = "browser")]
pub use crate::room::wake;

/// The document around every page. Only the class room loads the WASM.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let is_live = pages::is_live();
    #[cfg(feature = "ssr")]
    actions::ssr::set_policy(is_live);
    let head = head(&options.site_pkg_dir);
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                {head}
                <meta name="theme-color" content="#faf7f0" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#1d2327" media="(prefers-color-scheme: dark)" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="icon" href="/favicon.ico" sizes="32x32" />
                {is_live.then(|| view! { <Scripts folder=options.site_pkg_dir.to_string() /> })}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// What stands in the head of every document, with the style sheet from this folder.
fn head(folder: &str) -> impl IntoView + use<> {
    let style = format!("/{folder}/handup.css");
    view! {
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        // A class may be called by a number, which is not to be rung up.
        <meta name="format-detection" content="telephone=no, date=no, address=no, email=no" />
        <link rel="stylesheet" href=style />
    }
}

/// What wakes the room up, and what takes the page back where that fails.
#[component]
fn Scripts(
    /// Where the browser's half is.
    folder: String,
) -> impl IntoView {
    let nonce = leptos::nonce::use_nonce();
    let folder = format!("/{folder}");
    view! {
        <script nonce=nonce.clone() data-folder=folder inner_html=include_str!("room/plain.js")></script>
        <script nonce=nonce type="module" async inner_html=include_str!("room/wake.js")></script>
    }
}

/// The document's title, in which a page's own may hold whatever somebody called a class. Leptos
/// writes it into the document as it is.
fn title(of_page: String) -> String {
    if of_page.is_empty() {
        return "Handup".to_owned();
    }
    let of_page = of_page.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("{of_page} · Handup")
}

/// Every page, by its path.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=title />
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=StaticSegment("") view=LandingPage ssr=SsrMode::Async />
                <Route path=StaticSegment("join") view=JoinPage ssr=SsrMode::Async />
                <Route
                    path=(StaticSegment("join"), ParamSegment("code"))
                    view=JoinPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=(StaticSegment("class"), ParamSegment("group"))
                    view=RoomPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=(StaticSegment("handover"), ParamSegment("token"))
                    view=HandoverPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=(StaticSegment("class"), ParamSegment("group"), StaticSegment("history"))
                    view=ClassPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=(StaticSegment("class"), ParamSegment("group"), StaticSegment("history"), StaticSegment("export"))
                    view=ExportPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=(StaticSegment("class"), ParamSegment("group"), StaticSegment("history"), StaticSegment("person"), ParamSegment("member"))
                    view=PersonPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=(StaticSegment("class"), ParamSegment("group"), StaticSegment("history"), StaticSegment("invitation"), ParamSegment("event"))
                    view=InvitationPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=(StaticSegment("class"), ParamSegment("group"), StaticSegment("me"))
                    view=MyDataPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=(StaticSegment("class"), ParamSegment("group"), StaticSegment("me"), StaticSegment("invitation"), ParamSegment("event"))
                    view=MyInvitationPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=StaticSegment("admin")
                    view=AdminPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=(StaticSegment("admin"), StaticSegment("set-up"), ParamSegment("token"))
                    view=SetUpPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=(StaticSegment("admin"), StaticSegment("export"))
                    view=ExportPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=(StaticSegment("admin"), StaticSegment("class"), ParamSegment("group"))
                    view=ClassPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=(StaticSegment("admin"), StaticSegment("class"), ParamSegment("group"), StaticSegment("export"))
                    view=ExportPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=(StaticSegment("admin"), StaticSegment("class"), ParamSegment("group"), StaticSegment("person"), ParamSegment("member"))
                    view=PersonPage
                    ssr=SsrMode::Async
                />
                <Route
                    path=(StaticSegment("admin"), StaticSegment("class"), ParamSegment("group"), StaticSegment("invitation"), ParamSegment("event"))
                    view=InvitationPage
                    ssr=SsrMode::Async
                />
            </Routes>
        </Router>
    }
}
