//! Questions that a teacher has prepared, one a line. They are at hand in the field for the next one, and
//! kept in the teacher's browser: nobody else is to read them before they are asked.

use leptos::prelude::*;
use signaling::{GroupId, UserId};

use crate::room::reactive::Source;

/// The dialog's id.
#[cfg(feature = "browser")]
const DIALOG: &str = "prepared";
/// The most of them that are at hand.
#[cfg(feature = "browser")]
const MOST: usize = 50;

/// What is prepared for a class, as it was typed.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "browser"), expect(dead_code, reason = "only a browser keeps them"))]
pub struct Prepared {
    lines: Source<String>,
    whose: (GroupId, UserId),
}

impl Prepared {
    /// What the browser keeps for this teacher of this class.
    pub fn of(group: GroupId, teacher: UserId) -> Self {
        let whose = (group, teacher);
        Self { lines: Source::new(kept::read(whose)), whose }
    }

    /// The questions, in the order of the lines.
    #[cfg(feature = "browser")]
    pub fn questions(self) -> Vec<String> {
        self.lines.with(|lines| {
            let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
            lines.take(MOST).map(str::to_owned).collect()
        })
    }

    /// The server knows of none.
    #[cfg(not(feature = "browser"))]
    pub const fn questions(self) -> Vec<String> {
        Vec::new()
    }
}

/// The button of the menu and the dialog in which they are typed. It takes a script.
#[cfg(feature = "browser")]
#[component]
pub fn PreparedQuestions() -> impl IntoView {
    use crate::words::live as words;

    let prepared = expect_context::<Prepared>();
    let keep = move |event| {
        let lines = event_target_value(&event);
        kept::write(prepared.whose, &lines);
        prepared.lines.set(lines);
    };
    let lines = prepared.lines.get_untracked();
    view! {
        <button class="row" type="button" popovertarget=DIALOG data-live="">
            {words::prepared()}
        </button>
        <div
            id=DIALOG
            class="dialog"
            popover="auto"
            role="dialog"
            aria-labelledby="prepared-title"
            data-live=""
        >
            <h2 id="prepared-title">{words::prepared()}</h2>
            <p id="prepared-here">{words::prepared_here()}</p>
            <textarea
                rows="5"
                autocomplete="off"
                autofocus
                aria-labelledby="prepared-title"
                aria-describedby="prepared-here"
                on:input=keep
            >
                {lines}
            </textarea>
            <div class="choices">
                <button class="quiet" type="button" popovertarget=DIALOG popovertargetaction="hide">
                    {crate::words::room::close()}
                </button>
            </div>
        </div>
    }
}

#[cfg(not(feature = "browser"))]
#[component]
pub fn PreparedQuestions() -> impl IntoView {}

#[cfg(feature = "browser")]
mod kept {
    use leptos::prelude::window;
    use signaling::{GroupId, UserId};
    use web_sys::Storage;

    fn storage() -> Option<Storage> {
        window().local_storage().ok().flatten()
    }

    fn key((group, teacher): (GroupId, UserId)) -> String {
        format!("handup-prepared-{group}-{teacher}")
    }

    pub fn read(whose: (GroupId, UserId)) -> String {
        let kept = storage().and_then(|storage| storage.get_item(&key(whose)).ok().flatten());
        kept.unwrap_or_default()
    }

    /// Without a storage they are there until the page goes.
    pub fn write(whose: (GroupId, UserId), lines: &str) {
        if let Some(storage) = storage() {
            let _ = storage.set_item(&key(whose), lines);
        }
    }
}

#[cfg(not(feature = "browser"))]
mod kept {
    use signaling::{GroupId, UserId};

    pub const fn read(_: (GroupId, UserId)) -> String {
        String::new()
    }
}
