//! Everything about calls that a page keeps.

use std::rc::Rc;

use call::Call;
use leptos::prelude::*;
use signaling::{GroupId, InviteId, Timestamp, UserId};
use web_sys::MediaStream;

use super::phase::{Local, Phase, call_here, is_mine, phase_of};
use crate::room::call::calling::Calling;
use crate::room::call::devices::{self, Sends};
use crate::room::call::line::{Line, Link, Tells};
use crate::room::call::tab;
use crate::room::live::Live;
use crate::room::reactive::{Derived, Source};

/// Everything about calls that a page keeps.
#[derive(Clone, Copy)]
pub struct Desk {
    pub live: Live,
    pub(super) calling: Calling,
    /// This tab's name.
    pub(super) name: StoredValue<String>,
    /// The call as far as it is one here.
    pub(super) call: Derived<Option<Call>>,
    pub(super) local: Source<Local>,
    /// Counts preparations, so that what belongs to an earlier one is known.
    pub(super) preparation: StoredValue<u32>,
    /// The call that was hung up, called off or declined here.
    pub(super) left: Source<Option<InviteId>>,
    /// The call of another tab that this one does not show any more.
    pub(super) put_away: Source<Option<InviteId>>,
    pub phase: Derived<Phase>,
    pub own: RwSignal<Option<MediaStream>, LocalStorage>,
    pub sends: Source<Sends>,
    /// Whether a device that is needed has stopped.
    pub device_lost: Source<bool>,
    pub tells: Tells,
    pub(super) line: StoredValue<Option<Rc<Line>>, LocalStorage>,
    /// The call that this page knew last.
    pub(super) known: StoredValue<Option<Known>>,
    /// The name of the other one, who may have left by its end.
    pub(super) other_name: StoredValue<Option<(UserId, String)>>,
}

/// The call that this page knew last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub invite_id: InviteId,
    /// Whether it rang here, or was placed or answered from here.
    pub is_here: bool,
    /// The class's event that began it, where it was placed and is not told of yet.
    pub placed_at: Option<u64>,
    /// When it was answered.
    pub since: Option<Timestamp>,
}

impl Desk {
    /// Sets the desk up; from then on it follows the class.
    pub fn open(live: Live, calling: Calling) -> Self {
        let now = calling.call.get_untracked();
        let name =
            tab::name_for(|name| now.as_ref().is_some_and(|call| is_mine(call, live.me, name)));
        let name = StoredValue::new(name);
        let (local, left) = (Source::new(Local::Idle), Source::new(None));
        let put_away = Source::new(None);
        let call = Derived::new(move |_| call_here(live, calling, left));
        let phase = Derived::new(move |_| {
            let phase = name.with_value(|name| phase_of(call.get(), local.get(), live.me, name));
            match &phase {
                Phase::Elsewhere(call) if put_away.get() == Some(call.invite_id) => Phase::Free,
                _ => phase,
            }
        });
        let desk = Self {
            live,
            calling,
            name,
            call,
            local,
            preparation: StoredValue::new(0),
            left,
            put_away,
            phase,
            own: RwSignal::new_local(None),
            sends: Source::new(Sends { sound: true, picture: true }),
            device_lost: Source::new(false),
            tells: Tells {
                link: Source::new(Link::Connecting),
                theirs: RwSignal::new_local(None),
                they_send: Source::new(None),
            },
            line: StoredValue::new_local(None),
            known: StoredValue::new(None),
            other_name: StoredValue::new(None),
        };
        desk.grant_wishes();
        desk.keep_line();
        desk.keep_alive();
        desk.follow_ends();
        desk.hear();
        desk.ring();
        desk.when_the_page_goes();
        desk
    }

    pub(super) fn group(self) -> GroupId {
        self.live.group.with_untracked(|group| group.id)
    }

    pub(super) fn path(self, invite_id: InviteId, verb: &str) -> String {
        format!("/api/v1/groups/{}/invitations/{invite_id}/{verb}", self.group())
    }

    pub(super) fn is_mine(self, call: &Call) -> bool {
        self.name.with_value(|name| is_mine(call, self.live.me, name))
    }

    pub(super) fn release(self) {
        if let Some(stream) = self.own.get_untracked() {
            devices::close(&stream);
        }
        self.own.set(None);
        self.device_lost.set(false);
    }

    /// Calls off what is being prepared.
    pub(super) fn call_off(self) {
        self.preparation.update_value(|number| *number += 1);
        self.local.set(Local::Idle);
    }

    /// Puts away what was told, or what was to be a call.
    pub fn close(self) {
        self.call_off();
        if self.call.with_untracked(Option::is_none) {
            self.release();
        }
    }

    /// Does not show the call of another tab any more.
    pub fn put_away(self, invite_id: InviteId) {
        self.put_away.set(Some(invite_id));
    }
}
