//! A dialog that asks once before what cannot be undone.

use leptos::prelude::*;

/// The dialog and the button that opens it. Its child is the form that does it.
#[component]
pub fn Confirm(
    /// Tells this dialog from others.
    #[prop(into)]
    id: String,
    /// The words on the button that opens it.
    opens: &'static str,
    /// How that button looks.
    class: &'static str,
    /// The question.
    #[prop(into)]
    title: String,
    /// What will happen.
    #[prop(into)]
    means: String,
    /// The words on the way back.
    keep: &'static str,
    /// The form that does it.
    children: Children,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    let labelled_by = title_id.clone();
    let (opens_it, closes_it) = (id.clone(), id.clone());
    view! {
        <button class=class type="button" popovertarget=opens_it>
            {opens}
        </button>
        <div id=id class="dialog" popover="auto" role="dialog" aria-labelledby=labelled_by>
            <h2 id=title_id>{title}</h2>
            <p>{means}</p>
            <div class="choices">
                <button class="quiet" type="button" popovertarget=closes_it popovertargetaction="hide" autofocus>
                    {keep}
                </button>
                {children()}
            </div>
        </div>
    }
}
