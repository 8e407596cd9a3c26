//! The microphone and the camera, and what to do when there are none.

use crate::words::call as words;
use call::Media;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, MediaStream, MediaStreamConstraints, MediaStreamTrack};

/// Why there is no sound or no picture to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceTrouble {
    /// The person, or the browser for them, has refused the camera, and maybe the microphone.
    CameraRefused,
    /// The microphone was refused.
    MicrophoneRefused,
    /// There is no camera, or no microphone either.
    NoCamera,
    /// There is no microphone.
    NoMicrophone,
    /// Something else holds the device.
    InUse,
    /// Browsers give neither to a page that did not come over https.
    Insecure,
}

impl DeviceTrouble {
    /// The trouble as a sentence that says what to do.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::CameraRefused => words::camera_refused(),
            Self::MicrophoneRefused => words::microphone_refused(),
            Self::NoCamera => words::no_camera(),
            Self::NoMicrophone => words::no_microphone(),
            Self::InUse => words::device_in_use(),
            Self::Insecure => words::insecure(),
        }
    }

    fn of(error: &JsValue, media: Media) -> Self {
        let name = error.dyn_ref::<DomException>().map(DomException::name).unwrap_or_default();
        match (name.as_str(), media) {
            ("NotAllowedError" | "SecurityError", Media::Video) => Self::CameraRefused,
            ("NotAllowedError" | "SecurityError", Media::Audio) => Self::MicrophoneRefused,
            ("NotFoundError" | "OverconstrainedError", Media::Video) => Self::NoCamera,
            ("NotFoundError" | "OverconstrainedError", Media::Audio) => Self::NoMicrophone,
            (_, Media::Video | Media::Audio) => Self::InUse,
        }
    }

    /// Whether the call could go on with sound alone.
    pub const fn may_go_without_camera(self, media: Media) -> bool {
        let is_video = matches!(media, Media::Video);
        is_video && matches!(self, Self::CameraRefused | Self::NoCamera | Self::InUse)
    }
}

/// What one end lets out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sends {
    /// The microphone.
    pub sound: bool,
    /// The camera.
    pub picture: bool,
}

/// Opens the microphone, and the camera where pictures are wanted.
pub async fn open(media: Media) -> Result<MediaStream, DeviceTrouble> {
    let navigator = window().navigator();
    // The browser leaves it out of a page that did not come by a secure way.
    let is_there = js_sys::Reflect::has(&navigator, &"mediaDevices".into()).unwrap_or(false);
    let devices = navigator.media_devices().ok().filter(|_| is_there);
    let devices = devices.filter(|devices| !devices.is_undefined());
    let devices = devices.ok_or(DeviceTrouble::Insecure)?;
    let wanted = MediaStreamConstraints::new();
    wanted.set_audio(&JsValue::TRUE);
    wanted.set_video(&JsValue::from_bool(media == Media::Video));
    let why = |error: JsValue| DeviceTrouble::of(&error, media);
    let opened = devices.get_user_media_with_constraints(&wanted).map_err(why)?;
    JsFuture::from(opened).await.map(MediaStream::from).map_err(why)
}

/// Lets go of the devices, so that their lights go out.
pub fn close(stream: &MediaStream) {
    for track in tracks(&stream.get_tracks()) {
        track.stop();
    }
}

/// Has this called when a device stops by itself: unplugged, or taken away.
pub fn when_lost(stream: &MediaStream, lost: impl Fn() + Copy + 'static) {
    for track in tracks(&stream.get_tracks()) {
        let ended = Closure::once_into_js(lost);
        track.set_onended(Some(ended.unchecked_ref()));
    }
}

/// Lets the microphone or the camera out, or not.
pub fn let_out(stream: &MediaStream, sound: bool, picture: bool) {
    for track in tracks(&stream.get_audio_tracks()) {
        track.set_enabled(sound);
    }
    for track in tracks(&stream.get_video_tracks()) {
        track.set_enabled(picture);
    }
}

/// Whether a camera is part of it.
pub fn has_picture(stream: &MediaStream) -> bool {
    stream.get_video_tracks().length() > 0
}

fn tracks(list: &js_sys::Array) -> Vec<MediaStreamTrack> {
    list.iter().map(MediaStreamTrack::from).collect()
}
