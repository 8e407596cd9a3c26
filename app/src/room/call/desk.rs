//! What this page does about calls: it places, answers and ends them by the engine's verbs like any
//! program, rings, and keeps the line of the one it is in.
//!
//! A person may have the class open in several tabs. A call is the tab's that placed or answered it:
//! each tab has a name, kept for as long as it lives, and the call says by which name it was placed
//! and by which it was answered.

use std::cell::RefCell;
use std::rc::Rc;

use call::{Answer, Call, Media, Offer, Outcome, RING_SECONDS, Stage, Word};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use signaling::{
    Code, GroupId, Invitation, InviteId, Problem, Role, Settlement, Timestamp, UserId, reasons,
};
use wasm_bindgen::prelude::*;
use web_sys::{MediaStream, VisibilityState};

use super::Calling;
use super::devices::{self, DeviceTrouble};
use super::line::{Line, Link, Sends, Tells};
use super::ring::Ringer;
use crate::room::Live;
use crate::room::clock::duration;
use crate::room::follow::post;

/// What this page is doing that the class does not know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Local {
    /// Nothing.
    Idle,
    /// It asks for the devices, to call or to answer.
    Preparing(Wanted),
    /// The devices cannot be had.
    Refused(Wanted, DeviceTrouble),
    /// A call is over, and this is told of it.
    Over(Over),
}

/// A call that is to be placed or answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The other one.
    pub who: UserId,
    /// What it is to carry.
    pub media: Media,
    /// The call that is answered; none when one is placed.
    pub answers: Option<InviteId>,
    /// Whether it goes on already, and this page comes back to it.
    pub comes_back: bool,
}

/// What is told of a call that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    /// One sentence.
    pub sentence: String,
    /// How long it lasted, when it was answered.
    pub lasted: Option<String>,
    /// Whose other call is in the way, where this teacher may end it.
    pub engaged: Option<UserId>,
}

/// What the panel shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Nothing.
    Free,
    /// The devices are asked for.
    Preparing(Wanted),
    /// They cannot be had.
    Refused(Wanted, DeviceTrouble),
    /// This page calls, and nobody has answered yet.
    Calling(Call),
    /// Somebody calls.
    Rung(Call),
    /// This page is in a call.
    Talking(Call),
    /// The call is another tab's or device's.
    Elsewhere(Call),
    /// One is over.
    Over(Over),
}

/// Everything about calls that a page keeps.
#[derive(Clone, Copy)]
pub struct Desk {
    pub live: Live,
    calling: Calling,
    /// This tab's name.
    name: StoredValue<String>,
    local: RwSignal<Local>,
    pub phase: Memo<Phase>,
    pub own: RwSignal<Option<MediaStream>, LocalStorage>,
    pub sends: RwSignal<Sends>,
    pub tells: Tells,
    line: StoredValue<Option<Rc<Line>>, LocalStorage>,
    /// The call that this page knew last, and whether it was its own or rang here.
    known: StoredValue<Option<Known>>,
    /// The call that was declined here: nothing needs to be told of it.
    declined: StoredValue<Option<InviteId>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    invite_id: InviteId,
    /// Whether it rang here, or was placed or answered from here.
    is_here: bool,
    /// Whether the class has told of it; what is placed is known before.
    was_told: bool,
    /// When it was answered.
    since: Option<Timestamp>,
}

#[derive(Serialize)]
struct Invite {
    invitee: UserId,
    data: String,
    timeout: u32,
}

#[derive(Serialize)]
struct WithData {
    data: String,
}

#[derive(Serialize)]
struct WithReason {
    reason: &'static str,
}

const STORED: &str = "handup-tab";

/// A name that nobody else has, for as long as it matters.
pub fn fresh_name() -> String {
    let part = || format!("{:x}", js_sys::Math::random().to_bits() & 0xf_ffff_ffff_ffff);
    format!("{}-{}", part(), part())
}

/// The tab's name, which outlives a reload.
fn name_of_tab() -> String {
    let storage = window().session_storage().ok().flatten();
    let stored = storage.as_ref().and_then(|storage| storage.get_item(STORED).ok().flatten());
    stored.unwrap_or_else(|| {
        let name = fresh_name();
        if let Some(storage) = storage {
            // Without it the tab forgets its call when it is loaded anew.
            let _ = storage.set_item(STORED, &name);
        }
        name
    })
}

const OFFLINE: &str = "That didn’t get through. Check your connection and try again.";

impl Desk {
    /// Sets the desk up; from then on it follows the class.
    pub fn open(live: Live, calling: Calling) -> Self {
        let name = StoredValue::new(name_of_tab());
        let local = RwSignal::new(Local::Idle);
        let phase = Memo::new(move |_| {
            name.with_value(|name| phase_of(calling.call.get(), local.get(), live.me, name))
        });
        let desk = Self {
            live,
            calling,
            name,
            local,
            phase,
            own: RwSignal::new_local(None),
            sends: RwSignal::new(Sends { sound: true, picture: true }),
            tells: Tells {
                link: RwSignal::new(Link::Connecting),
                theirs: RwSignal::new_local(None),
                they_send: RwSignal::new(None),
            },
            line: StoredValue::new_local(None),
            known: StoredValue::new(None),
            declined: StoredValue::new(None),
        };
        desk.grant_wishes();
        desk.follow_phase();
        desk.follow_ends();
        desk.hear();
        desk.ring();
        desk.stop_calling_when_the_page_goes();
        desk
    }

    fn group(self) -> GroupId {
        self.live.group.with_untracked(|group| group.id)
    }

    fn path(self, invite_id: InviteId, verb: &str) -> String {
        format!("/api/v1/groups/{}/invitations/{invite_id}/{verb}", self.group())
    }

    fn say_over(self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        self.local.set(Local::Over(Over { sentence, lasted: None, engaged: None }));
    }

    /// Puts away what was told.
    pub fn close(self) {
        self.local.set(Local::Idle);
    }

    fn release(self) {
        if let Some(stream) = self.own.get_untracked() {
            devices::close(&stream);
        }
        self.own.set(None);
    }

    fn grant_wishes(self) {
        Effect::new(move |_| {
            if let Some((who, media)) = self.calling.wish.get() {
                self.calling.wish.set(None);
                // One at a time: what is being prepared is called off before another is.
                if self.phase.with_untracked(|it| matches!(it, Phase::Free | Phase::Over(_))) {
                    self.prepare(Wanted { who, media, answers: None, comes_back: false });
                }
            }
        });
    }

    /// Asks for the devices, and then places or answers the call.
    pub fn prepare(self, wanted: Wanted) {
        self.local.set(Local::Preparing(wanted));
        spawn_local(async move {
            let opened = devices::open(wanted.media).await;
            if self.local.get_untracked() != Local::Preparing(wanted) {
                // It was called off, or answered elsewhere, while the browser asked.
                if let Ok(stream) = opened {
                    devices::close(&stream);
                }
                return;
            }
            match opened {
                Ok(stream) => {
                    self.release();
                    let picture = devices::has_picture(&stream);
                    self.sends.set(Sends { sound: true, picture });
                    self.own.set(Some(stream));
                    if wanted.comes_back {
                        self.local.set(Local::Idle);
                    } else if let Some(invite_id) = wanted.answers {
                        self.answer(invite_id).await;
                    } else {
                        self.place(wanted).await;
                    }
                }
                Err(trouble) => self.local.set(Local::Refused(wanted, trouble)),
            }
        });
    }

    async fn place(self, Wanted { who, media, .. }: Wanted) {
        let room = format!("{}/{}", self.name.get_value(), fresh_name());
        let data = Offer { media, room }.to_data();
        let body = Invite { invitee: who, data, timeout: RING_SECONDS };
        let body = serde_json::to_string(&body).unwrap_or_default();
        let path = format!("/api/v1/groups/{}/invite", self.group());
        match post(&path, &body).await {
            Ok((201, text)) => {
                if let Ok(invitation) = serde_json::from_str::<Invitation>(&text) {
                    let invite_id = invitation.invite_id;
                    self.live.deed_done.set(Some(invitation.seq));
                    // Where two have called each other, it is the other call that goes on.
                    if self.calling.call.with_untracked(Option::is_none) {
                        let known =
                            Known { invite_id, is_here: true, was_told: false, since: None };
                        self.known.set_value(Some(known));
                    }
                }
                self.is_prepared();
                // It may have come to its end before its beginning was answered.
                self.look_how_it_ended();
            }
            other => {
                self.release();
                self.say_over(why_not(other, &self.live.name_of(who)));
            }
        }
    }

    /// What was being prepared is done, unless something has been told meanwhile.
    fn is_prepared(self) {
        if matches!(self.local.get_untracked(), Local::Preparing(_)) {
            self.local.set(Local::Idle);
        }
    }

    async fn answer(self, invite_id: InviteId) {
        let data = Answer { device: self.name.get_value() }.to_data();
        let body = serde_json::to_string(&WithData { data: data.clone() }).unwrap_or_default();
        let answered = post(&self.path(invite_id, "accept"), &body).await;
        // Another tab may have been quicker; then the answer that stands is its own.
        let is_here = match &answered {
            Ok((200, text)) => serde_json::from_str::<Settlement>(text).is_ok_and(|settled| {
                settled.invitees.iter().any(|p| p.data.as_ref() == Some(&data))
            }),
            Ok(_) | Err(_) => false,
        };
        self.is_prepared();
        if !is_here {
            self.release();
        }
        if answered.is_err() {
            self.say_over(OFFLINE);
        }
    }

    fn send(self, invite_id: InviteId, verb: &str, body: String) {
        let path = self.path(invite_id, verb);
        spawn_local(async move {
            match post(&path, &body).await {
                // What is settled already is what was wanted.
                Ok((200 | 204 | 404 | 409 | 410, _)) => {}
                Ok(_) | Err(_) => self.live.trouble.set(Some(OFFLINE.to_owned())),
            }
        });
    }

    /// Declines a call that comes in.
    pub fn decline(self, invite_id: InviteId) {
        self.local.set(Local::Idle);
        self.declined.set_value(Some(invite_id));
        self.send(invite_id, "reject", "{}".to_owned());
    }

    /// Stops calling.
    pub fn cancel(self, invite_id: InviteId) {
        self.send(invite_id, "cancel", "{}".to_owned());
    }

    /// Hangs up.
    pub fn hang_up(self, invite_id: InviteId) {
        self.send(invite_id, "finish", "{}".to_owned());
    }

    /// Mutes the microphone or lets it out, and the same for the camera.
    pub fn let_out(self, sends: Sends) {
        self.sends.set(sends);
        if let Some(stream) = self.own.get_untracked() {
            devices::let_out(&stream, sends.sound, sends.picture);
        }
        if let Some(line) = self.line.get_value() {
            line.set_sends(sends);
        }
    }

    /// Opens the line when a call is this page's, and closes it when it is not any more.
    fn follow_phase(self) {
        Effect::new(move |in_line: Option<Option<InviteId>>| {
            let in_line = in_line.flatten();
            let call = match self.phase.get() {
                Phase::Talking(call) => Some(call),
                Phase::Free
                | Phase::Preparing(_)
                | Phase::Refused(..)
                | Phase::Calling(_)
                | Phase::Rung(_)
                | Phase::Elsewhere(_)
                | Phase::Over(_) => None,
            };
            if let Some(call) = &call
                && in_line == Some(call.invite_id)
            {
                return in_line;
            }
            if let Some(line) = self.line.try_update_value(Option::take).flatten() {
                line.close();
            }
            let Some(call) = call else {
                let keeps =
                    matches!(self.phase.get_untracked(), Phase::Calling(_) | Phase::Preparing(_));
                if in_line.is_some() && !keeps {
                    self.release();
                }
                return None;
            };
            let Some(own) = self.own.get() else {
                // The page was loaded anew: it comes back with the devices that it had.
                if self.local.get_untracked() == Local::Idle {
                    let (who, media) = (call.other(self.live.me), call.media);
                    let answers = Some(call.invite_id);
                    self.prepare(Wanted { who, media, answers, comes_back: true });
                }
                return None;
            };
            let sends = self.sends.get_untracked();
            let is_caller = call.caller == self.live.me;
            let invite_id = call.invite_id;
            let gives_up = Box::new(move |was_connected: bool| {
                let reason =
                    if was_connected { reasons::DISCONNECTED } else { call::reasons::FAILED };
                let body = serde_json::to_string(&WithReason { reason }).unwrap_or_default();
                self.send(invite_id, "finish", body);
            });
            let line = Line::open(self.group(), &call, is_caller, own, sends, self.tells, gives_up);
            self.line.set_value(Some(line));
            Some(invite_id)
        });
    }

    fn hear(self) {
        Effect::new(move |_| {
            if self.calling.words.with(Vec::is_empty) {
                return;
            }
            let words = std::mem::take(&mut *self.calling.words.write());
            let call = self.calling.call.get_untracked();
            for relay in words {
                let is_of_call = call.as_ref().is_some_and(|it| it.invite_id == relay.invite_id);
                let line = self.line.get_value().filter(|_| is_of_call);
                if let (Some(line), Some(word)) = (line, Word::read(&relay.data)) {
                    line.hear(word);
                }
            }
        });
    }

    /// Rings while a call comes in, and tells the caller so once it is really shown.
    fn ring(self) {
        let ringer = Rc::new(RefCell::new(Ringer::default()));
        let title = document().title();
        Effect::new(move |told: Option<Option<InviteId>>| {
            let told = told.flatten();
            let Phase::Rung(call) = self.phase.get() else {
                ringer.borrow().stop();
                if told.is_some() {
                    document().set_title(&title);
                }
                return None;
            };
            if told == Some(call.invite_id) {
                return told;
            }
            ringer.borrow().start();
            document().set_title(&format!("{} calls", self.live.name_of(call.caller)));
            self.tell_when_shown(call.invite_id, &ringer);
            Some(call.invite_id)
        });
    }

    fn tell_when_shown(self, invite_id: InviteId, ringer: &Rc<RefCell<Ringer>>) {
        let rings = move || {
            let is_rung = self.phase.with_untracked(
                |phase| matches!(phase, Phase::Rung(call) if call.invite_id == invite_id),
            );
            if is_rung {
                let path = self.path(invite_id, "ringing");
                spawn_local(async move {
                    // Without it the caller reads that the call is on its way, which is true.
                    let _ = post(&path, "{}").await;
                });
            }
        };
        // Two frames on, it has been painted; nothing is painted in a tab that nobody looks at, but
        // it can be heard there.
        request_animation_frame(move || request_animation_frame(rings));
        let ringer = Rc::clone(ringer);
        let is_hidden = document().visibility_state() == VisibilityState::Hidden;
        if is_hidden {
            set_timeout(
                move || {
                    if ringer.borrow().is_heard() {
                        rings();
                    }
                },
                std::time::Duration::from_millis(500),
            );
        }
    }

    /// Tells what came of a call that was this page's.
    fn follow_ends(self) {
        Effect::new(move |_| {
            // Who is in another call is busy at once: such a call is never seen to ring.
            self.live.group.track();
            let call = self.calling.call.get();
            let known = self.known.get_value();
            if let Some(call) = &call {
                let is_rung = call.is_ringing() && call.callee == self.live.me;
                let is_here =
                    is_rung || self.name.with_value(|name| is_mine(call, self.live.me, name));
                let since = match call.stage {
                    Stage::Answered { since, .. } => Some(since),
                    Stage::Ringing { .. } => None,
                };
                let invite_id = call.invite_id;
                self.known.set_value(Some(Known { invite_id, is_here, was_told: true, since }));
                if matches!(self.local.get_untracked(), Local::Over(_)) {
                    self.local.set(Local::Idle);
                }
                return;
            }
            if known.is_some() {
                self.look_how_it_ended();
            }
        });
    }

    fn look_how_it_ended(self) {
        let Some(known) = self.known.get_value() else { return };
        if self.calling.call.with_untracked(Option::is_some) {
            return;
        }
        let me = self.live.me;
        let over = self.live.group.with_untracked(|group| {
            let invitation = group.invitation(known.invite_id)?;
            let part = invitation.parts().first()?;
            let is_caller = invitation.inviter == me;
            let other = if is_caller { part.user_id } else { invitation.inviter };
            Some((is_caller, other, part.clone()))
        });
        let Some((is_caller, other, part)) = over else {
            // It ended while the page was out of touch, or has not been told of yet.
            if known.was_told {
                self.known.set_value(None);
                self.release();
                self.say_over("The call has ended.");
            }
            return;
        };
        self.known.set_value(None);
        self.release();
        let is_told = known.is_here && self.declined.get_value() != Some(known.invite_id);
        let name = self.live.name_of(other);
        let outcome = Outcome::of(part.state, part.reason.as_deref());
        let has_left = self.live.group.with_untracked(|group| group.member(other).is_none());
        let sentence = match outcome {
            _ if !is_told => None,
            Outcome::Busy => Some(format!("{name} is in another call.")),
            Outcome::Declined if is_caller => Some(format!("{name} declined.")),
            Outcome::Declined => Some("Declined on another tab or device.".to_owned()),
            Outcome::NoAnswer if is_caller => Some(format!("{name} didn’t answer.")),
            Outcome::NoAnswer => Some(format!("You missed a call from {name}.")),
            Outcome::Cancelled if !is_caller => Some(format!("{name} stopped calling.")),
            Outcome::Cancelled if has_left => Some(format!("{name} left the class.")),
            Outcome::Failed => Some(format!(
                "You and {name} could not be connected. Try again, or from another network."
            )),
            Outcome::Lost => Some(format!("The connection with {name} was lost.")),
            Outcome::Answered => Some(format!("The call with {name} has ended.")),
            Outcome::Cancelled | Outcome::Crossed | Outcome::Ringing => None,
        };
        let Some(sentence) = sentence else {
            self.local.set(Local::Idle);
            return;
        };
        let lasted =
            known.since.map(|since| duration(part.at.millis_since(since).div_euclid(1_000)));
        let may_end = self.live.group.with_untracked(|group| {
            group.member(me).is_some_and(|member| member.role == Role::Teacher)
        });
        let engaged = (outcome == Outcome::Busy && may_end).then_some(other);
        self.local.set(Local::Over(Over { sentence, lasted, engaged }));
    }

    /// A tab that is closed while it calls does not go on calling.
    fn stop_calling_when_the_page_goes(self) {
        window_event_listener(leptos::ev::pagehide, move |_| {
            if let Phase::Calling(call) = self.phase.get_untracked() {
                let _ = window().navigator().send_beacon(&self.path(call.invite_id, "cancel"));
            }
        });
    }
}

/// Whether a call is this tab's.
fn is_mine(call: &Call, me: UserId, name: &str) -> bool {
    let by = match &call.stage {
        _ if call.caller == me => &call.room,
        Stage::Answered { device, .. } => device,
        Stage::Ringing { .. } => return false,
    };
    by.split('/').next() == Some(name)
}

fn phase_of(call: Option<Call>, local: Local, me: UserId, name: &str) -> Phase {
    let Some(call) = call else {
        return match local {
            Local::Idle => Phase::Free,
            Local::Preparing(wanted) => Phase::Preparing(wanted),
            Local::Refused(wanted, trouble) => Phase::Refused(wanted, trouble),
            Local::Over(over) => Phase::Over(over),
        };
    };
    let is_here = is_mine(&call, me, name);
    match (local, call.is_ringing()) {
        (Local::Refused(wanted, trouble), ringing)
            if wanted.answers == Some(call.invite_id) && (ringing || is_here) =>
        {
            Phase::Refused(wanted, trouble)
        }
        (Local::Preparing(wanted), true) if wanted.answers == Some(call.invite_id) => {
            Phase::Preparing(wanted)
        }
        (_, true) if call.callee == me => Phase::Rung(call),
        (_, true) if is_here => Phase::Calling(call),
        (_, false) if is_here => Phase::Talking(call),
        (_, _) => Phase::Elsewhere(call),
    }
}

/// Why a call could not be placed, as one sentence.
fn why_not(answer: Result<(u16, String), JsValue>, name: &str) -> String {
    let code = answer
        .ok()
        .and_then(|(_, text)| serde_json::from_str::<Problem>(&text).ok())
        .map(|problem| (problem.status, problem.code));
    match code {
        Some((403, _)) => "Calls are off in this class. Raise your hand instead.".to_owned(),
        Some((_, Code::SecondAsk)) => "You are in a call already.".to_owned(),
        Some((422, _)) => format!("{name} is not in the class any more."),
        Some((429, _)) => "That was too many tries. Wait a few seconds, then try again.".to_owned(),
        Some(_) | None => OFFLINE.to_owned(),
    }
}
