//! Times as a person reads them. The moment is a signal that the browser moves; nothing here asks
//! a clock.

use classroom::{Phase, Round, Turn, Wait};
use leptos::prelude::*;
use signaling::{Timestamp, UserId};

use super::changing::changing;
use super::live::Live;
use super::reactive::Derived;
use super::text::Text;
use crate::words::room as words;

/// Minutes and seconds, with hours where there are any: 0:07, 12:30, 1:05:00.
pub fn duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// How long something has been going on.
#[component]
pub fn Since(
    /// When it began.
    moment: Timestamp,
) -> impl IntoView {
    let live = expect_context::<Live>();
    view! {
        <span class="time">
            <Text words=move || duration(live.now.get().millis_since(moment).div_euclid(1_000)) />
        </span>
    }
}

/// How long the phase of a round still lasts, where it is limited.
pub fn phase_clock(round: &Round, wait: Option<Wait>) -> Option<AnyView> {
    if round.phase != Phase::Open {
        return None;
    }
    let (since, until) = match wait {
        Some(Wait::Think { until, .. }) => (round.since, until),
        Some(Wait::Pair { until }) => (round.pairs_at(), until),
        None => (round.opens_at(), round.expires_at?),
    };
    Some(view! { <Countdown since until /> }.into_any())
}

/// How long a turn has lasted; where it is limited, how long it may still last.
#[component]
pub fn TurnClock(
    /// Who speaks.
    user: UserId,
    /// When they began.
    since: Timestamp,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let until =
        Derived::new(move |_| live.lesson.with(|lesson| lesson.turn(user).and_then(Turn::until)));
    changing(move || match until.get() {
        None => view! { <Since moment=since /> }.into_any(),
        Some(until) => view! { <Countdown since until over=true /> }.into_any(),
    })
}

/// How long there still is, in figures and as a bar that drains.
#[component]
pub fn Countdown(
    /// When it began.
    since: Timestamp,
    /// When it is over.
    until: Timestamp,
    /// Whether it may last longer, which is told then.
    #[prop(optional)]
    over: bool,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let total = until.millis_since(since).max(1);
    let left = move || until.millis_since(live.now.get()).min(total);
    let words = move || match left() {
        left @ ..-999 if over => words::over_by(&duration(-left / 1_000)),
        left => duration((left + 999) / 1_000),
    };
    let is_over = move || over && left() < -999;
    let left = move || left().max(0);
    view! {
        <div class="countdown" class:turn-limit=over class:over=is_over role="timer">
            <span class="time">
                <Text words />
            </span>
            // An attribute of SVG and no style: the page's policy lets no styles in.
            <svg class="drain" aria-hidden="true">
                <rect width=move || format!("{}%", left() * 100 / total) height="100%" />
            </svg>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_as_a_person_reads_them() {
        for (seconds, words) in
            [(-3, "0:00"), (7, "0:07"), (90, "1:30"), (600, "10:00"), (3_905, "1:05:05")]
        {
            assert_eq!(duration(seconds), words);
        }
    }
}
