//! What this page does about calls: it places, answers and ends them by the engine's verbs like any
//! program, rings, and keeps the line of the one it is in.
//!
//! A person may have the class open in several tabs. A call is the tab's that placed or answered it:
//! each tab has a name, and the call says by which name it was placed and by which it was answered.
//!
//! What a person has ended is over here at once, whether or not the server hears of it now.

use std::rc::Rc;
use std::time::Duration;

use call::{Answer, Call, Media, Offer, Outcome, RING_SECONDS, Stage, Word};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use signaling::{
    Code, GroupId, Invitation, InviteId, InviteeState, Problem, Role, Settlement, Timestamp,
    UserId, json,
};
use wasm_bindgen::prelude::*;
use web_sys::{MediaStream, PageTransitionEvent, VisibilityState};

use super::Calling;
use super::devices::{self, DeviceTrouble};
use super::line::{Line, Link, Opening, Sends, Tells};
use super::ring::Ringer;
use super::tab::{self, fresh_name};
use crate::room::clock::duration;
use crate::room::follow::pause;
use crate::room::page::post;
use crate::room::{Connection, Live};

/// How much later than its time a call may still ring here: the server tells when it has stopped,
/// but not to a page that is out of touch.
const LATE_SECONDS: u32 = 3;
/// How often the server gets a sign of life: several times in the silence that it allows.
const ALIVE: Duration = Duration::from_secs(4);
/// How long to wait before a verb that did not get through is said again, and how often.
const AGAIN: (Duration, u32) = (Duration::from_secs(3), 20);
/// How long a page tells what the same person did in another one.
const TOLD: Duration = Duration::from_secs(6);

/// What this page is doing that the class does not know of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Local {
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
    /// What this page let out in it before it was loaded anew, and comes back to; none when it does
    /// not come back.
    pub comes_back: Option<Sends>,
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
    /// The call as far as it is one here.
    call: Memo<Option<Call>>,
    local: RwSignal<Local>,
    /// Counts preparations, so that what belongs to an earlier one is known.
    preparation: StoredValue<u32>,
    /// The call that was hung up, called off or declined here.
    left: RwSignal<Option<InviteId>>,
    /// The call of another tab that this one does not show any more.
    put_away: RwSignal<Option<InviteId>>,
    pub phase: Memo<Phase>,
    pub own: RwSignal<Option<MediaStream>, LocalStorage>,
    pub sends: RwSignal<Sends>,
    /// Whether a device that is needed has stopped.
    pub device_lost: RwSignal<bool>,
    pub tells: Tells,
    line: StoredValue<Option<Rc<Line>>, LocalStorage>,
    /// The call that this page knew last.
    known: StoredValue<Option<Known>>,
    /// The name of the other one, who may have left by its end.
    other_name: StoredValue<Option<(UserId, String)>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    invite_id: InviteId,
    /// Whether it rang here, or was placed or answered from here.
    is_here: bool,
    /// The class's event that began it, where it was placed and is not told of yet.
    placed_at: Option<u64>,
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

fn to_json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}

const OFFLINE: &str = "That didn’t get through. Check your connection and try again.";
const ENDED: &str = "The call has ended.";

impl Desk {
    /// Sets the desk up; from then on it follows the class.
    pub fn open(live: Live, calling: Calling) -> Self {
        let now = calling.call.get_untracked();
        let name =
            tab::name_for(|name| now.as_ref().is_some_and(|call| is_mine(call, live.me, name)));
        let name = StoredValue::new(name);
        let (local, left) = (RwSignal::new(Local::Idle), RwSignal::new(None));
        let put_away = RwSignal::new(None);
        let call = Memo::new(move |_| call_here(live, calling, left));
        let phase = Memo::new(move |_| {
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
            sends: RwSignal::new(Sends { sound: true, picture: true }),
            device_lost: RwSignal::new(false),
            tells: Tells {
                link: RwSignal::new(Link::Connecting),
                theirs: RwSignal::new_local(None),
                they_send: RwSignal::new(None),
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

    fn group(self) -> GroupId {
        self.live.group.with_untracked(|group| group.id)
    }

    fn path(self, invite_id: InviteId, verb: &str) -> String {
        format!("/api/v1/groups/{}/invitations/{invite_id}/{verb}", self.group())
    }

    fn is_mine(self, call: &Call) -> bool {
        self.name.with_value(|name| is_mine(call, self.live.me, name))
    }

    fn say_over(self, sentence: impl Into<String>, lasted: Option<String>) {
        self.local.set(Local::Over(Over { sentence: sentence.into(), lasted, engaged: None }));
    }

    fn release(self) {
        if let Some(stream) = self.own.get_untracked() {
            devices::close(&stream);
        }
        self.own.set(None);
        self.device_lost.set(false);
    }

    /// Calls off what is being prepared.
    fn call_off(self) {
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

    fn grant_wishes(self) {
        Effect::new(move |_| {
            if let Some((who, media)) = self.calling.wish.get() {
                self.calling.wish.set(None);
                let answers = match self.phase.get_untracked() {
                    Phase::Free | Phase::Over(_) => None,
                    // Whom one wants to call is calling already.
                    Phase::Rung(call) if call.caller == who => Some(call.invite_id),
                    // One at a time: what is being prepared is called off before another is.
                    Phase::Preparing(_)
                    | Phase::Refused(..)
                    | Phase::Calling(_)
                    | Phase::Rung(_)
                    | Phase::Talking(_)
                    | Phase::Elsewhere(_) => return,
                };
                self.prepare(Wanted { who, media, answers, comes_back: None });
            }
        });
    }

    /// Asks for the devices, and then places or answers the call, or goes on with it.
    pub fn prepare(self, wanted: Wanted) {
        self.call_off();
        let number = self.preparation.get_value();
        self.local.set(Local::Preparing(wanted));
        spawn_local(async move {
            let opened = devices::open(wanted.media).await;
            if self.preparation.get_value() != number {
                // It was called off while the browser asked.
                if let Ok(stream) = opened {
                    devices::close(&stream);
                }
                return;
            }
            match opened {
                Ok(stream) => {
                    self.take(stream, wanted.comes_back);
                    match wanted.answers {
                        Some(_) if wanted.comes_back.is_some() => self.is_prepared(),
                        Some(invite_id) => self.answer(invite_id, number).await,
                        None => self.place(wanted, number).await,
                    }
                }
                Err(trouble) => self.local.set(Local::Refused(wanted, trouble)),
            }
        });
    }

    fn take(self, stream: MediaStream, sends: Option<Sends>) {
        self.release();
        let has_picture = devices::has_picture(&stream);
        let sends = sends.unwrap_or(Sends { sound: true, picture: has_picture });
        devices::let_out(&stream, sends.sound, sends.picture);
        devices::when_lost(&stream, move || self.device_lost.set(true));
        self.sends.set(sends);
        self.own.set(Some(stream));
    }

    async fn place(self, Wanted { who, media, .. }: Wanted, number: u32) {
        let room = format!("{}/{}", self.name.get_value(), fresh_name());
        let data = Offer { media, room }.to_data();
        let body = to_json(&Invite { invitee: who, data, timeout: RING_SECONDS });
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
                self.say_over(why_not(placed, &self.live.name_of(who)), None);
            }
        }
    }

    /// What was being prepared is done, unless something has been told meanwhile.
    fn is_prepared(self) {
        if matches!(self.local.get_untracked(), Local::Preparing(_)) {
            self.local.set(Local::Idle);
        }
    }

    async fn answer(self, invite_id: InviteId, number: u32) {
        let data = Answer { device: self.name.get_value() }.to_data();
        let body = to_json(&WithData { data: data.clone() });
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
                self.live.trouble.set(Some(OFFLINE.to_owned()));
            }
        }
        self.is_prepared();
    }

    /// Has a verb come to something, also where it does not get through at once.
    fn settle(self, invite_id: InviteId, verb: &'static str, body: String) {
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
    fn leave(self, invite_id: InviteId, verb: &'static str) {
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
            self.say_over(format!("The call with {name} has ended."), Some(duration(lasted)));
        }
    }

    /// Hangs up the call that this page is in.
    pub fn hang_up_now(self) {
        if let Some(call) = self.call.get_untracked() {
            self.hang_up(&call);
        }
    }

    /// Mutes the microphone or lets it out, and the same for the camera.
    pub fn let_out(self, sends: Sends) {
        self.sends.set(sends);
        if let Some(stream) = self.own.get_untracked() {
            devices::let_out(&stream, sends.sound, sends.picture);
            if let Some(call) = self.call.get_untracked() {
                tab::keep_sent(call.invite_id, devices::has_picture(&stream), sends);
            }
        }
        if let Some(line) = self.line.get_value() {
            line.set_sends(sends);
        }
    }

    /// Opens the line when a call is this page's, and closes it when it is not any more.
    fn keep_line(self) {
        Effect::new(move |in_line: Option<Option<InviteId>>| {
            let in_line = in_line.flatten();
            let phase = self.phase.get();
            let call = match &phase {
                Phase::Talking(call) => Some(call),
                Phase::Free
                | Phase::Preparing(_)
                | Phase::Refused(..)
                | Phase::Calling(_)
                | Phase::Rung(_)
                | Phase::Elsewhere(_)
                | Phase::Over(_) => None,
            };
            if let Some(call) = call
                && in_line == Some(call.invite_id)
            {
                return in_line;
            }
            if let Some(line) = self.line.try_update_value(Option::take).flatten() {
                line.close();
            }
            let Some(call) = call else {
                if matches!(phase, Phase::Elsewhere(_)) || in_line.is_some() {
                    self.release();
                }
                return None;
            };
            let Some(own) = self.own.get() else {
                // The page was loaded anew: it comes back with what it let out, and lets nothing
                // out where it does not know.
                if !matches!(self.local.get(), Local::Preparing(_)) {
                    let sent = tab::sent(call);
                    let silent = Sends { sound: false, picture: false };
                    let without_camera = sent.is_some_and(|sent| !sent.has_camera);
                    self.prepare(Wanted {
                        who: call.other(self.live.me),
                        media: if without_camera { Media::Audio } else { call.media },
                        answers: Some(call.invite_id),
                        comes_back: Some(sent.map_or(silent, tab::Sent::sends)),
                    });
                }
                return None;
            };
            Some(self.open_line(call, own))
        });
    }

    fn open_line(self, call: &Call, own: MediaStream) -> InviteId {
        let invite_id = call.invite_id;
        let sends = self.sends.get_untracked();
        tab::keep_sent(invite_id, devices::has_picture(&own), sends);
        // Who comes back was connected before.
        let began = self.known.get_value().filter(|known| known.invite_id == invite_id);
        let is_new = began.is_none_or(|known| {
            known
                .since
                .is_none_or(|since| self.live.now.get_untracked().millis_since(since) < 5_000)
        });
        let gives_up = Box::new(move |reason: &'static str| {
            self.settle(invite_id, "finish", to_json(&WithReason { reason }));
        });
        let line = Line::open(Opening {
            group: self.group(),
            call,
            is_caller: call.caller == self.live.me,
            was_connected: !is_new,
            own,
            sends,
            tells: self.tells,
            gives_up,
        });
        self.line.set_value(Some(line));
        invite_id
    }

    /// Gives signs of life for a call that is this page's, whatever the page is about.
    fn keep_alive(self) {
        let talks = Memo::new(move |_| {
            let call = self.call.get().filter(|call| !call.is_ringing() && self.is_mine(call));
            call.map(|call| call.invite_id)
        });
        let give = move |invite_id| {
            spawn_local(async move {
                // The next one may get through.
                let _ = post(&self.path(invite_id, "keepAlive"), "{}").await;
            });
        };
        Effect::new(move |_| talks.get().map(give));
        set_interval(
            move || {
                if let Some(invite_id) = talks.get_untracked() {
                    give(invite_id);
                }
            },
            ALIVE,
        );
    }

    fn hear(self) {
        Effect::new(move |_| {
            if self.calling.words.with(Vec::is_empty) {
                return;
            }
            let words = std::mem::take(&mut *self.calling.words.write());
            let call = self.call.get_untracked();
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
        let ringer = Rc::new(Ringer::default());
        let title = document().title();
        Effect::new(move |told: Option<Option<InviteId>>| {
            let told = told.flatten();
            let Phase::Rung(call) = self.phase.get() else {
                ringer.stop();
                if told.is_some() {
                    document().set_title(&title);
                }
                return None;
            };
            if told == Some(call.invite_id) {
                return told;
            }
            ringer.start();
            document().set_title(&format!("{} calls", self.live.name_of(call.caller)));
            self.tell_when_shown(call.invite_id, &ringer);
            Some(call.invite_id)
        });
    }

    fn tell_when_shown(self, invite_id: InviteId, ringer: &Rc<Ringer>) {
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
        if document().visibility_state() == VisibilityState::Hidden {
            let ringer = Rc::clone(ringer);
            let listen = move || {
                if ringer.is_heard() {
                    rings();
                }
            };
            set_timeout(listen, Duration::from_millis(500));
        }
    }

    /// Tells what came of a call that was this page's.
    fn follow_ends(self) {
        Effect::new(move |_| {
            // Who is in another call is busy at once: such a call is never seen to ring.
            self.live.group.track();
            self.call.track();
            self.look();
        });
    }

    fn look(self) {
        if let Some(call) = self.call.get_untracked() {
            self.note(&call);
        } else if let Some(known) = self.known.get_value() {
            self.tell_end(known);
        }
    }

    fn note(self, call: &Call) {
        let is_rung = call.is_ringing() && call.callee == self.live.me;
        let since = match call.stage {
            Stage::Answered { since, .. } => Some(since),
            Stage::Ringing { .. } => None,
        };
        let (invite_id, is_here) = (call.invite_id, is_rung || self.is_mine(call));
        self.known.set_value(Some(Known { invite_id, is_here, placed_at: None, since }));
        let other = call.other(self.live.me);
        if self.live.group.with_untracked(|group| group.member(other).is_some()) {
            self.other_name.set_value(Some((other, self.live.name_of(other))));
        }
        match self.local.get_untracked() {
            Local::Over(_) => self.local.set(Local::Idle),
            // What was placed from here is told of; what was to be answered here is answered.
            Local::Preparing(wanted) if wanted.comes_back.is_none() => {
                let is_placed = wanted.answers.is_none() && self.is_mine(call);
                let is_answered = wanted.answers == Some(invite_id) && !call.is_ringing();
                if is_placed || is_answered {
                    self.local.set(Local::Idle);
                }
            }
            Local::Idle | Local::Preparing(_) | Local::Refused(..) => {}
        }
    }

    fn tell_end(self, known: Known) {
        let me = self.live.me;
        let (over, seq, is_teacher) = self.live.group.with_untracked(|group| {
            let over = group.invitation(known.invite_id).and_then(|invitation| {
                let part = invitation.parts().first()?;
                let is_caller = invitation.inviter == me;
                let other = if is_caller { part.user_id } else { invitation.inviter };
                Some((is_caller, other, part.clone(), group.member(other).is_none()))
            });
            let role = group.member(me).map(|member| member.role);
            (over, group.seq, role == Some(Role::Teacher))
        });
        if over.is_none() && known.placed_at.is_some_and(|placed_at| seq < placed_at) {
            // It has not been told of yet.
            return;
        }
        self.known.set_value(None);
        self.call_off();
        self.release();
        let Some((is_caller, other, part, has_left)) = over else {
            // It ended while the page was out of touch.
            self.say_over(ENDED, None);
            return;
        };
        if !known.is_here {
            return;
        }
        let known_as = self.other_name.get_value().filter(|(user, _)| *user == other);
        let name = known_as.map_or_else(|| self.live.name_of(other), |(_, name)| name);
        let outcome = Outcome::of(part.state, part.reason.as_deref());
        let sentence = match outcome {
            Outcome::Busy => format!("{name} is in another call."),
            Outcome::Declined if is_caller => format!("{name} declined."),
            Outcome::Declined => "Declined on another tab or device.".to_owned(),
            Outcome::NoAnswer | Outcome::Ringing if is_caller => {
                format!("{name} didn’t answer.")
            }
            Outcome::NoAnswer | Outcome::Ringing => format!("You missed a call from {name}."),
            Outcome::Cancelled if !is_caller => format!("{name} stopped calling."),
            Outcome::Cancelled if has_left => format!("{name} left the class."),
            Outcome::Failed => {
                format!(
                    "You and {name} could not be connected. Try again, or from another network."
                )
            }
            Outcome::Lost => format!("The connection with {name} was lost."),
            Outcome::Answered => format!("The call with {name} has ended."),
            Outcome::Cancelled | Outcome::Crossed => return,
        };
        let is_told = part.state == InviteeState::Finished && outcome != Outcome::Failed;
        let lasted = known.since.filter(|_| is_told);
        let lasted = lasted.map(|since| duration(part.at.millis_since(since).div_euclid(1_000)));
        let engaged = (outcome == Outcome::Busy && is_teacher).then_some(other);
        let told = Local::Over(Over { sentence, lasted, engaged });
        self.local.set(told.clone());
        if outcome == Outcome::Declined && !is_caller {
            let put_away = move || {
                if self.local.with_untracked(|local| *local == told) {
                    self.local.set(Local::Idle);
                }
            };
            set_timeout(put_away, TOLD);
        }
    }

    /// A tab that is closed while it calls does not go on calling; one that is loaded anew keeps
    /// its name, and so its call.
    fn when_the_page_goes(self) {
        window_event_listener(leptos::ev::pagehide, move |_| {
            if let Phase::Calling(call) = self.phase.get_untracked() {
                let _ = window().navigator().send_beacon(&self.path(call.invite_id, "cancel"));
            } else if self.call.with_untracked(|it| it.as_ref().is_some_and(|it| self.is_mine(it)))
            {
                self.name.with_value(|name| tab::keep_name(name));
            }
        });
        window_event_listener(leptos::ev::pageshow, move |event: PageTransitionEvent| {
            if event.persisted() {
                tab::take_name();
            }
        });
    }
}

/// The call that goes on, as far as it is one for this page: not when it was ended here, when the
/// class is over, or when it has rung for too long.
fn call_here(live: Live, calling: Calling, left: RwSignal<Option<InviteId>>) -> Option<Call> {
    if matches!(live.connection.get(), Connection::Ended | Connection::Removed) {
        return None;
    }
    let call = calling.call.get()?;
    let rings_on = match call.stage {
        Stage::Ringing { until: Some(until) } => live.now.get() < until.plus_seconds(LATE_SECONDS),
        Stage::Ringing { until: None } | Stage::Answered { .. } => true,
    };
    (rings_on && left.get() != Some(call.invite_id)).then_some(call)
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
        .and_then(|(_, text)| json::read::<Problem>(&text).ok())
        .map(|problem| (problem.status, problem.code));
    match code {
        Some((403, _)) => "Calls are off in this class. Raise your hand instead.".to_owned(),
        Some((_, Code::HasOne)) => "You are in a call already.".to_owned(),
        Some((422, _)) => format!("{name} is not in the class any more."),
        Some((429, _)) => "That was too many tries. Wait a few seconds, then try again.".to_owned(),
        Some(_) | None => OFFLINE.to_owned(),
    }
}
