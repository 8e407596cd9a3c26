//! The browser's side of a live class: one stream, opened after the snapshot that the page came
//! with, whose events are folded as the server folds them. The tabs of a browser share it
//! (`tabs.js`).
//!
//! An EventSource stops for good on an answer that is not 200 and knows nothing of a proxy that
//! has gone silent. So every failure closes it, a new one is opened after a time that grows and is
//! jittered, and a watchdog takes a stream for dead that has missed a heartbeat. What comes after
//! such a silence was said before it, to a laptop that fell asleep, and is not listened to.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use signaling::{
    Event, EventKind, Group, Problem, Relay, Ringing, Role, Snapshot, StatusChange, Timestamp,
    apply, json,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, FormData, HtmlElement, HtmlFormElement, PageTransitionEvent, RequestInit,
    Response, SubmitEvent, UrlSearchParams,
};

use super::call::Calling;
use super::{Connection, Live, online_in};
use crate::trouble::Trouble;

/// One heartbeat of the server and a little more, in milliseconds.
const SILENCE: f64 = 20_000.0;
/// How long a request may take, in milliseconds.
const PATIENCE: u32 = 10_000;
/// Events that come within this time are folded and shown at once.
const GATHER: Duration = Duration::from_millis(16);
/// How soon the stream must have told of a deed that got through.
const ECHO: Duration = Duration::from_secs(3);
/// The first and the longest wait before a new stream is opened, in milliseconds.
const WAITS: (f64, f64) = (500.0, 15_000.0);
/// The events that hold only for now.
const PASSING: [&str; 3] = [StatusChange::NAME, Ringing::NAME, Relay::NAME];
/// After so many failures in a row the page asks why.
const ASK_WHY: u32 = 2;

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

pub fn browser_now() -> f64 {
    js_sys::Date::now()
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
    }

    fn connect_at_once(self: &Rc<Self>) {
        self.failures.set(0);
        self.connect();
    }

    /// The stream is down: say so, and open another one after a while.
    fn fail(self: &Rc<Self>) {
        self.close();
        if self.is_over() {
            return;
        }
        self.live.connection.set(Connection::Reconnecting);
        if self.planned.borrow().is_some() {
            return;
        }
        let failures = self.failures.get();
        self.failures.set(failures.saturating_add(1));
        let (first, longest) = WAITS;
        let wait = (first * f64::from(1_u32 << failures.min(8))).min(longest);
        let wait = wait * (0.5 + js_sys::Math::random());
        let this = Rc::clone(self);
        let planned = set_timeout_with_handle(
            move || {
                this.planned.take();
                if this.failures.get() > ASK_WHY { this.ask() } else { this.connect() }
            },
            Duration::from_secs_f64(wait / 1_000.0),
        );
        self.planned.replace(planned.ok());
    }

    /// Asks for the class as it is: a page of a large one has but a part of it, and an EventSource
    /// does not tell why it failed; a plain request does.
    fn ask(self: &Rc<Self>) {
        let this = Rc::clone(self);
        let attempt = self.attempt.get();
        spawn_local(async move {
            let id = this.live.group.with_untracked(|group| group.id);
            let answer = get(&format!("/api/v1/groups/{id}")).await;
            if this.attempt.get() != attempt {
                return;
            }
            match answer {
                Ok((200, body)) => {
                    // Who has the class is told all that they missed, and how each thing ended.
                    let is_known = this.live.is_whole_now() || this.take(&body, browser_now());
                    if is_known { this.connect() } else { this.fail() }
                }
                // Only the server's own word counts: what is in between may refuse as well.
                Ok((_, body)) => match json::read::<Problem>(&body) {
                    Ok(Problem { status: 401 | 403 | 404, .. }) => this.part(Connection::Removed),
                    Ok(Problem { status: 410, .. }) => this.part(Connection::Ended),
                    Ok(_) | Err(_) => this.fail(),
                },
                Err(_) => this.fail(),
            }
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
    fn fold(&self) {
        let gathered = self.gathered.take();
        if gathered.is_empty() {
            return;
        }
        let mut parting = None;
        let mut folded = Vec::new();
        let mut is_current = false;
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
                name => {
                    for event in json::read_events(name, &data).unwrap_or_default() {
                        parting = parting.or(self.parts(&event));
                        folded.push(event);
                    }
                }
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
        if is_current && self.source.borrow().is_some() && !self.is_silent() {
            self.live.connection.set(Connection::Live);
        }
        if let Some(connection) = parting {
            self.part(connection);
        }
        self.change_rooms();
    }

    /// Takes over the whole class, as a snapshot has it.
    fn take(&self, snapshot: &str, heard_at: f64) -> bool {
        let Ok(snapshot) = json::read::<Snapshot>(snapshot) else { return false };
        self.set_clock(snapshot.now, heard_at);
        self.live.online.set(online_in(&snapshot));
        self.live.group.set(Group::from(snapshot));
        self.live.counts.set(None);
        true
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
                this.expect_echo(seq);
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

/// Asks the server for something.
pub async fn get(url: &str) -> Result<(u16, String), JsValue> {
    fetch(url, &RequestInit::new()).await
}

/// Sends JSON to the server.
pub async fn post(url: &str, json: &str) -> Result<(u16, String), JsValue> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&json.into());
    fetch(url, &init).await
}

/// Waits.
pub async fn pause(time: Duration) {
    let over = js_sys::Promise::new(&mut |resolve, _| {
        set_timeout(
            move || {
                let _ = resolve.call0(&JsValue::UNDEFINED);
            },
            time,
        );
    });
    let _ = JsFuture::from(over).await;
}

/// Asks the server, and tells the status and the text of its answer.
async fn fetch(url: &str, init: &RequestInit) -> Result<(u16, String), JsValue> {
    init.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE)));
    let answer = JsFuture::from(window().fetch_with_str_and_init(url, init)).await?;
    let response: Response = answer.dyn_into()?;
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.status(), text.as_string().unwrap_or_default()))
}

/// Sends a form of the room without leaving the page. A form that leads to another page is left
/// to the browser.
pub fn send(live: Live, event: SubmitEvent) {
    let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok())
    else {
        return;
    };
    if form.method() != "post" || form.has_attribute("data-plain") {
        return;
    }
    event.prevent_default();
    if form.has_attribute("aria-busy") {
        return;
    }
    let Ok(fields) = FormData::new_with_form(&form) else { return };
    // Another page of this browser may have gone on as somebody else.
    let _ = fields.append_with_str("me", &live.me.to_string());
    if let Some(button) = event.submitter().filter(|button| button.has_attribute("name")) {
        let attribute = |name: &str| button.get_attribute(name).unwrap_or_default();
        let _ = fields.append_with_str(&attribute("name"), &attribute("value"));
    }
    let _ = form.set_attribute("aria-busy", "true");
    let region = form.closest("section, .action").ok().flatten();
    spawn_local(async move {
        let sent = submit(&form, &fields).await;
        let _ = form.remove_attribute("aria-busy");
        if sent.is_ok()
            && let Ok(Some(dialog)) = form.closest("[popover]")
            && let Ok(dialog) = dialog.dyn_into::<HtmlElement>()
        {
            let _ = dialog.hide_popover();
        }
        match sent {
            Ok(seq) => {
                live.deed_done.set(Some(seq));
                live.trouble.set(None);
            }
            Err(sentence) => live.trouble.set(Some(sentence)),
        }
        if let Some(region) = region {
            set_timeout(move || keep_focus(&region), GATHER * 4);
        }
    });
}

/// Whoever goes by keyboard stays where they were when the button they pressed is gone.
fn keep_focus(region: &web_sys::Element) {
    let document = document();
    let is_lost = document.active_element().is_none_or(|element| element.tag_name() == "BODY");
    if is_lost
        && let Ok(Some(next)) = region.query_selector("button, input:not([type=hidden]), select")
        && let Ok(next) = next.dyn_into::<HtmlElement>()
    {
        let _ = next.focus();
    }
}

async fn submit(form: &HtmlFormElement, fields: &FormData) -> Result<u64, String> {
    let offline = || "That didn’t get through. Check your connection and tap again.".to_owned();
    let body = UrlSearchParams::new_with_str_sequence_sequence(fields).map_err(|_| offline())?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&body);
    let headers = web_sys::Headers::new().map_err(|_| offline())?;
    headers.set("accept", "application/json").map_err(|_| offline())?;
    init.set_headers(&headers);
    let action = form.get_attribute("action").unwrap_or_default();
    let (status, text) = fetch(&action, &init).await.map_err(|_| offline())?;
    if status == 200 {
        return Ok(text.parse().unwrap_or_default());
    }
    let trouble = json::read::<Trouble>(&text).unwrap_or(Trouble::Failed);
    Err(trouble.to_string())
}
