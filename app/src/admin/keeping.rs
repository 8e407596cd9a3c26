//! For how long classes are kept.

use leptos::prelude::*;

use super::tabs::{Part, Tab};
use crate::words::{admin, count};

/// For how long classes are kept.
pub struct Kept {
    /// How many days after their end; for ever when it does not say.
    pub days: Option<u32>,
    /// After how many days without anything happening one ends.
    pub still_days: u32,
    /// How many days are proposed, and how many classes that would delete at once.
    pub proposed: Option<(u32, u64)>,
}

/// The part about it.
pub fn keeping(Kept { days, still_days, proposed }: Kept) -> impl IntoView {
    let words = match days {
        None => admin::kept_for_ever().to_owned(),
        Some(days) => admin::kept_for(&count::days(days as usize)),
    };
    let forgotten = admin::forgotten(&count::days(still_days as usize));
    view! {
        <Part tab=Tab::Keeping>
            {proposed.map(|(days, count)| proposal(days, count))}
            <section class="card">
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
        </Part>
    }
}

/// Asks once before a setting deletes classes at once.
fn proposal(days: u32, deleted: u64) -> impl IntoView {
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
                    <a class="button quiet" href="/admin?tab=keeping">
                        {admin::keep_them()}
                    </a>
                    <button class="destroys">{admin::delete(&classes)}</button>
                </div>
            </form>
        </section>
    }
}
