//! What the script of the microphone reads of the class, from attributes of the room.

use classroom::{SAME_ROOM, VOICE};
#[cfg(feature = "browser")]
use leptos::prelude::Effect;

use crate::room::live::Live;
#[cfg(feature = "browser")]
use crate::room::reactive::Derived;

/// Who hears the class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hearing {
    /// Nobody.
    Nobody,
    /// Everybody.
    Everybody,
    /// Teachers, and whoever chooses to.
    Teachers,
}

impl Hearing {
    /// As the class has it.
    pub fn of(live: Live) -> Self {
        live.group.with(|group| match group.settings.is_on(VOICE) {
            true if group.settings.is_on(SAME_ROOM) => Self::Teachers,
            true => Self::Everybody,
            false => Self::Nobody,
        })
    }

    /// The word by which the script and the style sheet know it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Nobody => "off",
            Self::Everybody => "all",
            Self::Teachers => "teachers",
        }
    }
}

/// Whether one may speak oneself, as the script knows it.
pub fn turn_key(live: Live) -> &'static str {
    if live.group.with(|group| group.is_teacher(live.me)) {
        return "teacher";
    }
    live.lesson.with(|lesson| match lesson.turn(live.me) {
        Some(turn) if turn.muted => "muted",
        Some(_) => "speaking",
        None if lesson.invited(live.me).is_some() => "called",
        None if lesson.hand(live.me).is_some() => "up",
        None => "none",
    })
}

/// Whether one is heard oneself.
pub fn is_heard(live: Live) -> bool {
    live.heard.with(|heard| heard.contains(&live.me))
}

/// Fetches the script once the class has voice.
#[cfg(feature = "browser")]
pub fn follow(live: Live, hearing: Derived<Hearing>) {
    if !live.carries_voices {
        return;
    }
    let group = live.group.with_untracked(|group| group.id);
    let is_on = Derived::new(move |_| hearing.get() != Hearing::Nobody);
    Effect::new(move |_| {
        if is_on.get() {
            crate::room::net::start_voice(&group.to_string(), &live.me.to_string());
        }
    });
}
