//! What must be true of what has become durable, of what the writers answer, and of what the streams send.

use std::collections::BTreeSet;

use signaling::{EventKind, GroupId, Timestamp, UserId};
use tokio::sync::oneshot::error::TryRecvError;

use super::database::{Holder, News};
use super::school::{Asks, Request, School, Stage, Told};
use crate::error::Error;
use crate::http::reply::encode;
use crate::tests::simulation::answers::Answered;
use crate::tests::simulation::device::frames;
use crate::tests::simulation::disk::Durable;
use crate::tests::simulation::model::{Verdict, must};
use crate::writer::reply::EncodedAnswer;

impl School {
    /// Something arrives at the database; false when nothing does.
    pub fn deliver_a_letter(&mut self) -> Result<bool, String> {
        let delivered = self.wire.borrow_mut().deliver();
        let Some(what) = delivered else { return Ok(false) };
        self.note(format_args!("at the database: {what}"));
        self.take_news()?;
        Ok(true)
    }

    /// Tells the models what has become durable.
    fn take_news(&mut self) -> Verdict {
        let news = std::mem::take(&mut self.wire.borrow_mut().database.news);
        let mut changed = BTreeSet::new();
        for News { durable, by, home } in news {
            match durable {
                Durable::Event(group_id, event) => {
                    self.tally.events += 1;
                    let name = event.kind.name();
                    self.note(format_args!("durable: {} {name} by node {by}", event.seq));
                    self.models.entry(group_id).or_default().take(&event)?;
                    must!(
                        home == Some(by),
                        "node {by} has decided {} of a class whose home is {home:?}",
                        event.seq
                    );
                    let is_timeout = matches!(event.kind, EventKind::InvitationTimeout(_));
                    self.tally.timeouts += u64::from(is_timeout);
                    changed.insert(group_id);
                }
                Durable::Rewritten(..) | Durable::Deleted(_) => {
                    return Err("nobody has asked for that".to_owned());
                }
            }
        }
        for group_id in changed {
            self.models.entry(group_id).or_default().rests()?;
        }
        Ok(())
    }

    /// Polls a node's writer; false when there is nothing to do.
    pub fn have_it_written(&mut self, holder: Holder) -> Result<bool, String> {
        let Self { random, nodes, models, .. } = self;
        let Some(node) = nodes.get_mut(&holder).filter(|node| !node.is_asleep()) else {
            return Ok(false);
        };
        let lengths = || models.iter().map(|(group_id, model)| (*group_id, model.seq)).collect();
        let Some(told) = node.write(random, lengths) else { return Ok(false) };
        self.note(format_args!("node {holder} {told}"));
        self.take_answers(holder)?;
        Ok(true)
    }

    /// Takes what a node's writer has answered, and looks whether it is true.
    fn take_answers(&mut self, holder: Holder) -> Verdict {
        for index in 0..self.requests.len() {
            let request = &mut self.requests[index];
            let Stage::Judged(reply) = &mut request.stage else { continue };
            let verdict = match reply.try_recv() {
                Ok(verdict) => verdict,
                Err(TryRecvError::Empty) => continue,
                Err(TryRecvError::Closed) => {
                    // Its node is no more.
                    let is_there = self.nodes.contains_key(&request.at);
                    must!(!is_there, "a request was not answered");
                    request.stage = Stage::Done(Told::Status(503));
                    continue;
                }
            };
            must!(request.at == holder, "another node has answered");
            let verdict = verdict.map(|(reply, _)| encode(&Ok(reply)));
            let status = match &verdict {
                Ok(answer) => answer.status,
                Err(error) => error.problem().status,
            };
            request.stage = Stage::Done(Told::Status(status));
            match status {
                ..300 => self.tally.acknowledged += 1,
                503 => {}
                _ => self.tally.refused += 1,
            }
            let person = self.requests[index].person;
            self.note(format_args!("{person} is answered {status} by node {holder}"));
            self.is_true(index, &verdict)
                .map_err(|sentence| format!("answer {status} to {person}: {sentence}"))?;
        }
        Ok(())
    }

    fn is_true(&mut self, index: usize, verdict: &Result<EncodedAnswer, Error>) -> Verdict {
        let Request { person, group_id, at, .. } = self.requests[index];
        let asks = self.requests[index].asks.clone();
        let is_home = self.is_home(at, group_id);
        let (user, token) = (self.people[person].device.user, self.requests[index].token);
        if let Asks::Do { key: Some(key), .. } = &asks {
            let used = self.keys.entry((key.user, key.key.clone())).or_default();
            used.is_first_answer(key, verdict, &self.models)?;
        }
        let wire = self.wire.borrow();
        let contents = &wire.database.contents;
        let (model, class) = (self.models.get(&group_id), contents.class(group_id));
        let (Some(model), Some(class)) = (model, class) else {
            must!(verdict.is_err(), "something is done in a class that is not there");
            return Ok(());
        };
        let answered = Answered { group_id, model, class };
        match (&asks, verdict) {
            (Asks::Begin(_), Ok(answer)) => {
                let holder = contents.holder(group_id, token, Timestamp::default());
                answered.has_come_in(user, None, holder, answer)
            }
            (Asks::Join(code), Ok(answer)) => {
                let holder = contents.holder(group_id, token, Timestamp::default());
                answered.has_come_in(user, Some(code), holder, answer)
            }
            (Asks::Do { command, .. }, verdict) => {
                let is_done = verdict.as_ref().is_ok_and(|answer| answer.status < 300);
                if !is_done && !is_home {
                    // It may know less than another one that is the home by now.
                    return Ok(());
                }
                let node = self.nodes.get(&at);
                let before = node.and_then(|it| it.taken_up_at.get(&group_id).copied());
                answered.is_so(command, verdict, before.unwrap_or_default())
            }
            (Asks::Begin(_) | Asks::Join(_), Err(_))
            | (Asks::Page | Asks::Stream { .. } | Asks::KeepAlive(_), _) => Ok(()),
        }
    }

    /// The node's end of a line sends what is new, or ends.
    pub fn send_on(&mut self, index: usize) -> Result<bool, String> {
        let person = &mut self.people[index];
        let (user, group_id) = (person.device.user, self.classes[person.device.class]);
        let Some(line) = &mut person.device.line else { return Ok(false) };
        let Some(stream) = &mut line.stream else { return Ok(false) };
        if person.line_by.iter().any(|by| self.nodes.get(by).is_some_and(|it| it.is_asleep())) {
            return Ok(false);
        }
        let (_, stopping) = stream.signals();
        if stopping.is_cancelled() || stream.room().left().is_cancelled() {
            line.stream = None;
            self.note(format_args!("the stream of {index} ends"));
            return Ok(true);
        }
        let Some((sent, goes_on)) = line.send_on()? else { return Ok(false) };
        self.note(format_args!("{index} is sent {} bytes, goes on: {goes_on}", sent.len()));
        self.may_be_sent(group_id, user, &sent)?;
        Ok(true)
    }

    /// What leaves a node is durable, and this member's to see.
    fn may_be_sent(&self, group_id: GroupId, user: UserId, sent: &str) -> Verdict {
        let Some(model) = self.models.get(&group_id) else { return Ok(()) };
        let wire = self.wire.borrow();
        let contents = &wire.database.contents;
        for frame in frames(sent) {
            frame.may_be_sent(user, model)?;
            frame.is_of_log(user, model, |seq| contents.body(group_id, seq))?;
        }
        Ok(())
    }

    /// Some of what is under way to a device arrives.
    pub fn deliver(&mut self, index: usize) -> Result<bool, String> {
        let splits = self.chance(200);
        let device = &mut self.people[index].device;
        let group_id = self.classes[device.class];
        let Some(line) = &mut device.line else { return Ok(false) };
        let Some(mut piece) = line.under_way.pop_front() else {
            let is_closed = line.stream.is_none();
            if is_closed {
                device.line = None;
                self.note(format_args!("the line of {index} ends"));
            }
            return Ok(is_closed);
        };
        if splits && piece.len() > 1 {
            let rest = piece.split_off(self.random.usize(1..piece.len()));
            line.under_way.push_front(rest);
        }
        let length = piece.len();
        let model = self.models.entry(group_id).or_default();
        let folded = device.hear(&piece, model, false)?;
        self.tally.folded += folded as u64;
        self.note(format_args!("{index} gets {length} bytes and folds {folded}"));
        Ok(true)
    }
}
