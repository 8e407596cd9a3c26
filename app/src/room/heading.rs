//! The bar of a room, and under it a band while the page does not follow the class.

use leptos::prelude::*;

use super::live::Live;
use super::text::Text;
use super::words::connection_words;
use crate::words::room as words;

/// The class's name and what stands beside it. Under it a band says how current the page is, unless
/// it is as current as can be.
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
            {children.map(|children| children())}
        </header>
        <p class="connection">
            <Text words=move || connection_words(live).to_owned() />
            <a class="reload" href="?">
                {words::reload()}
            </a>
        </p>
    }
}
