//! Who may see the administrator's pages, and the way out of them.

use leptos::prelude::*;

use super::tabs::{Part, Tab};
use crate::words::admin;

/// The part about access.
pub fn access() -> impl IntoView {
    view! {
        <Part tab=Tab::Access>
            <section class="card">
                <p>{admin::about_access()}</p>
                <p class="hint">{admin::about_password()}</p>
                <form method="post" action="/do/sign-out">
                    <button class="quiet">{admin::sign_out()}</button>
                </form>
            </section>
        </Part>
    }
}
