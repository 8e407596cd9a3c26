//! How long a turn may last: for the class, and for the turn that goes on.

#[cfg(feature = "ssr")]
use classroom::SPEAKING_LIMIT;
use leptos::prelude::*;
use signaling::UserId;

#[cfg(feature = "ssr")]
use super::choice::choice;
use super::choice::choose;
use crate::room::action::RoomAction;
use crate::room::live::Live;
use crate::room::reactive::Derived;
use crate::room::tap::Tap;
use crate::words::room as words;

/// The seconds that a teacher can give.
const LIMITS: [u32; 5] = [30, 60, 120, 180, 300];
/// How long before the limit there is more to be had, in milliseconds.
const LAST: i64 = 15_000;

fn short_words(seconds: u32) -> String {
    match seconds {
        0..60 => words::short_seconds(&seconds.to_string()),
        _ => words::short_minutes(&(seconds / 60).to_string()),
    }
}

fn options() -> Vec<(String, String)> {
    let limits = LIMITS.iter().map(|limit| (limit.to_string(), short_words(*limit)));
    [("0".to_owned(), words::no_limit().to_owned())].into_iter().chain(limits).collect()
}

/// The limit of every turn.
#[cfg(feature = "ssr")]
pub fn speaking_limit(live: Live) -> AnyView {
    choice(
        live,
        crate::words::menu::speaking_limit(),
        (RoomAction::SetLimit, "limit"),
        options(),
        |settings| settings.amount(SPEAKING_LIMIT).to_string(),
    )
}

/// The limit of somebody's turn.
pub fn limit_of_turn(live: Live, user: UserId) -> AnyView {
    let chosen = Derived::new(move |_| {
        let limit = live.lesson.with(|lesson| lesson.turn(user).and_then(|turn| turn.limit));
        limit.unwrap_or(0).to_string()
    });
    let this = (RoomAction::LimitTurn, "limit");
    choose(live, words::limit_of_turn(), this, Some(user), options(), chosen)
}

/// More time for somebody whose turn is nearly over, or over.
#[component]
pub fn MoreOfTurn(user: UserId) -> impl IntoView {
    let live = expect_context::<Live>();
    let is_late = Derived::new(move |_| {
        let until = live.lesson.with(|lesson| lesson.turn(user)?.until());
        until.is_some_and(|until| until.millis_since(live.now.get()) <= LAST)
    });
    move || {
        is_late.get().then(|| {
            let label = words::about(words::more_time(), &live.name_of(user));
            view! { <Tap action=RoomAction::MoreTime who=user label words=words::more_time() /> }
        })
    }
}
