//! Folding what comes: what arrives within a frame is applied at once and shown then.

use std::rc::Rc;
use std::time::Duration;

use classroom::Reason;
use leptos::prelude::*;
use signaling::{
    Event, EventKind, Group, JoinCodeChanged, Relay, Ringing, Snapshot, StatusChange, Timestamp,
    UserId, VoiceChange, apply, json,
};

use super::follower::Follower;
use crate::room::live::{Connection, online_in};
use crate::room::net::browser_now;
use crate::room::served;

/// Events that come within this time are folded and shown at once.
const GATHER: Duration = Duration::from_millis(16);

#[derive(serde::Deserialize)]
struct Heartbeat {
    now: Timestamp,
}

impl Follower {
    pub(super) fn hear(self: &Rc<Self>, name: String, data: String) {
        if self.is_silent() {
            self.fail();
            return;
        }
        self.heard_at.set(browser_now());
        let is_first = {
            let mut gathered = self.gathered.borrow_mut();
            gathered.push((name, data, browser_now()));
            gathered.len() == 1
        };
        if is_first {
            let this = Rc::clone(self);
            set_timeout(move || this.fold(), GATHER);
        }
    }

    /// Folds what was gathered, all of it before anything is shown.
    pub(super) fn fold(self: &Rc<Self>) {
        let gathered = self.gathered.take();
        if gathered.is_empty() {
            return;
        }
        let mut parting = None;
        let mut folded = Vec::new();
        let mut is_current = false;
        // Whether an event could not be read: what is shown would not be the class any more.
        let mut is_lost = false;
        let mut words = Vec::new();
        for (name, data, heard_at) in gathered {
            match name.as_str() {
                "snapshot" => {
                    if self.take(&data, heard_at) {
                        folded.clear();
                    }
                }
                "heartbeat" => {
                    if let Ok(Heartbeat { now }) = json::read(&data) {
                        self.set_clock(now, heard_at);
                        is_current = true;
                    }
                }
                StatusChange::NAME => {
                    if let Ok(StatusChange { users }) = json::read(&data) {
                        self.live.online.update(|online| {
                            for user in users {
                                if user.online {
                                    online.insert(user.user_id, ());
                                } else {
                                    online.remove(&user.user_id);
                                }
                            }
                        });
                    }
                }
                VoiceChange::NAME => {
                    if let Ok(VoiceChange { heard }) = json::read(&data) {
                        self.live.heard.set(heard);
                    }
                }
                Ringing::NAME => {
                    if let Ok(Ringing { invite_id, .. }) = json::read(&data) {
                        self.calling.ringing.set(Some(invite_id));
                    }
                }
                Relay::NAME => words.extend(json::read::<Relay>(&data)),
                JoinCodeChanged::NAME => {
                    if let Ok(JoinCodeChanged { join_code }) = json::read(&data) {
                        self.hear_code(Some(&join_code));
                    }
                }
                name => match json::read_events(name, &data) {
                    Ok(events) => {
                        for event in events {
                            parting = parting.or(self.parts(&event));
                            folded.push(event);
                        }
                    }
                    Err(_) => is_lost = true,
                },
            }
        }
        for event in &folded {
            if let Some(by) = self.lowers_my_hand(event) {
                self.live.lowered.set(Some((by, event.at)));
            }
            if let EventKind::InviteeAccepted(accepted) = &event.kind
                && accepted.invitee == self.live.me
            {
                // One that an undo brings back is as it was.
                let by = accepted.by.filter(|_| accepted.place.is_none());
                self.live.raised.set(by.map(|by| (by, event.at)));
            }
        }
        if !folded.is_empty() {
            let me = self.live.me;
            self.live.group.update(|group| {
                let own = group.member(me).map(|member| (member.name.clone(), member.alike));
                for event in &folded {
                    apply(group, event);
                }
                // Of names that are told otherwise one's own is not.
                if let Some((name, alike)) = own {
                    group.rename(me, name, alike);
                }
            });
        }
        // Who is in a call is known before what they say there is heard.
        for word in words {
            self.calling.hear(word);
        }
        // The first heartbeat of a stream comes after everything that was missed.
        if is_current && !is_lost && self.source.borrow().is_some() && !self.is_silent() {
            self.live.connection.set(Connection::Live);
            self.is_reached.set(false);
        }
        if let Some(connection) = parting {
            self.part(connection);
        } else if is_lost {
            self.fail();
            self.look_at_class();
        }
        self.change_rooms();
    }

    /// Takes over the whole class, as a snapshot has it.
    pub(super) fn take(&self, snapshot: &str, heard_at: f64) -> bool {
        let Ok(snapshot) = json::read::<Snapshot>(snapshot) else { return false };
        self.hold(snapshot, heard_at);
        true
    }

    /// The same, unless a stream has told more meanwhile.
    pub(super) fn take_newer(&self, snapshot: &str) -> bool {
        let Ok(snapshot) = json::read::<Snapshot>(snapshot) else { return false };
        let is_newer = self.live.group.with_untracked(|group| snapshot.seq >= group.seq);
        if is_newer {
            self.hold(snapshot, browser_now());
        }
        is_newer
    }

    pub(super) fn hold(&self, snapshot: Snapshot, heard_at: f64) {
        self.set_clock(snapshot.now, heard_at);
        self.hear_code(snapshot.join_code.as_deref());
        self.live.online.set(online_in(&snapshot));
        self.live.group.set(Group::from(snapshot));
        self.live.counts.set(None);
    }

    /// The code by which students come in, as a teacher is told it: what shows another one is out of
    /// date.
    pub(super) fn hear_code(&self, code: Option<&str>) {
        let Some(code) = code else { return };
        let shown = self.live.code;
        if shown.with_value(|shown| shown.as_deref() != Some(code)) {
            shown.set_value(Some(code.to_owned()));
            served::renew();
        }
    }

    /// Who lowers one's own hand by this event, when somebody else does.
    fn lowers_my_hand(&self, event: &Event) -> Option<UserId> {
        let me = self.live.me;
        match &event.kind {
            EventKind::InviteeFinished(finished) => {
                let is_it = finished.invitee == me
                    && finished.by != me
                    && finished.reason == Reason::Lowered.text();
                is_it.then_some(finished.by)
            }
            EventKind::InviteeRejected(rejected) => {
                let is_my_ask = self.live.group.with_untracked(|group| {
                    let ask = group.invitation(rejected.invite_id);
                    ask.is_some_and(|ask| ask.inviter == me && ask.group_id.is_some())
                });
                is_my_ask.then_some(rejected.invitee)
            }
            _ => None,
        }
    }

    pub(super) fn parts(&self, event: &Event) -> Option<Connection> {
        match &event.kind {
            EventKind::GroupEnded(_) => Some(Connection::Ended),
            EventKind::MemberLeft(left) if left.user_id == self.live.me => {
                Some(Connection::Removed)
            }
            _ => None,
        }
    }
}
