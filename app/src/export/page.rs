//! The page of an export: the download begins by itself, and the page shows how far it is.

use std::collections::HashMap;

use leptos::prelude::*;
use leptos_meta::{Meta, Title};

use super::format::Format;
use crate::failure::Failure;
use crate::history::viewer::viewer;
use crate::request::{address, engine, param, path, query};
use crate::trouble::Trouble;
use crate::ui::frame::{Wide, refused};
use crate::visitor::{is_admin, ticket};
use crate::words;

/// The page of an export.
#[component]
pub fn ExportPage() -> impl IntoView {
    let group = param("group");
    let here = path();
    let format = if query("format") == "json" { Format::Json } else { Format::Csv };
    let fields: HashMap<&str, String> =
        ["name", "from", "until", "state"].into_iter().map(|field| (field, query(field))).collect();
    view! {
        <Suspense>
            {Suspend::new(async move {
                match may_export(&group, &here).await {
                    Ok((back, name)) => begun(&here, back, name, format, &fields).into_any(),
                    Err(failure) => refused(failure).into_any(),
                }
            })}
        </Suspense>
    }
}

async fn may_export(group: &str, here: &str) -> Result<(String, String), Failure> {
    let as_admin = here.starts_with("/admin/");
    if group.is_empty() {
        let engine = engine()?;
        let is_admin = as_admin && is_admin(&engine).await?;
        let back = ("/admin".to_owned(), words::page::all_classes().to_owned());
        return if is_admin { Ok(back) } else { Err(Trouble::NotAdmin.into()) };
    }
    let (_, viewer, class) = viewer(group, as_admin).await?;
    Ok((viewer.class(class.group_id), class.name))
}

fn begun(
    here: &str,
    back_to: String,
    back_words: String,
    format: Format,
    fields: &HashMap<&str, String>,
) -> impl IntoView + use<> {
    let run = ticket();
    let mut asked: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    asked.push(("run", &run));
    let download = address(&format!("{here}.{}", format.ending()), &asked);
    let progress = address("/export/progress", &[("run", &run)]);
    let back = (back_to, back_words);
    let link = view! { <a href=download.clone()>{words::export::start_by_hand()}</a> };
    view! {
        <Title text=words::export::title() />
        <Meta http_equiv="refresh" content=format!("0; url={download}") />
        <Wide back>
            <section class="card one">
                <h1>{words::export::title()}</h1>
                <p>{words::export::about()}</p>
                <iframe class="export-progress" src=progress title=words::export::frame()></iframe>
                <p class="hint">
                    {words::export::by_hand(link)}
                </p>
            </section>
        </Wide>
    }
}
