//! A form of the room, sent without leaving the page. A student's tap that does not get through is kept,
//! and sent once the page follows the class again.

use std::time::Duration;

use leptos::task::spawn_local;
use signaling::{InviteId, json};
use web_sys::{HtmlElement, SubmitEvent};

use super::live::{Connection, Live};
use super::net::{self, Answer};
use crate::trouble::Trouble;
use crate::words::live as words;

/// How often the page checks whether a kept tap can be sent.
const LOOKS: Duration = Duration::from_millis(500);

/// Sends a form of the room without leaving the page. A form that leads to another page is left
/// to the browser.
pub fn send(live: Live, event: &SubmitEvent) {
    // Another page of this browser may have gone on as somebody else.
    let Some(sent) = net::send(event, &live.me.to_string()) else { return };
    let kept = Kept::of(live, event);
    spawn_local(async move {
        let Ok(Answer { status, text, .. }) = sent.await else {
            match kept {
                Some(kept) => kept.send(live).await,
                None => live.trouble.set(Some(words::offline().to_owned())),
            }
            return;
        };
        live.sending.set(None);
        if status == 200 {
            live.deed_done.set(Some(text.parse().unwrap_or_default()));
            live.trouble.set(None);
        } else {
            let trouble = json::read::<Trouble>(&text).unwrap_or(Trouble::Failed);
            live.trouble.set(Some(trouble.sentence().to_owned()));
        }
    });
}

/// A tap that did not get through.
struct Kept {
    button: HtmlElement,
    /// What it does.
    deed: String,
    /// The question that stood when it was tapped.
    question: Option<InviteId>,
}

impl Kept {
    fn of(live: Live, event: &SubmitEvent) -> Option<Self> {
        let button = event.submitter()?;
        button.closest("[data-kept]").ok()??;
        let deed = button.get_attribute("value")?;
        Some(Self { button, deed, question: question(live) })
    }

    /// Sends it as soon as the page follows the class, if it still means what it was aimed at: the
    /// button is there, and the question is the same.
    async fn send(self, live: Live) {
        live.trouble.set(None);
        live.sending.set(Some(self.deed.clone()));
        loop {
            net::pause(LOOKS).await;
            // Of two taps the last is what is wanted.
            if live.sending.with_untracked(|deed| deed.as_ref() != Some(&self.deed)) {
                return;
            }
            if !self.button.is_connected() || question(live) != self.question {
                live.sending.set(None);
                return;
            }
            if matches!(live.connection.get_untracked(), Connection::Live | Connection::Slow) {
                net::press_again(&self.button);
                return;
            }
        }
    }
}

fn question(live: Live) -> Option<InviteId> {
    live.lesson.with_untracked(|lesson| Some(lesson.round_now()?.invite_id))
}
