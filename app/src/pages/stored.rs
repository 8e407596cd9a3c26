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
                match until_when().await {
                    Ok(until) => shown(until).into_any(),
                    Err(failure) => refused(failure).into_any(),
                }
            })}
        </Suspense>
    }
}

fn shown(until: String) -> impl IntoView {
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
                <a class="button quiet" href="/">
                    {page::to_start()}
                </a>
            </section>
        </Plain>
    }
}

/// How long classes are kept, in words.
async fn until_when() -> Result<String, Failure> {
    let engine = engine()?;
    Ok(match engine.keep_days().await? {
        Some(days) => stored::until(&count::days(days as usize)),
        None => stored::until_deleted().to_owned(),
    })
}
