//! For an address that leads nowhere.

use axum::http::StatusCode;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::response::set_status;
use crate::ui::frame::Plain;

/// The page for an address that leads nowhere.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    set_status(StatusCode::NOT_FOUND);
    view! {
        <Title text="Not found" />
        <Plain>
            <section class="card one">
                <h1>"There is nothing here"</h1>
                <p>"Check the link, or begin again."</p>
                <a class="button primary" href="/">
                    "To the start"
                </a>
            </section>
        </Plain>
    }
}
