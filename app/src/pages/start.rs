//! Starting a class: what it is called, and who teaches it.

use leptos::prelude::*;
use leptos_meta::Title;

use super::classes_here::teacher_here;
use crate::request::query;
use crate::trouble::Trouble;
use crate::ui::field::{Field, Typed};
use crate::ui::frame::Plain;
use crate::ui::problem::{Problem, trouble};
use crate::visitor::ticket;
use crate::words::start;

/// The page on which a class is started.
#[component]
pub fn StartPage() -> impl IntoView {
    let problem = trouble();
    let of_class = matches!(problem, Some(Trouble::ClassNameEmpty | Trouble::ClassNameLong));
    let of_name =
        matches!(problem, Some(Trouble::NameEmpty | Trouble::NameLong | Trouble::NameStrange));
    let elsewhere = problem.filter(|_| !of_class && !of_name);
    let (class, typed) = (query("name"), query("teacher"));
    view! {
        <Title text=start::title() />
        <Plain>
            <Suspense>
                {Suspend::new(async move {
                    let teacher = if typed.is_empty() && problem.is_none() {
                        teacher_here().await.unwrap_or_default()
                    } else {
                        typed
                    };
                    view! {
                        <section class="card one">
                            <h1>{start::title()}</h1>
                            <Problem problem=elsewhere />
                            <form method="post" action="/do/start">
                                <input type="hidden" name="ticket" value=ticket() />
                                <Field
                                    name="name"
                                    label=start::class_label()
                                    typed=Typed::Name
                                    value=class
                                    problem=problem.filter(|_| of_class)
                                />
                                <Field
                                    name="teacher"
                                    label=start::teacher_label()
                                    typed=Typed::Name
                                    value=teacher
                                    problem=problem.filter(|_| of_name)
                                    autocomplete="name"
                                />
                                <button class="primary big">{start::button()}</button>
                            </form>
                        </section>
                    }
                })}
            </Suspense>
        </Plain>
    }
}
