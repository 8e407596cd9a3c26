//! What one sees of a call.

use call::{Call, Media};
use leptos::html::Section;
use leptos::prelude::*;
use signaling::UserId;
use wasm_split_helpers::wasm_split;
use web_sys::HtmlDivElement;

use super::calling::Calling;
use super::desk::{Desk, Over, Phase, Wanted};
use super::devices::DeviceTrouble;
use super::meeting::Meeting;
use super::talk::Talk;
use crate::room::action::RoomAction;
use crate::room::fetched::NotFetched;
use crate::room::live::Live;
use crate::room::tap::Tap;
use crate::words::{apart, call as words};

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
    if let Some(place) = calling.meeting_place.get_untracked() {
        let mounted = leptos::mount::mount_to(place.into(), move || {
            provide_context(live);
            view! { <Meeting calling /> }
        });
        mounted.forget();
    }
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
        <section node_ref=card class="call" popover="manual" data-phase=key aria-label=words::panel()>
            {children()}
        </section>
    }
}

/// A name for the middle of a sentence.
fn name_of(desk: Desk, user: UserId) -> String {
    apart(&desk.live.name_of(user))
}

/// With whom a call is.
fn with(desk: Desk, media: Media, user: UserId) -> String {
    match media {
        Media::Audio => words::with(&name_of(desk, user)),
        Media::Video => words::video_with(&name_of(desk, user)),
    }
}

/// What a card is about, before anybody has answered.
fn title(desk: Desk, media: Media, user: UserId) -> impl IntoView {
    view! {
        <p class="call-title">
            {with(desk, media, user)}
        </p>
    }
}

fn preparing(desk: Desk, wanted: Wanted) -> AnyView {
    let devices = match wanted.media {
        Media::Audio => words::allow_microphone(),
        Media::Video => words::allow_camera(),
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
                {words::sound_only()}
            </button>
        }
    });
    let again = (trouble != DeviceTrouble::Insecure).then(|| {
        view! {
            <button class="quiet" type="button" on:click=move |_| desk.prepare(wanted)>
                {words::try_again()}
            </button>
        }
    });
    view! {
        {title(desk, wanted.media, wanted.who)}
        <p class="problem" role="alert">
            {trouble.sentence()}
        </p>
        <div class="choices">{sound_only} {again} {give_up(desk, wanted)}</div>
    }
    .into_any()
}

/// The way out before a call has begun, or of one that cannot be come back to.
fn give_up(desk: Desk, wanted: Wanted) -> AnyView {
    let (words, does): (_, Box<dyn Fn()>) = match wanted.answers {
        None => (words::cancel(), Box::new(move || desk.close())),
        Some(_) if wanted.comes_back.is_some() => {
            (words::hang_up(), Box::new(move || desk.hang_up_now()))
        }
        Some(invite_id) => (words::decline(), Box::new(move || desk.decline(invite_id))),
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
        if rings { words::ringing() } else { words::calling() }
    };
    view! {
        {title(desk, call.media, call.callee)}
        <p role="status">{words}</p>
        <div class="choices">
            <button class="primary" type="button" on:click=move |_| desk.cancel(invite_id)>
                {words::stop()}
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
    let caller = name_of(desk, call.caller);
    let rings = match call.media {
        Media::Audio => words::comes_in(&caller),
        Media::Video => words::comes_in_video(&caller),
    };
    let without_camera = (call.media == Media::Video).then(|| {
        view! {
            <button class="quiet" type="button" on:click=move |_| desk.prepare(sound_only)>
                {words::answer_sound_only()}
            </button>
        }
    });
    view! {
        <p class="call-title" role="alert">
            {rings}
        </p>
        <div class="choices">
            <button class="primary big" type="button" on:click=move |_| desk.prepare(as_asked)>
                {words::answer()}
            </button>
            {without_camera}
            <button class="quiet" type="button" on:click=move |_| desk.decline(invite_id)>
                {words::decline()}
            </button>
        </div>
    }
    .into_any()
}

fn elsewhere(desk: Desk, call: Call) -> AnyView {
    let invite_id = call.invite_id;
    let other = call.other(desk.live.me);
    let answered = call.callee == desk.live.me;
    let title = match (call.is_ringing(), answered) {
        (true, _) => words::elsewhere_calling(),
        (false, true) => words::elsewhere_answered(),
        (false, false) => words::elsewhere_talking(),
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
        <p>{with(desk, media, other)}</p>
        <div class="choices">
            <button class="quiet" type="button" on:click=ends>
                {if is_ringing { words::stop() } else { words::hang_up() }}
            </button>
            <button class="quiet" type="button" on:click=move |_| desk.put_away(invite_id)>
                {words::close()}
            </button>
        </div>
    }
    .into_any()
}

fn ended(desk: Desk, over: Over) -> AnyView {
    let lasted = over.lasted.map(|lasted| view! { <p class="time">{words::lasted(&lasted)}</p> });
    let engaged = over.engaged.map(|who| {
        view! {
            <Tap action=RoomAction::EndCall who=who words=words::end_other() />
        }
    });
    view! {
        <p class="call-title" role="status">
            <bdi>{over.sentence}</bdi>
        </p>
        {lasted}
        <div class="choices">
            <button class="primary" type="button" on:click=move |_| desk.close()>
                {words::close()}
            </button>
            {engaged}
        </div>
    }
    .into_any()
}
