//! The frames around what a page is about.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::failure::Failure;
use crate::response::refuse;
use crate::trouble::Trouble;
use crate::words;

/// What stands above a page: where one is, the way to the start, and what else the page has there.
#[component]
pub fn Brand(#[prop(optional)] children: Option<Children>) -> impl IntoView {
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
pub fn Plain(children: Children) -> impl IntoView {
    view! {
        <div class="plain">
            <Brand />
            <main>{children()}</main>
        </div>
    }
}

/// The frame of a page with tables and pictures.
#[component]
pub fn Wide(
    /// Where one came from: an address, and what is there.
    #[prop(optional)]
    back: Option<(String, String)>,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="told">
            <Brand>
                {back
                    .map(|(address, words)| {
                        view! {
                            <nav aria-label=words::page::back()>
                                <a class="back-link" href=address>
                                    <bdi>{words}</bdi>
                                </a>
                            </nav>
                        }
                    })}
            </Brand>
            <main>{children()}</main>
        </div>
    }
}

/// What is shown instead of what one may not see, or what is not there.
pub fn refused(failure: Failure) -> impl IntoView {
    let trouble = refuse(failure);
    let (address, way) = match trouble {
        Trouble::NotAdmin => ("/admin", words::page::sign_in()),
        Trouble::NoSuchClass | Trouble::NoSuchPerson => ("/admin", words::page::all_classes()),
        _ => ("/", words::page::to_start()),
    };
    view! {
        <Title text=words::page::nothing_title() />
        <Wide>
            <section class="card one">
                <h1>{words::page::nothing()}</h1>
                <p>{trouble.sentence()}</p>
                <a class="button primary" href=address>
                    {way}
                </a>
            </section>
        </Wide>
    }
}
