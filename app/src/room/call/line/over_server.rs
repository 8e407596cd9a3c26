//! One connection of this end to the server's forwarding unit, for a call that goes over it.

use std::cell::{Cell, RefCell};

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Headers, MediaStream, MediaStreamTrack, Request, RequestInit, Response, RtcPeerConnection,
    RtcRtpReceiver, RtcRtpTransceiver, RtcRtpTransceiverDirection, RtcRtpTransceiverInit,
    RtcSdpType, RtcSessionDescriptionInit,
};

use super::attempt::sdp_of;
use crate::room::net::browser_now;

/// One connection to the server.
pub struct OverServer {
    connection: RtcPeerConnection,
    receivers: Vec<RtcRtpReceiver>,
    /// What comes from the other end.
    pub theirs: MediaStream,
    pub began_at: f64,
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

impl OverServer {
    /// A connection that offers what this end sends, and to receive the other.
    pub fn new(own: &MediaStream, has_video: bool) -> Option<Self> {
        let connection = RtcPeerConnection::new().ok()?;
        for track in own.get_tracks() {
            let track = MediaStreamTrack::from(track);
            let init = RtcRtpTransceiverInit::new();
            init.set_direction(RtcRtpTransceiverDirection::Sendonly);
            connection.add_transceiver_with_media_stream_track_and_init(&track, &init);
        }
        let kinds: &[&str] = if has_video { &["audio", "video"] } else { &["audio"] };
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
        Some(Self {
            connection,
            receivers,
            theirs,
            began_at: browser_now(),
            heard_at: Cell::new(None),
            newest: RefCell::default(),
        })
    }

    /// Has the server answer, at this path. Where it does not, the connection is over; it is tried again
    /// once it is overdue.
    pub async fn begin(&self, path: &str) {
        if negotiate(&self.connection, path).await.is_none() {
            self.connection.close();
        }
    }

    /// When something came last from the other end, as far as it is known now.
    pub fn heard_at(&self, now: f64) -> Option<f64> {
        let newest: Vec<f64> = self.receivers.iter().flat_map(sources).collect();
        if *self.newest.borrow() != newest {
            self.newest.replace(newest);
            self.heard_at.set(Some(now));
        }
        self.heard_at.get()
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
