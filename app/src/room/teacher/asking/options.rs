//! What is seldom chosen about a question. It is rendered by the server alone: nothing in it follows the
//! class.

use leptos::prelude::*;

use super::{FIRST, LIMIT, LIMITS, PAIR, THINK, THINKS, limit_words};
use crate::room::live::Live;
use crate::words::{menu, room as words};

/// How long neighbours talk, in seconds.
const PAIR_SECONDS: u32 = 90;

/// The choices, as they were made last in this class.
pub fn options() -> impl IntoView {
    let live = expect_context::<Live>();
    live.before.with_value(|before| {
        view! {
            {seconds(LIMIT, menu::time_limit(), words::no_limit(), &LIMITS, before.limit)}
            {seconds(THINK, menu::think_first(), menu::no_think(), &THINKS, before.think)}
            <label class="check">
                <input type="checkbox" name=PAIR value=PAIR_SECONDS checked={before.pair > 0} />
                {words::think_pair_share()}
            </label>
            <label class="check">
                <input type="checkbox" name=FIRST value="yes" checked=before.first />
                {words::first_hand_only()}
            </label>
            <p class="hint">{menu::kept_for_class()}</p>
        }
    })
}

/// A choice of seconds, or of none.
fn seconds(
    name: &'static str,
    label: &'static str,
    none: &'static str,
    choices: &[u32],
    before: u32,
) -> impl IntoView + use<> {
    let option = |seconds: &u32| {
        view! {
            <option value=seconds.to_string() selected=*seconds == before>
                {limit_words(*seconds)}
            </option>
        }
    };
    let options: Vec<_> = choices.iter().map(option).collect();
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <select id=name name=name>
                <option value="">{none.to_owned()}</option>
                {options}
            </select>
        </div>
    }
}
