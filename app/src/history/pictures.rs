//! The lesson as a timeline: a lane for each student who did something, hands and turns along it,
//! and the rounds behind them all. What it shows stands in the tables of the rounds as well.

use std::collections::BTreeMap;
use std::sync::Arc;

use classroom::history::{Kind, Part, Record};
use leptos::prelude::*;
use signaling::{Timestamp, UserId};

use super::names::Names;
use super::portions::LANES;
use crate::words::picture as words;
use crate::zone::Zone;

/// Measures in the picture's own units, which are pixels on a wide screen.
const GUTTER: f64 = 170.0;
const WIDTH: f64 = 1_000.0;
const TOP: f64 = 40.0;
const LANE: f64 = 22.0;
/// The most characters of a name beside its lane.
const NAME_CHARS: usize = 20;

/// Distances between two ticks of the axis, in seconds.
const STEPS: [i64; 16] =
    [1, 5, 10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 604_800];

#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    from: Timestamp,
    to: Timestamp,
    is_turn: bool,
}

fn stretch(part: &Part, now: Timestamp, is_turn: bool) -> Option<Stretch> {
    let from = part.settled_at.filter(|_| part.was_accepted())?;
    Some(Stretch { from, to: part.ended_at.unwrap_or(now), is_turn })
}

/// A measure with no more digits than one can see.
fn tenth(measure: f64) -> f64 {
    (measure * 10.0).round() / 10.0
}

/// What each student did, in the order in which they first did something.
fn lanes(records: &[Arc<Record>], now: Timestamp) -> Vec<(UserId, Vec<Stretch>)> {
    let mut lanes: BTreeMap<UserId, Vec<Stretch>> = BTreeMap::new();
    for record in records {
        match record.kind {
            Kind::Round | Kind::Again => {
                for part in &record.parts {
                    lanes.entry(part.user).or_default().extend(stretch(part, now, false));
                }
            }
            Kind::Floor => {
                for part in &record.parts {
                    lanes.entry(part.user).or_default().extend(stretch(part, now, true));
                }
            }
            Kind::Ask => {
                let to = record.closed_at.unwrap_or(now);
                let hand = Stretch { from: record.asked_at, to, is_turn: false };
                let lane = lanes.entry(record.inviter).or_default();
                lane.push(hand);
                lane.extend(record.parts.iter().filter_map(|part| stretch(part, now, true)));
            }
            Kind::Call | Kind::Other => {}
        }
    }
    let mut lanes: Vec<_> = lanes.into_iter().filter(|(_, lane)| !lane.is_empty()).collect();
    lanes.sort_by_key(|(user, lane)| (lane.iter().map(|stretch| stretch.from).min(), *user));
    lanes
}

/// The picture of these invitations.
#[component]
pub fn Timeline(
    records: Vec<Arc<Record>>,
    names: Names,
    now: Timestamp,
    zone: Zone,
) -> impl IntoView {
    let lanes = lanes(&records, now);
    let left_out = lanes.len().saturating_sub(LANES);
    let rounds: Vec<&Arc<Record>> =
        records.iter().filter(|record| record.kind == Kind::Round).collect();
    let stretches = lanes.iter().flat_map(|(_, lane)| lane);
    let asked = rounds.iter().flat_map(|round| [round.asked_at, round.closed_at.unwrap_or(now)]);
    let moments: Vec<Timestamp> =
        stretches.flat_map(|stretch| [stretch.from, stretch.to]).chain(asked).collect();
    let (Some(first), Some(last)) = (moments.iter().min(), moments.iter().max()) else {
        return ().into_any();
    };
    let (first, span) = (*first, last.millis_since(*first).max(1_000));
    #[expect(
        clippy::cast_precision_loss,
        reason = "a picture has no more than a few thousand pixels"
    )]
    let x = move |at: Timestamp| {
        let along = at.millis_since(first).max(0) as f64 / span as f64;
        tenth(GUTTER + along * (WIDTH - GUTTER - 10.0))
    };
    #[expect(clippy::cast_precision_loss, reason = "there are at most sixty lanes")]
    let y = |lane: usize| TOP + lane as f64 * LANE;
    let shown = lanes.len().min(LANES);
    let height = y(shown) + 26.0;
    let bands = rounds
        .iter()
        .map(|round| {
            let (from, to) = (x(round.asked_at), x(round.closed_at.unwrap_or(now)));
            let title = words::round(round.round as usize);
            view! {
                <g>
                    <title>{title}</title>
                    <rect class="round-band" x=from y="22" width=tenth((to - from).max(2.0)) height=height - 44.0 />
                    <text class="round-number" x=tenth(from + 3.0) y="16">
                        {round.round}
                    </text>
                </g>
            }
        })
        .collect_view();
    let drawn = lanes
        .iter()
        .take(LANES)
        .enumerate()
        .map(|(place, (user, lane))| {
            let name = names.name(*user);
            let short: String = if name.chars().count() > NAME_CHARS {
                name.chars().take(NAME_CHARS - 1).chain(['…']).collect()
            } else {
                name.clone()
            };
            let top = y(place);
            let marks = lane
                .iter()
                .map(|stretch| {
                    let (from, to) = (x(stretch.from), x(stretch.to));
                    let (class, offset, thick) = if stretch.is_turn {
                        ("turn-bar", 3.0, 14.0)
                    } else {
                        ("hand-bar", 7.0, 6.0)
                    };
                    view! {
                        <rect
                            class=class
                            x=from
                            y=top + offset
                            width=tenth((to - from).max(3.0))
                            height=thick
                            rx="2"
                        />
                    }
                })
                .collect_view();
            view! {
                <g>
                    <title>{name}</title>
                    <line class="lane" x1=GUTTER x2=WIDTH - 10.0 y1=top + 10.0 y2=top + 10.0 />
                    <text class="lane-name" x=GUTTER - 8.0 y=top + 15.0>
                        {short}
                    </text>
                    {marks}
                </g>
            }
        })
        .collect_view();
    let ticks = ticks(first, span)
        .into_iter()
        .map(|at| {
            let words = if span > 86_400_000 {
                zone.short_day_and_clock(at)
            } else if span > 600_000 {
                zone.short_clock(at)
            } else {
                zone.clock(at)
            };
            view! {
                <text class="tick" x=x(at) y=height - 6.0>
                    {words}
                </text>
            }
        })
        .collect_view();
    view! {
        <section class="timeline" aria-labelledby="timeline-title">
            <h2 id="timeline-title">{words::title()}</h2>
            <p class="keys">
                <span class="key">
                    <svg class="swatch" viewBox="0 0 16 10" aria-hidden="true"><rect class="hand-bar" x="1" y="1" width="14" height="8" rx="2" /></svg>
                    {words::hand_up()}
                </span>
                <span class="key">
                    <svg class="swatch" viewBox="0 0 16 10" aria-hidden="true"><rect class="turn-bar" x="1" y="1" width="14" height="8" rx="2" /></svg>
                    {words::speaking()}
                </span>
                <span class="key">
                    <svg class="swatch" viewBox="0 0 16 10" aria-hidden="true"><rect class="round-band" x="1" y="1" width="14" height="8" rx="2" /></svg>
                    {words::open()}
                </span>
            </p>
            <div class="scroll wide" tabindex="0" role="region" aria-label=words::title()>
                <svg
                    viewBox=format!("0 0 {WIDTH} {height}")
                    role="img"
                    aria-label=words::label()
                >
                    {bands}
                    {drawn}
                    {ticks}
                </svg>
            </div>
            {(left_out > 0)
                .then(|| {
                    view! {
                        <p class="hint">
                            {words::left_out(left_out)}
                        </p>
                    }
                })}
        </section>
    }
    .into_any()
}

fn ticks(first: Timestamp, span: i64) -> Vec<Timestamp> {
    let step = STEPS.into_iter().find(|step| span / (step * 1_000) <= 7).unwrap_or(span / 7_000);
    let step = step.max(1) * 1_000;
    let start = first.as_millis().div_euclid(step) + i64::from(first.as_millis() % step != 0);
    (start..)
        .map(|number| Timestamp::from_millis(number * step))
        // A word needs some room at the right end.
        .take_while(|at| at.millis_since(first) <= span - span / 20)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_a_few_ticks_whatever_it_spans() {
        let first = Timestamp::from_millis(1_795_420_799_123);
        for span in [1_000, 20_000, 45 * 60_000, 3 * 86_400_000, 400 * 86_400_000] {
            let ticks = ticks(first, span);
            assert!((1..=9).contains(&ticks.len()), "{span}: {ticks:?}");
            assert!(ticks.iter().all(|at| *at >= first));
        }
    }
}
