//! Noticing that a stream is dead, and that the page is looked at again.

use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use signaling::Timestamp;
use web_sys::PageTransitionEvent;

use super::follower::{Follower, millis};
use crate::room::net::browser_now;

/// How soon the stream must have told of a deed that got through.
const ECHO: Duration = Duration::from_secs(3);

impl Follower {
    /// A deed got through, and the class's log had come to `seq`: a stream that has not told of it
    /// soon, nor of anything else, is a dead one.
    pub(super) fn expect_echo(self: &Rc<Self>, seq: u64) {
        let this = Rc::clone(self);
        let done_at = browser_now();
        set_timeout(
            move || {
                let is_behind = this.live.group.with_untracked(|group| group.seq < seq);
                let is_silent = this.heard_at.get() < done_at - 1_000.0;
                if is_behind && is_silent && this.source.borrow().is_some() {
                    this.fail();
                }
            },
            ECHO,
        );
    }

    pub(super) fn keep_time(self: &Rc<Self>) {
        let this = Rc::clone(self);
        set_interval(
            move || {
                this.look();
                let now = millis(browser_now()) + this.offset.get();
                this.live.now.set(Timestamp::from_millis(now));
            },
            Duration::from_secs(1),
        );
    }

    /// Takes a stream for dead that has been silent for too long.
    pub(super) fn look(self: &Rc<Self>) {
        if self.is_silent() {
            self.fail();
        }
    }

    pub(super) fn watch(self: &Rc<Self>) {
        let this = Rc::clone(self);
        let deed_done = self.live.deed_done;
        Effect::new(move |_| {
            if let Some(seq) = deed_done.get() {
                if this.must_ask() { this.look_at_class() } else { this.expect_echo(seq) }
            }
        });
        let this = Rc::clone(self);
        window_event_listener(leptos::ev::offline, move |_| this.fail());
        let this = Rc::clone(self);
        window_event_listener(leptos::ev::visibilitychange, move |_| {
            this.look();
            // Whoever looks at the page again does not wait for its next attempt.
            if !document().hidden() && this.source.borrow().is_none() {
                this.connect_at_once();
            }
        });
        let this = Rc::clone(self);
        window_event_listener(leptos::ev::online, move |_| this.connect_at_once());
        let this = Rc::clone(self);
        window_event_listener(leptos::ev::pageshow, move |event: PageTransitionEvent| {
            if event.persisted() {
                this.fail();
            }
        });
    }
}
