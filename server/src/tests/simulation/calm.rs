//! What must be true once the weather has been calm for a while and everybody has come to rest.

use std::time::Duration;

use signaling::{Event, Group, GroupId, Role, Snapshot, Timestamp, UserId, apply};
use tokio::time::Instant;

use super::device::Standing;
use super::disk::Weather;
use super::model::{Model, Verdict, must};
use super::world::{Sending, Storm, World};

/// How long it stays calm, and how late a deadline may be then.
const CALM: Duration = Duration::from_secs(8);
const LATENESS: Duration = Duration::from_secs(2);
/// Long enough for every end of a call to have been silent for too long, though its class leave
/// memory meanwhile and everybody be given their time again.
const LONG_CALM: Duration = Duration::from_secs(62);
/// How often everybody gets their turn before it is clear that they do not come to rest.
const TURNS: u32 = 1_000;

impl World {
    /// Nothing goes wrong for a while, and everybody does what they do by themselves.
    pub(super) async fn calm_down(&mut self) -> Verdict {
        self.note(format_args!("it is calm"));
        self.tally.calms += 1;
        self.storm = Storm::default();
        self.disk.borrow_mut().weather = Weather::default();
        // At night the server is restarted, and nobody is there whose coming would have a class read.
        let is_night = self.chance(250);
        if is_night {
            self.crash()?;
        }
        if self.server.is_none() {
            self.start();
        }
        for device in &mut self.devices {
            device.is_asleep = is_night;
            if is_night {
                device.line = None;
            }
        }
        let is_long = self.chance(250);
        let over_at = Instant::now() + if is_long { LONG_CALM } else { CALM };
        loop {
            self.come_to_rest()?;
            if Instant::now() >= over_at {
                break;
            }
            self.tally.steps += 1;
            self.pass(Duration::from_millis(if is_long { 800 } else { 250 })).await;
        }
        self.is_in_order(is_long)
    }

    pub(super) fn come_to_rest(&mut self) -> Verdict {
        for _ in 0..TURNS {
            let mut moves = false;
            while self.have_it_written()? {
                self.tally.steps += 1;
                moves = true;
            }
            for index in (0..self.requests.len()).rev() {
                let moved = self.move_message(index, false)?;
                self.tally.steps += u64::from(moved);
                moves |= moved;
            }
            for index in 0..self.devices.len() {
                while self.send_on(index)? | self.deliver(index)? {
                    self.tally.steps += 1;
                    moves = true;
                }
                moves |= !self.devices[index].is_asleep && self.follow_up(index);
            }
            if !moves {
                return Ok(());
            }
        }
        Err("nobody comes to rest".to_owned())
    }

    fn is_in_order(&self, is_long: bool) -> Verdict {
        must!(self.requests.is_empty(), "a request has no end");
        for group_id in &self.deleted {
            let server = self.server.as_ref().ok_or("there is no server")?;
            must!(server.rooms.get(*group_id).is_none(), "class {group_id} is deleted and goes on");
        }
        for (index, device) in self.devices.iter().enumerate() {
            let is_on = device.line.is_some() && self.deleted.contains(&self.group_of(index));
            must!(!is_on, "device {index} follows a class that is deleted");
        }
        for (group_id, model) in &self.models {
            if !self.deleted.contains(group_id) {
                let class = format!("class {group_id}");
                self.is_class_in_order(*group_id, model, is_long)
                    .map_err(|sentence| format!("{class}: {sentence}"))?;
            }
        }
        Ok(())
    }

    fn is_class_in_order(&self, group_id: GroupId, model: &Model, is_long: bool) -> Verdict {
        let server = self.server.as_ref().ok_or("there is no server")?;
        let now = server.clock.now();
        let lateness = i64::try_from(LATENESS.as_millis()).unwrap_or(0);
        let overdue = model.overdue(Timestamp::from_millis(now.as_millis() - lateness));
        must!(overdue.is_empty(), "the deadlines of {overdue:?} are lost");
        let over = model.turns_over(Timestamp::from_millis(now.as_millis() - lateness));
        must!(over.is_empty() || model.ended.is_some(), "the turns {over:?} go on for ever");
        // By the time that has really gone by, whatever the machine's clock was set to meanwhile; a
        // server that starts has nothing but that clock.
        for (invite_id, _) in model.invitations.iter().filter(|(_, sent)| sent.is_open()) {
            let Some(Sending { durable_at: sent_at, timeout, .. }) = self.sent_at.get(invite_id)
            else {
                continue;
            };
            let Some(timeout) = timeout.filter(|_| *sent_at > server.began_at) else { continue };
            let is_late = sent_at.elapsed() >= timeout + LATENESS;
            must!(!is_late, "{invite_id} is open for {:?} of {timeout:?}", sent_at.elapsed());
        }
        let disk = self.disk.borrow();
        let class = disk.contents.class(group_id).ok_or("it is not on the disk")?;
        // A class that nobody has read since the server started is looked at when the machine's clock,
        // which may have been set back, shows the moment that its log names.
        let is_ahead = self.was_set_back
            && server.rooms.get(group_id).is_none()
            && class.next_deadline.is_some_and(|at| at > now);
        if is_long && !is_ahead {
            let mut calls = model.invitations.iter().filter(|(_, it)| it.is_call && it.talks());
            let silent = calls.next().map(|(invite_id, _)| *invite_id);
            must!(silent.is_none(), "{silent:?} goes on in silence");
        }
        must!(class.log.len() as u64 == model.seq, "the log is not as long as it was");
        let mut holders = class.memberships.values().map(|held| held.user);
        let is_gone = holders.find(|holder| model.gone.contains_key(holder));
        must!(is_gone.is_none(), "{is_gone:?} is gone and has a credential");
        let mut links = disk.contents.links.values().filter(|link| link.group_id == group_id);
        let of_gone = links.find(|link| model.gone.contains_key(&link.user));
        must!(of_gone.is_none(), "a link leads to somebody who is gone");
        let mut links = disk.contents.links.values().filter(|link| link.group_id == group_id);
        let teaches = |user| model.members.get(user) == Some(&Role::Teacher);
        let of_student = links.find(|link| model.ended.is_some() || !teaches(&link.user));
        must!(of_student.is_none(), "a link leads to somebody who teaches no more");
        let Some(room) = server.rooms.get(group_id) else { return Ok(()) };
        let group = room.group();
        let mut read_back = Group::new(group_id);
        for row in &class.log {
            let body = &mut serde_json::Deserializer::from_str(&row.body);
            let event = Event::decode(row.name, body).map_err(|error| error.to_string())?;
            apply(&mut read_back, &event);
        }
        must!(group == read_back, "the room is not what its log tells");
        must!(room.join_code() == class.join_code, "the room has another code");
        agree(&group, model)?;
        for (index, device) in self.devices.iter().enumerate() {
            if self.group_of(index) != group_id || device.standing == Standing::Gone {
                continue;
            }
            let user = device.user;
            if device.is_asleep {
                continue;
            }
            must!(model.members.contains_key(&user), "device {index} does not know it is out");
            must!(device.line.is_some(), "device {index} has no line");
            let page = device.page.as_ref().ok_or("a device has no page")?;
            let snapshot = room.snapshot(user, self.now(), false).ok_or("a member has none")?;
            model.is_shown(user, &snapshot)?;
            // Events that are not theirs count as well. What can be undone a page may have been told
            // of or not, for its clock was another one; so it is looked at when it is too late.
            let too_late = Timestamp::from_millis(i64::MAX);
            model
                .is_shown(user, &seen(page, user, model.seq, too_late))
                .map_err(|sentence| format!("device {index}: {sentence}"))?;
        }
        Ok(())
    }
}

/// What a page shows to a member, when it is as far as the log.
fn seen(group: &Group, user: UserId, seq: u64, now: Timestamp) -> Snapshot {
    Snapshot { seq, ..Snapshot::of(group, user, now, |_| false) }
}

/// The server's state is the one that the model has come to.
fn agree(group: &Group, model: &Model) -> Verdict {
    must!(group.seq == model.seq, "the room is at {} and not {}", group.seq, model.seq);
    must!(group.ended == model.ended.is_some(), "the end is not agreed on");
    let mut members: Vec<_> = group.members().iter().map(|it| (it.user_id, it.role)).collect();
    members.sort_unstable_by_key(|(user, _)| *user);
    let known: Vec<_> = model.members.iter().map(|(user, role)| (*user, *role)).collect();
    must!(members == known, "the members are not agreed on");
    for (invite_id, sent) in &model.invitations {
        let invitation = group.invitation(*invite_id).ok_or("an invitation is not there")?;
        must!(invitation.open == sent.is_open(), "whether {invite_id} is open is not agreed on");
        must!(invitation.parts().len() == sent.parts.len(), "{invite_id} asks others");
        for part in invitation.parts() {
            let state = sent.parts.get(&part.user_id).map(super::model::Part::state);
            must!(state == Some(part.state), "{:?} in {invite_id} is not agreed on", part.user_id);
        }
    }
    Ok(())
}
