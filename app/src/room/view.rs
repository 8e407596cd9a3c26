//! The room of one member.

use leptos::prelude::*;

use super::beginning::Beginning;
use super::call::{CallPlace, Calling};
use super::inside::Inside;
use super::live::Live;
use super::microphone::{Hearing, is_heard, turn_key};
#[cfg(feature = "ssr")]
use super::notice::NotLive;
use super::notice::Parted;
use super::reactive::Derived;
use super::signs::Voice;
use super::words::connection_key;
#[cfg(feature = "browser")]
use super::{follow, form};

/// The room of one member: a teacher's or a student's.
#[component]
pub fn Room(
    /// What it begins with.
    mut beginning: Beginning,
    /// What is in it.
    inside: Inside,
    /// How students come in; for teachers. In the browser it is taken from what the server sent.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let question = std::mem::take(&mut beginning.question);
    #[cfg(feature = "browser")]
    let role = beginning.role();
    let live = Live::new(beginning, inside.is_screen);
    let calling = Calling::new(live);
    provide_context(live);
    provide_context(calling);
    #[cfg(feature = "browser")]
    follow::start(live, calling, role);
    let voice = Derived::new(move |_| Hearing::of(live));
    #[cfg(feature = "browser")]
    if !inside.is_screen {
        super::microphone::follow(live, voice);
    }
    let served = children.map(|children| children().into_any());
    let room = (inside.make)(question, served);
    let Inside { is_teachers, is_screen, .. } = inside;
    view! {
        <div
            class="room"
            class:teacher=is_teachers && !is_screen
            class:screen=is_screen
            class:student=!is_teachers
            class:empty=move || live.students() == 0
            data-connection=move || connection_key(live.connection.get())
            data-voice=move || voice.get().key()
            data-turn=move || turn_key(live)
            data-heard=move || is_heard(live).to_string()
            on:submit=move |event| send(live, event)
        >
            {without_script()}
            {room}
            {(!is_screen).then(|| view! {
                <CallPlace />
                <Voice />
            })}
            <Parted />
        </div>
    }
}

#[cfg(feature = "browser")]
fn send(live: Live, event: leptos::ev::SubmitEvent) {
    form::send(live, &event);
}

#[cfg(not(feature = "browser"))]
fn send(_: Live, _: leptos::ev::SubmitEvent) {}

/// What a browser shows that runs no script. One that makes the room runs it.
#[cfg(feature = "ssr")]
fn without_script() -> impl IntoView {
    view! {
        <noscript>
            <NotLive />
        </noscript>
    }
}

#[cfg(not(feature = "ssr"))]
fn without_script() {}
