//! Where everybody begins: join a class, or start one.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Field, Plain, query, trouble};
use crate::trouble::Trouble;

/// The landing page.
#[component]
pub fn LandingPage() -> impl IntoView {
    let problem = trouble();
    let of_class = matches!(problem, Some(Trouble::ClassNameEmpty | Trouble::ClassNameLong));
    let of_name =
        matches!(problem, Some(Trouble::NameEmpty | Trouble::NameLong | Trouble::NameStrange));
    let elsewhere = problem.filter(|_| !of_class && !of_name);
    view! {
        <Title text="" />
        <Plain>
            <div class="landing">
                <div class="promise">
                    <h1>"Hands up, in one fair order."</h1>
                    <p>
                        "Everybody in class sees the same list, live. "
                        "Nothing to install and no account: a name is enough."
                    </p>
                </div>
                {elsewhere.map(|problem| {
                    view! { <p class="problem wide" role="alert">{problem.to_string()}</p> }
                })}
                <section class="card" aria-labelledby="join-title">
                    <h2 id="join-title">"Join your class"</h2>
                    <form method="get" action="/join">
                        <Field
                            name="code"
                            label="Class code"
                            value=String::new()
                            problem=None
                            class="code"
                            maxlength="16"
                        />
                        <p class="hint">"Six letters and digits, from your teacher’s screen."</p>
                        <button class="primary">"Next"</button>
                    </form>
                </section>
                <section class="card" aria-labelledby="start-title">
                    <h2 id="start-title">"Start a class"</h2>
                    <form method="post" action="/do/start">
                        <Field
                            name="name"
                            label="Class name"
                            value=query("name")
                            problem=problem.filter(|_| of_class)
                        />
                        <Field
                            name="teacher"
                            label="Your name, as the class knows you"
                            value=query("teacher")
                            problem=problem.filter(|_| of_name)
                            autocomplete="name"
                        />
                        <button class="primary">"Start the class"</button>
                    </form>
                </section>
                <ClassesHere />
            </div>
        </Plain>
    }
}

/// The way back for somebody who closed the tab.
#[component]
fn ClassesHere() -> impl IntoView {
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let classes = classes_here().await;
                (!classes.is_empty())
                    .then(|| {
                        let classes = classes
                            .into_iter()
                            .map(|class| {
                                view! {
                                    <li>
                                        <a href=format!("/class/{}", class.group)>
                                            <bdi>{class.name}</bdi>
                                        </a>
                                        " as "
                                        <bdi>{class.me}</bdi>
                                    </li>
                                }
                            })
                            .collect_view();
                        view! {
                            <section class="back" aria-labelledby="back-title">
                                <h2 id="back-title">"Go back to a class"</h2>
                                <ul>{classes}</ul>
                            </section>
                        }
                    })
            })}
        </Suspense>
    }
}

async fn classes_here() -> Vec<crate::actions::ClassHere> {
    #[cfg(feature = "ssr")]
    {
        crate::actions::ssr::classes_here().await
    }
    #[cfg(not(feature = "ssr"))]
    Vec::new()
}
