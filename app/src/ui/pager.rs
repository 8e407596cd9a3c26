//! The way to the pages of a list before and after this one.

use leptos::prelude::*;

/// The way to the pages of a list before and after this one, when there are any: of each its address
/// and what it is called.
#[component]
pub fn Steps(
    /// What they are pages of.
    of: &'static str,
    before: Option<(String, &'static str)>,
    /// Where one is.
    words: String,
    after: Option<(String, &'static str)>,
) -> impl IntoView {
    let link = |step: Option<(String, &'static str)>, rel: &'static str| {
        step.map(|(address, words)| {
            view! {
                <a class="button quiet" rel=rel href=address>
                    {words}
                </a>
            }
        })
    };
    (before.is_some() || after.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label=of>
                {link(before, "prev")} <span class="hint">{words}</span> {link(after, "next")}
            </nav>
        }
    })
}
