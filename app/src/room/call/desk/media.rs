//! The line of the call that is this page's: opened, kept, and closed.

use call::{Call, Media, Word};
use leptos::prelude::*;
use signaling::InviteId;
use signaling::wire::Finish;
use web_sys::MediaStream;

use super::handle::Desk;
use super::phase::{Local, Phase, Wanted};
use super::verbs::to_json;
use crate::room::call::devices::{self, Sends};
use crate::room::call::line::{Line, Opening};
use crate::room::call::tab;

impl Desk {
    /// Mutes the microphone or lets it out, and the same for the camera.
    pub fn let_out(self, sends: Sends) {
        self.sends.set(sends);
        if let Some(stream) = self.own.get_untracked() {
            devices::let_out(&stream, sends.sound, sends.picture);
            if let Some(call) = self.call.get_untracked() {
                tab::keep_sent(call.invite_id, devices::has_picture(&stream), sends);
            }
        }
        if let Some(line) = self.line.get_value() {
            line.set_sends(sends);
        }
    }

    /// Opens the line when a call is this page's, and closes it when it is not any more.
    pub(super) fn keep_line(self) {
        Effect::new(move |in_line: Option<Option<InviteId>>| {
            let in_line = in_line.flatten();
            let phase = self.phase.get();
            let call = match &phase {
                Phase::Talking(call) => Some(call),
                Phase::Free
                | Phase::Preparing(_)
                | Phase::Refused(..)
                | Phase::Calling(_)
                | Phase::Rung(_)
                | Phase::Elsewhere(_)
                | Phase::Over(_) => None,
            };
            if let Some(call) = call
                && in_line == Some(call.invite_id)
            {
                return in_line;
            }
            if let Some(line) = self.line.try_update_value(Option::take).flatten() {
                line.close();
            }
            let Some(call) = call else {
                if matches!(phase, Phase::Elsewhere(_)) || in_line.is_some() {
                    self.release();
                }
                return None;
            };
            let Some(own) = self.own.get() else {
                // The page was loaded anew: it comes back with what it let out, and lets nothing
                // out where it does not know.
                if !matches!(self.local.get(), Local::Preparing(_)) {
                    let sent = tab::sent(call);
                    let silent = Sends { sound: false, picture: false };
                    let without_camera = sent.is_some_and(|sent| !sent.has_camera);
                    self.prepare(Wanted {
                        who: call.other(self.live.me),
                        media: if without_camera { Media::Audio } else { call.media },
                        answers: Some(call.invite_id),
                        comes_back: Some(sent.map_or(silent, tab::Sent::sends)),
                    });
                }
                return None;
            };
            Some(self.open_line(call, own))
        });
    }

    pub(super) fn open_line(self, call: &Call, own: MediaStream) -> InviteId {
        let invite_id = call.invite_id;
        let sends = self.sends.get_untracked();
        tab::keep_sent(invite_id, devices::has_picture(&own), sends);
        // Who comes back was connected before.
        let began = self.known.get_value().filter(|known| known.invite_id == invite_id);
        let is_new = began.is_none_or(|known| {
            known
                .since
                .is_none_or(|since| self.live.now.get_untracked().millis_since(since) < 5_000)
        });
        let gives_up = Box::new(move |reason: &'static str| {
            let finish = Finish { reason: Some(reason.to_owned()), ..Finish::default() };
            self.settle(invite_id, "finish", to_json(&finish));
        });
        let line = Line::open(Opening {
            group: self.group(),
            call,
            is_caller: call.caller == self.live.me,
            was_connected: !is_new,
            own,
            sends,
            tells: self.tells,
            gives_up,
        });
        self.line.set_value(Some(line));
        invite_id
    }

    pub(super) fn hear(self) {
        Effect::new(move |_| {
            if self.calling.words.with(Vec::is_empty) {
                return;
            }
            let words = self.calling.words.take();
            let call = self.call.get_untracked();
            for relay in words {
                let is_of_call = call.as_ref().is_some_and(|it| it.invite_id == relay.invite_id);
                let line = self.line.get_value().filter(|_| is_of_call);
                if let (Some(line), Some(word)) = (line, Word::read(&relay.data)) {
                    line.hear(word);
                }
            }
        });
    }
}
