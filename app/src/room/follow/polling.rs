//! Asking for the class: when a page has but a part of it, when a stream fails and does not say why, and
//! every few seconds while no stream tells anything.

use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use signaling::{Problem, json};
use wasm_bindgen::prelude::*;

use super::backoff::{ASKS, jittered};
use super::follower::Follower;
use crate::room::live::Connection;
use crate::room::net::{self, Answer, browser_now};

/// How long a stream may tell nothing before the page asks for the class as well.
const HELD_BACK: Duration = Duration::from_secs(4);

impl Follower {
    /// Asks for the class as it is, of which a page of a large one has but a part, and opens the
    /// stream then.
    pub(super) fn ask(self: &Rc<Self>) {
        let this = Rc::clone(self);
        let attempt = self.attempt.get();
        spawn_local(async move {
            let answer = this.question("").await;
            if this.attempt.get() != attempt || this.is_over() {
                return;
            }
            match answer {
                Ok(Answer { status: 200, text, .. }) if this.take(&text, browser_now()) => {
                    this.connect();
                }
                answer => {
                    this.learn_why(answer.ok());
                    this.fail();
                }
            }
        });
    }

    pub(super) async fn question(&self, tag: &str) -> Result<Answer, JsValue> {
        let id = self.live.group.with_untracked(|group| group.id);
        let names = if self.live.as_shown { "&names=shown" } else { "" };
        net::look(&format!("/api/v1/groups/{id}?follow=asking{names}"), tag).await
    }

    /// An EventSource does not tell why it failed; a plain answer does. Only the server's own word
    /// counts: what is in between may refuse as well.
    pub(super) fn learn_why(&self, answer: Option<Answer>) {
        let problem = answer.and_then(|answer| json::read::<Problem>(&answer.text).ok());
        match problem.map(|problem| problem.status) {
            Some(401 | 403 | 404) => self.part(Connection::Removed),
            Some(410) => self.part(Connection::Ended),
            _ => {}
        }
    }

    /// Goes over to asking when the stream does not tell anything soon.
    pub(super) fn ask_when_held_back(self: &Rc<Self>) {
        if self.asking.borrow().is_none() {
            self.asks_after.set(ASKS.0);
            self.ask_again_after(HELD_BACK);
        }
    }

    pub(super) fn ask_again_after(self: &Rc<Self>, wait: Duration) {
        let this = Rc::clone(self);
        let asking = set_timeout_with_handle(move || this.look_at_class(), wait);
        if let Some(before) = self.asking.replace(asking.ok()) {
            before.clear();
        }
    }

    /// Whether the page has to ask: the stream has not told anything.
    pub(super) fn must_ask(&self) -> bool {
        !self.is_over() && self.live.connection.get_untracked() != Connection::Live
    }

    /// Gives a stream the time to tell what was missed, when the server has just come to answer: it
    /// tells how each thing ended, and a snapshot only what goes on.
    pub(super) fn prefers_stream(self: &Rc<Self>) -> bool {
        let is_slow = self.live.connection.get_untracked() == Connection::Slow;
        let is_tried = self.source.borrow().is_some();
        let is_fresh = browser_now() - self.heard_at.get() < HELD_BACK.as_secs_f64() * 1_000.0;
        if is_slow || (is_tried && !is_fresh) || (!is_tried && self.is_reached.get()) {
            return false;
        }
        self.is_reached.set(true);
        if !is_tried {
            self.connect();
        }
        self.ask_again_after(HELD_BACK);
        true
    }

    /// Asks for the class, unless it is as it was told last.
    pub(super) fn look_at_class(self: &Rc<Self>) {
        if let Some(before) = self.asking.take() {
            before.clear();
        }
        if !self.must_ask() {
            return;
        }
        let this = Rc::clone(self);
        spawn_local(async move {
            let tag = this.tag.borrow().clone();
            let answer = this.question(&tag).await;
            if !this.must_ask() {
                return;
            }
            let is_told = matches!(answer, Ok(Answer { status: 200 | 304, .. }));
            if is_told && this.prefers_stream() {
                return;
            }
            let (first, longest) = ASKS;
            let mut wait = (this.asks_after.get() * 1.5).min(longest);
            match answer {
                Ok(Answer { status: 200, text, tag }) if this.take_newer(&text) => {
                    this.tag.replace(tag);
                    this.live.connection.set(Connection::Slow);
                    wait = first;
                }
                Ok(Answer { status: 304, .. }) => this.live.connection.set(Connection::Slow),
                answer => {
                    this.is_reached.set(answer.is_ok());
                    this.learn_why(answer.ok());
                    if !this.is_over() {
                        this.live.connection.set(Connection::Reconnecting);
                    }
                }
            }
            this.change_rooms();
            this.asks_after.set(wait);
            this.ask_again_after(jittered(wait));
        });
    }
}
