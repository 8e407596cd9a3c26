//! The way over the server's forwarding unit, for two who find none to each other: each end connects to
//! it, and it passes on what comes from the other.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use call::Say;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Headers, MediaStream, MediaStreamTrack, Request, RequestInit, Response, RtcPeerConnection,
    RtcRtpReceiver, RtcRtpTransceiver, RtcRtpTransceiverDirection, RtcRtpTransceiverInit,
    RtcSdpType, RtcSessionDescriptionInit,
};

use super::attempt::sdp_of;
use super::handle::{Line, Link};
use crate::room::net::browser_now;

/// How long the two look for a way to each other before they meet at the server, in milliseconds.
pub(super) const DIRECT: f64 = 6_000.0;

/// How long nothing may come from the other end before it counts as away, in milliseconds.
const SILENT: f64 = 3_000.0;

/// How long a connection to the server has to bring something before another one is made, in
/// milliseconds.
const CONNECTS: f64 = 6_000.0;

/// One connection to the server.
pub struct OverServer {
    connection: RtcPeerConnection,
    receivers: Vec<RtcRtpReceiver>,
    began_at: f64,
    /// When something came last, and what the browser said of it.
    heard_at: Cell<Option<f64>>,
    newest: RefCell<Vec<f64>>,
}

impl Drop for OverServer {
    fn drop(&mut self) {
        // The server is told by the connection itself.
        self.connection.close();
    }
}

impl Line {
    /// Has the two meet at the server, where it can be: from then on this call goes that way.
    pub(super) fn meet_at_server(self: &Rc<Self>) {
        if !self.has_server.get() || self.is_closed.get() {
            return;
        }
        if !self.is_over_server.replace(true) {
            self.attempt.take();
            self.say(None, Say::OverServer);
        }
        let Some(way) = self.connect_to_server() else { return };
        self.over_server.replace(Some(Rc::clone(&way)));
        let this = Rc::clone(self);
        spawn_local(async move {
            let answered = negotiate(&way.connection, &this.path("media")).await;
            if answered.is_none() {
                // It is tried again once this one is overdue.
                way.connection.close();
            }
        });
    }

    /// Looks whether anything comes by the server, and connects anew when nothing does.
    pub(super) fn look_over_server(self: &Rc<Self>) {
        let Some(way) = self.over_server.borrow().clone() else { return };
        let now = browser_now();
        let newest: Vec<f64> = way.receivers.iter().flat_map(sources).collect();
        if *way.newest.borrow() != newest {
            way.newest.replace(newest);
            way.heard_at.set(Some(now));
        }
        match way.heard_at.get() {
            Some(at) if now - at < SILENT => {
                self.was_connected.set(true);
                if self.tells.link.get_untracked() != Link::Connected {
                    self.tells.link.set(Link::Connected);
                    self.say_sends();
                }
            }
            heard_at => {
                self.part();
                if now - heard_at.unwrap_or(way.began_at) > CONNECTS {
                    self.say(None, Say::OverServer);
                    self.meet_at_server();
                }
            }
        }
    }

    fn connect_to_server(&self) -> Option<Rc<OverServer>> {
        let connection = RtcPeerConnection::new().ok()?;
        for track in self.own.get_tracks() {
            let track = MediaStreamTrack::from(track);
            let init = RtcRtpTransceiverInit::new();
            init.set_direction(RtcRtpTransceiverDirection::Sendonly);
            connection.add_transceiver_with_media_stream_track_and_init(&track, &init);
        }
        let kinds: &[&str] = if self.has_video { &["audio", "video"] } else { &["audio"] };
        let receive = |kind: &&str| {
            let init = RtcRtpTransceiverInit::new();
            init.set_direction(RtcRtpTransceiverDirection::Recvonly);
            let transceiver = connection.add_transceiver_with_str_and_init(kind, &init);
            RtcRtpTransceiver::receiver(&transceiver)
        };
        let receivers: Vec<_> = kinds.iter().map(receive).collect();
        let theirs = MediaStream::new().ok()?;
        for receiver in &receivers {
            theirs.add_track(&receiver.track());
        }
        self.tells.theirs.set(Some(theirs));
        let way = OverServer {
            connection,
            receivers,
            began_at: browser_now(),
            heard_at: Cell::new(None),
            newest: RefCell::default(),
        };
        Some(Rc::new(way))
    }
}

/// When what comes by a stream was heard or seen last, in the browser's own time.
fn sources(receiver: &RtcRtpReceiver) -> Vec<f64> {
    let moment =
        |source: JsValue| js_sys::Reflect::get(&source, &"timestamp".into()).ok()?.as_f64();
    receiver.get_synchronization_sources().iter().filter_map(moment).collect()
}

/// Offers the server a connection, and takes its answer; none when it gives none.
async fn negotiate(connection: &RtcPeerConnection, path: &str) -> Option<()> {
    let offer = JsFuture::from(connection.create_offer()).await.ok()?;
    let offer = RtcSessionDescriptionInit::from(offer);
    JsFuture::from(connection.set_local_description(&offer)).await.ok()?;
    let headers = Headers::new().ok()?;
    headers.set("content-type", "application/sdp").ok()?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&sdp_of(&offer).into());
    let request = Request::new_with_str_and_init(path, &init).ok()?;
    let response = JsFuture::from(window().fetch_with_request(&request)).await.ok()?;
    let response = response.dyn_into::<Response>().ok().filter(|it| it.status() == 201)?;
    let answer = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    let described = RtcSessionDescriptionInit::new(RtcSdpType::Answer);
    described.set_sdp(&answer);
    JsFuture::from(connection.set_remote_description(&described)).await.ok().map(drop)
}
