//! The class's name and how current the page is.

use leptos::prelude::*;

use super::live::Live;
use super::text::Text;
use super::words::connection_words;

/// The class's name and how current the page is.
#[component]
pub fn Heading(
    /// What stands beside the name.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let name = move || {
        let name = live.group.with(|group| group.name.as_ref().map(ToString::to_string));
        name.unwrap_or_default()
    };
    view! {
        <header class="bar">
            <h1>
                <bdi translate="no">
                    <Text words=name />
                </bdi>
            </h1>
            <p class="connection">
                <span class="dot" aria-hidden="true"></span>
                <Text words=move || connection_words(live).to_owned() />
            </p>
            {children.map(|children| children())}
        </header>
    }
}
