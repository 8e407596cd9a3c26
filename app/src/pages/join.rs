//! Joining: the code first, then a name.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Field, Plain, param, query, trouble};
use crate::actions::{ClassOfCode, SOMEBODY_ELSE};
use crate::trouble::Trouble;

/// The page that a class link leads to.
#[component]
pub fn JoinPage() -> impl IntoView {
    let in_path = param("code");
    let code = if in_path.is_empty() { query("code") } else { in_path };
    let name = query("name");
    let problem = trouble();
    let is_else = query("person") == SOMEBODY_ELSE;
    view! {
        <Title text="Join a class" />
        <Plain>
            <Suspense>
                {Suspend::new(async move {
                    match class_of_code(&code).await {
                        Ok(class) if class.me.is_none() && class.others.is_empty() => {
                            alone(&code, class.name, name, problem).into_any()
                        }
                        Ok(class) => shared(&code, class, name, problem, is_else).into_any(),
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

/// For a browser that is nobody in the class yet.
fn alone(code: &str, class: String, name: String, problem: Option<Trouble>) -> impl IntoView {
    view! {
        <section class="card one">
            <h1>
                <bdi>{class}</bdi>
            </h1>
            {form(code, name, problem, None)}
        </section>
    }
}

/// For one by which somebody came in: as whom it goes on, and how somebody else comes in beside them.
fn shared(
    code: &str,
    class: ClassOfCode,
    name: String,
    problem: Option<Trouble>,
    is_else: bool,
) -> impl IntoView {
    let ClassOfCode { group, name: class, me, others } = class;
    let me = me.map(|me| {
        view! {
            <p>"You are in this class as " <bdi>{me.clone()}</bdi> "."</p>
            <a class="button primary big" href=format!("/class/{group}")>
                "Go on as "
                <bdi>{me}</bdi>
            </a>
        }
    });
    let others = others
        .into_iter()
        .map(|(user, name)| {
            view! {
                <form method="post" action="/do/join">
                    <input type="hidden" name="code" value=code.to_owned() />
                    <input type="hidden" name="person" value=user.to_string() />
                    <button class="big">"Go on as " <bdi>{name}</bdi></button>
                </form>
            }
        })
        .collect_view();
    view! {
        <section class="card one">
            <h1>
                <bdi>{class}</bdi>
            </h1>
            {me}
            {others}
            <details class="somebody-else" open=is_else || problem.is_some()>
                <summary>"Somebody else?"</summary>
                {form(code, name, problem, Some(SOMEBODY_ELSE))}
            </details>
        </section>
    }
}

fn form(
    code: &str,
    name: String,
    problem: Option<Trouble>,
    person: Option<&'static str>,
) -> impl IntoView {
    view! {
        <form method="post" action="/do/join">
            <input type="hidden" name="code" value=code.to_owned() />
            <input type="hidden" name="ticket" value=crate::actions::ticket() />
            {person.map(|person| view! { <input type="hidden" name="person" value=person /> })}
            <Field name="name" label="Your name" value=name problem autocomplete="name" />
            <button class="primary big">"Join the class"</button>
        </form>
    }
}

#[cfg(feature = "ssr")]
async fn class_of_code(code: &str) -> Result<ClassOfCode, Trouble> {
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
async fn class_of_code(_: &str) -> Result<ClassOfCode, Trouble> {
    Err(Trouble::Failed)
}
