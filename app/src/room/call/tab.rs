//! What a tab knows of itself through a reload: its name, by which it knows its own call, and what
//! it lets out there.
//!
//! A tab that is duplicated takes a copy of what is stored with it. So the name is stored only while
//! the page is not there: it is written when the page goes, and taken out when it comes back.

use call::Call;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use signaling::{InviteId, json};
use web_sys::Storage;

use super::devices::Sends;

const NAME: &str = "handup-tab";
const SENT: &str = "handup-call";

/// A name that nobody else has, for as long as it matters.
pub fn fresh_name() -> String {
    let part = || format!("{:x}", js_sys::Math::random().to_bits() & 0xf_ffff_ffff_ffff);
    format!("{}-{}", part(), part())
}

fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

/// The name that the tab had when it went, when the call that goes on is its own by it; a new one
/// otherwise.
pub fn name_for(is_of_call: impl Fn(&str) -> bool) -> String {
    let stored = storage().and_then(|storage| {
        let name = storage.get_item(NAME).ok().flatten();
        // Without a storage the tab forgets its call when it is loaded anew.
        let _ = storage.remove_item(NAME);
        name
    });
    stored.filter(|name| is_of_call(name)).unwrap_or_else(fresh_name)
}

/// The page goes, and may come back.
pub fn keep_name(name: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(NAME, name);
    }
}

/// The page has come back as it was.
pub fn take_name() {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(NAME);
    }
}

/// What a tab lets out in a call.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Sent {
    invite_id: InviteId,
    /// Whether the camera is part of it at all.
    pub has_camera: bool,
    sound: bool,
    picture: bool,
}

impl Sent {
    /// What is to be let out.
    pub const fn sends(self) -> Sends {
        Sends { sound: self.sound, picture: self.picture }
    }
}

/// Keeps what is let out in a call.
pub fn keep_sent(invite_id: InviteId, has_camera: bool, sends: Sends) {
    let sent = Sent { invite_id, has_camera, sound: sends.sound, picture: sends.picture };
    if let (Some(storage), Ok(sent)) = (storage(), serde_json::to_string(&sent)) {
        let _ = storage.set_item(SENT, &sent);
    }
}

/// What was let out in this call before the page was loaded anew.
pub fn sent(call: &Call) -> Option<Sent> {
    let stored = storage()?.get_item(SENT).ok().flatten()?;
    let sent: Sent = json::read(&stored).ok()?;
    (sent.invite_id == call.invite_id).then_some(sent)
}
