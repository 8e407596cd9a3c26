//! The call that this page's member is in, and what they want.

use call::{Call, Media};
use leptos::html::Div;
use leptos::prelude::*;
use signaling::{Group, InviteId, InviteeState, Relay, UserId};

use crate::room::live::Live;
use crate::room::reactive::{Derived, Source};

/// The call that this page's member is in, and what they want.
#[derive(Clone, Copy)]
pub struct Calling {
    /// The call that one is in, places, or is being called by.
    pub call: Derived<Option<Call>>,
    /// The invitation that is being shown at its other end.
    #[cfg_attr(not(feature = "browser"), expect(dead_code, reason = "only a browser is told"))]
    pub ringing: Source<Option<InviteId>>,
    /// Whether there is one among several; which, the code says that is fetched for it.
    pub is_among_several: Derived<bool>,
    /// Where that is shown.
    pub meeting_place: NodeRef<Div>,
    /// Whom one wants to call.
    pub wish: Source<Option<(UserId, Media)>>,
    /// Whom one wants to call together.
    #[cfg_attr(not(feature = "browser"), expect(dead_code, reason = "only a browser calls"))]
    pub wish_for_several: Source<Option<(Vec<UserId>, Media)>>,
    /// What the other end has said and nobody has heard yet.
    #[cfg_attr(not(feature = "browser"), expect(dead_code, reason = "only a browser is told"))]
    pub words: Source<Vec<Relay>>,
}

/// The most words that wait to be heard: nobody hears them before the code for calls is there.
#[cfg(feature = "browser")]
const WAITING_WORDS: usize = 100;

impl Calling {
    /// Follows the class.
    pub fn new(live: Live) -> Self {
        Self {
            call: Derived::new(move |_| live.group.with(|group| Call::with(group, live.me))),
            is_among_several: Derived::new(move |_| {
                live.group.with(|group| is_in_one(group, live.me))
            }),
            meeting_place: NodeRef::new(),
            ringing: Source::new(None),
            wish: Source::new(None),
            wish_for_several: Source::new(None),
            words: Source::new(Vec::new()),
        }
    }

    /// Whether one is in no call, and nobody calls.
    pub fn is_free(self) -> bool {
        self.call.with(Option::is_none) && !self.is_among_several.get()
    }

    /// Takes in what the other end says.
    #[cfg(feature = "browser")]
    pub fn hear(self, word: Relay) {
        self.words.update(|words| {
            if words.len() < WAITING_WORDS {
                words.push(word);
            }
        });
    }
}

/// Whether something goes on among several that may be a call of this member's.
fn is_in_one(group: &Group, user: UserId) -> bool {
    let goes_on = |state| matches!(state, InviteeState::Pending | InviteeState::Accepted);
    group.live().any(|it| {
        it.group_id.is_some()
            && names_call(&it.data)
            && (it.inviter == user || it.part(user).is_some_and(|part| goes_on(part.state)))
    })
}

/// Whether data may be an offer, which is read by code that is fetched later. `str::contains` would cost every
/// room 0.8 KB (measured with `cargo xtask weigh`).
fn names_call(data: &str) -> bool {
    data.as_bytes().windows(6).any(|part| part == b"\"call\"")
}
