//! Signs of life while a call is this page's, and what happens when the page goes.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::PageTransitionEvent;

use super::handle::Desk;
use super::phase::Phase;
use crate::room::call::tab;
use crate::room::net::post;
use crate::room::reactive::Derived;

/// How often the server gets a sign of life: several times in the silence that it allows.
const ALIVE: Duration = Duration::from_secs(4);

impl Desk {
    /// Gives signs of life for a call that is this page's, whatever the page is about.
    pub(super) fn keep_alive(self) {
        let talks = Derived::new(move |_| {
            let call = self.call.get().filter(|call| !call.is_ringing() && self.is_mine(call));
            call.map(|call| call.invite_id)
        });
        let give = move |invite_id| {
            spawn_local(async move {
                // The next one may get through.
                let _ = post(&self.path(invite_id, "keepAlive"), "{}").await;
            });
        };
        Effect::new(move |_| talks.get().map(give));
        set_interval(
            move || {
                if let Some(invite_id) = talks.get_untracked() {
                    give(invite_id);
                }
            },
            ALIVE,
        );
    }

    /// A tab that is closed while it calls does not go on calling; one that is loaded anew keeps
    /// its name, and so its call.
    pub(super) fn when_the_page_goes(self) {
        window_event_listener(leptos::ev::pagehide, move |_| {
            if let Phase::Calling(call) = self.phase.get_untracked() {
                let _ = window().navigator().send_beacon(&self.path(call.invite_id, "cancel"));
            } else if self.call.with_untracked(|it| it.as_ref().is_some_and(|it| self.is_mine(it)))
            {
                self.name.with_value(|name| tab::keep_name(name));
            }
        });
        window_event_listener(leptos::ev::pageshow, move |event: PageTransitionEvent| {
            if event.persisted() {
                tab::take_name();
            }
        });
    }
}
