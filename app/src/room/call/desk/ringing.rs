//! A call that comes in: it rings, and its caller is told so once it is shown.

use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use signaling::InviteId;
use web_sys::VisibilityState;

use super::handle::Desk;
use super::phase::Phase;
use crate::room::call::ring::Ringer;
use crate::room::net::post;
use crate::words::call as words;

impl Desk {
    /// Rings while a call comes in, and tells the caller so once it is really shown.
    pub(super) fn ring(self) {
        let ringer = Rc::new(Ringer::default());
        let title = document().title();
        Effect::new(move |told: Option<Option<InviteId>>| {
            let told = told.flatten();
            let Phase::Rung(call) = self.phase.get() else {
                ringer.stop();
                if told.is_some() {
                    document().set_title(&title);
                }
                return None;
            };
            if told == Some(call.invite_id) {
                return told;
            }
            ringer.start();
            document().set_title(&words::title(&self.live.name_of(call.caller)));
            self.tell_when_shown(call.invite_id, &ringer);
            Some(call.invite_id)
        });
    }

    pub(super) fn tell_when_shown(self, invite_id: InviteId, ringer: &Rc<Ringer>) {
        let rings = move || {
            let is_rung = self.phase.with_untracked(
                |phase| matches!(phase, Phase::Rung(call) if call.invite_id == invite_id),
            );
            if is_rung {
                let path = self.path(invite_id, "ringing");
                spawn_local(async move {
                    // Without it the caller reads that the call is on its way, which is true.
                    let _ = post(&path, "{}").await;
                });
            }
        };
        // Two frames on, it has been painted; nothing is painted in a tab that nobody looks at, but
        // it can be heard there.
        request_animation_frame(move || request_animation_frame(rings));
        if document().visibility_state() == VisibilityState::Hidden {
            let ringer = Rc::clone(ringer);
            let listen = move || {
                if ringer.is_heard() {
                    rings();
                }
            };
            set_timeout(listen, Duration::from_millis(500));
        }
    }
}
