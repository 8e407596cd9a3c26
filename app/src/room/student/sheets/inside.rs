//! Puts into a student's sheets what follows the class.

use leptos::prelude::*;
use wasm_split_helpers::wasm_split;
use web_sys::HtmlDivElement;

use super::MENU;
use crate::room::call::{CallAllTeachers, CallTeachers, Calling};
use crate::room::fetched::NotFetched;
use crate::room::lists::{HandsForAll, SpeakingForAll};
use crate::room::live::Live;

/// Puts it into its places, for as long as the page lives.
#[wasm_split(sheets, fallible)]
pub fn open(
    live: Live,
    calling: Calling,
    list: HtmlDivElement,
    calls: HtmlDivElement,
) -> Result<(), NotFetched> {
    let in_list = leptos::mount::mount_to(list.into(), move || {
        provide_context(live);
        view! {
            <SpeakingForAll />
            <HandsForAll />
        }
    });
    in_list.forget();
    let in_menu = leptos::mount::mount_to(calls.into(), move || {
        provide_context(live);
        provide_context(calling);
        view! {
            <CallTeachers dialog=MENU />
            <CallAllTeachers dialog=MENU />
        }
    });
    in_menu.forget();
    Ok(())
}
