//! What the two ends say to each other by the server's relay.

use std::rc::Rc;
use std::time::Duration;

use call::{Reason, Say, Word};
use leptos::task::spawn_local;
use signaling::wire::Data;

use super::handle::{Kind, Line, Link};
use crate::room::call::devices::Sends;
use crate::room::net::{browser_now, pause, post};

/// How long to wait when the server says that it was too much.
const TOO_FAST: Duration = Duration::from_secs(2);

/// How long an attempt may take before another hello begins a new one, in milliseconds.
const ATTEMPT: f64 = 12_000.0;

impl Line {
    /// Says something to the other end: one word after the other, for a candidate means nothing
    /// before its description. A word that does not get through is let go.
    pub(super) fn say(self: &Rc<Self>, to: Option<String>, say: Say) {
        if self.is_closed.get() {
            return;
        }
        let kind = match &say {
            Say::Hello => Kind::Hello,
            Say::Offer { .. } | Say::Answer { .. } | Say::Candidates { .. } => Kind::OfAttempt,
            Say::Sends { .. } => Kind::Sends,
            Say::OverServer => Kind::OverServer,
        };
        let word = Word { from: self.life.clone(), to, say };
        let body = serde_json::to_string(&Data { data: word.to_data() }).unwrap_or_default();
        let mut to_say = self.to_say.borrow_mut();
        // Of what says how things are, the newest alone matters.
        to_say.retain(|(waiting, _)| *waiting == Kind::OfAttempt || *waiting != kind);
        to_say.push_back((kind, body));
        drop(to_say);
        if self.is_saying.replace(true) {
            return;
        }
        let this = Rc::clone(self);
        spawn_local(async move {
            this.say_what_waits().await;
            this.is_saying.set(false);
        });
    }

    pub(super) async fn say_what_waits(&self) {
        let path = self.path("relay");
        loop {
            let Some((kind, body)) = self.to_say.borrow_mut().pop_front() else { break };
            match post(&path, &body).await {
                Ok((429, _)) => {
                    if kind == Kind::OfAttempt {
                        self.to_say.borrow_mut().push_front((kind, body));
                    }
                    pause(TOO_FAST).await;
                }
                // A description that no relay carries will not get shorter.
                Ok((413, _)) => (self.gives_up)(Reason::Failed.text()),
                Ok(_) | Err(_) => {}
            }
        }
    }

    pub(super) fn say_back(self: &Rc<Self>, say: Say) {
        self.say(self.other.borrow().clone(), say);
    }

    pub(super) fn say_sends(self: &Rc<Self>) {
        let Sends { sound, picture } = self.sends.get();
        self.say_back(Say::Sends { sound, picture });
    }

    /// Hears what the other end says.
    pub fn hear(self: &Rc<Self>, word: Word) {
        if self.is_closed.get() || word.to.is_some_and(|to| to != self.life) {
            return;
        }
        let is_new = self.other.borrow().as_ref() != Some(&word.from);
        match word.say {
            Say::OverServer => {
                self.other.replace(Some(word.from));
                if !self.is_over_server.get() {
                    self.meet_at_server();
                }
            }
            // A page that was loaded anew has not heard of it.
            Say::Hello if self.is_over_server.get() => {
                self.other.replace(Some(word.from));
                self.say_back(Say::OverServer);
            }
            Say::Offer { .. } | Say::Answer { .. } | Say::Candidates { .. }
                if self.is_over_server.get() => {}
            Say::Hello if self.is_caller => {
                let is_connected = self.tells.link.get_untracked() == Link::Connected;
                let is_overdue = browser_now() - self.tried_at.get() > ATTEMPT;
                if is_new || (!is_connected && is_overdue) {
                    self.other.replace(Some(word.from));
                    self.offer();
                }
            }
            Say::Hello => {
                if is_new {
                    self.other.replace(Some(word.from));
                    self.attempt.take();
                    self.part();
                    self.say(None, Say::Hello);
                }
            }
            Say::Offer { turn, sdp } if !self.is_caller => {
                self.other.replace(Some(word.from));
                self.answer(turn, sdp);
            }
            Say::Answer { turn, sdp } if self.is_caller && !is_new => self.settle(turn, sdp),
            Say::Candidates { turn, found } if !is_new => self.add(turn, found),
            Say::Sends { sound, picture } if !is_new => {
                self.tells.they_send.set(Some(Sends { sound, picture }));
            }
            Say::Offer { .. } | Say::Answer { .. } | Say::Candidates { .. } | Say::Sends { .. } => {
            }
        }
    }
}
