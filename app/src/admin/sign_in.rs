//! Signing in as the administrator, and setting the password.

use leptos::prelude::*;
use leptos_meta::Title;
use server::MIN_PASSWORD_CHARS;

use crate::request::param;
use crate::trouble::Trouble;
use crate::ui::field::{Field, Typed};
use crate::ui::frame::{Plain, refused};
use crate::ui::problem::trouble;
use crate::visitor::{give_form_cookie, may_set_up};

/// The page of signing in.
pub fn sign_in(has_admin: bool) -> impl IntoView {
    let problem = trouble();
    give_form_cookie();
    view! {
        <Title text="Administration" />
        <Plain>
            <section class="card one">
                <h1>"Administration"</h1>
                {(!has_admin)
                    .then(|| {
                        view! {
                            <p>
                                "No password has been set yet. Open the set-up link that the server printed when it started, or configure a password."
                            </p>
                        }
                    })}
                {has_admin
                    .then(|| {
                        view! {
                            <p class="hint">"See what happened in every class of this school."</p>
                            <form method="post" action="/do/sign-in">
                                <Field name="password" label="Password" typed=Typed::Password autocomplete="current-password" problem />
                                <button class="primary">"Sign in"</button>
                            </form>
                        }
                    })}
            </section>
        </Plain>
    }
}

/// Setting the password by the link that the server printed.
#[component]
pub fn SetUpPage() -> impl IntoView {
    let token = param("token");
    let problem = trouble();
    let is_good = may_set_up(&token);
    if !is_good {
        return refused(Trouble::LinkOver.into()).into_any();
    }
    give_form_cookie();
    view! {
        <Title text="Set up the administration" />
        <Plain>
            <section class="card one">
                <h1>"Set up the administration"</h1>
                <p>
                    "Choose a password. Whoever has it can read what happened in every class of this server."
                </p>
                <form method="post" action="/do/set-up">
                    <input type="hidden" name="token" value=token />
                    <Field name="password" label="New password" typed=Typed::Password autocomplete="new-password" problem />
                    <p class="hint">
                        {format!("At least {MIN_PASSWORD_CHARS} characters. A few words are good.")}
                    </p>
                    <button class="primary big">"Set the password"</button>
                </form>
            </section>
        </Plain>
    }
        .into_any()
}
