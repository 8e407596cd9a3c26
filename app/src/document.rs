//! The document around every page.

use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::request::path;
use crate::response::set_policy;
use crate::routes::App;
use crate::words::page;

/// The document around every page. Only the class room loads the WASM.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let is_live = is_live();
    set_policy(is_live);
    let head = head(&options.site_pkg_dir);
    view! {
        <!DOCTYPE html>
        <html lang=page::lang()>
            <head>
                {head}
                <meta name="theme-color" content="#faf7f0" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#1d2327" media="(prefers-color-scheme: dark)" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="icon" href="/favicon.ico" sizes="32x32" />
                {is_live.then(|| view! { <Scripts folder=options.site_pkg_dir.to_string() /> })}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Whether the page that is asked for has the room, the one part that a browser brings to life.
fn is_live() -> bool {
    let path = path();
    let group = path.strip_prefix("/class/").map(|it| it.strip_suffix("/screen").unwrap_or(it));
    group.is_some_and(|group| !group.contains('/'))
}

/// What stands in the head of every document, with the style sheet from this folder.
pub fn head(folder: &str) -> impl IntoView + use<> {
    let style = format!("/{folder}/handup.css");
    view! {
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        // A class may be called by a number, which is not to be rung up.
        <meta name="format-detection" content="telephone=no, date=no, address=no, email=no" />
        <link rel="stylesheet" href=style />
    }
}

/// What wakes the room up, and what takes the page back where that fails.
#[component]
fn Scripts(
    /// Where the browser's half is.
    folder: String,
) -> impl IntoView {
    let nonce = leptos::nonce::use_nonce();
    let folder = format!("/{folder}");
    view! {
        <script nonce=nonce.clone() data-folder=folder inner_html=include_str!("room/plain.js")></script>
        <script nonce=nonce type="module" async inner_html=include_str!("room/wake.js")></script>
    }
}
