//! Who is in the class: a row for each, and finding somebody.

use leptos::prelude::*;
use signaling::{Role, Sorted, UserId};
#[cfg(feature = "browser")]
use wasm_split_helpers::wasm_split;

#[cfg(feature = "browser")]
use crate::room::call::Calling;
use crate::room::changing::While;
#[cfg(feature = "browser")]
use crate::room::fetched::NotFetched;
use crate::room::lists::{More, rows};
use crate::room::live::Live;
use crate::room::portion::{List, Row};
#[cfg(feature = "browser")]
use crate::room::reactive::Derived;
use crate::room::reactive::Source;
use crate::room::teacher::person::MemberRow;
use crate::room::teacher::spoken::{without_hand, without_turn};
#[cfg(feature = "browser")]
use crate::room::text::Text;

/// Puts them into the sheet, for as long as the page lives.
#[cfg(feature = "browser")]
#[wasm_split(class, fallible)]
pub fn open(
    live: Live,
    calling: Calling,
    place: web_sys::HtmlDivElement,
) -> Result<(), NotFetched> {
    let mounted = leptos::mount::mount_to(place.into(), move || {
        provide_context(live);
        provide_context(calling);
        view! { <Members /> }
    });
    mounted.forget();
    Ok(())
}

/// Of whom the sheet shows nobody else.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "browser"), expect(dead_code, reason = "it takes a script to choose"))]
enum Only {
    /// Everybody is shown.
    All,
    /// Students who have raised no hand yet.
    WithoutHand,
    /// Students who have had no turn yet.
    WithoutTurn,
    /// Students who are not connected.
    Away,
}

impl Only {
    /// The students that it means; none where it means everybody.
    fn students(self, live: Live) -> Option<Sorted<UserId>> {
        match self {
            Self::All => None,
            Self::WithoutHand => Some(without_hand(live)),
            Self::WithoutTurn => Some(without_turn(live)),
            Self::Away => {
                let students = live.with_role(Role::Student).into_iter().map(|row| row.user);
                Some(students.filter(|user| !live.is_online(*user)).collect())
            }
        }
    }
}

/// Whom the sheet shows.
#[derive(Clone, Copy)]
struct Filter {
    /// Those whose names have this in them.
    name: Source<String>,
    /// Those alone.
    only: Source<Only>,
}

impl Filter {
    fn is_on(self) -> bool {
        self.only.get() != Only::All || self.name.with(|name| !name.is_empty())
    }

    fn is_named(self, live: Live, row: Row) -> bool {
        self.name.with(|name| name.is_empty() || is_found(&live.name_of(row.user), name))
    }

    /// The rows that are shown.
    fn rows(self, live: Live) -> Vec<Row> {
        if !self.is_on() {
            return live.here();
        }
        let mut rows = live.with_role(Role::Teacher);
        rows.extend(live.with_role(Role::Student));
        let only = self.only.get().students(live);
        let is_meant = |row: &Row| only.as_ref().is_none_or(|only| only.contains(&row.user));
        rows.retain(|row| is_meant(row) && self.is_named(live, *row));
        rows.truncate(List::Here.rows(true));
        rows
    }
}

#[cfg(feature = "browser")]
#[wasm_bindgen::prelude::wasm_bindgen(module = "/src/room/teacher/find.js")]
extern "C" {
    /// Whether a name has in it what is looked for.
    #[wasm_bindgen(js_name = isFound)]
    fn is_found(name: &str, sought: &str) -> bool;
}

/// It takes a script to look for a name.
#[cfg(not(feature = "browser"))]
const fn is_found(_: &str, _: &str) -> bool {
    true
}

/// What is in the sheet.
#[component]
pub fn Members() -> impl IntoView {
    let live = expect_context::<Live>();
    let filter = Filter { name: Source::new(String::new()), only: Source::new(Only::All) };
    let member = |row: Row| view! { <MemberRow user=row.user is_teacher=row.seq == 1 /> };
    view! {
        {find(live, filter)}
        <ul class="members">{rows(move || filter.rows(live), member)}</ul>
        <While so=move || !filter.is_on()>
            <More list=List::Here />
        </While>
    }
}

/// Finds somebody in the sheet, which takes a script.
#[cfg(feature = "browser")]
fn find(live: Live, filter: Filter) -> AnyView {
    use crate::words::live as live_words;

    let count = move |only: Only| only.students(live).map_or(0, |students| students.len());
    let has_hands = Derived::new(move |_| {
        live.tally.with(|tally| tally.members.iter().any(|share| share.hands > 0))
            || live.lesson.with(|lesson| !lesson.hands.is_empty())
    });
    let has_turns = Derived::new(move |_| live.tally.with(|tally| tally.has_turns()));
    let chip = move |only: Only, words: fn(usize) -> String| {
        view! {
            <button
                class="quiet"
                type="button"
                aria-pressed=move || (filter.only.get() == only).to_string()
                on:click=move |_| filter.only.set(only)
            >
                <Text words=move || words(count(only)) />
            </button>
        }
        .into_any()
    };
    let type_name = move |event| filter.name.set(event_target_value(&event));
    let nobody = move || !filter.name.with(String::is_empty) && filter.rows(live).is_empty();
    view! {
        <div class="find" data-live="">
            <input
                type="search"
                aria-label=live_words::find_name()
                placeholder=live_words::find_name()
                autocomplete="off"
                on:input=type_name
            />
            <div class="chips">
                {chip(Only::All, |_| live_words::everybody().to_owned())}
                <While so=move || has_hands.get()>
                    {chip(Only::WithoutHand, live_words::so_many_without_hand)}
                </While>
                <While so=move || has_turns.get()>
                    {chip(Only::WithoutTurn, live_words::so_many_without_turn)}
                </While>
                {chip(Only::Away, live_words::so_many_away)}
            </div>
            <While so=nobody>
                <p class="hint">{live_words::nobody_found()}</p>
            </While>
        </div>
        // For rooms in which phones are put away: a name is a tap, and the order that of the taps.
        <While so=move || live.is_whole()>
            <label class="row check tap-names" data-live="">
                <input type="checkbox" />
                {live_words::tap_names()}
            </label>
        </While>
    }
    .into_any()
}

#[cfg(not(feature = "browser"))]
fn find(_: Live, _: Filter) -> AnyView {
    ().into_any()
}
