//! For an address that leads nowhere.

use axum::http::StatusCode;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::response::set_status;
use crate::ui::frame::Plain;
use crate::words::page;

/// The page for an address that leads nowhere.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    set_status(StatusCode::NOT_FOUND);
    view! {
        <Title text=page::not_found_title() />
        <Plain>
            <section class="card one">
                <h1>{page::not_found()}</h1>
                <p>{page::check_link()}</p>
                <a class="button primary" href="/">
                    {page::to_start()}
                </a>
            </section>
        </Plain>
    }
}
