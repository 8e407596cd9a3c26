//! A line from its opening to its end.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use call::{Call, Media, Reason, Say};
use leptos::leptos_dom::helpers::IntervalHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use signaling::wire::IceServers;
use signaling::{GroupId, InviteId, Reason as ByEngine, json};
use wasm_bindgen::prelude::*;
use web_sys::{MediaStream, RtcIceServer};

use super::attempt::Attempt;
use super::over_server::OverServer;
use crate::room::call::devices::Sends;
use crate::room::call::tab::fresh_name;
use crate::room::net::{browser_now, get};
use crate::room::reactive::Source;

/// How often the line looks after itself.
const TICK: Duration = Duration::from_secs(1);

/// Every so many ticks a page that is not connected says hello.
const HELLO_TICKS: u32 = 2;

/// Every so many ticks the server is asked anew which servers help: their credentials run out.
const SERVER_TICKS: u32 = 3_600;

/// How long the two look for a way to each other before they meet at the server, in milliseconds.
const DIRECT: f64 = 6_000.0;

/// How long the two may be without a way to each other, in milliseconds.
const PATIENCE: f64 = 25_000.0;

/// How the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// The two look for a way to each other.
    Connecting,
    /// Sound and pictures go both ways.
    Connected,
    /// They did, and do not now.
    Lost,
}

/// What the line tells the page.
#[derive(Clone, Copy)]
pub struct Tells {
    pub link: Source<Link>,
    /// What comes from the other end.
    pub theirs: RwSignal<Option<MediaStream>, LocalStorage>,
    /// What the other end says that it lets out.
    pub they_send: Source<Option<Sends>>,
}

/// The line of one call, from one page.
pub struct Line {
    pub(super) group: GroupId,
    pub(super) invite_id: InviteId,
    pub(super) is_caller: bool,
    /// This page's life: after a reload it has another.
    pub(super) life: String,
    pub(super) own: MediaStream,
    pub(super) sends: Cell<Sends>,
    pub(super) tells: Tells,
    pub(super) servers: RefCell<Vec<RtcIceServer>>,
    /// Whether the two may meet at the server, whether they do, and this end's connection to it.
    pub(super) has_server: Cell<bool>,
    pub(super) is_over_server: Cell<bool>,
    pub(super) over_server: RefCell<Option<Rc<OverServer>>>,
    pub(super) other: RefCell<Option<String>>,
    pub(super) attempt: RefCell<Option<Rc<Attempt>>>,
    pub(super) turns: Cell<u32>,
    pub(super) tried_at: Cell<f64>,
    /// Since when the two are without a way to each other.
    pub(super) apart_since: Cell<f64>,
    pub(super) was_connected: Cell<bool>,
    pub(super) is_closed: Cell<bool>,
    pub(super) has_video: bool,
    pub(super) to_say: RefCell<VecDeque<(Kind, String)>>,
    pub(super) is_saying: Cell<bool>,
    pub(super) ticks: Cell<u32>,
    pub(super) ticking: RefCell<Option<IntervalHandle>>,
    /// Called with the reason when there is no hope any more.
    pub(super) gives_up: Box<dyn Fn(&'static str)>,
}

/// What a line begins with.
pub struct Opening<'a> {
    pub group: GroupId,
    pub call: &'a Call,
    pub is_caller: bool,
    /// Whether the two were connected before this page was loaded anew.
    pub was_connected: bool,
    pub own: MediaStream,
    pub sends: Sends,
    pub tells: Tells,
    /// Called with the reason when there is no hope any more.
    pub gives_up: Box<dyn Fn(&'static str)>,
}

/// What of a word matters while it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Hello,
    /// It belongs to an attempt.
    OfAttempt,
    Sends,
    OverServer,
}

impl Line {
    /// Opens a line, and works at it until it is closed.
    pub fn open(opening: Opening<'_>) -> Rc<Self> {
        let Opening { group, call, is_caller, was_connected, own, sends, tells, gives_up } =
            opening;
        let line = Rc::new(Self {
            group,
            invite_id: call.invite_id,
            is_caller,
            life: fresh_name(),
            own,
            sends: Cell::new(sends),
            tells,
            servers: RefCell::default(),
            has_server: Cell::new(false),
            is_over_server: Cell::new(false),
            over_server: RefCell::default(),
            other: RefCell::default(),
            attempt: RefCell::default(),
            turns: Cell::new(0),
            tried_at: Cell::new(0.0),
            apart_since: Cell::new(browser_now()),
            was_connected: Cell::new(was_connected),
            is_closed: Cell::new(false),
            has_video: call.media == Media::Video,
            to_say: RefCell::default(),
            is_saying: Cell::new(false),
            ticks: Cell::new(0),
            ticking: RefCell::default(),
            gives_up,
        });
        tells.link.set(Link::Connecting);
        let this = Rc::clone(&line);
        spawn_local(async move {
            this.find_servers().await;
            if this.is_closed.get() {
                return;
            }
            this.say(None, Say::Hello);
            let ticking = Rc::downgrade(&this);
            let ticks = set_interval_with_handle(
                move || {
                    if let Some(line) = ticking.upgrade() {
                        line.tick();
                    }
                },
                TICK,
            );
            this.ticking.replace(ticks.ok());
        });
        line
    }

    /// Ends the line at this end.
    pub fn close(&self) {
        if let Some(ticks) = self.ticking.take() {
            ticks.clear();
        }
        self.is_closed.set(true);
        self.to_say.borrow_mut().clear();
        self.attempt.take();
        self.over_server.take();
        self.tells.theirs.set(None);
        self.tells.they_send.set(None);
    }

    /// Tells the other end what this one lets out from now on.
    pub fn set_sends(self: &Rc<Self>, sends: Sends) {
        self.sends.set(sends);
        self.say_sends();
    }

    pub(super) fn path(&self, verb: &str) -> String {
        format!("/api/v1/groups/{}/invitations/{}/{verb}", self.group, self.invite_id)
    }

    /// Which servers help on the way is the server's to say; without its word there are none.
    pub(super) async fn find_servers(&self) {
        let Ok((200, text)) = get(&self.path("iceServers")).await else { return };
        let Ok(IceServers { ice_servers, over_server, .. }) = json::read(&text) else { return };
        self.has_server.set(over_server);
        let servers = ice_servers.into_iter().map(|server| {
            let told = RtcIceServer::new();
            let urls: js_sys::Array = server.urls.iter().map(JsValue::from).collect();
            told.set_urls(&urls);
            if let (Some(username), Some(credential)) = (server.username, server.credential) {
                told.set_username(&username);
                told.set_credential(&credential);
            }
            told
        });
        self.servers.replace(servers.collect());
    }

    pub(super) fn tick(self: &Rc<Self>) {
        let ticks = self.ticks.get() + 1;
        self.ticks.set(ticks);
        if ticks.is_multiple_of(SERVER_TICKS) {
            let this = Rc::clone(self);
            spawn_local(async move { this.find_servers().await });
        }
        self.look_over_server();
        if self.tells.link.get_untracked() == Link::Connected {
            return;
        }
        let apart = browser_now() - self.apart_since.get();
        if apart > PATIENCE {
            // Where that does not get through, the silence of this end will.
            self.apart_since.set(browser_now());
            let reason = if self.was_connected.get() {
                ByEngine::Disconnected.text()
            } else {
                Reason::Failed.text()
            };
            (self.gives_up)(reason);
        } else if self.is_over_server.get() {
            // That is looked after already.
        } else if apart > DIRECT && self.has_server.get() {
            self.meet_at_server();
        } else if ticks.is_multiple_of(HELLO_TICKS) {
            self.say(None, Say::Hello);
        }
    }
}
