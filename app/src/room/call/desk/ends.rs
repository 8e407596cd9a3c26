//! What is told of a call that is over.

use std::time::Duration;

use call::{Call, Outcome, Stage};
use leptos::prelude::*;
use signaling::{InviteeState, Role};

use super::handle::{Desk, Known};
use super::phase::{Local, Over};
use crate::room::clock::duration;
use crate::words::call as words;

/// How long a page tells that a call is over: it lies above what the class is about.
const TOLD: Duration = Duration::from_secs(4);
/// How long it tells why a call came to nothing, of which one may want to make another.
const EXPLAINED: Duration = Duration::from_secs(10);

impl Desk {
    /// Tells that a call is over, which went as calls do.
    pub(super) fn say_over(self, sentence: impl Into<String>, lasted: Option<String>) {
        self.tell(Over { sentence: sentence.into(), lasted, engaged: None }, TOLD);
    }

    /// Tells why no call came about.
    pub(super) fn say_why_not(self, sentence: impl Into<String>) {
        self.tell(Over { sentence: sentence.into(), lasted: None, engaged: None }, EXPLAINED);
    }

    /// Tells what came of a call for a while; what offers something to do, until it is closed.
    fn tell(self, over: Over, time: Duration) {
        let stays = over.engaged.is_some();
        let told = Local::Over(over);
        self.local.set(told.clone());
        if stays {
            return;
        }
        let put_away = move || {
            if self.local.with_untracked(|local| *local == told) {
                self.local.set(Local::Idle);
            }
        };
        set_timeout(put_away, time);
    }

    /// Tells what came of a call that was this page's.
    pub(super) fn follow_ends(self) {
        Effect::new(move |_| {
            // Who is in another call is busy at once: such a call is never seen to ring.
            self.live.group.track();
            self.call.track();
            self.look();
        });
    }

    pub(super) fn look(self) {
        if let Some(call) = self.call.get_untracked() {
            self.note(&call);
        } else if let Some(known) = self.known.get_value() {
            self.tell_end(known);
        }
    }

    pub(super) fn note(self, call: &Call) {
        let is_rung = call.is_ringing() && call.callee == self.live.me;
        let since = match call.stage {
            Stage::Answered { since, .. } => Some(since),
            Stage::Ringing { .. } => None,
        };
        let (invite_id, is_here) = (call.invite_id, is_rung || self.is_mine(call));
        self.known.set_value(Some(Known { invite_id, is_here, placed_at: None, since }));
        let other = call.other(self.live.me);
        if self.live.group.with_untracked(|group| group.member(other).is_some()) {
            self.other_name.set_value(Some((other, self.live.name_of(other))));
        }
        match self.local.get_untracked() {
            Local::Over(_) => self.local.set(Local::Idle),
            // What was placed from here is told of; what was to be answered here is answered.
            Local::Preparing(wanted) if wanted.comes_back.is_none() => {
                let is_placed = wanted.answers.is_none() && self.is_mine(call);
                let is_answered = wanted.answers == Some(invite_id) && !call.is_ringing();
                if is_placed || is_answered {
                    self.local.set(Local::Idle);
                }
            }
            Local::Idle | Local::Preparing(_) | Local::Refused(..) => {}
        }
    }

    pub(super) fn tell_end(self, known: Known) {
        let me = self.live.me;
        let (over, seq, is_teacher) = self.live.group.with_untracked(|group| {
            let over = group.invitation(known.invite_id).and_then(|invitation| {
                let part = invitation.parts().first()?;
                let is_caller = invitation.inviter == me;
                let other = if is_caller { part.user_id } else { invitation.inviter };
                Some((is_caller, other, part.clone(), group.member(other).is_none()))
            });
            let role = group.member(me).map(|member| member.role);
            (over, group.seq, role == Some(Role::Teacher))
        });
        if over.is_none() && known.placed_at.is_some_and(|placed_at| seq < placed_at) {
            // It has not been told of yet.
            return;
        }
        self.known.set_value(None);
        self.call_off();
        self.release();
        let Some((is_caller, other, part, has_left)) = over else {
            // It ended while the page was out of touch.
            self.say_over(words::ended(), None);
            return;
        };
        if !known.is_here {
            return;
        }
        let known_as = self.other_name.get_value().filter(|(user, _)| *user == other);
        let name = known_as.map_or_else(|| self.live.name_of(other), |(_, name)| name);
        let outcome = Outcome::of(part.state, part.reason.as_deref());
        let sentence = match outcome {
            Outcome::Busy => words::busy(&name),
            Outcome::Declined if is_caller => words::declined(&name),
            Outcome::Declined => words::declined_elsewhere().to_owned(),
            Outcome::NoAnswer | Outcome::Ringing if is_caller => words::no_answer(&name),
            Outcome::NoAnswer | Outcome::Ringing => words::missed(&name),
            Outcome::Cancelled if !is_caller => words::stopped(&name),
            Outcome::Cancelled if has_left => words::left(&name),
            Outcome::Failed => words::failed(&name),
            Outcome::Lost => words::connection_lost(&name),
            Outcome::Answered => words::ended_with(&name),
            Outcome::Cancelled | Outcome::Crossed => return,
        };
        let is_told = part.state == InviteeState::Finished && outcome != Outcome::Failed;
        let lasted = known.since.filter(|_| is_told);
        let lasted = lasted.map(|since| duration(part.at.millis_since(since).div_euclid(1_000)));
        let engaged = (outcome == Outcome::Busy && is_teacher).then_some(other);
        let is_known = !is_caller || outcome == Outcome::Answered;
        let time = if is_known && outcome != Outcome::Failed { TOLD } else { EXPLAINED };
        self.tell(Over { sentence, lasted, engaged }, time);
    }
}
