//! For how long classes are kept.

use leptos::prelude::*;

use crate::history::words::count;

/// The setting.
#[component]
pub fn Keeping(days: Option<u32>, still_days: u32) -> impl IntoView {
    let words = match days {
        None => "Classes are kept until somebody deletes them.".to_owned(),
        Some(days) => {
            format!("A class is deleted {} after it ended.", count(days as usize, "day", "days"))
        }
    };
    let forgotten = format!(
        "One in which nothing happens for {} ends by itself.",
        count(still_days as usize, "day", "days")
    );
    view! {
        <section class="keeping card" aria-labelledby="keeping-title">
            <h2 id="keeping-title">"How long classes are kept"</h2>
            <p>{words} " " {forgotten}</p>
            <form class="search" method="post" action="/do/keep-days">
                <div class="field">
                    <label for="days">"Days after the end"</label>
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
                <button class="quiet">"Save"</button>
            </form>
            <p class="hint" id="days-hint">
                "Leave it empty to keep them for ever."
            </p>
        </section>
    }
}

/// Asks once before a setting deletes classes at once.
pub fn proposal(days: u32, deleted: u64) -> impl IntoView {
    let classes = count(usize::try_from(deleted).unwrap_or(usize::MAX), "class", "classes");
    let after = count(days as usize, "day", "days");
    view! {
        <section class="card" role="alert" aria-labelledby="proposal-title">
            <h2 id="proposal-title">{format!("Delete {classes} now?")}</h2>
            <p>
                {format!(
                    "{classes} ended more than {after} ago and will be deleted in the next minutes, with everything that is known of them. That cannot be undone. From then on every class goes {after} after its end.",
                )}
            </p>
            <form method="post" action="/do/keep-days">
                <input type="hidden" name="days" value=days />
                <input type="hidden" name="sure" value="yes" />
                <div class="choices">
                    <a class="button quiet" href="/admin">
                        "Keep them"
                    </a>
                    <button class="destroys">{format!("Delete {classes}")}</button>
                </div>
            </form>
        </section>
    }
}
