//! What follows the class for a page: the stream or the polling that is under way, and the clocks.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use signaling::{Group, Role, Timestamp};

use super::backoff::ASKS;
use super::tab_stream::{Listeners, TabStream};
use crate::room::call::Calling;
use crate::room::live::{Connection, Live};
use crate::room::net::browser_now;

/// One heartbeat of the server and a little more, in milliseconds.
const SILENCE: f64 = 20_000.0;

/// Follows one class for one page.
pub struct Follower {
    pub(super) live: Live,
    pub(super) calling: Calling,
    pub(super) role: Option<Role>,
    pub(super) source: RefCell<Option<TabStream>>,
    /// What came and is not folded yet: its name, its data, and when it came.
    pub(super) gathered: RefCell<Vec<(String, String, f64)>>,
    pub(super) heard_at: Cell<f64>,
    pub(super) failures: Cell<u32>,
    /// The next attempt, while one is planned.
    pub(super) planned: RefCell<Option<TimeoutHandle>>,
    /// Counts attempts, so that an answer that belongs to an earlier one is known.
    pub(super) attempt: Cell<u32>,
    /// The next time that the page asks for the class, while it follows by asking.
    pub(super) asking: RefCell<Option<TimeoutHandle>>,
    /// How long it waits for that, in milliseconds.
    pub(super) asks_after: Cell<f64>,
    /// The tag of the class as it was told last, by asking.
    pub(super) tag: RefCell<String>,
    /// Whether the server answers, and a stream was tried since it does.
    pub(super) is_reached: Cell<bool>,
    /// The server's clock less this browser's, in milliseconds.
    pub(super) offset: Cell<i64>,
    pub(super) listeners: RefCell<Option<Listeners>>,
}

/// Follows the class for as long as the page lives.
pub fn start(live: Live, calling: Calling, role: Option<Role>) {
    Effect::new(move |_| Follower::start(live, calling, role));
}

/// A moment of the browser's clock in whole milliseconds.
pub fn millis(now: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit")]
    {
        now as i64
    }
}

impl Follower {
    pub(super) fn start(live: Live, calling: Calling, role: Option<Role>) {
        let rendered = live.now.get_untracked();
        let offset = rendered.millis_since(Timestamp::from_millis(millis(browser_now())));
        let follower = Rc::new(Self {
            live,
            calling,
            role,
            source: RefCell::default(),
            gathered: RefCell::default(),
            heard_at: Cell::new(browser_now()),
            failures: Cell::new(0),
            planned: RefCell::default(),
            attempt: Cell::new(0),
            asking: RefCell::default(),
            asks_after: Cell::new(ASKS.0),
            tag: RefCell::default(),
            is_reached: Cell::new(false),
            offset: Cell::new(offset),
            listeners: RefCell::default(),
        });
        follower.listen();
        follower.connect();
        follower.keep_time();
        follower.watch();
    }

    pub(super) fn is_over(&self) -> bool {
        let connection = self.live.connection.get_untracked();
        matches!(connection, Connection::Ended | Connection::Removed)
    }

    /// The page is no part of the class any more, and keeps nothing of it but its name.
    pub(super) fn part(&self, connection: Connection) {
        self.close();
        self.live.connection.set(connection);
        self.live.group.update(|group| {
            let name = group.name.take();
            *group = Group::new(group.id);
            group.name = name;
        });
    }

    /// Somebody who has come to be a teacher, or a student again, gets the other room.
    pub(super) fn change_rooms(&self) {
        let me = self.live.me;
        let role = self.live.group.with_untracked(|group| group.member(me).map(|m| m.role));
        if role.is_some() && role != self.role {
            let _ = window().location().reload();
        }
    }

    pub(super) fn set_clock(&self, server: Timestamp, heard_at: f64) {
        self.offset.set(server.millis_since(Timestamp::from_millis(millis(heard_at))));
        let now = millis(browser_now()) + self.offset.get();
        self.live.now.set(Timestamp::from_millis(now));
    }

    pub(super) fn is_silent(&self) -> bool {
        self.source.borrow().is_some() && browser_now() - self.heard_at.get() > SILENCE
    }
}
