//! What one sees of a call.

use call::{Call, Media, Stage};
use leptos::html::{Section, Video};
use leptos::prelude::*;
use leptos::task::spawn_local;
use signaling::UserId;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use web_sys::{DomException, HtmlDivElement, HtmlVideoElement, MediaStream};

use super::calling::Calling;
use super::desk::{Desk, Over, Phase, Wanted};
use super::devices::{self, DeviceTrouble, Sends};
use super::line::Link;
use crate::room::action::RoomAction;
use crate::room::clock::Since;
use crate::room::live::Live;
use crate::room::tap::Tap;

/// The code of calls could not be fetched.
pub struct NotFetched;

impl From<SplitLoaderError> for NotFetched {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

/// Puts the panel of calls into its place, for as long as the page lives. What is called from here
/// and from nowhere else is fetched with the first call.
#[wasm_split(call, fallible)]
pub fn open(live: Live, calling: Calling, place: HtmlDivElement) -> Result<(), NotFetched> {
    let mounted = leptos::mount::mount_to(place.into(), move || {
        provide_context(live);
        let desk = Desk::open(live, calling);
        view! { <Panel desk calling /> }
    });
    mounted.forget();
    Ok(())
}

#[component]
fn Panel(desk: Desk, calling: Calling) -> impl IntoView {
    move || {
        let (key, content) = match desk.phase.get() {
            Phase::Free => return ().into_any(),
            Phase::Preparing(wanted) => ("preparing", preparing(desk, wanted)),
            Phase::Refused(wanted, trouble) => ("refused", refused(desk, wanted, trouble)),
            Phase::Calling(call) => ("calling", placing(desk, calling, call)),
            Phase::Rung(call) => ("rung", rung(desk, call)),
            Phase::Talking(call) => ("talking", view! { <Talk desk call /> }.into_any()),
            Phase::Elsewhere(call) => ("elsewhere", elsewhere(desk, call)),
            Phase::Over(over) => ("over", ended(desk, over)),
        };
        view! { <Card key>{content}</Card> }.into_any()
    }
}

/// The card of one phase. It lies above everything else, a dialog that is open included.
#[component]
fn Card(key: &'static str, children: Children) -> impl IntoView {
    let card = NodeRef::<Section>::new();
    Effect::new(move |_| {
        if let Some(card) = card.get() {
            // It is in the page and not shown yet.
            let _ = card.show_popover();
        }
    });
    view! {
        <section node_ref=card class="call" popover="manual" data-phase=key aria-label="Call">
            {children()}
        </section>
    }
}

fn name_of(desk: Desk, user: UserId) -> impl IntoView {
    view! { <bdi>{desk.live.name_of(user)}</bdi> }
}

fn kind(media: Media) -> &'static str {
    match media {
        Media::Audio => "Call",
        Media::Video => "Video call",
    }
}

/// What a card is about, before anybody has answered.
fn title(desk: Desk, media: Media, with: UserId) -> impl IntoView {
    view! {
        <p class="call-title">
            {kind(media)} " with " {name_of(desk, with)}
        </p>
    }
}

fn preparing(desk: Desk, wanted: Wanted) -> AnyView {
    let devices = match wanted.media {
        Media::Audio => "Allow the microphone, if your browser asks.",
        Media::Video => "Allow the microphone and the camera, if your browser asks.",
    };
    view! {
        {title(desk, wanted.media, wanted.who)}
        <p role="status">{devices}</p>
        <div class="choices">
            {give_up(desk, wanted)}
        </div>
    }
    .into_any()
}

fn refused(desk: Desk, wanted: Wanted, trouble: DeviceTrouble) -> AnyView {
    let sound_only = trouble.may_go_without_camera(wanted.media).then(|| {
        let without = Wanted { media: Media::Audio, ..wanted };
        view! {
            <button class="primary" type="button" on:click=move |_| desk.prepare(without)>
                "Go on with sound only"
            </button>
        }
    });
    let again = (trouble != DeviceTrouble::Insecure).then(|| {
        view! {
            <button class="quiet" type="button" on:click=move |_| desk.prepare(wanted)>
                "Try again"
            </button>
        }
    });
    view! {
        {title(desk, wanted.media, wanted.who)}
        <p class="problem" role="alert">
            {trouble.to_string()}
        </p>
        <div class="choices">{sound_only} {again} {give_up(desk, wanted)}</div>
    }
    .into_any()
}

/// The way out before a call has begun, or of one that cannot be come back to.
fn give_up(desk: Desk, wanted: Wanted) -> AnyView {
    let (words, does): (_, Box<dyn Fn()>) = match wanted.answers {
        None => ("Cancel", Box::new(move || desk.close())),
        Some(_) if wanted.comes_back.is_some() => ("Hang up", Box::new(move || desk.hang_up_now())),
        Some(invite_id) => ("Decline", Box::new(move || desk.decline(invite_id))),
    };
    view! {
        <button class="quiet" type="button" on:click=move |_| does()>
            {words}
        </button>
    }
    .into_any()
}

fn placing(desk: Desk, calling: Calling, call: Call) -> AnyView {
    let invite_id = call.invite_id;
    let words = move || {
        let rings = calling.ringing.get() == Some(invite_id);
        if rings { "Ringing…" } else { "Calling…" }
    };
    view! {
        {title(desk, call.media, call.callee)}
        <p role="status">{words}</p>
        <div class="choices">
            <button class="primary" type="button" on:click=move |_| desk.cancel(invite_id)>
                "Stop calling"
            </button>
        </div>
    }
    .into_any()
}

fn rung(desk: Desk, call: Call) -> AnyView {
    let invite_id = call.invite_id;
    let wanted =
        |media| Wanted { who: call.caller, media, answers: Some(invite_id), comes_back: None };
    let (as_asked, sound_only) = (wanted(call.media), wanted(Media::Audio));
    let words = match call.media {
        Media::Audio => " calls you.",
        Media::Video => " calls you, with video.",
    };
    let without_camera = (call.media == Media::Video).then(|| {
        view! {
            <button class="quiet" type="button" on:click=move |_| desk.prepare(sound_only)>
                "Answer with sound only"
            </button>
        }
    });
    view! {
        <p class="call-title" role="alert">
            {name_of(desk, call.caller)}
            {words}
        </p>
        <div class="choices">
            <button class="primary big" type="button" on:click=move |_| desk.prepare(as_asked)>
                "Answer"
            </button>
            {without_camera}
            <button class="quiet" type="button" on:click=move |_| desk.decline(invite_id)>
                "Decline"
            </button>
        </div>
    }
    .into_any()
}

fn elsewhere(desk: Desk, call: Call) -> AnyView {
    let invite_id = call.invite_id;
    let other = name_of(desk, call.other(desk.live.me));
    let answered = call.callee == desk.live.me;
    let title = match (call.is_ringing(), answered) {
        (true, _) => "Calling from another tab or device",
        (false, true) => "Answered elsewhere",
        (false, false) => "In a call on another tab or device",
    };
    let is_ringing = call.is_ringing();
    let media = call.media;
    let ends = move |_| {
        if is_ringing { desk.cancel(invite_id) } else { desk.hang_up(&call) }
    };
    view! {
        <p class="call-title" role="status">
            {title}
        </p>
        <p>{kind(media)} " with " {other}</p>
        <div class="choices">
            <button class="quiet" type="button" on:click=ends>
                {if is_ringing { "Stop calling" } else { "Hang up" }}
            </button>
            <button class="quiet" type="button" on:click=move |_| desk.put_away(invite_id)>
                "Close"
            </button>
        </div>
    }
    .into_any()
}

fn ended(desk: Desk, over: Over) -> AnyView {
    let lasted = over.lasted.map(|lasted| view! { <p class="time">"It lasted " {lasted} "."</p> });
    let engaged = over.engaged.map(|who| {
        view! {
            <Tap action=RoomAction::EndCall who=who words="End that call" />
        }
    });
    view! {
        <p class="call-title" role="status">
            <bdi>{over.sentence}</bdi>
        </p>
        {lasted}
        <div class="choices">
            <button class="primary" type="button" on:click=move |_| desk.close()>
                "Close"
            </button>
            {engaged}
        </div>
    }
    .into_any()
}

#[component]
fn Talk(desk: Desk, call: Call) -> impl IntoView {
    let other = call.other(desk.live.me);
    let since = match call.stage {
        Stage::Answered { since, .. } => Some(since),
        Stage::Ringing { .. } => None,
    };
    let link = desk.tells.link;
    let state = move || match link.get() {
        Link::Connecting => "Connecting…",
        Link::Connected => "",
        Link::Lost => "Connection lost. Trying again…",
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
            <Show when=move || !is_shown() && sees_oneself()>
                <p class="no-picture">"No picture from the other end"</p>
            </Show>
            <Picture stream=desk.tells.theirs class="theirs" shown=Signal::derive(is_shown) />
            <Picture stream=desk.own class="own" muted=true shown=Signal::derive(sees_oneself) />
        </div>
        <p class="call-title">
            {name_of(desk, other)} {since.map(|moment| view! { <Since moment /> })}
        </p>
        <Show when=move || desk.device_lost.get()>
            <p class="problem" role="alert">
                "Your microphone or camera has stopped. Check it, then reload this page."
            </p>
        </Show>
        <p class="call-state" role="status">
            {state}
            {move || is_muted().then_some(" Muted at the other end.")}
        </p>
        <div class="choices">
            <button
                class="quiet"
                type="button"
                on:click=toggle_sound
            >
                {move || if desk.sends.get().sound { "Mute" } else { "Unmute" }}
            </button>
            <Show when=has_camera>
                <button
                    class="quiet"
                    type="button"
                    on:click=toggle_picture
                >
                    {move || if desk.sends.get().picture { "Camera off" } else { "Camera on" }}
                </button>
            </Show>
            <button class="primary" type="button" on:click=move |_| desk.hang_up(&call)>
                "Hang up"
            </button>
        </div>
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
    let wants_tap = RwSignal::new(false);
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
            aria-label=if muted { "You" } else { "The other end" }
        ></video>
        <Show when=move || wants_tap.get()>
            <button
                class="primary"
                type="button"
                on:click=move |_| {
                    if let Some(video) = node.get_untracked() {
                        play(video);
                    }
                }
            >
                "Tap to hear"
            </button>
        </Show>
    }
}
