//! The doors of a node, as `http/forward.rs` and the engine are: whose is the class, is this node in doubt, who
//! asks, and what of it.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use classroom::APPLICATIONS;
use signaling::{Application, Command, Name, Rejection, Settings};
use tokio::sync::oneshot::error::TryRecvError;

use super::database::{Holder, Home};
use super::lease::DEADLINE;
use super::node::Node;
use super::school::{Asks, Request, School, Stage, Told};
use crate::clock::monotonic;
use crate::live::log_tail::EventFormat;
use crate::live::room::Room;
use crate::live::stream::{self, Start};
use crate::tests::simulation::device::may_be_shown;
use crate::tests::simulation::model::{Verdict, must};
use crate::writer::job::{Admission, SideEffect};

/// How often it is asked whose a class is: it may change hands meanwhile.
const TRIES: u32 = 3;
/// How long a client waits for its answer.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// What a node answers that does not serve it now.
const UNAVAILABLE: Told = Told::Status(503);

impl School {
    /// Moves one request a little further; false when it waits for something.
    pub fn move_request(&mut self, index: usize, may_be_lost: bool) -> Result<bool, String> {
        let is_lost = may_be_lost && self.chance(self.storm.messages_are_lost);
        let Request { front, at, group_id, leaves_at, .. } = self.requests[index];
        if self.requests[index].is_awaited && self.requests[index].gives_up_at <= monotonic() {
            let Request { person, asks, .. } = &self.requests[index];
            let (person, asks) = (*person, asks.clone());
            self.note(format_args!("{person} gives up"));
            self.requests[index].is_awaited = false;
            self.hear_answer(person, asks, Told::Nothing)?;
            return Ok(true);
        }
        let is_asleep = |holder: Holder| self.nodes.get(&holder).is_some_and(|it| it.is_asleep());
        let is_there = |holder: Holder| self.nodes.contains_key(&holder);
        match &mut self.requests[index].stage {
            Stage::ToFront if leaves_at > monotonic() => return Ok(false),
            Stage::ToFront => {
                let is_open = self.nodes.get(&front).is_some_and(Node::is_open);
                if is_lost || !is_open {
                    self.requests[index].stage = Stage::ToClient(Told::Nothing);
                } else if is_asleep(front) {
                    return Ok(false);
                } else {
                    self.arrive(index)?;
                }
            }
            Stage::AskingHome(reply, until) => {
                if !is_there(front) {
                    self.requests[index].stage = Stage::ToClient(Told::Nothing);
                    return Ok(true);
                }
                if is_asleep(front) {
                    return Ok(false);
                }
                match reply.poll() {
                    Poll::Pending if monotonic() < *until => return Ok(false),
                    Poll::Pending | Poll::Ready(Err(_)) => {
                        self.requests[index].stage = Stage::ToClient(UNAVAILABLE);
                    }
                    Poll::Ready(Ok(Home::Here | Home::Nobody)) => self.serve(index, front)?,
                    Poll::Ready(Ok(Home::At(address))) => {
                        if let Some(node) = self.nodes.get_mut(&front) {
                            node.learn_home(group_id, address);
                        }
                        self.requests[index].stage = Stage::ToHome(address);
                    }
                }
            }
            Stage::ToHome(address) => {
                let address = *address;
                if !is_there(front) {
                    self.requests[index].stage = Stage::ToClient(Told::Nothing);
                    return Ok(true);
                }
                let is_open = |home: &Holder| self.nodes.get(home).is_some_and(Node::is_open);
                let home = self.at_address(address).filter(is_open);
                if is_asleep(front) || home.is_some_and(is_asleep) {
                    return Ok(false);
                }
                match home {
                    Some(home) if !is_lost => {
                        self.tally.forwarded += 1;
                        self.is_forwarded_to(index, home)?;
                    }
                    Some(_) => self.requests[index].stage = Stage::ToClient(UNAVAILABLE),
                    None => self.ask_again_whose(index)?,
                }
            }
            Stage::LettingGo(done) => {
                if is_asleep(at) {
                    return Ok(false);
                }
                match done.try_recv() {
                    Err(TryRecvError::Empty) => return Ok(false),
                    Ok(Ok(())) => self.ask_again_whose(index)?,
                    Ok(Err(_)) => self.serve(index, at)?,
                    Err(TryRecvError::Closed) => {
                        self.requests[index].stage = Stage::ToClient(UNAVAILABLE);
                    }
                }
            }
            Stage::Opening(opening) => {
                if is_asleep(at) {
                    return Ok(false);
                }
                self.requests[index].stage = match opening.try_recv() {
                    Err(TryRecvError::Empty) => return Ok(false),
                    Ok(Ok((_, room))) => Stage::Inside(room),
                    Ok(Err(error)) => Stage::Done(Told::Status(error.problem().status)),
                    Err(TryRecvError::Closed) => Stage::ToClient(UNAVAILABLE),
                };
            }
            Stage::Inside(room) => {
                if is_asleep(at) {
                    return Ok(false);
                }
                let room = Arc::clone(room);
                let stage = if is_there(at) {
                    self.go_in(index, &room)?
                } else {
                    Stage::ToClient(UNAVAILABLE)
                };
                self.requests[index].stage = stage;
            }
            // It goes on with what the writer answers.
            Stage::Judged(_) => return Ok(false),
            Stage::Done(_) => {
                if is_asleep(at) || is_asleep(front) {
                    return Ok(false);
                }
                self.answer(index)?;
            }
            Stage::ToClient(_) => {
                let request = self.requests.swap_remove(index);
                let Stage::ToClient(told) = request.stage else { return Ok(false) };
                // A stream is no more when either of the nodes is.
                let has_ended = matches!(told, Told::Stream(_)) && !self.nodes.contains_key(&at);
                let is_lost = is_lost || has_ended || !self.nodes.contains_key(&front);
                let told = if is_lost { Told::Nothing } else { told };
                if request.is_awaited {
                    self.note(format_args!("{} hears {told}", request.person));
                    if matches!(
                        (&request.asks, &told),
                        (Asks::Begin(_) | Asks::Join(_), Told::Status(..300))
                    ) {
                        self.people[request.person].device.token = request.token;
                    }
                    if matches!(told, Told::Stream(_)) {
                        self.people[request.person].line_by = [front, at];
                    }
                    self.hear_answer(request.person, request.asks, told)?;
                }
            }
        }
        Ok(true)
    }

    /// A request is at the node that its client has chosen.
    fn arrive(&mut self, index: usize) -> Verdict {
        let Request { front, group_id, .. } = self.requests[index];
        if matches!(self.requests[index].asks, Asks::Begin(_)) {
            return self.serve_at(index, front);
        }
        let Some(node) = self.nodes.get(&front) else { return Ok(()) };
        if node.rooms.get(group_id).is_some() {
            return self.serve(index, front);
        }
        if let Some(address) = node.known_home(group_id) {
            self.requests[index].stage = Stage::ToHome(address);
        } else {
            let mut wire = self.wire.borrow_mut();
            let connection = wire.connect();
            let reply = wire.send((front, connection), "asks whose it is", move |it, now| {
                it.home(front, group_id, now)
            });
            self.requests[index].stage = Stage::AskingHome(reply, monotonic() + DEADLINE);
        }
        Ok(())
    }

    /// Another node has forwarded it.
    fn is_forwarded_to(&mut self, index: usize, home: Holder) -> Verdict {
        let Request { group_id, .. } = self.requests[index];
        let is_stream = matches!(self.requests[index].asks, Asks::Stream { .. });
        let Some(node) = self.nodes.get_mut(&home) else { return Ok(()) };
        let may_go = !is_stream && node.rooms.get(group_id).is_some_and(|room| room.may_go());
        if !may_go {
            return self.serve(index, home);
        }
        let letting_go = node.release(group_id);
        self.requests[index].stage = Stage::LettingGo(letting_go);
        self.requests[index].at = home;
        Ok(())
    }

    /// The class may have another home by now.
    fn ask_again_whose(&mut self, index: usize) -> Verdict {
        let Request { front, group_id, .. } = self.requests[index];
        if let Some(node) = self.nodes.get_mut(&front) {
            node.forget_home(group_id);
        }
        let request = &mut self.requests[index];
        request.tries += 1;
        if request.tries < TRIES {
            return self.arrive(index);
        }
        request.stage = Stage::ToClient(UNAVAILABLE);
        Ok(())
    }

    /// Serves it, unless others may decide on its class by now.
    fn serve(&mut self, index: usize, at: Holder) -> Verdict {
        match self.nodes.get(&at) {
            Some(node) if !node.lease.is_in_doubt() => {
                self.requests[index].doubts = node.lease.late();
                return self.serve_at(index, at);
            }
            Some(_) => self.requests[index].stage = Stage::ToClient(UNAVAILABLE),
            None => self.requests[index].stage = Stage::ToClient(Told::Nothing),
        }
        Ok(())
    }

    fn serve_at(&mut self, index: usize, at: Holder) -> Verdict {
        let Request { person, group_id, .. } = self.requests[index];
        self.requests[index].at = at;
        let asks = self.requests[index].asks.clone();
        // Each time that somebody comes in, they get a token that is nobody else's.
        let (user, token) = (self.people[person].device.user, self.requests[index].token);
        let name = Name::new(&format!("Ann{person} Bee{person}")).map_err(|e| e.to_string())?;
        let admission = Admission { token, instead_of: None };
        let admit = SideEffect::Admit { admission, user };
        let Some(node) = self.nodes.get_mut(&at) else { return Ok(()) };
        self.requests[index].stage = match asks {
            Asks::Begin(code) => {
                let lesson = Name::new("Biology").map_err(|e| e.to_string())?;
                let settings = Settings::of_new_class(APPLICATIONS.settings());
                let command = Command::Create { name: lesson, user, teacher: name, settings };
                let effects = vec![SideEffect::Begin(code), admit];
                Stage::Judged(node.submit(group_id, Some(command), effects, None))
            }
            Asks::Join(code) => {
                let command = Command::Join { user, name, alike: None };
                let effects = vec![admit, SideEffect::ByCode(code)];
                Stage::Judged(node.submit(group_id, Some(command), effects, None))
            }
            Asks::Do { .. } | Asks::Page | Asks::Stream { .. } | Asks::KeepAlive(_) => {
                match node.rooms.get(group_id) {
                    Some(room) => Stage::Inside(room),
                    None => Stage::Opening(node.submit(group_id, None, Vec::new(), None)),
                }
            }
        };
        Ok(())
    }

    /// Who is it, and what do they want?
    fn go_in(&mut self, index: usize, room: &Arc<Room>) -> Result<Stage, String> {
        let Request { person, group_id, at, .. } = self.requests[index];
        let device = &self.people[person].device;
        let (user, token) = (device.user, device.token);
        self.requests[index].read_at_home = {
            let home = self.wire.borrow().database.home_of(group_id);
            home.is_none_or(|(home, _)| home == at)
        };
        let held = self.wire.borrow().database.contents.tokens.get(token.as_bytes()).copied();
        let Some(node) = self.nodes.get_mut(&at) else { return Ok(Stage::ToClient(UNAVAILABLE)) };
        let now = node.clock.now();
        if held.and_then(|held| room.holder(held)) != Some(user) {
            return self.turn_away(index);
        }
        let asks = self.requests[index].asks.clone();
        let is_keyed = matches!(asks, Asks::Do { key: Some(_), .. });
        if !is_keyed && room.with_group(|group| group.ended) {
            return Ok(Stage::Done(Told::Status(410)));
        }
        Ok(match asks {
            Asks::Do { command, effects, key } => {
                Stage::Judged(node.submit(group_id, Some(command), effects, key))
            }
            Asks::Page => {
                let Some(snapshot) = room.snapshot(user, now, false) else {
                    return self.turn_away(index);
                };
                let model = self.models.get(&group_id).ok_or("a page of no class")?;
                may_be_shown(user, &snapshot, model)?;
                Stage::Done(Told::Page(Box::new(snapshot)))
            }
            Asks::Stream { after } => {
                let each = person.is_multiple_of(2);
                let format = if each { EventFormat::Each } else { EventFormat::Tables };
                let start = Start::after(after, format);
                let (clock, ends) = (Arc::clone(&node.clock), node.streams_end.clone());
                let counted = (&*node.pulse, &Arc::default());
                let live = stream::open(Arc::clone(room), clock, counted, user, start, ends);
                Stage::Done(Told::Stream(Box::new(live)))
            }
            Asks::KeepAlive(invite_id) => {
                let heard = room.heard(user, invite_id, now, &APPLICATIONS);
                Stage::Done(Told::Status(heard.err().map_or(204, Rejection::status)))
            }
            Asks::Begin(_) | Asks::Join(_) => Stage::Done(UNAVAILABLE),
        })
    }

    /// Nobody who belongs to a class is turned away from it by its home.
    fn turn_away(&self, index: usize) -> Result<Stage, String> {
        let Request { person, group_id, at, .. } = self.requests[index];
        let user = self.people[person].device.user;
        let belongs = self.models.get(&group_id).is_some_and(|model| model.belongs(user));
        must!(
            !belongs || !self.is_home(at, group_id),
            "{user} belongs to the class and is turned away"
        );
        Ok(Stage::Done(Told::Status(401)))
    }

    /// It is answered, unless others may decide on its class by now: the machine may have slept in between.
    fn answer(&mut self, index: usize) -> Verdict {
        let Request { front, at, group_id, doubts, .. } = self.requests[index];
        let stage = std::mem::replace(&mut self.requests[index].stage, Stage::ToFront);
        let Stage::Done(told) = stage else { return Ok(()) };
        let is_begun = matches!(self.requests[index].asks, Asks::Begin(_));
        let told = match self.nodes.get(&at) {
            None if at == front => Told::Nothing,
            None => UNAVAILABLE,
            Some(node) if !is_begun && node.lease.is_in_doubt() => UNAVAILABLE,
            // It may have been in doubt as it was looked at, and be no more.
            Some(node) if !is_begun && node.lease.late() != doubts => UNAVAILABLE,
            Some(_) => {
                self.is_of_home(index, &told)?;
                told
            }
        };
        if matches!(told, Told::Status(503))
            && let Some(node) = self.nodes.get_mut(&front)
        {
            node.forget_home(group_id);
        }
        self.tally.unavailable += u64::from(matches!(told, Told::Status(503)));
        self.requests[index].stage = Stage::ToClient(told);
        Ok(())
    }

    /// What a node tells that is in no doubt is what the class's home tells; but that another has become it
    /// since it was told last that its lease holds, it cannot know.
    fn is_of_home(&self, index: usize, told: &Told) -> Verdict {
        let Request { at, group_id, read_at_home, .. } = self.requests[index];
        let (Told::Page(_) | Told::Stream(_)) = told else { return Ok(()) };
        let Some(node) = self.nodes.get(&at) else { return Ok(()) };
        let wire = self.wire.borrow();
        let Some((home, Some(since))) = wire.database.home_of(group_id) else { return Ok(()) };
        let renewed_at = node.lease.renewed_there_at.get();
        must!(
            read_at_home || home == at || since >= renewed_at || node.lease.is_released.get(),
            "node {at} shows a class of which node {home} has long been the home"
        );
        Ok(())
    }
}
