//! Opening the stream, and opening another one after it has failed.

use std::rc::Rc;

use leptos::prelude::*;
use signaling::{EventKind, JoinCodeChanged, Relay, Ringing, StatusChange, VoiceChange};
use wasm_bindgen::prelude::*;

use super::backoff::{WAITS, grown, jittered};
use super::follower::Follower;
use super::tab_stream::{Listeners, TabStream};
use crate::room::live::Connection;
use crate::room::net::browser_now;

/// The events that hold only for now.
const PASSING: [&str; 5] =
    [StatusChange::NAME, Ringing::NAME, Relay::NAME, JoinCodeChanged::NAME, VoiceChange::NAME];

impl Follower {
    pub(super) fn listen(self: &Rc<Self>) {
        let listeners = Listeners {
            opened: Closure::new({
                let this = Rc::clone(self);
                move || {
                    this.failures.set(0);
                    this.heard_at.set(browser_now());
                }
            }),
            failed: Closure::new({
                let this = Rc::clone(self);
                move || this.fail()
            }),
            heard: Closure::new({
                let this = Rc::clone(self);
                move |name, data| this.hear(name, data)
            }),
        };
        self.listeners.replace(Some(listeners));
    }

    pub(super) fn connect(self: &Rc<Self>) {
        if self.is_over() {
            return;
        }
        self.fold();
        self.close();
        if !self.live.is_whole_now() {
            self.ask();
            return;
        }
        self.attempt.set(self.attempt.get().wrapping_add(1));
        if let Some(planned) = self.planned.take() {
            planned.clear();
        }
        let (id, seq) = self.live.group.with_untracked(|group| (group.id, group.seq));
        let names = if self.live.as_shown { "names=shown&" } else { "" };
        let path = format!("/api/v1/groups/{id}/events?{names}");
        let names = EventKind::NAMES.iter().chain(&["snapshot", "heartbeat"]).chain(&PASSING);
        let names: js_sys::Array = names.map(|name| JsValue::from_str(name)).collect();
        #[expect(clippy::cast_precision_loss, reason = "no class has 2^53 events")]
        let after = seq as f64;
        let listeners = self.listeners.borrow();
        let Some(Listeners { opened, failed, heard }) = &*listeners else { return };
        let me = self.live.me.to_string();
        let source = TabStream::new(&path, &me, after, &names, opened, failed, heard);
        self.heard_at.set(browser_now());
        self.source.replace(Some(source));
        self.ask_when_held_back();
    }

    pub(super) fn connect_at_once(self: &Rc<Self>) {
        self.failures.set(0);
        self.connect();
    }

    pub(super) fn close(&self) {
        if let Some(source) = self.source.take() {
            source.close();
        }
    }

    /// The stream is down: say so, unless the page follows by asking, and open another one after a
    /// while.
    pub(super) fn fail(self: &Rc<Self>) {
        self.close();
        if self.is_over() {
            return;
        }
        if self.live.connection.get_untracked() != Connection::Slow {
            self.live.connection.set(Connection::Reconnecting);
        }
        self.ask_when_held_back();
        if self.planned.borrow().is_some() {
            return;
        }
        let failures = self.failures.get();
        self.failures.set(failures.saturating_add(1));
        let wait = jittered(grown(WAITS, failures));
        let this = Rc::clone(self);
        let planned = set_timeout_with_handle(
            move || {
                this.planned.take();
                this.connect();
            },
            wait,
        );
        self.planned.replace(planned.ok());
    }
}
