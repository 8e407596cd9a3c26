//! Who is next, as all parts of the teacher's room know it.

use signaling::{InviteId, Timestamp, UserId};

use crate::room::hero::hero;
use crate::room::live::Live;
use crate::room::reactive::Derived;

/// After how long somebody who is called and silent does not answer, in milliseconds.
pub const SILENT: i64 = 10_000;

/// Who is next.
#[derive(Clone, Copy)]
pub struct Next {
    /// Who stands at the top of the list: whoever is called and silent, or would be called next.
    pub hero: Derived<Option<UserId>>,
    /// Whether somebody whose hand is up is called and silent: nobody else is called before they are
    /// settled.
    pub is_called: Derived<bool>,
    /// The one turn that ends when the next one is called.
    pub ends: Derived<Option<InviteId>>,
}

impl Next {
    /// Who is next in the class.
    pub fn of(live: Live) -> Self {
        let hero = Derived::new(move |_| hero(live));
        let is_called = Derived::new(move |_| {
            live.lesson
                .with(|lesson| lesson.invited.iter().any(|it| lesson.hand(it.user).is_some()))
        });
        let ends = Derived::new(move |_| live.lesson.with(|it| Some(it.one_turn()?.invite_id)));
        Self { hero, is_called, ends }
    }
}

/// Whether somebody has been called for so long that they do not seem to answer.
pub fn is_silent(live: Live, since: Timestamp) -> bool {
    live.now.get().millis_since(since) >= SILENT
}
