//! The buttons that call somebody.

use call::Media;
#[cfg(feature = "browser")]
use call::{MOST, STUDENTS_MAY_CALL};
use leptos::prelude::*;
#[cfg(feature = "browser")]
use signaling::Role;
use signaling::UserId;

use super::calling::Calling;
use crate::room::changing::sometimes;
#[cfg(feature = "browser")]
use crate::room::lists::rows;
use crate::room::live::{Connection, Live};
#[cfg(feature = "browser")]
use crate::room::portion::List;
use crate::room::reactive::Derived;
use crate::words::room as words;

/// The buttons that call somebody. There are none where nobody can call: without a live page, or
/// in a call.
#[component]
pub fn CallButtons(
    /// Whom they call.
    who: UserId,
    /// Whether the buttons say whom.
    #[prop(optional)]
    by_name: bool,
    /// The dialog that they are in, to be closed by them.
    #[prop(optional)]
    dialog: Option<String>,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let calling = expect_context::<Calling>();
    let can = Derived::new(move |_| live.connection.get() == Connection::Live && calling.is_free());
    let name = live.name_of(who);
    let wish = move |media| calling.wish.set(Some((who, media)));
    let button = move |label: String, media, dialog: Option<String>| {
        view! {
            <button
                class="quiet"
                type="button"
                popovertarget=dialog
                popovertargetaction="hide"
                data-live=""
                on:click=move |_| wish(media)
            >
                {label}
            </button>
        }
    };
    sometimes(move || {
        can.get().then(|| {
            let (voice, video) = if by_name {
                (words::call_name(&name), words::video_call_name(&name))
            } else {
                (words::call().to_owned(), words::video_call().to_owned())
            };
            let voice = button(voice, Media::Audio, dialog.clone());
            (voice, button(video, Media::Video, dialog.clone()))
        })
    })
}

/// The teachers whom a student may call, where that is allowed.
#[cfg(feature = "browser")]
#[component]
pub fn CallTeachers(
    /// The dialog that they are in, to be closed by them.
    dialog: &'static str,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let teachers = move || {
        let may_call = live.group.with(|group| group.settings.is_on(STUDENTS_MAY_CALL));
        let mut teachers = if may_call { live.with_role(Role::Teacher) } else { Vec::new() };
        teachers.truncate(List::Here.rows(false));
        teachers
    };
    rows(teachers, move |row| {
        view! { <CallButtons who=row.user by_name=true dialog=dialog.to_owned() /> }
    })
}

/// The buttons by which a student calls all of several teachers at once, where that is allowed.
#[cfg(feature = "browser")]
#[component]
pub fn CallAllTeachers(
    /// The dialog that they are in, to be closed by them.
    dialog: &'static str,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let calling = expect_context::<Calling>();
    let teachers = Derived::new(move |_| {
        let teachers: Vec<UserId> =
            live.with_role(Role::Teacher).into_iter().map(|row| row.user).collect();
        let may_call = live.group.with(|group| group.settings.is_on(STUDENTS_MAY_CALL));
        let is_some = may_call && live.carries_voices && (2..MOST).contains(&teachers.len());
        let can = live.connection.get() == Connection::Live && calling.is_free();
        (is_some && can).then_some(teachers)
    });
    sometimes(move || {
        teachers.get().map(|teachers| {
            let call = move |_| {
                calling.wish_for_several.set(Some((teachers.clone(), Media::Audio)));
            };
            view! {
                <button
                    class="quiet"
                    type="button"
                    popovertarget=dialog
                    popovertargetaction="hide"
                    data-live=""
                    on:click=call
                >
                    {crate::words::live::call_all_teachers()}
                </button>
            }
        })
    })
}
