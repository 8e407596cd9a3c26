//! The way over the server, for two who find none to each other: each end connects to its forwarding unit,
//! which passes on what comes from the other.

use std::rc::Rc;

use call::Say;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::handle::{Line, Link};
use super::over_server::OverServer;
use crate::room::net::browser_now;

/// How long nothing may come from the other end before it counts as away, in milliseconds.
const SILENT: f64 = 3_000.0;

/// How long a connection to the server has to bring something before another one is made, in
/// milliseconds.
const CONNECTS: f64 = 6_000.0;

impl Line {
    /// Has the two meet at the server, where it can be: from then on this call goes that way.
    pub(super) fn meet_at_server(self: &Rc<Self>) {
        if !self.has_server.get() || self.is_closed.get() {
            return;
        }
        if !self.is_over_server.replace(true) {
            self.attempt.take();
            self.say(None, Say::OverServer);
        }
        let Some(way) = OverServer::new(&self.own, self.has_video) else { return };
        let way = Rc::new(way);
        self.tells.theirs.set(Some(way.theirs.clone()));
        self.over_server.replace(Some(Rc::clone(&way)));
        let path = self.path("media");
        spawn_local(async move { way.begin(&path).await });
    }

    /// Looks whether anything comes by the server, and connects anew when nothing does.
    pub(super) fn look_over_server(self: &Rc<Self>) {
        let Some(way) = self.over_server.borrow().clone() else { return };
        let now = browser_now();
        match way.heard_at(now) {
            Some(at) if now - at < SILENT => {
                self.was_connected.set(true);
                if self.tells.link.get_untracked() != Link::Connected {
                    self.tells.link.set(Link::Connected);
                    self.say_sends();
                }
            }
            heard_at => {
                self.part();
                if now - heard_at.unwrap_or(way.began_at) > CONNECTS {
                    self.say(None, Say::OverServer);
                    self.meet_at_server();
                }
            }
        }
    }
}
