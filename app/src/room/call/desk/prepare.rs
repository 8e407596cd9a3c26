//! Asking for the devices, before a call is placed, answered or gone on with.

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::MediaStream;

use super::handle::Desk;
use super::phase::{Local, Phase, Wanted};
use crate::room::call::devices::{self, Sends};

impl Desk {
    pub(super) fn grant_wishes(self) {
        Effect::new(move |_| {
            if let Some((who, media)) = self.calling.wish.get() {
                self.calling.wish.set(None);
                let answers = match self.phase.get_untracked() {
                    Phase::Free | Phase::Over(_) => None,
                    // Whom one wants to call is calling already.
                    Phase::Rung(call) if call.caller == who => Some(call.invite_id),
                    // One at a time: what is being prepared is called off before another is.
                    Phase::Preparing(_)
                    | Phase::Refused(..)
                    | Phase::Calling(_)
                    | Phase::Rung(_)
                    | Phase::Talking(_)
                    | Phase::Elsewhere(_) => return,
                };
                self.prepare(Wanted { who, media, answers, comes_back: None });
            }
        });
    }

    /// Asks for the devices, and then places or answers the call, or goes on with it.
    pub fn prepare(self, wanted: Wanted) {
        self.call_off();
        let number = self.preparation.get_value();
        self.local.set(Local::Preparing(wanted));
        spawn_local(async move {
            let opened = devices::open(wanted.media).await;
            if self.preparation.get_value() != number {
                // It was called off while the browser asked.
                if let Ok(stream) = opened {
                    devices::close(&stream);
                }
                return;
            }
            match opened {
                Ok(stream) => {
                    self.take(stream, wanted.comes_back);
                    match wanted.answers {
                        Some(_) if wanted.comes_back.is_some() => self.is_prepared(),
                        Some(invite_id) => self.answer(invite_id, number).await,
                        None => self.place(wanted, number).await,
                    }
                }
                Err(trouble) => self.local.set(Local::Refused(wanted, trouble)),
            }
        });
    }

    pub(super) fn take(self, stream: MediaStream, sends: Option<Sends>) {
        self.release();
        let has_picture = devices::has_picture(&stream);
        let sends = sends.unwrap_or(Sends { sound: true, picture: has_picture });
        devices::let_out(&stream, sends.sound, sends.picture);
        devices::when_lost(&stream, move || self.device_lost.set(true));
        self.sends.set(sends);
        self.own.set(Some(stream));
    }

    /// What was being prepared is done, unless something has been told meanwhile.
    pub(super) fn is_prepared(self) {
        if matches!(self.local.get_untracked(), Local::Preparing(_)) {
            self.local.set(Local::Idle);
        }
    }
}
