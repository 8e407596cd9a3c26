//! The engine's verbs: placing a call, answering, and ending it.

use std::time::Duration;

use call::{Answer, Call, Offer, RING_SECONDS, Stage};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use signaling::wire::{Invite, OptionalData};
use signaling::{Code, Invitation, InviteId, InviteeState, Problem, Settlement, Timeout, json};
use wasm_bindgen::prelude::*;

use super::handle::{Desk, Known};
use super::phase::Wanted;
use crate::room::call::tab::fresh_name;
use crate::room::clock::duration;
use crate::room::net::{pause, post};
use crate::words::call as words;

/// How long to wait before a verb that did not get through is said again, and how often.
const AGAIN: (Duration, u32) = (Duration::from_secs(3), 20);

impl Desk {
    pub(super) async fn place(self, Wanted { who, media, .. }: Wanted, number: u32) {
        let room = format!("{}/{}", self.name.get_value(), fresh_name());
        let data = Offer { media, room }.to_data();
        let timeout = Timeout::new(RING_SECONDS).unwrap_or_default();
        let body = to_json(&Invite { invitee: who.to_string(), data, timeout });
        let placed = post(&format!("/api/v1/groups/{}/invite", self.group()), &body).await;
        let is_called_off = self.preparation.get_value() != number;
        let invitation = match &placed {
            Ok((201, text)) => json::read::<Invitation>(text).ok(),
            Ok(_) | Err(_) => None,
        };
        match invitation {
            Some(invitation) if is_called_off => {
                self.left.set(Some(invitation.invite_id));
                self.settle(invitation.invite_id, "cancel", "{}".to_owned());
            }
            Some(Invitation { invite_id, seq, .. }) => {
                self.live.deed_done.set(Some(seq));
                // Where two have called each other, it is the other call that goes on.
                if self.call.with_untracked(Option::is_none) {
                    let placed_at = Some(seq);
                    let known = Known { invite_id, is_here: true, placed_at, since: None };
                    self.known.set_value(Some(known));
                }
                self.look();
            }
            None if is_called_off => {}
            None => {
                self.release();
                self.say_why_not(why_not(placed, &self.live.name_of(who)));
            }
        }
    }

    pub(super) async fn answer(self, invite_id: InviteId, number: u32) {
        let data = Answer { device: self.name.get_value() }.to_data();
        let body = to_json(&OptionalData { data: data.clone() });
        let answered = post(&self.path(invite_id, "accept"), &body).await;
        let is_here = match &answered {
            // Another tab may have been quicker; then the answer that stands is its own.
            Ok((200, text)) => json::read::<Settlement>(text).is_ok_and(|settled| {
                settled.invitees.iter().any(|part| part.data.as_ref() == Some(&data))
            }),
            // It may have got through all the same, and the class have told of it.
            Ok(_) | Err(_) => self
                .call
                .with_untracked(|call| call.as_ref().is_some_and(|call| self.is_mine(call))),
        };
        if self.preparation.get_value() != number {
            if is_here {
                // It was declined while it was being answered.
                self.settle(invite_id, "finish", "{}".to_owned());
            }
            return;
        }
        if !is_here {
            self.release();
            if !matches!(answered, Ok((200 | 404 | 409 | 410, _))) {
                self.live.trouble.set(Some(words::offline().to_owned()));
            }
        }
        self.is_prepared();
    }

    /// Has a verb come to something, also where it does not get through at once.
    pub(super) fn settle(self, invite_id: InviteId, verb: &'static str, body: String) {
        spawn_local(async move {
            let (wait, times) = AGAIN;
            let mut verb = verb;
            for _ in 0..times {
                match post(&self.path(invite_id, verb), &body).await {
                    Ok((409, text)) => {
                        let problem = json::read::<Problem>(&text).ok();
                        let state = problem.and_then(|problem| problem.state);
                        match (verb, state) {
                            // It was answered in the very moment.
                            ("cancel", Some(InviteeState::Accepted)) => {
                                verb = "finish";
                                continue;
                            }
                            ("reject", Some(InviteeState::Accepted)) => self.left.set(None),
                            _ => {}
                        }
                        return;
                    }
                    Ok((200..=299 | 400..=428, _)) => return,
                    Ok(_) | Err(_) => pause(wait).await,
                }
                let goes_on = self.calling.call.with_untracked(|call| {
                    call.as_ref().is_some_and(|call| call.invite_id == invite_id)
                });
                if !goes_on {
                    return;
                }
            }
        });
    }

    /// Ends a call here, whether or not the server hears of it now.
    pub(super) fn leave(self, invite_id: InviteId, verb: &'static str) {
        self.left.set(Some(invite_id));
        self.known.set_value(None);
        self.call_off();
        self.release();
        self.settle(invite_id, verb, "{}".to_owned());
    }

    /// Declines a call that comes in.
    pub fn decline(self, invite_id: InviteId) {
        self.leave(invite_id, "reject");
    }

    /// Stops calling.
    pub fn cancel(self, invite_id: InviteId) {
        self.leave(invite_id, "cancel");
    }

    /// Hangs up.
    pub fn hang_up(self, call: &Call) {
        self.leave(call.invite_id, "finish");
        if let Stage::Answered { since, .. } = call.stage {
            let lasted = self.live.now.get_untracked().millis_since(since).div_euclid(1_000);
            let name = self.live.name_of(call.other(self.live.me));
            self.say_over(words::ended_with(&name), Some(duration(lasted)));
        }
    }

    /// Hangs up the call that this page is in.
    pub fn hang_up_now(self) {
        if let Some(call) = self.call.get_untracked() {
            self.hang_up(&call);
        }
    }
}

/// A body as it is sent.
pub fn to_json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}

/// Why a call could not be placed, as one sentence.
fn why_not(answer: Result<(u16, String), JsValue>, name: &str) -> String {
    let code = answer
        .ok()
        .and_then(|(_, text)| json::read::<Problem>(&text).ok())
        .map(|problem| (problem.status, problem.code));
    match code {
        Some((403, _)) => words::off().to_owned(),
        Some((_, Code::HasOne)) => words::engaged().to_owned(),
        Some((422, _)) => words::gone(name),
        Some((429, _)) => words::too_fast().to_owned(),
        Some(_) | None => words::offline().to_owned(),
    }
}
