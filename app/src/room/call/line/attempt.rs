//! One attempt to connect the two ends of a call.

use std::cell::{Cell, RefCell};

use call::Candidate;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    RtcIceCandidateInit, RtcPeerConnection, RtcPeerConnectionIceEvent, RtcSdpType,
    RtcSessionDescriptionInit, RtcTrackEvent,
};

/// One attempt: a connection, and who listens to it.
pub struct Attempt {
    pub turn: u32,
    pub connection: RtcPeerConnection,
    pub is_described: Cell<bool>,
    pub early: RefCell<Vec<RtcIceCandidateInit>>,
    /// Ways that were found and are not told yet.
    pub found: RefCell<Vec<Candidate>>,
    pub _found: Closure<dyn Fn(RtcPeerConnectionIceEvent)>,
    pub _changed: Closure<dyn Fn()>,
    pub _arrived: Closure<dyn Fn(RtcTrackEvent)>,
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.connection.set_onicecandidate(None);
        self.connection.set_onconnectionstatechange(None);
        self.connection.set_ontrack(None);
        self.connection.close();
    }
}

/// Takes the other end's description, and the candidates that came before it.
pub async fn take(attempt: &Attempt, kind: RtcSdpType, sdp: &str) -> bool {
    let described = RtcSessionDescriptionInit::new(kind);
    described.set_sdp(sdp);
    let taken = JsFuture::from(attempt.connection.set_remote_description(&described)).await;
    if taken.is_err() {
        return false;
    }
    attempt.is_described.set(true);
    for found in attempt.early.take() {
        add_candidate(attempt, &found);
    }
    true
}

/// A candidate that leads nowhere is no trouble: there are others.
pub fn add_candidate(attempt: &Attempt, found: &RtcIceCandidateInit) {
    let added = attempt.connection.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(found));
    spawn_local(async move {
        let _ = JsFuture::from(added).await;
    });
}

/// The text of a description.
pub fn sdp_of(described: &RtcSessionDescriptionInit) -> String {
    described.get_sdp().unwrap_or_default()
}
