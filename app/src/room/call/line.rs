//! The line between the two browsers of a call. The server carries what they have to tell each
//! other to find a way, and promises nothing; so a page that is not connected says *hello* every
//! other second, and the caller's page answers each hello of a page it does not know, or has waited
//! for too long, with a new attempt. That is all there is to a reload, a lost word, a changed
//! network: another hello.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use call::{Call, Candidate, Media, Mid, Reason, Say, Word};
use leptos::leptos_dom::helpers::IntervalHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use signaling::wire::{Data, IceServers};
use signaling::{GroupId, InviteId, Reason as engine, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MediaStream, MediaStreamTrack, RtcConfiguration, RtcIceCandidateInit, RtcIceServer,
    RtcPeerConnection, RtcPeerConnectionIceEvent, RtcPeerConnectionState,
    RtcRtpTransceiverDirection, RtcRtpTransceiverInit, RtcSdpType, RtcSessionDescriptionInit,
    RtcTrackEvent,
};

use super::attempt::{Attempt, add_candidate, sdp_of, take};
use super::devices::{self, Sends};
use super::tab::fresh_name;
use crate::room::net::{browser_now, get, pause, post};

/// How often the line looks after itself.
const TICK: Duration = Duration::from_secs(1);
/// Every so many ticks a page that is not connected says hello.
const HELLO_TICKS: u32 = 2;
/// Every so many ticks the server is asked anew which servers help: their credentials run out.
const SERVER_TICKS: u32 = 3_600;
/// How long candidates are gathered before they are told.
const GATHER: Duration = Duration::from_millis(100);
/// How long to wait when the server says that it was too much.
const TOO_FAST: Duration = Duration::from_secs(2);
/// How long an attempt may take before another hello begins a new one, in milliseconds.
const ATTEMPT: f64 = 12_000.0;
/// How long the two may be without a way to each other, in milliseconds.
const PATIENCE: f64 = 25_000.0;
/// The most candidates that wait for the description they belong to.
const EARLY: usize = 64;

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
    pub link: RwSignal<Link>,
    /// What comes from the other end.
    pub theirs: RwSignal<Option<MediaStream>, LocalStorage>,
    /// What the other end says that it lets out.
    pub they_send: RwSignal<Option<Sends>>,
}

/// The line of one call, from one page.
pub struct Line {
    group: GroupId,
    invite_id: InviteId,
    is_caller: bool,
    /// This page's life: after a reload it has another.
    life: String,
    own: MediaStream,
    sends: Cell<Sends>,
    tells: Tells,
    servers: RefCell<Vec<RtcIceServer>>,
    other: RefCell<Option<String>>,
    attempt: RefCell<Option<Rc<Attempt>>>,
    turns: Cell<u32>,
    tried_at: Cell<f64>,
    /// Since when the two are without a way to each other.
    apart_since: Cell<f64>,
    was_connected: Cell<bool>,
    is_closed: Cell<bool>,
    has_video: bool,
    to_say: RefCell<VecDeque<(Kind, String)>>,
    is_saying: Cell<bool>,
    ticks: Cell<u32>,
    ticking: RefCell<Option<IntervalHandle>>,
    /// Called with the reason when there is no hope any more.
    gives_up: Box<dyn Fn(&'static str)>,
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
enum Kind {
    Hello,
    /// It belongs to an attempt.
    OfAttempt,
    Sends,
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
        self.tells.theirs.set(None);
        self.tells.they_send.set(None);
    }

    /// Tells the other end what this one lets out from now on.
    pub fn set_sends(self: &Rc<Self>, sends: Sends) {
        self.sends.set(sends);
        self.say_sends();
    }

    fn path(&self, verb: &str) -> String {
        format!("/api/v1/groups/{}/invitations/{}/{verb}", self.group, self.invite_id)
    }

    /// Which servers help on the way is the server's to say; without its word there are none.
    async fn find_servers(&self) {
        let Ok((200, text)) = get(&self.path("iceServers")).await else { return };
        let Ok(IceServers { ice_servers, .. }) = json::read(&text) else { return };
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

    fn tick(self: &Rc<Self>) {
        let ticks = self.ticks.get() + 1;
        self.ticks.set(ticks);
        if ticks.is_multiple_of(SERVER_TICKS) {
            let this = Rc::clone(self);
            spawn_local(async move { this.find_servers().await });
        }
        if self.tells.link.get_untracked() == Link::Connected {
            return;
        }
        if browser_now() - self.apart_since.get() > PATIENCE {
            // Where that does not get through, the silence of this end will.
            self.apart_since.set(browser_now());
            let reason = if self.was_connected.get() {
                engine::Disconnected.text()
            } else {
                Reason::Failed.text()
            };
            (self.gives_up)(reason);
        } else if ticks.is_multiple_of(HELLO_TICKS) {
            self.say(None, Say::Hello);
        }
    }

    /// Says something to the other end: one word after the other, for a candidate means nothing
    /// before its description. A word that does not get through is let go.
    fn say(self: &Rc<Self>, to: Option<String>, say: Say) {
        if self.is_closed.get() {
            return;
        }
        let kind = match &say {
            Say::Hello => Kind::Hello,
            Say::Offer { .. } | Say::Answer { .. } | Say::Candidates { .. } => Kind::OfAttempt,
            Say::Sends { .. } => Kind::Sends,
        };
        let word = Word { from: self.life.clone(), to, say };
        let body = serde_json::to_string(&Data { data: word.to_data() }).unwrap_or_default();
        let mut to_say = self.to_say.borrow_mut();
        // Of what says how things are, the newest alone matters.
        to_say.retain(|(waiting, _)| *waiting == Kind::OfAttempt || *waiting != kind);
        to_say.push_back((kind, body));
        drop(to_say);
        if self.is_saying.replace(true) {
            return;
        }
        let this = Rc::clone(self);
        spawn_local(async move {
            this.say_what_waits().await;
            this.is_saying.set(false);
        });
    }

    async fn say_what_waits(&self) {
        let path = self.path("relay");
        loop {
            let Some((kind, body)) = self.to_say.borrow_mut().pop_front() else { break };
            match post(&path, &body).await {
                Ok((429, _)) => {
                    if kind == Kind::OfAttempt {
                        self.to_say.borrow_mut().push_front((kind, body));
                    }
                    pause(TOO_FAST).await;
                }
                // A description that no relay carries will not get shorter.
                Ok((413, _)) => (self.gives_up)(Reason::Failed.text()),
                Ok(_) | Err(_) => {}
            }
        }
    }

    fn say_back(self: &Rc<Self>, say: Say) {
        self.say(self.other.borrow().clone(), say);
    }

    fn say_sends(self: &Rc<Self>) {
        let Sends { sound, picture } = self.sends.get();
        self.say_back(Say::Sends { sound, picture });
    }

    /// Hears what the other end says.
    pub fn hear(self: &Rc<Self>, word: Word) {
        if self.is_closed.get() || word.to.is_some_and(|to| to != self.life) {
            return;
        }
        let is_new = self.other.borrow().as_ref() != Some(&word.from);
        match word.say {
            Say::Hello if self.is_caller => {
                let is_connected = self.tells.link.get_untracked() == Link::Connected;
                let is_overdue = browser_now() - self.tried_at.get() > ATTEMPT;
                if is_new || (!is_connected && is_overdue) {
                    self.other.replace(Some(word.from));
                    self.offer();
                }
            }
            Say::Hello => {
                if is_new {
                    self.other.replace(Some(word.from));
                    self.attempt.take();
                    self.part();
                    self.say(None, Say::Hello);
                }
            }
            Say::Offer { turn, sdp } if !self.is_caller => {
                self.other.replace(Some(word.from));
                self.answer(turn, sdp);
            }
            Say::Answer { turn, sdp } if self.is_caller && !is_new => self.settle(turn, sdp),
            Say::Candidates { turn, found } if !is_new => self.add(turn, found),
            Say::Sends { sound, picture } if !is_new => {
                self.tells.they_send.set(Some(Sends { sound, picture }));
            }
            Say::Offer { .. } | Say::Answer { .. } | Say::Candidates { .. } | Say::Sends { .. } => {
            }
        }
    }

    /// The two have no way to each other just now.
    fn part(&self) {
        let link = self.tells.link.get_untracked();
        if link == Link::Connected {
            self.apart_since.set(browser_now());
            self.tells.link.set(Link::Lost);
        }
    }

    fn attempt(self: &Rc<Self>, turn: u32) -> Option<Rc<Attempt>> {
        let configuration = RtcConfiguration::new();
        let servers: js_sys::Array = self.servers.borrow().iter().collect();
        configuration.set_ice_servers(&servers);
        let connection = RtcPeerConnection::new_with_configuration(&configuration).ok()?;
        for track in self.own.get_tracks() {
            connection.add_track_0(&MediaStreamTrack::from(track), &self.own);
        }
        if self.is_caller && self.has_video && !devices::has_picture(&self.own) {
            // The offer leaves room for the other end's picture.
            let only_in = RtcRtpTransceiverInit::new();
            only_in.set_direction(RtcRtpTransceiverDirection::Recvonly);
            connection.add_transceiver_with_str_and_init("video", &only_in);
        }
        let found = {
            let this = Rc::downgrade(self);
            Closure::new(move |event: RtcPeerConnectionIceEvent| {
                let (Some(line), Some(found)) = (this.upgrade(), event.candidate()) else { return };
                let mid = found.sdp_mid().zip(found.sdp_m_line_index());
                let mid = mid.map(|(name, index)| Mid { name, index });
                line.found(turn, Candidate { candidate: found.candidate(), mid });
            })
        };
        let changed = {
            let this = Rc::downgrade(self);
            Closure::new(move || {
                if let Some(line) = this.upgrade() {
                    line.look();
                }
            })
        };
        let arrived = {
            let tells = self.tells;
            Closure::new(move |event: RtcTrackEvent| {
                let stream = event.streams().get(0);
                if let Ok(stream) = stream.dyn_into::<MediaStream>() {
                    // One event for the sound, one for the picture: a stream that is set anew
                    // would begin anew.
                    let is_known = tells.theirs.with_untracked(|it| it.as_ref() == Some(&stream));
                    if !is_known {
                        tells.theirs.set(Some(stream));
                    }
                }
            })
        };
        connection.set_onicecandidate(Some(found.as_ref().unchecked_ref()));
        connection.set_onconnectionstatechange(Some(changed.as_ref().unchecked_ref()));
        connection.set_ontrack(Some(arrived.as_ref().unchecked_ref()));
        self.tried_at.set(browser_now());
        // What belongs to the attempt before is of no use any more.
        self.to_say.borrow_mut().retain(|(kind, _)| *kind != Kind::OfAttempt);
        let attempt = Rc::new(Attempt {
            turn,
            found: RefCell::default(),
            connection,
            is_described: Cell::new(false),
            early: RefCell::default(),
            _found: found,
            _changed: changed,
            _arrived: arrived,
        });
        self.attempt.replace(Some(Rc::clone(&attempt)));
        self.part();
        Some(attempt)
    }

    /// A way by which this end may be reached: told with others that are found at the same time.
    fn found(self: &Rc<Self>, turn: u32, candidate: Candidate) {
        let attempt = self.attempt.borrow().clone();
        let Some(attempt) = attempt.filter(|attempt| attempt.turn == turn) else { return };
        let mut found = attempt.found.borrow_mut();
        found.push(candidate);
        if found.len() > 1 {
            return;
        }
        drop(found);
        let this = Rc::clone(self);
        set_timeout(
            move || {
                let found = attempt.found.take();
                if this.is_current(&attempt) {
                    this.say_back(Say::Candidates { turn, found });
                }
            },
            GATHER,
        );
    }

    /// Looks how the connection is.
    fn look(self: &Rc<Self>) {
        let state =
            self.attempt.borrow().as_ref().map(|attempt| attempt.connection.connection_state());
        match state {
            Some(RtcPeerConnectionState::Connected) => {
                self.was_connected.set(true);
                self.tells.link.set(Link::Connected);
                self.say_sends();
            }
            Some(RtcPeerConnectionState::Disconnected | RtcPeerConnectionState::Failed) => {
                self.part();
            }
            _ => {}
        }
    }

    /// Whether this attempt is still the one.
    fn is_current(&self, attempt: &Rc<Attempt>) -> bool {
        self.attempt.borrow().as_ref().is_some_and(|current| Rc::ptr_eq(current, attempt))
    }

    fn offer(self: &Rc<Self>) {
        let turn = self.turns.get() + 1;
        self.turns.set(turn);
        let Some(attempt) = self.attempt(turn) else { return };
        let this = Rc::clone(self);
        spawn_local(async move {
            let Ok(described) = JsFuture::from(attempt.connection.create_offer()).await else {
                return;
            };
            let described = RtcSessionDescriptionInit::from(described);
            // The candidates follow the description that they belong to.
            if this.is_current(&attempt) {
                this.say_back(Say::Offer { turn, sdp: sdp_of(&described) });
            }
            let _ = JsFuture::from(attempt.connection.set_local_description(&described)).await;
        });
    }

    fn answer(self: &Rc<Self>, turn: u32, sdp: String) {
        let Some(attempt) = self.attempt(turn) else { return };
        let this = Rc::clone(self);
        spawn_local(async move {
            if !take(&attempt, RtcSdpType::Offer, &sdp).await {
                return;
            }
            let Ok(described) = JsFuture::from(attempt.connection.create_answer()).await else {
                return;
            };
            let described = RtcSessionDescriptionInit::from(described);
            if this.is_current(&attempt) {
                this.say_back(Say::Answer { turn, sdp: sdp_of(&described) });
            }
            let _ = JsFuture::from(attempt.connection.set_local_description(&described)).await;
        });
    }

    fn settle(&self, turn: u32, sdp: String) {
        let attempt = self.attempt.borrow().clone();
        let Some(attempt) = attempt.filter(|attempt| attempt.turn == turn) else { return };
        if !attempt.is_described.get() {
            spawn_local(async move {
                take(&attempt, RtcSdpType::Answer, &sdp).await;
            });
        }
    }

    fn add(&self, turn: u32, found: Vec<Candidate>) {
        let attempt = self.attempt.borrow().clone();
        let Some(attempt) = attempt.filter(|attempt| attempt.turn == turn) else { return };
        for Candidate { candidate, mid } in found {
            let found = RtcIceCandidateInit::new(&candidate);
            if let Some(mid) = mid {
                found.set_sdp_mid(Some(&mid.name));
                found.set_sdp_m_line_index(Some(mid.index));
            }
            if attempt.is_described.get() {
                add_candidate(&attempt, &found);
                continue;
            }
            let mut early = attempt.early.borrow_mut();
            if early.len() < EARLY {
                early.push(found);
            }
        }
    }
}
