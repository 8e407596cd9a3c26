//! For how long classes are kept.

use leptos::prelude::*;

use crate::words::{admin, count};

/// The setting.
#[component]
pub fn Keeping(days: Option<u32>, still_days: u32) -> impl IntoView {
    let words = match days {
        None => admin::kept_for_ever().to_owned(),
        Some(days) => admin::kept_for(&count::days(days as usize)),
    };
    let forgotten = admin::forgotten(&count::days(still_days as usize));
    view! {
        <section class="keeping card" aria-labelledby="keeping-title">
            <h2 id="keeping-title">{admin::keeping_title()}</h2>
            <p>{words} " " {forgotten}</p>
            <form class="search" method="post" action="/do/keep-days">
                <div class="field">
                    <label for="days">{admin::days_label()}</label>
                    <input
                        id="days"
                        name="days"
                        type="number"
                        min="1"
                        max="36500"
                        value=days.map(|days| days.to_string())
                        aria-describedby="days-hint"
                    />
                </div>
                <button class="quiet">{admin::save()}</button>
            </form>
            <p class="hint" id="days-hint">
                {admin::days_hint()}
            </p>
        </section>
    }
}

/// Asks once before a setting deletes classes at once.
pub fn proposal(days: u32, deleted: u64) -> impl IntoView {
    let classes = count::classes(usize::try_from(deleted).unwrap_or(usize::MAX));
    let after = count::days(days as usize);
    view! {
        <section class="card" role="alert" aria-labelledby="proposal-title">
            <h2 id="proposal-title">{admin::delete_now(&classes)}</h2>
            <p>{admin::deleting(&classes, &after)}</p>
            <form method="post" action="/do/keep-days">
                <input type="hidden" name="days" value=days />
                <input type="hidden" name="sure" value="yes" />
                <div class="choices">
                    <a class="button quiet" href="/admin">
                        {admin::keep_them()}
                    </a>
                    <button class="destroys">{admin::delete(&classes)}</button>
                </div>
            </form>
        </section>
    }
}
