//! What is stored, for whom, and for how long: for everybody, before they come in.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::failure::Failure;
use crate::request::engine;
use crate::ui::frame::{Plain, refused};
use crate::words::{count, page, stored};

/// The page of what is stored.
#[component]
pub fn StoredPage() -> impl IntoView {
    view! {
        <Suspense>
            {Suspend::new(async move {
                match told().await {
                    Ok(told) => shown(told).into_any(),
                    Err(failure) => refused(failure).into_any(),
                }
            })}
        </Suspense>
    }
}

/// What is told here that depends on how Handup is run.
struct Told {
    until: String,
    shared: String,
}

fn shown(Told { until, shared }: Told) -> impl IntoView {
    view! {
        <Title text=page::what_is_stored() />
        <Plain>
            <section class="card one">
                <h1>{page::what_is_stored()}</h1>
                <p>{stored::what()}</p>
                <p>{stored::who()}</p>
                <p>{until}</p>
                <p>{stored::erase()}</p>
                <p>{stored::cookies()}</p>
                <p>{shared}</p>
                <a class="button quiet" href="/">
                    {page::to_start()}
                </a>
            </section>
        </Plain>
    }
}

async fn told() -> Result<Told, Failure> {
    let engine = engine()?;
    let until = match engine.keep_days().await? {
        Some(days) => stored::until(&count::days(days as usize)),
        None => stored::until_deleted().to_owned(),
    };
    let programs: Vec<&str> = engine.integrations().collect();
    let shared = if programs.is_empty() {
        stored::shared_nothing().to_owned()
    } else {
        stored::shared(&programs.join(", "))
    };
    Ok(Told { until, shared })
}
