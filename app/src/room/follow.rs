//! The browser's side of a live class: one stream, opened after the snapshot that the page came
//! with, whose events are folded as the server folds them. The tabs of a browser share it
//! (`tabs.js`).
//!
//! An EventSource stops for good on an answer that is not 200 and knows nothing of a proxy that
//! has gone silent. So every failure closes it, a new one is opened after a time that grows and is
//! jittered, and a watchdog takes a stream for dead that has missed a heartbeat. What comes after
//! such a silence was said before it, to a laptop that fell asleep, and is not listened to.
//!
//! Some networks hold streams back and let everything else pass. So while no stream tells anything the
//! page also asks for the class every few seconds, by the tag of what it has.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use signaling::{
    Event, EventKind, Group, JoinCodeChanged, Problem, Relay, Ringing, Role, Snapshot,
    StatusChange, Timestamp, apply, json,
};
use wasm_bindgen::prelude::*;
use web_sys::PageTransitionEvent;

use super::call::Calling;
use super::live::{Connection, Live, online_in};
use super::net::{self, Answer, browser_now};

/// One heartbeat of the server and a little more, in milliseconds.
const SILENCE: f64 = 20_000.0;
/// Events that come within this time are folded and shown at once.
const GATHER: Duration = Duration::from_millis(16);
/// How soon the stream must have told of a deed that got through.
const ECHO: Duration = Duration::from_secs(3);
/// The first and the longest wait before a new stream is opened, in milliseconds.
const WAITS: (f64, f64) = (500.0, 15_000.0);
/// The events that hold only for now.
const PASSING: [&str; 4] = [StatusChange::NAME, Ringing::NAME, Relay::NAME, JoinCodeChanged::NAME];
/// How long a stream may tell nothing before the page asks for the class as well.
const HELD_BACK: Duration = Duration::from_secs(4);
/// The first and the longest time between two such questions, in milliseconds.
const ASKS: (f64, f64) = (2_000.0, 6_000.0);

#[wasm_bindgen(module = "/src/room/tabs.js")]
extern "C" {
    type TabStream;

    #[wasm_bindgen(constructor)]
    fn new(
        path: &str,
        member: &str,
        after: f64,
        names: &js_sys::Array,
        opened: &Closure<dyn Fn()>,
        failed: &Closure<dyn Fn()>,
        heard: &Closure<dyn Fn(String, String)>,
    ) -> TabStream;

    #[wasm_bindgen(method)]
    fn close(this: &TabStream);
}

#[derive(serde::Deserialize)]
struct Heartbeat {
    now: Timestamp,
}

struct Follower {
    live: Live,
    calling: Calling,
    role: Option<Role>,
    source: RefCell<Option<TabStream>>,
    /// What came and is not folded yet: its name, its data, and when it came.
    gathered: RefCell<Vec<(String, String, f64)>>,
    heard_at: Cell<f64>,
    failures: Cell<u32>,
    /// The next attempt, while one is planned.
    planned: RefCell<Option<TimeoutHandle>>,
    /// Counts attempts, so that an answer that belongs to an earlier one is known.
    attempt: Cell<u32>,
    /// The next time that the page asks for the class, while it follows by asking.
    asking: RefCell<Option<TimeoutHandle>>,
    /// How long it waits for that, in milliseconds.
    asks_after: Cell<f64>,
    /// The tag of the class as it was told last, by asking.
    tag: RefCell<String>,
    /// Whether the server answers, and a stream was tried since it does.
    is_reached: Cell<bool>,
    /// The server's clock less this browser's, in milliseconds.
    offset: Cell<i64>,
    listeners: RefCell<Option<Listeners>>,
}

struct Listeners {
    opened: Closure<dyn Fn()>,
    failed: Closure<dyn Fn()>,
    heard: Closure<dyn Fn(String, String)>,
}

/// Follows the class for as long as the page lives.
pub fn start(live: Live, calling: Calling, role: Option<Role>) {
    Effect::new(move |_| Follower::start(live, calling, role));
}

fn millis(now: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit")]
    {
        now as i64
    }
}

impl Follower {
    fn start(live: Live, calling: Calling, role: Option<Role>) {
        let rendered = live.now.get_untracked();
        let offset = rendered.millis_since(Timestamp::from_millis(millis(browser_now())));
        let follower = Rc::new(Self {
            live,
            calling,
            role,
            source: RefCell::default(),
            gathered: RefCell::default(),
            heard_at: Cell::new(browser_now()),
            failures: Cell::new(0),
            planned: RefCell::default(),
            attempt: Cell::new(0),
            asking: RefCell::default(),
            asks_after: Cell::new(ASKS.0),
            tag: RefCell::default(),
            is_reached: Cell::new(false),
            offset: Cell::new(offset),
            listeners: RefCell::default(),
        });
        follower.listen();
        follower.connect();
        follower.keep_time();
        follower.watch();
    }

    fn listen(self: &Rc<Self>) {
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

    fn is_over(&self) -> bool {
        let connection = self.live.connection.get_untracked();
        matches!(connection, Connection::Ended | Connection::Removed)
    }

    fn close(&self) {
        if let Some(source) = self.source.take() {
            source.close();
        }
    }

    fn connect(self: &Rc<Self>) {
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
        let path = format!("/api/v1/groups/{id}/events");
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

    fn connect_at_once(self: &Rc<Self>) {
        self.failures.set(0);
        self.connect();
    }

    /// The stream is down: say so, unless the page follows by asking, and open another one after a
    /// while.
    fn fail(self: &Rc<Self>) {
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

    /// Asks for the class as it is, of which a page of a large one has but a part, and opens the
    /// stream then.
    fn ask(self: &Rc<Self>) {
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

    async fn question(&self, tag: &str) -> Result<Answer, JsValue> {
        let id = self.live.group.with_untracked(|group| group.id);
        net::look(&format!("/api/v1/groups/{id}?follow=asking"), tag).await
    }

    /// An EventSource does not tell why it failed; a plain answer does. Only the server's own word
    /// counts: what is in between may refuse as well.
    fn learn_why(&self, answer: Option<Answer>) {
        let problem = answer.and_then(|answer| json::read::<Problem>(&answer.text).ok());
        match problem.map(|problem| problem.status) {
            Some(401 | 403 | 404) => self.part(Connection::Removed),
            Some(410) => self.part(Connection::Ended),
            _ => {}
        }
    }

    /// Goes over to asking when the stream does not tell anything soon.
    fn ask_when_held_back(self: &Rc<Self>) {
        if self.asking.borrow().is_none() {
            self.asks_after.set(ASKS.0);
            self.ask_again_after(HELD_BACK);
        }
    }

    fn ask_again_after(self: &Rc<Self>, wait: Duration) {
        let this = Rc::clone(self);
        let asking = set_timeout_with_handle(move || this.look_at_class(), wait);
        if let Some(before) = self.asking.replace(asking.ok()) {
            before.clear();
        }
    }

    /// Whether the page has to ask: the stream has not told anything.
    fn must_ask(&self) -> bool {
        !self.is_over() && self.live.connection.get_untracked() != Connection::Live
    }

    /// Gives a stream the time to tell what was missed, when the server has just come to answer: it
    /// tells how each thing ended, and a snapshot only what goes on.
    fn prefers_stream(self: &Rc<Self>) -> bool {
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
    fn look_at_class(self: &Rc<Self>) {
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

    /// The page is no part of the class any more, and keeps nothing of it but its name.
    fn part(&self, connection: Connection) {
        self.close();
        self.live.connection.set(connection);
        self.live.group.update(|group| {
            let name = group.name.take();
            *group = Group::new(group.id);
            group.name = name;
        });
    }

    fn hear(self: &Rc<Self>, name: String, data: String) {
        if self.is_silent() {
            self.fail();
            return;
        }
        self.heard_at.set(browser_now());
        let is_first = {
            let mut gathered = self.gathered.borrow_mut();
            gathered.push((name, data, browser_now()));
            gathered.len() == 1
        };
        if is_first {
            let this = Rc::clone(self);
            set_timeout(move || this.fold(), GATHER);
        }
    }

    /// Folds what was gathered, all of it before anything is shown.
    fn fold(self: &Rc<Self>) {
        let gathered = self.gathered.take();
        if gathered.is_empty() {
            return;
        }
        let mut parting = None;
        let mut folded = Vec::new();
        let mut is_current = false;
        // Whether an event could not be read: what is shown would not be the class any more.
        let mut is_lost = false;
        let mut words = Vec::new();
        for (name, data, heard_at) in gathered {
            match name.as_str() {
                "snapshot" => {
                    if self.take(&data, heard_at) {
                        folded.clear();
                    }
                }
                "heartbeat" => {
                    if let Ok(Heartbeat { now }) = json::read(&data) {
                        self.set_clock(now, heard_at);
                        is_current = true;
                    }
                }
                StatusChange::NAME => {
                    if let Ok(StatusChange { users }) = json::read(&data) {
                        self.live.online.update(|online| {
                            for user in users {
                                if user.online {
                                    online.insert(user.user_id);
                                } else {
                                    online.remove(&user.user_id);
                                }
                            }
                        });
                    }
                }
                Ringing::NAME => {
                    if let Ok(Ringing { invite_id, .. }) = json::read(&data) {
                        self.calling.ringing.set(Some(invite_id));
                    }
                }
                Relay::NAME => words.extend(json::read::<Relay>(&data)),
                JoinCodeChanged::NAME => {
                    if let Ok(JoinCodeChanged { join_code }) = json::read(&data) {
                        self.hear_code(Some(&join_code));
                    }
                }
                name => match json::read_events(name, &data) {
                    Ok(events) => {
                        for event in events {
                            parting = parting.or(self.parts(&event));
                            folded.push(event);
                        }
                    }
                    Err(_) => is_lost = true,
                },
            }
        }
        if !folded.is_empty() {
            self.live.group.update(|group| {
                for event in &folded {
                    apply(group, event);
                }
            });
        }
        // Who is in a call is known before what they say there is heard.
        for word in words {
            self.calling.hear(word);
        }
        // The first heartbeat of a stream comes after everything that was missed.
        if is_current && !is_lost && self.source.borrow().is_some() && !self.is_silent() {
            self.live.connection.set(Connection::Live);
            self.is_reached.set(false);
        }
        if let Some(connection) = parting {
            self.part(connection);
        } else if is_lost {
            self.fail();
            self.look_at_class();
        }
        self.change_rooms();
    }

    /// Takes over the whole class, as a snapshot has it.
    fn take(&self, snapshot: &str, heard_at: f64) -> bool {
        let Ok(snapshot) = json::read::<Snapshot>(snapshot) else { return false };
        self.hold(snapshot, heard_at);
        true
    }

    /// The same, unless a stream has told more meanwhile.
    fn take_newer(&self, snapshot: &str) -> bool {
        let Ok(snapshot) = json::read::<Snapshot>(snapshot) else { return false };
        let is_newer = self.live.group.with_untracked(|group| snapshot.seq >= group.seq);
        if is_newer {
            self.hold(snapshot, browser_now());
        }
        is_newer
    }

    fn hold(&self, snapshot: Snapshot, heard_at: f64) {
        self.set_clock(snapshot.now, heard_at);
        self.hear_code(snapshot.join_code.as_deref());
        self.live.online.set(online_in(&snapshot));
        self.live.group.set(Group::from(snapshot));
        self.live.counts.set(None);
    }

    /// The code by which students come in, as a teacher is told it: what shows another one is out of
    /// date.
    fn hear_code(&self, code: Option<&str>) {
        let Some(code) = code else { return };
        let shown = self.live.code;
        if shown.with_value(|shown| shown.as_deref() != Some(code)) {
            shown.set_value(Some(code.to_owned()));
            spawn_local(async {
                let _ = net::serve_anew().await;
            });
        }
    }

    fn parts(&self, event: &Event) -> Option<Connection> {
        match &event.kind {
            EventKind::GroupEnded(_) => Some(Connection::Ended),
            EventKind::MemberLeft(left) if left.user_id == self.live.me => {
                Some(Connection::Removed)
            }
            _ => None,
        }
    }

    /// Somebody who has come to be a teacher, or a student again, gets the other room.
    fn change_rooms(&self) {
        let me = self.live.me;
        let role = self.live.group.with_untracked(|group| group.member(me).map(|m| m.role));
        if role.is_some() && role != self.role {
            let _ = window().location().reload();
        }
    }

    fn set_clock(&self, server: Timestamp, heard_at: f64) {
        self.offset.set(server.millis_since(Timestamp::from_millis(millis(heard_at))));
        let now = millis(browser_now()) + self.offset.get();
        self.live.now.set(Timestamp::from_millis(now));
    }

    /// A deed got through, and the class's log had come to `seq`: a stream that has not told of it
    /// soon, nor of anything else, is a dead one.
    fn expect_echo(self: &Rc<Self>, seq: u64) {
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

    fn keep_time(self: &Rc<Self>) {
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

    fn is_silent(&self) -> bool {
        self.source.borrow().is_some() && browser_now() - self.heard_at.get() > SILENCE
    }

    /// Takes a stream for dead that has been silent for too long.
    fn look(self: &Rc<Self>) {
        if self.is_silent() {
            self.fail();
        }
    }

    fn watch(self: &Rc<Self>) {
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

/// A time that grows with failures, in milliseconds.
fn grown((first, longest): (f64, f64), failures: u32) -> f64 {
    (first * f64::from(1_u32 << failures.min(8))).min(longest)
}

/// A time in milliseconds, so that not everybody comes at once.
fn jittered(millis: f64) -> Duration {
    Duration::from_secs_f64(millis * (0.5 + js_sys::Math::random()) / 1_000.0)
}
