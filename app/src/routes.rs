//! Every page, by its path.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{ParamSegment, SsrMode, StaticSegment};

use crate::admin::{AdminPage, SetUpPage};
use crate::export::ExportPage;
use crate::history::{ClassPage, InvitationPage, MyDataPage, MyInvitationPage, PersonPage};
use crate::pages::{
    HandoverPage, JoinPage, LandingPage, NotFoundPage, RoomPage, ScreenPage, StartPage, StoredPage,
};

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
                <Route path=StaticSegment("start") view=StartPage ssr=SsrMode::Async />
                <Route path=StaticSegment("stored") view=StoredPage ssr=SsrMode::Async />
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
                    path=(StaticSegment("class"), ParamSegment("group"), StaticSegment("screen"))
                    view=ScreenPage
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
