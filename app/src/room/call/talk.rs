//! A call that this page is in: the pictures, and what one can do.

use call::{Call, Stage};
use leptos::html::Video;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, HtmlVideoElement, MediaStream};

use super::desk::Desk;
use super::devices::{self, Sends};
use super::line::Link;
use crate::room::changing::While;
use crate::room::clock::Since;
use crate::room::icon::Icon;
use crate::room::reactive::Source;
use crate::words::call as words;

/// A microphone.
const SOUND: &str =
    "M12 4a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V7a3 3 0 0 0-3-3zM5 11a7 7 0 0 0 14 0M12 18v3";
/// The same, crossed out.
const NO_SOUND: &str =
    "M9 9v3a3 3 0 0 0 5 2.200M15 11V7a3 3 0 0 0-5.800-1M5 11a7 7 0 0 0 11 5.700M12 18v3M4 4l16 16";
/// A camera.
const PICTURE: &str = "M3 7h12v10H3zM15 11l6-3v8l-6-3";
/// The same, crossed out.
const NO_PICTURE: &str = "M7 7h8v10H3V7M15 11l6-3v8l-6-3M4 4l16 16";
/// A telephone that is put down.
const HANG_UP: &str = "M3 14c5-6 13-6 18 0l-2 3-4-2v-3a10 10 0 0 0-6 0v3l-4 2z";

/// The card of a call that this page is in.
#[component]
pub fn Talk(desk: Desk, call: Call) -> impl IntoView {
    let other = call.other(desk.live.me);
    let since = match call.stage {
        Stage::Answered { since, .. } => Some(since),
        Stage::Ringing { .. } => None,
    };
    let link = desk.tells.link;
    let state = move || match link.get() {
        Link::Connecting => words::connecting(),
        Link::Connected => "",
        Link::Lost => words::lost(),
    };
    let has_camera = move || desk.own.with(|own| own.as_ref().is_some_and(devices::has_picture));
    let is_shown = move || {
        let has_picture =
            desk.tells.theirs.with(|theirs| theirs.as_ref().is_some_and(devices::has_picture));
        has_picture && desk.tells.they_send.get().is_none_or(|sends| sends.picture)
    };
    let is_muted = move || desk.tells.they_send.get().is_some_and(|sends| !sends.sound);
    let sees_oneself = move || has_camera() && desk.sends.get().picture;
    let toggle_sound = move |_| {
        let sends = desk.sends.get_untracked();
        desk.let_out(Sends { sound: !sends.sound, ..sends });
    };
    let toggle_picture = move |_| {
        let sends = desk.sends.get_untracked();
        desk.let_out(Sends { picture: !sends.picture, ..sends });
    };
    view! {
        <div class="call-pictures" class:sound-only=move || !is_shown() && !sees_oneself()>
            <While so=move || !is_shown() && sees_oneself()>
                <p class="no-picture">{words::no_picture()}</p>
            </While>
            <Picture stream=desk.tells.theirs class="theirs" shown=Signal::derive(is_shown) />
            <Picture stream=desk.own class="own" muted=true shown=Signal::derive(sees_oneself) />
        </div>
        <p class="call-title">
            <bdi>{desk.live.name_of(other)}</bdi> {since.map(|moment| view! { <Since moment /> })}
        </p>
        <While so=move || desk.device_lost.get()>
            <p class="problem" role="alert">
                {words::device_stopped()}
            </p>
        </While>
        <p class="call-state" role="status">
            {state}
            {move || is_muted().then(words::muted_there)}
        </p>
        <div class="choices">
            <button class="quiet" type="button" on:click=toggle_sound>
                {move || {
                    if desk.sends.get().sound {
                        deed(SOUND, words::mute())
                    } else {
                        deed(NO_SOUND, words::unmute())
                    }
                }}
            </button>
            <While so=has_camera>
                <button class="quiet" type="button" on:click=toggle_picture>
                    {move || {
                        if desk.sends.get().picture {
                            deed(PICTURE, words::camera_off())
                        } else {
                            deed(NO_PICTURE, words::camera_on())
                        }
                    }}
                </button>
            </While>
            <button class="primary" type="button" on:click=move |_| desk.hang_up(&call)>
                {deed(HANG_UP, words::hang_up())}
            </button>
        </div>
    }
}

/// What stands on a button: the words, or what is drawn where there is room for no more.
fn deed(drawn: &'static str, words: &'static str) -> impl IntoView {
    view! {
        <Icon path=drawn />
        <span>{words}</span>
    }
}

/// A stream as it comes. The sound is heard whether or not there is a picture to show.
#[component]
fn Picture(
    stream: RwSignal<Option<MediaStream>, LocalStorage>,
    class: &'static str,
    #[prop(optional)] muted: bool,
    shown: Signal<bool>,
) -> impl IntoView {
    let node = NodeRef::<Video>::new();
    // A page that was loaded anew has not been tapped on; then some browsers keep it silent.
    let wants_tap = Source::new(false);
    let play = move |video: HtmlVideoElement| {
        spawn_local(async move {
            let Ok(playing) = video.play() else { return };
            let refused = JsFuture::from(playing).await.err();
            let refused = refused.and_then(|error| error.dyn_into::<DomException>().ok());
            wants_tap.set(refused.is_some_and(|error| error.name() == "NotAllowedError"));
        });
    };
    Effect::new(move |_| {
        let Some(video) = node.get() else { return };
        let stream = stream.get();
        video.set_muted(muted);
        video.set_src_object(stream.as_ref());
        if stream.is_some() {
            play(video);
        }
    });
    view! {
        <video
            node_ref=node
            class=class
            class:unseen=move || !shown.get()
            playsinline
            aria-label=if muted { words::own_picture() } else { words::their_picture() }
        ></video>
        <While so=move || wants_tap.get()>
            <button
                class="primary"
                type="button"
                on:click=move |_| {
                    if let Some(video) = node.get_untracked() {
                        play(video);
                    }
                }
            >
                {words::tap_to_hear()}
            </button>
        </While>
    }
}
