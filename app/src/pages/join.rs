//! Joining: the code first, then a name.

use leptos::prelude::*;
use leptos_meta::Title;

use signaling::{GroupId, Role, UserId};

use crate::actions::SOMEBODY_ELSE;
use crate::failure::Failure;
use crate::history::names::named;
use crate::request::{browser_token, engine, param, peer, query};
use crate::response::refuse;
use crate::trouble::Trouble;
use crate::ui::field::{Field, Typed};
use crate::ui::frame::Plain;
use crate::ui::problem::trouble;
use crate::visitor::{is_in, ticket};
use crate::words;

/// The most teachers that are named.
const TEACHERS: usize = 3;

/// A class that a code joins.
#[derive(Debug, Clone)]
struct ClassOfCode {
    /// The class.
    group: GroupId,
    /// Its name.
    name: String,
    /// Who teaches it.
    teachers: Vec<String>,
    /// The name of the member that this browser is in it.
    me: Option<String>,
    /// As whom else this browser has come in, with their names.
    others: Vec<(UserId, String)>,
}

/// The page that a class link leads to.
#[component]
pub fn JoinPage() -> impl IntoView {
    let in_path = param("code");
    let code = if in_path.is_empty() { query("code") } else { in_path };
    let name = query("name");
    let problem = trouble();
    let is_else = query("person") == SOMEBODY_ELSE;
    view! {
        <Title text=words::join::title() />
        <Plain>
            <Suspense>
                {Suspend::new(async move {
                    if code.trim().is_empty() {
                        let wrong = (!code.is_empty()).then_some(Trouble::NoSuchCode);
                        return ask_code(code, wrong).into_any();
                    }
                    match class_of(&code).await {
                        Ok(class) if class.me.is_none() && class.others.is_empty() => {
                            alone(&code, &class, name, problem).into_any()
                        }
                        Ok(class) => shared(&code, class, name, problem, is_else).into_any(),
                        Err(failure) => ask_code(code, Some(refuse(failure))).into_any(),
                    }
                })}
            </Suspense>
        </Plain>
    }
}

fn ask_code(code: String, problem: Option<Trouble>) -> impl IntoView {
    let hint = match problem {
        Some(Trouble::NoSuchCode) => words::join::code_letters(),
        _ => words::page::code_hint(),
    };
    view! {
        <section class="card one">
            <h1>{words::page::join_your_class()}</h1>
            <form method="get" action="/join">
                <Field
                    name="code"
                    label=words::page::code_label()
                    typed=Typed::Code
                    value=code
                    problem
                    hint=hint
                />
                <button class="primary big">{words::page::next()}</button>
            </form>
            {problem.map(|_| view! { <Select /> })}
        </section>
    }
}

/// Selects the code that is wrong, so that typing replaces it. Where no script runs it only stands there.
#[component]
fn Select() -> impl IntoView {
    let nonce = leptos::nonce::use_nonce();
    view! { <script nonce=nonce inner_html="document.getElementById('code').select()"></script> }
}

/// Which class it is, and who teaches it.
fn head(class: &ClassOfCode) -> impl IntoView + use<> {
    let name = class.name.clone();
    let teachers = named(&class.teachers, TEACHERS);
    let with = view! { <bdi>{teachers}</bdi> };
    let with = match class.teachers.len().saturating_sub(TEACHERS) {
        0 => with.into_any(),
        more => words::count::names_and_so_many(with, more),
    };
    view! {
        <div class="which">
            <h1>
                <bdi translate="no">{name}</bdi>
            </h1>
            {(!class.teachers.is_empty()).then(|| view! { <p>{words::join::with(with)}</p> })}
        </div>
    }
}

/// For a browser that is nobody in the class yet.
fn alone(
    code: &str,
    class: &ClassOfCode,
    name: String,
    problem: Option<Trouble>,
) -> impl IntoView + use<> {
    view! {
        <section class="card one">
            {head(class)}
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
    let head = head(&class);
    let ClassOfCode { group, me, others, .. } = class;
    let me = me.map(|me| {
        view! {
            <p>{words::join::known(view! { <strong>{bdi(me.clone())}</strong> })}</p>
            <a class="button primary big" href=format!("/class/{group}")>
                <span>{words::join::go_on_as(bdi(me))}</span>
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
                    <button class="big quiet">
                        <span>{words::join::go_on_as(bdi(name))}</span>
                    </button>
                </form>
            }
        })
        .collect_view();
    view! {
        <section class="card one">
            {head}
            {me}
            {others}
            <details class="somebody-else" open=is_else || problem.is_some()>
                <summary>{words::join::somebody_else()}</summary>
                {form(code, name, problem, Some(SOMEBODY_ELSE))}
            </details>
        </section>
    }
}

/// A name, whatever its writing direction.
fn bdi(name: String) -> impl IntoView {
    view! { <bdi translate="no">{name}</bdi> }
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
            <input type="hidden" name="ticket" value=ticket() />
            {person.map(|person| view! { <input type="hidden" name="person" value=person /> })}
            <Field name="name" label=words::join::name_label() typed=Typed::Name value=name problem autocomplete="given-name" hint=words::join::name_hint() />
            <button class="primary big">{words::join::button()}</button>
        </form>
    }
}

/// The class that a code joins.
async fn class_of(code: &str) -> Result<ClassOfCode, Failure> {
    let engine = engine()?;
    let group = engine.group_of_code(peer()?, code).await?;
    let room = engine.room(group).await?;
    let (name, teachers, ended) = room.with_group(|group| {
        let teachers = group.members().iter().filter(|member| member.role == Role::Teacher);
        let teachers: Vec<String> = teachers.map(|member| member.name.to_string()).collect();
        (group.name.clone(), teachers, group.ended)
    });
    if ended {
        return Err(Trouble::Ended.into());
    }
    let name = name.map(|name| name.to_string()).unwrap_or_default();
    let token = browser_token(&engine);
    let me = is_in(&engine, group, token.as_ref()).await?;
    let others = match token {
        Some(token) => engine.others(group, &token).await?,
        None => Vec::new(),
    };
    let named = |user| room.with_group(|group| Some(group.member(user)?.name.to_string()));
    let others = others.into_iter().filter_map(|user| Some((user, named(user)?))).collect();
    Ok(ClassOfCode { group, name, teachers, me: me.and_then(named), others })
}
