//! Who is called together: whose hands are up, all teachers, or whoever is chosen.

use call::{MOST, Media};
use leptos::prelude::*;
use signaling::{Role, UserId};
use wasm_split_helpers::wasm_split;
use web_sys::HtmlDivElement;

use super::DIALOG;
use crate::room::call::Calling;
use crate::room::fetched::NotFetched;
use crate::room::lists::rows;
use crate::room::live::{Connection, Live};
use crate::room::portion::Row;
use crate::room::reactive::{Derived, Source};
use crate::room::text::Text;
use crate::words::{live as words, room};

/// Puts the choice into its place, for as long as the page lives.
#[wasm_split(call, fallible)]
pub fn open(
    live: Live,
    calling: Calling,
    place: HtmlDivElement,
    dialog: &'static str,
) -> Result<(), NotFetched> {
    let mounted = leptos::mount::mount_to(place.into(), move || {
        provide_context(live);
        view! { <Choice live calling dialog /> }
    });
    mounted.forget();
    Ok(())
}

#[component]
fn Choice(
    live: Live,
    calling: Calling,
    /// The dialog to be closed by a call.
    dialog: &'static str,
) -> impl IntoView {
    // In the order in which they were chosen.
    let chosen = Source::new(Vec::<UserId>::new());
    let others = Derived::new(move |_| {
        let all = live.group.with(|group| {
            let members = group.members().iter().map(|member| (member.user_id, member.role));
            members.filter(|(user, _)| *user != live.me).collect::<Vec<_>>()
        });
        all.into_iter().filter(|(user, _)| live.is_online(*user)).collect::<Vec<_>>()
    });
    let hands = move || {
        let hands = live
            .lesson
            .with(|lesson| lesson.hands.iter().map(|hand| hand.user).collect::<Vec<_>>());
        hands.into_iter().filter(|user| live.is_online(*user)).take(MOST - 1).collect()
    };
    let teachers = move || {
        let teachers = others.get().into_iter().filter(|(_, role)| *role == Role::Teacher);
        teachers.map(|(user, _)| user).take(MOST - 1).collect()
    };
    let can = move || {
        let count = chosen.with(Vec::len);
        let is_live = live.connection.get() == Connection::Live;
        is_live && calling.is_free() && (1..MOST).contains(&count)
    };
    let call = move |media| {
        let here = others.get_untracked();
        let is_here = |user: &UserId| here.iter().any(|(other, _)| other == user);
        let whom = chosen.get_untracked().into_iter().filter(is_here).collect();
        // A button that is disabled by its own press closes nothing.
        let begin = move || {
            chosen.set(Vec::new());
            calling.wish_for_several.set(Some((whom, media)));
        };
        set_timeout(begin, std::time::Duration::ZERO);
    };
    let button = move |media, class, words: &'static str| {
        view! {
            <button
                class=class
                type="button"
                // Whoever begins a call wants to see the room.
                popovertarget=dialog
                popovertargetaction="hide"
                disabled=move || !can()
                on:click=move |_| call(media)
            >
                {words}
            </button>
        }
    };
    let everybody = move || {
        let others = others.get().into_iter();
        others.map(|(user, role)| Row::of(user, role == Role::Teacher)).collect()
    };
    let row = move |Row { user, .. }: Row| {
        let is_chosen = move || chosen.with(|chosen| chosen.contains(&user));
        let choose = move |_| {
            chosen.update(|chosen| {
                if let Some(at) = chosen.iter().position(|it| *it == user) {
                    chosen.remove(at);
                } else {
                    chosen.push(user);
                }
            });
        };
        view! {
            <li>
                <label class="row check">
                    <input type="checkbox" prop:checked=is_chosen on:change=choose />
                    <bdi translate="no">{live.name_of(user)}</bdi>
                </label>
            </li>
        }
    };
    view! {
        <div class="chips">
            <button class="quiet" type="button" on:click=move |_| chosen.set(hands())>
                {words::several_hands()}
            </button>
            <button class="quiet" type="button" on:click=move |_| chosen.set(teachers())>
                {words::several_teachers()}
            </button>
        </div>
        <ul class="several">{rows(everybody, row)}</ul>
        <p class="hint">
            <Text words=move || words::several_chosen(chosen.with(Vec::len)) />
        </p>
        <div class="choices">
            {button(Media::Audio, "primary", room::call())}
            {button(Media::Video, "quiet", room::video_call())}
            <button class="quiet" type="button" popovertarget=DIALOG popovertargetaction="hide">
                {room::close()}
            </button>
        </div>
    }
}
