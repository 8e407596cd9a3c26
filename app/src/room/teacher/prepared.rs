//! Questions that a teacher has prepared, one a line. They are at hand in the field for the next one, and
//! kept in the teacher's browser: nobody else is to read them before they are asked.

use leptos::prelude::*;
use signaling::{GroupId, UserId};

/// The most of them that are at hand.
#[cfg(feature = "browser")]
const MOST: usize = 50;

/// What is prepared for a class, as it was typed.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "browser"), expect(dead_code, reason = "only a browser keeps them"))]
pub struct Prepared {
    lines: RwSignal<String>,
    whose: (GroupId, UserId),
}

impl Prepared {
    /// What the browser keeps for this teacher of this class.
    pub fn of(group: GroupId, teacher: UserId) -> Self {
        let whose = (group, teacher);
        Self { lines: RwSignal::new(kept::read(whose)), whose }
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

    /// The field in which they are typed, which takes a script.
    #[cfg(feature = "browser")]
    pub fn field(self) -> AnyView {
        use crate::words::live as words;

        let keep = move |event| {
            let lines = event_target_value(&event);
            kept::write(self.whose, &lines);
            self.lines.set(lines);
        };
        let lines = self.lines.get_untracked();
        view! {
            <div class="field" data-live="">
                <label for="prepared">{words::prepared()}</label>
                <textarea id="prepared" rows="3" autocomplete="off" on:input=keep>
                    {lines}
                </textarea>
                <p class="hint">{words::prepared_here()}</p>
            </div>
        }
        .into_any()
    }

    #[cfg(not(feature = "browser"))]
    pub fn field(self) -> AnyView {
        ().into_any()
    }
}

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
