//! Making a connection between the two ends: offers, answers, and the ways by which each can be reached.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use call::{Candidate, Mid, Say};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MediaStream, MediaStreamTrack, RtcConfiguration, RtcIceCandidateInit, RtcPeerConnection,
    RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcRtpTransceiverDirection,
    RtcRtpTransceiverInit, RtcSdpType, RtcSessionDescriptionInit, RtcTrackEvent,
};

use super::attempt::{Attempt, add_candidate, sdp_of, take};
use super::handle::{Kind, Line, Link};
use crate::room::call::devices;
use crate::room::net::browser_now;

/// How long candidates are gathered before they are told.
const GATHER: Duration = Duration::from_millis(100);

/// The most candidates that wait for the description they belong to.
const EARLY: usize = 64;

impl Line {
    /// The two have no way to each other just now.
    pub(super) fn part(&self) {
        let link = self.tells.link.get_untracked();
        if link == Link::Connected {
            self.apart_since.set(browser_now());
            self.tells.link.set(Link::Lost);
        }
    }

    pub(super) fn attempt(self: &Rc<Self>, turn: u32) -> Option<Rc<Attempt>> {
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
    pub(super) fn found(self: &Rc<Self>, turn: u32, candidate: Candidate) {
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
    pub(super) fn look(self: &Rc<Self>) {
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
    pub(super) fn is_current(&self, attempt: &Rc<Attempt>) -> bool {
        self.attempt.borrow().as_ref().is_some_and(|current| Rc::ptr_eq(current, attempt))
    }

    pub(super) fn offer(self: &Rc<Self>) {
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

    pub(super) fn answer(self: &Rc<Self>, turn: u32, sdp: String) {
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

    pub(super) fn settle(&self, turn: u32, sdp: String) {
        let attempt = self.attempt.borrow().clone();
        let Some(attempt) = attempt.filter(|attempt| attempt.turn == turn) else { return };
        if !attempt.is_described.get() {
            spawn_local(async move {
                take(&attempt, RtcSdpType::Answer, &sdp).await;
            });
        }
    }

    pub(super) fn add(&self, turn: u32, found: Vec<Candidate>) {
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
