//! The parts of the administrator's page, and the frame that they share.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::request::query;
use crate::ui::frame::Wide;
use crate::ui::problem::{Problem, trouble};
use crate::words::{admin, page};

/// A part of the administrator's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// All classes.
    Classes,
    /// For how long they are kept.
    Keeping,
    /// Who may see all this.
    Access,
}

impl Tab {
    const ALL: [Self; 3] = [Self::Classes, Self::Keeping, Self::Access];

    /// The part in the address of the page.
    pub fn of_page() -> Self {
        let tab = query("tab");
        Self::ALL.into_iter().find(|it| it.key() == tab).unwrap_or(Self::Classes)
    }

    /// The word for it in an address.
    const fn key(self) -> &'static str {
        match self {
            Self::Classes => "",
            Self::Keeping => "keeping",
            Self::Access => "access",
        }
    }

    fn address(self) -> String {
        if self == Self::Classes {
            return "/admin".to_owned();
        }
        format!("/admin?tab={}", self.key())
    }

    fn words(self) -> &'static str {
        match self {
            Self::Classes => admin::tab_classes(),
            Self::Keeping => admin::tab_keeping(),
            Self::Access => admin::tab_access(),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Classes => page::all_classes(),
            Self::Keeping => admin::keeping_title(),
            Self::Access => admin::access_title(),
        }
    }
}

/// The frame of a part: its heading, the ways to the others, and what the last form came to.
#[component]
pub fn Part(tab: Tab, children: Children) -> impl IntoView {
    let done = match query("done").as_str() {
        "deleted" => Some(admin::class_deleted()),
        "kept" => Some(admin::setting_saved()),
        _ => None,
    };
    let ways = Tab::ALL.map(|it| {
        view! {
            <a href=it.address() aria-current=(it == tab).then_some("page")>
                {it.words()}
            </a>
        }
    });
    view! {
        <Title text=tab.title() />
        <Wide>
            <nav class="tabs" aria-label=admin::title()>
                {ways.into_iter().collect_view()}
            </nav>
            <div class="head">
                <h1>{tab.title()}</h1>
            </div>
            <Problem problem=trouble() />
            {done.map(|done| view! { <p class="done" role="status">{done}</p> })}
            {children()}
        </Wide>
    }
}
