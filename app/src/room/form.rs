//! A form of the room, sent without leaving the page.

use leptos::prelude::*;
use leptos::task::spawn_local;
use signaling::json;
use web_sys::SubmitEvent;

use super::live::Live;
use super::net::{self, Answer};
use crate::trouble::Trouble;
use crate::words::live as words;

/// Sends a form of the room without leaving the page. A form that leads to another page is left
/// to the browser.
pub fn send(live: Live, event: &SubmitEvent) {
    // Another page of this browser may have gone on as somebody else.
    let Some(sent) = net::send(event, &live.me.to_string()) else { return };
    spawn_local(async move {
        match sent.await {
            Ok(Answer { status: 200, text, .. }) => {
                live.deed_done.set(Some(text.parse().unwrap_or_default()));
                live.trouble.set(None);
            }
            Ok(Answer { text, .. }) => {
                let trouble = json::read::<Trouble>(&text).unwrap_or(Trouble::Failed);
                live.trouble.set(Some(trouble.sentence().to_owned()));
            }
            Err(_) => {
                live.trouble.set(Some(words::offline().to_owned()));
            }
        }
    });
}
