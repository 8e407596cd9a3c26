//! Joining: the code first, then a name.

use leptos::prelude::*;
use leptos_meta::Title;
use signaling::GroupId;

use super::{Field, Plain, param, query, trouble};
use crate::trouble::Trouble;

/// The page that a class link leads to.
#[component]
pub fn JoinPage() -> impl IntoView {
    let in_path = param("code");
    let code = if in_path.is_empty() { query("code") } else { in_path };
    let name = query("name");
    let problem = trouble();
    view! {
        <Title text="Join a class" />
        <Plain>
            <Suspense>
                {Suspend::new(async move {
                    match class_of_code(&code).await {
                        Ok((class, here)) => {
                            named(&code, class, here, name, problem).into_any()
                        }
                        Err(wrong) => {
                            let wrong = (!code.is_empty()).then_some(wrong);
                            ask_code(code, wrong).into_any()
                        }
                    }
                })}
            </Suspense>
        </Plain>
    }
}

fn ask_code(code: String, problem: Option<Trouble>) -> impl IntoView {
    view! {
        <section class="card one">
            <h1>"Join your class"</h1>
            <form method="get" action="/join">
                <Field name="code" label="Class code" value=code problem class="code" maxlength="256" />
                <p class="hint">"Six letters and digits, from your teacher’s screen."</p>
                <button class="primary">"Next"</button>
            </form>
        </section>
    }
}

fn named(
    code: &str,
    class: String,
    here: Option<GroupId>,
    name: String,
    problem: Option<Trouble>,
) -> impl IntoView {
    let form = view! {
        <form method="post" action="/do/join">
            <input type="hidden" name="code" value=code.to_owned() />
            <input type="hidden" name="ticket" value=crate::actions::ticket() />
            <Field name="name" label="Your name" value=name problem autocomplete="name" />
            <button class="primary big">"Join the class"</button>
        </form>
    };
    let back = here.map(|group| {
        view! {
            <p>"You are in this class already."</p>
            <a class="button primary big" href=format!("/class/{group}")>
                "Go to the class"
            </a>
        }
    });
    let form = back.is_none().then_some(form);
    view! {
        <section class="card one">
            <h1>
                <bdi>{class}</bdi>
            </h1>
            {back}
            {form}
        </section>
    }
}

#[cfg(feature = "ssr")]
async fn class_of_code(code: &str) -> Result<(String, Option<GroupId>), Trouble> {
    use crate::actions::ssr;

    if code.trim().is_empty() {
        return Err(Trouble::NoSuchCode);
    }
    let found = ssr::class_of_code(code).await;
    if let Err(trouble) = found {
        ssr::set_status(trouble.status());
    }
    found
}

#[cfg(not(feature = "ssr"))]
async fn class_of_code(_: &str) -> Result<(String, Option<GroupId>), Trouble> {
    Err(Trouble::Failed)
}
