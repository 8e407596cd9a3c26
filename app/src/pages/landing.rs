//! The first page: what Handup is, and the two ways in.

use leptos::prelude::*;
use leptos_meta::Title;

use super::classes_here::ClassesHere;
use super::picture::Picture;
use crate::request::engine;
use crate::ui::field::{Field, Typed};
use crate::ui::frame::Brand;
use crate::ui::problem::{Problem, trouble};
use crate::words::{landing, page};

/// The landing page.
#[component]
pub fn LandingPage() -> impl IntoView {
    view! {
        <Title text="" />
        <div class="plain first-page">
            <Brand />
            <main class="landing">
                <Problem problem=trouble() />
                <div class="promise">
                    <h1>{landing::promise()}</h1>
                    <p>{landing::about()}</p>
                </div>
                <div class="ways-in">
                    <a class="button start" href="/start">
                        {landing::start_title()}
                    </a>
                    <form class="by-code" method="get" action="/join">
                        <Field name="code" label=landing::code_label() typed=Typed::Code problem=None />
                        <button>{landing::join()}</button>
                    </form>
                </div>
                <Picture />
                <ul class="promises">
                    <li>{landing::one_order()}</li>
                    <li>{landing::no_account()}</li>
                </ul>
                <ClassesHere />
            </main>
            <Foot />
        </div>
    }
}

/// Who runs the server, and the pages that are neither for a class nor of one.
#[component]
fn Foot() -> impl IntoView {
    let operator = engine().ok().and_then(|engine| engine.operator().map(str::to_owned));
    let run_by = operator.map(|name| {
        view! {
            <span>
                {landing::run_by(view! { <bdi translate="no">{name}</bdi> })}
            </span>
        }
    });
    view! {
        <footer class="foot">
            {run_by}
            <a href="/stored">{page::what_is_stored()}</a>
            <a href="/admin">{landing::administrators()}</a>
        </footer>
    }
}
