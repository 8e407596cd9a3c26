//! The student's room as a whole.

use classroom::FAIR_ORDER;
use leptos::prelude::*;

use super::asked::Asked;
use super::choice::Choice;
use super::list::HandList;
use super::menu::Menu;
use super::news::is_late;
use super::sheets::Sheets;
#[cfg(feature = "browser")]
use super::signs;
use super::slots::Slots;
use super::state::State;
use crate::room::call::MeetingPlace;
use crate::room::heading::Heading;
use crate::room::live::Live;
use crate::room::microphone::{Heard, VoiceBar};
use crate::room::notice::Notice;
use crate::room::reactive::Derived;

/// The student's room.
#[component]
pub fn StudentRoom() -> impl IntoView {
    let live = expect_context::<Live>();
    let standing = Derived::new(move |_| {
        live.lesson.with(|lesson| live.group.with(|group| lesson.standing(group, live.me)))
    });
    let waits = Derived::new(move |_| live.lesson.with(|lesson| lesson.waits(live.now.get())));
    let choice = Derived::new(move |_| match standing.with(Choice::of) {
        choice if waits.get() => choice.not_yet(),
        Choice::Answer | Choice::Raise if is_late(live) => Choice::Nothing,
        choice => choice,
    });
    // Who had the fewest turns, a student's page does not know.
    let is_fair = move || live.group.with(|group| group.settings.is_on(FAIR_ORDER));
    let is_next = Derived::new(move |_| {
        choice.get() == Choice::Lower
            && !is_fair()
            && live.lesson.with(|lesson| {
                let hero = lesson.hero(|user| live.is_online(user)).map(|hand| hand.user);
                !lesson.speaking.is_empty() && hero == Some(live.me)
            })
    });
    let state = Derived::new(move |_| choice.get().key(is_next.get()));
    #[cfg(feature = "browser")]
    signs::follow(state);
    let sheets = Sheets::new();
    #[cfg(feature = "browser")]
    {
        let calling = expect_context();
        sheets.list.where_all_is_shown(move || sheets.fill(live, calling));
    }
    view! {
        <Heading>
            <p class="own">
                <bdi translate="no">{live.name_of(live.me)}</bdi>
            </p>
            <Menu sheets />
        </Heading>
        <VoiceBar />
        <Heard />
        <MeetingPlace />
        <main class="desk" data-state=move || state.get()>
            <div class="now">
                <div class="about">
                    <Notice />
                    <Asked />
                </div>
                <State standing is_next />
            </div>
            <Slots choice />
        </main>
        <HandList sheets />
    }
}
