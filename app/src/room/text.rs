//! A text that changes.

use leptos::prelude::*;

/// Words that may change, in an element of their own, of which the browser sets the whole content. A
/// browser's translation puts elements in the place of texts; whoever goes on to change such a text
/// changes what nobody sees.
#[component]
pub fn Text(
    /// The words.
    words: impl Fn() -> String + Send + Sync + 'static,
) -> impl IntoView {
    element(Box::new(words))
}

// Of one type, so that a browser fetches it once.
fn element(words: Box<dyn Fn() -> String + Send + Sync>) -> AnyView {
    #[cfg(feature = "browser")]
    {
        view! { <span prop:textContent=words></span> }.into_any()
    }
    #[cfg(not(feature = "browser"))]
    {
        view! { <span>{words}</span> }.into_any()
    }
}

/// A question that is asked.
#[component]
pub fn Question(
    /// The question.
    words: String,
) -> impl IntoView {
    view! {
        <p class="words">
            <bdi>
                <Text words=move || words.clone() />
            </bdi>
        </p>
    }
}
