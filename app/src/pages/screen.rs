//! The page of a class for a projector.

use leptos::prelude::*;

use super::room::class_page;

/// The page of a class as its teachers project it.
#[component]
pub fn ScreenPage() -> impl IntoView {
    class_page(true)
}
