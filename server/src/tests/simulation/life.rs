//! What happens from step to step: somebody does something, a message moves on or is lost, time
//! passes, something breaks.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use classroom::APPLICATIONS;
use serde_json::json;
use signaling::{
    Application, Command, Eraser, Group, Invitation, InviteId, Name, Rejection, Role, Settings,
    UserId,
};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::answers::tells_nothing;
use super::device::{Device, Line, Standing, frames};
use super::disk::event_of;
use super::model::{Verdict, must};
use super::thoughts::{Mind, Thought};
use super::world::{Asks, Request, Stage, Told, World};
use crate::http::reply::encode;
use crate::identity::tokens::{GRACE_SECONDS, Held};
use crate::identity::{JoinCode, TokenHash};
use crate::live::log_tail::EventFormat;
use crate::live::room::Room;
use crate::live::stream::{self, Start};
use crate::store::put::Put;
use crate::writer::chores::{Chore, ChoreJob, Erasing};
use crate::writer::job::{Admission, Job, Key, SideEffect};

/// The most devices and classes at a time.
const DEVICES: usize = 16;
const CLASSES: usize = 3;
/// How long a link to another device is good, in seconds.
const LINK_SECONDS: u32 = 900;

impl World {
    /// One thing happens.
    pub(super) async fn step(&mut self) -> Verdict {
        self.tally.steps += 1;
        if self.server.is_none() && self.chance(220) {
            self.start();
            return Ok(());
        }
        if self.chance(self.storm.crashes) && self.server.is_some() {
            return self.crash();
        }
        if self.chance(self.storm.clock_is_set) {
            self.set_the_clock();
            return Ok(());
        }
        if self.chance(self.storm.lines_break) && self.break_a_line() {
            return Ok(());
        }
        if self.chance(self.storm.chores) && self.ask_for_a_chore() {
            return Ok(());
        }
        for _ in 0..8 {
            let happens = match self.random.u32(..100) {
                0..32 => self.have_it_written()?,
                32..60 => self.move_a_message(true)?,
                60..82 => self.move_a_line()?,
                82..94 => self.do_something(),
                _ => break,
            };
            if happens {
                return Ok(());
            }
        }
        let millis = match self.random.u32(..100) {
            0..70 => self.random.u64(1..300),
            70..96 => self.random.u64(300..3_000),
            _ => self.random.u64(5_000..25_000),
        };
        self.pass(Duration::from_millis(millis)).await;
        Ok(())
    }

    pub(super) async fn pass(&mut self, time: Duration) {
        self.note(format_args!("{time:?} pass"));
        tokio::time::advance(time).await;
        self.machine.fetch_add(i64::try_from(time.as_millis()).unwrap_or(0), Ordering::Relaxed);
    }

    fn set_the_clock(&mut self) {
        self.tally.clock_sets += 1;
        let is_judging = self.requests.iter().any(|it| matches!(it.stage, Stage::Judged(_)));
        let by = match self.random.u32(..100) {
            0..25 => -self.random.i64(1..2_000),
            25..50 => -self.random.i64(2_000..7_200_000),
            50..75 => self.random.i64(1..2_000),
            75..97 => self.random.i64(2_000..600_000),
            _ if is_judging => 1,
            // More than a day: the server forgets all keys.
            _ => {
                for used in self.keys.values_mut() {
                    used.answered = None;
                    used.invitations.clear();
                }
                90_000_000
            }
        };
        self.machine.fetch_add(by, Ordering::Relaxed);
        self.was_set_back |= by < 0;
        self.jumped += Duration::from_millis(by.try_into().unwrap_or(0));
        self.note(format_args!("the machine's clock is set by {by} ms"));
    }

    fn break_a_line(&mut self) -> bool {
        let Some(device) = self.pick(self.devices.len()) else { return false };
        let sleeps = self.chance(200);
        let had_one = self.devices[device].line.take().is_some();
        self.devices[device].is_asleep |= sleeps;
        if had_one {
            self.note(format_args!("the line of device {device} breaks, it sleeps: {sleeps}"));
        }
        had_one
    }

    fn ask_for_a_chore(&mut self) -> bool {
        let Some(class) = self.pick(self.classes.len()) else { return false };
        let group_id = self.classes[class];
        let chore = match self.somebody_to_erase(group_id) {
            Some(erasing) if self.chance(700) => Chore::Erase(group_id, Box::new(erasing)),
            _ => Chore::Delete(group_id),
        };
        let Some(server) = &mut self.server else { return false };
        let what = if matches!(chore, Chore::Delete(_)) { "deleted" } else { "rid of somebody" };
        let (reply, _) = oneshot::channel();
        server.chores.push_back(ChoreJob { chore, reply });
        self.note(format_args!("class {class} is to be {what}"));
        true
    }

    /// Somebody of a class, and its log as far as it was there when it was read.
    fn somebody_to_erase(&mut self, group_id: signaling::GroupId) -> Option<Erasing> {
        let model = self.models.get(&group_id)?;
        let whom: Vec<UserId> = model.members.keys().chain(model.gone.keys()).copied().collect();
        let user = whom[self.pick(whom.len())?];
        let length = self.disk.borrow().contents.class(group_id)?.log.len();
        let read = length - self.random.usize(..=length.min(8));
        let mut erasing = Erasing { user, eraser: Eraser::new(user), seq: 0, events: Vec::new() };
        let disk = self.disk.borrow();
        for event in disk.contents.class(group_id)?.log.iter().take(read).filter_map(event_of) {
            erasing.read(&event, &APPLICATIONS);
        }
        Some(erasing)
    }

    // The network.

    /// Moves one message a little further.
    pub(super) fn move_a_message(&mut self, may_be_lost: bool) -> Result<bool, String> {
        let Some(index) = self.pick(self.requests.len()) else { return Ok(false) };
        self.move_message(index, may_be_lost)
    }

    pub(super) fn move_message(&mut self, index: usize, loss: bool) -> Result<bool, String> {
        let is_lost = loss && self.chance(self.storm.messages_are_lost);
        let device = self.requests[index].device;
        match &mut self.requests[index].stage {
            Stage::Judged(_) => Ok(false),
            Stage::ToDevice(_) => {
                let Request { device, asks, stage } = self.requests.swap_remove(index);
                let Stage::ToDevice(told) = stage else { return Ok(false) };
                let told = if is_lost { Told::Nothing } else { told };
                self.note(format_args!("device {device} hears {told}"));
                self.hear_answer(device, asks, told)?;
                Ok(true)
            }
            Stage::ToServer => {
                self.note(format_args!("device {device} reaches the server, but for {is_lost}"));
                let stage = match &self.server {
                    Some(_) if !is_lost => self.arrive(index)?,
                    Some(_) | None => Stage::ToDevice(Told::Nothing),
                };
                self.requests[index].stage = stage;
                Ok(true)
            }
            Stage::Opening(opening) => {
                let opened = match opening.try_recv() {
                    Ok(opened) => opened,
                    Err(oneshot::error::TryRecvError::Empty) => return Ok(false),
                    Err(oneshot::error::TryRecvError::Closed) => {
                        return Err("a request was not answered".to_owned());
                    }
                };
                let stage = match opened {
                    Ok((_, room)) => self.let_in(device, room)?,
                    Err(error) => Stage::ToDevice(Told::Status(error.problem().status)),
                };
                self.requests[index].stage = stage;
                Ok(true)
            }
            Stage::Inside(room) => {
                let room = Arc::clone(room);
                let stage = self.go_in(index, &room)?;
                self.requests[index].stage = stage;
                Ok(true)
            }
        }
    }

    /// A request is at the server: who is it?
    fn arrive(&mut self, index: usize) -> Result<Stage, String> {
        let device = self.requests[index].device;
        let group_id = self.group_of(device);
        let asks = self.requests[index].asks.clone();
        if matches!(asks, Asks::Begin(_) | Asks::Join(_) | Asks::Take(_)) {
            // Each time that somebody comes in, they get a token that is nobody else's.
            self.devices[device].token = self.secret();
        }
        let Device { user, token, .. } = self.devices[device];
        let inside = |from: &usize| self.devices[*from].standing == Standing::Inside;
        let carries = self.devices[device].carries.filter(inside);
        self.devices[device].carries = carries;
        let instead_of = carries.map(|from| self.devices[from].token);
        self.devices[device].replaces = instead_of;
        if let Some(before) = instead_of {
            self.held(before);
        }
        let admission = Admission { token, instead_of };
        let admit = SideEffect::Admit { admission, user };
        let name = Name::new(&format!("Ann{device} Bee{device}")).map_err(|e| e.to_string())?;
        match asks {
            Asks::Begin(code) => {
                let lesson = Name::new("Biology").map_err(|e| e.to_string())?;
                let settings = Settings::of_new_class(APPLICATIONS.settings());
                let command = Command::Create { name: lesson, user, teacher: name, settings };
                let effects = vec![SideEffect::Begin(code), admit];
                Ok(self.submit(group_id, Some(command), effects, None))
            }
            Asks::Join(code) => {
                let found = self.disk.borrow().contents.group_of_code(&code);
                if found != Some(group_id) {
                    return Ok(Stage::ToDevice(Told::Status(404)));
                }
                let command = Command::Join { user, name, alike: None };
                let effects = vec![admit, SideEffect::ByCode(code)];
                Ok(self.submit(group_id, Some(command), effects, None))
            }
            Asks::Take(link) => {
                let now = self.now();
                let found = self.disk.borrow().contents.links.get(link.as_bytes()).cloned();
                let Some(found) = found.filter(|found| found.expires_at > now) else {
                    return Ok(Stage::ToDevice(Told::Status(401)));
                };
                let user = found.user;
                let effects = vec![SideEffect::Take { handover: link, admission, user }];
                Ok(self.submit(found.group_id, None, effects, None))
            }
            _ => {
                let room = self.server.as_ref().and_then(|server| server.rooms.get(group_id));
                if let Some(room) = room {
                    return self.let_in(device, room);
                }
                let now = self.now();
                let holds = self.disk.borrow().contents.holder(group_id, token, now);
                if holds.is_none() {
                    return self.turn_away(device);
                }
                Ok(match self.submit(group_id, None, Vec::new(), None) {
                    Stage::Judged(reply) => Stage::Opening(reply),
                    other => other,
                })
            }
        }
    }

    fn let_in(&mut self, device: usize, room: Arc<Room>) -> Result<Stage, String> {
        let Device { user, token, is_replaced, .. } = self.devices[device];
        if is_replaced {
            return Ok(Stage::ToDevice(Told::Nothing));
        }
        match self.holder(token, &room) {
            Some(holder) => {
                must!(holder == user, "{user} is taken for {holder}");
                Ok(Stage::Inside(room))
            }
            None => self.turn_away(device),
        }
    }

    /// What a token stands for, as the engine finds it: what is in memory first.
    fn held(&mut self, token: TokenHash) -> Option<Held> {
        let now = self.now();
        let stored = self.disk.borrow().contents.tokens.get(token.as_bytes()).copied();
        let server = self.server.as_mut()?;
        server.tokens.learn(stored.map(|held| (token, held)));
        let held = server.tokens.get(token).filter(|held| !held.has_ended(now))?;
        if let Some(before) = server.tokens.take_replaced(token) {
            let ends_at = now.plus_seconds(GRACE_SECONDS);
            server.tokens.end(before, ends_at);
            let chore = Chore::Put(Put::Replaced { token: before, by: token, ends_at });
            server.chores.push_back(ChoreJob { chore, reply: oneshot::channel().0 });
        }
        Some(held)
    }

    fn holder(&mut self, token: TokenHash, room: &Room) -> Option<UserId> {
        let held = self.held(token)?;
        if room.holder(held).is_none() {
            let disk = self.disk.borrow();
            let class = disk.contents.class(room.id())?;
            class.of_browser(held.browser).for_each(|found| room.admit(held.browser, *found));
        }
        room.holder(held)
    }

    /// Whether the browser of a device has had a newer token since.
    fn was_replaced(&self, device: usize) -> bool {
        let token = self.devices[device].token;
        self.devices.iter().any(|it| it.replaces == Some(token))
    }

    /// Nobody who belongs to a class is turned away from it, but by a token that their browser has
    /// replaced and used the new one of.
    fn turn_away(&mut self, device: usize) -> Result<Stage, String> {
        let (group_id, user) = (self.group_of(device), self.devices[device].user);
        let model = self.models.get(&group_id);
        let is_deleted = self.deleted.contains(&group_id);
        let belongs = model.is_some_and(|model| model.belongs(user));
        let is_old = self.was_replaced(device);
        must!(is_deleted || !belongs || is_old, "{user} belongs to the class and is turned away");
        Ok(Stage::ToDevice(Told::Status(401)))
    }

    fn submit(
        &mut self,
        group_id: signaling::GroupId,
        command: Option<Command>,
        effects: Vec<SideEffect>,
        key: Option<Key>,
    ) -> Stage {
        let Some(server) = &mut self.server else { return Stage::ToDevice(Told::Nothing) };
        let (reply, answered) = oneshot::channel();
        server.waiting.push_back(Job { group_id, command, effects, key, reply });
        Stage::Judged(answered)
    }

    /// It is known who they are: what do they want?
    fn go_in(&mut self, index: usize, room: &Arc<Room>) -> Result<Stage, String> {
        let device = self.requests[index].device;
        if self.devices[device].is_replaced {
            return Ok(Stage::ToDevice(Told::Nothing));
        }
        let group_id = self.group_of(device);
        let user = self.devices[device].user;
        let asks = self.requests[index].asks.clone();
        let now = self.now();
        let is_keyed = matches!(asks, Asks::Do { key: Some(_), .. });
        if !is_keyed && room.with_group(|group| group.ended) {
            return Ok(Stage::ToDevice(Told::Status(410)));
        }
        let is_deleted = self.deleted.contains(&group_id);
        let may_know = |invite_id| {
            self.models.get(&group_id).is_some_and(|model| model.may_know(user, invite_id))
        };
        let told = |invite_id, done: Result<(), Rejection>| {
            let status = done.err().map_or(204, Rejection::status);
            let is_theirs = is_deleted || may_know(invite_id) || tells_nothing(status);
            must!(is_theirs, "{user} is told {status} of {invite_id}");
            Ok(Stage::ToDevice(Told::Status(status)))
        };
        match asks {
            Asks::Do { command, effects, key } => Ok(self.submit(group_id, command, effects, key)),
            Asks::Page => {
                let Some(snapshot) = room.snapshot(user, now, false) else {
                    return self.turn_away(device);
                };
                self.may_be_shown(group_id, user, &snapshot)?;
                Ok(Stage::ToDevice(Told::Page(Box::new(snapshot))))
            }
            Asks::Look(invite_id) => {
                let found = room.told_invitation(invite_id, user).map(|told| told.invitation);
                let status = if found.is_some() { 200 } else { 404 };
                self.is_as_told(group_id, user, invite_id, found, room.with_group(|it| it.seq))?;
                Ok(Stage::ToDevice(Told::Status(status)))
            }
            Asks::Stream { after } => {
                self.open_stream(device, room, after);
                Ok(Stage::ToDevice(Told::Status(200)))
            }
            Asks::Ring(invite_id) => told(invite_id, room.ring(user, invite_id, now)),
            Asks::Relay(invite_id) => {
                told(invite_id, room.relay(user, invite_id, "hello".to_owned(), now))
            }
            Asks::KeepAlive(invite_id) => {
                let heard = room.heard(user, invite_id, now, &APPLICATIONS);
                let is_heard = heard.is_ok();
                let stage = told(invite_id, heard);
                if is_heard {
                    self.heard_meanwhile.push((invite_id, user, Instant::now()));
                }
                stage
            }
            Asks::Begin(_) | Asks::Join(_) | Asks::Take(_) => Ok(Stage::ToDevice(Told::Nothing)),
        }
    }

    fn open_stream(&mut self, device: usize, room: &Arc<Room>, after: Option<u64>) {
        let Some(server) = &self.server else { return };
        let format = if device.is_multiple_of(2) { EventFormat::Each } else { EventFormat::Tables };
        let start = Start::after(after, format);
        let clock = Arc::clone(&server.clock);
        let stopping = server.stopping.clone();
        let user = self.devices[device].user;
        let counted = (&*server.pulse, &Arc::default());
        let live = stream::open(Arc::clone(room), clock, counted, user, start, stopping);
        self.tally.lines += 1;
        self.devices[device].line = Some(Line::new(live));
    }

    fn hear_answer(&mut self, index: usize, asks: Asks, told: Told) -> Verdict {
        let group_id = self.group_of(index);
        let is_over = matches!(told, Told::Status(401 | 403 | 404 | 410));
        let is_old = self.was_replaced(index);
        let device = &mut self.devices[index];
        match (&asks, told) {
            (Asks::Begin(_) | Asks::Join(_) | Asks::Take(_), Told::Status(status)) => {
                device.is_asking = false;
                if status < 300 {
                    device.standing = Standing::Inside;
                } else if status < 500 {
                    device.standing = Standing::Gone;
                }
            }
            (Asks::Page, Told::Page(snapshot)) => {
                device.is_asking = false;
                device.page = Some(Group::from(*snapshot));
            }
            (Asks::Page | Asks::Stream { .. }, told) => {
                device.is_asking = false;
                if !matches!(told, Told::Status(200)) {
                    device.line = None;
                }
                if is_over {
                    device.standing = Standing::Gone;
                    let user = device.user;
                    let is_deleted = self.deleted.contains(&group_id);
                    let model = self.models.get(&group_id);
                    let belongs =
                        model.is_some_and(|model| model.ended.is_none() && model.belongs(user));
                    let is_known = is_deleted || !belongs || is_old;
                    must!(is_known, "{user} belongs to the class and is sent away");
                }
            }
            // What happens once must not be asked for again when nobody knows what came of it.
            (Asks::Begin(_) | Asks::Take(_), Told::Nothing) => {
                device.is_asking = false;
                device.standing = Standing::Gone;
            }
            (Asks::Join(_), _) => device.is_asking = false,
            (Asks::Do { key: Some(_), .. }, Told::Nothing | Told::Status(503))
                if self.chance(800) =>
            {
                self.ask_again(index, asks);
            }
            _ => {}
        }
        Ok(())
    }

    /// The same request again, with the same key; to the server it is a new one.
    fn ask_again(&mut self, device: usize, mut asks: Asks) {
        if let Asks::Do { command: Some(command), key: Some(key), .. } = &mut asks {
            let fresh = InviteId::from_bytes(self.fresh());
            if let Command::Invite { invite_id, .. } | Command::InviteInGroup { invite_id, .. } =
                command
            {
                *invite_id = fresh;
                let used = self.keys.entry((key.user, key.key.clone())).or_default();
                used.invitations.push(fresh);
            }
            let used = self.keys.entry((key.user, key.key.clone())).or_default();
            used.requests.insert(*key.request.as_bytes());
        }
        self.ask(device, asks);
    }

    pub(super) fn ask(&mut self, device: usize, asks: Asks) {
        self.note(format_args!("device {device} asks to {asks}"));
        self.requests.push(Request { device, asks, stage: Stage::ToServer });
    }

    pub(super) fn move_a_line(&mut self) -> Result<bool, String> {
        let Some(device) = self.pick(self.devices.len()) else { return Ok(false) };
        if self.random.bool() { self.send_on(device) } else { self.deliver(device) }
    }

    /// The server's end of a line sends what is new.
    pub(super) fn send_on(&mut self, index: usize) -> Result<bool, String> {
        let group_id = self.group_of(index);
        let device = &mut self.devices[index];
        let user = device.user;
        let Some(line) = &mut device.line else { return Ok(false) };
        let Some((sent, goes_on)) = line.send_on()? else { return Ok(false) };
        self.note(format_args!("device {index} is sent {} bytes, goes on: {goes_on}", sent.len()));
        self.may_be_sent(group_id, user, &sent)?;
        Ok(true)
    }

    /// What leaves the server is durable, and this member's to see.
    fn may_be_sent(&mut self, group_id: signaling::GroupId, user: UserId, sent: &str) -> Verdict {
        if self.deleted.contains(&group_id) {
            return Ok(());
        }
        let Some(model) = self.models.get(&group_id) else { return Ok(()) };
        let disk = self.disk.borrow();
        for frame in frames(sent) {
            frame.may_be_sent(user, model)?;
            frame.is_of_log(user, model, |seq| disk.contents.body(group_id, seq))?;
        }
        Ok(())
    }

    fn may_be_shown(
        &self,
        group_id: signaling::GroupId,
        user: UserId,
        snapshot: &signaling::Snapshot,
    ) -> Verdict {
        if self.deleted.contains(&group_id) {
            return Ok(());
        }
        let Some(model) = self.models.get(&group_id) else { return Ok(()) };
        super::device::may_be_shown(user, snapshot, model)
    }

    /// An invitation that somebody asked for is as the log has it, and theirs to see.
    fn is_as_told(
        &self,
        group_id: signaling::GroupId,
        user: UserId,
        invite_id: InviteId,
        found: Option<Invitation>,
        seq: u64,
    ) -> Verdict {
        if self.deleted.contains(&group_id) {
            return Ok(());
        }
        let Some(model) = self.models.get(&group_id) else { return Ok(()) };
        let Some(found) = found else {
            let is_there = model.invitations.get(&invite_id).is_some_and(|sent| sent.seq <= seq);
            must!(!is_there || !model.may_know(user, invite_id), "{invite_id} is not found");
            return Ok(());
        };
        must!(model.may_know(user, invite_id), "{user} is shown {invite_id}");
        let sent = model.invitations.get(&invite_id).ok_or("nobody has sent it")?;
        let (mut told, mut truth) = (json!(found), sent.told_after(seq, invite_id));
        for invitation in [&mut told, &mut truth] {
            model.take_words(invitation);
        }
        must!(told == truth, "{user} is shown {told} and not {truth}");
        Ok(())
    }

    /// Some of what is under way arrives.
    pub(super) fn deliver(&mut self, index: usize) -> Result<bool, String> {
        let group_id = self.group_of(index);
        let splits = self.chance(200);
        let device = &mut self.devices[index];
        let Some(line) = &mut device.line else { return Ok(false) };
        let Some(mut piece) = line.under_way.pop_front() else {
            let is_closed = line.stream.is_none();
            if is_closed {
                device.line = None;
                self.note(format_args!("the line of device {index} ends"));
            }
            return Ok(is_closed);
        };
        if splits && piece.len() > 1 {
            let rest = piece.split_off(self.random.usize(1..piece.len()));
            line.under_way.push_front(rest);
        }
        let length = piece.len();
        let is_deleted = self.deleted.contains(&group_id);
        let model = self.models.entry(group_id).or_default();
        let folded = device.hear(&piece, model, is_deleted)?;
        self.tally.folded += folded as u64;
        self.note(format_args!("device {index} gets {length} bytes and folds {folded}"));
        Ok(true)
    }

    // People.

    fn do_something(&mut self) -> bool {
        let there = self.devices.iter().filter(|it| it.standing != Standing::Gone).count();
        if there < DEVICES && (there == 0 || self.chance(150)) {
            return self.somebody_comes();
        }
        let Some(index) = self.pick(self.devices.len()) else { return false };
        if self.devices[index].is_asleep {
            self.devices[index].is_asleep = !self.chance(100);
            return false;
        }
        self.follow_up(index) || self.act(index)
    }

    pub(super) fn somebody_comes(&mut self) -> bool {
        let (user, token) = (UserId::from_bytes(self.fresh()), self.secret());
        let living: Vec<usize> = (0..self.classes.len())
            .filter(|class| {
                let model = self.models.get(&self.classes[*class]);
                model.is_some_and(|model| model.ended.is_none())
                    && !self.deleted.contains(&self.classes[*class])
            })
            .collect();
        let begins = living.is_empty() || (living.len() < CLASSES && self.chance(100));
        let inside = |device: &Device| device.standing == Standing::Inside;
        let others: Vec<usize> =
            (0..self.devices.len()).filter(|index| inside(&self.devices[*index])).collect();
        let carries = self.pick(others.len()).filter(|_| self.chance(300)).map(|at| others[at]);
        if begins {
            let group_id = signaling::GroupId::from_bytes(self.fresh());
            self.classes.push(group_id);
            self.devices.push(Device::new(self.classes.len() - 1, user, token));
            let code = self.fresh_code();
            let device = self.devices.len() - 1;
            self.devices[device].carries = carries;
            self.devices[device].is_asking = true;
            self.ask(device, Asks::Begin(code));
            return true;
        }
        if !self.links.is_empty() && self.chance(200) {
            let link = self.random.usize(..self.links.len());
            let (class, link, owner) = self.links[link];
            self.devices.push(Device::new(class, owner, token));
            let device = self.devices.len() - 1;
            self.devices[device].carries = carries;
            self.devices[device].is_asking = true;
            self.ask(device, Asks::Take(link));
            return true;
        }
        let class = living[self.random.usize(..living.len())];
        self.devices.push(Device { carries, ..Device::new(class, user, token) });
        true
    }

    /// What a device does by itself: it comes in, and it comes back.
    pub(super) fn follow_up(&mut self, index: usize) -> bool {
        let device = &self.devices[index];
        if device.is_asking {
            return false;
        }
        let asks = match device.standing {
            Standing::Gone => return false,
            Standing::Outside => {
                let code = {
                    let disk = self.disk.borrow();
                    let class = disk.contents.class(self.group_of(index));
                    class.map(|class| class.join_code.clone())
                };
                Asks::Join(code.unwrap_or_else(JoinCode::new))
            }
            Standing::Inside => match (&device.page, &device.line) {
                (None, _) if device.is_replaced => {
                    // The browser would ask with the token that has replaced this one.
                    self.devices[index].standing = Standing::Gone;
                    return false;
                }
                (None, _) => Asks::Page,
                (Some(page), None) => Asks::Stream { after: Some(page.seq) },
                (Some(_), Some(_)) => return false,
            },
        };
        self.devices[index].is_asking = true;
        self.ask(index, asks);
        true
    }

    fn act(&mut self, index: usize) -> bool {
        let device = &self.devices[index];
        let (actor, group_id) = (device.user, self.group_of(index));
        let Some(page) = device.page.clone() else { return false };
        let Some(role) = page.member(actor).map(|member| member.role) else { return false };
        if self.chance(60) && role == Role::Teacher {
            let token = self.secret();
            let expires_at = self.now().plus_seconds(LINK_SECONDS);
            self.links.push((self.devices[index].class, token, actor));
            let effects = vec![SideEffect::Handover { token, user: actor, expires_at }];
            self.ask(index, Asks::Do { command: None, effects, key: None });
            return true;
        }
        let Self { random, named, models, .. } = self;
        let mut mind = Mind { random, named, model: models.get(&group_id) };
        let Some(command) = mind.think_of(actor, role, &page) else { return false };
        let asks = match command {
            Thought::Ring(invite_id) => Asks::Ring(invite_id),
            Thought::Look(invite_id) => Asks::Look(invite_id),
            Thought::KeepAlive(invite_id) => Asks::KeepAlive(invite_id),
            Thought::Relay(invite_id) => Asks::Relay(invite_id),
            Thought::Verb(command) => {
                let effects = match command {
                    Command::RenewJoinCode { .. } => vec![SideEffect::JoinCode(self.fresh_code())],
                    _ => Vec::new(),
                };
                let key = self.key_for(actor, &command);
                Asks::Do { command: Some(command), effects, key }
            }
        };
        self.ask(index, asks);
        true
    }

    /// Half of the requests name a key, and now and then one names another's.
    fn key_for(&mut self, user: UserId, command: &Command) -> Option<Key> {
        if matches!(command, Command::Leave { .. }) || self.random.bool() {
            return None;
        }
        let known: Vec<String> =
            self.keys.keys().filter(|(of, _)| *of == user).map(|(_, key)| key.clone()).collect();
        let key = match self.pick(known.len()) {
            Some(known_key) if self.chance(50) => known[known_key].clone(),
            _ => format!("key {}", self.tally.steps),
        };
        let request = self.secret();
        let used = self.keys.entry((user, key.clone())).or_default();
        used.requests.insert(*request.as_bytes());
        if let Command::Invite { invite_id, .. } | Command::InviteInGroup { invite_id, .. } =
            command
        {
            used.invitations.push(*invite_id);
        }
        Some(Key { user, key, request, encode })
    }
}
