//! The call that this page's member is in, and what they want.

use call::{Call, GroupCall, Media};
use leptos::html::Div;
use leptos::prelude::*;
use signaling::{InviteId, Relay, UserId};

use crate::room::live::Live;

/// The call that this page's member is in, and what they want.
#[derive(Clone, Copy)]
pub struct Calling {
    /// The call that one is in, places, or is being called by.
    pub call: Memo<Option<Call>>,
    /// The invitation that is being shown at its other end.
    #[cfg_attr(not(feature = "browser"), expect(dead_code, reason = "only a browser is told"))]
    pub ringing: RwSignal<Option<InviteId>>,
    /// The same among several.
    pub meeting: Memo<Option<GroupCall>>,
    /// Where that is shown.
    pub meeting_place: NodeRef<Div>,
    /// Whom one wants to call.
    pub wish: RwSignal<Option<(UserId, Media)>>,
    /// Whom one wants to call together.
    pub wish_for_several: RwSignal<Option<(Vec<UserId>, Media)>>,
    /// What the other end has said and nobody has heard yet.
    #[cfg_attr(not(feature = "browser"), expect(dead_code, reason = "only a browser is told"))]
    pub words: RwSignal<Vec<Relay>>,
}

/// The most words that wait to be heard: nobody hears them before the code for calls is there.
#[cfg(feature = "browser")]
const WAITING_WORDS: usize = 100;

impl Calling {
    /// Follows the class.
    pub fn new(live: Live) -> Self {
        Self {
            call: Memo::new(move |_| live.group.with(|group| Call::with(group, live.me))),
            meeting: Memo::new(move |_| live.group.with(|group| GroupCall::with(group, live.me))),
            meeting_place: NodeRef::new(),
            ringing: RwSignal::new(None),
            wish: RwSignal::new(None),
            wish_for_several: RwSignal::new(None),
            words: RwSignal::new(Vec::new()),
        }
    }

    /// Whether one is in no call, and nobody calls.
    pub fn is_free(self) -> bool {
        self.call.with(Option::is_none) && self.meeting.with(Option::is_none)
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
