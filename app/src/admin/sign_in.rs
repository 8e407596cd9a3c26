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
use crate::words::{admin, page};

/// The page of signing in.
pub fn sign_in(has_admin: bool) -> impl IntoView {
    let problem = trouble();
    give_form_cookie();
    view! {
        <Title text=admin::title() />
        <Plain>
            <section class="card one">
                <h1>{admin::title()}</h1>
                {(!has_admin)
                    .then(|| {
                        view! {
                            <p>
                                {admin::no_password()}
                            </p>
                        }
                    })}
                {has_admin
                    .then(|| {
                        view! {
                            <p class="hint">{admin::about()}</p>
                            <form method="post" action="/do/sign-in">
                                <Field name="password" label=admin::password() typed=Typed::Password autocomplete="current-password" problem />
                                <button class="primary">{page::sign_in()}</button>
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
        <Title text=admin::set_up_title() />
        <Plain>
            <section class="card one">
                <h1>{admin::set_up_title()}</h1>
                <p>
                    {admin::choose_password()}
                </p>
                <form method="post" action="/do/set-up">
                    <input type="hidden" name="token" value=token />
                    <Field name="password" label=admin::new_password() typed=Typed::Password autocomplete="new-password" problem />
                    <p class="hint">
                        {admin::password_hint(MIN_PASSWORD_CHARS)}
                    </p>
                    <button class="primary big">{admin::set_password()}</button>
                </form>
            </section>
        </Plain>
    }
        .into_any()
}
