//! Who is in the class: a sheet with a row for each.

use leptos::prelude::*;
use signaling::Role;

use super::person::{CLASS, MemberRow};
use crate::room::icon::{CHEVRON, Icon};
use crate::room::lists::{More, rows};
use crate::room::live::Live;
use crate::room::portion::{List, Row};
use crate::room::sheet::SheetTitle;
use crate::room::text::Text;
use crate::words::room as words;

/// Whom the sheet shows.
#[derive(Clone, Copy)]
struct Filter {
    /// Those whose names have this in them.
    name: RwSignal<String>,
    /// Those alone who are not connected.
    away: RwSignal<bool>,
}

impl Filter {
    fn is_on(self) -> bool {
        self.away.get() || self.name.with(|name| !name.is_empty())
    }

    fn has(self, live: Live, row: Row) -> bool {
        let is_named = self
            .name
            .with(|name| name.is_empty() || plain(&live.name_of(row.user)).contains(name.as_str()));
        is_named && !(self.away.get() && live.is_online(row.user))
    }

    /// The rows that are shown.
    fn rows(self, live: Live) -> Vec<Row> {
        if !self.is_on() {
            return live.here();
        }
        let mut rows = live.with_role(Role::Teacher);
        rows.extend(live.with_role(Role::Student));
        rows.retain(|row| self.has(live, *row));
        rows.truncate(List::Here.rows(true));
        rows
    }
}

/// A name as it is looked for: in small letters, and without accents where the browser knows them.
fn plain(name: &str) -> String {
    let small = name.to_lowercase();
    #[cfg(feature = "browser")]
    let small: String = {
        let apart = String::from(js_sys::JsString::from(small.as_str()).normalize("NFD"));
        apart.chars().filter(|letter| !('\u{300}'..='\u{36f}').contains(letter)).collect()
    };
    small
}

/// Who is in the class: the way to the sheet, and the sheet.
#[component]
pub fn Class() -> impl IntoView {
    let live = expect_context::<Live>();
    let filter = Filter { name: RwSignal::new(String::new()), away: RwSignal::new(false) };
    let joined = move || words::here_and_joined(live.students_online(), live.students());
    let member = |row: Row| view! { <MemberRow user=row.user is_teacher=row.seq == 1 /> };
    view! {
        <section class="here" aria-labelledby="here-title">
            <button class="quiet class-place" type="button" popovertarget=CLASS data-key="c">
                <span id="here-title">{words::class()}</span>
                <span class="hint">
                    <Text words=move || live.students_online().to_string() />
                </span>
                <Icon path=CHEVRON />
            </button>
            <div id=CLASS class="dialog panel" popover="auto" role="dialog" aria-labelledby="class-title">
                <SheetTitle sheet=CLASS id="class-title" title=words::class>
                    <p class="hint">
                        <Text words=joined />
                    </p>
                </SheetTitle>
                {find(live, filter)}
                <ul class="members">{rows(move || filter.rows(live), member)}</ul>
                <Show when=move || !filter.is_on()>
                    <More list=List::Here />
                </Show>
            </div>
        </section>
    }
}

/// Finds somebody in the sheet, which takes a script.
#[cfg(feature = "browser")]
fn find(live: Live, filter: Filter) -> AnyView {
    use crate::words::live as live_words;

    let away = move || {
        let mut rows = live.with_role(Role::Student);
        rows.retain(|row| !live.is_online(row.user));
        rows.len()
    };
    let type_name = move |event| filter.name.set(plain(&event_target_value(&event)));
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
                <button
                    class="quiet"
                    type="button"
                    aria-pressed=move || (!filter.away.get()).to_string()
                    on:click=move |_| filter.away.set(false)
                >
                    {live_words::everybody()}
                </button>
                <button
                    class="quiet"
                    type="button"
                    aria-pressed=move || filter.away.get().to_string()
                    on:click=move |_| filter.away.set(true)
                >
                    <Text words=move || live_words::so_many_away(away()) />
                </button>
            </div>
            <Show when=nobody>
                <p class="hint">{live_words::nobody_found()}</p>
            </Show>
        </div>
    }
    .into_any()
}

#[cfg(not(feature = "browser"))]
fn find(_: Live, _: Filter) -> AnyView {
    ().into_any()
}
