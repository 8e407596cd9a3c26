//! The room of one member.

use leptos::prelude::*;
use signaling::Role;

use super::beginning::Beginning;
use super::call::{CallPlace, Calling};
use super::join::{CodeButton, JoinPanel, ProjectorLink};
use super::live::Live;
#[cfg(feature = "ssr")]
use super::notice::NotLive;
use super::notice::Parted;
use super::screen::Screen;
use super::signs::Voice;
use super::student::StudentRoom;
use super::teacher::TeacherRoom;
use super::words::connection_key;
#[cfg(feature = "browser")]
use super::{follow, form};

/// The room of one member: a teacher's or a student's.
#[component]
pub fn Room(
    /// What it begins with.
    mut beginning: Beginning,
    /// Whether it is for a projector; to teachers alone.
    is_screen: bool,
    /// How students come in; for teachers. In the browser it is taken from what the server sent.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let (me, question) = (beginning.me, std::mem::take(&mut beginning.question));
    let mut members = beginning.snapshot.members.iter();
    let role = members.find(|member| member.user_id == me).map(|member| member.role);
    let is_teacher = role == Some(Role::Teacher);
    let is_screen = is_screen && is_teacher;
    let live = Live::new(beginning);
    let calling = Calling::new(live);
    provide_context(live);
    provide_context(calling);
    #[cfg(feature = "browser")]
    follow::start(live, calling, role);
    let children = children.map(|children| children());
    let room = if is_screen {
        view! { <Screen>{children}</Screen> }.into_any()
    } else if is_teacher {
        view! {
            <TeacherRoom question>
                <CodeButton />
                <JoinPanel>{children}</JoinPanel>
                <ProjectorLink />
            </TeacherRoom>
        }
        .into_any()
    } else {
        view! { <StudentRoom /> }.into_any()
    };
    view! {
        <div
            class="room"
            class:teacher=is_teacher && !is_screen
            class:screen=is_screen
            class:student=!is_teacher
            class:empty=move || live.students() == 0
            data-connection=move || connection_key(live.connection.get())
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
